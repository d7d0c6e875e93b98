// SPDX-License-Identifier: Apache-2.0
// Header lines, an empty line, an aws-chunked body: the plan that the head gives, and the body
// decoded whole and byte by byte, to the same end.
#include "aws/payload.h"
#include "fuzz/fuzz.h"

#include <algorithm>

namespace kiln::fuzz {
namespace {

struct Decoded {
  bool good = false;
  std::string bytes;
  std::vector<std::pair<std::string, std::string>> trailers;
};

Decoded decode(const aws::PayloadPlan& plan, std::string_view in, std::size_t step) {
  const aws::ChunkSigning signing{.key = std::string(32, 'k'),
                                  .amz_date = "20260101T000000Z",
                                  .scope = "20260101/us-east-1/s3/aws4_request",
                                  .seed = std::string(64, '0')};
  aws::ChunkedDecoder decoder(plan, signing);
  Decoded out;
  for (; !in.empty(); in.remove_prefix(std::min(step, in.size()))) {
    if (!decoder.feed(in.substr(0, step), out.bytes)) return out;
    FUZZ_CHECK(out.bytes.size() <= plan.decoded_length);
  }
  out.good = decoder.finish().has_value();
  if (out.good) out.trailers = decoder.trailers();
  return out;
}

}  // namespace
}  // namespace kiln::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln;
  std::string_view rest = fuzz::text(data, size);
  http::Headers headers;
  while (!rest.empty()) {
    std::string_view field = fuzz::take_until(rest, "\n");
    if (field.empty()) break;
    const auto name = fuzz::take_until(field, ": ");
    headers.add(std::string(name), std::string(field));
  }
  auto plan = aws::plan_s3_payload({}, "", headers);
  if (!plan) {
    FUZZ_CHECK(plan.error().http_status < 500 || plan.error().http_status == 501);
    return 0;
  }
  if (!plan->chunked) return 0;
  for (const bool signed_chunks : {plan->signed_chunks, false}) {
    plan->signed_chunks = signed_chunks;  // signatures can't be guessed
    const auto whole = fuzz::decode(*plan, rest, rest.size() + 1);
    const auto pieces = fuzz::decode(*plan, rest, 1);
    FUZZ_CHECK(whole.good == pieces.good);
    if (!whole.good) continue;
    FUZZ_CHECK(whole.bytes.size() == plan->decoded_length);
    FUZZ_CHECK(whole.bytes == pieces.bytes && whole.trailers == pieces.trailers);
  }
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// A head and a chunked body, the body whole and in pieces. An accepted head has one way to find its
// end, and a body decodes to the same bytes however it arrives.
#include "fuzz/fuzz.h"
#include "http/parser.h"

#include <algorithm>

namespace kiln::fuzz {
namespace {

struct Body {
  bool good = true;
  bool done = false;
  std::size_t taken = 0;
  std::string bytes;
};

// Feeds pieces that grow by `step`; what a piece leaves over comes again in front of the next.
Body decode(std::string_view head, std::string_view in, std::size_t step) {
  http::RequestParser parser;
  http::Request request;
  http::Framing framing;
  FUZZ_CHECK(parser.parse_head(head, request, framing) == 0);
  Body body;
  for (std::size_t end = std::min(step, in.size());; end = std::min(end + step, in.size())) {
    const auto taken = parser.decode_chunked(in.substr(body.taken, end - body.taken), body.bytes);
    if (!taken) {
      body.good = false;
      return body;
    }
    FUZZ_CHECK(*taken <= end - body.taken);
    body.taken += *taken;
    body.done = parser.chunked_done();
    if (body.done || end == in.size()) return body;
  }
}

}  // namespace
}  // namespace kiln::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln;
  const std::string_view all = fuzz::text(data, size);
  const auto end = all.find("\r\n\r\n");
  const std::string_view head = end == std::string_view::npos ? all : all.substr(0, end + 4);
  http::RequestParser parser;
  http::Request request;
  http::Framing framing;
  const int status = parser.parse_head(head, request, framing);
  if (status != 0) {
    FUZZ_CHECK(status >= 400 && status <= 505);
    return 0;
  }
  FUZZ_CHECK(!(framing.length && framing.chunked));
  FUZZ_CHECK(request.headers.count("content-length") == (framing.length ? 1u : 0u));
  FUZZ_CHECK(request.headers.count("transfer-encoding") == (framing.chunked ? 1u : 0u));
  FUZZ_CHECK(request.headers.count("host") == 1 || framing.http_1_0);
  for (const auto& [name, value] : request.headers.fields()) {
    FUZZ_CHECK(!name.empty() && name.find_first_of(" \t\r\n:") == std::string::npos);
    FUZZ_CHECK(value.find_first_of("\r\n") == std::string::npos);
  }
  FUZZ_CHECK(request.target.find_first_of(" \r\n") == std::string::npos);
  if (!framing.chunked) return 0;
  const std::string_view rest = all.substr(head.size());
  const auto whole = fuzz::decode(head, rest, rest.size() + 1);
  for (const std::size_t step : {1, 3, 7}) {
    const auto pieces = fuzz::decode(head, rest, step);
    const bool accepted = whole.good && whole.done;
    FUZZ_CHECK(accepted == (pieces.good && pieces.done));
    if (accepted) FUZZ_CHECK(whole.bytes == pieces.bytes && whole.taken == pieces.taken);
  }
  return 0;
}

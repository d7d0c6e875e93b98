// SPDX-License-Identifier: Apache-2.0
// A response of a peer, whole and byte by byte: the same answer, and never more than the limit.
#include "fuzz/fuzz.h"
#include "http/parser.h"

#include <algorithm>

namespace kiln::fuzz {
namespace {

constexpr std::uint64_t kMaxBody = 4096;

struct Answer {
  bool good = true;
  bool done = false;
  http::ClientResponse response;
};

Answer receive(std::string_view in, std::size_t step) {
  http::ResponseParser parser(false, kMaxBody);
  Answer answer;
  std::size_t taken = 0;
  for (std::size_t end = std::min(step, in.size());; end = std::min(end + step, in.size())) {
    const auto fed = parser.feed(in.substr(taken, end - taken));
    if (!fed) {
      answer.good = false;
      return answer;
    }
    FUZZ_CHECK(*fed <= end - taken);
    taken += *fed;
    if (parser.done() || end == in.size()) break;
  }
  answer.done = parser.done() || parser.feed_eof().has_value();
  if (answer.done) answer.response = parser.take();
  FUZZ_CHECK(answer.response.body.size() <= kMaxBody);
  return answer;
}

}  // namespace
}  // namespace kiln::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln;
  const std::string_view in = fuzz::text(data, size);
  const auto whole = fuzz::receive(in, in.size() + 1);
  const auto pieces = fuzz::receive(in, 1);
  // A fault may show sooner when more is there at once.
  const bool accepted = whole.good && whole.done;
  FUZZ_CHECK(accepted == (pieces.good && pieces.done));
  if (!accepted) return 0;
  FUZZ_CHECK(whole.response.status == pieces.response.status);
  FUZZ_CHECK(whole.response.body == pieces.response.body);
  FUZZ_CHECK(whole.response.headers.fields() == pieces.response.headers.fields());
  return 0;
}

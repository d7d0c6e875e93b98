// SPDX-License-Identifier: Apache-2.0
// Decodes keys; what decodes encodes to the same bytes. Encoding two keys keeps their order.
#include "fuzz/fuzz.h"
#include "store/tuple.h"

#include <vector>

namespace kiln::fuzz {
namespace {

void decode(std::string_view bytes) {
  store::KeyReader reader(bytes);
  store::Key again;
  while (!reader.done()) {
    if (const auto text = reader.next_string()) {
      again.add(*text);
    } else if (const auto number = reader.next_integer()) {
      again.add(*number);
    } else {
      FUZZ_CHECK(bytes.starts_with(again.bytes()));
      return;
    }
  }
  FUZZ_CHECK(again.bytes() == bytes);
}

int sign(int value) { return (value > 0) - (value < 0); }

}  // namespace
}  // namespace kiln::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln;
  const std::string_view bytes = fuzz::text(data, size);
  fuzz::decode(bytes);
  const std::string_view a = bytes.substr(0, size / 2);
  const std::string_view b = bytes.substr(size / 2);
  FUZZ_CHECK(fuzz::sign(a.compare(b)) == fuzz::sign(store::key(a).compare(store::key(b))));
  FUZZ_CHECK(store::key(a, b).starts_with(store::key(a)));
  fuzz::decode(store::key(a, static_cast<std::int64_t>(size), b));
  return 0;
}

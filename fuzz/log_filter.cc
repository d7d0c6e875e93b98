// SPDX-License-Identifier: Apache-2.0
// A filter pattern, a newline, and the message it is asked about.
#include "fuzz/fuzz.h"
#include "services/logs/model/filter_pattern.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln;
  std::string_view message = fuzz::text(data, size);
  const std::string_view pattern = fuzz::take_until(message, "\n");
  const auto parsed = logs::FilterPattern::parse(pattern);
  if (!parsed) {
    FUZZ_CHECK(!parsed.error().empty());
    return 0;
  }
  const bool first = parsed->matches(message);
  FUZZ_CHECK(first == parsed->matches(message));
  FUZZ_CHECK(!parsed->selects_all() || first);
  static_cast<void>(parsed->matches(pattern));
  return 0;
}

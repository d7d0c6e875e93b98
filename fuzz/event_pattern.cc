// SPDX-License-Identifier: Apache-2.0
// Event patterns of users on events of users: a line of pattern, the rest is the event.
#include "aws/event_pattern.h"

#include "fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln;
  const std::string_view text = fuzz::text(data, size);
  const std::size_t line = std::min(text.find('\n'), text.size());
  const auto pattern = aws::EventPattern::compile(text.substr(0, line));
  FUZZ_CHECK(pattern || !pattern.error().message.empty());
  if (!pattern) return 0;
  FUZZ_CHECK(pattern->combinations() >= 1);
  const auto event = aws::PatternEvent::parse(text.substr(std::min(line + 1, text.size())));
  if (!event) return 0;
  const bool matched = pattern->matches(*event);
  FUZZ_CHECK(matched == pattern->matches(*event));
  static_cast<void>(pattern->matches(event->with_json_field("body")));
  return 0;
}

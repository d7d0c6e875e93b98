// SPDX-License-Identifier: Apache-2.0
// The check of payloads against a parser that builds them: what it lets pass, the other one reads.
#include "invoke/json_check.h"

#include "fuzz/fuzz.h"

#include <boost/json.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln;
  const std::string_view text = fuzz::text(data, size);
  const auto fault = invoke::find_json_fault(text);
  FUZZ_CHECK(!fault || !fault->empty());
  boost::json::parse_options options;
  options.max_depth = invoke::kMaxJsonDepth;
  boost::system::error_code error;
  const auto value = boost::json::parse({text.data(), text.size()}, error, {}, options);
  // Jackson takes lone surrogate escapes and exponents past a double; the other parser does not.
  const bool exempt = text.find("\\u") != std::string_view::npos ||
                      text.find_first_of("eE") != std::string_view::npos;
  FUZZ_CHECK(fault.has_value() == bool(error) || exempt);
  if (!fault && !error) FUZZ_CHECK(invoke::is_json_object(text) == value.is_object());
  return 0;
}

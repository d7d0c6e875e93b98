// SPDX-License-Identifier: Apache-2.0
// Expressions and searches of metric math: parsed, and when they are right, evaluated over two
// series and matched against one.
#include "fuzz/fuzz.h"
#include "services/cloudwatch/expression.h"
#include "services/cloudwatch/search.h"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln;
  using namespace kiln::cloudwatch;
  const std::string_view text = fuzz::text(data, std::min<std::size_t>(size, 2'048));
  const metering::Series found{"1", "r", "AWS/Lambda", "Errors", {{"FunctionName", "orders-api"}}};
  const auto search = Search::parse(text);
  FUZZ_CHECK(search || !search.error().message.empty());
  if (search) static_cast<void>(search->matches(found));
  const auto expression = Expression::parse(text);
  FUZZ_CHECK(expression || !expression.error().message.empty());
  if (!expression) return 0;
  TimeSeries series{.label = "m", .points = {{0, 1}, {60'000, 0}, {180'000, -2.5}}};
  const Scope scope{.find = [&series](const std::string& id) -> Result<Value> {
                      if (id == "m1") return series;
                      if (id.starts_with("SEARCH(")) return SeriesList{series, series};
                      return 2.0;
                    },
                    .metrics = [&series](std::string_view) -> Result<SeriesList> {
                      return SeriesList{series, series};
                    },
                    .from_ms = 0,
                    .to_ms = 300'000,
                    .period_ms = 60'000};
  const auto value = expression->evaluate(scope);
  FUZZ_CHECK(value || !value.error().message.empty());
  return 0;
}

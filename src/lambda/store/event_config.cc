// SPDX-License-Identifier: Apache-2.0
#include "lambda/store/event_config.h"

#include "base/fields.h"
#include "lambda/model/function_ref.h"

namespace kiln::lambda {
namespace {

constexpr std::int64_t kAbsent = -1;

std::int64_t number(const std::optional<std::int32_t>& value) { return value.value_or(kAbsent); }
std::optional<std::int32_t> value_of(std::int64_t number) {
  if (number == kAbsent) return std::nullopt;
  return static_cast<std::int32_t>(number);
}

}  // namespace

std::string encode(const EventConfig& config) {
  return FieldWriter()
      .text(config.qualifier)
      .number(number(config.max_retries))
      .number(number(config.max_age_s))
      .text(config.on_success)
      .text(config.on_failure)
      .number(config.modified.ms)
      .bytes();
}

Result<EventConfig> decode_event_config(std::string_view bytes) {
  FieldReader in(bytes);
  EventConfig out{.qualifier = in.text(),
                  .max_retries = value_of(in.number()),
                  .max_age_s = value_of(in.number()),
                  .on_success = in.text(),
                  .on_failure = in.text(),
                  .modified = {in.number()}};
  KILN_TRY_VOID(in.status());
  return out;
}

Task<Result<std::optional<EventConfig>>> find_event_config(store::Store& store,
                                                           FunctionKey function,
                                                           std::string qualifier) {
  if (qualifier.empty()) qualifier = kLatest;
  auto reading = store.read(keys::event_config(function, qualifier));
  KILN_CO_TRY(const auto entry, co_await reading);
  if (!entry) co_return std::nullopt;
  KILN_CO_TRY(EventConfig config, decode_event_config(entry->value));
  co_return config;
}

}  // namespace kiln::lambda

// SPDX-License-Identifier: Apache-2.0
#include "sources/mapping.h"

#include "base/fields.h"

#include <array>
#include <utility>

namespace kiln::sources {
namespace {

constexpr std::array<std::string_view, 7> kStates = {"Creating", "Enabling", "Enabled", "Disabling",
                                                     "Disabled", "Updating", "Deleting"};

void put_optional(FieldWriter& out, const std::optional<std::int32_t>& value) {
  out.number(value ? 1 : 0).number(value.value_or(0));
}

std::int32_t take_int(FieldReader& in) { return static_cast<std::int32_t>(in.number()); }

std::optional<std::int32_t> take_optional(FieldReader& in) {
  const bool there = in.number() != 0;
  const std::int32_t value = take_int(in);
  return there ? std::optional(value) : std::nullopt;
}

}  // namespace

std::string_view to_string(MappingState state) { return kStates[static_cast<std::size_t>(state)]; }

std::string Mapping::arn() const {
  return "arn:aws:lambda:" + region + ":" + account + ":event-source-mapping:" + uuid;
}

std::string encode(const Mapping& m) {
  FieldWriter out;
  out.text(m.uuid)
      .text(m.account)
      .text(m.region)
      .text(m.source_arn)
      .text(m.function_arn)
      .number(m.enabled)
      .number(static_cast<std::int64_t>(m.state))
      .number(m.revision)
      .number(m.last_modified.ms)
      .number(m.batch_size)
      .number(m.window_s)
      .number(m.report_failures);
  put_optional(out, m.maximum_concurrency);
  out.number(m.pollers ? 1 : 0);
  if (m.pollers) {
    out.number(m.pollers->minimum).number(m.pollers->maximum).text(m.pollers->group);
  }
  out.number(static_cast<std::int64_t>(m.filters.size()));
  for (const std::string& pattern : m.filters) out.text(pattern);
  out.number(static_cast<std::int64_t>(m.tags.size()));
  for (const auto& [key, value] : m.tags) out.text(key).text(value);
  out.number(m.counts_events);
  return out.bytes();
}

Result<Mapping> decode_mapping(std::string_view bytes) {
  FieldReader in(bytes);
  Mapping m{.uuid = in.text(),
            .account = in.text(),
            .region = in.text(),
            .source_arn = in.text(),
            .function_arn = in.text(),
            .enabled = in.number() != 0};
  const std::int64_t state = in.number();
  if (state < 0 || state >= static_cast<std::int64_t>(kStates.size())) {
    return fail(ErrorCode::kInternal, "an event source mapping is in an unknown state");
  }
  m.state = static_cast<MappingState>(state);
  m.revision = in.number();
  m.last_modified = {in.number()};
  m.batch_size = take_int(in);
  m.window_s = take_int(in);
  m.report_failures = in.number() != 0;
  m.maximum_concurrency = take_optional(in);
  if (in.number() != 0) {
    m.pollers = {.minimum = take_int(in), .maximum = take_int(in), .group = in.text()};
  }
  for (auto left = in.number(); left > 0 && in.status(); --left) m.filters.push_back(in.text());
  for (auto left = in.number(); left > 0 && in.status(); --left) {
    std::string key = in.text();
    m.tags[std::move(key)] = in.text();
  }
  if (!in.at_end()) m.counts_events = in.number() != 0;
  KILN_TRY_VOID(in.status());
  return m;
}

}  // namespace kiln::sources

// SPDX-License-Identifier: Apache-2.0
#include "lambda/store/part_repository.h"

#include "base/fields.h"
#include "lambda/store/function_codec.h"

#include <bit>
#include <charconv>
#include <utility>

namespace kiln::lambda {
namespace {

// The smallest key after `key` and all that it is a prefix of.
std::string after_key(std::string_view key) { return store::prefix_range(key).end; }

}  // namespace

std::int64_t version_number(std::string_view text) {
  std::int64_t out = 0;
  if (text.empty() || text.front() == '0' || text.front() == '-') return 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() ? out : 0;
}

Task<Result<std::optional<FunctionVersion>>> PartRepository::version(FunctionKey key,
                                                                     std::string number) {
  const auto n = version_number(number);
  if (n == 0) co_return std::nullopt;
  KILN_CO_TRY(const auto entry, co_await store_.read(keys::version(key, n)));
  if (!entry) co_return std::nullopt;
  KILN_CO_TRY(FunctionVersion version, decode_version(entry->value));
  co_return std::optional(std::move(version));
}

Task<Result<std::optional<Alias>>> PartRepository::alias(FunctionKey key, std::string name) {
  KILN_CO_TRY(const auto entry, co_await store_.read(keys::alias(key, name)));
  if (!entry) co_return std::nullopt;
  KILN_CO_TRY(Alias alias, decode_alias(entry->value));
  co_return std::optional(std::move(alias));
}

Task<Result<VersionPage>> PartRepository::versions(FunctionKey key, std::int64_t after,
                                                   std::size_t limit) {
  store::Range range = store::prefix_range(keys::versions(key), limit + 1);
  if (after > 0) range.begin = after_key(keys::version(key, after));
  KILN_CO_TRY(const auto entries, co_await store_.scan(std::move(range)));
  VersionPage page;
  for (const auto& entry : entries) {
    if (page.versions.size() == limit) {
      page.more = true;
      break;
    }
    KILN_CO_TRY(FunctionVersion version, decode_version(entry.value));
    page.versions.push_back(std::move(version));
  }
  co_return page;
}

Task<Result<AliasPage>> PartRepository::aliases(FunctionKey key, std::string after,
                                                std::size_t limit) {
  store::Range range = store::prefix_range(keys::aliases(key), limit + 1);
  if (!after.empty()) range.begin = after_key(keys::alias(key, after));
  KILN_CO_TRY(const auto entries, co_await store_.scan(std::move(range)));
  AliasPage page;
  for (const auto& entry : entries) {
    if (page.aliases.size() == limit) {
      page.next = page.aliases.back().name;
      break;
    }
    KILN_CO_TRY(Alias alias, decode_alias(entry.value));
    page.aliases.push_back(std::move(alias));
  }
  co_return page;
}

Task<Result<std::vector<std::string>>> PartRepository::aliases_of(FunctionKey key,
                                                                  std::string number) {
  constexpr std::size_t kPage = 500;
  std::vector<std::string> out;
  std::string after;
  do {
    auto reading = aliases(key, std::move(after), kPage);
    KILN_CO_TRY(AliasPage page, co_await std::move(reading));
    for (auto& alias : page.aliases) {
      if (alias.leads_to(number)) out.push_back(std::move(alias.name));
    }
    after = std::move(page.next);
  } while (!after.empty());
  co_return out;
}

std::string encode(const Alias& alias) {
  FieldWriter out;
  out.text(alias.name).text(alias.version).text(alias.description).text(alias.revision_id);
  out.number(static_cast<std::int64_t>(alias.weights.size()));
  for (const auto& [version, weight] : alias.weights) {
    out.text(version).number(std::bit_cast<std::int64_t>(weight));
  }
  return out.bytes();
}

Result<Alias> decode_alias(std::string_view bytes) {
  FieldReader in(bytes);
  Alias out;
  out.name = in.text();
  out.version = in.text();
  out.description = in.text();
  out.revision_id = in.text();
  const auto count = in.number();
  for (std::int64_t i = 0; i < count && in.status(); ++i) {
    std::string version = in.text();
    out.weights[std::move(version)] = std::bit_cast<double>(in.number());
  }
  KILN_TRY_VOID(in.status());
  return out;
}

}  // namespace kiln::lambda

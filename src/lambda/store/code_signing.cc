// SPDX-License-Identifier: Apache-2.0
#include "lambda/store/code_signing.h"

#include "aws/arn.h"
#include "base/fields.h"
#include "gen/lambda/errors.h"
#include "store/retry.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Answer = aws::ApiResult<CodeSigning>;

constexpr std::string_view kResource = "code-signing-config:";

Task<Answer> finish(Task<Result<Answer>> task) {
  auto result = co_await std::move(task);
  if (!result) {
    co_return aws::fail(aws::internal_failure("lambda", result.error(), "ServiceException"));
  }
  co_return std::move(*result);
}

std::string record_key(const CodeSigningKey& key) {
  return keys::code_signing(key.account, key.region, key.id);
}

// The last element of `key`, which begins with `prefix`.
Result<std::string> last_element(std::string_view key, std::string_view prefix) {
  store::KeyReader reader(key.substr(prefix.size()));
  return reader.next_string();
}

}  // namespace

std::string CodeSigningKey::arn() const {
  return "arn:aws:lambda:" + region + ":" + account + ":" + std::string(kResource) + id;
}

std::optional<CodeSigningKey> parse_code_signing_arn(std::string_view text) {
  auto arn = aws::parse_arn(text);
  if (!arn || arn->service != "lambda" || !arn->resource.starts_with(kResource)) {
    return std::nullopt;
  }
  return CodeSigningKey{.account = std::move(arn->account),
                        .region = std::move(arn->region),
                        .id = arn->resource.substr(kResource.size())};
}

aws::ApiError code_signing_not_found(std::string_view arn) {
  return gen::lambda::resource_not_found_exception("The Lambda code signing configuration " +
                                                   std::string(arn) + " can not be found.");
}

std::string encode(const CodeSigning& config) {
  FieldWriter out;
  out.text(config.description).number(config.enforce ? 1 : 0).number(config.modified.ms);
  out.number(static_cast<std::int64_t>(config.publishers.size()));
  for (const auto& publisher : config.publishers) out.text(publisher);
  out.number(static_cast<std::int64_t>(config.tags.size()));
  for (const auto& [name, value] : config.tags) out.text(name).text(value);
  return out.bytes();
}

Result<CodeSigning> decode_code_signing(CodeSigningKey key, std::string_view bytes) {
  FieldReader in(bytes);
  CodeSigning config{.key = std::move(key)};
  config.description = in.text();
  config.enforce = in.number() != 0;
  config.modified.ms = in.number();
  for (auto count = in.number(); count > 0 && in.status(); --count) {
    config.publishers.push_back(in.text());
  }
  for (auto count = in.number(); count > 0 && in.status(); --count) {
    std::string name = in.text();
    config.tags[std::move(name)] = in.text();
  }
  KILN_TRY_VOID(in.status());
  return config;
}

Task<Status> CodeSigningRepository::create(CodeSigning config) {
  store::Batch batch;
  batch.check_absent(record_key(config.key)).put(record_key(config.key), encode(config));
  co_return co_await store_.commit(std::move(batch));
}

Task<Result<std::optional<CodeSigning>>> CodeSigningRepository::find(CodeSigningKey key) {
  KILN_CO_TRY(const auto entry, co_await store_.read(record_key(key)));
  if (!entry) co_return std::nullopt;
  KILN_CO_TRY(CodeSigning config, decode_code_signing(std::move(key), entry->value));
  co_return config;
}

Task<Answer> CodeSigningRepository::update(CodeSigningKey key, Change change) {
  auto task =
      finish(store::retry_on_conflict([this, &key, &change] { return try_update(key, change); }));
  co_return co_await std::move(task);
}

CodeSigningRepository::Attempt<CodeSigning> CodeSigningRepository::try_update(
    CodeSigningKey key, const Change& change) {
  const std::string record = record_key(key);
  KILN_CO_TRY(const auto entry, co_await store_.read(record));
  if (!entry) co_return Answer(aws::fail(code_signing_not_found(key.arn())));
  KILN_CO_TRY(CodeSigning config, decode_code_signing(std::move(key), entry->value));
  if (auto decided = change(config); !decided) {
    co_return Answer(aws::fail(std::move(decided.error())));
  }
  store::Batch batch;
  batch.check(record, entry->version).put(record, encode(config));
  KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
  co_return Answer(std::move(config));
}

Task<aws::ApiResult<void>> CodeSigningRepository::remove(CodeSigningKey key) {
  auto task = finish(store::retry_on_conflict([this, &key] { return try_remove(key); }));
  auto result = co_await std::move(task);
  if (!result) co_return aws::fail(std::move(result.error()));
  co_return aws::ApiResult<void>();
}

CodeSigningRepository::Attempt<CodeSigning> CodeSigningRepository::try_remove(CodeSigningKey key) {
  const std::string record = record_key(key);
  KILN_CO_TRY(const auto entry, co_await store_.read(record));
  if (!entry) co_return Answer(aws::fail(code_signing_not_found(key.arn())));
  auto finding = functions(key, "", 1);
  KILN_CO_TRY(const auto users, co_await std::move(finding));
  if (!users.items.empty()) {
    co_return Answer(aws::fail(gen::lambda::resource_conflict_exception(
        "The code signing configuration " + key.arn() +
        " cannot be deleted: a function uses it. Remove it from its functions and try again.")));
  }
  store::Batch batch;
  batch.check(record, entry->version).erase(record);
  KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
  co_return Answer(CodeSigning());
}

Task<Result<CodeSigningPage<CodeSigning>>> CodeSigningRepository::list(std::string account,
                                                                       std::string region,
                                                                       std::string after,
                                                                       std::size_t limit) {
  const std::string prefix = keys::code_signings(account, region);
  store::Range range = store::prefix_range(prefix, limit + 1);
  if (!after.empty()) range.begin = keys::code_signing(account, region, after) + '\0';
  KILN_CO_TRY(const auto entries, co_await store_.scan(std::move(range)));
  CodeSigningPage<CodeSigning> page;
  for (const auto& entry : entries) {
    if (page.items.size() == limit) {
      page.next = page.items.back().key.id;
      break;
    }
    KILN_CO_TRY(std::string id, last_element(entry.key, prefix));
    KILN_CO_TRY(CodeSigning config,
                decode_code_signing({account, region, std::move(id)}, entry.value));
    page.items.push_back(std::move(config));
  }
  co_return page;
}

Task<Result<CodeSigningPage<std::string>>> CodeSigningRepository::functions(CodeSigningKey key,
                                                                            std::string after,
                                                                            std::size_t limit) {
  const std::string prefix = keys::code_signing_users(key.account, key.region, key.id);
  store::Range range = store::prefix_range(prefix, limit + 1);
  if (!after.empty()) {
    range.begin = keys::code_signing_user(key.account, key.region, key.id, after) + '\0';
  }
  KILN_CO_TRY(const auto entries, co_await store_.scan(std::move(range)));
  CodeSigningPage<std::string> page;
  for (const auto& entry : entries) {
    if (page.items.size() == limit) {
      page.next = page.items.back();
      break;
    }
    KILN_CO_TRY(std::string name, last_element(entry.key, prefix));
    page.items.push_back(std::move(name));
  }
  co_return page;
}

aws::ApiError gone_code_signing(std::string_view arn) {
  return gen::lambda::code_signing_config_not_found_exception(
      "The code signing configuration cannot be found. Check that the provided configuration is "
      "not deleted: " +
      std::string(arn) + ".");
}

Task<Result<aws::ApiResult<void>>> move_code_signing(store::Store& store, store::Batch& batch,
                                                     FunctionKey function, std::string before,
                                                     std::string after) {
  if (before == after) co_return aws::ApiResult<void>();
  if (const auto old = parse_code_signing_arn(before)) {
    batch.erase(keys::code_signing_user(old->account, old->region, old->id, function.name));
  }
  const auto key = parse_code_signing_arn(after);
  if (!key) co_return aws::ApiResult<void>();
  const std::string record = record_key(*key);
  const bool here = key->account == function.account && key->region == function.region;
  KILN_CO_TRY(const auto entry, co_await store.read(record));
  if (!entry || !here) {
    co_return aws::ApiResult<void>(aws::fail(gone_code_signing(after)));
  }
  batch.check(record, entry->version).put(record, entry->value);
  batch.put(keys::code_signing_user(key->account, key->region, key->id, function.name), "");
  co_return aws::ApiResult<void>();
}

}  // namespace kiln::lambda

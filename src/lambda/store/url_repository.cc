// SPDX-License-Identifier: Apache-2.0
#include "lambda/store/url_repository.h"

#include "base/fields.h"
#include "gen/lambda/errors.h"
#include "store/retry.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Strings = std::optional<std::vector<std::string>>;
using Answer = aws::ApiResult<FunctionUrl>;

constexpr std::int64_t kAbsent = -1;

void write(FieldWriter& out, const Strings& values) {
  out.number(values ? static_cast<std::int64_t>(values->size()) : kAbsent);
  if (!values) return;
  for (const auto& value : *values) out.text(value);
}

// The model allows 100 at most.
constexpr std::int64_t kMaxStrings = 1'000;

Strings read_strings(FieldReader& in) {
  const std::int64_t count = in.number();
  if (count < 0 || count > kMaxStrings) return std::nullopt;
  std::vector<std::string> out;
  for (std::int64_t i = 0; i < count; ++i) out.push_back(in.text());
  return out;
}

void put(store::Batch& batch, const FunctionUrl& url) {
  const std::string bytes = encode(url);
  batch.put(keys::url(url.function, url.qualifier), bytes).put(keys::url_id(url.id), bytes);
}

void erase(store::Batch& batch, const FunctionUrl& url) {
  batch.erase(keys::url(url.function, url.qualifier)).erase(keys::url_id(url.id));
}

aws::ApiError no_such_url() {
  return gen::lambda::resource_not_found_exception("The resource you requested does not exist.");
}

Task<aws::ApiResult<FunctionUrl>> finish(Task<Result<Answer>> task) {
  auto result = co_await std::move(task);
  if (!result)
    co_return aws::fail(aws::internal_failure("lambda", result.error(), "ServiceException"));
  co_return std::move(*result);
}

}  // namespace

std::string encode(const FunctionUrl& url) {
  FieldWriter out;
  out.text(url.function.account).text(url.function.region).text(url.function.name);
  out.text(url.qualifier).text(url.id).number(url.iam_auth).text(url.invoke_mode);
  out.number(url.created.ms).number(url.modified.ms).number(url.cors.has_value());
  if (url.cors) {
    const UrlCors& cors = *url.cors;
    out.number(cors.allow_credentials ? std::int64_t{*cors.allow_credentials} : kAbsent);
    out.number(cors.max_age ? std::int64_t{*cors.max_age} : kAbsent);
    for (const auto* list :
         {&cors.allow_headers, &cors.allow_methods, &cors.allow_origins, &cors.expose_headers})
      write(out, *list);
  }
  return out.bytes();
}

Result<FunctionUrl> decode_url(std::string_view bytes) {
  FieldReader in(bytes);
  FunctionUrl url;
  url.function = {.account = in.text(), .region = in.text(), .name = in.text()};
  url.qualifier = in.text();
  url.id = in.text();
  url.iam_auth = in.number() != 0;
  url.invoke_mode = in.text();
  url.created.ms = in.number();
  url.modified.ms = in.number();
  if (in.number() != 0) {
    UrlCors& cors = url.cors.emplace();
    if (const auto value = in.number(); value != kAbsent) cors.allow_credentials = value != 0;
    if (const auto value = in.number(); value != kAbsent)
      cors.max_age = static_cast<std::int32_t>(value);
    for (auto* list :
         {&cors.allow_headers, &cors.allow_methods, &cors.allow_origins, &cors.expose_headers})
      *list = read_strings(in);
  }
  KILN_TRY_VOID(in.status());
  return url;
}

Task<Result<std::optional<FunctionUrl>>> UrlRepository::find(FunctionKey function,
                                                             std::string qualifier) {
  KILN_CO_TRY(const auto entry, co_await store_.read(keys::url(function, qualifier)));
  if (!entry) co_return std::optional<FunctionUrl>();
  KILN_CO_TRY(FunctionUrl url, decode_url(entry->value));
  co_return std::optional<FunctionUrl>(std::move(url));
}

Task<Result<std::optional<FunctionUrl>>> UrlRepository::find_id(std::string id) {
  KILN_CO_TRY(const auto entry, co_await store_.read(keys::url_id(id)));
  if (!entry) co_return std::optional<FunctionUrl>();
  KILN_CO_TRY(FunctionUrl url, decode_url(entry->value));
  co_return std::optional<FunctionUrl>(std::move(url));
}

Task<Result<UrlPage>> UrlRepository::list(FunctionKey function, std::optional<std::string> after,
                                          std::size_t limit) {
  store::Range range = store::prefix_range(keys::urls(function), limit + 1);
  if (after) range.begin = keys::url(function, *after) + '\0';
  KILN_CO_TRY(const auto entries, co_await store_.scan(std::move(range)));
  UrlPage page;
  for (const auto& entry : entries) {
    if (page.urls.size() == limit) {
      page.next = page.urls.back().qualifier;
      page.more = true;
      break;
    }
    KILN_CO_TRY(FunctionUrl url, decode_url(entry.value));
    page.urls.push_back(std::move(url));
  }
  co_return page;
}

Task<aws::ApiResult<void>> UrlRepository::create(FunctionUrl url, aws::ApiError missing) {
  auto task =
      finish(store::retry_on_conflict([this, &url, &missing] { return try_create(url, missing); }));
  auto result = co_await std::move(task);
  if (!result) co_return aws::fail(std::move(result.error()));
  co_return aws::ApiResult<void>();
}

UrlRepository::Attempt UrlRepository::try_create(const FunctionUrl& url,
                                                 const aws::ApiError& missing) {
  const std::string function_key = keys::function(url.function);
  const std::string key = keys::url(url.function, url.qualifier);
  KILN_CO_TRY(const auto function, co_await store_.read(function_key));
  if (!function) co_return Answer(aws::fail(missing));
  KILN_CO_TRY(const auto existing, co_await store_.read(key));
  if (existing) {
    co_return Answer(aws::fail(gen::lambda::resource_conflict_exception(
        "Failed to create function url config for [functionArn = " + url.arn() +
        "]. Error message:  FunctionUrlConfig exists for this Lambda function")));
  }
  store::Batch batch;
  batch.check(function_key, function->version).check_absent(key).check_absent(keys::url_id(url.id));
  put(batch, url);
  KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
  co_return Answer(url);
}

Task<aws::ApiResult<FunctionUrl>> UrlRepository::update(FunctionKey function, std::string qualifier,
                                                        std::function<void(FunctionUrl&)> change) {
  auto task = finish(store::retry_on_conflict(
      [this, &function, &qualifier, &change] { return try_update(function, qualifier, change); }));
  co_return co_await std::move(task);
}

UrlRepository::Attempt UrlRepository::try_update(const FunctionKey& function,
                                                 const std::string& qualifier,
                                                 const std::function<void(FunctionUrl&)>& change) {
  const std::string key = keys::url(function, qualifier);
  KILN_CO_TRY(const auto entry, co_await store_.read(key));
  if (!entry) co_return Answer(aws::fail(no_such_url()));
  KILN_CO_TRY(FunctionUrl url, decode_url(entry->value));
  change(url);
  store::Batch batch;
  batch.check(key, entry->version);
  put(batch, url);
  KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
  co_return Answer(std::move(url));
}

Task<aws::ApiResult<void>> UrlRepository::remove(FunctionKey function, std::string qualifier) {
  auto task = finish(store::retry_on_conflict(
      [this, &function, &qualifier] { return try_remove(function, qualifier); }));
  auto result = co_await std::move(task);
  if (!result) co_return aws::fail(std::move(result.error()));
  co_return aws::ApiResult<void>();
}

UrlRepository::Attempt UrlRepository::try_remove(const FunctionKey& function,
                                                 const std::string& qualifier) {
  const std::string key = keys::url(function, qualifier);
  KILN_CO_TRY(const auto entry, co_await store_.read(key));
  if (!entry) co_return Answer(aws::fail(no_such_url()));
  KILN_CO_TRY(FunctionUrl url, decode_url(entry->value));
  store::Batch batch;
  batch.check(key, entry->version);
  erase(batch, url);
  KILN_CO_TRY_VOID(co_await store_.commit(std::move(batch)));
  co_return Answer(std::move(url));
}

Task<Status> erase_urls(store::Store& store, FunctionKey function, store::Batch& batch) {
  KILN_CO_TRY(const auto entries, co_await store.scan(store::prefix_range(keys::urls(function))));
  for (const auto& entry : entries) {
    KILN_CO_TRY(const FunctionUrl url, decode_url(entry.value));
    erase(batch, url);
  }
  co_return Status{};
}

Task<Status> erase_url(store::Store& store, FunctionKey function, std::string qualifier,
                       store::Batch& batch) {
  KILN_CO_TRY(const auto entry, co_await store.read(keys::url(function, qualifier)));
  if (!entry) co_return Status{};
  KILN_CO_TRY(const FunctionUrl url, decode_url(entry->value));
  erase(batch, url);
  co_return Status{};
}

}  // namespace kiln::lambda

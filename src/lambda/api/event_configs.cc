// SPDX-License-Identifier: Apache-2.0
#include "lambda/api/event_configs.h"

#include "aws/arn.h"
#include "gen/lambda/errors.h"
#include "lambda/store/function_transaction.h"

#include <utility>

namespace kiln::lambda {
namespace {

aws::ApiError function_missing() {
  return gen::lambda::resource_not_found_exception("The function doesn't exist.");
}

aws::ApiResult<void> check_destination(const FunctionRef& ref, const std::string& arn,
                                       bool on_failure) {
  if (arn.empty()) return {};
  const auto parsed = aws::parse_arn(arn);
  const std::string service = parsed ? parsed->service : "";
  if (service == "events") {
    return aws::fail({.code = "NotImplemented",
                      .http_status = 501,
                      .message = "Event buses as destinations are not built yet."});
  }
  const bool known = service == "lambda" || service == "sqs" || service == "sns" ||
                     (service == "s3" && on_failure);
  if (!known || (parsed->resource.ends_with(".fifo") && service != "lambda")) {
    return aws::fail(gen::lambda::invalid_parameter_value_exception("The destination ARN " + arn +
                                                                    " is invalid."));
  }
  if (service != "lambda") return {};
  aws::RequestContext context;
  context.account = parsed->account;
  context.region = parsed->region;
  const auto target = parse_function_ref(context, arn, "");
  if (target && target->key == ref.key) {
    return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "You can't specify the function as a destination for itself."));
  }
  return {};
}

void apply(const EventConfigChange& change, EventConfig& config) {
  if (change.max_retries) config.max_retries = change.max_retries;
  if (change.max_age_s) config.max_age_s = change.max_age_s;
  if (!change.destinations) return;
  const auto& to = *change.destinations;
  config.on_success = to.on_success ? to.on_success->destination.value_or("") : "";
  config.on_failure = to.on_failure ? to.on_failure->destination.value_or("") : "";
}

struct Changing {
  const FunctionRef& ref;
  const EventConfigChange& change;
  Timestamp now;
  EventConfig& result;
};

Task<Result<aws::ApiResult<void>>> store_change(FunctionTransaction& transaction,
                                                const Changing& changing) {
  const std::string key = keys::event_config(changing.ref.key, changing.ref.qualifier);
  EventConfig config;
  if (changing.change.keeps_the_rest) {
    auto reading = transaction.read(key);
    KILN_CO_TRY(const auto bytes, co_await std::move(reading));
    if (!bytes) co_return aws::ApiResult<void>(aws::fail(no_event_config(changing.ref)));
    KILN_CO_TRY(config, decode_event_config(*bytes));
  }
  config.qualifier = changing.ref.qualifier;
  config.modified = changing.now;
  apply(changing.change, config);
  transaction.put(key, encode(config));
  changing.result = std::move(config);
  co_return aws::ApiResult<void>();
}

}  // namespace

aws::ApiResult<FunctionRef> parse_event_config_ref(const aws::RequestContext& context,
                                                   std::string_view name,
                                                   std::string_view qualifier) {
  auto ref = parse_function_ref(context, name, qualifier);
  if (ref && ref->qualifier.empty()) ref->qualifier = kLatest;
  return ref;
}

aws::ApiError no_event_config(const FunctionRef& ref) {
  return gen::lambda::resource_not_found_exception("The function " + ref.arn() +
                                                   " doesn't have an EventInvokeConfig");
}

Task<aws::ApiResult<EventConfig>> change_event_config(Service& service, aws::RequestContext context,
                                                      FunctionRef ref, EventConfigChange change) {
  if (!change.max_retries && !change.max_age_s && !change.destinations) {
    co_return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "You must specify at least one of error handling or destination setting."));
  }
  EventConfig asked;
  apply(change, asked);
  for (const bool on_failure : {false, true}) {
    const auto& arn = on_failure ? asked.on_failure : asked.on_success;
    if (auto good = check_destination(ref, arn, on_failure); !good)
      co_return aws::fail(std::move(good.error()));
  }
  const Timestamp now = context.now;
  auto resolving = service.directory.resolve(std::move(context), ref.key.name, ref.qualifier);
  const auto function = co_await std::move(resolving);
  if (!function && function.error().http_status == 404) co_return aws::fail(function_missing());
  if (!function) co_return aws::fail(function.error());
  for (const std::string* arn : {&asked.on_success, &asked.on_failure}) {
    if (arn->empty()) continue;
    auto checking = check_event_target(
        service,
        {.arn = ref.arn(), .account = ref.key.account, .role_arn = function->version->role}, *arn);
    if (auto good = co_await std::move(checking); !good)
      co_return aws::fail(std::move(good.error()));
  }
  EventConfig result;
  const Changing changing{.ref = ref, .change = change, .now = now, .result = result};
  auto storing = service.repository.change(ref.key, function_missing(),
                                           [&changing](FunctionTransaction& transaction) {
                                             return store_change(transaction, changing);
                                           });
  if (auto stored = co_await std::move(storing); !stored)
    co_return aws::fail(std::move(stored.error()));
  co_return result;
}

}  // namespace kiln::lambda

// SPDX-License-Identifier: Apache-2.0
#include "lambda/api/tags.h"

#include "aws/arn.h"
#include "gen/lambda/errors.h"
#include "lambda/api/code_signing.h"
#include "lambda/api/common.h"

#include <utility>

namespace kiln::lambda {
namespace {

enum class Kind { kFunction, kCodeSigning, kMapping, kOther };

Kind kind_of(std::string_view arn) {
  const auto parsed = aws::parse_arn(arn);
  if (!parsed) return Kind::kOther;
  const std::string_view type =
      std::string_view(parsed->resource).substr(0, parsed->resource.find(':'));
  if (type == "function") return Kind::kFunction;
  if (type == "code-signing-config") return Kind::kCodeSigning;
  return type == "event-source-mapping" ? Kind::kMapping : Kind::kOther;
}

aws::ApiResult<FunctionRef> parse_taggable(const aws::RequestContext& context,
                                           std::string_view arn) {
  auto ref = parse_function_ref(context, arn, "");
  if (ref && !ref->qualifier.empty()) {
    return aws::fail(gen::lambda::invalid_parameter_value_exception(
        "Tags on function aliases and versions are not supported. Please specify a function ARN."));
  }
  return ref;
}

// The room that keeps mappings, for one of this account and region.
aws::ApiResult<TaggedResources*> mappings_of(Service& service, const aws::RequestContext& context,
                                             std::string_view arn) {
  const auto parsed = aws::parse_arn(arn);
  const bool here = parsed->account == context.account && parsed->region == context.region;
  if (service.mappings != nullptr && here) return service.mappings;
  return aws::fail(
      gen::lambda::resource_not_found_exception("The resource you requested does not exist."));
}

aws::ApiError no_tags(std::string_view arn) {
  return gen::lambda::invalid_parameter_value_exception("The resource " + std::string(arn) +
                                                        " has no tags.");
}

aws::ApiResult<void> changed(const TaggedResources::Change& change, Tags& tags) {
  change(tags);
  return check_tags(tags);
}

}  // namespace

Task<aws::ApiResult<Tags>> read_tags(Service& service, aws::RequestContext context,
                                     std::string arn) {
  switch (kind_of(arn)) {
    case Kind::kFunction: {
      const auto ref = parse_taggable(context, arn);
      if (!ref) co_return aws::fail(ref.error());
      auto find = find_function(service, *ref);
      auto record = co_await std::move(find);
      if (!record) co_return aws::fail(std::move(record.error()));
      co_return std::move(record->tags);
    }
    case Kind::kCodeSigning: {
      auto key = parse_own_code_signing(context, arn);
      if (!key) co_return aws::fail(std::move(key.error()));
      auto find = service.code_signing.find(std::move(*key));
      KILN_API_TRY(auto config, "lambda", co_await std::move(find));
      if (!config) co_return aws::fail(code_signing_not_found(arn));
      co_return std::move(config->tags);
    }
    case Kind::kMapping: {
      const auto mappings = mappings_of(service, context, arn);
      if (!mappings) co_return aws::fail(mappings.error());
      auto read = (*mappings)->tags(std::move(arn));
      co_return co_await std::move(read);
    }
    case Kind::kOther:
      break;
  }
  co_return aws::fail(no_tags(arn));
}

Task<aws::ApiResult<void>> change_tags(Service& service, aws::RequestContext context,
                                       std::string arn, TaggedResources::Change change) {
  switch (kind_of(arn)) {
    case Kind::kFunction: {
      const auto ref = parse_taggable(context, arn);
      if (!ref) co_return aws::fail(ref.error());
      auto update = service.repository.update(
          ref->key, function_not_found(*ref),
          [&change](FunctionRecord& record) { return changed(change, record.tags); });
      auto updated = co_await std::move(update);
      if (!updated) co_return aws::fail(std::move(updated.error()));
      co_return aws::ApiResult<void>();
    }
    case Kind::kCodeSigning: {
      auto key = parse_own_code_signing(context, arn);
      if (!key) co_return aws::fail(std::move(key.error()));
      auto update = service.code_signing.update(
          std::move(*key), [&change](CodeSigning& config) { return changed(change, config.tags); });
      auto updated = co_await std::move(update);
      if (!updated) co_return aws::fail(std::move(updated.error()));
      co_return aws::ApiResult<void>();
    }
    case Kind::kMapping: {
      const auto mappings = mappings_of(service, context, arn);
      if (!mappings) co_return aws::fail(mappings.error());
      auto update = (*mappings)->change_tags(std::move(arn), std::move(change));
      co_return co_await std::move(update);
    }
    case Kind::kOther:
      break;
  }
  co_return aws::fail(no_tags(arn));
}

}  // namespace kiln::lambda

// SPDX-License-Identifier: Apache-2.0
#pragma once
// What IAM's operations share: errors in AWS's words, views of records, pages, tags, and the frame
// load -> decide (pure) -> commit, repeated while another commit came first.

#include "aws/operation.h"
#include "gen/iam/errors.h"
#include "gen/iam/types.h"
#include "iam/keys.h"
#include "iam/policy_document.h"
#include "iam/records.h"
#include "services/iam/service.h"
#include "services/iam/store/repository.h"
#include "store/retry.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace kiln::iam_api {

using aws::ApiError;
using aws::ApiResult;
using aws::Authorization;
using aws::RequestContext;

// ---- errors ----
ApiError no_such_role(std::string_view name);
ApiError no_such_role_policy(std::string_view name);
ApiError no_such_policy(std::string_view arn);         // "was not found"
ApiError policy_not_attachable(std::string_view arn);  // "does not exist or ..."
ApiError no_such_policy_version(std::string_view arn, std::string_view version);
ApiError quota_exceeded(std::string_view name, std::size_t limit);
ApiError validation_error(std::string message);
// A change of an AWS managed policy, or of another account's.
ApiError not_authorized(const RequestContext& context, std::string_view action,
                        std::string_view resource);
// The fault of a policy text as MalformedPolicyDocument.
ApiResult<void> check_document(std::string_view text, iam::PolicyKind kind);

// ---- views ----
gen::iam::Role role_view(const RequestContext& context, const iam::RoleRecord& role);
// As lists show it: without tags, boundary and last use.
gen::iam::Role role_summary(const RequestContext& context, const iam::RoleRecord& role);
// `account` is "aws" for AWS's own.
gen::iam::Policy policy_view(std::string_view account, const iam::PolicyRecord& policy,
                             std::int64_t attachments);
gen::iam::PolicyVersion version_view(const iam::PolicyRecord& policy,
                                     const iam::PolicyRecord::Version& version);
std::vector<gen::iam::Tag> tags_view(const iam::Tags& tags);
std::string url_encoded(std::string_view document);
Timestamp whole_seconds(Timestamp time);

// ---- policies by ARN ----
struct PolicyArn {
  std::string account;  // "aws" for AWS's own
  std::string path;
  std::string name;
};
// ValidationError "ARN x is not valid." for anything that is not a policy ARN.
ApiResult<PolicyArn> parse_policy_arn(std::string_view text);
struct FoundPolicy {
  iam::PolicyRecord record;
  std::optional<store::Version> version;  // nullopt for AWS's own
  std::string account;
  std::string_view managed_document;  // of AWS's own
};
// AWS's own policy or one of the account; nullopt when neither exists.
Task<Result<std::optional<FoundPolicy>>> find_policy(store::Store& store, std::string account,
                                                     PolicyArn arn, std::string text);
// "v3" -> 3; 0 when malformed.
std::int64_t version_number(std::string_view id);

// ---- tags ----
// Duplicate (without case), reserved, or too many keys.
ApiResult<iam::Tags> make_tags(const std::optional<std::vector<gen::iam::Tag>>& tags);
ApiResult<void> merge_tags(iam::Tags& into, const iam::Tags& added);
void remove_tags(iam::Tags& from, const std::vector<std::string>& keys);

// ---- authorization ----
Authorization on_role(const RequestContext& context, std::string_view action,
                      const std::optional<std::string>& role_name);
Authorization on_policy(std::string_view action, const std::optional<std::string>& policy_arn);
void add_tag_keys(Authorization& authorization,
                  const std::optional<std::vector<gen::iam::Tag>>& tags);

// ---- pages ----
struct PageRequest {
  std::string after;  // name behind which the page begins
  std::size_t limit = 100;
};
ApiResult<PageRequest> page_request(const std::optional<std::string>& marker,
                                    const std::optional<std::int32_t>& max_items);
std::string marker_after(std::string_view name);

// Cuts `items` (of which one more than the limit was read) and fills is_truncated and marker.
template <class Item, class Output, class Name>
void finish_page(std::vector<Item>& items, const PageRequest& page, Output& output, Name name) {
  output.is_truncated = items.size() > page.limit;
  if (!*output.is_truncated) return;
  items.resize(page.limit);
  output.marker = marker_after(std::invoke(name, items.back()));
}
// A page of items that are in memory already, in their order; names must be unique.
template <class Item, class Output, class Name>
std::vector<Item> page_of(std::vector<Item> items, const PageRequest& page, Output& output,
                          Name name) {
  if (!page.after.empty()) {
    auto at = items.begin();
    while (at != items.end() && std::invoke(name, *at) != page.after) ++at;
    if (at != items.end()) items.erase(items.begin(), at + 1);
  }
  finish_page(items, page, output, name);
  return items;
}

// ---- the frame of an operation ----
// The outer error is the store's (a conflict runs the attempt again), the inner one the client's.
template <class Op>
using Attempt = Result<ApiResult<typename Op::Output>>;

template <class Op>
Attempt<Op> refuse(ApiError error) {
  return ApiResult<typename Op::Output>(std::unexpected(std::move(error)));
}

// A handler around Task<Attempt<Op>> attempt(Service&, const RequestContext&, const Input&).
template <class Op, auto attempt>
Task<ApiResult<typename Op::Output>> handle(Service& service, RequestContext context,
                                            typename Op::Input input) {
  auto running =
      store::retry_on_conflict([&] { return attempt(service, context, std::as_const(input)); });
  auto result = co_await std::move(running);
  if (!result) {
    co_return aws::fail(aws::internal_failure("iam", result.error(), "ServiceFailure"));
  }
  co_return std::move(*result);
}

// Loads the role, lets `decide` change it and the batch, commits. `decide` is pure:
// ApiResult<Output>(const RequestContext&, const Input&, iam::RoleRecord&, store::Batch&).
template <class Op, auto decide>
Task<Attempt<Op>> change_role_once(Service& service, const RequestContext& context,
                                   const typename Op::Input& input) {
  auto loading = load_role(service.store, context.account, *input.role_name);
  KILN_CO_TRY(auto role, co_await std::move(loading));
  if (!role) co_return refuse<Op>(no_such_role(*input.role_name));
  store::Batch batch;
  ApiResult<typename Op::Output> output = decide(context, input, role->record, batch);
  if (!output) co_return output;
  const auto key = iam::keys::role(context.account, *input.role_name);
  batch.check(key, role->version).put(key, iam::encode(role->record));
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  co_return output;
}
template <class Op, auto decide>
constexpr auto change_role = handle<Op, change_role_once<Op, decide>>;

// Answers from the role alone: ApiResult<Output>(const RequestContext&, const Input&,
// const iam::RoleRecord&).
template <class Op, auto view>
Task<Attempt<Op>> read_role_once(Service& service, const RequestContext& context,
                                 const typename Op::Input& input) {
  auto loading = load_role(service.store, context.account, *input.role_name);
  KILN_CO_TRY(const auto role, co_await std::move(loading));
  if (!role) co_return refuse<Op>(no_such_role(*input.role_name));
  co_return view(context, input, role->record);
}
template <class Op, auto view>
constexpr auto read_role = handle<Op, read_role_once<Op, view>>;

// The same two for a managed policy named by input.policy_arn. A change of AWS's own is refused.
template <class Op, auto decide>
Task<Attempt<Op>> change_policy_once(Service& service, const RequestContext& context,
                                     const typename Op::Input& input) {
  auto arn = parse_policy_arn(*input.policy_arn);
  if (!arn) co_return refuse<Op>(std::move(arn.error()));
  if (arn->account == "aws") {
    co_return refuse<Op>(not_authorized(context, "iam:" + context.operation, *input.policy_arn));
  }
  const auto key = iam::keys::policy(context.account, arn->name);
  auto finding = find_policy(service.store, context.account, std::move(*arn), *input.policy_arn);
  KILN_CO_TRY(auto policy, co_await std::move(finding));
  if (!policy) co_return refuse<Op>(no_such_policy(*input.policy_arn));
  store::Batch batch;
  ApiResult<typename Op::Output> output = decide(context, input, policy->record, batch);
  if (!output) co_return output;
  batch.check(key, policy->version).put(key, iam::encode(policy->record));
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  co_return output;
}
template <class Op, auto decide>
constexpr auto change_policy = handle<Op, change_policy_once<Op, decide>>;

template <class Op, auto view>
Task<Attempt<Op>> read_policy_once(Service& service, const RequestContext& context,
                                   const typename Op::Input& input) {
  auto arn = parse_policy_arn(*input.policy_arn);
  if (!arn) co_return refuse<Op>(std::move(arn.error()));
  auto finding = find_policy(service.store, context.account, std::move(*arn), *input.policy_arn);
  KILN_CO_TRY(const auto policy, co_await std::move(finding));
  if (!policy) co_return refuse<Op>(no_such_policy(*input.policy_arn));
  co_return view(context, input, *policy);
}
template <class Op, auto view>
constexpr auto read_policy = handle<Op, read_policy_once<Op, view>>;

}  // namespace kiln::iam_api

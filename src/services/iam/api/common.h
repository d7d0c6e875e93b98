// SPDX-License-Identifier: Apache-2.0
#pragma once
// What IAM's operations share: errors in AWS's words, views of records, tags, and the frame
// load -> decide (pure) -> commit, repeated while another commit came first.

#include "aws/operation.h"
#include "gen/iam/errors.h"
#include "gen/iam/types.h"
#include "iam/keys.h"
#include "iam/policy_document.h"
#include "iam/records.h"
#include "services/iam/api/pages.h"
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
// "The role with name X cannot be found."; `word` is Entity::kWord.
ApiError no_such(std::string_view word, std::string_view name);
ApiError no_such_inline(std::string_view word, std::string_view policy);
ApiError no_such_access_key(std::string_view id);
ApiError already_exists(std::string_view word, std::string_view name);
ApiError delete_conflict(std::string_view what_first);  // "detach all policies"
ApiError no_such_policy(std::string_view arn);          // "was not found"
ApiError policy_not_attachable(std::string_view arn);   // "does not exist or ..."
ApiError no_such_policy_version(std::string_view arn, std::string_view version);
ApiError quota_exceeded(std::string_view name, std::size_t limit);
ApiError validation_error(std::string message);
// A change of an AWS managed policy, or of another account's.
ApiError not_authorized(const RequestContext& context, std::string_view action,
                        std::string_view resource);
// Roles linked to a service belong to it.
ApiError protected_role(std::string_view name);
// The fault of a policy text as MalformedPolicyDocument.
ApiResult<void> check_document(std::string_view text, iam::PolicyKind kind);

// ---- views ----
gen::iam::Role role_view(const RequestContext& context, const iam::RoleRecord& role);
// As lists show it: without tags, boundary and last use.
gen::iam::Role role_summary(const RequestContext& context, const iam::RoleRecord& role);
// As GetUser shows it, and as lists do: without tags and boundary.
gen::iam::User user_view(const RequestContext& context, const iam::UserRecord& user);
gen::iam::User user_summary(const RequestContext& context, const iam::UserRecord& user);
gen::iam::Group group_view(const RequestContext& context, const iam::GroupRecord& group);
// `account` is "aws" for AWS's own.
gen::iam::Policy policy_view(std::string_view account, const iam::PolicyRecord& policy,
                             UseCounts counts);
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
// How often it is used in the account: from its record, for AWS's own from the rows.
Task<Result<UseCounts>> uses_of(store::Store& store, std::string account,
                                const FoundPolicy& policy);
// "v3" -> 3; 0 when malformed.
std::int64_t version_number(std::string_view id);

// ---- tags ----
// Duplicate (without case), reserved, or too many keys.
ApiResult<iam::Tags> make_tags(const std::optional<std::vector<gen::iam::Tag>>& tags);
ApiResult<void> merge_tags(iam::Tags& into, const iam::Tags& added);
void remove_tags(iam::Tags& from, const std::vector<std::string>& keys);

// ---- authorization ----
// On "arn:aws:iam::ACCOUNT:WORD/NAME".
Authorization on_entity(const RequestContext& context, std::string_view word,
                        std::string_view action, const std::optional<std::string>& name);
template <class Entity>
Authorization on(const RequestContext& context, std::string_view action,
                 const std::optional<std::string>& name) {
  return on_entity(context, Entity::kWord, action, name);
}
inline Authorization on_role(const RequestContext& context, std::string_view action,
                             const std::optional<std::string>& role_name) {
  return on<Roles>(context, action, role_name);
}
// On the user that is named, else on the caller.
Authorization on_user_or_caller(const RequestContext& context, std::string_view action,
                                const std::optional<std::string>& user_name);
Authorization on_policy(std::string_view action, const std::optional<std::string>& policy_arn);
void add_tag_keys(Authorization& authorization,
                  const std::optional<std::vector<gen::iam::Tag>>& tags);

// ---- the caller as the subject ----
// No name, and root calls: the request is about the account's root user.
bool about_root(const RequestContext& context, const std::optional<std::string>& user_name);
// The name of the user that a request is about: the one it names, else the caller's.
// ValidationError when the caller is no user. REQUIRES: !about_root().
ApiResult<std::string> user_or_caller(const RequestContext& context,
                                      const std::optional<std::string>& user_name);

// ---- the frame of an operation ----
// The outer error is the store's (a conflict runs the attempt again), the inner one the client's.
template <class Op>
using Attempt = Result<ApiResult<typename Op::Output>>;

template <class Op>
Attempt<Op> refuse(ApiError error) {
  return ApiResult<typename Op::Output>(std::unexpected(std::move(error)));
}

// The same for what several operations share: Task<Result<ApiResult<T>>>.
template <class T>
Result<ApiResult<T>> refused(ApiError error) {
  return ApiResult<T>(std::unexpected(std::move(error)));
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

// Loads the role, user, group or instance profile that the input names, lets `decide` change it and
// the batch, commits. `decide` is pure:
// ApiResult<Output>(const RequestContext&, const Input&, Entity::Record&, store::Batch&).
template <class Entity, class Op, auto decide>
Task<Attempt<Op>> change_once(Service& service, const RequestContext& context,
                              const typename Op::Input& input) {
  const std::string name = *Entity::name_in(input);
  auto loading = load<Entity>(service.store, context.account, name);
  KILN_CO_TRY(auto entity, co_await std::move(loading));
  if (!entity) co_return refuse<Op>(no_such(Entity::kWord, name));
  store::Batch batch;
  ApiResult<typename Op::Output> output = decide(context, input, entity->record, batch);
  if (!output) co_return output;
  const auto key = Entity::key(context.account, name);
  batch.check(key, entity->version).put(key, iam::encode(entity->record));
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  co_return output;
}
template <class Entity, class Op, auto decide>
constexpr auto change = handle<Op, change_once<Entity, Op, decide>>;
template <class Op, auto decide>
constexpr auto change_role = change<Roles, Op, decide>;

// Answers from the record alone: ApiResult<Output>(const RequestContext&, const Input&,
// const Entity::Record&).
template <class Entity, class Op, auto view>
Task<Attempt<Op>> read_once(Service& service, const RequestContext& context,
                            const typename Op::Input& input) {
  const std::string name = *Entity::name_in(input);
  auto loading = load<Entity>(service.store, context.account, name);
  KILN_CO_TRY(const auto entity, co_await std::move(loading));
  if (!entity) co_return refuse<Op>(no_such(Entity::kWord, name));
  co_return view(context, input, entity->record);
}
template <class Entity, class Op, auto view>
constexpr auto read = handle<Op, read_once<Entity, Op, view>>;
template <class Op, auto view>
constexpr auto read_role = read<Roles, Op, view>;

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

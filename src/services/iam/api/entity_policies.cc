// SPDX-License-Identifier: Apache-2.0
#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

// The counter of the policy's row that `table` belongs to.
std::int64_t& counter_of(iam::PolicyRecord& policy, std::string_view table) {
  const bool boundary = table == Roles::kBounded || table == Users::kBounded;
  return boundary ? policy.boundaries : policy.attachments;
}

void write_policy(const RequestContext& context, const FoundPolicy& policy, store::Batch& batch) {
  const auto key = iam::keys::policy(context.account, policy.record.name);
  batch.check(key, policy.version).put(key, iam::encode(policy.record));
}

}  // namespace

void add_use(const RequestContext& context, std::string_view table, const std::string& arn,
             FoundPolicy& policy, const iam::EntityRecord& user, store::Batch& batch) {
  batch.put(iam::keys::use(context.account, table, arn, user.name),
            encode(PolicyUser{user.name, user.id, user.path}));
  if (!policy.version) return;  // AWS's own
  ++counter_of(policy.record, table);
  write_policy(context, policy, batch);
}

void remove_use(const RequestContext& context, std::string_view table, const std::string& arn,
                std::optional<FoundPolicy>& policy, const iam::EntityRecord& user,
                store::Batch& batch) {
  batch.erase(iam::keys::use(context.account, table, arn, user.name));
  if (!policy || !policy->version) return;
  auto& counter = counter_of(policy->record, table);
  counter = std::max<std::int64_t>(counter - 1, 0);
  write_policy(context, *policy, batch);
}

Task<Result<ApiResult<FoundPolicy>>> find_boundary(Service& service, const RequestContext& context,
                                                   std::string arn) {
  auto parsed = parse_policy_arn(arn);
  if (!parsed) {
    co_return refused<FoundPolicy>(
        validation_error("Value (" + arn + ") for parameter PermissionsBoundary is invalid."));
  }
  auto finding = find_policy(service.store, context.account, std::move(*parsed), arn);
  KILN_CO_TRY(auto policy, co_await std::move(finding));
  if (!policy) {
    co_return refused<FoundPolicy>(gen::iam::no_such_entity_exception(
        "Scope ARN: " + arn + " does not exist or is not attachable."));
  }
  co_return ApiResult<FoundPolicy>(std::move(*policy));
}

Task<Status> release_boundary(Service& service, const RequestContext& context,
                              std::string_view table, const iam::EntityRecord& entity,
                              store::Batch& batch) {
  const std::string arn = entity.permissions_boundary;
  auto parsed = parse_policy_arn(arn);
  if (!parsed) co_return Status{};
  auto finding = find_policy(service.store, context.account, std::move(*parsed), arn);
  KILN_CO_TRY(auto policy, co_await std::move(finding));
  remove_use(context, table, arn, policy, entity, batch);
  co_return Status{};
}

template <class Entity>
Task<Done> attach(Service& service, const RequestContext& context, std::string name,
                  std::string policy_arn) {
  auto arn = parse_policy_arn(policy_arn);
  if (!arn) co_return refused<void>(std::move(arn.error()));
  auto loading = load<Entity>(service.store, context.account, name);
  KILN_CO_TRY(auto entity, co_await std::move(loading));
  if (!entity) co_return refused<void>(no_such(Entity::kWord, name));
  auto& record = entity->record;
  if (auto good = check_modifiable(record); !good) co_return refused<void>(std::move(good.error()));
  auto finding = find_policy(service.store, context.account, std::move(*arn), policy_arn);
  KILN_CO_TRY(auto policy, co_await std::move(finding));
  if (!policy) co_return refused<void>(policy_not_attachable(policy_arn));
  if (std::ranges::find(record.attached, policy_arn) != record.attached.end()) {
    co_return ApiResult<void>{};
  }
  if (record.attached.size() >= kMaxAttachedPolicies) {
    co_return refused<void>(quota_exceeded(Entity::kPoliciesQuota, kMaxAttachedPolicies));
  }
  record.attached.push_back(policy_arn);
  const auto key = Entity::key(context.account, name);
  store::Batch batch;
  batch.check(key, entity->version).put(key, iam::encode(record));
  add_use(context, Entity::kAttached, policy_arn, *policy, record, batch);
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  co_return ApiResult<void>{};
}

template <class Entity>
Task<Done> detach(Service& service, const RequestContext& context, std::string name,
                  std::string policy_arn) {
  auto arn = parse_policy_arn(policy_arn);
  if (!arn) co_return refused<void>(std::move(arn.error()));
  auto loading = load<Entity>(service.store, context.account, name);
  KILN_CO_TRY(auto entity, co_await std::move(loading));
  if (!entity) co_return refused<void>(no_such(Entity::kWord, name));
  auto& record = entity->record;
  if (auto good = check_modifiable(record); !good) co_return refused<void>(std::move(good.error()));
  if (std::erase(record.attached, policy_arn) == 0) {
    co_return refused<void>(no_such_policy(policy_arn));
  }
  auto finding = find_policy(service.store, context.account, std::move(*arn), policy_arn);
  KILN_CO_TRY(auto policy, co_await std::move(finding));
  const auto key = Entity::key(context.account, name);
  store::Batch batch;
  batch.check(key, entity->version).put(key, iam::encode(record));
  remove_use(context, Entity::kAttached, policy_arn, policy, record, batch);
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  co_return ApiResult<void>{};
}

template <class Entity>
Task<Done> set_boundary(Service& service, const RequestContext& context, std::string name,
                        std::string policy_arn) {
  auto loading = load<Entity>(service.store, context.account, name);
  KILN_CO_TRY(auto entity, co_await std::move(loading));
  if (!entity) co_return refused<void>(no_such(Entity::kWord, name));
  auto& record = entity->record;
  if (auto good = check_modifiable(record); !good) co_return refused<void>(std::move(good.error()));
  if (record.permissions_boundary == policy_arn) co_return ApiResult<void>{};
  store::Batch batch;
  auto releasing = release_boundary(service, context, Entity::kBounded, record, batch);
  KILN_CO_TRY_VOID(co_await std::move(releasing));
  if (!policy_arn.empty()) {
    auto finding = find_boundary(service, context, policy_arn);
    KILN_CO_TRY(auto policy, co_await std::move(finding));
    if (!policy) co_return refused<void>(std::move(policy.error()));
    add_use(context, Entity::kBounded, policy_arn, *policy, record, batch);
  }
  record.permissions_boundary = policy_arn;
  const auto key = Entity::key(context.account, name);
  batch.check(key, entity->version).put(key, iam::encode(record));
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  co_return ApiResult<void>{};
}

#define KILN_IAM_ACTION(action, Entity) \
  template Task<Done> action<Entity>(Service&, const RequestContext&, std::string, std::string);
KILN_IAM_ACTION(attach, Roles)
KILN_IAM_ACTION(attach, Users)
KILN_IAM_ACTION(attach, Groups)
KILN_IAM_ACTION(detach, Roles)
KILN_IAM_ACTION(detach, Users)
KILN_IAM_ACTION(detach, Groups)
KILN_IAM_ACTION(set_boundary, Roles)
KILN_IAM_ACTION(set_boundary, Users)
#undef KILN_IAM_ACTION

std::vector<gen::iam::AttachedPolicy> attached_view(const std::vector<std::string>& arns) {
  std::vector<gen::iam::AttachedPolicy> out;
  for (const auto& arn : arns) {
    gen::iam::AttachedPolicy policy;
    policy.policy_name = arn.substr(arn.rfind('/') + 1);
    policy.policy_arn = arn;
    out.push_back(std::move(policy));
  }
  return out;
}

ApiResult<void> enter_inline(std::string_view word, std::size_t max_size, const std::string& policy,
                             const std::string& text, iam::EntityRecord& entity) {
  if (auto good = check_document(text, iam::PolicyKind::kIdentity); !good) return good;
  std::erase_if(entity.inlines, [&policy](const auto& i) { return i.name == policy; });
  const std::size_t size = iam::policy_size(text);
  std::size_t total = size;
  for (const auto& i : entity.inlines) total += static_cast<std::size_t>(i.size);
  if (total > max_size || text.size() > kMaxDocumentBytes) {
    return aws::fail(gen::iam::limit_exceeded_exception(
        "Maximum policy size of " + std::to_string(max_size) + " bytes exceeded for " +
        std::string(word) + ' ' + entity.name));
  }
  entity.inlines.push_back({policy, static_cast<std::int64_t>(size)});
  std::ranges::sort(entity.inlines, {}, &iam::EntityRecord::Inline::name);
  return {};
}

}  // namespace kiln::iam_api

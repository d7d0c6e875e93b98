// SPDX-License-Identifier: Apache-2.0
#pragma once
// Policies and tags of roles, users and groups: what their operations have in common. An
// operation's file names its Entity and registers one of these with its authorization.

#include "services/iam/api/common.h"

#include <algorithm>

namespace kiln::iam_api {

// UnmodifiableEntity for a role that belongs to a service.
inline ApiResult<void> check_modifiable(const iam::RoleRecord& role) {
  if (role.service_linked()) return aws::fail(protected_role(role.name));
  return {};
}
inline ApiResult<void> check_modifiable(const iam::EntityRecord&) { return {}; }

// ---- who uses a managed policy ----
// Adds the row of `table`, and counts it in the policy's own row, so that DeletePolicy cannot race.
void add_use(const RequestContext& context, std::string_view table, const std::string& arn,
             FoundPolicy& policy, const iam::EntityRecord& user, store::Batch& batch);
// Takes it back; `policy` is nullopt when it is gone.
void remove_use(const RequestContext& context, std::string_view table, const std::string& arn,
                std::optional<FoundPolicy>& policy, const iam::EntityRecord& user,
                store::Batch& batch);

// The managed policy of an ARN; NoSuchEntity in the words of a boundary when there is none.
Task<Result<ApiResult<FoundPolicy>>> find_boundary(Service& service, const RequestContext& context,
                                                   std::string arn);
// For the end of an entity: its boundary, when it has one, is used no longer. REQUIRES: nothing
// is attached to it.
Task<Status> release_boundary(Service& service, const RequestContext& context,
                              std::string_view table, const iam::EntityRecord& entity,
                              store::Batch& batch);

// ---- attachments and boundaries: Roles, Users, Groups; boundaries Roles, Users ----
using Done = Result<ApiResult<void>>;
template <class Entity>
Task<Done> attach(Service& service, const RequestContext& context, std::string name,
                  std::string policy_arn);
template <class Entity>
Task<Done> detach(Service& service, const RequestContext& context, std::string name,
                  std::string policy_arn);
// An empty ARN takes the boundary away.
template <class Entity>
Task<Done> set_boundary(Service& service, const RequestContext& context, std::string name,
                        std::string policy_arn);

template <class Entity, class Op, auto act>
Task<Attempt<Op>> act_on_policy(Service& service, const RequestContext& context,
                                const typename Op::Input& input) {
  std::string arn;
  if constexpr (requires { input.policy_arn; }) arn = *input.policy_arn;
  if constexpr (requires { input.permissions_boundary; }) arn = *input.permissions_boundary;
  auto acting = act(service, context, *Entity::name_in(input), std::move(arn));
  KILN_CO_TRY(auto done, co_await std::move(acting));
  if (!done) co_return refuse<Op>(std::move(done.error()));
  co_return typename Op::Output{};
}
template <class Entity, class Op>
constexpr auto attach_policy = handle<Op, act_on_policy<Entity, Op, attach<Entity>>>;
template <class Entity, class Op>
constexpr auto detach_policy = handle<Op, act_on_policy<Entity, Op, detach<Entity>>>;
template <class Entity, class Op>
constexpr auto put_boundary = handle<Op, act_on_policy<Entity, Op, set_boundary<Entity>>>;

std::vector<gen::iam::AttachedPolicy> attached_view(const std::vector<std::string>& arns);

// Managed policies in order of attachment.
template <class Entity, class Op>
ApiResult<typename Op::Output> view_attached(const RequestContext&, const typename Op::Input& input,
                                             const typename Entity::Record& entity) {
  const auto page = page_request(input.marker, input.max_items);
  if (!page) return aws::fail(page.error());
  const std::string prefix = input.path_prefix.value_or("/");
  std::vector<std::string> arns;
  for (const auto& text : entity.attached) {
    const auto arn = parse_policy_arn(text);
    if (arn && arn->path.starts_with(prefix)) arns.push_back(text);
  }
  typename Op::Output output;
  output.attached_policies =
      attached_view(page_of(std::move(arns), *page, output, std::identity()));
  return output;
}
template <class Entity, class Op>
constexpr auto list_attached = read<Entity, Op, view_attached<Entity, Op>>;

// ---- inline policies ----
// Checks the text and enters it into the record; the caller writes the text's row.
ApiResult<void> enter_inline(std::string_view word, std::size_t max_size, const std::string& policy,
                             const std::string& text, iam::EntityRecord& entity);

template <class Entity, class Op>
ApiResult<typename Op::Output> decide_put_inline(const RequestContext& context,
                                                 const typename Op::Input& input,
                                                 typename Entity::Record& entity,
                                                 store::Batch& batch) {
  if (auto good = check_modifiable(entity); !good) return aws::fail(std::move(good.error()));
  const std::string &name = *input.policy_name, &text = *input.policy_document;
  auto entered = enter_inline(Entity::kWord, Entity::kMaxInlineSize, name, text, entity);
  if (!entered) return aws::fail(std::move(entered.error()));
  batch.put(Entity::inline_key(context.account, entity, name), text);
  return typename Op::Output{};
}
template <class Entity, class Op>
constexpr auto put_inline = change<Entity, Op, decide_put_inline<Entity, Op>>;

template <class Entity, class Op>
ApiResult<typename Op::Output> decide_delete_inline(const RequestContext& context,
                                                    const typename Op::Input& input,
                                                    typename Entity::Record& entity,
                                                    store::Batch& batch) {
  if (auto good = check_modifiable(entity); !good) return aws::fail(std::move(good.error()));
  const auto same = [&input](const auto& i) { return i.name == *input.policy_name; };
  if (std::erase_if(entity.inlines, same) == 0) {
    return aws::fail(no_such_inline(Entity::kWord, *input.policy_name));
  }
  batch.erase(Entity::inline_key(context.account, entity, *input.policy_name));
  return typename Op::Output{};
}
template <class Entity, class Op>
constexpr auto delete_inline = change<Entity, Op, decide_delete_inline<Entity, Op>>;

template <class Entity, class Op>
Task<Attempt<Op>> get_inline_once(Service& service, const RequestContext& context,
                                  const typename Op::Input& input) {
  const std::string name = *Entity::name_in(input);
  auto loading = load<Entity>(service.store, context.account, name);
  KILN_CO_TRY(const auto entity, co_await std::move(loading));
  if (!entity) co_return refuse<Op>(no_such(Entity::kWord, name));
  auto reading = load_text(service.store,
                           Entity::inline_key(context.account, entity->record, *input.policy_name));
  KILN_CO_TRY(const auto text, co_await std::move(reading));
  if (!text) co_return refuse<Op>(no_such_inline(Entity::kWord, *input.policy_name));
  typename Op::Output output;
  Entity::name_in(output) = entity->record.name;
  output.policy_name = *input.policy_name;
  output.policy_document = url_encoded(*text);
  co_return output;
}
template <class Entity, class Op>
constexpr auto get_inline = handle<Op, get_inline_once<Entity, Op>>;

template <class Entity, class Op>
ApiResult<typename Op::Output> view_inlines(const RequestContext&, const typename Op::Input& input,
                                            const typename Entity::Record& entity) {
  const auto page = page_request(input.marker, input.max_items);
  if (!page) return aws::fail(page.error());
  std::vector<std::string> names;
  for (const auto& i : entity.inlines) names.push_back(i.name);
  typename Op::Output output;
  output.policy_names = page_of(std::move(names), *page, output, std::identity());
  return output;
}
template <class Entity, class Op>
constexpr auto list_inlines = read<Entity, Op, view_inlines<Entity, Op>>;

// ---- tags: Roles, Users, InstanceProfiles ----
template <class Entity, class Op>
ApiResult<typename Op::Output> decide_tag(const RequestContext&, const typename Op::Input& input,
                                          typename Entity::Record& entity, store::Batch&) {
  const auto tags = make_tags(input.tags);
  if (!tags) return aws::fail(tags.error());
  if (auto merged = merge_tags(entity.tags, *tags); !merged) {
    return aws::fail(std::move(merged.error()));
  }
  return typename Op::Output{};
}
template <class Entity, class Op>
constexpr auto tag = change<Entity, Op, decide_tag<Entity, Op>>;

// Keys that are not there do not matter.
template <class Entity, class Op>
ApiResult<typename Op::Output> decide_untag(const RequestContext&, const typename Op::Input& input,
                                            typename Entity::Record& entity, store::Batch&) {
  if (input.tag_keys) remove_tags(entity.tags, *input.tag_keys);
  return typename Op::Output{};
}
template <class Entity, class Op>
constexpr auto untag = change<Entity, Op, decide_untag<Entity, Op>>;

// In order of their making.
template <class Entity, class Op>
ApiResult<typename Op::Output> view_tags(const RequestContext&, const typename Op::Input& input,
                                         const typename Entity::Record& entity) {
  const auto page = page_request(input.marker, input.max_items);
  if (!page) return aws::fail(page.error());
  typename Op::Output output;
  output.tags = tags_view(page_of(entity.tags, *page, output, &iam::Tags::value_type::first));
  return output;
}
template <class Entity, class Op>
constexpr auto list_tags = read<Entity, Op, view_tags<Entity, Op>>;

// ---- authorization ----
template <class Entity>
Authorization on_attachment(const RequestContext& context, std::string_view action,
                            const auto& input) {
  auto out = on<Entity>(context, action, Entity::name_in(input));
  if (input.policy_arn) out.condition_keys()["iam:PolicyARN"] = {*input.policy_arn};
  return out;
}
template <class Entity>
Authorization on_boundary(const RequestContext& context, std::string_view action,
                          const auto& input) {
  auto out = on<Entity>(context, action, Entity::name_in(input));
  if (input.permissions_boundary) {
    out.condition_keys()["iam:PermissionsBoundary"] = {*input.permissions_boundary};
  }
  return out;
}
template <class Entity>
Authorization on_untag(const RequestContext& context, std::string_view action, const auto& input) {
  auto out = on<Entity>(context, action, Entity::name_in(input));
  if (input.tag_keys) out.condition_keys()["aws:TagKeys"] = *input.tag_keys;
  return out;
}

}  // namespace kiln::iam_api

// SPDX-License-Identifier: Apache-2.0
// CreateUser: a user without keys or permissions.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html
#include "gen/iam/create_user.h"

#include "iam/unique_id.h"
#include "services/iam/api/entity_policies.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::CreateUser;

ApiResult<iam::UserRecord> decide(Service& service, const RequestContext& context,
                                  const Op::Input& input) {
  auto tags = make_tags(input.tags);
  if (!tags) return aws::fail(std::move(tags.error()));
  iam::UserRecord user;
  user.name = *input.user_name;
  user.path = input.path.value_or("/");
  user.id = iam::unique_id("AIDA", context.account, service.random);
  user.created = whole_seconds(context.now);
  user.permissions_boundary = input.permissions_boundary.value_or("");
  user.tags = std::move(*tags);
  return user;
}

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto user = decide(service, context, input);
  if (!user) co_return refuse<Op>(std::move(user.error()));
  auto loading = load<Users>(service.store, context.account, user->name);
  KILN_CO_TRY(const auto existing, co_await std::move(loading));
  if (existing) co_return refuse<Op>(already_exists(Users::kWord, user->name));
  auto counting = load_summary(service.store, context.account);
  KILN_CO_TRY(auto summary, co_await std::move(counting));
  if (++summary.record.users > kMaxUsers) {
    co_return refuse<Op>(quota_exceeded("UsersPerAccount", kMaxUsers));
  }
  store::Batch batch;
  if (!user->permissions_boundary.empty()) {
    auto finding = find_boundary(service, context, user->permissions_boundary);
    KILN_CO_TRY(auto boundary, co_await std::move(finding));
    if (!boundary) co_return refuse<Op>(std::move(boundary.error()));
    add_use(context, Users::kBounded, user->permissions_boundary, *boundary, *user, batch);
  }
  const auto key = iam::keys::user(context.account, user->name);
  const auto count_key = iam::keys::summary(context.account);
  batch.check_absent(key).check(count_key, summary.version);
  batch.put(key, iam::encode(*user)).put(count_key, iam::encode(summary.record));
  batch.put(iam::keys::name_of_id(context.account, user->id), iam::keys::fold(user->name));
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  Op::Output output;
  output.user = user_view(context, *user);
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  Authorization out{"iam:CreateUser", "arn:aws:iam::" + context.account + ":user" +
                                          input.path.value_or("/") + input.user_name.value_or("")};
  if (input.permissions_boundary) {
    out.condition_keys()["iam:PermissionsBoundary"] = {*input.permissions_boundary};
  }
  add_tag_keys(out, input.tags);
  return out;
}

}  // namespace

extern const aws::Operation<Op, Service> kCreateUser{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api

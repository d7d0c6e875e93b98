// SPDX-License-Identifier: Apache-2.0
// CreateAccessKey: a key of a user, of the caller without a name; its secret is told once.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html
#include "gen/iam/create_access_key.h"

#include "iam/unique_id.h"
#include "services/iam/api/access_keys.h"
#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::CreateAccessKey;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto finding = find_key_owner(service, context, input.user_name);
  KILN_CO_TRY(auto owner, co_await std::move(finding));
  if (!owner) co_return refuse<Op>(std::move(owner.error()));
  auto scanning = scan_keys(service.store, context.account, owner->id);
  KILN_CO_TRY(const auto existing, co_await std::move(scanning));
  if (existing.size() >= kMaxKeysPerUser) {
    co_return refuse<Op>(quota_exceeded("AccessKeysPerUser", kMaxKeysPerUser));
  }
  const std::string id = iam::unique_id("AKIA", context.account, service.random);
  iam::AccessKeyRecord key = owner->blank_key(context);
  key.secret = iam::secret_access_key(service.random);
  store::Batch batch;
  owner->touch(context, batch);
  batch.check_absent(iam::keys::access_key(id)).put(iam::keys::access_key(id), iam::encode(key));
  batch.put(iam::keys::key_of(context.account, owner->id, id), "");
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  Op::Output output;
  auto& view = output.access_key.emplace();
  view.user_name = owner->name;
  view.access_key_id = id;
  view.status = "Active";
  view.secret_access_key = key.secret;
  view.create_date = key.created;
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_user_or_caller(context, "iam:CreateAccessKey", input.user_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kCreateAccessKey{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api

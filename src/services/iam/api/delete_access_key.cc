// SPDX-License-Identifier: Apache-2.0
// DeleteAccessKey: the key opens nothing from the answer on.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html
#include "gen/iam/delete_access_key.h"

#include "services/iam/api/access_keys.h"
#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::DeleteAccessKey;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  auto finding = find_key(service, context, input.user_name, *input.access_key_id);
  KILN_CO_TRY(auto key, co_await std::move(finding));
  if (!key) co_return refuse<Op>(std::move(key.error()));
  store::Batch batch;
  batch.check(iam::keys::access_key(*input.access_key_id), key->key.version);
  batch.erase(iam::keys::access_key(*input.access_key_id));
  batch.erase(iam::keys::key_of(context.account, key->owner.id, *input.access_key_id));
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  co_return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_user_or_caller(context, "iam:DeleteAccessKey", input.user_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kDeleteAccessKey{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api

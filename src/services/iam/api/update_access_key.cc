// SPDX-License-Identifier: Apache-2.0
// UpdateAccessKey: makes a key active or inactive; inactive ones open nothing.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html
#include "gen/iam/update_access_key.h"

#include "services/iam/api/access_keys.h"
#include "services/iam/api/common.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::UpdateAccessKey;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  if (*input.status != "Active" && *input.status != "Inactive") {
    co_return refuse<Op>(
        gen::iam::invalid_input_exception("A status can be set to Active or Inactive only."));
  }
  auto finding = find_key(service, context, input.user_name, *input.access_key_id);
  KILN_CO_TRY(auto key, co_await std::move(finding));
  if (!key) co_return refuse<Op>(std::move(key.error()));
  key->key.record.active = *input.status == "Active";
  const auto row = iam::keys::access_key(*input.access_key_id);
  store::Batch batch;
  batch.check(row, key->key.version).put(row, iam::encode(key->key.record));
  auto committing = service.store.commit(std::move(batch));
  KILN_CO_TRY_VOID(co_await std::move(committing));
  co_return Op::Output{};
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_user_or_caller(context, "iam:UpdateAccessKey", input.user_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kUpdateAccessKey{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api

// SPDX-License-Identifier: Apache-2.0
// ListAccessKeys: the keys of a user, of the caller without a name, oldest first.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html
#include "gen/iam/list_access_keys.h"

#include "services/iam/api/access_keys.h"
#include "services/iam/api/common.h"

#include <algorithm>
#include <tuple>

namespace kiln::iam_api {
namespace {

using Op = gen::iam::ListAccessKeys;

using View = gen::iam::AccessKeyMetadata;

Task<Attempt<Op>> attempt(Service& service, const RequestContext& context, const Op::Input& input) {
  const auto page = page_request(input.marker, input.max_items);
  if (!page) co_return refuse<Op>(page.error());
  auto finding = find_key_owner(service, context, input.user_name);
  KILN_CO_TRY(auto owner, co_await std::move(finding));
  if (!owner) co_return refuse<Op>(std::move(owner.error()));
  auto scanning = scan_keys(service.store, context.account, owner->id);
  KILN_CO_TRY(const auto ids, co_await std::move(scanning));
  std::vector<View> keys;
  for (const auto& id : ids) {
    auto loading = load_access_key(service.store, id);
    KILN_CO_TRY(const auto key, co_await std::move(loading));
    if (!key) continue;
    keys.push_back(
        {owner->name, id, key->record.active ? "Active" : "Inactive", key->record.created});
  }
  std::ranges::sort(keys, {},
                    [](const View& key) { return std::tie(key.create_date, key.access_key_id); });
  Op::Output output;
  output.access_key_metadata =
      page_of(std::move(keys), *page, output, [](const View& key) { return *key.access_key_id; });
  co_return output;
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return on_user_or_caller(context, "iam:ListAccessKeys", input.user_name);
}

}  // namespace

extern const aws::Operation<Op, Service> kListAccessKeys{authorize, handle<Op, attempt>};

}  // namespace kiln::iam_api

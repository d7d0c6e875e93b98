// SPDX-License-Identifier: Apache-2.0
#pragma once
// PrincipalPolicies over the store. Reads one snapshot, so a decision never sees half a change.
//
// Threads: any loop; the store outlives it. Nothing is cached here.

#include "iam/principal_policies.h"
#include "iam/records.h"
#include "store/store.h"

#include <string>

namespace kiln::iam {

class StorePrincipalPolicies final : public PrincipalPolicies {
 public:
  explicit StorePrincipalPolicies(store::Store& store) : store_(store) {}
  Task<Result<std::optional<PrincipalGrants>>> find(aws::Principal principal) override;
  Task<Result<std::optional<std::string>>> managed_policy(std::string arn) override;

 private:
  using Grants = Result<std::optional<PrincipalGrants>>;
  Task<Grants> of_role(aws::Principal principal, store::SnapshotPtr at);
  Task<Grants> of_user(aws::Principal principal, store::SnapshotPtr at);
  // nullopt: there is no such policy.
  Task<Result<std::optional<PolicyText>>> managed(std::string arn, store::SnapshotPtr at);
  // Appends the texts of `arns`; a policy that is gone is left out.
  Task<Status> add_attached(std::vector<std::string> arns, PrincipalGrants& grants,
                            store::SnapshotPtr at);
  // The policies of a user or group itself; `entity` outlives the task.
  Task<Status> add_entity(std::string account, const EntityRecord& entity, PrincipalGrants& grants,
                          store::SnapshotPtr at);
  Task<Status> add_group(std::string account, std::string id, PrincipalGrants& grants,
                         store::SnapshotPtr at);
  // The text of an inline policy's row.
  Task<Status> add_inline(std::string name, std::string key, PrincipalGrants& grants,
                          store::SnapshotPtr at);
  Task<Status> add_boundary(std::string arn, PrincipalGrants& grants, store::SnapshotPtr at);

  store::Store& store_;
};

}  // namespace kiln::iam

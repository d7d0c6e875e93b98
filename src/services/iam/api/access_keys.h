// SPDX-License-Identifier: Apache-2.0
#pragma once
// Access keys and who owns them: a user, or the account's root.

#include "services/iam/api/common.h"

namespace kiln::iam_api {

struct KeyOwner {
  std::string id;    // of the user; the account for its root
  std::string name;  // "root" for root
  std::optional<Loaded<iam::UserRecord>> user;
  Loaded<iam::AccountSummary> summary;  // read for root only

  // A new key of the owner, without its secret.
  iam::AccessKeyRecord blank_key(const RequestContext& context) const;
  // Writes the row that guards the number of the owner's keys.
  void touch(const RequestContext& context, store::Batch& batch) const;
};

// The user that is named, else the caller.
Task<Result<ApiResult<KeyOwner>>> find_key_owner(Service& service, const RequestContext& context,
                                                 std::optional<std::string> user_name);

struct OwnedKey {
  KeyOwner owner;
  Loaded<iam::AccessKeyRecord> key;
};
// NoSuchEntity when it is not a key of that user.
Task<Result<ApiResult<OwnedKey>>> find_key(Service& service, const RequestContext& context,
                                           std::optional<std::string> user_name, std::string id);

}  // namespace kiln::iam_api

// SPDX-License-Identifier: Apache-2.0
#pragma once
// A server that was started as root runs as a plain user: only the launcher keeps root.

#include "base/result.h"

#include <optional>
#include <string>
#include <sys/types.h>

namespace kiln::cli {

struct Account {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};

// What decides whose process the server becomes.
struct AccountQuestion {
  std::string requested;  // --user: a name or a number; empty when not given
  bool serve = false;     // `kiln serve`: the user "kiln" when there is one
  uid_t running_as = 0;   // the effective user
  std::string sudo_uid;   // SUDO_UID and SUDO_GID, empty when not set
  std::string sudo_gid;
};

// None: the server stays who it is. kInvalidArgument for a user who does not exist or whom this
// process cannot become.
Result<std::optional<Account>> choose_account(const AccountQuestion& question);

// Makes `path` the account's own folder (0700): creates it, or takes it over when it is empty.
// kConflict with the command to run when it holds files of somebody else. REQUIRES: root.
Status give_directory(const std::string& path, const Account& account);

// Gives up root for good: groups, all user and group ids, new privileges through exec. REQUIRES:
// root and a single thread.
Status become(const Account& account);

}  // namespace kiln::cli

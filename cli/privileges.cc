// SPDX-License-Identifier: Apache-2.0
#include "cli/privileges.h"

#include "os/fd.h"

#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <filesystem>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kiln::cli {
namespace {

constexpr const char* kServiceUser = "kiln";

std::optional<unsigned> number_of(const std::string& text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Account> find_account(const std::string& name_or_number) {
  const passwd* entry = ::getpwnam(name_or_number.c_str());
  const auto number = number_of(name_or_number);
  if (entry == nullptr && number) entry = ::getpwuid(*number);
  if (entry == nullptr) return std::nullopt;
  return Account{entry->pw_name, entry->pw_uid, entry->pw_gid};
}

std::string owner_of(const struct stat& found) {
  const passwd* entry = ::getpwuid(found.st_uid);
  return entry != nullptr ? entry->pw_name : std::to_string(found.st_uid);
}

std::unexpected<Error> foreign(const std::string& directory, const std::string& path,
                               const struct stat& found, const Account& account) {
  return fail(ErrorCode::kConflict, path + " belongs to " + owner_of(found) +
                                        ", the server runs as " + account.name + ": chown -R " +
                                        account.name + " " + directory);
}

// The folder and what lies right in it; a deeper file of somebody else fails when it is opened.
Result<bool> is_empty_or_owned(const std::string& path, const Account& account) {
  bool empty = true;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().string();
    if (entry->path().filename() == "lost+found") continue;  // a file system of its own
    empty = false;
    struct stat found{};
    if (::lstat(name.c_str(), &found) != 0) return fail_errno("lstat", name, errno);
    if (found.st_uid != account.uid) return foreign(path, name, found, account);
  }
  if (error) return fail_errno("read", path, error.value());
  return empty;
}

}  // namespace

Result<std::optional<Account>> choose_account(const AccountQuestion& question) {
  if (!question.requested.empty()) {
    auto account = find_account(question.requested);
    if (!account) return fail(ErrorCode::kInvalidArgument, "no such user: " + question.requested);
    if (account->uid == question.running_as) return std::nullopt;
    if (question.running_as != 0) {
      return fail(ErrorCode::kInvalidArgument, "--user " + question.requested + " needs root");
    }
    return account;
  }
  if (question.running_as != 0) return std::nullopt;
  if (question.serve) return find_account(kServiceUser);
  const auto uid = number_of(question.sudo_uid);
  const auto gid = number_of(question.sudo_gid);
  if (!uid || !gid || *uid == 0) return std::nullopt;
  const passwd* entry = ::getpwuid(*uid);
  return Account{entry != nullptr ? entry->pw_name : question.sudo_uid, *uid, *gid};
}

Status give_directory(const std::string& path, const Account& account) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return fail_errno("mkdir", path, error.value());
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return fail_errno("stat", path, errno);
  KILN_TRY(const bool empty, is_empty_or_owned(path, account));
  if (found.st_uid == account.uid) return {};
  if (!empty) return foreign(path, path, found, account);
  // Not through a link: it could lead to a folder that is not ours to give away.
  const Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder) return fail_errno("open", path, errno);
  if (::fchown(folder.get(), account.uid, account.gid) != 0 || ::fchmod(folder.get(), 0700) != 0) {
    return fail_errno("chown", path, errno);
  }
  return {};
}

Status become(const Account& account) {
  if (::setgroups(0, nullptr) != 0) return fail_errno("setgroups", "", errno);
  if (::setresgid(account.gid, account.gid, account.gid) != 0) {
    return fail_errno("setresgid", account.name, errno);
  }
  if (::setresuid(account.uid, account.uid, account.uid) != 0) {
    return fail_errno("setresuid", account.name, errno);
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("no_new_privs", "", errno);
  if (::setresuid(0, 0, 0) == 0) return fail(ErrorCode::kInternal, "root could not be given up");
  return {};
}

}  // namespace kiln::cli

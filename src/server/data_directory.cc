// SPDX-License-Identifier: Apache-2.0
#include "server/data_directory.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <unistd.h>

namespace kiln::server {

Result<DataDirectory> DataDirectory::open(const std::string& path) {
  namespace fs = std::filesystem;
  DataDirectory out;
  out.path_ = path;
  std::error_code ec;
  for (const char* name : {"", "store", "blob", "code", "spool", "env"}) {
    const fs::path folder = fs::path(path) / name;
    fs::create_directories(folder, ec);
    if (ec) return fail(ErrorCode::kIo, "cannot create " + folder.string() + ": " + ec.message());
  }
  fs::permissions(path, fs::perms::owner_all, ec);
  const std::string lock = out.path("lock");
  out.lock_ = Fd(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!out.lock_) return fail_errno("open", lock, errno);
  if (::flock(out.lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorCode::kConflict,
                "another server runs on " + path + "; stop it, or give --data-dir another folder");
  }
  return out;
}

void DataDirectory::remove_all() {
  std::error_code ec;
  std::filesystem::remove_all(path_, ec);
}

}  // namespace kiln::server

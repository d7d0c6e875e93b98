// SPDX-License-Identifier: Apache-2.0
#pragma once
// DataDirectory is the server's state on disk; one server at a time holds its lock.
//
//   store/   RocksDB          blob/  code zips         code/  unpacked code (a cache)
//   spool/   request bodies   env/   running environments
//   credentials  the administrator's keys of `kiln serve`     lock

#include "base/result.h"
#include "os/fd.h"

#include <string>

namespace kiln::server {

class DataDirectory {
 public:
  // Creates what is missing, private to this user, and takes the lock. Errors: kConflict when
  // another server holds it, kIo.
  static Result<DataDirectory> open(const std::string& path);
  std::string path(std::string_view name) const { return path_ + "/" + std::string(name); }
  // Removes everything below. For --ephemeral.
  void remove_all();

 private:
  std::string path_;
  Fd lock_;
};

}  // namespace kiln::server

// SPDX-License-Identifier: Apache-2.0
#include "sandbox/snapshot_file.h"

#include "launcher/snapshot/format.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kiln::sandbox {
namespace {

// Tenant code wrote it: one line for a log.
std::string printable(std::string_view text) {
  std::string out(text.substr(0, text.find('\0')));
  std::ranges::replace_if(out, [](unsigned char c) { return c < ' ' || c > '~'; }, '?');
  return out.empty() ? "it did not say why" : out;
}

}  // namespace

Result<std::shared_ptr<SnapshotFile>> SnapshotFile::create() {
  Fd fd(memfd_create("kiln-snapshot", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return fail_errno("memfd_create", "", errno);
  return std::shared_ptr<SnapshotFile>(new SnapshotFile(std::move(fd)));
}

Status SnapshotFile::seal(std::int64_t max_bytes) {
  constexpr int kSeals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (fcntl(fd_.get(), F_ADD_SEALS, kSeals) != 0) return fail_errno("F_ADD_SEALS", "", errno);
  struct stat found{};
  if (fstat(fd_.get(), &found) != 0) return fail_errno("fstat", "snapshot", errno);
  snapshot::Header header{};
  const auto size = pread(fd_.get(), &header, sizeof header, 0);
  if (size != static_cast<ssize_t>(sizeof header) || header.magic != snapshot::kMagic) {
    return fail(ErrorCode::kConflict, "the runtime made none");
  }
  if (header.state == snapshot::State::kRefused) {
    return fail(ErrorCode::kConflict, printable({header.reason, sizeof header.reason}));
  }
  bytes_ = static_cast<std::int64_t>(found.st_blocks) * 512;
  if (bytes_ > max_bytes) {
    return fail(ErrorCode::kConflict, "it uses more memory than the function has");
  }
  return {};
}

}  // namespace kiln::sandbox

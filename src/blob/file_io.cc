// SPDX-License-Identifier: Apache-2.0
#include "blob/file_io.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kiln::blob {

Result<Fd> open_blob_file(const std::string& path, int flags) {
  Fd fd(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  if (fd) return fd;
  if (errno == ENOENT) return fail(ErrorCode::kNotFound, "open " + path + ": no such blob");
  return fail_errno("open", path, errno);
}

Status write_all(int fd, std::string_view bytes, const std::string& where) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("write", where, errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<std::string> read_at(int fd, std::uint64_t offset, std::size_t size,
                            const std::string& where) {
  std::string out(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t n =
        ::pread(fd, out.data() + done, size - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("pread", where, errno);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  out.resize(done);
  return out;
}

Status sync_folder(const std::string& path) {
  KILN_TRY(const Fd folder, open_blob_file(path, O_RDONLY | O_DIRECTORY));
  if (::fsync(folder.get()) != 0) return fail_errno("fsync", path, errno);
  return {};
}

Status make_folder(const std::string& path, const std::string& parent) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return fail_errno("mkdir", path, errno);
  return sync_folder(parent);
}

std::int64_t file_age_ms(const struct timespec& stamp) {
  struct timespec now;
  ::clock_gettime(CLOCK_REALTIME, &now);
  return (now.tv_sec - stamp.tv_sec) * 1'000 + (now.tv_nsec - stamp.tv_nsec) / 1'000'000;
}

}  // namespace kiln::blob

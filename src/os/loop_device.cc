// SPDX-License-Identifier: Apache-2.0
#include "os/loop_device.h"

#include "os/files.h"

#include <cerrno>
#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace kiln {
namespace {

constexpr int kAttempts = 64;  // others take free devices between our two calls

Result<Fd> open_device(const std::string& path, int number) {
  Fd fd(open(path.c_str(), O_RDWR | O_CLOEXEC));
  // Without udev or devtmpfs nobody made the node.
  if (!fd && errno == ENOENT && mknod(path.c_str(), S_IFBLK | 0600, makedev(7, number)) == 0) {
    fd.reset(open(path.c_str(), O_RDWR | O_CLOEXEC));
  }
  if (!fd) return fail_errno("open", path, errno);
  return fd;
}

}  // namespace

Result<LoopDevice> attach_loop(int file) {
  KILN_TRY(const Fd control, open_file("/dev/loop-control", O_RDWR));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const int number = ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) return fail_errno("ioctl(LOOP_CTL_GET_FREE)", "/dev/loop-control", errno);
    LoopDevice device{Fd(), "/dev/loop" + std::to_string(number)};
    KILN_TRY(device.fd, open_device(device.path, number));
    loop_config config{};
    config.fd = static_cast<__u32>(file);
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
    if (ioctl(device.fd.get(), LOOP_CONFIGURE, &config) == 0) return device;
    if (errno != EBUSY) return fail_errno("ioctl(LOOP_CONFIGURE)", device.path, errno);
  }
  return fail(ErrorCode::kLimitExceeded, "no free loop device: all are taken at once by others");
}

Result<Fd> copy_sparse(const std::string& source, const std::string& directory) {
  KILN_TRY(const Fd from, open_file(source, O_RDONLY));
  KILN_TRY(Fd to, open_file(directory, O_TMPFILE | O_RDWR, 0600));
  struct stat found{};
  if (fstat(from.get(), &found) != 0) return fail_errno("fstat", source, errno);
  if (ftruncate(to.get(), found.st_size) != 0) return fail_errno("ftruncate", directory, errno);
  off_t begin = lseek(from.get(), 0, SEEK_DATA);
  while (begin >= 0) {
    const off_t end = lseek(from.get(), begin, SEEK_HOLE);
    if (end < 0) return fail_errno("lseek(SEEK_HOLE)", source, errno);
    off_t in = begin;
    off_t out = begin;
    while (in < end) {
      const auto size =
          copy_file_range(from.get(), &in, to.get(), &out, static_cast<std::size_t>(end - in), 0);
      if (size < 0) return fail_errno("copy_file_range", source, errno);
      if (size == 0) return fail_errno("copy_file_range", source, EIO);
    }
    begin = lseek(from.get(), end, SEEK_DATA);
  }
  if (errno != ENXIO) return fail_errno("lseek(SEEK_DATA)", source, errno);
  return to;
}

}  // namespace kiln

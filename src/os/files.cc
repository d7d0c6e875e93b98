// SPDX-License-Identifier: Apache-2.0
#include "os/files.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kiln {

Result<Fd> open_file(const std::string& path, int flags, unsigned mode) {
  Fd fd(open(path.c_str(), flags | O_CLOEXEC, mode));
  if (!fd) return fail_errno("open", path, errno);
  return fd;
}

namespace {
Status write_all(int fd, const std::string& path, std::string_view text) {
  const auto size = write(fd, text.data(), text.size());
  if (size < 0) return fail_errno("write", path, errno);
  if (static_cast<std::size_t>(size) != text.size()) return fail_errno("write", path, ENOSPC);
  return {};
}
}  // namespace

Status write_file(const std::string& path, std::string_view text) {
  KILN_TRY(const Fd fd, open_file(path, O_WRONLY));
  return write_all(fd.get(), path, text);
}

Status create_file(const std::string& path, std::string_view text, unsigned mode) {
  KILN_TRY(const Fd fd, open_file(path, O_WRONLY | O_CREAT | O_TRUNC, mode));
  return write_all(fd.get(), path, text);
}

Result<std::string> read_file(const std::string& path) {
  KILN_TRY(const Fd fd, open_file(path, O_RDONLY));
  std::string text(64 * 1024, '\0');
  std::size_t used = 0;
  while (used < text.size()) {
    const auto size = read(fd.get(), text.data() + used, text.size() - used);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_errno("read", path, errno);
    if (size == 0) break;
    used += static_cast<std::size_t>(size);
  }
  text.resize(used);
  return text;
}

Result<std::int64_t> read_number(const std::string& path) {
  KILN_TRY(const std::string text, read_file(path));
  std::int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc()) return fail(ErrorCode::kIo, path + " holds no number: " + text);
  return value;
}

std::int64_t keyed_number(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ') {
      const auto digit = std::min(line.find_first_not_of(' ', key.size()), line.size());
      std::int64_t value = 0;
      std::from_chars(line.data() + digit, line.data() + line.size(), value);
      return value;
    }
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return 0;
}

HostMemory host_memory() {
  const std::string text = read_file("/proc/meminfo").value_or("");
  const auto bytes_of = [&](std::string_view key) { return keyed_number(text, key) * 1024; };
  return {bytes_of("MemTotal:"), bytes_of("MemAvailable:")};
}

Status make_directories(const std::string& path, unsigned mode) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (!part.empty() && mkdir(part.c_str(), mode) != 0 && errno != EEXIST && errno != EROFS) {
      return fail_errno("mkdir", part, errno);
    }
    if (end == std::string::npos) break;
  }
  struct stat found{};
  if (stat(path.c_str(), &found) != 0) return fail_errno("mkdir", path, errno);
  if (!S_ISDIR(found.st_mode)) return fail_errno("mkdir", path, ENOTDIR);
  return {};
}

}  // namespace kiln

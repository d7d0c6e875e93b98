// SPDX-License-Identifier: Apache-2.0
#include "lambda/code/zip.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <locale.h>
#include <memory>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace kiln::lambda {
namespace {

using ArchivePtr = std::unique_ptr<archive, decltype(&archive_read_free)>;

std::unexpected<Error> broken(std::string why) {
  return fail(ErrorCode::kInvalidArgument, "zip: " + std::move(why));
}

// A name that the zip chose and the file system refuses is the zip's fault, not the host's.
std::unexpected<Error> write_failed(std::string_view call, const std::string& path, int error) {
  switch (error) {
    case ENOTDIR:
    case EISDIR:
    case EEXIST:
    case ENAMETOOLONG:
    case EINVAL:
    case EILSEQ:
      return broken("two entries collide, or a name is too long: " + path);
    default:
      return fail_errno(call, path, error);
  }
}

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (auto it = bytes.rbegin(); it != bytes.rend(); ++it) {
    value = value << 8 | static_cast<unsigned char>(*it);
  }
  return value;
}

// The number of entries (modulo 65,536) by the record that ends every zip. libarchive takes zips
// that were cut inside it, and cannot tell an empty one from garbage.
std::optional<std::uint32_t> entries_by_end_record(std::string_view zip) {
  constexpr std::size_t kRecord = 22;
  constexpr std::size_t kMaxComment = 65'535;
  if (zip.size() < kRecord) return std::nullopt;
  const std::size_t last = zip.size() - kRecord;
  const std::size_t first = last > kMaxComment ? last - kMaxComment : 0;
  for (std::size_t at = last + 1; at-- > first;) {
    if (zip.compare(at, 4, "PK\5\6") != 0) continue;
    if (at + kRecord + little_endian(zip.substr(at + 20, 2)) != zip.size()) continue;
    return little_endian(zip.substr(at + 10, 2));
  }
  return std::nullopt;
}

// libarchive converts names by the thread's locale; a server's is "C", which has ASCII only.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_ != nullptr) previous_ = ::uselocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;
  ~Utf8Locale() {
    if (locale_ == nullptr) return;
    ::uselocale(previous_);
    ::freelocale(locale_);
  }

 private:
  locale_t locale_;
  locale_t previous_ = nullptr;
};

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Status write_all(int fd, const char* data, std::size_t size, off_t offset,
                 const std::string& path) {
  while (size > 0) {
    const ssize_t n = ::pwrite(fd, data, size, offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("write", path, errno);
    data += n;
    size -= static_cast<std::size_t>(n);
    offset += n;
  }
  return {};
}

class Unpacker {
 public:
  Unpacker(const std::string& directory, const ZipLimits& limits)
      : directory_(directory), limits_(limits) {}

  Result<std::int64_t> run(std::string_view zip) {
    const Utf8Locale locale;
    const auto expected = entries_by_end_record(zip);
    if (!expected) return broken("it has no end record");
    if (*expected == 0) return fail(ErrorCode::kNotFound, "zip: no entries");
    const ArchivePtr reader(archive_read_new(), &archive_read_free);
    // The seekable reader alone: it needs a central directory, and reads no other format.
    archive_read_support_format_zip_seekable(reader.get());
    archive_read_set_options(reader.get(), "hdrcharset=UTF-8");
    if (archive_read_open_memory(reader.get(), zip.data(), zip.size()) != ARCHIVE_OK) {
      return broken(error_of(reader.get()));
    }
    for (archive_entry* entry = nullptr;;) {
      const int code = archive_read_next_header(reader.get(), &entry);
      if (code == ARCHIVE_EOF) break;
      if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return broken(error_of(reader.get()));
      if (++entries_ > limits_.entries) {
        return fail(ErrorCode::kLimitExceeded, "zip: too many entries");
      }
      KILN_TRY_VOID(take(reader.get(), entry));
    }
    constexpr std::uint32_t kSeeZip64 = 0xFFFF;
    if (*expected != kSeeZip64 && (entries_ & 0xFFFF) != *expected) {
      return broken("its entries and its end record disagree");
    }
    KILN_TRY_VOID(make_links());
    KILN_TRY_VOID(set_directory_times());
    return bytes_;
  }

 private:
  struct Link {
    std::string name;
    std::string target;
  };
  struct Directory {
    std::string path;
    timespec modified;
  };

  static std::string error_of(archive* reader) {
    const char* text = archive_error_string(reader);
    return text == nullptr ? "unknown error" : text;
  }
  bool writing() const { return !directory_.empty(); }
  std::string path_of(const std::string& name) const { return directory_ + "/" + name; }

  Status take(archive* reader, archive_entry* entry) {
    if (archive_entry_is_encrypted(entry) != 0) return broken("an entry is encrypted");
    const char* raw = archive_entry_pathname_utf8(entry);
    if (raw == nullptr) raw = archive_entry_pathname(entry);
    if (raw == nullptr) return broken("an entry has no readable name");
    KILN_TRY(const std::string name, safe_entry_name(raw));
    const timespec modified{archive_entry_mtime(entry), 0};
    switch (archive_entry_filetype(entry)) {
      case AE_IFDIR:
        return take_directory(name, modified);
      case AE_IFREG:
        return name.empty() ? Status(broken("an entry has no name"))
                            : take_file(reader, entry, name, modified);
      case AE_IFLNK:
        return take_link(entry, name);
      default:
        return broken("an entry is a special file: " + name);
    }
  }

  Status take_directory(const std::string& name, timespec modified) {
    if (name.empty() || !writing()) return {};
    KILN_TRY_VOID(make_directories(name));
    directories_.push_back({path_of(name), modified});
    return {};
  }

  Status take_file(archive* reader, archive_entry* entry, const std::string& name,
                   timespec modified) {
    if (!writing()) return copy_data(reader, -1, name);
    if (const auto slash = name.rfind('/'); slash != std::string::npos) {
      KILN_TRY_VOID(make_directories(name.substr(0, slash)));
    }
    const std::string path = path_of(name);
    const Fd file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (file.get() < 0) return write_failed("open", path, errno);
    KILN_TRY_VOID(copy_data(reader, file.get(), path));
    const mode_t executable = (archive_entry_perm(entry) & 0111) != 0 ? 0111 : 0;
    if (::fchmod(file.get(), 0644 | executable) != 0) return fail_errno("fchmod", path, errno);
    const timespec times[2] = {modified, modified};
    if (::futimens(file.get(), times) != 0) return fail_errno("futimens", path, errno);
    return {};
  }

  Status copy_data(archive* reader, int fd, const std::string& path) {
    for (;;) {
      const void* data = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      const int code = archive_read_data_block(reader, &data, &size, &offset);
      if (code == ARCHIVE_EOF) return {};
      if (code != ARCHIVE_OK) return broken(error_of(reader));
      bytes_ += static_cast<std::int64_t>(size);
      if (bytes_ > limits_.unzipped_bytes) {
        return fail(ErrorCode::kLimitExceeded, "zip: too large when unpacked");
      }
      if (fd < 0) continue;
      KILN_TRY_VOID(write_all(fd, static_cast<const char*>(data), size, offset, path));
    }
  }

  Status take_link(archive_entry* entry, const std::string& name) {
    const char* target = archive_entry_symlink_utf8(entry);
    if (target == nullptr) target = archive_entry_symlink(entry);
    const int depth = static_cast<int>(std::count(name.begin(), name.end(), '/'));
    if (name.empty() || target == nullptr || !safe_link_target(target, depth)) {
      return broken("a symbolic link leads out of the package: " + name);
    }
    bytes_ += static_cast<std::int64_t>(std::string_view(target).size());
    links_.push_back({name, target});
    return {};
  }

  Status make_directories(const std::string& name) {
    for (std::size_t end = name.find('/');; end = name.find('/', end + 1)) {
      const std::string path = path_of(name.substr(0, end));
      // The mode is set again because a server may run with a tight umask.
      if (::mkdir(path.c_str(), 0755) == 0) {
        if (::chmod(path.c_str(), 0755) != 0) return fail_errno("chmod", path, errno);
      } else {
        struct stat status{};
        const int error = errno;
        if (error != EEXIST) return write_failed("mkdir", path, error);
        if (::lstat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
          return write_failed("mkdir", path, EEXIST);
        }
      }
      if (end == std::string::npos) return {};
    }
  }

  // Last, so that nothing is ever written through a link.
  Status make_links() {
    if (!writing()) return {};
    for (const Link& link : links_) {
      if (const auto slash = link.name.rfind('/'); slash != std::string::npos) {
        KILN_TRY_VOID(make_directories(link.name.substr(0, slash)));
      }
      const std::string path = path_of(link.name);
      if (::symlink(link.target.c_str(), path.c_str()) != 0) {
        return write_failed("symlink", path, errno);
      }
    }
    return {};
  }

  Status set_directory_times() {
    for (const Directory& directory : directories_) {
      const timespec times[2] = {directory.modified, directory.modified};
      if (::utimensat(AT_FDCWD, directory.path.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) {
        return fail_errno("utimensat", directory.path, errno);
      }
    }
    return {};
  }

  const std::string& directory_;
  const ZipLimits& limits_;
  std::int64_t bytes_ = 0;
  std::int64_t entries_ = 0;
  std::vector<Link> links_;
  std::vector<Directory> directories_;
};

}  // namespace

Result<std::int64_t> unpack_zip(std::string_view zip, const std::string& directory,
                                const ZipLimits& limits) {
  if (zip.empty()) return fail(ErrorCode::kNotFound, "zip: empty");
  return Unpacker(directory, limits).run(zip);
}

Result<std::string> safe_entry_name(std::string_view name) {
  if (name.starts_with('/')) return broken("an entry has an absolute name");
  std::string out;
  while (!name.empty()) {
    const auto slash = name.find('/');
    const std::string_view part = name.substr(0, slash);
    name.remove_prefix(slash == std::string_view::npos ? name.size() : slash + 1);
    if (part.empty() || part == ".") continue;
    if (part == "..") return broken("an entry leads out of the package");
    if (part.find('\0') != std::string_view::npos) return broken("an entry's name has a zero byte");
    if (!out.empty()) out += '/';
    out += part;
  }
  return out;
}

bool safe_link_target(std::string_view target, int depth) {
  if (target.empty() || target.starts_with('/')) return false;
  bool descending = false;
  while (!target.empty()) {
    const auto slash = target.find('/');
    const std::string_view part = target.substr(0, slash);
    target.remove_prefix(slash == std::string_view::npos ? target.size() : slash + 1);
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      descending = true;
    } else if (descending || --depth < 0) {
      return false;
    }
  }
  return true;
}

}  // namespace kiln::lambda

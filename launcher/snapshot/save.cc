// SPDX-License-Identifier: Apache-2.0
// Nothing here allocates from the heap that it writes: tables lie in memory of their own.
#include "launcher/snapshot/process_state.h"
#include "launcher/snapshot/snapshot.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace {

using namespace kiln::snapshot;

#if defined(__x86_64__)

// Returns 0, and 1 when kiln-restore jumps to where it returned.
extern "C" __attribute__((naked, noinline, returns_twice)) int kiln_snapshot_mark(
    std::uint64_t* /*registers*/) {
  __asm__(
      "movq %rbx, 0(%rdi)\n"
      "movq %rbp, 8(%rdi)\n"
      "movq %r12, 16(%rdi)\n"
      "movq %r13, 24(%rdi)\n"
      "movq %r14, 32(%rdi)\n"
      "movq %r15, 40(%rdi)\n"
      "leaq 8(%rsp), %rdx\n"
      "movq %rdx, 48(%rdi)\n"
      "movq (%rsp), %rdx\n"
      "movq %rdx, 56(%rdi)\n"
      "xorl %eax, %eax\n"
      "ret\n");
}

constexpr std::size_t kMapsBytes = 2 * 1024 * 1024;
constexpr std::size_t kPagesAtOnce = 8192;
constexpr std::uint64_t kPresent = std::uint64_t{3} << 62;  // or swapped out
constexpr std::uint64_t kOfFile = std::uint64_t{1} << 61;
// What a stack may grow to, and is given at once.
constexpr std::uint64_t kStackBytes = 8 * 1024 * 1024;

struct Tables {
  char maps[kMapsBytes];
  std::uint64_t pages[kPagesAtOnce];
  Area areas[kMaxAreas];
  Run runs[kMaxRuns];
  File files[kMaxFiles];
  Descriptor descriptors[kMaxDescriptors];
  char texts[kMaxTextBytes];
};

class Writer {
 public:
  Writer(int fd, Tables& tables) : fd_(fd), tables_(tables) {}

  // All others are opened again by the new process.
  bool note_descriptors(int kept, int also_kept) {
    kept_ = kept;
    also_kept_ = also_kept;
    const auto each = [](const char* name, void* writer) {
      return static_cast<Writer*>(writer)->note_descriptor(number_of(name));
    };
    return entries_of("/proc/self/fd", each, this);
  }

  bool write_memory() {
    if (!read_maps()) return false;
    pagemap_ = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (pagemap_ < 0) return refuse("%s cannot be read (%ld)", "/proc/self/pagemap", errno);
    bool good = true;
    for (char* line = tables_.maps; good && *line != '\0';) {
      char* end = std::strchr(line, '\n');
      if (end == nullptr) break;
      *end = '\0';
      good = add_line(line);
      line = end + 1;
    }
    close(pagemap_);
    return good;
  }

  // The header comes last: without it there is no snapshot.
  bool finish() {
    char directory[4096];
    if (getcwd(directory, sizeof directory) == nullptr) return refuse("it is in no directory");
    if (!add_text(directory, header.directory)) return false;
    header.tables = offset_;
    header.areas = areas_;
    header.runs = runs_;
    header.files = files_;
    header.descriptors = descriptors_;
    header.text_bytes = text_bytes_;
    header.magic = kMagic;
    header.state = State::kComplete;
    return put(tables_.areas, areas_ * sizeof(Area)) && put(tables_.runs, runs_ * sizeof(Run)) &&
           put(tables_.files, files_ * sizeof(File)) &&
           put(tables_.descriptors, descriptors_ * sizeof(Descriptor)) &&
           put(tables_.texts, text_bytes_) && put_at(&header, sizeof header, 0);
  }

 private:
  bool note_descriptor(int number) {
    if (number <= 2 || number == fd_ || number == kept_ || number == also_kept_) return true;
    char link[32];
    char target[512];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", number);
    const ssize_t size = readlink(link, target, sizeof target - 1);
    target[size > 0 ? size : 0] = '\0';
    // The folder that is being listed.
    char own[40];
    std::snprintf(own, sizeof own, "/proc/%d/fd", static_cast<int>(getpid()));
    if (std::strcmp(target, own) == 0) return true;
    struct stat found{};
    const int flags = fcntl(number, F_GETFL);
    const int own_flags = fcntl(number, F_GETFD);
    if (flags < 0 || own_flags < 0 || fstat(number, &found) != 0) return true;  // gone meanwhile
    const bool device = S_ISCHR(found.st_mode) && major(found.st_rdev) == 1;
    std::uint32_t file = 0;
    const bool reads = S_ISREG(found.st_mode) && (flags & O_ACCMODE) == O_RDONLY &&
                       find_file(target, found.st_ino, file);
    const bool broken = S_ISSOCK(found.st_mode) && is_connection(number);
    if ((!device && !reads && !broken) || descriptors_ == kMaxDescriptors)
      return refuse("it has %s open (descriptor %ld)", target, number);
    Descriptor& descriptor = tables_.descriptors[descriptors_++];
    descriptor.number = static_cast<std::uint32_t>(number);
    descriptor.flags = static_cast<std::uint32_t>(flags & (O_ACCMODE | O_NONBLOCK)) |
                       ((own_flags & FD_CLOEXEC) != 0 ? static_cast<std::uint32_t>(O_CLOEXEC) : 0U);
    descriptor.broken = broken ? 1 : 0;
    descriptor.position = reads ? lseek(number, 0, SEEK_CUR) : 0;
    return add_text(target, descriptor.path);
  }

  static bool is_connection(int number) {
    int type = 0;
    socklen_t size = sizeof type;
    sockaddr_storage peer{};
    socklen_t peer_size = sizeof peer;
    return getsockopt(number, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM &&
           getpeername(number, reinterpret_cast<sockaddr*>(&peer), &peer_size) == 0 &&
           (peer.ss_family == AF_INET || peer.ss_family == AF_INET6);
  }

  bool read_maps() {
    const int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return refuse("%s cannot be read (%ld)", "/proc/self/maps", errno);
    std::size_t used = 0;
    for (;;) {
      const ssize_t size = read(fd, tables_.maps + used, kMapsBytes - 1 - used);
      if (size <= 0) break;
      used += static_cast<std::size_t>(size);
    }
    close(fd);
    tables_.maps[used] = '\0';
    return used < kMapsBytes - 1 || refuse("it has too many areas of memory");
  }

  static std::uint64_t hex(const char*& at) {
    std::uint64_t value = 0;
    for (;; ++at) {
      if (*at >= '0' && *at <= '9') {
        value = value * 16 + static_cast<std::uint64_t>(*at - '0');
      } else if (*at >= 'a' && *at <= 'f') {
        value = value * 16 + static_cast<std::uint64_t>(*at - 'a' + 10);
      } else {
        return value;
      }
    }
  }

  // "55d0c0000000-55d0c0021000 r--p 00001000 08:01 1234   /usr/lib/x.so"
  bool add_line(const char* line) {
    const char* at = line;
    Area area{};
    area.begin = hex(at);
    area.end = hex(++at);
    const char* rights = ++at;
    at += 5;
    area.offset = hex(at);
    while (*++at != ' ') {
    }
    const auto inode = static_cast<std::uint64_t>(std::strtoull(at, nullptr, 10));
    while (*at == ' ') ++at;
    while (*at >= '0' && *at <= '9') ++at;
    while (*at == ' ') ++at;
    const char* path = at;

    const auto tables = reinterpret_cast<std::uint64_t>(&tables_);
    if (area.begin < tables + sizeof tables_ && area.end > tables) {
      // The kernel may have put it next to memory that is not ours to leave out.
      if (area.begin >= tables && area.end <= tables + sizeof tables_ + kPage) return true;
      return refuse("its memory and the tables are one area");
    }
    if (std::strcmp(path, "[vsyscall]") == 0) return true;
    if (area.begin < kOwnEnd && area.end > kOwnBegin) return refuse("it uses kiln-restore's place");
    if (rights[0] == 'r') area.protection |= PROT_READ;
    if (rights[1] == 'w') area.protection |= PROT_WRITE;
    if (rights[2] == 'x') area.protection |= PROT_EXEC;
    return add_area(area, rights[3] == 's', inode, path);
  }

  bool add_area(Area area, bool shared, std::uint64_t inode, const char* path) {
    if (std::strcmp(path, "[vvar]") == 0) return add(area, Kind::kVvar);
    if (std::strcmp(path, "[vvar_vclock]") == 0) return add(area, Kind::kVvarClock);
    if (std::strcmp(path, "[vdso]") == 0) return add(area, Kind::kVdso);
    if (shared) {
      if ((area.protection & PROT_WRITE) != 0 || !find_file(path, inode, area.file))
        return refuse("it shares memory: %s", path);
      return add(area, Kind::kShared);
    }
    if (std::strcmp(path, "[stack]") == 0) {
      if (area.end - area.begin < kStackBytes) area.begin = area.end - kStackBytes;
      return add(area, Kind::kStack) && add_pages(area);
    }
    if (path[0] == '/' && inode != 0 && find_file(path, inode, area.file))
      return add(area, Kind::kFile) && add_pages(area);
    // Of a file that is gone, all of it; else what was touched.
    const bool lost = path[0] == '/' || inode != 0;
    if (area.protection == PROT_NONE) return add(area, Kind::kZero);
    if ((area.protection & PROT_READ) == 0) return refuse("it has memory that cannot be read");
    return add_image(area, lost);
  }

  bool add(const Area& area, Kind kind) {
    if (areas_ == kMaxAreas) return refuse("it has too many areas of memory");
    tables_.areas[areas_] = area;
    tables_.areas[areas_++].kind = kind;
    return true;
  }

  bool add_image(Area area, bool all) {
    const std::uint64_t begin = offset_;
    area.offset = begin;
    if (!add(area, Kind::kImage)) return false;
    Area& added = tables_.areas[areas_ - 1];
    bool any = false;
    const auto put_range = [&](std::uint64_t from, std::uint64_t bytes) {
      for (std::uint64_t at = from; at < from + bytes; at += kPage) {
        if (is_zero(at)) continue;  // a hole
        any = true;
        if (!put_at(reinterpret_cast<const void*>(at), kPage, begin + (at - area.begin)))
          return false;
      }
      return true;
    };
    if (all ? !put_range(area.begin, area.end - area.begin) : !touched(area, put_range))
      return false;
    if (any) {
      offset_ = begin + (area.end - area.begin);
    } else {
      added.kind = Kind::kZero;
    }
    return true;
  }

  // Pages of its own as runs.
  bool add_pages(const Area& area) {
    Area& added = tables_.areas[areas_ - 1];
    return touched(area, [&](std::uint64_t from, std::uint64_t bytes) {
      if (runs_ == kMaxRuns) return refuse("it has changed too much of its programs");
      tables_.runs[runs_++] = {from, bytes, offset_};
      ++added.runs;
      return put(reinterpret_cast<const void*>(from), bytes);
    });
  }

  // Calls `each` with the ranges of pages that are the process's own.
  template <class Each>
  bool touched(const Area& area, Each each) {
    std::uint64_t from = 0;
    std::uint64_t bytes = 0;
    for (std::uint64_t at = area.begin; at < area.end; at += kPagesAtOnce * kPage) {
      const std::uint64_t left = (area.end - at) / kPage;
      const std::uint64_t count = left < kPagesAtOnce ? left : kPagesAtOnce;
      const auto size = static_cast<std::size_t>(count * sizeof(std::uint64_t));
      if (pread(pagemap_, tables_.pages, size, static_cast<off_t>(at / kPage * 8)) !=
          static_cast<ssize_t>(size)) {
        return refuse("%s cannot be read (%ld)", "/proc/self/pagemap", errno);
      }
      for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t page = tables_.pages[i];
        if ((page & kPresent) == 0 || (page & kOfFile) != 0) continue;
        const std::uint64_t address = at + i * kPage;
        if (bytes > 0 && from + bytes == address) {
          bytes += kPage;
          continue;
        }
        if (bytes > 0 && !each(from, bytes)) return false;
        from = address;
        bytes = kPage;
      }
    }
    return bytes == 0 || each(from, bytes);
  }

  static bool is_zero(std::uint64_t page) {
    const auto* words = reinterpret_cast<const std::uint64_t*>(page);
    std::uint64_t any = 0;
    for (std::size_t i = 0; i < kPage / 8 && any == 0; ++i) any |= words[i];
    return any == 0;
  }

  bool find_file(const char* path, std::uint64_t inode, std::uint32_t& index) {
    struct stat found{};
    if (stat(path, &found) != 0 || !S_ISREG(found.st_mode) || found.st_ino != inode) return false;
    if (files_ > 0 && tables_.files[files_ - 1].inode == inode &&
        std::strcmp(tables_.texts + tables_.files[files_ - 1].path, path) == 0) {
      index = files_ - 1;
      return true;
    }
    if (files_ == kMaxFiles) return false;
    File& file = tables_.files[files_];
    file = {.inode = inode,
            .size = static_cast<std::uint64_t>(found.st_size),
            .modified_s = found.st_mtim.tv_sec,
            .modified_ns = found.st_mtim.tv_nsec,
            .path = 0,
            .unused = 0};
    if (!add_text(path, file.path)) return false;
    index = files_++;
    return true;
  }

  bool add_text(const char* text, std::uint32_t& at) {
    const std::size_t size = std::strlen(text) + 1;
    if (text_bytes_ + size > kMaxTextBytes) return refuse("it uses too many files");
    at = text_bytes_;
    std::memcpy(tables_.texts + text_bytes_, text, size);
    text_bytes_ += static_cast<std::uint32_t>(size);
    return true;
  }

  bool put(const void* bytes, std::uint64_t size) {
    const std::uint64_t at = offset_;
    offset_ += (size + kPage - 1) / kPage * kPage;
    return put_at(bytes, size, at);
  }

  bool put_at(const void* bytes, std::uint64_t size, std::uint64_t at) const {
    const auto* from = static_cast<const char*>(bytes);
    while (size > 0) {
      const ssize_t written = pwrite(fd_, from, size, static_cast<off_t>(at));
      if (written <= 0) return refuse("%sit cannot be written (%ld)", "", errno);
      from += written;
      at += static_cast<std::uint64_t>(written);
      size -= static_cast<std::uint64_t>(written);
    }
    return true;
  }

  const int fd_;
  Tables& tables_;
  int kept_ = -1;
  int also_kept_ = -1;
  int pagemap_ = -1;
  std::uint64_t offset_ = kPage;
  std::uint32_t areas_ = 0;
  std::uint32_t runs_ = 0;
  std::uint32_t files_ = 0;
  std::uint32_t descriptors_ = 0;
  std::uint32_t text_bytes_ = 0;
};

bool write_snapshot(int fd, int kept, int also_kept) {
  void* memory = mmap(nullptr, sizeof(Tables), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return refuse("there is no memory for its tables");
  auto& tables = *static_cast<Tables*>(memory);
  Writer writer(fd, tables);
  const bool good =
      writer.note_descriptors(kept, also_kept) && writer.write_memory() && writer.finish();
  munmap(memory, sizeof(Tables));
  return good;
}

#endif

void say_refused(int fd) {
  header.magic = kMagic;
  header.state = State::kRefused;
  if (ftruncate(fd, kPage) == 0) (void)!pwrite(fd, &header, sizeof header, 0);
}

}  // namespace

extern "C" {

int kiln_snapshot_save(int fd, int kept, int also_kept) {
#if defined(__x86_64__)
  header = {};
  if (check_threads() && check_children() && read_process_state()) {
    if (kiln_snapshot_mark(header.registers) != 0) {
      munmap(reinterpret_cast<void*>(kOwnBegin), kOwnEnd - kOwnBegin);
      return 1;
    }
    if (write_snapshot(fd, kept, also_kept)) return 0;
  }
#else
  (void)kept, (void)also_kept;
  std::snprintf(header.reason, sizeof header.reason, "snapshots are made on x86-64 only");
#endif
  say_refused(fd);
  return -1;
}

void kiln_snapshot_refuse(int fd, const char* why) {
  header = {};
  std::snprintf(header.reason, sizeof header.reason, "%s", why);
  say_refused(fd);
}
}

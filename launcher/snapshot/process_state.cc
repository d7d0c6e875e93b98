// SPDX-License-Identifier: Apache-2.0
#include "launcher/snapshot/process_state.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
// Of glibc from 2.35 on; others have registered none.
extern "C" {
[[gnu::weak]] extern const std::ptrdiff_t __rseq_offset;
[[gnu::weak]] extern const unsigned int __rseq_size;
}

#endif

namespace kiln::snapshot {

Header header;

bool refuse(const char* format, const char* what, long number) {
  std::snprintf(header.reason, sizeof header.reason, format, what, number);
  return false;
}

bool entries_of(const char* path, bool (*each)(const char* name, void* context), void* context) {
  const int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return refuse("%s cannot be read (%ld)", path, errno);
  alignas(8) char buffer[4096];
  bool good = true;
  for (;;) {
    const long size = syscall(SYS_getdents64, directory, buffer, sizeof buffer);
    if (size <= 0) break;
    for (long at = 0; at < size && good;) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer + at);
      at += entry->d_reclen;
      if (entry->d_name[0] != '.') good = each(entry->d_name, context);
    }
  }
  close(directory);
  return good;
}

int number_of(const char* name) {
  int number = 0;
  for (; *name >= '0' && *name <= '9'; ++name) number = number * 10 + (*name - '0');
  return number;
}

bool check_threads() {
  long count = 0;
  const auto each = [](const char*, void* context) {
    ++*static_cast<long*>(context);
    return true;
  };
  if (!entries_of("/proc/self/task", each, &count)) return false;
  return count == 1 || refuse("%sit has %ld threads", "", count);
}

bool check_children() {
  siginfo_t info{};
  if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD) return true;
  return refuse("it has child processes");
}

#if defined(__x86_64__)

namespace {

// What the kernel knows about the program: where its data ends, the heap goes on.
bool read_layout() {
  char text[2048];
  const int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  const ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  if (size <= 0) return refuse("%s cannot be read (%ld)", "/proc/self/stat", errno);
  text[size] = '\0';
  const char* at = std::strrchr(text, ')');
  std::uint64_t fields[53] = {};
  // proc(5): the name is field 2.
  for (int field = 2; at != nullptr && field < 53; ++field) {
    fields[field] = std::strtoull(at, nullptr, 10);
    at = std::strchr(at, ' ');
    if (at != nullptr) ++at;
  }
  const std::uint64_t end_of_heap = static_cast<std::uint64_t>(syscall(SYS_brk, 0));
  const std::uint64_t layout[] = {fields[26], fields[27],  fields[45], fields[46],
                                  fields[47], end_of_heap, fields[28], fields[48],
                                  fields[49], fields[50],  fields[51]};
  static_assert(sizeof layout == sizeof header.layout);
  std::memcpy(header.layout, layout, sizeof layout);
  return fields[47] != 0 || refuse("the kernel does not tell where its heap is");
}

}  // namespace

bool read_process_state() {
  std::uint64_t thread_pointer = 0;
  __asm__("movq %%fs:0, %0" : "=r"(thread_pointer));
  header.thread_pointer = thread_pointer;
  if (prctl(PR_GET_TID_ADDRESS, &header.thread_id_address) != 0)
    return refuse("the kernel does not tell where its thread id is");
  std::uint64_t robust_bytes = 0;
  if (syscall(SYS_get_robust_list, 0, &header.robust_list, &robust_bytes) != 0)
    header.robust_list = 0;
  header.robust_list_bytes = robust_bytes;
  if (&__rseq_size != nullptr && __rseq_size > 0) {
    header.rseq = thread_pointer + static_cast<std::uint64_t>(__rseq_offset);
    header.rseq_bytes = __rseq_size > 32 ? __rseq_size : 32;
  }
  for (int number = 1; number < kSignals; ++number) {
    syscall(SYS_rt_sigaction, number, nullptr, &header.actions[number], 8);
  }
  syscall(SYS_rt_sigprocmask, SIG_BLOCK, nullptr, &header.signal_mask, 8);
  syscall(SYS_sigaltstack, nullptr, header.signal_stack);
  prctl(PR_GET_NAME, header.name);
  header.mask_of_files = umask(0);
  umask(header.mask_of_files);
  return read_layout();
}

#endif

}  // namespace kiln::snapshot

// SPDX-License-Identifier: Apache-2.0
// kiln-restore FD: becomes the process that a file of snapshot.h describes. Runs inside an
// environment, as the function's user and behind its filter, in place of the runtime: whatever the
// file says, it can do no more than the function's code could. Without the C library, which is part
// of what it replaces. Exit status kCannotRestore, with a line on stderr, when it cannot.
#include "launcher/snapshot/format.h"

#if defined(__x86_64__)

#include <asm/prctl.h>
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/prctl.h>

namespace {

using namespace kiln::snapshot;

using Word = std::uint64_t;

Word call(Word number, Word a = 0, Word b = 0, Word c = 0, Word d = 0, Word e = 0, Word f = 0) {
  Word result = number;
  register Word r10 __asm__("r10") = d;
  register Word r8 __asm__("r8") = e;
  register Word r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "+a"(result)
                   : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

bool failed(Word result) { return result > ~Word{4095}; }
template <class T>
Word word(T* pointer) {
  return reinterpret_cast<Word>(pointer);
}

std::size_t length(const char* text) {
  std::size_t size = 0;
  while (text[size] != '\0') ++size;
  return size;
}

[[noreturn]] void stop(const char* why) {
  const char* const parts[] = {"KILN cannot restore the snapshot: ", why, "\n"};
  for (const char* part : parts) call(__NR_write, 2, word(part), length(part));
  call(__NR_exit_group, kCannotRestore);
  __builtin_unreachable();
}

void check(Word result, const char* what) {
  if (failed(result)) stop(what);
}

struct alignas(kPage) {
  Header header;
  char rest[kPage - sizeof(Header)];
} first;
Area areas[kMaxAreas];
Run runs[kMaxRuns];
File files[kMaxFiles];
Word opened[kMaxFiles];
Descriptor descriptors[kMaxDescriptors];
char texts[kMaxTextBytes];
char maps[64 * 1024];

void read_at(Word fd, void* to, Word size, Word offset) {
  auto* at = static_cast<char*>(to);
  while (size > 0) {
    const Word got = call(__NR_pread64, fd, word(at), size, offset);
    if (failed(got) || got == 0) stop("it is too short");
    at += got;
    offset += got;
    size -= got;
  }
}

void read_tables(Word fd) {
  const Header& header = first.header;
  read_at(fd, &first, kPage, 0);
  if (header.magic != kMagic || header.state != State::kComplete) stop("it is none");
  if (header.areas > kMaxAreas || header.runs > kMaxRuns || header.files > kMaxFiles ||
      header.descriptors > kMaxDescriptors || header.text_bytes > kMaxTextBytes) {
    stop("its tables are too long");
  }
  Word offset = header.tables;
  const auto table = [&](void* to, Word size) {
    read_at(fd, to, size, offset);
    offset += (size + kPage - 1) / kPage * kPage;
  };
  table(areas, header.areas * sizeof(Area));
  table(runs, header.runs * sizeof(Run));
  table(files, header.files * sizeof(File));
  table(descriptors, header.descriptors * sizeof(Descriptor));
  table(texts, header.text_bytes);
  if (header.text_bytes == 0 || texts[header.text_bytes - 1] != '\0') stop("its texts are open");
}

// As fstat answers.
struct Stat {
  Word device, inode, links;
  std::uint32_t mode, user, group, padding;
  Word special;
  std::int64_t size, block_size, blocks;
  Word access_s, access_ns;
  std::int64_t modified_s, modified_ns;
  Word rest[8];
};

void open_files() {
  for (std::uint32_t i = 0; i < first.header.files; ++i) {
    const File& file = files[i];
    if (file.path >= first.header.text_bytes) stop("a path is none");
    const Word fd = call(__NR_open, word(texts + file.path), O_RDONLY | O_CLOEXEC);
    check(fd, texts + file.path);
    Stat found{};
    check(call(__NR_fstat, fd, word(&found)), "fstat");
    if (found.inode != file.inode || found.size != static_cast<std::int64_t>(file.size) ||
        found.modified_s != file.modified_s || found.modified_ns != file.modified_ns) {
      stop("a program or library was changed since");
    }
    opened[i] = fd;
  }
}

// The kernel's own pages, in this process and aside.
struct Place {
  Word begin;
  Word bytes;
};
Place own_pages[3];  // of kVvar, kVvarClock, kVdso

Word hex(const char*& at) {
  Word value = 0;
  for (;; ++at) {
    if (*at >= '0' && *at <= '9') {
      value = value * 16 + static_cast<Word>(*at - '0');
    } else if (*at >= 'a' && *at <= 'f') {
      value = value * 16 + static_cast<Word>(*at - 'a' + 10);
    } else {
      return value;
    }
  }
}

bool ends_with(const char* begin, const char* end, const char* tail) {
  const std::size_t size = length(tail);
  if (static_cast<std::size_t>(end - begin) < size) return false;
  return __builtin_memcmp(end - size, tail, size) == 0;
}

void find_own_pages() {
  const Word fd = call(__NR_open, word("/proc/self/maps"), O_RDONLY | O_CLOEXEC);
  check(fd, "/proc/self/maps");
  Word used = 0;
  for (;;) {
    const Word got = call(__NR_read, fd, word(maps + used), sizeof maps - 1 - used);
    if (failed(got) || got == 0) break;
    used += got;
  }
  call(__NR_close, fd);
  constexpr const char* kNames[] = {"[vvar]", "[vvar_vclock]", "[vdso]"};
  for (const char* line = maps; *line != '\0';) {
    const char* end = line;
    while (*end != '\n' && *end != '\0') ++end;
    const char* at = line;
    const Word begin = hex(at);
    ++at;
    const Word finish = hex(at);
    for (int i = 0; i < 3; ++i) {
      if (ends_with(line, end, kNames[i])) own_pages[i] = {begin, finish - begin};
    }
    line = *end == '\n' ? end + 1 : end;
  }
}

void move(Word from, Word bytes, Word to) {
  if (from == to) return;
  check(call(__NR_mremap, from, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to),
        "the kernel's own pages cannot be moved");
}

void move_own_pages_aside() {
  Word to = kAside;
  for (Place& place : own_pages) {
    if (place.bytes == 0) continue;
    move(place.begin, place.bytes, to);
    place.begin = to;
    to += place.bytes + kPage;
  }
}

void move_own_pages_back() {
  for (std::uint32_t i = 0; i < first.header.areas; ++i) {
    const Area& area = areas[i];
    if (area.kind < Kind::kVvar) continue;
    const auto which =
        static_cast<std::uint32_t>(area.kind) - static_cast<std::uint32_t>(Kind::kVvar);
    if (which > 2 || own_pages[which].bytes != area.end - area.begin)
      stop("the kernel's own pages are others");
    move(own_pages[which].begin, own_pages[which].bytes, area.begin);
  }
}

void clear_memory() {
  constexpr Word kLowest = 65536;
  constexpr Word kHighest = 0x7ffffffff000;
  check(call(__NR_munmap, kLowest, kOwnBegin - kLowest), "munmap");
  check(call(__NR_munmap, kOwnEnd, kHighest - kOwnEnd), "munmap");
}

void map_area(const Area& area, Word snapshot, const Run* run) {
  Word flags = MAP_FIXED | MAP_PRIVATE;
  Word fd = ~Word{0};
  Word offset = 0;
  Word protection = area.protection;
  if (area.runs > 0) protection |= PROT_READ | PROT_WRITE;
  switch (area.kind) {
    case Kind::kImage:
      fd = snapshot;
      offset = area.offset;
      break;
    case Kind::kFile:
    case Kind::kShared:
      if (area.file >= first.header.files) stop("a file is none");
      fd = opened[area.file];
      offset = area.offset;
      if (area.kind == Kind::kShared) flags = MAP_FIXED | MAP_SHARED;
      break;
    case Kind::kZero:
    case Kind::kStack:
      flags |= MAP_ANONYMOUS | MAP_NORESERVE;
      break;
    default:
      return;
  }
  check(call(__NR_mmap, area.begin, area.end - area.begin, protection, flags, fd, offset), "mmap");
  for (std::uint32_t i = 0; i < area.runs; ++i) {
    read_at(snapshot, reinterpret_cast<void*>(run[i].address), run[i].bytes, run[i].offset);
  }
  if (protection != area.protection) {
    check(call(__NR_mprotect, area.begin, area.end - area.begin, area.protection), "mprotect");
  }
}

void map_all(Word snapshot) {
  std::uint32_t next = 0;
  for (std::uint32_t i = 0; i < first.header.areas; ++i) {
    const Area& area = areas[i];
    if (area.runs > first.header.runs - next) stop("its tables do not fit");
    map_area(area, snapshot, runs + next);
    next += area.runs;
  }
  for (std::uint32_t i = 0; i < first.header.files; ++i) call(__NR_close, opened[i]);
}

Word broken_connection(std::uint32_t flags) {
  constexpr Word kLocal = 1;   // AF_UNIX
  constexpr Word kStream = 1;  // SOCK_STREAM; the two flags are those of open()
  int ends[2] = {};
  const Word made =
      call(__NR_socketpair, kLocal, kStream | (flags & (O_NONBLOCK | O_CLOEXEC)), 0, word(ends));
  if (failed(made)) return made;
  call(__NR_close, static_cast<Word>(ends[1]));
  return static_cast<Word>(ends[0]);
}

// After all others are closed, so that the numbers are free.
void open_descriptors() {
  for (std::uint32_t i = 0; i < first.header.descriptors; ++i) {
    const Descriptor& each = descriptors[i];
    if (each.path >= first.header.text_bytes) stop("a path is none");
    const Word fd = each.broken != 0 ? broken_connection(each.flags)
                                     : call(__NR_open, word(texts + each.path), each.flags);
    check(fd, texts + each.path);
    if (each.position > 0) call(__NR_lseek, fd, static_cast<Word>(each.position), 0);
    if (fd == each.number) continue;
    check(call(__NR_dup3, fd, each.number, each.flags & O_CLOEXEC), "dup3");
    call(__NR_close, fd);
  }
}

constexpr Word kRseqSignature = 0x53053053;

void restore_process_state() {
  const Header& header = first.header;
  call(__NR_chdir, word(texts + header.directory));
  call(__NR_prctl, PR_SET_NAME, word(header.name));
  call(__NR_umask, header.mask_of_files);
  for (Word number = 1; number < kSignals; ++number)
    call(__NR_rt_sigaction, number, word(&header.actions[number]), 0, 8);
  call(__NR_sigaltstack, word(header.signal_stack), 0);
  call(__NR_rt_sigprocmask, 2 /*SIG_SETMASK*/, word(&header.signal_mask), 0, 8);
  check(call(__NR_arch_prctl, ARCH_SET_FS, header.thread_pointer), "the thread pointer");
  // Where the C library remembers it.
  *reinterpret_cast<std::uint32_t*>(header.thread_id_address) =
      static_cast<std::uint32_t>(call(__NR_set_tid_address, header.thread_id_address));
  if (header.robust_list != 0)
    call(__NR_set_robust_list, header.robust_list, header.robust_list_bytes);
  if (header.rseq != 0) call(__NR_rseq, header.rseq, header.rseq_bytes, 0, kRseqSignature);
  prctl_mm_map layout{};
  __builtin_memcpy(&layout, header.layout, sizeof header.layout);
  layout.exe_fd = ~0U;
  check(call(__NR_prctl, PR_SET_MM, PR_SET_MM_MAP, word(&layout), sizeof layout),
        "the kernel does not take its heap (CONFIG_CHECKPOINT_RESTORE)");
}

[[noreturn]] void jump(const Word* registers) {
  __asm__ volatile(
      "movq 0(%0), %%rbx\n"
      "movq 8(%0), %%rbp\n"
      "movq 16(%0), %%r12\n"
      "movq 24(%0), %%r13\n"
      "movq 32(%0), %%r14\n"
      "movq 40(%0), %%r15\n"
      "movq 48(%0), %%rsp\n"
      "movl $1, %%eax\n"
      "jmpq *56(%0)\n"
      :
      : "D"(registers)
      : "memory");
  __builtin_unreachable();
}

}  // namespace

extern "C" {

// What the compiler takes for granted.
void* memcpy(void* to, const void* from, std::size_t size) {
  auto* result = to;
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
  return result;
}
void* memset(void* to, int value, std::size_t size) {
  auto* result = to;
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
  return result;
}
int memcmp(const void* a, const void* b, std::size_t size) {
  const auto* x = static_cast<const unsigned char*>(a);
  const auto* y = static_cast<const unsigned char*>(b);
  for (; size > 0; --size, ++x, ++y) {
    if (*x != *y) return *x - *y;
  }
  return 0;
}

// On the stack that the kernel made: argc and the arguments. The variables go with it: the saved
// process has its own.
[[noreturn, gnu::used]] void kiln_restore_read(Word* stack) {
  const Word count = stack[0];
  auto** arguments = reinterpret_cast<char**>(stack + 1);
  if (count != 2) stop("usage: kiln-restore FD");
  Word fd = 0;
  for (const char* at = arguments[1]; *at >= '0' && *at <= '9'; ++at)
    fd = fd * 10 + static_cast<Word>(*at - '0');
  read_tables(fd);
  open_files();
  find_own_pages();
  move_own_pages_aside();
  clear_memory();
  map_all(fd);
  move_own_pages_back();
  call(__NR_close, fd);
  open_descriptors();
  restore_process_state();
  jump(first.header.registers);
}

alignas(16) char kiln_restore_stack[256 * 1024];

// Leaves the kernel's stack at once, which is about to go.
__attribute__((naked, noreturn)) void _start() {
  __asm__(
      "movq %rsp, %rdi\n"
      "leaq kiln_restore_stack+262144(%rip), %rsp\n"
      "xorl %ebp, %ebp\n"
      "call kiln_restore_read\n");
}
}

#else

extern "C" [[noreturn]] void _start() {
  for (;;) {
  }
}

#endif

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The file that a process writes of itself (snapshot.h) and that kiln-restore becomes: a Header,
// the contents of memory, then the tables: areas, runs, files, descriptors, texts. Of one machine,
// kernel and build: never read anywhere else. Plain data; no I/O.

#include <cstddef>
#include <cstdint>

namespace kiln::snapshot {

inline constexpr std::uint64_t kMagic = 0x3130504e534e4c4b;  // "KLNSNP01"
inline constexpr std::uint64_t kPage = 4096;

// Where kiln-restore is linked to, and what it has for itself. A process that uses these addresses
// cannot be saved.
inline constexpr std::uint64_t kOwnBegin = 0x10000000000;
inline constexpr std::uint64_t kOwnEnd = 0x10080000000;
inline constexpr std::uint64_t kAside = 0x10040000000;  // the kernel's own pages, for a moment

inline constexpr std::uint32_t kMaxAreas = 8192;
inline constexpr std::uint32_t kMaxRuns = 65536;
inline constexpr std::uint32_t kMaxFiles = 2048;
inline constexpr std::uint32_t kMaxDescriptors = 256;
inline constexpr std::uint32_t kMaxTextBytes = 512 * 1024;
inline constexpr int kSignals = 65;

enum class State : std::uint32_t {
  kNone = 0,
  kComplete = 1,
  kRefused = 2,  // `reason` says why
};

enum class Kind : std::uint32_t {
  kImage,   // private; its contents lie in this file
  kZero,    // private and empty
  kFile,    // private; contents of `file` from `offset` on, then its runs
  kShared,  // the same of a file that is only read
  kStack,   // grows to `begin`; its runs are what was in use
  kVvar,    // the kernel's own pages, in this order of kinds
  kVvarClock,
  kVdso,
};

struct Area {
  std::uint64_t begin;
  std::uint64_t end;
  std::uint64_t offset;
  std::uint32_t protection;
  Kind kind;
  std::uint32_t file;  // of kFile and kShared
  std::uint32_t runs;  // of the table of runs, in order
};

// Pages that differ from what the area has by itself.
struct Run {
  std::uint64_t address;
  std::uint64_t bytes;
  std::uint64_t offset;
};

// A file must be what it was.
struct File {
  std::uint64_t inode;
  std::uint64_t size;
  std::int64_t modified_s;
  std::int64_t modified_ns;
  std::uint32_t path;  // in texts, NUL-terminated
  std::uint32_t unused;
};

// One that is opened again: a file that is only read, or a device such as /dev/urandom. A TCP
// connection is there again, but broken: the other side has closed.
struct Descriptor {
  std::uint32_t number;
  std::uint32_t flags;  // of open()
  std::int64_t position;
  std::uint32_t path;  // in texts
  std::uint32_t broken;
};

struct SignalAction {
  std::uint64_t handler;
  std::uint64_t flags;
  std::uint64_t restorer;
  std::uint64_t mask;
};

struct Header {
  std::uint64_t magic;
  State state;
  std::uint32_t areas;
  std::uint32_t runs;
  std::uint32_t files;
  std::uint32_t descriptors;
  std::uint32_t text_bytes;
  std::uint32_t directory;  // in texts
  std::uint32_t unused;
  std::uint64_t tables;  // offset
  char reason[256];
  std::uint64_t registers[8];  // rbx rbp r12 r13 r14 r15 rsp rip
  std::uint64_t thread_pointer;
  std::uint64_t thread_id_address;
  std::uint64_t robust_list;
  std::uint64_t robust_list_bytes;
  std::uint64_t rseq;  // 0: none
  std::uint32_t rseq_bytes;
  std::uint32_t mask_of_files;  // umask
  std::uint64_t signal_mask;
  std::uint64_t signal_stack[3];  // as stack_t
  SignalAction actions[kSignals];
  char name[16];             // of the thread
  std::uint64_t layout[11];  // as struct prctl_mm_map begins: code, data, brk, stack, ...
};
static_assert(sizeof(Header) <= kPage);

// Exit status of kiln-restore when it could not.
inline constexpr int kCannotRestore = 120;

}  // namespace kiln::snapshot

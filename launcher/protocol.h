// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the server and the launcher say to each other: one packet a message (os/packet_socket.h),
// over a socket pair that the launcher inherits. No I/O here.
//
// A packet is u16 version, u16 type, then the fields of the message's struct in order: integers
// little-endian, texts and lists with a u32 count before them. Decoding checks every bound below
// and refuses trailing bytes.
//
// Requests and their answers, all naming the environment that the server numbered:
//   (start of the launcher)  -> Ready
//   Make                     -> Made | Failed
//   Start                    -> Started | Failed; later Exited, once
//   Adopt                    -> Done | Failed with step "adopt" or one of Start's
//   Restrict (restrict.h)    -> Done | Failed with step "egress"
//   Signal                   -> nothing; an Exited may follow
//   Freeze, Thaw             -> Done | Failed
//   Measure                  -> Usage | Failed
//   Connect                  -> Connected | Failed with step "connect"
//   Destroy                  -> Destroyed, once nothing is left
// Unasked: Exited, and Failed with step "init" when an environment broke by itself (Destroy it).
// Requests of several environments may be answered in any order; those of one are answered in turn.

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::launcher {

inline constexpr std::uint16_t kProtocolVersion = 2;
inline constexpr std::uint32_t kMaxEnvironments = 4096;
inline constexpr std::size_t kMaxTextBytes = 64 * 1024;
inline constexpr std::size_t kMaxListItems = 1024;
inline constexpr std::uint32_t kNoZygote = ~0U;

enum class Type : std::uint16_t {
  kMake = 1,
  kStart = 2,
  kSignal = 3,
  kFreeze = 4,
  kThaw = 5,
  kMeasure = 6,
  kDestroy = 7,
  kConnect = 8,
  kAdopt = 9,
  kRestrict = 16,
  kReady = 64,
  kMade = 65,
  kStarted = 66,
  kFailed = 67,
  kExited = 68,
  kDone = 69,
  kUsage = 70,
  kDestroyed = 71,
  kConnected = 72,
  kSetup = 128,        // launcher to init; see setup.h
  kFork = 129,         // launcher to zygote
  kAttached = 130,     // init to launcher
  kRestriction = 140,  // launcher to its helper; see egress.h
  kRestricted = 141,
};

// The launcher is up. What it could not enforce is listed, one sentence each.
struct Ready {
  static constexpr Type kType = Type::kReady;
  std::string level;        // "root", "userns", "confined", "none"
  std::string cgroups;      // "v2", "v1 hybrid", "none"
  std::string tmp;          // "image", "tmpfs"
  std::string network;      // "routed", "isolated", "host"
  std::uint32_t swept = 0;  // environments of dead launchers that were removed
  std::vector<std::string> unenforced;
  template <class A>
  void fields(A& a) {
    a(level), a(cgroups), a(tmp), a(network), a(swept), a(unenforced);
  }
};

// Makes an empty environment: namespaces, cgroup, root, /tmp, network, listeners. No tenant code
// runs before Start.
struct Make {
  static constexpr Type kType = Type::kMake;
  std::uint32_t environment = 0;  // below kMaxEnvironments, not in use
  std::uint32_t tmp_mb = 512;     // 1 to 10,240
  bool egress = true;             // false: no way out but the listeners
  // A place for one trusted process that forks the runtimes of other environments: root, the host's
  // process ids, the same root directory, no network, /tmp in memory. Level root only.
  bool zygote = false;
  template <class A>
  void fields(A& a) {
    a(environment), a(tmp_mb), a(egress), a(zygote);
  }
};

struct StepTime {
  std::string name;
  std::uint32_t us = 0;
  template <class A>
  void fields(A& a) {
    a(name), a(us);
  }
};

// Descriptors, in this order: a listening TCP socket that is 127.0.0.1:9001 inside; one that is
// 169.254.100.1:4566 inside; a UDP socket that is 169.254.100.1:53 inside; and, with has_controls,
// three files that spare asking the launcher:
// - writable: "1" freezes the environment and "0" thaws it;
// - readable: the largest memory use so far, in bytes; where the kernel allows, writing "0" to it
//   makes it what is used now;
// - writable: microseconds of CPU that it may use in each kCpuPeriodUs (os/cgroup.h).
struct Made {
  static constexpr Type kType = Type::kMade;
  std::uint32_t environment = 0;
  bool has_controls = false;
  std::vector<StepTime> steps;
  template <class A>
  void fields(A& a) {
    a(environment), a(has_controls), a(steps);
  }
};

// Several directories are merged; the last one wins, as Lambda does with layers.
struct Mount {
  std::string target;  // absolute, without "..", inside the environment
  std::uint32_t directories = 1;
  template <class A>
  void fields(A& a) {
    a(target), a(directories);
  }
};

// Starts a process. The first Start of an environment attaches the mounts and seals the root; later
// ones (extensions, a runtime after its reset) must bring none.
// With `waiting` the process is trusted code that boots before anybody knows for which function,
// and gets it later over a descriptor; the root stays open until Adopt, which must come first. In a
// zygote's environment it starts the zygote itself, once; descriptor 3 is then its channel
// (launcher/zygote/zygote.h).
// Descriptors, in this order: the directories of the mounts (O_PATH will do), then `descriptors`.
struct Start {
  static constexpr Type kType = Type::kStart;
  std::uint32_t environment = 0;
  std::uint32_t process = 0;           // named by the server; not in use
  std::vector<std::string> argv;       // argv[0] is an absolute path inside
  std::vector<std::string> variables;  // "NAME=value"; nothing is added
  std::string directory;               // working directory, "/" when empty
  std::vector<Mount> mounts;
  std::vector<std::uint32_t> descriptors;  // the number each becomes: 0 to 63, each once
  std::uint32_t memory_mb = 0;             // 0: as it is
  std::uint32_t cpu_thousandths = 0;       // of one CPU; 0: as it is
  std::uint32_t pids = 1024;
  // The environment of a zygote (made with Make::zygote) that forks the process instead of an exec;
  // argv then only tells the child what to be.
  std::uint32_t zygote = kNoZygote;
  bool waiting = false;
  template <class A>
  void fields(A& a) {
    a(environment), a(process), a(argv), a(variables), a(directory), a(mounts), a(descriptors),
        a(memory_mb), a(cpu_thousandths), a(pids), a(zygote), a(waiting);
  }
};

// After a Start with `waiting`: what the function brings. Then the root is sealed, and tenant code
// may run. After a failure: Destroy.
// Descriptors: the directories of the mounts.
struct Adopt {
  static constexpr Type kType = Type::kAdopt;
  std::uint32_t environment = 0;
  std::vector<std::string> removed;  // targets of the Start's mounts that go
  std::vector<Mount> mounts;
  std::uint32_t memory_mb = 0;  // these two as in Start
  std::uint32_t cpu_thousandths = 0;
  template <class A>
  void fields(A& a) {
    a(environment), a(removed), a(mounts), a(memory_mb), a(cpu_thousandths);
  }
};

// Descriptor: a pidfd of the process.
struct Started {
  static constexpr Type kType = Type::kStarted;
  std::uint32_t environment = 0;
  std::uint32_t process = 0;
  std::vector<StepTime> steps;
  template <class A>
  void fields(A& a) {
    a(environment), a(process), a(steps);
  }
};

// A request failed; one step did. The environment is as it was before, except after a failed Make
// or first Start: Destroy it then.
struct Failed {
  static constexpr Type kType = Type::kFailed;
  std::uint32_t environment = 0;
  std::uint32_t process = 0;
  std::string step;               // "cgroup", "tmp", "exec", ...
  std::string message;            // what failed, on what, why and what to do
  std::int32_t error_number = 0;  // of step "exec": errno
  template <class A>
  void fields(A& a) {
    a(environment), a(process), a(step), a(message), a(error_number);
  }
};

struct Exited {
  static constexpr Type kType = Type::kExited;
  std::uint32_t environment = 0;
  std::uint32_t process = 0;
  std::int32_t wait_status = 0;  // as waitpid gives it
  std::uint32_t oom_kills = 0;   // of the environment so far
  std::uint64_t memory_peak_bytes = 0;
  template <class A>
  void fields(A& a) {
    a(environment), a(process), a(wait_status), a(oom_kills), a(memory_peak_bytes);
  }
};

// A signal to one process (SIGKILL: to its process group), or with `everything` to all of the
// environment but its init.
struct Signal {
  static constexpr Type kType = Type::kSignal;
  std::uint32_t environment = 0;
  std::uint32_t process = 0;
  std::int32_t number = 0;
  bool everything = false;
  template <class A>
  void fields(A& a) {
    a(environment), a(process), a(number), a(everything);
  }
};

// Connects to 127.0.0.1:port inside.
struct Connect {
  static constexpr Type kType = Type::kConnect;
  std::uint32_t environment = 0;
  std::uint16_t port = 0;
  template <class A>
  void fields(A& a) {
    a(environment), a(port);
  }
};

struct Usage {
  static constexpr Type kType = Type::kUsage;
  std::uint32_t environment = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t memory_peak_bytes = 0;
  std::uint64_t cpu_us = 0;
  std::uint32_t oom_kills = 0;
  std::uint32_t pids = 0;
  template <class A>
  void fields(A& a) {
    a(environment), a(memory_bytes), a(memory_peak_bytes), a(cpu_us), a(oom_kills), a(pids);
  }
};

// Messages that carry nothing but the environment.
template <Type T>
struct About {
  static constexpr Type kType = T;
  std::uint32_t environment = 0;
  template <class A>
  void fields(A& a) {
    a(environment);
  }
};
using Freeze = About<Type::kFreeze>;
using Thaw = About<Type::kThaw>;
using Measure = About<Type::kMeasure>;
using Destroy = About<Type::kDestroy>;
using Done = About<Type::kDone>;
using Destroyed = About<Type::kDestroyed>;
using Connected = About<Type::kConnected>;  // descriptor: the connection, non-blocking

// kInvalidArgument: too short, or of another version.
Result<Type> type_of(std::string_view packet);

template <class Message>
std::string encode(const Message& message);
// REQUIRES: type_of(packet) is Message::kType. kInvalidArgument names what is wrong.
template <class Message>
Result<Message> decode(std::string_view packet);

// Rules that the form alone does not hold: ranges, paths, descriptor numbers.
Status check(const Make& make);
Status check(const Start& start, std::size_t descriptors);
Status check(const Adopt& adopt, std::size_t descriptors);

}  // namespace kiln::launcher

#include "launcher/protocol_codec.h"

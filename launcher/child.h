// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a process does between its birth and the first byte of tenant code, whether init or a zygote
// made it. Only system calls on its own state; a step that fails is reported and ends the process.

#include "base/result.h"
#include "launcher/protocol.h"
#include "os/fd.h"

#include <cerrno>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::launcher {

// Descriptors wait above every number that a Start may ask for.
inline constexpr int kLifted = 100;

// What the child writes into its report pipe; a pipe that closes without a word is success.
struct ChildReport {
  char step[32];
  int error_number;  // 0: it waits for its user map; the parent writes a byte when it is there
};

struct Pipe {
  Fd read_end;
  Fd write_end;
};
// Lifted and close-on-exec.
Result<Pipe> make_lifted_pipe();
Status lift(std::span<Fd> descriptors);
std::vector<char*> c_strings(const std::vector<std::string>& texts);

class Child {
 public:
  // All must outlive it. `descriptors` are lifted.
  // `fail_step`: tests; that step fails.
  Child(const Start& start, std::span<Fd> descriptors, int report, std::string_view fail_step = {})
      : start_(start), descriptors_(descriptors), report_(report), fail_step_(fail_step) {}

  // Session, keyring, signals; exactly the asked descriptors, and `report`; limits.
  void prepare(bool limit_processes);
  // uid 993 of its user namespace, no capability, no_new_privs, working directory, filter.
  void become_tenant(bool drop_groups);
  // Root with the capabilities to enter environments; dies with its parent.
  void become_zygote();
  [[noreturn]] void exec();
  [[noreturn]] void stop(const char* step);
  void check(long result, const char* step) {
    if (fail_step_ == step) errno = EIO;
    if (result < 0 || fail_step_ == step) stop(step);
  }

 private:
  void place_descriptors();
  const Start& start_;
  std::span<Fd> descriptors_;
  const int report_;
  const std::string_view fail_step_;
};

// The map of a process's user namespace: root and the sandbox user, outside ids that are its own.
std::string user_map(std::uint32_t outer_root, std::uint32_t outer_user);

}  // namespace kiln::launcher

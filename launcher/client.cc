// SPDX-License-Identifier: Apache-2.0
#include "launcher/client.h"

#include <cerrno>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kiln::launcher {

Result<LauncherProcess> start_launcher(const std::string& program, const std::string& init,
                                       const std::string& state,
                                       const std::vector<std::string>& arguments, unsigned user) {
  KILN_TRY(auto ends, packet_pair());
  std::vector<std::string> words{program, "--init=" + init, "--state=" + state, "--control=3"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t pid = fork();
  if (pid < 0) return fail_errno("fork", program, errno);
  if (pid == 0) {
    // A Ctrl-C is the server's to handle: it lets requests finish first.
    setpgid(0, 0);
    const int high = fcntl(ends.second.get(), F_DUPFD, 10);
    dup2(high, 3);
    close_range(4, ~0U, 0);
    if (user != 0 && (setgroups(0, nullptr) != 0 || setresgid(user, user, user) != 0 ||
                      setresuid(user, user, user) != 0)) {
      _exit(126);
    }
    execv(program.c_str(), argv.data());
    _exit(127);
  }
  Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  return LauncherProcess{pid, std::move(pidfd), std::move(ends.first)};
}

Result<Reply> Client::receive(int timeout_ms) {
  pollfd source{control_, POLLIN, 0};
  const int ready = poll(&source, 1, timeout_ms);
  if (ready < 0) return fail_errno("poll", "launcher", errno);
  if (ready == 0) return fail(ErrorCode::kTimeout, "the launcher does not answer");
  KILN_TRY(Packet packet, receive_packet(control_));
  KILN_TRY(const Type type, type_of(packet.bytes));
  return Reply{type, std::move(packet)};
}

std::unexpected<Error> Client::unexpected(const Reply& reply) {
  if (reply.type == Type::kFailed) {
    auto failed = decode<Failed>(reply.packet.bytes);
    if (!failed) return std::unexpected(std::move(failed.error()));
    return fail(ErrorCode::kIo, failed->step + ": " + failed->message);
  }
  return fail(ErrorCode::kInternal,
              "unexpected message " + std::to_string(static_cast<int>(reply.type)));
}

}  // namespace kiln::launcher

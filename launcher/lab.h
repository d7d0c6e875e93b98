// SPDX-License-Identifier: Apache-2.0
#pragma once
// A launcher under test or under measurement: starts one, talks to it, keeps answers for whoever
// asks for them.

#include "launcher/client.h"

#include <cstdlib>
#include <deque>
#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace kiln::launcher {

struct Outcome {
  Exited exited;
  std::string output;
  int exit_code() const {
    return WIFEXITED(exited.wait_status) ? WEXITSTATUS(exited.wait_status) : -1;
  }
  int signal() const { return WIFSIGNALED(exited.wait_status) ? WTERMSIG(exited.wait_status) : 0; }
};

class Lab {
 public:
  // `programs` is the folder of kiln-launcher and kiln-init. With a `user` the launcher has no
  // root.
  explicit Lab(std::string programs, const std::vector<std::string>& arguments = {},
               unsigned user = 0) {
    std::string pattern = std::filesystem::temp_directory_path() / "kiln-lab-XXXXXX";
    directory_ = mkdtemp(pattern.data());
    std::filesystem::create_directory(directory_ + "/task");
    if (user != 0) {
      // Everything where that user can reach it.
      for (const char* name : {"kiln-launcher", "kiln-init"}) {
        std::filesystem::copy_file(programs + "/" + name, directory_ + "/" + name);
      }
      programs = directory_;
      (void)!chown(directory_.c_str(), user, user);
    }
    auto started = start_launcher(programs + "/kiln-launcher", programs + "/kiln-init",
                                  directory_ + "/state", arguments, user);
    if (!started) throw std::runtime_error(started.error().message);
    process_ = std::move(*started);
    auto ready = client().expect<Ready>();
    if (!ready) throw std::runtime_error("no launcher: " + ready.error().message);
    ready_ = std::move(*ready);
  }
  ~Lab() {
    end();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  // Closes the control socket and collects the launcher. Its wait status.
  int end() {
    if (process_.pid <= 0) return -1;
    process_.control.reset();
    int status = -1;
    waitpid(std::exchange(process_.pid, -1), &status, 0);
    return status;
  }

  Client client() { return Client(process_.control.get()); }
  const Ready& ready() const { return ready_; }
  pid_t pid() const { return process_.pid; }
  const std::string& directory() const { return directory_; }
  std::string task() const { return directory_ + "/task"; }

  template <class Message>
  Status send(const Message& message, std::span<const int> descriptors = {}) {
    return client().send(message, descriptors);
  }

  // The next answer about this environment, of this type; others are kept.
  template <class Message>
  Result<Message> wait(std::uint32_t environment, std::vector<Fd>* descriptors = nullptr) {
    for (;;) {
      for (auto at = kept_.begin(); at != kept_.end(); ++at) {
        if (about(*at) != environment) continue;
        if (at->type != Message::kType && at->type != Type::kFailed) continue;
        Reply reply = std::move(*at);
        kept_.erase(at);
        if (reply.type == Message::kType) {
          if (descriptors != nullptr) *descriptors = std::move(reply.packet.descriptors);
          return decode<Message>(reply.packet.bytes);
        }
        const auto failed = decode<Failed>(reply.packet.bytes);
        return fail(ErrorCode::kIo, failed->step + ": " + failed->message);
      }
      KILN_TRY(Reply reply, client().receive());
      kept_.push_back(std::move(reply));
    }
  }

  Result<Made> make(std::uint32_t environment, std::uint32_t tmp_mb = 16, bool egress = true,
                    std::vector<Fd>* descriptors = nullptr) {
    KILN_TRY_VOID(send(Make{environment, tmp_mb, egress}));
    return wait<Made>(environment, descriptors);
  }
  Result<Destroyed> destroy(std::uint32_t environment) {
    KILN_TRY_VOID(send(Destroy{environment}));
    return wait<Destroyed>(environment);
  }
  // Starts argv with task() at /var/task (the first time) and its output in a pipe.
  Result<Fd> start(std::uint32_t environment, std::vector<std::string> argv, bool first = true,
                   std::uint32_t process = 1, std::uint32_t memory_mb = 256) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return fail_errno("pipe2", "", errno);
    Fd output(ends[0]);
    const Fd input(ends[1]);
    const Fd code(open(task().c_str(), O_PATH | O_CLOEXEC));
    Start start;
    start.environment = environment;
    start.process = process;
    start.argv = std::move(argv);
    start.variables = {"PATH=/usr/bin:/bin"};
    start.descriptors = {1, 2};
    start.memory_mb = memory_mb;
    start.cpu_thousandths = 2000;
    start.zygote = zygote;
    std::vector<int> descriptors;
    if (first) {
      start.mounts = {{"/var/task", 1}};
      descriptors.push_back(code.get());
    }
    descriptors.insert(descriptors.end(), {input.get(), input.get()});
    KILN_TRY_VOID(send(start, descriptors));
    KILN_TRY(started_, wait<Started>(environment, &pidfds_));
    return output;
  }
  // start() and wait for the end.
  Result<Outcome> run(std::uint32_t environment, std::vector<std::string> argv, bool first = true,
                      std::uint32_t process = 1, std::uint32_t memory_mb = 256) {
    KILN_TRY(const Fd output, start(environment, std::move(argv), first, process, memory_mb));
    Outcome outcome;
    KILN_TRY(outcome.exited, wait<Exited>(environment));
    // What descendants hold open is not waited for.
    fcntl(output.get(), F_SETFL, O_NONBLOCK);
    char buffer[4096];
    for (ssize_t size = 0; (size = read(output.get(), buffer, sizeof buffer)) > 0;) {
      outcome.output.append(buffer, static_cast<std::size_t>(size));
    }
    return outcome;
  }
  const Started& started() const { return started_; }
  const Fd& pidfd() const { return pidfds_.at(0); }  // of the last start()
  std::uint32_t zygote = kNoZygote;                  // that forks what start() starts

 private:
  static std::uint32_t about(const Reply& reply) {
    std::uint32_t environment = 0;
    Reader reader(std::string_view(reply.packet.bytes).substr(4));
    reader(environment);
    return environment;
  }
  std::string directory_;
  LauncherProcess process_;
  Ready ready_;
  Started started_;
  std::vector<Fd> pidfds_;
  std::deque<Reply> kept_;
};

}  // namespace kiln::launcher

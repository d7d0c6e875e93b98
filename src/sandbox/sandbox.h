// SPDX-License-Identifier: Apache-2.0
#pragma once
// Sandbox starts execution environments: one runtime process tree each, with its own code, /tmp,
// limits and a Runtime API listener. It knows nothing of AWS: names, paths, variables and limits
// come in, processes come out.
//
// Engines: isolated/ (namespaces, cgroups, a root and a /tmp of its own, made by the launcher) and
// process/ (a process group per environment; isolates nothing and says so).
// Threads: one loop; callbacks arrive there.

#include "async/task.h"
#include "base/ipv4_network.h"
#include "base/result.h"
#include "os/fd.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln::sandbox {

// A host directory that is read-only inside. Engines that mount nothing use its host path.
struct Directory {
  std::string name;    // how commands and variables call it: "{lang}"
  std::string host;    // absolute
  std::string inside;  // absolute: "/var/lang"
};

// A process that was started before, has loaded what the commands of `key` need, and forks them:
// the same outcome as an exec, sooner. Engines without such exec.
struct ZygoteSpec {
  std::string key;  // who may share one; empty: exec
  // As EnvironmentSpec's; {programs} is the folder of libkiln_zygote.so. It sees the runtime's
  // directory and `directories` of the spec. It writes "ready" once it can fork.
  std::vector<std::string> command;
  std::vector<std::pair<std::string, std::string>> variables;
};

// A process of `command` that was booted before its function is known and waits for it, told so by
// _KILN_STANDBY_FD: u32 size (little-endian) and "NAME=value" texts, each with a NUL behind it,
// come there first. It sees the runtime's directory and `directories`; /var/task and /opt come with
// the function. Engines without such start the command.
struct StandbySpec {
  std::string key;  // which functions one fits; empty: none
  std::vector<std::pair<std::string, std::string>> variables;  // it boots with these
  std::string otherwise;  // the key of those that do as well when none of `key` waits
};

class SnapshotFile;

// A process that was initialised once and starts again from there. Only where
// Sandbox::no_snapshots() is empty; such engines then neither fork the command nor let it wait.
struct SnapshotSpec {
  std::shared_ptr<const SnapshotFile> file;  // null: nothing of this
  // The command becomes what `file` holds. False: the command is told by _KILN_SNAPSHOT
  // ("DESCRIPTOR:LIBRARY") to save itself there.
  bool restore = false;
};

struct EnvironmentSpec {
  std::string id;  // unique; names directories
  // Command and platform variables may use {task}, {runtime}, {opt}, the names of `directories`,
  // {runtime_api} (the listener's host:port) and {endpoint} (the server's URL), each as the
  // environment sees it. command[0] may list alternatives separated by '|': the first file that
  // exists is run.
  std::vector<std::string> command;
  std::vector<std::pair<std::string, std::string>> platform_variables;
  std::vector<std::pair<std::string, std::string>> variables;  // the user's, verbatim
  std::string task_directory;                                  // host path; read-only inside
  std::string runtime_directory;  // host path of the bundled runtime client; may be empty
  std::vector<std::string> layer_directories;  // merged in order into /opt
  std::vector<Directory> directories;
  ZygoteSpec zygote;  // forks the standby, too
  StandbySpec standby;
  SnapshotSpec snapshot;
  std::string endpoint;  // the server's URL on the host
  int memory_mb = 128;
  int ephemeral_storage_mb = 512;
  // Networks that can be reached beside the server; nullopt: all, none: no other.
  std::optional<Ipv4Networks> egress;
  // start() prepares everything but runs the command only at Environment::run_command(), so that
  // other processes can go first.
  bool defer_command = false;
};

struct ExitStatus {
  bool signaled = false;
  int code = 0;  // exit code, or the signal's number
  bool out_of_memory = false;
};

// A piece of what the environment wrote.
struct Output {
  enum class Kind : std::uint8_t {
    kBytes,  // raw bytes of stdout and stderr, in order, cut anywhere
    kFrame,  // one whole log event (it may have many lines) that a runtime client framed
  };
  Kind kind = Kind::kBytes;
  std::string_view bytes;    // valid during the call
  std::int64_t time_ms = 0;  // kFrame: the runtime's time stamp, 0 when it gave none
};

// One more process of an environment: an extension. It has the environment's root, /tmp, network
// and limits, and gets only the variables that are given here.
struct ProcessSpec {
  std::string name;                  // for messages
  std::vector<std::string> command;  // as EnvironmentSpec::command
  std::vector<std::pair<std::string, std::string>> platform_variables;
  std::vector<std::pair<std::string, std::string>> variables;
  // Both are called on the loop and never after the environment was destroyed; on_exit once, after
  // the process's output has been delivered.
  std::function<void(const Output&)> on_output;
  std::function<void(ExitStatus)> on_exit;
};

// One running environment. Destroying it kills every process in it and removes its directories.
class Environment {
 public:
  virtual ~Environment() = default;
  virtual const std::string& id() const = 0;
  // The listening Runtime API socket that the environment's {runtime_api} leads to. Once.
  virtual Fd take_runtime_api_listener() = 0;
  // Our end of the connection that a bundled runtime client inherits, empty without one. Once.
  virtual Fd take_runtime_api_connection() { return Fd(); }
  // Set before the first co_await after start(); called for each piece read from the pipes.
  virtual void on_output(std::function<void(const Output&)> sink) = 0;
  // Called once when the runtime's main process has ended and its output has been delivered.
  virtual void on_exit(std::function<void(ExitStatus)> callback) = 0;
  // Delivers everything already written to the pipes, now, without waiting for more.
  virtual void drain_output() = 0;
  // Runs the command of a spec with defer_command. Once; errors as Sandbox::start.
  virtual Task<Status> run_command(std::stop_token) { return unsupported<void>("run_command"); }
  // Starts one more process, before or after the command. Errors as Sandbox::start.
  virtual Task<Status> start_process(ProcessSpec, std::stop_token) {
    return unsupported<void>("start_process");
  }
  // Makes the environment ready for run_command() and start_process() once more: ends what still
  // runs inside, keeps /tmp and all else. The callbacks are to be set, listener and connection to
  // be taken again. REQUIRES: the command has ended, or never ran. After an error it is of no more
  // use.
  virtual Task<Status> reset(std::stop_token) { return unsupported<void>("reset"); }
  virtual bool can_reset() const { return false; }
  // A connection (non-blocking) to 127.0.0.1:`port` as the environment sees it. kIo when nobody
  // listens there.
  virtual Task<Result<Fd>> connect(int /*port*/, std::stop_token) {
    return unsupported<Fd>("connect");
  }
  // Ends the runtime: SIGTERM now, SIGKILL to all its processes after `grace_ms` (0: at once).
  // Processes of start_process() stay; they end with the environment.
  virtual void terminate(std::int64_t grace_ms) = 0;
  // Initialisation is over. Until then the command has a CPU of its own, from now on a share in
  // proportion to its memory. AWS:
  // https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
  virtual void end_initialization() {}
  // Largest memory use so far, bytes (all processes).
  virtual std::int64_t peak_memory_bytes() const = 0;
  // Stops or resumes all processes. No-ops where the level cannot.
  virtual void freeze() = 0;
  virtual void thaw() = 0;

 private:
  template <class T>
  static Task<Result<T>> unsupported(std::string_view what) {
    co_return fail(ErrorCode::kInternal, std::string(what) + " is not there at this level");
  }
};

// What EnvironmentSpec::egress can be.
struct EgressSupport {
  bool reaches = true;    // environments have a way out at all
  bool restricts = true;  // and can be kept from all but some networks
};

class Sandbox {
 public:
  virtual ~Sandbox() = default;
  // Starts the command. Errors name the step that failed and what to do. When the command itself is
  // at fault the code is kNotFound ("Couldn't find valid bootstrap(s): [a b]") or kInvalidArgument
  // ("fork/exec a: permission denied"), and the message is fit for the function's owner.
  virtual Task<Result<std::unique_ptr<Environment>>> start(EnvironmentSpec spec,
                                                           std::stop_token stop) = 0;
  // "none": isolation level, for the log and `kiln doctor`.
  virtual std::string_view level() const = 0;
  // A start that asks for more is refused.
  virtual EgressSupport egress_support() const { return {}; }
  // Empty: EnvironmentSpec::snapshot works. Else why not.
  virtual std::string_view no_snapshots() const { return "this isolation level has none"; }
  // Ends all environments and removes what they left.
  virtual Task<void> stop() = 0;
};

}  // namespace kiln::sandbox

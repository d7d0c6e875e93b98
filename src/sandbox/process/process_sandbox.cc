// SPDX-License-Identifier: Apache-2.0
#include "sandbox/process/process_sandbox.h"

#include "async/gate.h"
#include "os/landlock.h"
#include "os/seccomp.h"
#include "sandbox/places.h"
#include "sandbox/process/process_environment.h"
#include "sandbox/runtime_connection.h"

#include <arpa/inet.h>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace kiln::sandbox {

struct ProcessSandbox::Shared {
  Loop& loop;
  ProcessSandboxOptions options;
  const std::vector<sock_filter> filter;
  Counter& live;
  Counter& starts;
  Counter& failures;
  Gate gate;
  std::vector<std::weak_ptr<ProcessEnvironment>> environments;
  bool stopping = false;
};

namespace {

namespace fs = std::filesystem;

using ProcessPtr = std::shared_ptr<ProcessEnvironment>;

Task<Status> run_now(ProcessPtr process) { co_return process->start_command(); }
Task<Status> start_now(ProcessPtr process, ProcessSpec spec) {
  co_return process->start_process(std::move(spec));
}
Task<Result<Fd>> connect_now(ProcessPtr process, int port) { co_return process->connect(port); }

// What the caller holds; its end is the environment's end.
class Handle final : public Environment {
 public:
  explicit Handle(std::shared_ptr<ProcessEnvironment> process) : process_(std::move(process)) {}
  ~Handle() override { process_->close(); }
  const std::string& id() const override { return process_->id(); }
  Fd take_runtime_api_listener() override { return process_->take_listener(); }
  Fd take_runtime_api_connection() override { return process_->take_connection(); }
  void on_output(std::function<void(const Output&)> sink) override {
    process_->on_output(std::move(sink));
  }
  void on_exit(std::function<void(ExitStatus)> callback) override {
    process_->on_exit(std::move(callback));
  }
  void drain_output() override { process_->drain_output(); }
  Task<Status> run_command(std::stop_token) override { return run_now(process_); }
  Task<Status> start_process(ProcessSpec spec, std::stop_token) override {
    return start_now(process_, std::move(spec));
  }
  Task<Result<Fd>> connect(int port, std::stop_token) override {
    return connect_now(process_, port);
  }
  void terminate(std::int64_t grace_ms) override { process_->terminate(grace_ms); }
  std::int64_t peak_memory_bytes() const override { return process_->peak_memory_bytes(); }
  void freeze() override {
    if (process_->can_freeze()) process_->signal_all(SIGSTOP);
  }
  void thaw() override {
    if (process_->can_freeze()) process_->signal_all(SIGCONT);
  }

 private:
  std::shared_ptr<ProcessEnvironment> process_;
};

// The folders of one environment.
struct Folders {
  std::string directory;
  std::string temporary;
  Places places;
};

struct Listener {
  Fd fd;
  std::string address;
};

Result<Listener> listen_on_loopback() {
  Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno("socket", "", errno);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (bind(fd.get(), generic, size) != 0) return fail_errno("bind", "127.0.0.1", errno);
  // Nothing to pace within one host; BBR would set a timer for each packet.
  setsockopt(fd.get(), IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
  if (listen(fd.get(), 64) != 0) return fail_errno("listen", "127.0.0.1", errno);
  if (getsockname(fd.get(), generic, &size) != 0) return fail_errno("getsockname", "", errno);
  return Listener{std::move(fd), "127.0.0.1:" + std::to_string(ntohs(address.sin_port))};
}

// One layer is used where it lies; several are merged, later ones over earlier ones.
Result<std::string> prepare_layers(const EnvironmentSpec& spec, const std::string& directory) {
  if (spec.layer_directories.size() == 1) return spec.layer_directories.front();
  const std::string merged = directory + "/opt";
  std::error_code error;
  fs::create_directory(merged, error);
  for (const auto& layer : spec.layer_directories) {
    if (error) break;
    fs::copy(layer, merged,
             fs::copy_options::recursive | fs::copy_options::overwrite_existing |
                 fs::copy_options::copy_symlinks,
             error);
  }
  if (error) return fail_errno("merge layers into", merged, error.value());
  return merged;
}

Result<Folders> prepare_folders(const ProcessSandboxOptions& options, const EnvironmentSpec& spec,
                                std::string runtime_api) {
  Folders folders;
  folders.directory = options.directory + "/" + spec.id;
  folders.temporary = folders.directory + "/tmp";
  std::error_code error;
  fs::create_directories(folders.temporary, error);
  if (error) return fail_errno("mkdir", folders.temporary, error.value());
  KILN_TRY(std::string layers, prepare_layers(spec, folders.directory));
  Places& places = folders.places;
  places.add("{task}", spec.task_directory);
  places.add("{runtime}", spec.runtime_directory);
  places.add("{opt}", std::move(layers));
  places.add("{runtime_api}", std::move(runtime_api));
  places.add("{endpoint}", spec.endpoint);
  for (const Directory& each : spec.directories) places.add(each.name, each.host);
  return folders;
}

// What programs need of the host and what tells nothing about it.
constexpr const char* kReadable[] = {"/usr",
                                     "/bin",
                                     "/sbin",
                                     "/lib",
                                     "/lib64",
                                     "/etc/alternatives",
                                     "/etc/ca-certificates",
                                     "/etc/crypto-policies",
                                     "/etc/group",
                                     "/etc/host.conf",
                                     "/etc/hosts",
                                     "/etc/ld.so.cache",
                                     "/etc/localtime",
                                     "/etc/mime.types",
                                     "/etc/nsswitch.conf",
                                     "/etc/os-release",
                                     "/etc/passwd",
                                     "/etc/pki",
                                     "/etc/protocols",
                                     "/etc/resolv.conf",
                                     "/etc/services",
                                     "/etc/ssl/certs",
                                     "/etc/ssl/openssl.cnf",
                                     "/dev/random",
                                     "/dev/urandom",
                                     "/proc/cpuinfo",
                                     "/proc/filesystems",
                                     "/proc/loadavg",
                                     "/proc/meminfo",
                                     "/proc/stat",
                                     "/proc/sys",
                                     "/proc/uptime",
                                     "/proc/version",
                                     "/sys/devices/system/cpu"};

Result<Fd> make_rules(const EnvironmentSpec& spec, const Folders& folders) {
  LandlockRules rules;
  rules.read.assign(std::begin(kReadable), std::end(kReadable));
  for (const auto& [name, place] : folders.places.names) {
    if (place.starts_with('/')) rules.read.push_back(place);
  }
  // Links in the merged layers may lead into the originals.
  rules.read.insert(rules.read.end(), spec.layer_directories.begin(), spec.layer_directories.end());
  rules.write = {folders.temporary, "/dev/null", "/dev/zero", "/dev/full"};
  return make_file_rules(rules);
}

Result<ProcessPtr> make_environment(const std::shared_ptr<ProcessSandbox::Shared>& owner,
                                    EnvironmentSpec spec) {
  auto& shared = *owner;
  KILN_TRY(Listener listener, listen_on_loopback());
  RuntimeConnection runtime_api;
  if (!spec.runtime_directory.empty()) {
    KILN_TRY(runtime_api, make_runtime_connection());
  }
  KILN_TRY(Folders folders, prepare_folders(shared.options, spec, listener.address));
  Fd file_rules;
  if (shared.options.confined) {
    KILN_TRY(file_rules, make_rules(spec, folders));
  }
  const bool deferred = spec.defer_command;
  ProcessEnvironment::Parts parts{.spec = std::move(spec),
                                  .directory = std::move(folders.directory),
                                  .temporary = std::move(folders.temporary),
                                  .places = std::move(folders.places),
                                  .listener = std::move(listener.fd),
                                  .connection = std::move(runtime_api.ours),
                                  .connection_inside = std::move(runtime_api.theirs),
                                  .freeze = shared.options.freeze,
                                  .file_rules = std::move(file_rules),
                                  .filter = shared.filter,
                                  .owner = owner};
  auto process = std::make_shared<ProcessEnvironment>(shared.loop, std::move(parts), shared.live,
                                                      shared.gate.enter());
  const Status started = deferred ? Status() : process->start_command();
  if (!started) {
    process->close();
    return std::unexpected(started.error());
  }
  return process;
}

}  // namespace

ProcessSandbox::ProcessSandbox(Loop& loop, Metrics& metrics, ProcessSandboxOptions options)
    : shared_(new Shared{loop,
                         std::move(options),
                         environment_filter(),
                         metrics.counter("kiln_sandbox_environments"),
                         metrics.counter("kiln_sandbox_starts_total"),
                         metrics.counter("kiln_sandbox_start_failures_total"),
                         {},
                         {}}) {}

ProcessSandbox::~ProcessSandbox() {
  for (const auto& weak : shared_->environments) {
    if (const auto environment = weak.lock()) environment->close();
  }
}

std::string_view ProcessSandbox::level() const {
  return shared_->options.confined ? "confined" : "none";
}

Task<Result<std::unique_ptr<Environment>>> ProcessSandbox::start(EnvironmentSpec spec,
                                                                 std::stop_token stop) {
  const auto shared = shared_;
  if (shared->stopping || stop.stop_requested()) {
    co_return fail(ErrorCode::kCancelled, "the sandbox is stopping");
  }
  if (spec.egress) {
    co_return fail(ErrorCode::kInternal, "processes cannot be kept from the network");
  }
  shared->starts.add();
  auto process = make_environment(shared, std::move(spec));
  if (!process) {
    shared->failures.add();
    co_return std::unexpected(std::move(process.error()));
  }
  std::erase_if(shared->environments, [](const auto& weak) { return weak.expired(); });
  shared->environments.push_back(*process);
  co_return std::make_unique<Handle>(std::move(*process));
}

Task<void> ProcessSandbox::stop() {
  const auto shared = shared_;
  shared->stopping = true;
  for (const auto& weak : shared->environments) {
    if (const auto environment = weak.lock()) environment->kill_all();
  }
  co_await shared->gate.closed();
}

}  // namespace kiln::sandbox

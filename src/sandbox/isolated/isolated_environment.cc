// SPDX-License-Identifier: Apache-2.0
#include "sandbox/isolated/isolated_environment.h"

#include "async/asio_loop.h"
#include "base/log.h"
#include "os/cgroup.h"
#include "sandbox/isolated/inside.h"
#include "sandbox/places.h"
#include "sandbox/runtime_connection.h"
#include "sandbox/snapshot_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace kiln::sandbox {
namespace {

constexpr std::uint32_t kRuntime = 1;  // the process; extensions get the numbers after it

void add_variables(std::vector<std::string>& out, const Places& places,
                   const std::vector<std::pair<std::string, std::string>>& platform,
                   const std::vector<std::pair<std::string, std::string>>& own) {
  for (const auto& [name, value] : platform) out.push_back(name + "=" + places.fill(value));
  for (const auto& [name, value] : own) out.push_back(name + "=" + value);
}

// One reading a layer: a program may lie in any of them.
std::vector<Places> host_places(const EnvironmentSpec& spec) {
  std::vector<std::string> layers = spec.layer_directories;
  std::ranges::reverse(layers);  // the last one wins
  if (layers.empty()) layers.emplace_back("/nonexistent");
  std::vector<Places> all;
  for (const std::string& layer : layers) {
    Places places;
    places.add("{task}", spec.task_directory);
    places.add("{runtime}", spec.runtime_directory);
    places.add("{opt}", layer);
    for (const Directory& each : spec.directories) places.add(each.name, each.host);
    all.push_back(std::move(places));
  }
  return all;
}

}  // namespace

IsolatedEnvironment::IsolatedEnvironment(Ports ports, std::uint32_t number, Gate::Pass pass)
    : ports_(std::move(ports)),
      number_(number),
      pass_(std::move(pass)),
      endpoint_(io_context_of(ports_.loop)),
      forked_(io_context_of(ports_.loop)),
      command_(std::make_shared<Process>()),
      last_number_(kRuntime) {
  command_->number = kRuntime;
}

IsolatedEnvironment::~IsolatedEnvironment() = default;

Task<Status> IsolatedEnvironment::make(launcher::Make make) {
  const auto self = shared_from_this();
  make.environment = number_;
  ports_.channel->attach(
      number_, [self](launcher::Type type, Packet& packet) { self->receive(type, packet); });
  ports_.channel->send(make);
  Clock& clock = ports_.loop.clock();
  auto waiting = made_.wait(clock, clock.monotonic().plus_ms(ports_.step_timeout_ms), {});
  auto answered = co_await std::move(waiting);
  if (!answered) co_return std::unexpected(std::move(answered.error()).context("make"));
  co_return std::move(*answered);
}

void IsolatedEnvironment::receive(launcher::Type type, Packet& packet) {
  const auto self = shared_from_this();
  switch (type) {
    case launcher::Type::kMade:
      return made(packet);
    case launcher::Type::kStarted:
      if (const auto message = launcher::decode<launcher::Started>(packet.bytes)) {
        if (message->process == kRuntime && zygote_ && !packet.descriptors.empty()) {
          forked_.assign(packet.descriptors[0].release());
        }
        if (const ProcessPtr process = find(message->process)) process->started.set(Status{});
      }
      return;
    case launcher::Type::kDone:
      (std::exchange(restricting_, false) ? restricted_ : adopted_).set(Status{});
      return;
    case launcher::Type::kConnected:
      return connected(Status{}, &packet);
    case launcher::Type::kFailed:
      if (const auto message = launcher::decode<launcher::Failed>(packet.bytes)) failed(*message);
      return;
    case launcher::Type::kExited:
      if (const auto message = launcher::decode<launcher::Exited>(packet.bytes)) {
        exited(message->process, *message);
      }
      return;
    case launcher::Type::kDestroyed:
      return destroyed();
    default:
      return;
  }
}

void IsolatedEnvironment::made(Packet& packet) {
  const auto message = launcher::decode<launcher::Made>(packet.bytes);
  if (!message || packet.descriptors.size() < 3u) {
    made_.set(fail(ErrorCode::kInternal, "the launcher answered without the listeners"));
    return;
  }
  listener_ = std::move(packet.descriptors[0]);
  // Nothing to pace within one host; BBR would set a timer for each packet.
  setsockopt(listener_.get(), IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
  endpoint_.assign(packet.descriptors[1].release());
  name_socket_ = std::move(packet.descriptors[2]);
  if (message->has_controls && packet.descriptors.size() > 5) {
    freeze_file_ = std::move(packet.descriptors[3]);
    memory_file_ = std::move(packet.descriptors[4]);
    quota_file_ = std::move(packet.descriptors[5]);
  }
  if (!closed_) accept_endpoint();
  made_.set(Status{});
}

Status IsolatedEnvironment::add_mount(std::string target, const std::string& host) {
  if (host.empty()) return {};
  mounts_.push_back({std::move(target), 1});
  return open_directory(host, directories_);
}

Status IsolatedEnvironment::prepare_runtime_mounts(const EnvironmentSpec& spec) {
  KILN_TRY_VOID(add_mount("/var/runtime", spec.runtime_directory));
  for (const Directory& each : spec.directories) {
    KILN_TRY_VOID(add_mount(each.inside, each.host));
  }
  return {};
}

Status IsolatedEnvironment::prepare_function_mounts(const EnvironmentSpec& spec) {
  KILN_TRY_VOID(add_mount("/var/task", spec.task_directory));
  if (spec.layer_directories.empty()) return {};
  mounts_.push_back({"/opt", static_cast<std::uint32_t>(spec.layer_directories.size())});
  for (const std::string& layer : spec.layer_directories) {
    KILN_TRY_VOID(open_directory(layer, directories_));
  }
  return {};
}

Status IsolatedEnvironment::prepare(EnvironmentSpec spec, std::unique_ptr<ZygoteLease> zygote) {
  id_ = spec.id;
  KILN_TRY_VOID(prepare_runtime_mounts(spec));
  KILN_TRY_VOID(prepare_function_mounts(spec));
  spec_ = std::move(spec);
  open_names();
  return prepare_command(std::move(zygote));
}

Status IsolatedEnvironment::prepare_command(std::unique_ptr<ZygoteLease> zygote) {
  zygote_ = std::move(zygote);
  if (zygote_) zygote_->on_gone([this] { zygote_gone(); });
  if (!spec_.runtime_directory.empty()) {
    KILN_TRY(RuntimeConnection runtime_api, make_runtime_connection());
    connection_ = std::move(runtime_api.ours);
    connection_inside_ = std::move(runtime_api.theirs);
  }
  return open_pipes(*command_);
}

Status IsolatedEnvironment::open_pipes(Process& process) {
  KILN_TRY(Pipe output, make_pipe());
  KILN_TRY(Pipe frames, make_pipe());
  process.pipes =
      std::make_shared<OutputPipes>(ports_.loop, std::move(output.read), std::move(frames.read));
  process.output = std::move(output.write);
  process.frames = std::move(frames.write);
  return {};
}

Result<launcher::Start> IsolatedEnvironment::describe(
    const std::vector<std::string>& command) const {
  if (command.empty()) return fail(ErrorCode::kInvalidArgument, "the command is empty");
  const Places inside = inside_places(spec_);
  launcher::Start start;
  KILN_TRY(std::string program, choose_program(inside, host_places(spec_), command.front()));
  start.argv.push_back(std::move(program));
  for (std::size_t i = 1; i < command.size(); ++i) start.argv.push_back(inside.fill(command[i]));
  start.directory = "/var/task";
  return start;
}

Task<Status> IsolatedEnvironment::run_command(std::stop_token stop) {
  const auto self = shared_from_this();
  KILN_CO_TRY(launcher::Start start, describe(spec_.command));
  if (zygote_) start.zygote = zygote_->number();
  start.variables.emplace_back("_LAMBDA_TELEMETRY_LOG_FD=3");
  if (connection_inside_ || standby_) start.variables.emplace_back("_KILN_RUNTIME_API_FD=4");
  add_variables(start.variables, inside_places(spec_), spec_.platform_variables, spec_.variables);
  if (standby_) co_return send_variables(start.variables);
  auto launching = launch(command_, std::move(start), std::move(connection_inside_), stop);
  co_return co_await std::move(launching);
}

Task<Status> IsolatedEnvironment::start_process(ProcessSpec spec, std::stop_token stop) {
  const auto self = shared_from_this();
  KILN_CO_TRY(launcher::Start start, describe(spec.command));
  add_variables(start.variables, inside_places(spec_), spec.platform_variables, spec.variables);
  const auto process = std::make_shared<Process>();
  process->number = ++last_number_;
  process->on_exit = std::move(spec.on_exit);
  KILN_CO_TRY_VOID(open_pipes(*process));
  process->pipes->on_output(std::move(spec.on_output));
  others_[process->number] = process;
  auto launching = launch(process, std::move(start), Fd(), stop);
  auto launched = co_await std::move(launching);
  if (!launched) others_.erase(process->number);
  co_return launched;
}

Task<Status> IsolatedEnvironment::launch(ProcessPtr process, launcher::Start start, Fd connection,
                                         std::stop_token stop) {
  const auto self = shared_from_this();
  if (closed_ || ended_) co_return fail(ErrorCode::kClosed, "the environment has ended");
  start.environment = number_;
  start.process = process->number;
  std::vector<int> numbers;
  if (!std::exchange(sealed_, true)) {
    start.mounts = std::move(mounts_);
    for (const Fd& fd : directories_) numbers.push_back(fd.get());
    start.memory_mb = static_cast<std::uint32_t>(spec_.memory_mb);
  }
  start.cpu_thousandths = std::max(1000U, cpu_thousandths(spec_));
  const auto pass = [&](const Fd& fd, std::uint32_t as) {
    numbers.push_back(fd.get());
    start.descriptors.push_back(as);
  };
  pass(process->output, 1);
  pass(process->output, 2);
  pass(process->frames, 3);
  if (connection) pass(connection, 4);
  if (process == command_ && spec_.snapshot.file)
    pass(spec_.snapshot.file->fd(), kSnapshotDescriptor);
  process->asked = true;
  ports_.channel->send(start, numbers);
  directories_.clear();
  process->output.reset();
  process->frames.reset();
  connection.reset();
  Clock& clock = ports_.loop.clock();
  auto waiting =
      process->started.wait(clock, clock.monotonic().plus_ms(ports_.step_timeout_ms), stop);
  auto answered = co_await std::move(waiting);
  Status started = answered ? std::move(*answered)
                            : std::unexpected(std::move(answered.error()).context("start"));
  process->asked = started.has_value();
  if (started && !closed_) process->pipes->run();
  co_return started;
}

IsolatedEnvironment::ProcessPtr IsolatedEnvironment::find(std::uint32_t number) const {
  if (number == kRuntime) return command_;
  const auto found = others_.find(number);
  return found == others_.end() ? nullptr : found->second;
}

std::vector<IsolatedEnvironment::ProcessPtr> IsolatedEnvironment::all_processes() const {
  std::vector<ProcessPtr> all{command_};
  for (const auto& [number, process] : others_) all.push_back(process);
  return all;
}

void IsolatedEnvironment::failed(const launcher::Failed& failed) {
  const bool exec = failed.step == "exec";
  const Status status = exec ? fail(ErrorCode::kInvalidArgument, failed.message)
                             : fail(ErrorCode::kIo, "the launcher failed at \"" + failed.step +
                                                        "\": " + failed.message);
  if (failed.step == "connect") return connected(status, nullptr);
  if (failed.step == "egress") {
    restricted_.set(status);
    return;
  }
  if (failed.step == "adopt") {
    adopted_.set(status);
    return;
  }
  if (!made_.has_value()) {
    broken_ = true;
    made_.set(status);
    return;
  }
  if (failed.step == "init") return end(failed.message);
  if (const ProcessPtr process = find(failed.process)) process->started.set(status);
}

// Init ended: so did everything in the environment.
void IsolatedEnvironment::end(const std::string& why) {
  broken_ = true;
  if (closed_ || std::exchange(ended_, true)) return;
  const Status status = fail(ErrorCode::kIo, "the environment broke: " + why);
  log::error("sandbox", "environment " + std::to_string(number_) + ": " + why);
  while (!connecting_.empty()) connected(status, nullptr);
  restricted_.set(status);
  adopted_.set(status);
  for (const ProcessPtr& process : all_processes()) {
    if (!process->asked || process->started.set(status)) continue;
    exited(process->number, {.environment = number_, .wait_status = SIGKILL});
  }
}

void IsolatedEnvironment::exited(std::uint32_t number, const launcher::Exited& exited) {
  const ProcessPtr process = find(number);
  if (!process || std::exchange(process->exited, true)) return;
  ExitStatus& status = process->status;
  status.signaled = WIFSIGNALED(exited.wait_status);
  status.code = status.signaled ? WTERMSIG(exited.wait_status) : WEXITSTATUS(exited.wait_status);
  status.out_of_memory =
      status.signaled && status.code == SIGKILL && exited.oom_kills > oom_kills_before_;
  oom_kills_ = std::max(oom_kills_, exited.oom_kills);
  // The file's peak begins with a reset; the message's does not everywhere.
  if (!memory_file_) {
    peak_bytes_ = std::max(peak_bytes_, static_cast<std::int64_t>(exited.memory_peak_bytes));
  }
  if (process == command_ && kill_timer_ != 0) {
    ports_.loop.clock().cancel(std::exchange(kill_timer_, 0));
  }
  if (closed_) return;
  process->pipes->finish();
  if (all_ended_ && all_ended()) all_ended_->set(Status{});
  report_exit(process);
}

// Its child runs on, but nobody knows how it will end.
void IsolatedEnvironment::zygote_gone() {
  if (!command_->asked) return zygote_.reset();
  if (!forked_.is_open()) {
    command_->started.set(fail(ErrorCode::kIo, "the zygote has ended"));
    return;
  }
  forked_.async_wait(Descriptor::wait_read, [self = shared_from_this()](const auto& error) {
    if (!error) self->exited(kRuntime, {.environment = self->number_, .process = kRuntime});
  });
}

void IsolatedEnvironment::report_exit(const ProcessPtr& process) {
  if (closed_ || !process->on_exit || std::exchange(process->reported, true)) return;
  // The callback may end this environment's handle, and with it the stored callback.
  const auto callback = std::move(process->on_exit);
  callback(process->status);
}

void IsolatedEnvironment::on_exit(std::function<void(ExitStatus)> callback) {
  command_->on_exit = std::move(callback);
  if (command_->exited && !command_->reported) {
    ports_.loop.post([self = shared_from_this()] { self->report_exit(self->command_); });
  }
}

void IsolatedEnvironment::drain_output() {
  for (const ProcessPtr& process : all_processes())
    if (process->pipes) process->pipes->drain();
}

// A SIGKILL is for all that the command left, but not for processes of start_process().
void IsolatedEnvironment::signal_command(int number) {
  ports_.channel->send(launcher::Signal{.environment = number_,
                                        .process = kRuntime,
                                        .number = number,
                                        .everything = number == SIGKILL && others_.empty()});
}

void IsolatedEnvironment::terminate(std::int64_t grace_ms) {
  if (command_->exited || closed_) return;
  if (!command_->asked) {
    // Nothing will end: the caller must hear of it all the same.
    command_->exited = true;
    ports_.loop.post([self = shared_from_this()] { self->report_exit(self->command_); });
    return;
  }
  freeze(false);
  signal_command(grace_ms <= 0 ? SIGKILL : SIGTERM);
  if (grace_ms <= 0 || kill_timer_ != 0) return;
  Clock& clock = ports_.loop.clock();
  kill_timer_ = clock.schedule(clock.monotonic().plus_ms(grace_ms), [self = shared_from_this()] {
    self->kill_timer_ = 0;
    if (!self->closed_) self->signal_command(SIGKILL);
  });
}

void IsolatedEnvironment::end_initialization() {
  if (!quota_file_ || closed_) return;
  const std::string quota = std::to_string(cpu_quota_us(cpu_thousandths(spec_)));
  if (write(quota_file_.get(), quota.data(), quota.size()) < 0) {
    log::warn("sandbox", "environment " + std::to_string(number_) + " keeps the CPU of its start");
  }
}

std::int64_t IsolatedEnvironment::peak_memory_bytes() {
  if (!memory_file_) return peak_bytes_;
  std::array<char, 32> text;
  const auto size = pread(memory_file_.get(), text.data(), text.size(), 0);
  std::int64_t bytes = 0;
  if (size > 0) std::from_chars(text.data(), text.data() + size, bytes);
  peak_bytes_ = std::max(peak_bytes_, bytes);
  return peak_bytes_;
}

void IsolatedEnvironment::freeze(bool frozen) {
  if (!freeze_file_ || closed_) return;
  if (write(freeze_file_.get(), frozen ? "1" : "0", 1) != 1) {
    log::warn("sandbox", "environment " + std::to_string(number_) + " cannot be " +
                             (frozen ? "frozen" : "thawed"));
  }
}

void IsolatedEnvironment::close() {
  if (std::exchange(closed_, true)) return;
  if (kill_timer_ != 0) ports_.loop.clock().cancel(std::exchange(kill_timer_, 0));
  for (const ProcessPtr& process : all_processes()) {
    process->on_exit = nullptr;
    if (process->pipes) process->pipes->close();
  }
  if (all_ended_) all_ended_->set(Status{});
  boost::system::error_code ignored;
  endpoint_.close(ignored);
  forked_.close(ignored);
  listener_.reset();
  connection_.reset();
  connection_inside_.reset();
  directories_.clear();
  name_socket_.reset();
  if (names_) names_->close();
  freeze_file_.reset();
  memory_file_.reset();
  quota_file_.reset();
  ports_.channel->send(launcher::Destroy{.environment = number_});
}

void IsolatedEnvironment::destroyed() {
  const auto self = shared_from_this();
  zygote_.reset();
  // Closed before it was made: nobody else will answer who waits for that.
  made_.set(fail(ErrorCode::kCancelled, "the environment was closed"));
  ports_.channel->detach(number_);
  ports_.destroyed(number_);
  pass_ = Gate::Pass();
}

void IsolatedEnvironment::launcher_gone() {
  const auto self = shared_from_this();
  made_.set(fail(ErrorCode::kIo, "the launcher has ended"));
  end("the launcher has ended");
  destroyed();
}

}  // namespace kiln::sandbox

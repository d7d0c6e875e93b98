// SPDX-License-Identifier: Apache-2.0
#include "sandbox/isolated/isolated_environment.h"

#include "async/asio_loop.h"
#include "base/log.h"
#include "sandbox/places.h"

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
// AWS: a function gets one vCPU at 1,769 MB.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
constexpr std::int64_t kMegabytesOfOneCpu = 1769;
constexpr int kAcceptsPerWake = 16;

Places inside_places(const EnvironmentSpec& spec) {
  Places places;
  places.add("{task}", "/var/task");
  places.add("{runtime}", "/var/runtime");
  places.add("{opt}", "/opt");
  places.add("{runtime_api}", "127.0.0.1:9001");
  places.add("{endpoint}", spec.endpoint.empty() ? "" : "http://169.254.100.1:4566");
  for (const Directory& each : spec.directories) places.add(each.name, each.inside);
  return places;
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

Status open_directory(const std::string& path, std::vector<Fd>& out) {
  Fd fd(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_errno("open", path, errno);
  out.push_back(std::move(fd));
  return {};
}

}  // namespace

IsolatedEnvironment::IsolatedEnvironment(Ports ports, std::uint32_t number, Gate::Pass pass)
    : ports_(std::move(ports)),
      number_(number),
      pass_(std::move(pass)),
      endpoint_(io_context_of(ports_.loop)) {}

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
      started_.set(Status{});
      return;
    case launcher::Type::kFailed:
      if (const auto message = launcher::decode<launcher::Failed>(packet.bytes)) failed(*message);
      return;
    case launcher::Type::kExited:
      if (const auto message = launcher::decode<launcher::Exited>(packet.bytes)) exited(*message);
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
  if (message->has_freeze && packet.descriptors.size() > 3) {
    freeze_file_ = std::move(packet.descriptors[3]);
  }
  if (!closed_) accept_endpoint();
  made_.set(Status{});
}

void IsolatedEnvironment::accept_endpoint() {
  endpoint_.async_wait(Descriptor::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                         if (error || self->closed_) return;
                         for (int i = 0; i < kAcceptsPerWake; ++i) {
                           Fd connection(accept4(self->endpoint_.native_handle(), nullptr, nullptr,
                                                 SOCK_CLOEXEC | SOCK_NONBLOCK));
                           if (!connection) break;
                           self->ports_.endpoint_connection(std::move(connection));
                         }
                         self->accept_endpoint();
                       });
}

Result<launcher::Start> IsolatedEnvironment::describe(const EnvironmentSpec& spec,
                                                      std::vector<Fd>& directories) {
  if (spec.command.empty()) return fail(ErrorCode::kInvalidArgument, "the command is empty");
  const Places inside = inside_places(spec);
  launcher::Start start;
  start.environment = number_;
  start.process = kRuntime;
  KILN_TRY(std::string program, choose_program(inside, host_places(spec), spec.command.front()));
  start.argv.push_back(std::move(program));
  for (std::size_t i = 1; i < spec.command.size(); ++i) {
    start.argv.push_back(inside.fill(spec.command[i]));
  }
  start.variables.emplace_back("_LAMBDA_TELEMETRY_LOG_FD=3");
  for (const auto& [name, value] : spec.platform_variables) {
    start.variables.push_back(name + "=" + inside.fill(value));
  }
  for (const auto& [name, value] : spec.variables) start.variables.push_back(name + "=" + value);
  start.directory = "/var/task";

  const auto mount = [&](std::string target, const std::string& host) -> Status {
    if (host.empty()) return {};
    start.mounts.push_back({std::move(target), 1});
    return open_directory(host, directories);
  };
  KILN_TRY_VOID(mount("/var/task", spec.task_directory));
  KILN_TRY_VOID(mount("/var/runtime", spec.runtime_directory));
  for (const Directory& each : spec.directories) {
    KILN_TRY_VOID(mount(each.inside, each.host));
  }
  if (!spec.layer_directories.empty()) {
    start.mounts.push_back({"/opt", static_cast<std::uint32_t>(spec.layer_directories.size())});
    for (const std::string& layer : spec.layer_directories) {
      KILN_TRY_VOID(open_directory(layer, directories));
    }
  }
  start.memory_mb = static_cast<std::uint32_t>(spec.memory_mb);
  start.cpu_thousandths = static_cast<std::uint32_t>(spec.memory_mb * 1000 / kMegabytesOfOneCpu);
  return start;
}

Task<Status> IsolatedEnvironment::start(EnvironmentSpec spec, std::stop_token stop) {
  const auto self = shared_from_this();
  id_ = spec.id;
  std::vector<Fd> descriptors;
  KILN_CO_TRY(launcher::Start start, describe(spec, descriptors));
  KILN_CO_TRY(Pipe output, make_pipe());
  KILN_CO_TRY(Pipe frames, make_pipe());
  std::vector<int> numbers;
  for (const Fd& fd : descriptors) numbers.push_back(fd.get());
  const auto pass = [&](int fd, std::uint32_t as) {
    numbers.push_back(fd);
    start.descriptors.push_back(as);
  };
  pass(output.write.get(), 1);
  pass(output.write.get(), 2);
  pass(frames.write.get(), 3);
  Fd theirs;
  if (!spec.runtime_directory.empty()) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
      co_return fail_errno("socketpair", "", errno);
    }
    connection_ = Fd(ends[0]);
    theirs = Fd(ends[1]);
    pass(theirs.get(), 4);
    start.variables.emplace_back("_KILN_RUNTIME_API_FD=4");
  }
  pipes_ =
      std::make_shared<OutputPipes>(ports_.loop, std::move(output.read), std::move(frames.read));
  ports_.channel->send(start, numbers);
  descriptors.clear();
  output.write.reset();
  frames.write.reset();
  theirs.reset();
  Clock& clock = ports_.loop.clock();
  auto waiting = started_.wait(clock, clock.monotonic().plus_ms(ports_.step_timeout_ms), stop);
  auto answered = co_await std::move(waiting);
  if (!answered) co_return std::unexpected(std::move(answered.error()).context("start"));
  if (*answered && !closed_) pipes_->run();
  co_return std::move(*answered);
}

void IsolatedEnvironment::failed(const launcher::Failed& failed) {
  broken_ = true;
  const bool exec = failed.step == "exec";
  const Status status = exec ? fail(ErrorCode::kInvalidArgument, failed.message)
                             : fail(ErrorCode::kIo, "the launcher failed at \"" + failed.step +
                                                        "\": " + failed.message);
  if (!made_.has_value()) {
    made_.set(status);
  } else if (pipes_ && !started_.has_value()) {
    started_.set(status);
  } else if (failed.step == "init" && pipes_) {
    log::error("sandbox", "environment " + std::to_string(number_) + ": " + failed.message);
    exited({.environment = number_, .process = kRuntime, .wait_status = SIGKILL});
  }
}

void IsolatedEnvironment::exited(const launcher::Exited& exited) {
  if (exited_ || exited.process != kRuntime) return;
  exited_ = true;
  status_.signaled = WIFSIGNALED(exited.wait_status);
  status_.code = status_.signaled ? WTERMSIG(exited.wait_status) : WEXITSTATUS(exited.wait_status);
  status_.out_of_memory = exited.oom_kills > 0;
  peak_bytes_ = std::max(peak_bytes_, static_cast<std::int64_t>(exited.memory_peak_bytes));
  if (kill_timer_ != 0) ports_.loop.clock().cancel(std::exchange(kill_timer_, 0));
  if (closed_) return;
  pipes_->finish();
  report_exit();
}

void IsolatedEnvironment::report_exit() {
  if (closed_ || !exit_callback_ || std::exchange(reported_, true)) return;
  // The callback may end this environment's handle, and with it the stored callback.
  const auto callback = std::move(exit_callback_);
  callback(status_);
}

void IsolatedEnvironment::on_exit(std::function<void(ExitStatus)> callback) {
  exit_callback_ = std::move(callback);
  if (exited_ && !reported_) {
    ports_.loop.post([self = shared_from_this()] { self->report_exit(); });
  }
}

void IsolatedEnvironment::terminate(std::int64_t grace_ms) {
  if (exited_ || closed_) return;
  freeze(false);
  const bool at_once = grace_ms <= 0;
  ports_.channel->send(launcher::Signal{.environment = number_,
                                        .process = kRuntime,
                                        .number = at_once ? SIGKILL : SIGTERM,
                                        .everything = at_once});
  if (at_once || kill_timer_ != 0) return;
  Clock& clock = ports_.loop.clock();
  kill_timer_ = clock.schedule(clock.monotonic().plus_ms(grace_ms), [self = shared_from_this()] {
    self->kill_timer_ = 0;
    if (self->closed_) return;
    self->ports_.channel->send(launcher::Signal{
        .environment = self->number_, .process = kRuntime, .number = SIGKILL, .everything = true});
  });
}

std::int64_t IsolatedEnvironment::peak_memory_bytes() {
  if (!memory_file_ || exited_) return peak_bytes_;
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
  exit_callback_ = nullptr;
  if (kill_timer_ != 0) ports_.loop.clock().cancel(std::exchange(kill_timer_, 0));
  if (pipes_) pipes_->close();
  boost::system::error_code ignored;
  endpoint_.close(ignored);
  listener_.reset();
  connection_.reset();
  freeze_file_.reset();
  memory_file_.reset();
  ports_.channel->send(launcher::Destroy{.environment = number_});
}

void IsolatedEnvironment::destroyed() {
  ports_.channel->detach(number_);
  ports_.destroyed(number_);
  pass_ = Gate::Pass();
}

void IsolatedEnvironment::launcher_gone() {
  const auto self = shared_from_this();
  failed({.environment = number_, .step = "init", .message = "the launcher has ended"});
  destroyed();
}

}  // namespace kiln::sandbox

// SPDX-License-Identifier: Apache-2.0
#include "sandbox/process/process_environment.h"

#include <arpa/inet.h>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace kiln::sandbox {
namespace {

void add_variables(std::vector<std::string>& out, const Places& places,
                   const std::vector<std::pair<std::string, std::string>>& platform,
                   const std::vector<std::pair<std::string, std::string>>& own) {
  for (const auto& [name, value] : platform) out.push_back(name + "=" + places.fill(value));
  for (const auto& [name, value] : own) out.push_back(name + "=" + value);
}

}  // namespace

ProcessEnvironment::ProcessEnvironment(Loop& loop, Parts parts, Counter& live, Gate::Pass pass)
    : loop_(loop),
      spec_(std::move(parts.spec)),
      directory_(std::move(parts.directory)),
      temporary_(std::move(parts.temporary)),
      places_(std::move(parts.places)),
      freeze_(parts.freeze),
      file_rules_(std::move(parts.file_rules)),
      confinement_{file_rules_.get(), parts.filter},
      listener_(std::move(parts.listener)),
      connection_(std::move(parts.connection)),
      connection_inside_(std::move(parts.connection_inside)),
      live_(live),
      owner_(std::move(parts.owner)),
      pass_(std::move(pass)) {
  live_.add(1);
}

ProcessEnvironment::~ProcessEnvironment() {
  if (cleaned_) return;
  // Only when the loop ended before us. Counters may be gone.
  command_.reset();
  others_.clear();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void ProcessEnvironment::clean_up() {
  if (std::exchange(cleaned_, true)) return;
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
  live_.add(-1);
  pass_ = Gate::Pass();
}

void ProcessEnvironment::child_reaped() {
  if (--alive_ == 0 && (command_ || closed_)) clean_up();
}

Result<SpawnSpec> ProcessEnvironment::describe(const std::vector<std::string>& command) const {
  if (command.empty()) return fail(ErrorCode::kInvalidArgument, "the command is empty");
  SpawnSpec process;
  KILN_TRY(process.program, choose_program(places_, {places_}, command.front()));
  process.arguments.push_back(process.program);
  for (std::size_t i = 1; i < command.size(); ++i) {
    process.arguments.push_back(places_.fill(command[i]));
  }
  process.variables = {"TMPDIR=" + temporary_};
  process.directory = spec_.task_directory;
  if (file_rules_) process.confinement = &confinement_;
  return process;
}

Result<std::shared_ptr<ChildProcess>> ProcessEnvironment::spawn_child(SpawnSpec process) {
  if (closed_ || cleaned_) return fail(ErrorCode::kClosed, "the environment has ended");
  KILN_TRY(Pipe output, make_pipe());
  KILN_TRY(Pipe frames, make_pipe());
  process.output = output.write.get();
  process.frames = frames.write.get();
  KILN_TRY(Spawned spawned, spawn(process));
  auto child = std::make_shared<ChildProcess>(loop_, std::move(spawned), std::move(output.read),
                                              std::move(frames.read));
  ++alive_;
  // The child does not hold us, its end does: whoever drops the loop drops both.
  child->run([self = shared_from_this()] { self->child_reaped(); });
  return child;
}

Status ProcessEnvironment::start_command() {
  KILN_TRY(SpawnSpec process, describe(spec_.command));
  process.variables.emplace_back("_LAMBDA_TELEMETRY_LOG_FD=3");
  add_variables(process.variables, places_, spec_.platform_variables, spec_.variables);
  if (connection_inside_) {
    process.variables.emplace_back("_KILN_RUNTIME_API_FD=4");
    process.runtime_api = connection_inside_.get();
  }
  KILN_TRY(command_, spawn_child(std::move(process)));
  connection_inside_.reset();
  if (output_sink_) command_->on_output(std::move(output_sink_));
  if (exit_callback_) command_->on_exit(std::move(exit_callback_));
  return {};
}

Status ProcessEnvironment::start_process(ProcessSpec spec) {
  KILN_TRY(SpawnSpec process, describe(spec.command));
  add_variables(process.variables, places_, spec.platform_variables, spec.variables);
  KILN_TRY(auto child, spawn_child(std::move(process)));
  child->on_output(std::move(spec.on_output));
  child->on_exit(std::move(spec.on_exit));
  others_.push_back(std::move(child));
  return {};
}

void ProcessEnvironment::on_output(std::function<void(const Output&)> sink) {
  if (command_) return command_->on_output(std::move(sink));
  output_sink_ = std::move(sink);
}

void ProcessEnvironment::on_exit(std::function<void(ExitStatus)> callback) {
  if (command_) return command_->on_exit(std::move(callback));
  exit_callback_ = std::move(callback);
}

void ProcessEnvironment::drain_output() {
  if (command_) command_->drain_output();
  for (const auto& other : others_) other->drain_output();
}

void ProcessEnvironment::terminate(std::int64_t grace_ms) {
  if (command_) return command_->terminate(grace_ms);
  // Nothing will end: the caller must hear of it all the same.
  if (auto callback = std::exchange(exit_callback_, nullptr)) {
    loop_.post([self = shared_from_this(), callback = std::move(callback)] {
      if (!self->closed_) callback(ExitStatus{});
    });
  }
}

std::int64_t ProcessEnvironment::peak_memory_bytes() {
  std::int64_t bytes = command_ ? command_->peak_memory_bytes() : 0;
  for (const auto& other : others_) bytes += other->peak_memory_bytes();
  return bytes;
}

void ProcessEnvironment::signal_all(int number) {
  if (command_) command_->signal_group(number);
  for (const auto& other : others_) other->signal_group(number);
}

Result<Fd> ProcessEnvironment::connect(int port) const {
  Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno("socket", "", errno);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  // On loopback the answer is there at once, whatever it is.
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS) {
    return fail_errno("connect", "127.0.0.1:" + std::to_string(port), errno);
  }
  return fd;
}

void ProcessEnvironment::kill_all() {
  signal_all(SIGKILL);
  if (!command_ && alive_ == 0) clean_up();
}

void ProcessEnvironment::close() {
  if (std::exchange(closed_, true)) return;
  output_sink_ = nullptr;
  exit_callback_ = nullptr;
  if (command_) command_->close();
  for (const auto& other : others_) other->close();
  listener_.reset();
  connection_.reset();
  connection_inside_.reset();
  if (alive_ == 0) clean_up();
}

}  // namespace kiln::sandbox

// SPDX-License-Identifier: Apache-2.0
// How a command boots before its function is known, and how it gets to know it.
#include "sandbox/isolated/inside.h"
#include "sandbox/isolated/isolated_environment.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <utility>

namespace kiln::sandbox {
namespace {

// What stands at /var/task and /opt until the function comes: something with a lib folder. The
// loader of shared libraries remembers which folders of its path exist.
constexpr const char* kStandIn = "/usr";
const std::vector<std::string>& stand_in_targets() {
  static const std::vector<std::string> targets{"/var/task", "/opt"};
  return targets;
}

}  // namespace

Task<Status> IsolatedEnvironment::boot(EnvironmentSpec spec, std::unique_ptr<ZygoteLease> zygote) {
  const auto self = shared_from_this();
  const bool forks = zygote != nullptr;
  KILN_CO_TRY_VOID(prepare_runtime_mounts(spec));
  // A zygote has seen its own stand-ins.
  if (!forks) {
    for (const std::string& target : stand_in_targets()) {
      KILN_CO_TRY_VOID(add_mount(target, kStandIn));
    }
  }
  spec_ = std::move(spec);
  KILN_CO_TRY_VOID(prepare_command(std::move(zygote)));
  standby_ = duplicate(connection_);
  KILN_CO_TRY(launcher::Start start, describe(spec_.command));
  start.directory = "/";
  start.waiting = true;
  if (zygote_) start.zygote = zygote_->number();
  const Places inside = inside_places(spec_);
  for (const auto& [name, value] : spec_.standby.variables) {
    start.variables.push_back(name + "=" + inside.fill(value));
  }
  start.variables.emplace_back("_LAMBDA_TELEMETRY_LOG_FD=3");
  start.variables.emplace_back("_KILN_RUNTIME_API_FD=4");
  start.variables.emplace_back("_KILN_STANDBY_FD=4");
  auto launching = launch(command_, std::move(start), std::move(connection_inside_), {});
  co_return co_await std::move(launching);
}

Task<Status> IsolatedEnvironment::adopt(EnvironmentSpec spec, std::stop_token stop) {
  const auto self = shared_from_this();
  if (!usable() || ended_) co_return fail(ErrorCode::kIo, "what waited has ended");
  id_ = spec.id;
  launcher::Adopt adopt{.environment = number_,
                        .removed = zygote_ ? std::vector<std::string>{} : stand_in_targets(),
                        .mounts = {},
                        .memory_mb = static_cast<std::uint32_t>(spec.memory_mb),
                        .cpu_thousandths = std::max(1000U, cpu_thousandths(spec))};
  mounts_.clear();
  KILN_CO_TRY_VOID(prepare_function_mounts(spec));
  adopt.mounts = std::move(mounts_);
  spec_ = std::move(spec);
  open_names();
  auto restricting = restrict_egress(stop);
  KILN_CO_TRY_VOID(co_await std::move(restricting));
  std::vector<int> numbers;
  for (const Fd& fd : directories_) numbers.push_back(fd.get());
  ports_.channel->send(adopt, numbers);
  directories_.clear();
  Clock& clock = ports_.loop.clock();
  auto waiting = adopted_.wait(clock, clock.monotonic().plus_ms(ports_.step_timeout_ms), stop);
  auto answered = co_await std::move(waiting);
  if (!answered) co_return std::unexpected(std::move(answered.error()).context("adopt"));
  co_return std::move(*answered);
}

// They fit the socket's buffer by far: the environment of a function has 4 KB.
Status IsolatedEnvironment::send_variables(const std::vector<std::string>& variables) {
  const Fd to = std::move(standby_);
  std::string message(4, '\0');
  for (const std::string& each : variables) message.append(each).push_back('\0');
  const auto size = static_cast<std::uint32_t>(message.size() - 4);
  for (int i = 0; i < 4; ++i)
    message[static_cast<std::size_t>(i)] = static_cast<char>(size >> 8 * i);
  const auto sent = send(to.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent == static_cast<ssize_t>(message.size())) return {};
  return fail_errno("send", "the variables", sent < 0 ? errno : EMSGSIZE);
}

}  // namespace kiln::sandbox

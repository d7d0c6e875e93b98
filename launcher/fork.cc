// SPDX-License-Identifier: Apache-2.0
// Zygotes: how a Start goes to init for its mounts and then to a zygote for its process.
#include "launcher/launcher.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

namespace kiln::launcher {
namespace {

Result<Fd> file_of(const std::vector<std::string>& variables) {
  std::string text;
  for (const std::string& variable : variables) text.append(variable).push_back('\0');
  Fd file(memfd_create("variables", MFD_CLOEXEC));
  if (!file) return fail_errno("memfd_create", "variables", errno);
  const ssize_t size = write(file.get(), text.data(), text.size());
  if (size != static_cast<ssize_t>(text.size())) return fail_errno("write", "variables", errno);
  return file;
}

}  // namespace

// Adds the zygote's channel to the descriptors of its Start.
Status Launcher::start_zygote(Environment& environment, Start& start, std::vector<Fd>& passed) {
  if (environment.zygote_channel) {
    return fail(ErrorCode::kConflict, "a zygote runs there already");
  }
  for (const auto number : start.descriptors) {
    if (number == kZygoteChannel) {
      return fail(ErrorCode::kInvalidArgument, "descriptor 3 of a zygote is its channel");
    }
  }
  KILN_TRY(auto ends, packet_pair());
  environment.zygote_channel = std::move(ends.first);
  fcntl(environment.zygote_channel.get(), F_SETFL, O_NONBLOCK);
  watch_zygote(environment);
  start.descriptors.push_back(kZygoteChannel);
  passed.push_back(std::move(ends.second));
  return {};
}

// `passed`: the trees of the mounts, then the descriptors.
Status Launcher::prepare_fork(Environment& environment, Start start, std::vector<Fd> passed) {
  if (environment.pending) return fail(ErrorCode::kConflict, "another start is under way");
  const Environment* zygote = find(start.zygote);
  if (zygote == nullptr || !zygote->zygote_channel || zygote->destroying) {
    return fail(ErrorCode::kNotFound, "there is no zygote " + std::to_string(start.zygote));
  }
  Start mounts = start;
  mounts.descriptors.clear();
  std::vector<int> trees;
  for (std::size_t i = 0; i < start.mounts.size(); ++i) trees.push_back(passed[i].get());
  KILN_TRY_VOID(send_packet(environment.channel.get(), encode(mounts), trees));
  passed.erase(passed.begin(), passed.begin() + static_cast<std::ptrdiff_t>(start.mounts.size()));
  environment.pending = std::move(start);
  environment.pending_descriptors = std::move(passed);
  return {};
}

void Launcher::on_attached(Environment& environment) {
  if (!environment.pending) return;
  const Start start = std::move(*environment.pending);
  environment.pending.reset();
  const auto asked = ask_zygote(environment, start);
  environment.pending_descriptors.clear();
  if (!asked) {
    answer(Failed{start.environment, start.process, "zygote", asked.error().message, 0});
  }
}

Status Launcher::ask_zygote(Environment& environment, const Start& start) {
  const Environment* zygote = find(start.zygote);
  if (zygote == nullptr || !zygote->zygote_channel) {
    return fail(ErrorCode::kNotFound, "the zygote has ended");
  }
  Fork fork{start, outer_root(environment), outer_root(environment) + 1, 0, !start.waiting};
  std::vector<int> descriptors{environment.pidfd.get()};
  Fd unified;
  if (environment.cgroup) {
    for (const auto& entry : environment.cgroup->entries()) descriptors.push_back(entry.get());
    KILN_TRY(unified, environment.cgroup->unified_entry());
    descriptors.push_back(unified.get());
  }
  fork.cgroup_entries = static_cast<std::uint32_t>(descriptors.size() - 1);
  Fd variables;
  if (fork.variables_apart) {
    KILN_TRY(variables, file_of(start.variables));
    descriptors.push_back(variables.get());
    fork.start.variables.clear();
  }
  for (const auto& fd : environment.pending_descriptors) descriptors.push_back(fd.get());
  return send_packet(zygote->zygote_channel.get(), encode(fork), descriptors);
}

// A zygote speaks of the environments that it forked into.
void Launcher::on_zygote_message(Environment& zygote) {
  auto packet = receive_packet(zygote.zygote_channel.get());
  if (!packet) {
    if (packet.error().code != ErrorCode::kTimeout) zygote.zygote_channel.reset();
    return;
  }
  const auto type = type_of(packet->bytes);
  if (!type) return;
  std::uint32_t number = 0;
  std::uint32_t process = 0;
  Reader reader(std::string_view(packet->bytes).substr(4));
  reader(number);
  reader(process);
  Environment* environment = find(number);
  if (environment == nullptr || environment->destroying || environment->dead) return;
  if (*type == Type::kStarted && packet->descriptors.size() == 1) {
    environment->forked[process] = Fd(fcntl(packet->descriptors[0].get(), F_DUPFD_CLOEXEC, 0));
  }
  if (*type == Type::kExited) environment->forked.erase(process);
  forward(*environment, std::move(*packet), *type);
}

}  // namespace kiln::launcher

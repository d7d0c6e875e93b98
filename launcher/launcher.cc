// SPDX-License-Identifier: Apache-2.0
#include "launcher/launcher.h"

#include "os/files.h"
#include "os/mounts.h"
#include "os/namespaces.h"

#include <cerrno>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <span>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kiln::launcher {
namespace {

// What epoll reports: these two, kEgressTag, or kFirst + environment * kKinds + the kind.
constexpr std::uint64_t kControl = 0;
constexpr std::uint64_t kSignals = 1;
constexpr std::uint64_t kFirst = 3;
constexpr std::uint64_t kKinds = 3;
constexpr std::uint64_t kChannel = 0;
constexpr std::uint64_t kExit = 1;
constexpr std::uint64_t kZygote = 2;
constexpr int kRemoveRetryMs = 2;
constexpr std::size_t kMaxUnsent = 65536;

std::vector<int> numbers(std::span<const Fd> descriptors) {
  std::vector<int> result;
  for (const auto& fd : descriptors) result.push_back(fd.get());
  return result;
}

// The child of clone: becomes init. Only system calls.
[[noreturn]] void become_init(int program, int channel) {
  const int high = fcntl(program, F_DUPFD_CLOEXEC, 10);
  if (dup2(channel, kInitChannel) < 0) _exit(127);
  close_range(kInitChannel + 1, static_cast<unsigned>(high) - 1, 0);
  close_range(static_cast<unsigned>(high) + 1, ~0U, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  char name[] = "kiln-init";
  char* const arguments[] = {name, nullptr};
  char* const variables[] = {nullptr};
  syscall(SYS_execveat, high, "", arguments, variables, AT_EMPTY_PATH);
  _exit(127);
}

}  // namespace

int Launcher::run() {
  while (!closing_ || !environments_.empty()) {
    bool removing = false;
    for (const auto id : ending_) removing |= environments_.at(id)->dead;
    serve(removing ? kRemoveRetryMs : -1);
    finish_destroyed();
  }
  return 0;
}

void Launcher::serve(int timeout_ms) {
  epoll_event events[64];
  const int count = epoll_wait(epoll_.get(), events, 64, timeout_ms);
  for (int i = 0; i < count; ++i) {
    const std::uint64_t tag = events[i].data.u64;
    if (tag == kControl) {
      if ((events[i].events & EPOLLOUT) != 0) flush();
      if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) on_control();
    } else if (tag == kSignals) {
      server_gone();
    } else if (tag == kEgressTag) {
      on_egress_helper();
    } else if (Environment* found = find(static_cast<std::uint32_t>((tag - kFirst) / kKinds))) {
      const std::uint64_t kind = (tag - kFirst) % kKinds;
      if (kind == kChannel) on_init_message(*found);
      if (kind == kExit) on_init_exit(*found);
      if (kind == kZygote) on_zygote_message(*found);
    }
  }
}

void Launcher::on_control() {
  for (int i = 0; i < 16 && !closing_; ++i) {
    auto packet = receive_packet(options_.control);
    if (packet) {
      handle(std::move(*packet));
    } else if (packet.error().code == ErrorCode::kTimeout) {
      return;
    } else if (packet.error().code == ErrorCode::kLimitExceeded) {
      answer(Failed{0, 0, "request", packet.error().message, 0});
    } else {
      server_gone();
    }
  }
}

void Launcher::server_gone() {
  if (std::exchange(closing_, true)) return;
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, options_.control, nullptr);
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, signals_.get(), nullptr);
  unsent_.clear();
  for (const auto& [id, each] : environments_) begin_destroy(*each);
}

void Launcher::handle(Packet packet) {
  const auto type = type_of(packet.bytes);
  if (!type) return answer(Failed{0, 0, "request", type.error().message, 0});
  switch (*type) {
    case Type::kMake:
      return make(packet);
    case Type::kStart:
      return start(packet);
    case Type::kAdopt:
      return adopt(packet);
    case Type::kSignal:
      return signal(packet);
    case Type::kFreeze:
      return freeze(packet, true);
    case Type::kThaw:
      return freeze(packet, false);
    case Type::kMeasure:
      return measure(packet);
    case Type::kDestroy:
      return destroy(packet);
    case Type::kConnect:
      return connect(packet);
    case Type::kRestrict:
      return restrict_egress(packet);
    default:
      return answer(Failed{0, 0, "request",
                           "message " + std::to_string(static_cast<int>(*type)) + " is no request",
                           0});
  }
}

void Launcher::make(Packet& packet) {
  const auto make = decode<Make>(packet.bytes);
  if (!make) return answer(Failed{0, 0, "request", make.error().message, 0});
  const auto refuse = [&](const char* step, std::string why) {
    answer(Failed{make->environment, 0, step, std::move(why), 0});
  };
  if (const auto good = check(*make); !good) return refuse("request", good.error().message);
  if (make->zygote && !privileged_) return refuse("request", "zygotes need level root");
  if (environments_.contains(make->environment)) {
    return refuse("request", "environment " + std::to_string(make->environment) + " is in use");
  }
  auto& slot = environments_[make->environment];
  slot = std::make_unique<Environment>();
  slot->id = make->environment;
  slot->slot = take_slot();
  slot->zygote = make->zygote;
  if (auto made = make_environment(*slot, *make); !made) {
    // Of use to nobody, but the server destroys it as it does any other that failed.
    slot->dead = !slot->pidfd;
    refuse("launch", made.error().message);
  }
}

Status Launcher::make_environment(Environment& environment, const Make& make) {
  if (cgroups_) {
    KILN_TRY(Cgroup group, cgroups_->make(std::to_string(make.environment)));
    environment.cgroup = std::move(group);
  }
  KILN_TRY(auto ends, packet_pair());
  environment.channel = std::move(ends.first);
  fcntl(environment.channel.get(), F_SETFL, O_NONBLOCK);
  KILN_TRY_VOID(spawn_init(environment, ends.second.get()));
  const std::uint64_t tag = kFirst + kKinds * environment.id;
  watch(environment.channel.get(), tag + kChannel, EPOLLIN);
  watch(environment.pidfd.get(), tag + kExit, EPOLLIN);
  return send_setup(environment, make);
}

std::uint32_t Launcher::outer_root(const Environment& environment) const {
  return options_.uid_base + 2 * (range_ * kMaxEnvironments + environment.slot);
}

void Launcher::watch_zygote(const Environment& environment) {
  watch(environment.zygote_channel.get(), kFirst + kKinds * environment.id + kZygote, EPOLLIN);
}

Status Launcher::spawn_init(Environment& environment, int init_channel) {
  std::uint64_t namespaces = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
  // A process can only enter PID namespaces below its own: a zygote stays in the host's.
  if (!environment.zygote) namespaces |= CLONE_NEWPID;
  auto cloned =
      clone_process(namespaces, environment.cgroup ? environment.cgroup->directory() : -1);
  if (!cloned) {
    return std::unexpected(std::move(cloned.error())
                               .context("namespaces (is user.max_*_namespaces or the pids limit "
                                        "of the host reached?)"));
  }
  if (cloned->pid == 0) become_init(init_program_.get(), init_channel);
  environment.pidfd = std::move(cloned->pidfd);
  return {};
}

Status Launcher::send_setup(Environment& environment, const Make& make) {
  Setup setup;
  setup.make = make;
  setup.privileged = privileged_;
  setup.outer_root = outer_root(environment);
  setup.outer_user = setup.outer_root + 1;
  setup.state = options_.state;
  setup.tmp_image = tmp_image_;
  setup.fail_step = options_.fail_step;
  std::vector<int> descriptors;
  if (environment.cgroup) descriptors = numbers(environment.cgroup->entries());
  setup.cgroup_entries = static_cast<std::uint32_t>(descriptors.size());
  std::optional<Netlink> host;
  if (routed_ && make.egress && !make.zygote) {
    KILN_TRY(host, Netlink::open());
    descriptors.push_back(host->fd());
    setup.host_interface = "kiln" + std::to_string(range_) + "-" + std::to_string(environment.slot);
    environment.interface = setup.host_interface;
    setup.address = kFirstAddress.value + range_ * kMaxEnvironments + environment.slot;
  }
  return send_packet(environment.channel.get(), encode(setup), descriptors);
}

void Launcher::start(Packet& packet) {
  auto start = decode<Start>(packet.bytes);
  if (!start) return answer(Failed{0, 0, "request", start.error().message, 0});
  const auto refuse = [&](const char* step, std::string why) {
    answer(Failed{start->environment, start->process, step, std::move(why), 0});
  };
  if (const auto good = check(*start, packet.descriptors.size()); !good) {
    return refuse("request", good.error().message);
  }
  Environment* environment = find_or_fail(start->environment, start->process);
  if (environment == nullptr) return;
  if (environment->cgroup) {
    const auto limited = environment->cgroup->limit(
        {.memory_bytes = static_cast<std::int64_t>(start->memory_mb) * 1024 * 1024,
         .pids = start->pids,
         .cpu_thousandths = start->cpu_thousandths});
    if (!limited) return refuse("limits", limited.error().message);
  }
  const auto sent = start_process(*environment, *start, std::move(packet.descriptors));
  if (!sent) refuse("mounts", sent.error().message);
}

Status Launcher::start_process(Environment& environment, Start start, std::vector<Fd> descriptors) {
  KILN_TRY(auto passed, make_trees(start.mounts, std::move(descriptors)));
  if (start.zygote != kNoZygote) {
    return prepare_fork(environment, std::move(start), std::move(passed));
  }
  if (environment.zygote) {
    KILN_TRY_VOID(start_zygote(environment, start, passed));
  }
  return send_packet(environment.channel.get(), encode(start), numbers(passed));
}

void Launcher::signal(const Packet& packet) {
  const auto signal = decode<Signal>(packet.bytes);
  if (!signal) return answer(Failed{0, 0, "request", signal.error().message, 0});
  Environment* environment = find_or_fail(signal->environment, signal->process);
  if (environment == nullptr) return;
  if (!signal->everything && environment->forked.contains(signal->process)) {
    syscall(SYS_pidfd_send_signal, environment->forked[signal->process].get(), signal->number,
            nullptr, 0);
    return;
  }
  const auto sent = send_packet(environment->channel.get(), packet.bytes);
  if (!sent) {
    answer(Failed{signal->environment, signal->process, "signal", sent.error().message, 0});
  }
}

void Launcher::connect(const Packet& packet) {
  const auto connect = decode<Connect>(packet.bytes);
  if (!connect) return answer(Failed{0, 0, "request", connect.error().message, 0});
  Environment* environment = find(connect->environment);
  if (environment == nullptr || environment->destroying || environment->dead) {
    return answer(Failed{connect->environment, 0, "connect", "there is no such environment", 0});
  }
  const auto sent = send_packet(environment->channel.get(), packet.bytes);
  if (!sent) answer(Failed{connect->environment, 0, "connect", sent.error().message, 0});
}

void Launcher::freeze(const Packet& packet, bool frozen) {
  const auto about = decode<Freeze>(packet.bytes);  // Thaw has the same form
  if (!about) return answer(Failed{0, 0, "request", about.error().message, 0});
  Environment* environment = find_or_fail(about->environment);
  if (environment == nullptr) return;
  Status done = fail(ErrorCode::kInvalidArgument, "this level cannot freeze: it has no cgroups");
  if (environment->cgroup) done = environment->cgroup->freeze(frozen);
  if (done) {
    answer(Done{about->environment});
  } else {
    answer(Failed{about->environment, 0, frozen ? "freeze" : "thaw", done.error().message, 0});
  }
}

void Launcher::measure(const Packet& packet) {
  const auto about = decode<Measure>(packet.bytes);
  if (!about) return answer(Failed{0, 0, "request", about.error().message, 0});
  Environment* environment = find_or_fail(about->environment);
  if (environment == nullptr) return;
  CgroupUsage usage;
  if (environment->cgroup) usage = environment->cgroup->usage();
  answer(Usage{
      about->environment, static_cast<std::uint64_t>(usage.memory_bytes),
      static_cast<std::uint64_t>(usage.memory_peak_bytes), static_cast<std::uint64_t>(usage.cpu_us),
      static_cast<std::uint32_t>(usage.oom_kills), static_cast<std::uint32_t>(usage.pids)});
}

void Launcher::destroy(const Packet& packet) {
  const auto about = decode<Destroy>(packet.bytes);
  if (!about) return answer(Failed{0, 0, "request", about.error().message, 0});
  Environment* environment = find(about->environment);
  if (environment == nullptr) return answer(Destroyed{about->environment});
  begin_destroy(*environment);
}

void Launcher::begin_destroy(Environment& environment) {
  if (std::exchange(environment.destroying, true)) return;
  ending_.push_back(environment.id);
  // Also what a zygote put in; the end of init ends the rest.
  if (environment.cgroup) (void)environment.cgroup->kill();
  if (environment.pidfd && !environment.dead) {
    syscall(SYS_pidfd_send_signal, environment.pidfd.get(), SIGKILL, nullptr, 0);
  }
}

void Launcher::finish_destroyed() {
  std::erase_if(ending_, [this](std::uint32_t id) {
    Environment& environment = *environments_.at(id);
    if (!environment.dead) return false;
    if (environment.cgroup) {
      const auto removed = environment.cgroup->remove();
      if (removed && !*removed) return false;  // the last processes are still leaving
    }
    slots_.reset(environment.slot);
    egress_chains_.release(environment.chain);
    environments_.erase(id);
    answer(Destroyed{id});
    return true;
  });
}

void Launcher::on_init_message(Environment& environment) {
  auto packet = receive_packet(environment.channel.get());
  if (!packet) {
    if (packet.error().code == ErrorCode::kTimeout) return;
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, environment.channel.get(), nullptr);
    return;  // its exit is reported by the pidfd
  }
  if (environment.destroying) return;
  const auto type = type_of(packet->bytes);
  if (!type) return;
  if (*type == Type::kAttached) return on_attached(environment);
  if (*type == Type::kFailed) environment.pending.reset();
  forward(environment, std::move(*packet), *type);
}

// Init's messages go on to the server as they are, but for what only the launcher knows.
void Launcher::forward(Environment& environment, Packet packet, Type type) {
  if (type == Type::kMade && environment.cgroup) {
    auto made = decode<Made>(packet.bytes);
    auto freeze = environment.cgroup->freeze_file();
    auto peak = environment.cgroup->peak_file();
    auto quota = environment.cgroup->quota_file();
    if (made && freeze && peak && quota) {
      made->has_controls = true;
      packet.bytes = encode(*made);
      for (auto* file : {&*freeze, &*peak, &*quota}) packet.descriptors.push_back(std::move(*file));
    }
  }
  if (type == Type::kExited && environment.cgroup) {
    if (auto exited = decode<Exited>(packet.bytes)) {
      const CgroupUsage usage = environment.cgroup->usage();
      exited->oom_kills = static_cast<std::uint32_t>(usage.oom_kills);
      exited->memory_peak_bytes = static_cast<std::uint64_t>(usage.memory_peak_bytes);
      packet.bytes = encode(*exited);
    }
  }
  answer_bytes(std::move(packet.bytes), std::move(packet.descriptors));
}

void Launcher::on_init_exit(Environment& environment) {
  // What it said before its end comes first.
  while (auto packet = receive_packet(environment.channel.get())) {
    const auto type = type_of(packet->bytes);
    if (type && !environment.destroying) forward(environment, std::move(*packet), *type);
  }
  siginfo_t info{};
  waitid(P_PIDFD, static_cast<id_t>(environment.pidfd.get()), &info, WEXITED);
  environment.pidfd.reset();
  environment.channel.reset();
  environment.dead = true;
  if (environment.destroying) return;
  answer(Failed{environment.id, 0, "init",
                "init ended by itself, status " + std::to_string(info.si_status) +
                    ": destroy the environment",
                0});
}

// The one that was free for longest: the kernel takes its time to remove an interface, and late
// packets for an address must not find a new owner.
std::uint32_t Launcher::take_slot() {
  do {
    last_slot_ = (last_slot_ + 1) % kMaxEnvironments;
  } while (slots_[last_slot_]);
  slots_.set(last_slot_);
  return last_slot_;
}

Launcher::Environment* Launcher::find(std::uint32_t id) {
  const auto found = environments_.find(id);
  return found == environments_.end() ? nullptr : found->second.get();
}

Launcher::Environment* Launcher::find_or_fail(std::uint32_t id, std::uint32_t process) {
  Environment* found = find(id);
  if (found != nullptr && !found->destroying && !found->dead) return found;
  answer(Failed{id, process, "request", "there is no environment " + std::to_string(id), 0});
  return nullptr;
}

void Launcher::answer_bytes(std::string bytes, std::vector<Fd> descriptors) {
  if (closing_) return;
  unsent_.push_back({std::move(bytes), std::move(descriptors)});
  flush();
  if (unsent_.size() > kMaxUnsent) server_gone();  // it has stopped reading
}

void Launcher::flush() {
  while (!unsent_.empty()) {
    const Packet& first = unsent_.front();
    const auto sent = send_packet(options_.control, first.bytes, numbers(first.descriptors));
    if (!sent && sent.error().code == ErrorCode::kTimeout) break;
    if (!sent) return server_gone();
    unsent_.pop_front();
  }
  epoll_event event{};
  event.events = unsent_.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT;
  event.data.u64 = kControl;
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, options_.control, &event);
}

void Launcher::watch(int fd, std::uint64_t tag, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

}  // namespace kiln::launcher

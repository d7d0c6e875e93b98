// SPDX-License-Identifier: Apache-2.0
// What the launcher does once, at its start: finds out what the host allows, takes a range of ids
// and addresses that no other launcher uses, loads the firewall rules, removes what a dead one
// left.
#include "launcher/launcher.h"
#include "os/files.h"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kiln::launcher {
namespace {

constexpr std::uint32_t kRanges = 16;

// The same for every launcher and environment; see docs/design/execution_environments.md. Runs
// before the rules of others (priority -10) and accepts nothing on their behalf but replies.
constexpr const char* kRules = R"(
table inet kiln {}
delete table inet kiln
table inet kiln {
  chain forward {
    type filter hook forward priority -10; policy accept;
    iifname "kiln*" jump leave
    oifname "kiln*" ct state established,related accept
    oifname "kiln*" drop
  }
  chain leave {
    oifname "kiln*" drop
    meta nfproto ipv6 drop
    ip daddr { 127.0.0.0/8, 169.254.0.0/16, 198.19.0.0/16 } drop
  }
  chain input {
    type filter hook input priority -10; policy accept;
    iifname "kiln*" drop
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr 198.19.0.0/16 oifname != "kiln*" masquerade
  }
}
)";

// The images that we mount lie there: nobody else may be able to put one, or to move a folder of
// the path away. Folders with the sticky bit (/tmp) are fine.
Status check_owned(const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    struct stat found{};
    if (lstat(part.c_str(), &found) != 0) return fail_errno("lstat", part, errno);
    const bool ours = found.st_uid == 0 || found.st_uid == geteuid();
    const bool open = (found.st_mode & 022) != 0 && (found.st_mode & S_ISVTX) == 0;
    if (!S_ISDIR(found.st_mode) || !ours || open) {
      return fail(ErrorCode::kInvalidArgument,
                  "state directory: " + part +
                      " must be a folder of the launcher's user that nobody else can write to");
    }
    if (end == std::string::npos) return {};
  }
}

// Root of a user namespace of our own, with a mount namespace in which we may mount.
Status become_own_root() {
  const std::string user = "0 " + std::to_string(geteuid()) + " 1\n";
  const std::string group = "0 " + std::to_string(getegid()) + " 1\n";
  auto done = [&]() -> Status {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return fail_errno("unshare", "", errno);
    KILN_TRY_VOID(write_file("/proc/self/setgroups", "deny"));
    KILN_TRY_VOID(write_file("/proc/self/gid_map", group));
    return write_file("/proc/self/uid_map", user);
  }();
  if (done) return {};
  return std::unexpected(std::move(done.error())
                             .context("level userns (is kernel.unprivileged_userns_clone 0, or "
                                      "kernel.apparmor_restrict_unprivileged_userns 1?)"));
}

// A name in the host's network namespace that ends with its holder.
Fd lock_range(std::uint32_t range) {
  Fd lock(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  const std::string text = "kiln-launcher-range-" + std::to_string(range);
  std::memcpy(name.sun_path + 1, text.data(), text.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
  if (!lock || bind(lock.get(), reinterpret_cast<sockaddr*>(&name), size) != 0) return Fd();
  return lock;
}

}  // namespace

Result<std::unique_ptr<Launcher>> Launcher::open(Options options) {
  std::unique_ptr<Launcher> launcher(new Launcher(std::move(options)));
  KILN_TRY_VOID(launcher->prepare());
  return launcher;
}

Launcher::~Launcher() {
  if (cgroups_) cgroups_->close();
  if (!routed_) return;
  (void)run_nft(delete_egress_table(range_));
  // The other rules are shared: they go with the last launcher.
  for (std::uint32_t range = 0; range < kRanges; ++range) {
    if (range != range_ && !lock_range(range)) return;
  }
  (void)run_nft("delete table inet kiln\n");
}

Status Launcher::prepare() {
  if (options_.state.empty() || options_.state[0] != '/') {
    return fail(ErrorCode::kInvalidArgument, "--state must be an absolute directory");
  }
  KILN_TRY_VOID(make_directories(options_.state + "/root", 0700));
  KILN_TRY_VOID(check_owned(options_.state));
  KILN_TRY(init_program_, open_file(options_.init, O_RDONLY));
  KILN_TRY_VOID(choose_level());
  int swept = 0;
  if (privileged_) {
    KILN_TRY_VOID(take_range());
    swept = cgroups_->sweep();
    tmp_image_ = access("/dev/loop-control", W_OK) == 0 && access("/sbin/mkfs.ext4", X_OK) == 0;
    if (!tmp_image_) {
      unenforced_.push_back(
          "/tmp is in memory and counts as the function's: install e2fsprogs and "
          "load the loop module");
    }
  }
  choose_network();

  fcntl(options_.control, F_SETFL, O_NONBLOCK);
  fcntl(options_.control, F_SETFD, FD_CLOEXEC);
  epoll_.reset(epoll_create1(EPOLL_CLOEXEC));
  sigset_t endings;
  sigemptyset(&endings);
  sigaddset(&endings, SIGTERM);
  sigaddset(&endings, SIGINT);
  sigprocmask(SIG_BLOCK, &endings, nullptr);
  signals_.reset(signalfd(-1, &endings, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!epoll_ || !signals_) return fail_errno("epoll_create1", "", errno);
  watch(options_.control, 0, EPOLLIN);
  watch(signals_.get(), 1, EPOLLIN);
  say_ready(swept);
  return {};
}

Status Launcher::choose_level() {
  if (options_.level != "auto" && options_.level != "root" && options_.level != "userns") {
    return fail(ErrorCode::kInvalidArgument, "no such level: " + options_.level);
  }
  if (options_.level != "userns") {
    const auto possible = try_root();
    privileged_ = possible.has_value();
    if (privileged_) return {};
    if (options_.level == "root") return possible;
    unenforced_.push_back("level root is not possible: " + possible.error().message);
  }
  KILN_TRY_VOID(become_own_root());
  for (const char* lack :
       {"memory, CPU and process limits are not enforced", "/tmp is in memory",
        "functions of one server share the server's user id on the host",
        "environments cannot be frozen", "environments have no way out to the network",
        "supplementary groups of the server's user stay"}) {
    unenforced_.emplace_back(lack);
  }
  return {};
}

// Root in a container often lacks what root has.
Status Launcher::try_root() {
  if (geteuid() != 0) {
    return fail(ErrorCode::kInvalidArgument, "it needs root: start the server as root");
  }
  const pid_t pid = fork();
  if (pid == 0) _exit(unshare(CLONE_NEWNS | CLONE_NEWPID) == 0 ? 0 : 1);
  int status = 0;
  if (pid < 0 || waitpid(pid, &status, 0) < 0) return fail_errno("fork", "", errno);
  if (status != 0) {
    return fail(ErrorCode::kInvalidArgument,
                "this root may not make namespaces: run the container privileged");
  }
  KILN_TRY(cgroups_, CgroupTree::open());
  return {};
}

Status Launcher::take_range() {
  for (range_ = 0; range_ < kRanges; ++range_) {
    range_lock_ = lock_range(range_);
    if (!range_lock_) continue;
    // Not where the holder before us began: its last names may still be in use.
    std::uint32_t random = 0;
    (void)!getrandom(&random, sizeof random, GRND_NONBLOCK);
    last_slot_ = random % kMaxEnvironments;
    return {};
  }
  return fail(ErrorCode::kLimitExceeded, "16 launchers run on this host already");
}

void Launcher::choose_network() {
  if (!privileged_ || options_.network == "isolated") return;
  std::string rules = kRules + egress_table(range_);
  // Those of launchers that were killed; nobody may take their range meanwhile.
  std::vector<Fd> free_ranges;
  for (std::uint32_t range = 0; range < kRanges; ++range) {
    if (range == range_) continue;
    Fd lock = lock_range(range);
    if (!lock) continue;
    rules += delete_egress_table(range);
    free_ranges.push_back(std::move(lock));
  }
  auto loaded = run_nft(rules);
  if (loaded) loaded = write_file("/proc/sys/net/ipv4/ip_forward", "1");
  routed_ = loaded.has_value();
  if (!routed_) {
    unenforced_.push_back("environments have no way out to the network: " + loaded.error().message +
                          " (install nftables)");
  }
}

void Launcher::say_ready(int swept) {
  answer(Ready{privileged_ ? "root" : "userns", cgroups_ ? cgroups_->mode() : "none",
               tmp_image_ ? "image" : "tmpfs", routed_ ? "routed" : "isolated",
               static_cast<std::uint32_t>(swept), unenforced_});
}

}  // namespace kiln::launcher

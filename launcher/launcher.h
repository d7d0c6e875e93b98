// SPDX-License-Identifier: Apache-2.0
#pragma once
// The launcher: makes, starts, limits and removes execution environments for the one server that
// holds the other end of its control socket. When that end closes, everything it made is removed.
//
// Nothing here waits for an environment: what takes long happens in its init. One thread.
// Trust: requests are checked, and directories come as descriptors that the server could open
// itself, so that a server that was taken over gains no file by asking the launcher.

#include "base/result.h"
#include "launcher/egress.h"
#include "launcher/protocol.h"
#include "launcher/setup.h"
#include "os/cgroup.h"
#include "os/netlink.h"
#include "os/packet_socket.h"

#include <bitset>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kiln::launcher {

// Environments have 198.19.0.0/16, of the range for benchmarks, which nobody routes: 16 launchers
// of 4,096 each.
inline constexpr Ipv4 kFirstAddress = ipv4(198, 19, 0, 0);

struct Options {
  int control = 3;
  std::string state;             // directory on the disk that holds /tmp images; made when missing
  std::string init;              // the kiln-init program
  std::string level = "auto";    // root, userns, auto
  std::string network = "auto";  // routed, isolated, auto
  std::uint32_t uid_base = 1'000'000'000;  // 16 ranges of 8,192 ids from here on are ours
  std::string fail_step;                   // tests only
};

class Launcher {
 public:
  static Result<std::unique_ptr<Launcher>> open(Options options);
  ~Launcher();
  // Until the server is gone or SIGTERM, and all environments are removed. The exit status.
  int run();

 private:
  struct Environment {
    std::uint32_t id = 0;    // the server's number for it
    std::uint32_t slot = 0;  // ours: ids, address and interface are made of it
    Fd channel;              // to init; non-blocking
    Fd pidfd;
    std::optional<Cgroup> cgroup;
    bool zygote = false;
    Fd zygote_channel;                   // to the zygote in it; non-blocking
    std::map<std::uint32_t, Fd> forked;  // processes that a zygote made: their pidfds
    std::optional<Start> pending;        // init attaches its mounts, then a zygote forks it
    std::vector<Fd> pending_descriptors;
    std::string interface;    // the host's end of its way out; empty: none
    std::uint32_t chain = 0;  // that says what it reaches; 0: everything
    bool restricting = false;
    bool destroying = false;
    bool dead = false;  // init has been collected
  };

  // Of epoll; environments have numbers from 3 on.
  static constexpr std::uint64_t kEgressTag = 2;

  explicit Launcher(Options options) : options_(std::move(options)) {}
  Status prepare();
  Status choose_level();
  Status try_root();
  Status take_range();
  void choose_network();
  void say_ready(int swept);

  void serve(int timeout_ms);
  void on_control();
  void on_init_message(Environment& environment);
  void on_init_exit(Environment& environment);
  void handle(Packet packet);
  void forward(Environment& environment, Packet packet, Type type);

  void make(Packet& packet);
  Status make_environment(Environment& environment, const Make& make);
  Status spawn_init(Environment& environment, int init_channel);
  Status send_setup(Environment& environment, const Make& make);
  void start(Packet& packet);
  Status start_process(Environment& environment, Start start, std::vector<Fd> descriptors);
  void adopt(Packet& packet);
  Status send_adopt(Environment& environment, Adopt adopt, std::vector<Fd> descriptors);
  // A detached tree for each of the mounts, then what else there is of `descriptors`.
  Result<std::vector<Fd>> make_trees(std::vector<Mount>& mounts, std::vector<Fd> descriptors) const;
  Status start_zygote(Environment& environment, Start& start, std::vector<Fd>& passed);
  Status prepare_fork(Environment& environment, Start start, std::vector<Fd> passed);
  void on_attached(Environment& environment);
  Status ask_zygote(Environment& environment, const Start& start);
  void on_zygote_message(Environment& zygote);
  void signal(const Packet& packet);
  void freeze(const Packet& packet, bool frozen);
  void measure(const Packet& packet);
  void restrict_egress(const Packet& packet);
  Status ask_egress_helper(Environment& environment, const Restrict& wanted);
  void on_egress_helper();
  void destroy(const Packet& packet);
  void connect(const Packet& packet);
  void begin_destroy(Environment& environment);
  void finish_destroyed();

  std::uint32_t take_slot();
  std::uint32_t outer_root(const Environment& environment) const;
  void watch_zygote(const Environment& environment);
  Environment* find(std::uint32_t id);
  Environment* find_or_fail(std::uint32_t id, std::uint32_t process = 0);
  template <class Message>
  void answer(const Message& message) {
    answer_bytes(encode(message), {});
  }
  void answer_bytes(std::string bytes, std::vector<Fd> descriptors);
  void flush();
  void watch(int fd, std::uint64_t tag, std::uint32_t events);
  void server_gone();

  Options options_;
  bool privileged_ = false;
  bool tmp_image_ = false;
  bool routed_ = false;
  std::uint32_t range_ = 0;
  Fd range_lock_;
  Fd init_program_;
  Fd epoll_;
  Fd signals_;
  std::optional<CgroupTree> cgroups_;
  std::vector<std::string> unenforced_;
  std::map<std::uint32_t, std::unique_ptr<Environment>> environments_;
  Fd egress_helper_;  // none until it is needed
  EgressChains egress_chains_;
  std::deque<Packet> unsent_;  // the server is behind
  std::bitset<kMaxEnvironments> slots_;
  std::uint32_t last_slot_ = 0;
  std::vector<std::uint32_t> ending_;  // being destroyed
  bool closing_ = false;
};

}  // namespace kiln::launcher

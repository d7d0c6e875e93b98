// SPDX-License-Identifier: Apache-2.0
#include "os/cgroup.h"
#include "os/files.h"
#include "os/landlock.h"
#include "os/packet_socket.h"
#include "os/seccomp.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <signal.h>
#include <string>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kiln {
namespace {

// The result of `work` in a child, which may give up what it likes.
int in_child(const std::function<int()>& work) {
  const pid_t pid = fork();
  if (pid == 0) _exit(work());
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

struct Folder {
  Folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "kiln-os-XXXXXX";
    path = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
};

TEST(PacketSocket, BytesAndDescriptorsArriveTogether) {
  auto ends = packet_pair();
  ASSERT_TRUE(ends.has_value());
  const Fd null(open("/dev/null", O_RDONLY));
  const int sent[] = {null.get(), null.get()};
  ASSERT_TRUE(send_packet(ends->first.get(), "hello", sent).has_value());
  const auto packet = receive_packet(ends->second.get());
  ASSERT_TRUE(packet.has_value());
  EXPECT_EQ(packet->bytes, "hello");
  ASSERT_EQ(packet->descriptors.size(), 2u);
  EXPECT_EQ(fcntl(packet->descriptors[0].get(), F_GETFD), FD_CLOEXEC);
}

TEST(PacketSocket, TheEndAndTooMuchAreTold) {
  auto ends = packet_pair();
  ASSERT_TRUE(ends.has_value());
  const std::string large(kMaxPacketBytes + 1, 'x');
  EXPECT_EQ(send_packet(ends->first.get(), large).error().code, ErrorCode::kLimitExceeded);
  fcntl(ends->second.get(), F_SETFL, O_NONBLOCK);
  EXPECT_EQ(receive_packet(ends->second.get()).error().code, ErrorCode::kTimeout);
  ends->first.reset();
  EXPECT_EQ(receive_packet(ends->second.get()).error().code, ErrorCode::kClosed);
  EXPECT_EQ(send_packet(ends->second.get(), "x").error().code, ErrorCode::kClosed);
}

TEST(Files, NumbersBehindKeys) {
  constexpr std::string_view kText = "oom 1\noom_kill 23\nlast 4";
  EXPECT_EQ(keyed_number(kText, "oom_kill"), 23);
  EXPECT_EQ(keyed_number(kText, "last"), 4);
  EXPECT_EQ(keyed_number(kText, "kill"), 0);
  EXPECT_EQ(keyed_number("MemTotal:       24684100 kB\n", "MemTotal:"), 24684100);
}

TEST(Files, TheHostsMemoryIsKnown) {
  const HostMemory memory = host_memory();
  EXPECT_GT(memory.available, 0);
  EXPECT_LT(memory.available, memory.total);
}

TEST(Files, DirectoriesAreMadeWithTheirParents) {
  const Folder folder;
  EXPECT_TRUE(make_directories(folder.path + "/a/b/c").has_value());
  EXPECT_TRUE(make_directories(folder.path + "/a/b/c").has_value());
  ASSERT_TRUE(create_file(folder.path + "/file", "x").has_value());
  EXPECT_FALSE(make_directories(folder.path + "/file/d").has_value());
  EXPECT_FALSE(make_directories(folder.path + "/file").has_value());
}

// Every other call is tried by the launcher's hostile program.
TEST(Seccomp, RefusedCallsFailAndOthersWork) {
  const auto in_filter = [](const std::function<int()>& work) {
    return in_child([&] {
      prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
      if (!install_filter(environment_filter())) return 100;
      return work();
    });
  };
  EXPECT_EQ(in_filter([] { return unshare(0) == 0 ? 0 : errno; }), EPERM);
  EXPECT_EQ(in_filter([] { return syscall(500) == 0 ? 0 : errno; }), ENOSYS);
  EXPECT_EQ(in_filter([] { return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 0 : errno; }), 0);
  EXPECT_EQ(in_filter([] { return socket(AF_INET6, SOCK_DGRAM, 0) >= 0 ? 0 : errno; }), 0);
  EXPECT_EQ(in_filter([] { return socket(AF_UNIX, SOCK_SEQPACKET, 0) >= 0 ? 0 : errno; }), 0);
  EXPECT_EQ(in_filter([] { return socket(AF_NETLINK, SOCK_RAW, 0) >= 0 ? 0 : errno; }), 0);
  EXPECT_EQ(in_filter([] { return socket(AF_INET, SOCK_RAW, 1) >= 0 ? 0 : errno; }), EPERM);
  EXPECT_EQ(in_filter([] { return in_child([] { return 7; }); }), 7);
}

TEST(Seccomp, ATemplateMayUnshare) {
  EXPECT_EQ(in_child([] {
              prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
              if (!install_filter(environment_filter(true))) return 100;
              return unshare(0) == 0 ? 0 : errno;
            }),
            0);
}

TEST(Landlock, OnlyTheNamedPlacesAreLeft) {
  if (landlock_version() == 0) GTEST_SKIP() << "the kernel has no Landlock";
  const Folder folder;
  const std::string code = folder.path + "/code";
  const std::string tmp = folder.path + "/tmp";
  const std::string secret = folder.path + "/secret";
  ASSERT_TRUE(make_directories(code).has_value() && make_directories(tmp).has_value());
  ASSERT_TRUE(create_file(code + "/x", "x").has_value());
  ASSERT_TRUE(create_file(secret, "x").has_value());
  EXPECT_EQ(in_child([&] {
              prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
              const auto rules = make_file_rules({{code, "/does/not/exist"}, {tmp}});
              if (!rules || !confine_files(rules->get())) return 100;
              if (!read_file(code + "/x")) return 1;
              if (create_file(code + "/y", "")) return 2;
              if (!create_file(tmp + "/y", "")) return 3;
              if (read_file(secret)) return 4;
              if (landlock_version() >= 6 && kill(getppid(), 0) == 0) return 5;
              return 0;
            }),
            0);
}

TEST(Cgroup, GroupsLimitFreezeAndGoAway) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root: only root makes control groups";
  auto tree = CgroupTree::open();
  ASSERT_TRUE(tree.has_value()) << tree.error().message;
  auto group = tree->make("test");
  ASSERT_TRUE(group.has_value()) << group.error().message;
  ASSERT_TRUE(group->limit({.memory_bytes = 64 << 20, .pids = 10, .cpu_thousandths = 500}));
  ASSERT_TRUE(group->limit({.memory_bytes = 32 << 20, .pids = 10, .cpu_thousandths = 500}));
  ASSERT_TRUE(group->limit({.memory_bytes = 96 << 20, .pids = 10, .cpu_thousandths = 500}));
  EXPECT_TRUE(group->freeze(true).has_value());
  EXPECT_TRUE(group->freeze(false).has_value());
  EXPECT_EQ(group->usage().oom_kills, 0);
  const auto removed = group->remove();
  ASSERT_TRUE(removed.has_value());
  EXPECT_TRUE(*removed);
  tree->close();
}

}  // namespace
}  // namespace kiln

// SPDX-License-Identifier: Apache-2.0
// What environments reach, with real sockets in network namespaces. As root.
#include "launcher/egress.h"

#include "launcher/lab.h"
#include "os/files.h"
#include "os/netlink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>
#include <sched.h>
#include <set>
#include <signal.h>
#include <sys/socket.h>

namespace kiln::launcher {
namespace {

using testing::HasSubstr;

std::string text_of(Ipv4 address) {
  const std::string text = to_text(Ipv4Network{address.value, 32});
  return text.substr(0, text.find('/'));
}

// A place beyond the host: a network namespace behind a veth pair, with two addresses of its own
// and a server on port 7000 of both, which tells whom it sees.
class FarAway {
 public:
  FarAway() {
    int ready[2];
    int go[2];
    if (pipe(ready) != 0 || pipe(go) != 0) return;
    pid_ = fork();
    if (pid_ == 0) {
      char byte = 0;
      if (unshare(CLONE_NEWNET) != 0 || write(ready[1], "r", 1) != 1 ||
          read(go[0], &byte, 1) != 1) {
        _exit(1);
      }
      serve(ready[1]);
    }
    char byte = 0;
    ok_ = read(ready[0], &byte, 1) == 1 && connect() && write(go[1], "g", 1) == 1 &&
          read(ready[0], &byte, 1) == 1;
    for (const int fd : {ready[0], ready[1], go[0], go[1]}) close(fd);
  }
  ~FarAway() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  bool ok() const { return ok_; }
  Ipv4 near() const { return {base_ + 1}; }
  Ipv4 first() const { return {base_ + 2}; }
  Ipv4 second() const { return {base_ + 3}; }

 private:
  bool connect() const {
    auto netlink = Netlink::open();
    const Fd space(open(("/proc/" + std::to_string(pid_) + "/ns/net").c_str(), O_RDONLY));
    const std::string name = "far" + std::to_string(pid_);
    if (!netlink || !netlink->make_veth(name, "far0", space.get())) return false;
    const auto index = netlink->interface_index(name);
    return index && netlink->set_up(*index) && netlink->add_address(*index, near()) &&
           netlink->add_host_route(*index, first()) && netlink->add_host_route(*index, second());
  }
  [[noreturn]] void serve(int ready) const {
    auto netlink = Netlink::open();
    const auto index = netlink->interface_index("far0");
    if (!index || !netlink->set_up(*index) || !netlink->add_address(*index, first()) ||
        !netlink->add_address(*index, second()) || !netlink->add_host_route(*index, near())) {
      _exit(1);
    }
    const int server = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(7000);
    if (bind(server, reinterpret_cast<sockaddr*>(&place), sizeof place) != 0) _exit(1);
    listen(server, 8);
    (void)!write(ready, "r", 1);
    for (;;) {
      socklen_t size = sizeof place;
      const int peer = accept(server, reinterpret_cast<sockaddr*>(&place), &size);
      char text[INET_ADDRSTRLEN] = {};
      inet_ntop(AF_INET, &place.sin_addr, text, sizeof text);
      (void)!write(peer, text, std::strlen(text));
      close(peer);
    }
  }
  // Of the range for benchmarks, and of this process alone.
  const std::uint32_t base_ =
      ipv4(198, 18, 0, 0).value + (static_cast<std::uint32_t>(getpid()) & 0x3fff) * 4;
  pid_t pid_ = -1;
  bool ok_ = false;
};

class EgressTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (geteuid() != 0) return;
    lab_ = new Lab(KILN_LAUNCHER_PROGRAMS);
    far_ = new FarAway;
  }
  static void TearDownTestSuite() {
    delete far_;
    delete lab_;
    far_ = nullptr;
    lab_ = nullptr;
  }
  void SetUp() override {
    if (lab_ == nullptr) GTEST_SKIP() << "needs root: only root gives environments a way out";
    ASSERT_EQ(lab_->ready().network, "routed");
    ASSERT_TRUE(far_->ok());
  }
  void TearDown() override {
    if (lab_ == nullptr) return;
    for (const auto number : made_) EXPECT_TRUE(lab_->destroy(number).has_value());
  }
  std::uint32_t make(bool egress = true) {
    const auto made = lab_->make(next_, 16, egress);
    EXPECT_TRUE(made.has_value()) << made.error().message;
    made_.push_back(next_);
    return next_++;
  }
  static Result<Done> restrict(std::uint32_t number, std::vector<Network> networks) {
    KILN_TRY_VOID(lab_->send(Restrict{number, std::move(networks)}));
    return lab_->wait<Done>(number);
  }
  // What the server there says, or how the attempt ended.
  static std::string ask(std::uint32_t number, Ipv4 address) {
    static std::uint32_t process = 1;
    const auto outcome = lab_->run(
        number,
        {"/bin/bash", "-c", "timeout 5 cat < /dev/tcp/" + text_of(address) + "/7000 || echo $?"},
        !started_.contains(number), process++);
    started_.insert(number);
    return outcome ? outcome->output : outcome.error().message;
  }

  static inline Lab* lab_ = nullptr;
  static inline FarAway* far_ = nullptr;
  static inline std::uint32_t next_ = 1;
  static inline std::set<std::uint32_t> started_;
  std::vector<std::uint32_t> made_;
};

TEST_F(EgressTest, TheWayOutIsTranslated) {
  const auto number = make();
  EXPECT_EQ(ask(number, far_->first()), text_of(far_->near()));
  EXPECT_EQ(ask(number, far_->second()), text_of(far_->near()));
  EXPECT_THAT(ask(make(false), far_->first()), HasSubstr("Network is unreachable"));
}

TEST_F(EgressTest, OnlyListedNetworksAreReached) {
  const auto number = make();
  const auto done =
      restrict(number, {{{10U << 24, 8}}, {{far_->first().value, 32}}, {{0xc6330000, 16}}});
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(ask(number, far_->first()), text_of(far_->near()));
  // At once, not after a timeout.
  EXPECT_THAT(ask(number, far_->second()), HasSubstr("Connection refused"));
  const auto free = make();
  EXPECT_EQ(ask(free, far_->second()), text_of(far_->near()));
}

TEST_F(EgressTest, AnEmptyListReachesNothing) {
  const auto number = make();
  ASSERT_TRUE(restrict(number, {}).has_value());
  EXPECT_THAT(ask(number, far_->first()), HasSubstr("Connection refused"));
}

TEST_F(EgressTest, EnvironmentsWithTheSameListShareIt) {
  std::vector<std::uint32_t> numbers;
  for (int i = 0; i < 6; ++i) numbers.push_back(make());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const Ipv4 allowed = i % 2 == 0 ? far_->first() : far_->second();
    ASSERT_TRUE(lab_->send(Restrict{numbers[i], {{{allowed.value, 32}}}}).has_value());
  }
  for (const auto number : numbers) {
    const auto done = lab_->wait<Done>(number);
    ASSERT_TRUE(done.has_value()) << done.error().message;
  }
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    EXPECT_EQ(ask(numbers[i], far_->first()) == text_of(far_->near()), i % 2 == 0) << i;
    EXPECT_EQ(ask(numbers[i], far_->second()) == text_of(far_->near()), i % 2 == 1) << i;
  }
}

TEST_F(EgressTest, WhatCannotBeDoneIsRefused) {
  const auto closed = make(false);
  EXPECT_TRUE(restrict(closed, {}).has_value());
  const auto without = restrict(closed, {{{10U << 24, 8}}});
  ASSERT_FALSE(without.has_value());
  EXPECT_THAT(without.error().message, HasSubstr("egress: the environment has no way out"));
  const auto number = make();
  ASSERT_TRUE(restrict(number, {}).has_value());
  EXPECT_FALSE(restrict(number, {{{10U << 24, 8}}}).has_value());
  EXPECT_FALSE(restrict(number + 1000, {}).has_value());
}

TEST_F(EgressTest, AHelperThatEndedIsReplaced) {
  ASSERT_TRUE(restrict(make(), {}).has_value());
  const std::string id = std::to_string(lab_->pid());
  const auto children = read_file("/proc/" + id + "/task/" + id + "/children").value_or("");
  pid_t helper = 0;
  for (std::size_t at = 0; at < children.size(); at = children.find(' ', at) + 1) {
    const std::string child = children.substr(at, children.find(' ', at) - at);
    if (read_file("/proc/" + child + "/comm").value_or("") == "kiln-egress\n") {
      helper = std::atoi(child.c_str());
    }
  }
  ASSERT_GT(helper, 0);
  kill(helper, SIGKILL);
  const auto number = make();
  ASSERT_TRUE(restrict(number, {{{far_->second().value, 32}}}).has_value());
  EXPECT_EQ(ask(number, far_->second()), text_of(far_->near()));
  EXPECT_THAT(ask(number, far_->first()), HasSubstr("Connection refused"));
}

TEST(EgressChains, ListsInUseKeepTheirChainAndOthersMakeRoom) {
  EgressChains chains;
  const auto list = [](std::uint32_t i) { return Ipv4Networks{{i << 8, 24}}; };
  const auto first = chains.take(list(0));
  ASSERT_TRUE(first && first->load);
  EXPECT_TRUE(chains.take(list(0))->load);  // nobody knows yet that it is there
  chains.loaded(first->number);
  const auto again = chains.take(list(0));
  EXPECT_FALSE(again->load);
  EXPECT_EQ(again->number, first->number);
  for (std::uint32_t i = 1; i < EgressChains::kMaxChains; ++i) ASSERT_TRUE(chains.take(list(i)));
  EXPECT_EQ(chains.take(list(5000)).error().code, ErrorCode::kLimitExceeded);
  const auto seventh = chains.take(list(7));
  chains.loaded(seventh->number);
  chains.release(seventh->number);
  chains.release(seventh->number);
  const auto in_its_place = chains.take(list(5000));
  ASSERT_TRUE(in_its_place);
  EXPECT_EQ(in_its_place->number, seventh->number);
  EXPECT_TRUE(in_its_place->load);
}

}  // namespace
}  // namespace kiln::launcher

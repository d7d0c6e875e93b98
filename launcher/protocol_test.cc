// SPDX-License-Identifier: Apache-2.0
#include "launcher/protocol.h"

#include "launcher/restrict.h"
#include "launcher/setup.h"

#include <gtest/gtest.h>

#include <random>

namespace kiln::launcher {
namespace {

Start example() {
  Start start;
  start.environment = 7;
  start.process = 2;
  start.argv = {"/var/task/bootstrap", "x"};
  start.variables = {"A=1"};
  start.mounts = {{"/var/task", 1}, {"/opt", 2}};
  start.descriptors = {1, 2, 3};
  start.memory_mb = 128;
  return start;
}

TEST(Protocol, MessagesSurviveTheirEncoding) {
  const std::string packet = encode(example());
  ASSERT_EQ(*type_of(packet), Type::kStart);
  const auto start = decode<Start>(packet);
  ASSERT_TRUE(start.has_value()) << start.error().message;
  EXPECT_EQ(start->argv[1], "x");
  EXPECT_EQ(start->mounts[1].target, "/opt");
  EXPECT_EQ(start->mounts[1].directories, 2u);
  EXPECT_EQ(start->descriptors, (std::vector<std::uint32_t>{1, 2, 3}));
  EXPECT_EQ(start->memory_mb, 128u);

  const auto exited = decode<Exited>(encode(Exited{1, 2, -3, 4, 1ULL << 40}));
  EXPECT_EQ(exited->wait_status, -3);
  EXPECT_EQ(exited->memory_peak_bytes, 1ULL << 40);
}

TEST(Protocol, NetworksAreInOrderAndApart) {
  Restrict restrict {3, {{{10U << 24, 8}}, {{192U << 24, 32}}}};
  const auto decoded = decode<Restrict>(encode(restrict));
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
  EXPECT_EQ(to_text(decoded->networks[0]), "10.0.0.0/8");
  EXPECT_TRUE(check(*decoded).has_value());
  EXPECT_TRUE(check(Restrict{3, {}}).has_value());
  std::swap(restrict.networks[0], restrict.networks[1]);
  EXPECT_FALSE(check(restrict).has_value());
  EXPECT_FALSE(check(Restrict{3, {{{1, 33}}}}).has_value());
  EXPECT_FALSE(check(Restrict{3, {{{1, 8}}}}).has_value());
  EXPECT_FALSE(check(Restrict{kMaxEnvironments, {}}).has_value());
  restrict.networks.clear();
  for (std::uint32_t i = 0; i <= kMaxNetworks; ++i) restrict.networks.push_back({{i << 8, 24}});
  EXPECT_FALSE(check(restrict).has_value());
}

TEST(Protocol, EveryCutOfAMessageIsRefused) {
  const std::string packet = encode(example());
  for (std::size_t size = 4; size < packet.size(); ++size) {
    EXPECT_FALSE(decode<Start>(packet.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(decode<Start>(packet + "x").has_value());
  EXPECT_FALSE(type_of("abc").has_value());
}

TEST(Protocol, AnotherVersionIsNamed) {
  std::string packet = encode(Freeze{1});
  packet[0] = 9;
  const auto type = type_of(packet);
  ASSERT_FALSE(type.has_value());
  EXPECT_NE(type.error().message.find("version 9"), std::string::npos);
}

TEST(Protocol, TextsWithAZeroByteAreRefused) {
  Start start = example();
  start.argv[1] = std::string("a\0b", 3);
  EXPECT_FALSE(decode<Start>(encode(start)).has_value());
}

TEST(Protocol, ListsAndTextsAreBounded) {
  Start start = example();
  start.variables.assign(kMaxListItems + 1, "");
  EXPECT_FALSE(decode<Start>(encode(start)).has_value());
  start = example();
  start.argv[1] = std::string(kMaxTextBytes + 1, 'x');
  EXPECT_FALSE(decode<Start>(encode(start)).has_value());
}

TEST(Protocol, NoBytesCrashTheDecoder) {
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string packet = round % 2 == 0 ? encode(example()) : std::string(random() % 64 + 4, '\0');
    for (int i = 0; i < 4; ++i) packet[4 + random() % (packet.size() - 3) - 1] = char(random());
    (void)decode<Start>(packet);
    (void)decode<launcher::Setup>(packet);
    (void)decode<Ready>(packet);
    (void)decode<Restrict>(packet);
  }
}

TEST(Protocol, ImpossibleRequestsAreRefusedWithTheReason) {
  EXPECT_TRUE(check(Make{0, 512, true}).has_value());
  EXPECT_FALSE(check(Make{kMaxEnvironments, 512, true}).has_value());
  EXPECT_FALSE(check(Make{0, 0, true}).has_value());
  EXPECT_FALSE(check(Make{0, 10241, true}).has_value());

  EXPECT_TRUE(check(example(), 6).has_value());
  EXPECT_FALSE(check(example(), 5).has_value());
  for (const char* target :
       {"/", "", "opt", "/opt/../etc", "/etc/ssl", "/proc", "/dev/x", "/tmp", "/usr/lib", "//"}) {
    Start start = example();
    start.mounts[0].target = target;
    EXPECT_FALSE(check(start, 6).has_value()) << target;
  }
  Start start = example();
  start.argv = {"relative"};
  EXPECT_FALSE(check(start, 6).has_value());
  start = example();
  start.descriptors = {1, 1, 3};
  EXPECT_FALSE(check(start, 6).has_value());
  start.descriptors = {1, 64, 3};
  EXPECT_FALSE(check(start, 6).has_value());
}

}  // namespace
}  // namespace kiln::launcher

// SPDX-License-Identifier: Apache-2.0
#include "cli/privileges.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace kiln::cli {
namespace {

class PrivilegesTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/kiln-privileges-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string directory_;
  const Account nobody_{"nobody", 65534, 65534};
};

TEST_F(PrivilegesTest, ServeTakesTheAskedUserByNameOrNumber) {
  for (const char* name : {"nobody", "65534"}) {
    const auto chosen = choose_account({.requested = name, .serve = true});
    ASSERT_TRUE(chosen && *chosen);
    EXPECT_EQ((*chosen)->uid, 65534U);
    EXPECT_EQ((*chosen)->name, "nobody");
  }
}

TEST_F(PrivilegesTest, UnknownUsersAndLackOfRootAreRefused) {
  EXPECT_FALSE(choose_account({.requested = "no-such-user"}));
  const auto refused = choose_account({.requested = "nobody", .running_as = 4242});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("needs root"), std::string::npos);
  EXPECT_EQ(*choose_account({.requested = "nobody", .running_as = 65534}), std::nullopt);
}

TEST_F(PrivilegesTest, DevBecomesWhoCalledSudo) {
  const auto chosen = choose_account({.sudo_uid = "4242", .sudo_gid = "4243"});
  ASSERT_TRUE(chosen && *chosen);
  EXPECT_EQ((*chosen)->uid, 4242U);
  EXPECT_EQ((*chosen)->gid, 4243U);
  EXPECT_EQ(*choose_account({}), std::nullopt);
  EXPECT_EQ(*choose_account({.sudo_uid = "0", .sudo_gid = "0"}), std::nullopt);
  EXPECT_EQ(*choose_account({.sudo_uid = "x", .sudo_gid = "1"}), std::nullopt);
  EXPECT_EQ(*choose_account({.running_as = 4242, .sudo_uid = "1", .sudo_gid = "1"}), std::nullopt);
}

TEST_F(PrivilegesTest, ANewOrEmptyFolderIsGivenAway) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  for (const std::string& path : {directory_ + "/new/state", directory_}) {
    if (path == directory_) std::filesystem::remove_all(directory_ + "/new");
    ASSERT_TRUE(give_directory(path, nobody_));
    struct stat found{};
    ASSERT_EQ(::stat(path.c_str(), &found), 0);
    EXPECT_EQ(found.st_uid, 65534U);
    EXPECT_EQ(found.st_mode & 0777, 0700U);
    EXPECT_TRUE(give_directory(path, nobody_));  // it is theirs now
  }
}

TEST_F(PrivilegesTest, StateOfSomebodyElseIsRefusedWithTheCommand) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  std::ofstream(directory_ + "/lock") << "";
  const auto refused = give_directory(directory_, nobody_);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("chown -R nobody " + directory_), std::string::npos);
}

TEST_F(PrivilegesTest, AFolderBehindALinkIsNotGivenAway) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  std::filesystem::create_directory(directory_ + "/other");
  std::filesystem::create_directory_symlink(directory_ + "/other", directory_ + "/link");
  EXPECT_FALSE(give_directory(directory_ + "/link", nobody_));
  struct stat found{};
  ASSERT_EQ(::stat((directory_ + "/other").c_str(), &found), 0);
  EXPECT_EQ(found.st_uid, 0U);
}

TEST_F(PrivilegesTest, ThereIsNoWayBackToRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  EXPECT_EXIT(
      {
        const bool done = become(nobody_).has_value() && ::getuid() == 65534 &&
                          ::getgroups(0, nullptr) == 0 && ::setuid(0) != 0 && ::setgid(0) != 0;
        ::_exit(done ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace kiln::cli

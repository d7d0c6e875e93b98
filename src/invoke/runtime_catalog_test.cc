// SPDX-License-Identifier: Apache-2.0
#include "invoke/runtime_catalog.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace kiln::invoke {
namespace {

namespace fs = std::filesystem;

// A host with the given interpreters, as empty executable files.
class RuntimeCatalogTest : public ::testing::Test {
 protected:
  RuntimeCatalogTest() {
    root_ =
        fs::path(::testing::TempDir()) /
        ("catalog-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(root_);
    locations_ = {.bundled = (root_ / "runtimes").string(),
                  .cache = (root_ / "cache").string(),
                  .python_search = {(root_ / "local").string(), (root_ / "bin").string()}};
  }
  ~RuntimeCatalogTest() override { fs::remove_all(root_); }

  void add_executable(const fs::path& path) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << "";
    fs::permissions(root_ / path, fs::perms::owner_all);
  }
  std::optional<RuntimeCommand> find(std::string_view runtime) {
    return RuntimeCatalog::discover(locations_).find(runtime);
  }

  fs::path root_;
  RuntimeLocations locations_;
};

TEST_F(RuntimeCatalogTest, TakesTheExactVersionWhenItIsThere) {
  add_executable("bin/python3.11");
  add_executable("bin/python3.12");
  const auto found = find("python3.11");
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->exact);
  EXPECT_EQ(found->interpreter, (root_ / "bin/python3.11").string());
  EXPECT_EQ(found->version_name, "python:3.11.v1");
}

TEST_F(RuntimeCatalogTest, TheNearestNewerVersionStandsInAndSaysSo) {
  add_executable("bin/python3.11");
  add_executable("bin/python3.13");
  const auto found = find("python3.12");
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->exact);
  EXPECT_EQ(found->interpreter_version, "3.13");
}

TEST_F(RuntimeCatalogTest, AnOlderVersionNeverStandsIn) {
  add_executable("bin/python3.11");
  EXPECT_FALSE(find("python3.12"));
}

TEST_F(RuntimeCatalogTest, EarlierSearchFoldersWin) {
  add_executable("bin/python3.11");
  add_executable("local/python3.11");
  EXPECT_EQ(find("python3.11")->interpreter, (root_ / "local/python3.11").string());
}

TEST_F(RuntimeCatalogTest, NodeBuildsComeFromTheCacheAlone) {
  add_executable("bin/node");
  EXPECT_FALSE(find("nodejs22.x"));
  add_executable("cache/node/22/bin/node");
  ASSERT_TRUE(find("nodejs22.x"));
  EXPECT_TRUE(find("nodejs22.x")->exact);
  EXPECT_FALSE(find("nodejs18.x")->exact);
}

TEST_F(RuntimeCatalogTest, CustomRuntimesNeedNothingOfTheHost) {
  EXPECT_TRUE(find("provided.al2"));
  EXPECT_TRUE(find("provided.al2023")->interpreter.empty());
  EXPECT_FALSE(find("cobol1.x"));
}

}  // namespace
}  // namespace kiln::invoke

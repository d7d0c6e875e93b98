// SPDX-License-Identifier: Apache-2.0
#include "cli/zip_directory.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace kiln::cli {
namespace {

namespace fs = std::filesystem;

// Entry name -> permission bits.
std::map<std::string, unsigned> entries_of(const std::string& zip) {
  std::map<std::string, unsigned> out;
  archive* reader = archive_read_new();
  archive_read_support_format_zip(reader);
  EXPECT_EQ(archive_read_open_memory(reader, zip.data(), zip.size()), ARCHIVE_OK);
  for (archive_entry* entry; archive_read_next_header(reader, &entry) == ARCHIVE_OK;) {
    out[archive_entry_pathname(entry)] = archive_entry_perm(entry) & 0777;
  }
  archive_read_free(reader);
  return out;
}

class ZipDirectoryTest : public ::testing::Test {
 protected:
  ZipDirectoryTest() : root_(fs::path(::testing::TempDir()) / "zip-directory") {
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  ~ZipDirectoryTest() override { fs::remove_all(root_); }
  void add(const fs::path& name, fs::perms perms = fs::perms::owner_read) {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << "content of " << name;
    fs::permissions(root_ / name, perms, fs::perm_options::add);
  }
  fs::path root_;
};

TEST_F(ZipDirectoryTest, KeepsFoldersAndTheExecutableBit) {
  add("lib/part.py");
  add("bootstrap", fs::perms::owner_exec);
  const auto zip = zip_directory(root_.string());
  ASSERT_TRUE(zip);
  EXPECT_EQ(entries_of(*zip),
            (std::map<std::string, unsigned>{{"lib/part.py", 0644}, {"bootstrap", 0755}}));
}

TEST_F(ZipDirectoryTest, LeavesOutWhatIsNotCode) {
  add("app.py");
  add("function.json");
  add(".git/config");
  add("__pycache__/app.pyc");
  EXPECT_EQ(entries_of(*zip_directory(root_.string())).size(), 1u);
}

TEST_F(ZipDirectoryTest, TheSameContentGivesTheSameBytes) {
  add("app.py");
  const auto first = zip_directory(root_.string());
  fs::last_write_time(root_ / "app.py", fs::file_time_type::clock::now() - std::chrono::hours(5));
  EXPECT_EQ(*first, *zip_directory(root_.string()));
}

TEST_F(ZipDirectoryTest, AMissingFolderIsNamed) {
  const auto zip = zip_directory((root_ / "nothing").string());
  ASSERT_FALSE(zip);
  EXPECT_NE(zip.error().message.find("nothing is not a directory"), std::string::npos);
}

}  // namespace
}  // namespace kiln::cli

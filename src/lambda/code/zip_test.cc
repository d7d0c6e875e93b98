// SPDX-License-Identifier: Apache-2.0
#include "lambda/code/zip.h"

#include "lambda/testing/zip_builder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/stat.h>

namespace kiln::lambda {
namespace {

namespace fs = std::filesystem;
using testing::ZipBuilder;

class ZipTest : public ::testing::Test {
 protected:
  ZipTest() {
    std::string pattern = ::testing::TempDir() + "kiln-zip-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    inside_ = root_ + "/package";
    fs::create_directory(inside_);
  }
  ~ZipTest() override { fs::remove_all(root_); }

  Result<std::int64_t> unpack(const std::string& zip, const ZipLimits& limits = {}) {
    return unpack_zip(zip, inside_, limits);
  }
  void expect_refused(const std::string& zip, ErrorCode code = ErrorCode::kInvalidArgument) {
    const auto result = unpack(zip);
    ASSERT_FALSE(result) << "of " << zip.size() << " bytes";
    EXPECT_EQ(result.error().code, code) << result.error().message;
    // Nothing beside the package.
    EXPECT_EQ(std::distance(fs::directory_iterator(root_), fs::directory_iterator()), 1);
  }
  std::string read(const std::string& name) {
    std::ifstream in(inside_ + "/" + name);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::string root_;
  std::string inside_;
};

TEST_F(ZipTest, UnpacksFilesFoldersAndLinks) {
  const std::string zip = ZipBuilder()
                              .add("lib/", "", 040755)
                              .add("lib/a.txt", "first")
                              .add_deflated("b.txt", "second", 6)
                              .add("deep/er/link", "../../lib/a.txt", 0120777)
                              .build();
  const auto size = unpack(zip);
  ASSERT_TRUE(size) << size.error().message;
  EXPECT_EQ(*size, 26);
  EXPECT_EQ(read("lib/a.txt"), "first");
  EXPECT_EQ(read("b.txt"), "second");
  EXPECT_EQ(read("deep/er/link"), "first");
}

TEST_F(ZipTest, KeepsNamesBeyondAscii) {
  ASSERT_TRUE(unpack(ZipBuilder().add("grüße/日本.txt", "x").build()));
  EXPECT_EQ(read("grüße/日本.txt"), "x");
}

// Environments run as users of their own: a private file would be unreadable there.
TEST_F(ZipTest, KeepsTheExecuteBitAndTimeAndMakesFilesReadable) {
  ASSERT_TRUE(
      unpack(ZipBuilder().add("bootstrap", "#!", 0100700).add("data", "x", 0100600).build()));
  struct stat status{};
  ASSERT_EQ(::stat((inside_ + "/bootstrap").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0755u);
  EXPECT_EQ(status.st_mtime / 86'400, 19'849);  // 2024-05-06
  ASSERT_EQ(::stat((inside_ + "/data").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0644u);
}

TEST_F(ZipTest, FoldersAreOpenToAllWhateverTheUmask) {
  const mode_t before = ::umask(0077);
  const auto unpacked = unpack(ZipBuilder().add("lib/a", "x").build());
  ::umask(before);
  ASSERT_TRUE(unpacked);
  struct stat status{};
  ASSERT_EQ(::stat((inside_ + "/lib").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0755u);
}

TEST_F(ZipTest, RefusesEntriesOutsideThePackage) {
  expect_refused(ZipBuilder().add("../evil", "x").build());
  expect_refused(ZipBuilder().add("a/../../evil", "x").build());
  expect_refused(ZipBuilder().add("/tmp/evil", "x").build());
}

TEST_F(ZipTest, RefusesLinksThatLeadOut) {
  expect_refused(ZipBuilder().add("link", "/etc/passwd", 0120777).build());
  expect_refused(ZipBuilder().add("link", "../outside", 0120777).build());
  expect_refused(ZipBuilder().add("a/link", "../../outside", 0120777).build());
  // By way of another link: a/l is the root, so a/l/.. is above it.
  expect_refused(ZipBuilder().add("a/l", "..", 0120777).add("m", "a/l/../x", 0120777).build());
}

TEST_F(ZipTest, NeverWritesThroughALink) {
  expect_refused(ZipBuilder().add("d", ".", 0120777).add("d/file", "x").build());
}

TEST_F(ZipTest, RefusesBrokenZips) {
  const std::string whole = ZipBuilder().add("a.txt", "some content").build();
  expect_refused("this is not a zip");
  expect_refused(whole.substr(0, whole.size() / 2));
  expect_refused(whole.substr(0, whole.size() - 5));
  expect_refused(ZipBuilder().add_with_wrong_checksum("a.txt", "some content").build());
}

TEST_F(ZipTest, NeverMakesSpecialFiles) {
  (void)unpack(ZipBuilder().add("fifo", "", 0010644).build());
  const auto type = fs::symlink_status(inside_ + "/fifo").type();
  EXPECT_TRUE(type == fs::file_type::regular || type == fs::file_type::not_found);
}

TEST_F(ZipTest, RefusesEmptyZips) {
  expect_refused("", ErrorCode::kNotFound);
  expect_refused(ZipBuilder().build(), ErrorCode::kNotFound);
}

TEST_F(ZipTest, StopsAtTheSizeLimitWhateverTheZipClaims) {
  const std::string bomb =
      ZipBuilder().add_deflated("bomb", std::string(16 * 1024 * 1024, '\0'), 10).build();
  const auto result = unpack(bomb, {.unzipped_bytes = 1024 * 1024});
  ASSERT_FALSE(result);
  if (fs::exists(inside_ + "/bomb")) EXPECT_LE(fs::file_size(inside_ + "/bomb"), 1024u * 1024u);

  const std::string honest =
      ZipBuilder().add_deflated("big", std::string(2'000'000, 'x'), 2'000'000).build();
  const auto too_large = unpack(honest, {.unzipped_bytes = 1024 * 1024});
  ASSERT_FALSE(too_large);
  EXPECT_EQ(too_large.error().code, ErrorCode::kLimitExceeded);
}

TEST_F(ZipTest, StopsAtTheEntryLimit) {
  ZipBuilder many;
  for (int i = 0; i < 20; ++i) many.add("f" + std::to_string(i), "");
  const auto result = unpack(many.build(), {.entries = 10});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kLimitExceeded);
}

TEST_F(ZipTest, OnlyChecksWithoutADirectory) {
  EXPECT_TRUE(unpack_zip(ZipBuilder().add("a", "x").build(), ""));
  EXPECT_FALSE(unpack_zip(ZipBuilder().add("../a", "x").build(), ""));
  EXPECT_TRUE(fs::is_empty(inside_));
}

}  // namespace
}  // namespace kiln::lambda

// SPDX-License-Identifier: Apache-2.0
#include "async/loop.h"
#include "base/encoding.h"
#include "blob/owned_blobs.h"
#include "os/fd.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace kiln::blob {
namespace {

namespace fs = std::filesystem;

template <class T>
Task<void> keep_result(Task<T> task, std::optional<T>& out) {
  out.emplace(co_await task);
}

class OwnedBlobsTest : public testing::Test {
 protected:
  OwnedBlobsTest() {
    std::string name = (fs::temp_directory_path() / "kiln_owned_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    root_ = name;
    auto opened = open_owned_blobs(root_ + "/objects", loop_, pool_, random_);
    if (!opened) std::abort();
    blobs_ = std::move(*opened);
  }
  ~OwnedBlobsTest() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  template <class T>
  T await(Task<T> task) {
    std::optional<T> out;
    loop_.run_until_complete(keep_result(std::move(task), out));
    return std::move(*out);
  }
  OwnedBlob put(std::string bytes) { return await(blobs_->put(std::move(bytes), {}))->blob; }
  Result<std::string> contents(const std::string& id) {
    auto reader = await(blobs_->open(id));
    if (!reader) return std::unexpected(reader.error());
    return await((*reader)->read(0, 1'000'000));
  }
  Fd spooled(std::string_view bytes) {
    Fd file(::open(root_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    EXPECT_EQ(::write(file.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    return file;
  }
  std::size_t files() const {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(root_))
      count += entry.is_regular_file() ? 1 : 0;
    return count;
  }

  std::string root_;
  Loop loop_;
  Metrics metrics_;
  SystemRandom random_;
  BlockingPool pool_{2, 100, metrics_};
  std::unique_ptr<OwnedBlobs> blobs_;
};

TEST_F(OwnedBlobsTest, TheSameBytesTwiceAreTwoBlobs) {
  const auto first = put("hello");
  const auto second = put("hello");
  EXPECT_NE(first.id, second.id);
  ASSERT_TRUE(await(blobs_->remove({first.id})));
  EXPECT_EQ(contents(first.id).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(contents(second.id).value_or("?"), "hello");
}

TEST_F(OwnedBlobsTest, AdoptsASpooledFileWithoutCopyingAndHashesIt) {
  const Fd file = spooled("hello");
  const auto made = await(blobs_->adopt(file.get(), {ChecksumKind::kMd5, ChecksumKind::kCrc32}));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->blob.size, 5u);
  EXPECT_EQ(hex_encode(made->digests[0]), "5d41402abc4b2a76b9719d911017c592");
  EXPECT_EQ(hex_encode(made->digests[1]), "3610a686");
  EXPECT_EQ(contents(made->blob.id).value_or("?"), "hello");
  struct stat open_file;
  ASSERT_EQ(::fstat(file.get(), &open_file), 0);
  EXPECT_EQ(open_file.st_nlink, 1u);  // the file itself has the name now
}

TEST_F(OwnedBlobsTest, ALinkOutlivesTheBlobItWasMadeFrom) {
  const auto first = put("hello");
  const auto second = await(blobs_->link(first.id));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->size, 5u);
  ASSERT_TRUE(await(blobs_->remove({first.id})));
  EXPECT_EQ(contents(second->id).value_or("?"), "hello");
  EXPECT_EQ(await(blobs_->link(first.id)).error().code, ErrorCode::kNotFound);
}

TEST_F(OwnedBlobsTest, CopiesSlicesOneAfterAnother) {
  const auto first = put("hello");
  const auto second = put("world");
  const auto made =
      await(blobs_->copy({{first.id, 1, 3}, {second.id, 0, 2}}, {ChecksumKind::kMd5}));
  ASSERT_TRUE(made);
  EXPECT_EQ(contents(made->blob.id).value_or("?"), "ellwo");
  const auto digests = await(blobs_->digest({{made->blob.id, 0, 5}}, {ChecksumKind::kMd5}));
  EXPECT_EQ(digests.value(), made->digests);
  EXPECT_FALSE(await(blobs_->copy({{first.id, 3, 3}}, {})));
  EXPECT_EQ(files(), 3u);  // what failed left nothing
}

TEST_F(OwnedBlobsTest, AReaderOutlivesTheRemovalOfItsBlob) {
  const auto blob = put("hello");
  auto reader = await(blobs_->open(blob.id));
  ASSERT_TRUE(await(blobs_->remove({blob.id, blob.id})));
  EXPECT_EQ(await((*reader)->read(1, 100)).value_or("?"), "ello");
  EXPECT_EQ(files(), 0u);
}

TEST_F(OwnedBlobsTest, FindsBlobsPastTheirGrace) {
  const auto blob = put("hello");
  const int folder = static_cast<unsigned char>(blob.id[0]);
  EXPECT_EQ(await(blobs_->aged(folder, 60'000))->size(), 0u);
  EXPECT_EQ(await(blobs_->aged(folder, 0)).value(), std::vector<std::string>{blob.id});
}

}  // namespace
}  // namespace kiln::blob

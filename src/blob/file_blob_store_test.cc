// SPDX-License-Identifier: Apache-2.0
#include "async/loop.h"
#include "base/crypto.h"
#include "blob/blob_store.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sys/stat.h>

namespace kiln::blob {
namespace {

namespace fs = std::filesystem;

template <class T>
Task<void> keep_result(Task<T> task, std::optional<T>& out) {
  out.emplace(co_await task);
}

class FileBlobStoreTest : public testing::Test {
 protected:
  FileBlobStoreTest() {
    std::string name = (fs::temp_directory_path() / "kiln_blob_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    root_ = name;
    open();
  }
  ~FileBlobStoreTest() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

  void open() {
    auto store = open_file_blob_store(directory(), loop_, pool_, random_);
    ASSERT_TRUE(store) << store.error().message;
    store_ = std::move(*store);
  }
  template <class T>
  T await(Task<T> task) {
    std::optional<T> out;
    loop_.run_until_complete(keep_result(std::move(task), out));
    return std::move(*out);
  }
  std::string directory() const { return root_ + "/blobs"; }
  std::size_t temporary_files() const {
    const fs::directory_iterator files(directory() + "/tmp");
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
  }
  std::string put(std::string bytes) {
    auto info = await(store_->put(std::move(bytes)));
    EXPECT_TRUE(info) << info.error().message;
    return info ? info->id : "";
  }
  std::string contents(std::string id) {
    auto bytes = await(store_->read(std::move(id), 0, 1'000'000'000));
    return bytes ? *bytes : std::string(to_string(bytes.error().code));
  }
  void make_old(const std::string& id) {
    const timespec times[2] = {{1'000'000, 0}, {1'000'000, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, store_->path(id).c_str(), times, 0), 0);
  }

  Metrics metrics_;
  Loop loop_;
  BlockingPool pool_{2, 100, metrics_};
  SeededRandom random_{1};
  std::string root_;
  std::unique_ptr<BlobStore> store_;
};

TEST_F(FileBlobStoreTest, KeepsBytesUnderTheirSha256) {
  const std::string bytes("some\0bytes", 10);
  const auto info = await(store_->put(bytes));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->id, sha256_hex(bytes));
  EXPECT_EQ(info->size, bytes.size());
  EXPECT_EQ(contents(info->id), bytes);
  EXPECT_EQ(await(store_->stat(info->id))->size, bytes.size());
  EXPECT_EQ(fs::file_size(store_->path(info->id)), bytes.size());
  EXPECT_EQ(temporary_files(), 0u);
}

TEST_F(FileBlobStoreTest, StoresTheSameContentOnce) {
  const std::string id = put("twice");
  EXPECT_EQ(put("twice"), id);
  EXPECT_EQ(contents(id), "twice");
  EXPECT_EQ(temporary_files(), 0u);
}

TEST_F(FileBlobStoreTest, KeepsAnEmptyBlob) {
  const std::string id = put("");
  EXPECT_EQ(contents(id), "");
  EXPECT_EQ(await(store_->stat(id))->size, 0u);
}

TEST_F(FileBlobStoreTest, ReadsAPart) {
  const std::string id = put("0123456789");
  EXPECT_EQ(await(store_->read(id, 3, 4)), "3456");
  EXPECT_EQ(await(store_->read(id, 8, 4)), "89");
  EXPECT_EQ(await(store_->read(id, 10, 4)), "");
  EXPECT_EQ(await(store_->read(id, 1'000'000, 4)), "");
  EXPECT_EQ(await(store_->read(id, 0, 0)), "");
}

TEST_F(FileBlobStoreTest, SaysWhenThereIsNoBlob) {
  const std::string id = sha256_hex("never stored");
  EXPECT_EQ(await(store_->read(id, 0, 1)).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(await(store_->stat(id)).error().code, ErrorCode::kNotFound);
}

TEST_F(FileBlobStoreTest, RefusesIdsThatCouldLeaveTheDirectory) {
  for (const char* id : {"", "ab", "../../etc/passwd", "ab/cd", "tmp", "ABCDEF"}) {
    EXPECT_EQ(await(store_->stat(id)).error().code, ErrorCode::kInvalidArgument) << id;
    EXPECT_EQ(await(store_->read(id, 0, 1)).error().code, ErrorCode::kInvalidArgument) << id;
  }
}

TEST_F(FileBlobStoreTest, AdoptsAFile) {
  const std::string source = root_ + "/upload";
  const std::string bytes(700'000, 'u');
  std::ofstream(source) << bytes;
  const auto info = await(store_->adopt_file(source));
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->id, sha256_hex(bytes));
  EXPECT_EQ(info->size, bytes.size());
  EXPECT_EQ(contents(info->id), bytes);
  EXPECT_FALSE(fs::exists(source));
  EXPECT_EQ(temporary_files(), 0u);
}

TEST_F(FileBlobStoreTest, AdoptingAMissingFileLeavesNothing) {
  const auto info = await(store_->adopt_file(root_ + "/missing"));
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code, ErrorCode::kIo);
  EXPECT_NE(info.error().message.find("/missing"), std::string::npos) << info.error().message;
  EXPECT_EQ(temporary_files(), 0u);
}

TEST_F(FileBlobStoreTest, BlobsAreThereAfterReopening) {
  const std::string id = put("kept");
  open();
  EXPECT_EQ(contents(id), "kept");
}

TEST_F(FileBlobStoreTest, OpeningRemovesUnfinishedFiles) {
  std::ofstream(directory() + "/tmp/unfinished") << "half";
  open();
  EXPECT_EQ(temporary_files(), 0u);
}

TEST_F(FileBlobStoreTest, SweepRemovesWhatNobodyReferences) {
  const std::string kept = put("kept");
  const std::string dropped = put("dropped");
  EXPECT_EQ(await(store_->sweep({kept}, 0)), 1u);
  EXPECT_EQ(contents(kept), "kept");
  EXPECT_EQ(await(store_->stat(dropped)).error().code, ErrorCode::kNotFound);
}

TEST_F(FileBlobStoreTest, SweepSparesBlobsWithinTheGracePeriod) {
  const std::string old = put("old");
  put("young");
  make_old(old);
  EXPECT_EQ(await(store_->sweep({}, 60'000)), 1u);
  EXPECT_EQ(await(store_->stat(old)).error().code, ErrorCode::kNotFound);
}

// Its new owner has not committed the reference yet.
TEST_F(FileBlobStoreTest, PuttingABlobAgainRestartsItsGracePeriod) {
  const std::string id = put("again");
  make_old(id);
  put("again");
  EXPECT_EQ(await(store_->sweep({}, 60'000)), 0u);
}

}  // namespace
}  // namespace kiln::blob

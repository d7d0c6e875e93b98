// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.h"
#include "base/encoding.h"
#include "blob/blob_store.h"
#include "blob/file_io.h"
#include "os/files.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <mutex>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace kiln::blob {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCopyBytes = 256 * 1024;
constexpr std::size_t kMaxIdBytes = 128;

// Calls `take` with each chunk of the file, in order.
template <class F>
Status for_each_chunk(const std::string& path, F take) {
  KILN_TRY(const Fd file, open_file(path, O_RDONLY));
  std::string chunk(kCopyBytes, '\0');
  for (;;) {
    const ssize_t n = ::read(file.get(), chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("read", path, errno);
    if (n == 0) return {};
    KILN_TRY_VOID(take(std::string_view(chunk.data(), static_cast<std::size_t>(n))));
  }
}

std::unexpected<Error> no_blob(std::string_view id) {
  return fail(ErrorCode::kNotFound, "blob " + std::string(id) + ": no such blob");
}

// Ids become paths: nothing but hex digits and dashes gets that far.
Status validate_id(std::string_view id) {
  const bool valid = id.size() >= 3 && id.size() <= kMaxIdBytes &&
                     id.find_first_not_of("0123456789abcdef-") == std::string_view::npos;
  if (!valid) return fail(ErrorCode::kInvalidArgument, "blob: malformed id");
  return {};
}

class FileBlobStore final : public BlobStore {
 public:
  FileBlobStore(std::string directory, Executor& home, BlockingPool& pool, Random& random)
      : directory_(std::move(directory)), home_(home), pool_(pool), random_(random) {}

  // Makes the folders and removes what an earlier process left unfinished.
  Status prepare();

  Task<Result<BlobInfo>> put(std::string bytes) override;
  Task<Result<BlobInfo>> adopt_file(std::string path) override;
  Task<Result<std::string>> read(std::string id, std::uint64_t offset, std::uint64_t size) override;
  Task<Result<BlobInfo>> stat(std::string id) override;
  std::string path(std::string_view id) const override {
    return folder(id) + "/" + std::string(id);
  }
  Task<Result<std::size_t>> sweep(std::set<std::string> referenced, std::int64_t grace_ms) override;

 private:
  std::string folder(std::string_view id) const {
    return directory_ + "/" + std::string(id.substr(0, 2));
  }
  std::string temporary_directory() const { return directory_ + "/tmp"; }
  std::string temporary_path() const {
    return temporary_directory() + "/" + hex_encode(random_.bytes(16));
  }

  // All below run on the pool.
  Result<BlobInfo> put_now(const std::string& bytes);
  Result<BlobInfo> adopt_now(const std::string& source);
  Result<std::string> read_now(const std::string& id, std::uint64_t offset,
                               std::uint64_t size) const;
  Result<BlobInfo> stat_now(const std::string& id) const;
  Result<std::size_t> sweep_now(const std::set<std::string>& referenced, std::int64_t grace_ms);
  // True when the blob is there; then it counts as new for sweep().
  Result<bool> renew(const std::string& id);
  // Makes the synced file at `from` visible as `id`.
  Status publish(const std::string& from, const std::string& id);
  bool remove_if_older(const std::string& path, std::int64_t grace_ms);

  const std::string directory_;
  Executor& home_;
  BlockingPool& pool_;
  Random& random_;
  // Between "is it there: renew it" and "is it old: remove it".
  std::mutex sweep_mutex_;
};

Status FileBlobStore::prepare() {
  std::error_code error;
  fs::create_directories(directory_, error);
  if (error) return fail_errno("mkdir", directory_, error.value());
  fs::remove_all(temporary_directory(), error);
  if (error) return fail_errno("remove", temporary_directory(), error.value());
  if (::mkdir(temporary_directory().c_str(), 0700) != 0) {
    return fail_errno("mkdir", temporary_directory(), errno);
  }
  return sync_folder(directory_);
}

Result<bool> FileBlobStore::renew(const std::string& id) {
  {
    const std::lock_guard lock(sweep_mutex_);
    const std::string target = path(id);
    if (::utimensat(AT_FDCWD, target.c_str(), nullptr, 0) != 0) {
      if (errno == ENOENT) return false;
      return fail_errno("utimensat", target, errno);
    }
  }
  // Another writer may have renamed it without having synced the folder yet.
  KILN_TRY_VOID(sync_folder(folder(id)));
  return true;
}

Status FileBlobStore::publish(const std::string& from, const std::string& id) {
  const std::string parent = folder(id);
  const auto move = [&] { return ::rename(from.c_str(), path(id).c_str()) == 0; };
  if (!move()) {
    if (errno != ENOENT) return fail_errno("rename", from, errno);
    KILN_TRY_VOID(make_folder(parent, directory_));
    if (!move()) return fail_errno("rename", from, errno);
  }
  return sync_folder(parent);
}

// Removes a temporary file unless it has been moved away.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string path) : path_(std::move(path)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { ::unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Result<BlobInfo> FileBlobStore::put_now(const std::string& bytes) {
  BlobInfo info{sha256_hex(bytes), bytes.size()};
  KILN_TRY(const bool there, renew(info.id));
  if (there) return info;
  const TemporaryFile temporary(temporary_path());
  {
    KILN_TRY(const Fd file, open_file(temporary.path(), O_WRONLY | O_CREAT | O_EXCL, 0600));
    KILN_TRY_VOID(write_all(file.get(), bytes, temporary.path()));
    if (::fsync(file.get()) != 0) return fail_errno("fsync", temporary.path(), errno);
  }
  KILN_TRY_VOID(publish(temporary.path(), info.id));
  return info;
}

// Copies, rather than renames, into the store: whoever still has the source open can not change a
// blob, and the source may be on another file system.
Result<BlobInfo> FileBlobStore::adopt_now(const std::string& source) {
  const TemporaryFile temporary(temporary_path());
  BlobInfo info;
  Sha256Stream hash;
  {
    KILN_TRY(const Fd file, open_file(temporary.path(), O_WRONLY | O_CREAT | O_EXCL, 0600));
    KILN_TRY_VOID(for_each_chunk(source, [&](std::string_view chunk) {
      hash.update(chunk);
      info.size += chunk.size();
      return write_all(file.get(), chunk, temporary.path());
    }));
    info.id = hex_encode(as_view(hash.finish()));
    if (::fsync(file.get()) != 0) return fail_errno("fsync", temporary.path(), errno);
  }
  KILN_TRY(const bool there, renew(info.id));
  if (!there) {
    KILN_TRY_VOID(publish(temporary.path(), info.id));
  }
  if (::unlink(source.c_str()) != 0) return fail_errno("unlink", source, errno);
  return info;
}

Result<BlobInfo> FileBlobStore::stat_now(const std::string& id) const {
  KILN_TRY_VOID(validate_id(id));
  struct stat found;
  if (::stat(path(id).c_str(), &found) != 0) {
    if (errno == ENOENT) return no_blob(id);
    return fail_errno("stat", path(id), errno);
  }
  return BlobInfo{id, static_cast<std::uint64_t>(found.st_size)};
}

Result<std::string> FileBlobStore::read_now(const std::string& id, std::uint64_t offset,
                                            std::uint64_t size) const {
  KILN_TRY_VOID(validate_id(id));
  const Fd file(::open(path(id).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && errno == ENOENT) return no_blob(id);
  struct stat found;
  if (!file || ::fstat(file.get(), &found) != 0) return fail_errno("open", path(id), errno);
  const auto total = static_cast<std::uint64_t>(found.st_size);
  if (offset >= total) return std::string();
  return read_at(file.get(), offset, std::min(size, total - offset), path(id));
}

bool FileBlobStore::remove_if_older(const std::string& path, std::int64_t grace_ms) {
  const std::lock_guard lock(sweep_mutex_);
  struct stat found;
  if (::stat(path.c_str(), &found) != 0) return false;
  return file_age_ms(found.st_mtim) >= grace_ms && ::unlink(path.c_str()) == 0;
}

Result<std::size_t> FileBlobStore::sweep_now(const std::set<std::string>& referenced,
                                             std::int64_t grace_ms) {
  std::size_t removed = 0;
  std::error_code error;
  for (fs::directory_iterator folders(directory_, error), end; !error && folders != end;
       folders.increment(error)) {
    if (folders->path() == temporary_directory()) continue;
    std::error_code inner;
    for (fs::directory_iterator blobs(folders->path(), inner); !inner && blobs != end;
         blobs.increment(inner)) {
      if (referenced.contains(blobs->path().filename().string())) continue;
      if (remove_if_older(blobs->path().string(), grace_ms)) ++removed;
    }
  }
  if (error) return fail_errno("readdir", directory_, error.value());
  return removed;
}

Task<Result<BlobInfo>> FileBlobStore::put(std::string bytes) {
  auto job = [this, bytes = std::move(bytes)] { return put_now(bytes); };
  auto task = pool_.run(home_, std::move(job));
  co_return co_await task;
}

Task<Result<BlobInfo>> FileBlobStore::adopt_file(std::string path) {
  auto job = [this, path = std::move(path)] { return adopt_now(path); };
  auto task = pool_.run(home_, std::move(job));
  co_return co_await task;
}

Task<Result<std::string>> FileBlobStore::read(std::string id, std::uint64_t offset,
                                              std::uint64_t size) {
  auto job = [this, id = std::move(id), offset, size] { return read_now(id, offset, size); };
  auto task = pool_.run(home_, std::move(job));
  co_return co_await task;
}

Task<Result<BlobInfo>> FileBlobStore::stat(std::string id) {
  auto job = [this, id = std::move(id)] { return stat_now(id); };
  auto task = pool_.run(home_, std::move(job));
  co_return co_await task;
}

Task<Result<std::size_t>> FileBlobStore::sweep(std::set<std::string> referenced,
                                               std::int64_t grace_ms) {
  auto job = [this, referenced = std::move(referenced), grace_ms] {
    return sweep_now(referenced, grace_ms);
  };
  auto task = pool_.run(home_, std::move(job));
  co_return co_await task;
}

}  // namespace

Result<std::unique_ptr<BlobStore>> open_file_blob_store(std::string directory, Executor& home,
                                                        BlockingPool& pool, Random& random) {
  auto store = std::make_unique<FileBlobStore>(std::move(directory), home, pool, random);
  KILN_TRY_VOID(store->prepare());
  return store;
}

}  // namespace kiln::blob

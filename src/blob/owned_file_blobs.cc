// SPDX-License-Identifier: Apache-2.0
#include "base/encoding.h"
#include "blob/file_io.h"
#include "blob/owned_blobs.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace kiln::blob {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPieceBytes = 256 * 1024;

// A read-only descriptor with an offset of nobody else's concern.
class FileReader final : public OwnedBlobs::Reader {
 public:
  FileReader(Fd fd, Executor& home, BlockingPool& pool)
      : fd_(std::make_shared<const Fd>(std::move(fd))), home_(home), pool_(pool) {}

  Task<Result<std::string>> read(std::uint64_t offset, std::size_t size) override {
    auto job = [fd = fd_, offset, size] { return read_at(fd->get(), offset, size, "blob"); };
    auto task = pool_.run(home_, std::move(job));
    co_return co_await task;
  }

 private:
  std::shared_ptr<const Fd> fd_;  // a read under way outlives the reader
  Executor& home_;
  BlockingPool& pool_;
};

class Digests {
 public:
  explicit Digests(const std::vector<ChecksumKind>& kinds) {
    for (const ChecksumKind kind : kinds) running_.emplace_back(kind);
  }
  bool empty() const { return running_.empty(); }
  void update(std::string_view bytes) {
    for (auto& one : running_) one.update(bytes);
  }
  std::vector<std::string> finish() {
    std::vector<std::string> out;
    for (auto& one : running_) out.push_back(one.finish());
    return out;
  }

 private:
  std::vector<Checksum> running_;
};

// Calls `take` with the pieces of [offset, offset + size). kIo when the file is shorter.
template <class F>
Status for_each_piece(int fd, std::uint64_t offset, std::uint64_t size, F take) {
  std::string piece(std::min<std::uint64_t>(kPieceBytes, size), '\0');
  while (size > 0) {
    const ssize_t n = ::pread(fd, piece.data(), std::min<std::uint64_t>(piece.size(), size),
                              static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("pread", "blob", errno);
    if (n == 0) return fail(ErrorCode::kIo, "a blob is shorter than its owner says");
    KILN_TRY_VOID(take(std::string_view(piece.data(), static_cast<std::size_t>(n))));
    offset += static_cast<std::uint64_t>(n);
    size -= static_cast<std::uint64_t>(n);
  }
  return {};
}

class OwnedFileBlobs final : public OwnedBlobs {
 public:
  OwnedFileBlobs(std::string directory, Executor& home, BlockingPool& pool, Random& random)
      : directory_(std::move(directory)), home_(home), pool_(pool), random_(random) {}

  Status prepare();

  Task<Result<NewBlob>> put(std::string bytes, std::vector<ChecksumKind> digests) override;
  Task<Result<NewBlob>> adopt(int file, std::vector<ChecksumKind> digests) override;
  Task<Result<NewBlob>> copy(std::vector<Slice> slices, std::vector<ChecksumKind> digests) override;
  Task<Result<NewBlob>> copy_file(int file, std::uint64_t offset, std::uint64_t size,
                                  std::vector<ChecksumKind> digests) override;
  Task<Result<OwnedBlob>> link(std::string id) override;
  Task<Result<std::vector<std::string>>> digest(std::vector<Slice> slices,
                                                std::vector<ChecksumKind> digests) override;
  Task<Result<std::shared_ptr<Reader>>> open(std::string id) override;
  Task<Status> remove(std::vector<std::string> ids) override;
  Task<Result<std::vector<std::string>>> aged(int folder, std::int64_t grace_ms) override;

 private:
  std::string folder_of(std::string_view id) const {
    return directory_ + "/" + hex_encode(id.substr(0, 1));
  }
  std::string path_of(std::string_view id) const { return folder_of(id) + "/" + hex_encode(id); }

  // All below run on the pool.
  template <class F>
  Result<NewBlob> make(const std::vector<ChecksumKind>& digests, F fill);
  Result<NewBlob> adopt_now(int file, const std::vector<ChecksumKind>& digests);
  Result<std::string> name(int file);
  Result<OwnedBlob> link_now(const std::string& id);
  Status remove_now(const std::vector<std::string>& ids);
  Result<std::vector<std::string>> aged_now(int folder, std::int64_t grace_ms) const;
  template <class F>
  Status read_slices(const std::vector<Slice>& slices, F take) const;

  const std::string directory_;
  Executor& home_;
  BlockingPool& pool_;
  Random& random_;
};

Status OwnedFileBlobs::prepare() {
  std::error_code error;
  fs::create_directories(directory_, error);
  if (error) return fail_errno("mkdir", directory_, error.value());
  return {};
}

// Gives the synced file a name. EXDEV goes to the caller as kConflict: it lies elsewhere.
Result<std::string> OwnedFileBlobs::name(int file) {
  const std::string id = random_.bytes(kBlobIdBytes);
  const std::string from = "/proc/self/fd/" + std::to_string(file);
  const std::string to = path_of(id);
  const auto give_name = [&] {
    return ::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), AT_SYMLINK_FOLLOW) == 0;
  };
  if (!give_name()) {
    if (errno == EXDEV) return fail(ErrorCode::kConflict, "another file system");
    if (errno != ENOENT) return fail_errno("linkat", to, errno);
    KILN_TRY_VOID(make_folder(folder_of(id), directory_));
    if (!give_name()) return fail_errno("linkat", to, errno);
  }
  KILN_TRY_VOID(sync_folder(folder_of(id)));
  return id;
}

// `fill(write)` gives the bytes in order; a blob that fails half-way never had a name.
template <class F>
Result<NewBlob> OwnedFileBlobs::make(const std::vector<ChecksumKind>& digests, F fill) {
  KILN_TRY(const Fd file, open_blob_file(directory_, O_TMPFILE | O_RDWR));
  NewBlob out;
  Digests running(digests);
  KILN_TRY_VOID(fill([&](std::string_view piece) {
    running.update(piece);
    out.blob.size += piece.size();
    return write_all(file.get(), piece, "blob");
  }));
  if (::fdatasync(file.get()) != 0) return fail_errno("fdatasync", "blob", errno);
  KILN_TRY(out.blob.id, name(file.get()));
  out.digests = running.finish();
  return out;
}

Result<NewBlob> OwnedFileBlobs::adopt_now(int file, const std::vector<ChecksumKind>& digests) {
  struct stat found;
  if (::fstat(file, &found) != 0) return fail_errno("fstat", "spool file", errno);
  NewBlob out;
  out.blob.size = static_cast<std::uint64_t>(found.st_size);
  // The disk writes while the digests are made.
  ::sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE);
  Digests running(digests);
  if (!running.empty()) {
    KILN_TRY_VOID(for_each_piece(file, 0, out.blob.size, [&](std::string_view piece) {
      running.update(piece);
      return Status{};
    }));
  }
  if (::fdatasync(file) != 0) return fail_errno("fdatasync", "spool file", errno);
  auto named = name(file);
  if (!named && named.error().code == ErrorCode::kConflict) {
    return make(digests, [&](auto write) { return for_each_piece(file, 0, out.blob.size, write); });
  }
  KILN_TRY(out.blob.id, std::move(named));
  out.digests = running.finish();
  return out;
}

Result<OwnedBlob> OwnedFileBlobs::link_now(const std::string& id) {
  const std::string from = path_of(id);
  struct stat found;
  if (::stat(from.c_str(), &found) != 0) {
    if (errno == ENOENT) return fail(ErrorCode::kNotFound, "blob " + from + ": no such blob");
    return fail_errno("stat", from, errno);
  }
  OwnedBlob out{random_.bytes(kBlobIdBytes), static_cast<std::uint64_t>(found.st_size)};
  const std::string to = path_of(out.id);
  if (::access(folder_of(out.id).c_str(), F_OK) != 0) {
    KILN_TRY_VOID(make_folder(folder_of(out.id), directory_));
  }
  if (::link(from.c_str(), to.c_str()) == 0) {
    KILN_TRY_VOID(sync_folder(folder_of(out.id)));
    return out;
  }
  if (errno == ENOENT) return fail(ErrorCode::kNotFound, "blob " + from + ": no such blob");
  // File systems bound the links of a file, or have none.
  KILN_TRY(const Fd source, open_blob_file(from, O_RDONLY));
  KILN_TRY(auto copied,
           make({}, [&](auto write) { return for_each_piece(source.get(), 0, out.size, write); }));
  return std::move(copied.blob);
}

template <class F>
Status OwnedFileBlobs::read_slices(const std::vector<Slice>& slices, F take) const {
  for (const Slice& slice : slices) {
    KILN_TRY(const Fd source, open_blob_file(path_of(slice.id), O_RDONLY));
    KILN_TRY_VOID(for_each_piece(source.get(), slice.offset, slice.size, take));
  }
  return {};
}

Status OwnedFileBlobs::remove_now(const std::vector<std::string>& ids) {
  for (const auto& id : ids) {
    const std::string path = path_of(id);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("unlink", path, errno);
  }
  return {};
}

Result<std::vector<std::string>> OwnedFileBlobs::aged_now(int folder, std::int64_t grace_ms) const {
  const std::string path = directory_ + "/" + hex_encode(std::string(1, static_cast<char>(folder)));
  std::vector<std::string> out;
  std::error_code error;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    auto id = hex_decode(entry->path().filename().string());
    if (!id || id->size() != kBlobIdBytes) continue;
    struct stat found;
    if (::stat(entry->path().c_str(), &found) != 0) continue;
    // The change time: a link to an old file is a new blob.
    if (file_age_ms(found.st_ctim) >= grace_ms) out.push_back(std::move(*id));
  }
  const bool never_used = error.value() == ENOENT;
  if (error && !never_used) return fail_errno("readdir", path, error.value());
  std::ranges::sort(out);
  return out;
}

Task<Result<NewBlob>> OwnedFileBlobs::put(std::string bytes, std::vector<ChecksumKind> digests) {
  auto job = [this, bytes = std::move(bytes), digests = std::move(digests)] {
    return make(digests, [&](auto write) { return write(bytes); });
  };
  auto task = pool_.run(home_, std::move(job));
  co_return co_await task;
}

Task<Result<NewBlob>> OwnedFileBlobs::adopt(int file, std::vector<ChecksumKind> digests) {
  auto job = [this, file, digests = std::move(digests)] { return adopt_now(file, digests); };
  auto task = pool_.run(home_, std::move(job));
  co_return co_await task;
}

Task<Result<NewBlob>> OwnedFileBlobs::copy(std::vector<Slice> slices,
                                           std::vector<ChecksumKind> digests) {
  auto job = [this, slices = std::move(slices), digests = std::move(digests)] {
    return make(digests, [&](auto write) { return read_slices(slices, write); });
  };
  auto task = pool_.run(home_, std::move(job));
  co_return co_await task;
}

Task<Result<NewBlob>> OwnedFileBlobs::copy_file(int file, std::uint64_t offset, std::uint64_t size,
                                                std::vector<ChecksumKind> digests) {
  auto job = [this, file, offset, size, digests = std::move(digests)] {
    return make(digests, [&](auto write) { return for_each_piece(file, offset, size, write); });
  };
  auto task = pool_.run(home_, std::move(job));
  co_return co_await task;
}

Task<Result<OwnedBlob>> OwnedFileBlobs::link(std::string id) {
  auto job = [this, id = std::move(id)] { return link_now(id); };
  auto task = pool_.run(home_, std::move(job));
  co_return co_await task;
}

Task<Result<std::vector<std::string>>> OwnedFileBlobs::digest(std::vector<Slice> slices,
                                                              std::vector<ChecksumKind> digests) {
  auto job = [this, slices = std::move(slices),
              digests = std::move(digests)]() -> Result<std::vector<std::string>> {
    Digests running(digests);
    KILN_TRY_VOID(read_slices(slices, [&](std::string_view piece) {
      running.update(piece);
      return Status{};
    }));
    return running.finish();
  };
  auto task = pool_.run(home_, std::move(job));
  co_return co_await task;
}

Task<Result<std::shared_ptr<OwnedBlobs::Reader>>> OwnedFileBlobs::open(std::string id) {
  auto job = [this, id = std::move(id)]() -> Result<std::shared_ptr<Reader>> {
    KILN_TRY(Fd fd, open_blob_file(path_of(id), O_RDONLY));
    return std::make_shared<FileReader>(std::move(fd), home_, pool_);
  };
  auto task = pool_.run(home_, std::move(job));
  co_return co_await task;
}

Task<Status> OwnedFileBlobs::remove(std::vector<std::string> ids) {
  auto job = [this, ids = std::move(ids)] { return remove_now(ids); };
  auto task = pool_.run(home_, std::move(job));
  co_return co_await task;
}

Task<Result<std::vector<std::string>>> OwnedFileBlobs::aged(int folder, std::int64_t grace_ms) {
  auto job = [this, folder, grace_ms] { return aged_now(folder, grace_ms); };
  auto task = pool_.run(home_, std::move(job));
  co_return co_await task;
}

}  // namespace

Result<std::unique_ptr<OwnedBlobs>> open_owned_blobs(std::string directory, Executor& home,
                                                     BlockingPool& pool, Random& random) {
  auto blobs = std::make_unique<OwnedFileBlobs>(std::move(directory), home, pool, random);
  KILN_TRY_VOID(blobs->prepare());
  return blobs;
}

}  // namespace kiln::blob

// SPDX-License-Identifier: Apache-2.0
#include "server/request_body.h"

#include "base/encoding.h"

#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <sys/mman.h>
#include <unistd.h>

namespace kiln::server {
namespace {

Status write_all(int fd, std::string_view bytes, const std::string& spool_dir) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("write spool file in", spool_dir, errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace

bool BodyBudget::take(std::uint64_t bytes) {
  if (held_ + bytes > limit_) {
    refused_.add();
    return false;
  }
  held_ += bytes;
  held_metric_.set(static_cast<std::int64_t>(held_));
  return true;
}

void BodyBudget::give_back(std::uint64_t bytes) {
  if (bytes == 0) return;
  held_ -= bytes;
  held_metric_.set(static_cast<std::int64_t>(held_));
}

RequestBody::RequestBody(RequestBody&& other) noexcept
    : memory_(std::move(other.memory_)),
      file_(std::move(other.file_)),
      mapped_(std::exchange(other.mapped_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      sha256_hex_(std::move(other.sha256_hex_)),
      budget_exhausted_(other.budget_exhausted_) {}

RequestBody::~RequestBody() {
  if (mapped_) ::munmap(const_cast<char*>(mapped_), size_);
}

Task<Status> RequestBody::read(http::BodyReader& reader, Bounds bounds, std::string spool_dir) {
  if (reader.length() && *reader.length() > bounds.max_bytes) {
    co_return fail(ErrorCode::kLimitExceeded, "the announced body is over the operation's limit");
  }
  std::optional<Sha256Stream> hash;
  if (bounds.hash) hash.emplace();
  while (true) {
    // To the empty piece, also when the length is known: a reader may verify the whole there.
    auto piece = co_await reader.read();
    if (!piece) co_return std::unexpected(std::move(piece.error()));
    if (piece->empty()) break;
    if (size_ + piece->size() > bounds.max_bytes) {
      co_return fail(ErrorCode::kLimitExceeded, "the body is over the operation's limit");
    }
    if (!take_share(bounds, piece->size())) {
      budget_exhausted_ = true;
      co_return fail(ErrorCode::kLimitExceeded, "too many bytes of unfinished requests");
    }
    if (hash) hash->update(*piece);
    if (auto appended = append(*piece, spool_dir); !appended) co_return appended;
  }
  if (hash) sha256_hex_ = hex_encode(as_view(hash->finish()));
  co_return map();
}

bool RequestBody::take_share(const Bounds& bounds, std::size_t bytes) const {
  if (bounds.unproven && !bounds.unproven->take(bytes)) return false;
  const bool to_disk = file_ || size_ + bytes > kInMemoryBodyBytes;
  return (bounds.disk_is_free && to_disk) || bounds.held->take(bytes);
}

Status RequestBody::append(std::string_view piece, const std::string& spool_dir) {
  size_ += piece.size();
  if (!file_ && size_ <= kInMemoryBodyBytes) {
    memory_.append(piece);
    return {};
  }
  if (!file_) {
    file_ = Fd(::open(spool_dir.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (!file_) return fail_errno("open spool file in", spool_dir, errno);
    const std::string first = std::exchange(memory_, {});
    KILN_TRY_VOID(write_all(file_.get(), first, spool_dir));
  }
  return write_all(file_.get(), piece, spool_dir);
}

Status RequestBody::map() {
  if (!file_) return {};
  void* address = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file_.get(), 0);
  if (address == MAP_FAILED) return fail_errno("mmap", "spool file", errno);
  mapped_ = static_cast<const char*>(address);
  return {};
}

}  // namespace kiln::server

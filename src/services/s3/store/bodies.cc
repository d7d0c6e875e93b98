// SPDX-License-Identifier: Apache-2.0
#include "services/s3/store/bodies.h"

#include "async/executor.h"
#include "base/log.h"

#include <algorithm>
#include <utility>

namespace kiln::s3 {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr std::size_t kReadBytes = 512 * 1024;

std::vector<ChecksumKind> digests_for(std::optional<ChecksumKind> checksum) {
  std::vector<ChecksumKind> out{ChecksumKind::kMd5};
  if (checksum) out.push_back(*checksum);
  return out;
}

TakenBody taken(blob::NewBlob made) {
  TakenBody out;
  out.size = made.blob.size;
  out.md5 = std::move(made.digests[0]);
  if (made.digests.size() > 1) out.checksum = std::move(made.digests[1]);
  out.blob = std::move(made.blob);
  return out;
}

}  // namespace

class Bodies::Pin {
 public:
  Pin(Bodies& bodies, std::string id) : bodies_(bodies), id_(std::move(id)) {
    ++bodies_.pinned_[id_].readers;
  }
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;
  ~Pin() {
    const auto found = bodies_.pinned_.find(id_);
    if (--found->second.readers > 0) return;
    auto leaving = std::move(found->second.leaving);
    bodies_.pinned_.erase(found);
    if (!leaving.empty()) spawn(bodies_.remove(std::move(leaving), bodies_.gate_.enter()));
  }

 private:
  Bodies& bodies_;
  std::string id_;
};

Bodies::PinPtr Bodies::pin(std::string object_id) {
  return std::make_shared<Pin>(*this, std::move(object_id));
}

// Reads slices in large pieces and gives them out in small ones.
class Bodies::Source final : public aws::ByteSource {
 public:
  Source(blob::OwnedBlobs& blobs, PinPtr pin, std::vector<blob::Slice> slices,
         std::shared_ptr<blob::OwnedBlobs::Reader> first)
      : pin_(std::move(pin)), blobs_(blobs), slices_(std::move(slices)), reader_(std::move(first)) {
    for (const auto& slice : slices_) length_ += slice.size;
  }

  std::optional<std::uint64_t> length() const override { return length_; }

  Task<Result<std::string>> read() override {
    if (given_ == buffer_.size()) {
      KILN_CO_TRY_VOID(co_await fill());
    }
    std::string piece = buffer_.substr(given_, kPieceBytes);
    given_ += piece.size();
    co_return piece;
  }

 private:
  // Leaves the buffer empty at the end.
  Task<Status> fill() {
    buffer_.clear();
    given_ = 0;
    while (at_ < slices_.size() && done_ == slices_[at_].size) {
      ++at_;
      done_ = 0;
      reader_ = nullptr;
    }
    if (at_ == slices_.size()) co_return Status{};
    const blob::Slice& slice = slices_[at_];
    if (!reader_) {
      KILN_CO_TRY(reader_, co_await blobs_.open(slice.id));
    }
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(kReadBytes, slice.size - done_));
    KILN_CO_TRY(buffer_, co_await reader_->read(slice.offset + done_, wanted));
    if (buffer_.size() != wanted) co_return fail(ErrorCode::kIo, "a blob ends too early");
    done_ += wanted;
    co_return Status{};
  }

  PinPtr pin_;
  blob::OwnedBlobs& blobs_;
  std::vector<blob::Slice> slices_;
  std::shared_ptr<blob::OwnedBlobs::Reader> reader_;
  std::uint64_t length_ = 0;
  std::size_t at_ = 0;      // slice
  std::uint64_t done_ = 0;  // of that slice
  std::string buffer_;
  std::size_t given_ = 0;  // of the buffer
};

Task<Result<TakenBody>> Bodies::take(aws::ByteStream stream, std::optional<ChecksumKind> checksum,
                                     bool may_inline) {
  auto digests = digests_for(checksum);
  if (stream.file() >= 0) {
    // The stream keeps the file open.
    KILN_CO_TRY(auto made, co_await blobs_.adopt(stream.file(), std::move(digests)));
    co_return taken(std::move(made));
  }
  // What has no file is in memory, within the pipeline's bound.
  KILN_CO_TRY(std::string bytes,
              co_await aws::read_all(stream, stream.length().value_or(kInlineBytes)));
  if (bytes.empty() || (may_inline && bytes.size() <= kInlineBytes)) {
    TakenBody out;
    out.size = bytes.size();
    out.md5 = kiln::checksum(ChecksumKind::kMd5, bytes);
    if (checksum) out.checksum = kiln::checksum(*checksum, bytes);
    out.inline_bytes = std::move(bytes);
    co_return out;
  }
  KILN_CO_TRY(auto made, co_await blobs_.put(std::move(bytes), std::move(digests)));
  co_return taken(std::move(made));
}

Task<Result<TakenBody>> Bodies::copy(std::vector<blob::Slice> slices,
                                     std::optional<ChecksumKind> checksum) {
  KILN_CO_TRY(auto made, co_await blobs_.copy(std::move(slices), digests_for(checksum)));
  co_return taken(std::move(made));
}

Task<Result<aws::ByteStream>> Bodies::open(std::vector<blob::Slice> slices, PinPtr pin) {
  KILN_CO_TRY(auto first, co_await blobs_.open(slices.front().id));
  co_return aws::ByteStream(
      std::make_shared<Source>(blobs_, std::move(pin), std::move(slices), std::move(first)));
}

void Bodies::let_go(std::string object_id, std::vector<std::string> blobs) {
  if (blobs.empty()) return;
  if (const auto found = pinned_.find(object_id); found != pinned_.end()) {
    auto& leaving = found->second.leaving;
    leaving.insert(leaving.end(), blobs.begin(), blobs.end());
    return;
  }
  spawn(remove(std::move(blobs), gate_.enter()));
}

// What could not be removed is an orphan, and swept.
Task<void> Bodies::remove(std::vector<std::string> blobs, Gate::Pass) {
  auto task = blobs_.remove(std::move(blobs));
  const auto removed = co_await std::move(task);
  if (!removed) log::warn("s3", "remove blobs: " + removed.error().message);
}

Task<void> Bodies::stop() {
  auto closed = gate_.closed();
  co_await closed;
}

}  // namespace kiln::s3

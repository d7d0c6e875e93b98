// SPDX-License-Identifier: Apache-2.0
#pragma once
// RequestBody holds one request body until its operation has parsed it: in memory up to 64 KiB, in
// an unlinked file past that, so that a large upload costs page cache and not heap.
//
// The SHA-256 of the body is made while it arrives (SigV4 needs it). A budget shared by all
// requests bounds what senders who are not authenticated yet can make the server hold.

#include "async/task.h"
#include "base/crypto.h"
#include "base/metrics.h"
#include "base/result.h"
#include "http/message.h"
#include "os/fd.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace kiln::server {

inline constexpr std::size_t kInMemoryBodyBytes = 64 * 1024;

// Bytes held for requests that have not passed their signature check. One loop.
class BodyBudget {
 public:
  BodyBudget(std::uint64_t limit, Metrics& metrics)
      : limit_(limit),
        held_metric_(metrics.counter("kiln_unauthenticated_body_bytes")),
        refused_(metrics.counter("kiln_body_budget_refused_total")) {}

  // A share of the budget; gives it back when destroyed.
  class Share {
   public:
    explicit Share(BodyBudget& budget) : budget_(&budget) {}
    Share(Share&& o) noexcept : budget_(o.budget_), held_(std::exchange(o.held_, 0)) {}
    Share& operator=(Share&&) = delete;
    ~Share() { release(); }
    bool take(std::uint64_t bytes) {
      if (!budget_->take(bytes)) return false;
      held_ += bytes;
      return true;
    }
    void release() { budget_->give_back(std::exchange(held_, 0)); }

   private:
    BodyBudget* budget_;
    std::uint64_t held_ = 0;
  };

 private:
  bool take(std::uint64_t bytes);
  void give_back(std::uint64_t bytes);
  std::uint64_t limit_;
  std::uint64_t held_ = 0;
  Counter& held_metric_;
  Counter& refused_;
};

class RequestBody {
 public:
  RequestBody() = default;
  RequestBody(RequestBody&& other) noexcept;
  RequestBody& operator=(RequestBody&&) = delete;
  ~RequestBody();

  // Reads `reader` to its end. kLimitExceeded: over `max_bytes` or over the shared budget (then
  // `budget_exhausted()` is true); kIo: the spool folder is not writable.
  Task<Status> read(http::BodyReader& reader, std::uint64_t max_bytes, BodyBudget::Share& share,
                    std::string spool_dir);

  std::string_view view() const { return mapped_ ? std::string_view(mapped_, size_) : memory_; }
  const std::string& sha256_hex() const { return sha256_hex_; }
  bool budget_exhausted() const { return budget_exhausted_; }

 private:
  Status append(std::string_view piece, const std::string& spool_dir);
  Status map();

  std::string memory_;
  Fd file_;
  const char* mapped_ = nullptr;
  std::uint64_t size_ = 0;
  std::string sha256_hex_;
  bool budget_exhausted_ = false;
};

}  // namespace kiln::server

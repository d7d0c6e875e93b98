// SPDX-License-Identifier: Apache-2.0
#pragma once
// RequestBody holds one request body until its operation has parsed it: in memory up to 64 KiB, in
// an unlinked file past that, so that a large upload costs page cache and not heap.
//
// The SHA-256 of the body is made while it arrives (SigV4 needs it). Two budgets shared by all
// requests bound what bodies make the server hold: one of all of them, a smaller one of those whose
// senders have not proved themselves yet.

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

// Bytes that requests hold at a time, all together. One loop.
class BodyBudget {
 public:
  // `gauge` names the metric of what is held: "kiln_body_bytes".
  BodyBudget(std::uint64_t limit, Metrics& metrics, std::string gauge)
      : limit_(limit),
        held_metric_(metrics.counter(std::move(gauge))),
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

  struct Bounds {
    std::uint64_t max_bytes;      // of the operation
    BodyBudget::Share* held;      // of all bodies
    BodyBudget::Share* unproven;  // of unproven senders; null: the sender is proven
    bool hash = true;             // else sha256_hex() stays empty
    // What is spooled to disk takes nothing of `held`: for bodies that stay there.
    bool disk_is_free = false;
  };
  // Reads `reader` to its end. kLimitExceeded: over `max_bytes` or over a shared budget (then
  // `budget_exhausted()` is true); kIo: the spool folder is not writable.
  Task<Status> read(http::BodyReader& reader, Bounds bounds, std::string spool_dir);

  std::string_view view() const { return mapped_ ? std::string_view(mapped_, size_) : memory_; }
  const std::string& sha256_hex() const { return sha256_hex_; }
  // The spooled file; -1 while the body is in memory.
  int file() const { return file_.get(); }
  bool budget_exhausted() const { return budget_exhausted_; }

 private:
  bool take_share(const Bounds& bounds, std::size_t bytes) const;
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

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Randomness is a constructor argument, so that tests can fix it.

#include <cstdint>
#include <mutex>
#include <string>

namespace kiln {

// Thread-safe source of random bytes.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(void* out, std::size_t size) = 0;

  std::string bytes(std::size_t size);
  std::uint64_t next_u64();
  // Version 4 UUID, lower case: "8f9f7f2e-...". The form of AWS request ids.
  std::string uuid();
  // `length` characters drawn evenly from `alphabet`.
  std::string text(std::size_t length, std::string_view alphabet);
};

// The kernel's generator, buffered so that a UUID costs no system call most of the time.
class SystemRandom final : public Random {
 public:
  void fill(void* out, std::size_t size) override;

 private:
  std::mutex mutex_;
  unsigned char buffer_[4096];
  std::size_t used_ = sizeof buffer_;
};

// Reproducible: the same seed gives the same bytes. Tests only.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(void* out, std::size_t size) override;

 private:
  std::mutex mutex_;
  std::uint64_t state_;
};

}  // namespace kiln

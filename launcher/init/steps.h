// SPDX-License-Identifier: Apache-2.0
#pragma once
// Steps runs the steps of one request, times each and stops at the first that fails.

#include "launcher/protocol.h"

#include <cerrno>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

namespace kiln::launcher {

class Steps {
 public:
  explicit Steps(std::string fail_step) : fail_step_(std::move(fail_step)), began_(now_us()) {}

  // `hint` tells the operator what to do when it fails.
  template <class Step>
  bool run(const char* name, const char* hint, Step step) {
    if (!step_.empty()) return false;
    Status status = fail_step_ == name ? fail_errno("injected", name, EIO) : step();
    const std::int64_t now = now_us();
    times_.push_back({name, static_cast<std::uint32_t>(now - began_)});
    began_ = now;
    if (status) return true;
    step_ = name;
    message_ = std::move(status.error().message);
    if (*hint != '\0') message_ += std::string(" (") + hint + ")";
    return false;
  }
  bool ok() const { return step_.empty(); }
  Failed failure(std::uint32_t environment, std::uint32_t process) const {
    return {environment, process, step_, message_, 0};
  }
  std::vector<StepTime> take_times() { return std::move(times_); }

 private:
  static std::int64_t now_us() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000 + now.tv_nsec / 1000;
  }
  const std::string fail_step_;
  std::int64_t began_;
  std::vector<StepTime> times_;
  std::string step_;
  std::string message_;
};

}  // namespace kiln::launcher

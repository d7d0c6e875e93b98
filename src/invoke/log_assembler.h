// SPDX-License-Identifier: Apache-2.0
#pragma once
// LogAssembler cuts the bytes that a function writes to stdout and stderr into lines.
//
// A line keeps its newline. A partial line waits for the rest until finish(). A line over 256 KiB
// (the largest log event) is cut there.

#include <string>
#include <string_view>
#include <utility>

namespace kiln::invoke {

inline constexpr std::size_t kMaxLogEventBytes = 256 * 1024;

class LogAssembler {
 public:
  // Calls `emit(std::string_view)` for each line that `bytes` completes.
  template <class Emit>
  void add(std::string_view bytes, Emit&& emit) {
    while (!bytes.empty()) {
      const std::size_t newline = bytes.find('\n');
      std::size_t take = newline == std::string_view::npos ? bytes.size() : newline + 1;
      const std::size_t room = kMaxLogEventBytes - partial_.size();
      const bool complete = newline != std::string_view::npos || take >= room;
      if (take > room) take = room;
      if (!complete) {
        partial_.append(bytes);
        return;
      }
      if (partial_.empty()) {
        emit(bytes.substr(0, take));
      } else {
        partial_.append(bytes.substr(0, take));
        emit(std::string_view(partial_));
        partial_.clear();
      }
      bytes.remove_prefix(take);
    }
  }

  // Emits the partial line, if there is one.
  template <class Emit>
  void finish(Emit&& emit) {
    if (partial_.empty()) return;
    const std::string line = std::exchange(partial_, {});
    emit(std::string_view(line));
  }

 private:
  std::string partial_;
};

}  // namespace kiln::invoke

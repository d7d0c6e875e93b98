// SPDX-License-Identifier: Apache-2.0
#pragma once
// PreloadMemory knows which modules of the bundled AWS SDK a function had loaded when it was last
// initialised, so that what boots ahead for it (sandbox::StandbySpec) has them loaded.
//
// Bundled runtime clients say so with their first GET next. It is only a hint: a function that says
// something else starts with something else loaded, nothing more.
// Bound: kMaxFunctions; the one that was heard of least recently is forgotten, and counted.
// Threads: one loop.

#include "base/metrics.h"
#include "lambda/model/function.h"

#include <cstddef>
#include <list>
#include <map>
#include <string>
#include <string_view>

namespace kiln::invoke {

class PreloadMemory {
 public:
  static constexpr std::size_t kMaxFunctions = 4096;
  static constexpr std::size_t kMaxBytes = 512;  // of one hint

  explicit PreloadMemory(Metrics& metrics);
  // `modules`: names of modules, separated by commas, sorted; ignored when it can't be that.
  void note(const lambda::FunctionVersion& function, std::string_view modules);
  // Empty: none, or nothing is known.
  std::string_view of(const lambda::FunctionVersion& function) const;

 private:
  struct Entry {
    std::string modules;
    std::list<std::string>::iterator age;
  };
  std::map<std::string, Entry, std::less<>> entries_;
  std::list<std::string> oldest_first_;
  Counter& forgotten_;
};

}  // namespace kiln::invoke

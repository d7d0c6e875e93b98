// SPDX-License-Identifier: Apache-2.0
#include "invoke/preload_memory.h"

#include <algorithm>

namespace kiln::invoke {
namespace {

std::string key_of(const lambda::FunctionVersion& function) {
  return function.account + "/" + function.region + "/" + function.name;
}

bool may_be_modules(std::string_view text) {
  return text.size() <= PreloadMemory::kMaxBytes && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '@' || c == '/' ||
                  c == '-' || c == '.' || c == ',';
         });
}

}  // namespace

PreloadMemory::PreloadMemory(Metrics& metrics)
    : forgotten_(metrics.counter("kiln_invoke_preloads_forgotten_total")) {}

void PreloadMemory::note(const lambda::FunctionVersion& function, std::string_view modules) {
  if (!may_be_modules(modules)) return;
  std::string key = key_of(function);
  if (const auto known = entries_.find(key); known != entries_.end()) {
    oldest_first_.erase(known->second.age);
    entries_.erase(known);
  }
  if (modules.empty()) return;
  if (entries_.size() == kMaxFunctions) {
    entries_.erase(oldest_first_.front());
    oldest_first_.pop_front();
    forgotten_.add();
  }
  oldest_first_.push_back(key);
  entries_[std::move(key)] = {std::string(modules), std::prev(oldest_first_.end())};
}

std::string_view PreloadMemory::of(const lambda::FunctionVersion& function) const {
  const auto known = entries_.find(key_of(function));
  return known == entries_.end() ? std::string_view() : std::string_view(known->second.modules);
}

}  // namespace kiln::invoke

// SPDX-License-Identifier: Apache-2.0
#pragma once
// PartRepository reads what belongs to functions: published versions and aliases. They are changed
// by FunctionTransaction.
// Threads: one loop.

#include "async/task.h"
#include "lambda/keys.h"
#include "lambda/model/alias.h"
#include "lambda/model/function.h"
#include "store/store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kiln::lambda {

struct VersionPage {
  std::vector<FunctionVersion> versions;
  bool more = false;  // after the last of these
};
struct AliasPage {
  std::vector<Alias> aliases;
  std::string next;  // the name to go on after; empty at the end
};

class PartRepository {
 public:
  explicit PartRepository(store::Store& store) : store_(store) {}

  // nullopt: there is none; also for a number that no version can have.
  Task<Result<std::optional<FunctionVersion>>> version(FunctionKey key, std::string number);
  Task<Result<std::optional<Alias>>> alias(FunctionKey key, std::string name);
  // By number, at most `limit` after the one numbered `after`.
  Task<Result<VersionPage>> versions(FunctionKey key, std::int64_t after, std::size_t limit);
  // By name.
  Task<Result<AliasPage>> aliases(FunctionKey key, std::string after, std::size_t limit);
  // Names of the aliases that lead to a version.
  Task<Result<std::vector<std::string>>> aliases_of(FunctionKey key, std::string number);

 private:
  store::Store& store_;
};

// The number in "7"; zero for what is no version's number.
std::int64_t version_number(std::string_view text);

// Stored form of an alias.
std::string encode(const Alias& alias);
Result<Alias> decode_alias(std::string_view bytes);

}  // namespace kiln::lambda

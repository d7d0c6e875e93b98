// SPDX-License-Identifier: Apache-2.0
#pragma once
// Code signing configurations: whose signatures a function's packages need, and what becomes of a
// package without one. Nothing here verifies a signature: no package counts as signed.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html
// Threads: one loop.

#include "async/task.h"
#include "aws/api_error.h"
#include "base/time.h"
#include "lambda/keys.h"
#include "lambda/model/settings.h"
#include "store/store.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::lambda {

struct CodeSigningKey {
  std::string account;
  std::string region;
  std::string id;  // "csc-" and 17 letters and digits
  std::string arn() const;
};
// nullopt for anything that is not the ARN of a configuration.
std::optional<CodeSigningKey> parse_code_signing_arn(std::string_view arn);

struct CodeSigning {
  CodeSigningKey key;
  std::string description;
  std::vector<std::string> publishers;  // signing profile versions
  bool enforce = false;                 // refuse untrusted packages, instead of warning
  Timestamp modified;
  Tags tags;
};

template <class T>
struct CodeSigningPage {
  std::vector<T> items;
  std::string next;  // what to go on after; empty at the end
};

class CodeSigningRepository {
 public:
  using Change = std::function<aws::ApiResult<void>(CodeSigning&)>;
  explicit CodeSigningRepository(store::Store& store) : store_(store) {}

  Task<Status> create(CodeSigning config);
  Task<Result<std::optional<CodeSigning>>> find(CodeSigningKey key);
  // ResourceNotFoundException when there is none.
  Task<aws::ApiResult<CodeSigning>> update(CodeSigningKey key, Change change);
  // ResourceNotFoundException; ResourceConflictException while a function has it.
  Task<aws::ApiResult<void>> remove(CodeSigningKey key);
  Task<Result<CodeSigningPage<CodeSigning>>> list(std::string account, std::string region,
                                                  std::string after, std::size_t limit);
  // Names of the functions that have it.
  Task<Result<CodeSigningPage<std::string>>> functions(CodeSigningKey key, std::string after,
                                                       std::size_t limit);

 private:
  template <class T>
  using Attempt = Task<Result<aws::ApiResult<T>>>;
  Attempt<CodeSigning> try_update(CodeSigningKey key, const Change& change);
  Attempt<CodeSigning> try_remove(CodeSigningKey key);

  store::Store& store_;
};

// "The Lambda code signing configuration <arn> can not be found."
aws::ApiError code_signing_not_found(std::string_view arn);
// CodeSigningConfigNotFoundException: of a function's configuration.
aws::ApiError gone_code_signing(std::string_view arn);

// Adds to `batch`, a change of `function`, what follows when its configuration goes from the ARN
// `before` to `after` (either may be empty): the entries that functions() reads. Each writes the
// configuration's record as well, so that none is removed while a function comes to it.
// CodeSigningConfigNotFoundException when `after` is gone.
Task<Result<aws::ApiResult<void>>> move_code_signing(store::Store& store, store::Batch& batch,
                                                     FunctionKey function, std::string before,
                                                     std::string after);

std::string encode(const CodeSigning& config);
Result<CodeSigning> decode_code_signing(CodeSigningKey key, std::string_view bytes);

}  // namespace kiln::lambda

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Calls IAM operations as the pipeline does, on a memory store.

#include "iam/test_store.h"
#include "services/iam/api/common.h"

#include <gtest/gtest.h>

namespace kiln::iam_api {

inline constexpr const char* kTrust =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",)"
    R"("Principal":{"Service":"lambda.amazonaws.com"}}]})";
inline constexpr const char* kPolicy =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]})";

class Operations : public testing::Test {
 protected:
  iam::TestStore t_;
  Service service_{t_.store(), t_.random};
  aws::Principal caller_ = root();

  static aws::Principal root() {
    aws::Principal out;
    out.kind = aws::Principal::Kind::kRoot;
    out.account = out.user_id = "123456789012";
    out.arn = "arn:aws:iam::123456789012:root";
    return out;
  }
  static aws::Principal user(std::string name) {
    auto out = root();
    out.kind = aws::Principal::Kind::kUser;
    out.arn = "arn:aws:iam::123456789012:user/" + std::move(name);
    return out;
  }
  RequestContext context(std::string operation) {
    RequestContext out;
    out.account = "123456789012";
    out.operation = std::move(operation);
    out.now = {t_.now.ms + 123};
    out.principal = caller_;
    return out;
  }
  template <class Op>
  ApiResult<typename Op::Output> call(const aws::Operation<Op, Service>& operation,
                                      typename Op::Input input) {
    return t_.run(
        operation.handle(service_, context(std::string(Op::model().name)), std::move(input)));
  }
  // "Code: message" of a failure, empty on success.
  template <class Op>
  std::string error_of(const aws::Operation<Op, Service>& operation, typename Op::Input input) {
    auto result = call(operation, std::move(input));
    return result ? "" : result.error().code + ": " + result.error().message;
  }
};

}  // namespace kiln::iam_api

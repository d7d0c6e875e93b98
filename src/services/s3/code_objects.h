// SPDX-License-Identifier: Apache-2.0
#pragma once
// Packages of functions and layers from objects of buckets, read with their caller's rights.

#include "lambda/code/code_objects.h"

namespace kiln::s3 {

struct Service;

class CodeObjects final : public lambda::CodeObjects {
 public:
  // `service` outlives *this.
  explicit CodeObjects(Service& service) : service_(service) {}
  Task<aws::ApiResult<std::string>> fetch(aws::RequestContext context, lambda::CodeObject object,
                                          std::uint64_t max_bytes) override;

 private:
  Service& service_;
};

}  // namespace kiln::s3

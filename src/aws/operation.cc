// SPDX-License-Identifier: Apache-2.0
#include "aws/operation.h"

namespace kiln::aws {

const RegisteredOperation* Registry::find(const ServiceModel& service,
                                          std::string_view operation) const {
  auto found = operations_.find(std::pair(&service, std::string(operation)));
  return found == operations_.end() ? nullptr : &found->second;
}

void Registry::add(RegisteredOperation operation) {
  std::pair key(operation.service, std::string(operation.model->name));
  KILN_CHECK(operations_.emplace(std::move(key), std::move(operation)).second);
}

}  // namespace kiln::aws

// SPDX-License-Identifier: Apache-2.0
#include "services/sns/model/errors.h"

#include "gen/sns/errors.h"

namespace kiln::sns {

aws::ApiError invalid_parameter(std::string_view what) {
  return gen::sns::invalid_parameter_exception("Invalid parameter: " + std::string(what));
}

aws::ApiError not_supported(std::string_view what) {
  return {"NotImplemented", 501, std::string(what) + " is not implemented by this server.", {}, {}};
}

aws::ApiError no_such_topic() { return gen::sns::not_found_exception("Topic does not exist"); }

aws::ApiError no_such_subscription() {
  return gen::sns::not_found_exception("Subscription does not exist");
}

aws::ApiError no_such_resource() {
  return gen::sns::resource_not_found_exception("Resource does not exist");
}

}  // namespace kiln::sns

// SPDX-License-Identifier: Apache-2.0
#include "iam/authorizer.h"

namespace kiln::iam {

Task<aws::ApiResult<void>> AllowAll::check(const aws::RequestContext&, aws::Authorization) {
  decisions_.add();
  co_return aws::ApiResult<void>{};
}

}  // namespace kiln::iam

// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the operations of STS work on.

#include "iam/credentials.h"
#include "store/store.h"

namespace kiln::sts_api {

struct Service {
  store::Store& store;
  const iam::SessionTokens& tokens;
  // The rule of `kiln dev`: a role that does not exist can be assumed too.
  bool any_role = false;
};

}  // namespace kiln::sts_api

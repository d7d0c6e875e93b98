// SPDX-License-Identifier: Apache-2.0
#pragma once
// The configurations that a bucket has from the beginning.

#include "services/s3/api/common.h"

namespace kiln::s3 {

// New buckets have ACLs off and public access blocked, as AWS has had it since April 2023; further
// settings come from CreateBucket's headers and document.
template <class Input>
aws::ApiResult<Configs> first_configs(const Input& input) {
  Configs out;
  if (input.create_bucket_configuration && input.create_bucket_configuration->tags) {
    Tags tags;
    for (const auto& tag : *input.create_bucket_configuration->tags)
      tags[tag.key.value_or("")] = tag.value.value_or("");
    out["tagging"] = encode(tags);
  }
  return out;
}

}  // namespace kiln::s3

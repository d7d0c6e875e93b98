// SPDX-License-Identifier: Apache-2.0
#pragma once
// S3Website serves buckets as websites, to anybody whom their policies let read: index documents,
// error documents, redirects, and pages that tell of errors.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html
//
// Threads: one loop.

#include "async/clock.h"
#include "aws/operation.h"
#include "base/random.h"
#include "http/message.h"
#include "iam/authorizer.h"
#include "services/s3/model/website.h"
#include "services/s3/store/buckets.h"

#include <string>

namespace kiln::server {

class S3Website {
 public:
  // All references outlive it.
  struct Parts {
    const aws::Registry& registry;
    s3::Buckets& buckets;
    iam::Authorizer& authorizer;
    Clock& clock;
    Random& random;
  };
  explicit S3Website(Parts parts) : parts_(parts) {}

  // The key that a path of a website names.
  static std::string key_of(std::string_view path);
  Task<http::Response> handle(http::Request& request, std::string bucket);

 private:
  struct Call;
  // An object or a redirect.
  Task<aws::ApiResult<http::Response>> answer(Call& call);
  // The object as an unsigned GET or HEAD gets it. `conditional`: the request's conditions and
  // range count.
  Task<aws::ApiResult<http::Response>> get(Call& call, std::string key, bool conditional);
  Task<bool> has_folder(Call& call);
  Task<http::Response> failure(Call& call, aws::ApiError error);

  Parts parts_;
};

}  // namespace kiln::server

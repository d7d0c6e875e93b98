// SPDX-License-Identifier: Apache-2.0
#pragma once
// S3FormUpload answers a browser's POST of a form to a bucket: it proves the policy document that
// the form carries, checks the form against it, and puts the file as PutObject would, by whoever
// signed. Forms without a policy are anybody's. The file goes to disk as it comes.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html
//
// Order: fields (20 KB at most), signature, policy, IAM, file. Threads: one loop.

#include "async/clock.h"
#include "aws/operation.h"
#include "aws/sigv4.h"
#include "base/metrics.h"
#include "base/random.h"
#include "http/message.h"
#include "iam/authorizer.h"
#include "iam/credentials.h"
#include "server/request_body.h"
#include "services/s3/model/post_form.h"
#include "services/s3/model/post_policy.h"

#include <string>

namespace kiln::server {

class S3FormUpload {
 public:
  // All references outlive it.
  struct Parts {
    const aws::Registry& registry;
    iam::CredentialSource& credentials;
    iam::Authorizer& authorizer;
    Clock& clock;
    Random& random;
    Metrics& metrics;
    std::string spool_dir;
    std::uint64_t body_bytes =
        256ull * 1024 * 1024;  // of all forms together, but for files on disk
  };
  explicit S3FormUpload(Parts parts);

  // Whether the request, to a bucket without a key, is such a form.
  static bool is_form(const http::Request& request);
  Task<http::Response> handle(http::Request& request, std::string bucket);

 private:
  struct Call;
  Task<aws::ApiResult<http::Response>> answer(Call& call);
  Task<aws::ApiResult<void>> read_fields(Call& call);
  Task<aws::ApiResult<void>> find_caller(Call& call);
  aws::ApiResult<void> make_put(Call& call) const;
  Task<aws::ApiResult<http::Response>> put(Call& call);
  Task<aws::ApiResult<void>> read_file(Call& call, RequestBody& body);
  static http::Response success(const Call& call, const http::Response& put);

  Parts parts_;
  BodyBudget bodies_;
};

}  // namespace kiln::server

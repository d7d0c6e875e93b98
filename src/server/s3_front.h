// SPDX-License-Identifier: Apache-2.0
#pragma once
// S3Front answers what reaches S3 from browsers and is no signed API call, and passes everything
// else to the pipeline: CORS preflights, which a bucket's rules decide, the headers that pages of
// other origins look for in answers, uploads of forms (server/s3_form_upload.h), websites
// (server/s3_website.h), and URLs that were signed the older way (aws/sigv2.h), whose caller it
// proves. https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
//
// A page of another machine's origin may send requests here (server/host_check.h) when a rule of
// the bucket names that origin. Threads: one loop.

#include "async/clock.h"
#include "aws/protocol/router.h"
#include "base/random.h"
#include "http/message.h"
#include "iam/credentials.h"
#include "server/pipeline.h"
#include "server/s3_form_upload.h"
#include "server/s3_website.h"
#include "services/s3/model/cors.h"
#include "services/s3/service.h"

#include <optional>
#include <string>
#include <vector>

namespace kiln::server {

class S3Front {
 public:
  // All references outlive it.
  struct Parts {
    s3::Service& s3;
    Pipeline& pipeline;
    S3FormUpload& forms;
    S3Website& websites;
    const aws::protocol::Router& router;
    iam::CredentialSource& credentials;
    Clock& clock;
    Random& random;
  };
  S3Front(Parts parts, std::vector<std::string> extra_hosts)
      : parts_(parts), extra_hosts_(std::move(extra_hosts)) {}

  Task<http::Response> handle(http::Request& request);

 private:
  // What a request names, whoever it is for.
  struct Place {
    std::string bucket;
    std::string key;  // empty: the bucket
    bool by_host = false;
  };
  Task<http::Response> handle_web(http::Request& request);
  // Who made the URL; unset unless it was signed by Signature Version 2.
  Task<aws::ApiResult<std::optional<aws::Principal>>> find_signer(http::Request& request,
                                                                  std::optional<Place> place);
  Task<http::Response> preflight(http::Request& request, std::optional<Place> place);
  std::optional<Place> find_place(const http::Request& request) const;
  // The rules of the bucket; none when there is no such bucket or it has none.
  Task<Result<std::optional<s3::CorsRules>>> rules_of(std::string bucket, bool* exists);
  http::Response failure(const aws::ApiError& error) const;

  Parts parts_;
  std::vector<std::string> extra_hosts_;
};

}  // namespace kiln::server

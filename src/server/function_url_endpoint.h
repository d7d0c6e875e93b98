// SPDX-License-Identifier: Apache-2.0
#pragma once
// FunctionUrlEndpoint answers requests to function URLs: by Host, ID.lambda-url.REGION.localhost
// (or another domain), or by path, /_kiln/url/ID/... They are no AWS API calls, so they come before
// the pipeline: methods, paths and bodies are the function's.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
//
// Order: the URL by its id, CORS preflight, who calls (AWS_IAM: SigV4 for "lambda"), body, IAM by
// the function's policy, invocation. Pages of any origin may call; the URL's CORS settings tell
// browsers what they may read. Threads: one loop. Bounds: body and event 6 MB, bodies of all
// requests together by BodyBudget.

#include "async/clock.h"
#include "aws/sigv4.h"
#include "base/metrics.h"
#include "base/random.h"
#include "http/message.h"
#include "iam/authorizer.h"
#include "iam/credentials.h"
#include "invoke/invoker.h"
#include "invoke/response_stream.h"
#include "lambda/function_directory.h"
#include "lambda/url_directory.h"
#include "metering/lambda_meter.h"
#include "server/request_body.h"

#include <optional>
#include <string>
#include <vector>

namespace kiln::server {

struct FunctionUrlOptions {
  std::string spool_dir;
  std::vector<std::string> extra_hosts;  // that the path form may name
  std::string domain;                    // beside "localhost"
  std::uint64_t body_bytes = 256ull * 1024 * 1024;
  invoke::StreamPace pace = {};
};

class FunctionUrlEndpoint {
 public:
  // All references outlive it.
  struct Parts {
    lambda::UrlDirectory& urls;
    lambda::FunctionDirectory& functions;
    invoke::Invoker& invoker;
    iam::CredentialSource& credentials;
    iam::Authorizer& authorizer;
    Clock& clock;
    Random& random;
    Metrics& metrics;
    metering::LambdaMeter& meter;
  };
  FunctionUrlEndpoint(Parts parts, FunctionUrlOptions options);

  // nullopt: the request is for somebody else.
  std::optional<lambda::UrlTarget> find(const http::Request& request) const;
  Task<http::Response> handle(http::Request& request, lambda::UrlTarget target);

 private:
  struct Call;
  // Why the function was not reached is a response like any other.
  using Refusal = std::optional<http::Response>;
  Task<http::Response> answer(Call& call);
  Task<Refusal> find_url(Call& call);
  Task<Refusal> find_caller(Call& call);
  Refusal check_signature(Call& call, std::string_view payload_line);
  Task<Refusal> read_body(Call& call);
  Task<Refusal> authorise(Call& call);
  Task<http::Response> invoke(Call& call);
  std::string domain_name(const Call& call) const;

  Parts parts_;
  FunctionUrlOptions options_;
  BodyBudget bodies_;
  aws::sigv4::SigningKeyCache signing_keys_;
  Counter& requests_;
  Counter& refused_;
  Counter& failed_;
};

}  // namespace kiln::server

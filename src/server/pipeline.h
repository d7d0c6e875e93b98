// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pipeline carries one HTTP request through its stages to an API operation and back to bytes.
//
// The order of stages is the contract (pipeline.cc, kStages): nothing of a body is read before the
// operation, the key, the scope, the clock skew and the size are known to be good; nothing is
// parsed before the signature holds. Threads: one loop. A failure at any stage becomes AWS's error
// in the protocol of the service.

#include "async/blocking_pool.h"
#include "async/clock.h"
#include "async/executor.h"
#include "aws/operation.h"
#include "aws/protocol/router.h"
#include "aws/sigv4.h"
#include "base/metrics.h"
#include "base/random.h"
#include "http/message.h"
#include "iam/authorizer.h"
#include "iam/credentials.h"
#include "server/request_body.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kiln::server {

struct PipelineOptions {
  std::string spool_dir;
  // Host names besides loopback ones and *.localhost that requests may name.
  std::vector<std::string> extra_hosts;
  // What bodies of requests that are underway may hold: all, and of senders who are not proven yet.
  std::uint64_t body_bytes = 1024ull * 1024 * 1024;
  std::uint64_t unauthenticated_bytes = 256ull * 1024 * 1024;
};

class Pipeline {
 public:
  // All references outlive the pipeline; the composition root guarantees it.
  struct Parts {
    const aws::Registry& registry;
    const aws::protocol::Router& router;
    iam::CredentialSource& credentials;
    iam::Authorizer& authorizer;
    Clock& clock;
    Random& random;
    Metrics& metrics;
    Executor& home;
    BlockingPool& pool;
  };
  Pipeline(Parts parts, PipelineOptions options);

  // What is known of a request before: a stage in front of the pipeline has decided it.
  struct Admission {
    bool any_origin = false;                 // pages of all origins may send it
    std::optional<aws::Principal> caller{};  // who has proved to have sent it
  };
  Task<http::Response> handle(http::Request& request, Admission admission);
  Task<http::Response> handle(http::Request& request) { return handle(request, Admission{}); }

 private:
  struct Call;
  using Stage = Task<aws::ApiResult<void>> (Pipeline::*)(Call&);
  static const Stage kStages[];

  Task<aws::ApiResult<void>> check_host(Call& call);
  Task<aws::ApiResult<void>> find_operation(Call& call);
  Task<aws::ApiResult<void>> find_caller(Call& call);
  Task<aws::ApiResult<void>> verify_head(Call& call);
  Task<aws::ApiResult<void>> read_body(Call& call);
  Task<aws::ApiResult<void>> verify_signature(Call& call);
  Task<aws::ApiResult<void>> find_query_action(Call& call);
  Task<aws::ApiResult<void>> parse(Call& call);
  Task<aws::ApiResult<void>> refuse_unbuilt(Call& call);
  Task<aws::ApiResult<void>> authorise(Call& call);
  Task<aws::ApiResult<void>> run(Call& call);

  Task<aws::ApiResult<void>> find_credential(Call& call, aws::sigv4::Authorization& authorization);
  aws::ApiResult<void> check_signature(Call& call, std::string_view payload_line);
  aws::ApiResult<void> decompress(Call& call);
  aws::ApiError body_error(const Call& call, const Error& error) const;

  Parts parts_;
  PipelineOptions options_;
  BodyBudget bodies_;
  BodyBudget unproven_bodies_;
  aws::sigv4::SigningKeyCache signing_keys_;
  Counter& requests_;
  Counter& client_errors_;
  Counter& server_errors_;
};

}  // namespace kiln::server

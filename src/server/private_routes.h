// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the server answers below /_kiln, beside the AWS APIs:
//   GET /_kiln/health   200 {"status":"ready","version":"0.1.0"}
//   GET /_kiln/metrics  Prometheus text
//   GET /_kiln/code/ID  a deployment package, by the signed link of GetFunction
//   server/signed_routes.h  those that are signed
// The others take no SigV4, but the same check of Host and Origin; nothing secret is told, and code
// needs its link's signature.

#include "async/blocking_pool.h"
#include "async/clock.h"
#include "base/metrics.h"
#include "blob/blob_store.h"
#include "http/message.h"
#include "lambda/code/code_links.h"
#include "server/signed_routes.h"

#include <optional>
#include <utility>
#include <vector>

namespace kiln::server {

class PrivateRoutes {
 public:
  PrivateRoutes(const Metrics& metrics, const lambda::CodeLinks& links, blob::BlobStore& blobs,
                Clock& clock, SignedRoutes& signed_routes, std::vector<std::string> extra_hosts)
      : metrics_(metrics),
        links_(links),
        blobs_(blobs),
        clock_(clock),
        signed_(signed_routes),
        extra_hosts_(std::move(extra_hosts)) {}

  static bool owns(std::string_view target);
  Task<http::Response> handle(http::Request& request);

 private:
  Task<http::Response> code(std::string id, std::string query);
  const Metrics& metrics_;
  const lambda::CodeLinks& links_;
  blob::BlobStore& blobs_;
  Clock& clock_;
  SignedRoutes& signed_;
  std::vector<std::string> extra_hosts_;
};

}  // namespace kiln::server

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Decides which operation a request names, and in which of its service's protocols: by X-Amz-Target
// (json, cbor), Action parameter (query), /service/S/operation/O (rpc-v2-cbor), or method, path
// template and, where these are shared, parameters and headers (rest).
//
// A service with a host_label (S3) may have that label in the Host instead of the path:
// bucket.s3.localhost, bucket.s3.REGION.localhost, bucket.s3.amazonaws.com and its regional forms;
// bucket.localhost when the credential scope names the service.

#include "aws/operation.h"
#include "http/message.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::aws::protocol {

struct Route {
  const ServiceModel* service = nullptr;
  const OperationModel* operation = nullptr;
  Protocol protocol = Protocol::kRestJson;        // of this request; one that the service speaks
  std::map<std::string, std::string> uri_labels;  // decoded: {"FunctionName": "hello"}
};

// Knows every service model given at construction. Immutable.
class Router {
 public:
  explicit Router(std::vector<const ServiceModel*> services);
  ~Router();
  Router(const Router&) = delete;

  // By header and path alone; no body byte is needed for json and rest. For query services the
  // Action sits in the body (or URL): then operation is null and service is set; call
  // route_query() once the body is there. `scope_service` is the signing name in the credential
  // scope, empty when unsigned. nullopt: no service claims it.
  std::optional<Route> route(std::string_view method, std::string_view path, std::string_view query,
                             const http::Headers& headers, std::string_view scope_service) const;
  // Finds Action in `parameters` (query string or form body). Null operation when it is unknown.
  Route route_query(const ServiceModel& service, std::string_view parameters) const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace kiln::aws::protocol

// SPDX-License-Identifier: Apache-2.0
#pragma once
// An operation is one AWS API call: its model (generated), what it asks IAM, and its handler.
//
// In a room's api/ folder one file defines one operation:
//
//   const aws::Operation<gen::lambda::GetFunction, Service> kGetFunction{authorize, handle};
//
// with   Authorization authorize(const RequestContext&, const Input&)        (pure, no I/O)
//        Task<ApiResult<Output>> handle(Service&, RequestContext, Input)
//
// and api/operations.cc lists them in one place: registry.add(service, kGetFunction). An Operation
// cannot be made without its authorization. Operations that are modelled but not added answer
// 501 NotImplemented and name themselves.

#include "async/task.h"
#include "aws/api_error.h"
#include "aws/request_context.h"
#include "aws/shape.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::aws {

enum class Protocol : std::uint8_t {
  kRestJson,
  kJson10,
  kJson11,
  kQuery,
  kRestXml,
  kRpcV2Cbor,
  kAwsCbor,  // routed like json, bodies in CBOR ("application/x-amz-cbor-1.1")
};

struct ServiceModel;

// Generated for every operation of a service model, built or not.
struct OperationModel {
  std::string_view name;         // "CreateFunction"
  std::string_view http_method;  // "POST"
  std::string_view request_uri;  // "/2015-03-31/functions/{FunctionName}?List=ALL"
  int success_status = 200;
  bool unsigned_allowed = false;    // authtype none
  std::string_view result_wrapper;  // query: "CreateRoleResult"
  // Operations that share method and URI are told apart by what the request must have: query
  // parameters ("partNumber&uploadId") and a header.
  std::string_view required_query;
  std::string_view required_header;
  bool unwrapped_output = false;  // rest-xml: the root element is the output's one member
  bool gzip_request = false;      // clients may compress the body
  const Shape* input = nullptr;   // null when no code was generated for it (then it is a 501)
  const Shape* output = nullptr;
  // Largest accepted request body, bytes.
  std::uint64_t max_body_bytes = 6 * 1024 * 1024 + 100;
};

struct ServiceModel {
  std::string_view id;            // folder name in gen/: "lambda"
  std::string_view signing_name;  // "lambda"
  std::string_view endpoint_prefix;
  std::string_view target_prefix;  // json: "Logs_20140328"
  std::string_view api_version;    // "2015-03-31"
  std::string_view xml_namespace;  // query, rest-xml
  Protocol protocol;
  // Further protocols that clients speak; a request picks one by its form (protocol/router.h).
  std::span<const Protocol> also = {};
  // Errors carry their code in the query protocol beside their name (x-amzn-query-error).
  bool query_compatible = false;
  bool bare_errors = false;  // rest-xml: <Error> is the root, with request and host id
  // The code of a broken constraint where it is not the protocol's usual one.
  std::string_view validation_code = {};
  // A URI label that may stand in the host's name instead: "Bucket".
  std::string_view host_label = {};
  // query: a path below "/" is a value for this member, where the form lacks it: "QueueUrl".
  std::string_view path_member = {};
  bool global = false;  // region is always us-east-1 (iam, and sts's global endpoint)
  std::span<const OperationModel> operations;

  bool speaks(Protocol p) const {
    return p == protocol || std::ranges::find(also, p) != also.end();
  }
};

// Output of a handler with its generated type forgotten.
class AnyValue {
 public:
  AnyValue() = default;
  template <class T>
  explicit AnyValue(std::shared_ptr<T> value) : value_(std::move(value)) {}
  void* get() { return value_.get(); }
  const void* get() const { return value_.get(); }

 private:
  std::shared_ptr<void> value_;
};

// `Model` is a generated tag type: { using Input; using Output; static const OperationModel&
// model(); static const ServiceModel& service(); }.
template <class Model, class Service>
struct Operation {
  using Authorize = Authorization (*)(const RequestContext&, const typename Model::Input&);
  using Handle = Task<ApiResult<typename Model::Output>> (*)(Service&, RequestContext,
                                                             typename Model::Input);
  constexpr Operation(Authorize a, Handle h) : authorize(a), handle(h) {}
  Authorize authorize;
  Handle handle;
};

// An operation as the pipeline calls it.
struct RegisteredOperation {
  const ServiceModel* service = nullptr;
  const OperationModel* model = nullptr;
  AnyValue (*make_input)() = nullptr;
  std::function<Authorization(const RequestContext&, const AnyValue&)> authorize;
  std::function<Task<ApiResult<AnyValue>>(RequestContext, AnyValue)> handle;
};

// Built operations by service and name. Filled before the server listens, constant afterwards.
class Registry {
 public:
  template <class Model, class Service>
  void add(Service& service, const Operation<Model, Service>& operation) {
    RegisteredOperation r;
    r.service = &Model::service();
    r.model = &Model::model();
    r.make_input = [] { return AnyValue(std::make_shared<typename Model::Input>()); };
    r.authorize = [authorize = operation.authorize](const RequestContext& context,
                                                    const AnyValue& input) {
      return authorize(context, *static_cast<const typename Model::Input*>(input.get()));
    };
    r.handle = [&service, handle = operation.handle](RequestContext context, AnyValue input) {
      return call<Model, Service>(service, handle, std::move(context), std::move(input));
    };
    add(std::move(r));
  }
  // Null when it is not built.
  const RegisteredOperation* find(const ServiceModel& service, std::string_view operation) const;
  std::size_t size() const { return operations_.size(); }

 private:
  void add(RegisteredOperation operation);

  template <class Model, class Service>
  static Task<ApiResult<AnyValue>> call(Service& service,
                                        typename Operation<Model, Service>::Handle handle,
                                        RequestContext context, AnyValue input) {
    auto task = handle(service, std::move(context),
                       std::move(*static_cast<typename Model::Input*>(input.get())));
    auto output = co_await std::move(task);
    if (!output) co_return fail(std::move(output.error()));
    co_return AnyValue(std::make_shared<typename Model::Output>(std::move(*output)));
  }
  std::map<std::pair<const ServiceModel*, std::string>, RegisteredOperation, std::less<>>
      operations_;
};

}  // namespace kiln::aws

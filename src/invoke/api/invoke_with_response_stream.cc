// SPDX-License-Identifier: Apache-2.0
// https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html
#include "gen/lambda/invoke_with_response_stream.h"

#include "base/encoding.h"
#include "invoke/api/checks.h"
#include "invoke/api/operations.h"
#include "invoke/response_stream.h"
#include "lambda/model/function_ref.h"

#include <memory>
#include <utility>

namespace kiln::invoke {
namespace {

using Model = gen::lambda::InvokeWithResponseStream;
using Event = gen::lambda::InvokeWithResponseStreamResponseEvent;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return {"lambda:InvokeFunction", lambda::resource_arn(context, input.function_name.value_or(""),
                                                        input.qualifier.value_or(""))};
}

// PayloadChunk as often as the function writes, then InvokeComplete.
class Events final : public aws::EventStream<Event>::Producer {
 public:
  Events(ResponseStreamPtr stream, bool tail_log)
      : reader_(std::move(stream)), tail_log_(tail_log) {}

  Task<aws::ApiResult<std::optional<Event>>> next() override {
    if (complete_) co_return std::nullopt;
    auto reading = reader_->next();
    auto piece = co_await std::move(reading);
    Event event;
    if (piece) {
      event.payload_chunk.emplace().payload = std::move(*piece);
      co_return event;
    }
    complete_ = true;
    const InvokeResult& result = reader_->result();
    auto& complete = event.invoke_complete.emplace();
    if (!result.function_error.empty()) tell_error(result, complete);
    if (tail_log_) complete.log_result = base64_encode(result.log_tail);
    co_return event;
  }

 private:
  // Behind a response that had begun, the code is the runtime's word for the error, and a response
  // that broke off has no details; else it is what Invoke has for FunctionError.
  void tell_error(const InvokeResult& result,
                  gen::lambda::InvokeWithResponseStreamCompleteEvent& complete) const {
    const bool named = reader_->streams() && !result.stream_error.empty();
    complete.error_code = named ? result.stream_error : result.function_error;
    if (!named || result.stream_error != "Runtime.TruncatedResponse") {
      complete.error_details = result.payload;
    }
  }

  ResponseReader reader_;
  const bool tail_log_;
  bool complete_ = false;
};

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const std::string name = input.function_name.value_or("");
  const std::string qualifier = input.qualifier.value_or("");
  InvokeRequest request;
  if (const auto ref = lambda::parse_function_ref(context, name, qualifier))
    request.invoked_arn = ref->arn();
  request.request_id = context.request_id;
  request.trace_header = context.trace_header;
  auto resolving = service.functions.resolve(std::move(context), name, qualifier);
  auto function = co_await std::move(resolving);
  if (!function) co_return aws::fail(std::move(function.error()));
  if (auto good = check_invocable(*function->version); !good)
    co_return aws::fail(std::move(good.error()));
  request.tenant_id = std::move(input.tenant_id).value_or("");
  if (auto good = check_tenant(*function->version, request.tenant_id); !good)
    co_return aws::fail(std::move(good.error()));
  request.payload = std::move(input.payload).value_or("");
  if (auto good = check_payload(request.payload); !good)
    co_return aws::fail(std::move(good.error()));
  auto client_context = decode_client_context(input.client_context);
  if (!client_context) co_return aws::fail(std::move(client_context.error()));
  Model::Output output;
  if (input.invocation_type == "DryRun") {
    output.status_code = 204;
    co_return output;
  }
  request.client_context = std::move(*client_context);
  request.concurrency = function->concurrency;
  request.allows_recursion = function->allows_recursion;
  request.tail_log = input.log_type == "Tail";
  const bool tail_log = request.tail_log;
  output.executed_version = function->version->version;
  auto stream = ResponseStream::open(service.invoker, std::move(function->version),
                                     std::move(request), service.pace);
  auto events = std::make_unique<Events>(stream, tail_log);
  auto beginning = stream->begun();
  if (auto begun = co_await std::move(beginning); !begun)
    co_return aws::fail(std::move(begun.error()));
  output.status_code = 200;
  output.event_stream = aws::EventStream<Event>(std::move(events));
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kInvokeWithResponseStream{authorize, handle};

}  // namespace kiln::invoke

// SPDX-License-Identifier: Apache-2.0
#include "server/s3_website.h"

#include "aws/protocol/codec.h"
#include "base/encoding.h"
#include "gen/s3/service.h"
#include "server/request_facts.h"
#include "services/s3/model/errors.h"

#include <utility>

namespace kiln::server {

using aws::ApiError;
using aws::ApiResult;

namespace {

constexpr auto kProtocol = aws::Protocol::kRestXml;

http::Response redirect(int status, std::string location) {
  http::Response response;
  response.status = status;
  response.headers.add("Location", std::move(location));
  return response;
}

}  // namespace

// What is known of one request so far. Lives in handle()'s frame.
struct S3Website::Call {
  http::Request& request;
  std::string bucket;
  std::string key;  // as the path names it
  s3::Website website = {};
  aws::RequestContext context = {};

  s3::WebsiteAddress address() const { return {.protocol = context.scheme, .host = context.host}; }
};

std::string S3Website::key_of(std::string_view path) {
  path.remove_prefix(std::min<std::size_t>(path.size(), 1));
  return percent_decode(path).value_or(std::string(path));
}

Task<http::Response> S3Website::handle(http::Request& request, std::string bucket) {
  const std::string_view target = request.target;
  Call call{.request = request,
            .bucket = std::move(bucket),
            .key = key_of(target.substr(0, target.find('?')))};
  auto& context = call.context;
  context.request_id = s3_request_id(parts_.random.uuid());
  context.now = parts_.clock.wall();
  context.service = "s3";
  context.operation = "GetObject";
  context.host = request.headers.get("host").value_or("");
  context.source_ip = request.peer_address;
  context.user_agent = request.headers.get("user-agent").value_or("");
  context.referer = request.headers.get("referer").value_or("");
  auto answering = answer(call);
  auto answered = co_await std::move(answering);
  http::Response response;
  if (answered) {
    response = std::move(*answered);
  } else {
    auto failing = failure(call, std::move(answered.error()));
    response = co_await std::move(failing);
  }
  response.headers.set("x-amz-request-id", context.request_id);
  co_return response;
}

Task<ApiResult<http::Response>> S3Website::answer(Call& call) {
  const std::string& method = call.request.method;
  if (method != "GET" && method != "HEAD") {
    co_return aws::fail({"MethodNotAllowed",
                         405,
                         "The specified method is not allowed against this resource.",
                         {{"Method", method}, {"ResourceType", "OBJECT"}},
                         {}});
  }
  auto finding = parts_.buckets.get(call.bucket);
  auto found = co_await std::move(finding);
  if (!found) co_return aws::fail(std::move(found.error()));
  const std::string* stored = (*found)->config(std::string(s3::kWebsiteConfig));
  if (!stored) {
    co_return aws::fail({"NoSuchWebsiteConfiguration",
                         404,
                         "The specified bucket does not have a website configuration",
                         {{"BucketName", call.bucket}},
                         {}});
  }
  auto website = s3::decode_website(*stored);
  if (!website) co_return aws::fail(s3::internal_error(website.error()));
  call.website = std::move(*website);
  if (auto to = s3::find_redirect(call.website, call.key, 0, call.address()))
    co_return redirect(to->status, std::move(to->location));
  const bool folder = call.key.empty() || call.key.ends_with('/');
  auto getting =
      get(call, folder ? call.key + call.website.index_suffix.value_or("") : call.key, true);
  auto got = co_await std::move(getting);
  if (got || folder || got.error().http_status != 404) co_return got;
  auto looking = has_folder(call);
  if (co_await std::move(looking))
    co_return redirect(302, "/" + percent_encode(call.key, true) + "/");
  co_return got;
}

Task<ApiResult<http::Response>> S3Website::get(Call& call, std::string key, bool conditional) {
  const auto& service = gen::s3::service_model();
  const auto* codec = aws::protocol::codec_for(kProtocol);
  const bool head = call.request.method == "HEAD";
  const auto* operation = parts_.registry.find(service, head ? "HeadObject" : "GetObject");
  http::Headers headers;
  if (conditional) {
    for (const std::string_view name :
         {"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "Range"}) {
      if (const auto value = call.request.headers.get(name))
        headers.add(std::string(name), std::string(*value));
    }
  }
  const aws::protocol::WireRequest wire{
      .method = call.request.method, .path = "/", .query = "", .headers = &headers, .body = ""};
  aws::AnyValue input = operation->make_input();
  auto parsed =
      codec->parse(wire, *operation->model, {{"Bucket", call.bucket}, {"Key", key}}, input.get());
  if (!parsed) co_return aws::fail(std::move(parsed.error()));
  auto asking = parts_.authorizer.check(call.context, operation->authorize(call.context, input));
  if (auto allowed = co_await std::move(asking); !allowed) co_return aws::fail(s3::access_denied());
  auto handling = operation->handle(call.context, std::move(input));
  auto output = co_await std::move(handling);
  if (!output) {
    if (output.error().code != "NoSuchKey") co_return aws::fail(std::move(output.error()));
    // Whoever may not list is not told what is missing.
    auto listing =
        parts_.authorizer.check(call.context, {"s3:ListBucket", "arn:aws:s3:::" + call.bucket});
    if (auto allowed = co_await std::move(listing); !allowed)
      co_return aws::fail(s3::access_denied());
    co_return aws::fail(std::move(output.error()));
  }
  auto response =
      codec->serialize(service, *operation->model, output->get(), call.context.request_id);
  if (const auto to = response.headers.get("x-amz-website-redirect-location"))
    co_return redirect(301, std::string(*to));
  co_return response;
}

Task<bool> S3Website::has_folder(Call& call) {
  auto getting = get(call, call.key + "/" + call.website.index_suffix.value_or(""), false);
  const auto got = co_await std::move(getting);
  co_return got.has_value();
}

Task<http::Response> S3Website::failure(Call& call, ApiError error) {
  if (error.http_status < 400) {
    http::Response response;
    response.status = error.http_status;
    for (auto& [name, value] : error.headers) response.headers.add(name, value);
    co_return response;
  }
  if (auto to = s3::find_redirect(call.website, call.key, error.http_status, call.address()))
    co_return redirect(to->status, std::move(to->location));
  std::optional<ApiError> of_document;
  http::Response response;
  bool shown = false;
  if (call.website.error_key && error.http_status < 500) {
    auto getting = get(call, *call.website.error_key, false);
    auto document = co_await std::move(getting);
    shown = document.has_value();
    if (shown) {
      response = std::move(*document);
      if (response.status >= 300) co_return response;
    } else {
      of_document = std::move(document.error());
    }
  }
  if (!shown) {
    response.headers.add("Content-Type", "text/html; charset=utf-8");
    response.body =
        s3::error_page(error, call.context.request_id, of_document ? &*of_document : nullptr);
  }
  response.status = error.http_status;
  response.headers.set("x-amz-error-code", error.code);
  response.headers.set("x-amz-error-message", error.message);
  for (const auto& [name, value] : error.fields) {
    // Keys may hold what no header can.
    if (name == "Key") response.headers.set("x-amz-error-detail-Key", percent_encode(value, true));
  }
  for (const auto& [name, value] : error.headers) response.headers.set(name, value);
  co_return response;
}

}  // namespace kiln::server

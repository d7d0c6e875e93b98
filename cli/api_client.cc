// SPDX-License-Identifier: Apache-2.0
#include "cli/api_client.h"

#include "aws/sigv4.h"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <cstdio>

namespace kiln::cli {
namespace {

constexpr std::int64_t kCallTimeoutMs = 16 * 60 * 1000;  // longer than the longest function

std::string member(const boost::json::value& value, std::initializer_list<const char*> names) {
  if (!value.is_object()) return "";
  for (const char* name : names) {
    const auto* found = value.as_object().if_contains(name);
    if (found && found->is_string()) return std::string(found->as_string());
  }
  return "";
}

// The text of the first <name> element; the query protocol's errors are small and flat.
std::string xml_text(const std::string& body, const std::string& name) {
  const auto begin = body.find("<" + name + ">");
  const auto end = body.find("</" + name + ">");
  if (begin == std::string::npos || end == std::string::npos) return "";
  return body.substr(begin + name.size() + 2, end - begin - name.size() - 2);
}

}  // namespace

boost::json::value ApiReply::json() const {
  boost::system::error_code ec;
  auto value = boost::json::parse(body, ec);
  return ec ? boost::json::value(nullptr) : value;
}

std::string ApiReply::error_code() const {
  if (auto type = headers.get("x-amzn-errortype"))
    return std::string(type->substr(0, type->find(':')));
  if (body.starts_with("<")) return xml_text(body, "Code");
  return member(json(), {"__type", "code"});
}

std::string ApiReply::error_message() const {
  if (body.starts_with("<")) return xml_text(body, "Message");
  return member(json(), {"message", "Message"});
}

ApiClient::ApiClient(Loop& loop, Connection connection)
    : loop_(loop), connection_(std::move(connection)), client_(loop) {}

Task<Result<ApiReply>> ApiClient::rest(std::string service, std::string method, std::string path,
                                       std::string body,
                                       std::vector<http::Headers::Field> headers) {
  http::ClientRequest request;
  request.method = std::move(method);
  request.url = connection_.endpoint + path;
  request.body = std::move(body);
  for (auto& [name, value] : headers) request.headers.add(name, value);
  return send(std::move(service), std::move(request));
}

Task<Result<ApiReply>> ApiClient::json(std::string service, std::string target, std::string body) {
  http::ClientRequest request;
  request.method = "POST";
  request.url = connection_.endpoint + "/";
  request.headers.add("Content-Type", "application/x-amz-json-1.1");
  request.headers.add("X-Amz-Target", std::move(target));
  request.body = std::move(body);
  return send(std::move(service), std::move(request));
}

Task<Result<ApiReply>> ApiClient::query(std::string service, std::string form) {
  http::ClientRequest request;
  request.method = "POST";
  request.url = connection_.endpoint + "/";
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  request.body = std::move(form);
  return send(std::move(service), std::move(request));
}

Task<Result<ApiReply>> ApiClient::send(std::string service, http::ClientRequest request) {
  const std::string_view url = request.url;
  const auto authority = url.find("://") + 3;
  const auto slash = url.find('/', authority);
  const auto mark = url.find('?');
  const std::string_view path = url.substr(slash, mark == url.npos ? url.npos : mark - slash);
  const std::string_view query = mark == url.npos ? "" : url.substr(mark + 1);
  request.headers.set("Host", std::string(url.substr(authority, slash - authority)));
  const aws::sigv4::Signer signer{.access_key_id = connection_.access_key_id,
                                  .secret_key = connection_.secret_access_key,
                                  .session_token = connection_.session_token,
                                  .region = connection_.region,
                                  .service = service};
  aws::sigv4::sign(signer, request.method, path, query, request.headers, request.body,
                   clock().wall());
  const Monotonic deadline = clock().monotonic().plus_ms(kCallTimeoutMs);
  auto sent = co_await client_.send(std::move(request), deadline);
  if (!sent) co_return std::unexpected(std::move(sent.error()));
  co_return ApiReply{sent->status, std::move(sent->headers), std::move(sent->body)};
}

namespace {
Task<void> keep_exit_code(Task<int> task, int& exit_code) { exit_code = co_await std::move(task); }
}  // namespace

int run_client_command(Loop& loop, Task<int> task) {
  int exit_code = 1;
  loop.run_until_complete(keep_exit_code(std::move(task), exit_code));
  return exit_code;
}

void print_unreachable(const ApiClient& client, const Error& error) {
  fmt::print(stderr, "error: cannot reach {}: {}\nIs it running? Start it with: kiln dev\n",
             client.connection().endpoint, error.message);
}

void print_api_error(const ApiReply& reply) {
  fmt::print(stderr, "error: {}: {}\n", reply.error_code(), reply.error_message());
}

}  // namespace kiln::cli

// SPDX-License-Identifier: Apache-2.0
// "METHOD target", header lines, an empty line, a body: routing, labels, query string, headers and
// body of rest-json and json, as far as the constraints.
#include "aws/protocol/codec.h"
#include "aws/protocol/router.h"
#include "aws/protocol/validate.h"
#include "fuzz/fuzz.h"
#include "gen/iam/service.h"
#include "gen/lambda/create_function.h"
#include "gen/lambda/get_function.h"
#include "gen/lambda/invoke.h"
#include "gen/lambda/list_functions.h"
#include "gen/lambda/service.h"
#include "gen/lambda/untag_resource.h"
#include "gen/logs/create_log_group.h"
#include "gen/logs/service.h"

namespace kiln::fuzz {
namespace {

template <class Operation>
void parse(const aws::protocol::Route& route, const aws::protocol::WireRequest& request) {
  if (route.operation != &Operation::model()) return;
  typename Operation::Input input;
  const auto* codec = aws::protocol::codec_for(route.service->protocol);
  const auto parsed = codec->parse(request, *route.operation, route.uri_labels, &input);
  if (parsed) {
    const auto fault = aws::protocol::validate(*route.operation->input, &input);
    FUZZ_CHECK(!fault || fault->find("validation error") != std::string::npos);
    return;
  }
  FUZZ_CHECK(parsed.error().http_status < 500);
  FUZZ_CHECK(codec->serialize_error(*route.service, parsed.error(), "id").status < 500);
}

}  // namespace
}  // namespace kiln::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln;
  static const aws::protocol::Router router(
      {&gen::lambda::service_model(), &gen::logs::service_model(), &gen::iam::service_model()});
  std::string_view rest = fuzz::text(data, size);
  std::string_view line = fuzz::take_until(rest, "\n");
  aws::protocol::WireRequest request;
  request.method = fuzz::take_until(line, " ");
  request.path = fuzz::take_until(line, "?");
  request.query = line;
  http::Headers headers;
  while (!rest.empty()) {
    std::string_view field = fuzz::take_until(rest, "\n");
    if (field.empty()) break;
    const auto name = fuzz::take_until(field, ": ");
    headers.add(std::string(name), std::string(field));
  }
  request.headers = &headers;
  request.body = rest;
  const auto route = router.route(request.method, request.path, request.query, headers, "lambda");
  if (!route || !route->operation) return 0;
  fuzz::parse<gen::lambda::CreateFunction>(*route, request);
  fuzz::parse<gen::lambda::GetFunction>(*route, request);
  fuzz::parse<gen::lambda::Invoke>(*route, request);
  fuzz::parse<gen::lambda::ListFunctions>(*route, request);
  fuzz::parse<gen::lambda::UntagResource>(*route, request);
  fuzz::parse<gen::logs::CreateLogGroup>(*route, request);
  return 0;
}

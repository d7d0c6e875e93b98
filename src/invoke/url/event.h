// SPDX-License-Identifier: Apache-2.0
#pragma once
// The event that a request to a function URL becomes: payload format 2.0. Pure.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads

#include "aws/request_context.h"
#include "base/time.h"
#include "http/message.h"

#include <string>
#include <string_view>

namespace kiln::invoke {

// Views that outlive the call of make_url_event().
struct UrlCall {
  std::string_view method;
  std::string_view path;   // "/..." as sent
  std::string_view query;  // as sent, without '?'
  const http::Headers* headers = nullptr;
  std::string_view body;
  std::string_view url_id;
  std::string_view domain_name;  // "ID.lambda-url.us-east-1.localhost"
  std::string_view source_ip;
  std::string_view scheme;
  std::string_view port;  // digits
  std::string_view request_id;
  std::string_view trace_header;
  Timestamp now;
  std::string_view owner;                  // account of the function
  const aws::Principal* caller = nullptr;  // who signed; null for AuthType NONE
};

// JSON text. Bytes that are no UTF-8 come as U+FFFD, in bodies as base64.
std::string make_url_event(const UrlCall& call);

}  // namespace kiln::invoke

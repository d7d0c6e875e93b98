// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which Host and Origin a request may name. A page on another site can make a browser send requests
// to a loopback server, directly or through a name of its own that resolves to 127.0.0.1; both show
// in these headers.

#include "http/message.h"

#include <string>
#include <vector>

namespace kiln::server {

// True when Host (required) and Origin (when sent; an opaque "null" is never good) name this
// machine: localhost, *.localhost, 127.0.0.0/8, [::1], the environments' 169.254.100.1, or one of
// `extra_hosts` (lower case). Ports do not matter.
bool host_and_origin_allowed(const http::Headers& headers,
                             const std::vector<std::string>& extra_hosts);

// The same of Host alone, where pages of any origin may ask: a function URL answers them by its own
// CORS settings.
bool host_allowed(const http::Headers& headers, const std::vector<std::string>& extra_hosts);

}  // namespace kiln::server

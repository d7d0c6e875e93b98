// SPDX-License-Identifier: Apache-2.0
#include "server/host_check.h"

#include <algorithm>
#include <arpa/inet.h>
#include <string_view>

namespace kiln::server {
namespace {

std::string name_of(std::string_view host) {
  const auto end = host.starts_with('[') ? host.find(']') + 1 : host.find(':');
  std::string name(host.substr(0, end));
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return name;
}

// Only the four numbers: 127.0.0.1.example.com is anybody's name.
bool is_loopback_address(const std::string& name) {
  in_addr address{};
  return ::inet_pton(AF_INET, name.c_str(), &address) == 1 &&
         reinterpret_cast<const unsigned char*>(&address)[0] == 127;
}

bool allowed(std::string_view host, const std::vector<std::string>& extra_hosts) {
  const std::string name = name_of(host);
  return name == "localhost" || name.ends_with(".localhost") || name == "[::1]" ||
         name == "169.254.100.1" || is_loopback_address(name) ||
         std::ranges::find(extra_hosts, name) != extra_hosts.end();
}

}  // namespace

bool host_allowed(const http::Headers& headers, const std::vector<std::string>& extra_hosts) {
  return allowed(headers.get("Host").value_or(""), extra_hosts);
}

bool host_and_origin_allowed(const http::Headers& headers,
                             const std::vector<std::string>& extra_hosts) {
  if (!host_allowed(headers, extra_hosts)) return false;
  const auto origin = headers.get("Origin");
  if (!origin) return true;
  const auto scheme = origin->find("://");
  return scheme != std::string_view::npos && allowed(origin->substr(scheme + 3), extra_hosts);
}

}  // namespace kiln::server

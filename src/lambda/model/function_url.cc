// SPDX-License-Identifier: Apache-2.0
#include "lambda/model/function_url.h"

#include "base/product.h"
#include "lambda/model/function_ref.h"

#include <algorithm>

namespace kiln::lambda {
namespace {

constexpr std::string_view kLocalDomain = "localhost";
// AWS's own, for those who point its names at this server.
constexpr std::string_view kAwsDomain = "on.aws";

struct HostParts {
  std::string_view name;
  std::string_view port;  // with its colon
};

HostParts split_host(std::string_view host) {
  const auto from = host.starts_with('[') ? host.find(']') : 0;
  const auto colon = from == std::string_view::npos ? from : host.find(':', from);
  if (colon == std::string_view::npos) return {host, {}};
  return {host.substr(0, colon), host.substr(colon)};
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

bool is_local(const std::string& name) {
  return name == kLocalDomain || name.ends_with(".localhost") || name.starts_with("127.") ||
         name == "[::1]";
}

bool is_url_id(std::string_view text) {
  return text.size() == kUrlIdLength && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
         });
}

// The text before the next dot, which it takes off with the dot; empty at the end.
std::string_view take_label(std::string_view& name) {
  const auto dot = name.find('.');
  if (dot == std::string_view::npos) return {};
  const auto label = name.substr(0, dot);
  name.remove_prefix(dot + 1);
  return label;
}

std::optional<UrlTarget> by_host(std::string_view host, std::string_view path,
                                 std::string_view domain) {
  // Nearly every request is for the AWS APIs, and this is on its way.
  if (host.size() < kUrlIdLength + kUrlLabel.size() || host[kUrlIdLength] != '.')
    return std::nullopt;
  const std::string name = lower(split_host(host).name);
  std::string_view rest = name;
  UrlTarget out;
  out.id = take_label(rest);
  if (take_label(rest) != kUrlLabel) return std::nullopt;
  out.region = take_label(rest);
  if (rest.ends_with('.')) rest.remove_suffix(1);
  const bool known =
      rest == kLocalDomain || rest == kAwsDomain || (!domain.empty() && rest == domain);
  if (!known || !is_url_id(out.id) || out.region.empty()) return std::nullopt;
  out.path = path.empty() ? "/" : path;
  return out;
}

std::optional<UrlTarget> by_path(std::string_view path) {
  if (!path.starts_with(product::kUrlPrefix)) return std::nullopt;
  path.remove_prefix(product::kUrlPrefix.size());
  if (!path.starts_with(kUrlPath)) return std::nullopt;
  path.remove_prefix(kUrlPath.size());
  const auto slash = path.find('/');
  UrlTarget out;
  out.by_path = true;
  out.id = path.substr(0, slash);
  out.path = slash == std::string_view::npos ? "/" : path.substr(slash);
  return out;
}

}  // namespace

std::string FunctionUrl::arn() const {
  return function_arn(function.account, function.region, function.name, qualifier);
}

std::string url_address(const aws::RequestContext& context, const FunctionUrl& url,
                        const UrlNames& names) {
  const HostParts host = split_host(context.host);
  const bool own_domain = !names.domain.empty();
  std::string out = context.scheme + "://";
  if (names.resolvable && (own_domain || is_local(lower(host.name)))) {
    out.append(url.id).append(".").append(kUrlLabel).append(".").append(url.function.region);
    out.append(".").append(own_domain ? std::string_view(names.domain) : kLocalDomain);
    out.append(host.port).append("/");
  } else {
    out.append(context.host).append(product::kUrlPrefix).append(kUrlPath).append(url.id);
    out.append("/");
  }
  return out;
}

std::optional<UrlTarget> find_url_target(std::string_view host, std::string_view target,
                                         std::string_view domain) {
  const std::string_view path = target.substr(0, target.find('?'));
  if (auto found = by_host(host, path, domain)) return found;
  return by_path(path);
}

}  // namespace kiln::lambda

// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/router.h"

#include "aws/protocol/form.h"
#include "base/encoding.h"

#include <algorithm>

namespace kiln::aws::protocol {
namespace {

struct Segment {
  std::string_view text;  // literal, or the label's name
  bool label = false;
  bool greedy = false;  // takes the rest of the path
};

// A rest operation's method, path and the query parameters its URI fixes ("?List=ALL").
struct Template {
  const ServiceModel* service;
  const OperationModel* operation;
  std::vector<Segment> segments;
  std::vector<std::string_view> query;     // "List=ALL"
  std::vector<std::string_view> required;  // "uploadId", of any value

  std::size_t conditions() const {
    return query.size() + required.size() + (operation->required_header.empty() ? 0 : 1);
  }
};

std::vector<std::string_view> split_query(std::string_view query) {
  std::vector<std::string_view> out;
  while (!query.empty()) {
    auto end = query.find('&');
    out.push_back(query.substr(0, end));
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
  }
  return out;
}

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> out;
  while (path.starts_with('/')) path.remove_prefix(1);
  // "/functions/" and "/functions" are the same place.
  if (path.ends_with('/')) path.remove_suffix(1);
  while (!path.empty()) {
    auto slash = path.find('/');
    out.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
    if (path.empty()) out.push_back(path);
  }
  return out;
}

Template compile(const ServiceModel& service, const OperationModel& operation) {
  Template out{&service, &operation, {}, {}, split_query(operation.required_query)};
  std::string_view uri = operation.request_uri;
  if (auto mark = uri.find('?'); mark != std::string_view::npos) {
    out.query = split_query(uri.substr(mark + 1));
    uri = uri.substr(0, mark);
  }
  for (std::string_view part : split_path(uri)) {
    Segment segment{part};
    if (part.starts_with('{')) {
      segment = {part.substr(1, part.size() - 2), true};
      segment.greedy = segment.text.ends_with('+');
      if (segment.greedy) segment.text.remove_suffix(1);
    }
    out.segments.push_back(segment);
  }
  return out;
}

// What a request shows of itself to the templates.
struct Shown {
  std::string_view path;
  std::vector<std::string_view> parts;
  std::vector<std::string_view> query;
  const http::Headers& headers;
};

bool has_parameter(const Shown& shown, std::string_view wanted) {
  return std::ranges::any_of(shown.query, [wanted](std::string_view pair) {
    if (pair == wanted) return true;
    return pair.ends_with('=') && pair.substr(0, pair.size() - 1) == wanted;
  });
}

bool has_name(const Shown& shown, std::string_view wanted) {
  return std::ranges::any_of(shown.query, [wanted](std::string_view pair) {
    return pair.starts_with(wanted) && (pair.size() == wanted.size() || pair[wanted.size()] == '=');
  });
}

std::string_view greedy_rest(std::string_view path, std::string_view first_part) {
  return path.substr(static_cast<std::size_t>(first_part.data() - path.data()));
}

bool match_path(const Template& t, const Shown& shown) {
  for (std::size_t i = 0; i < t.segments.size(); ++i) {
    if (i >= shown.parts.size()) return false;
    const Segment& segment = t.segments[i];
    if (segment.greedy && i + 1 == t.segments.size())
      return !greedy_rest(shown.path, shown.parts[i]).empty();
    if (segment.label ? shown.parts[i].empty() : shown.parts[i] != segment.text) return false;
  }
  return shown.parts.size() == t.segments.size();
}

bool match(const Template& t, const Shown& shown) {
  return match_path(t, shown) &&
         std::ranges::all_of(t.query, [&shown](auto q) { return has_parameter(shown, q); }) &&
         std::ranges::all_of(t.required, [&shown](auto q) { return has_name(shown, q); }) &&
         (t.operation->required_header.empty() ||
          shown.headers.contains(t.operation->required_header));
}

// Literals beat labels, from the left; then the more fixed query parameters win.
bool more_specific(const Template& a, const Template& b) {
  for (std::size_t i = 0; i < std::min(a.segments.size(), b.segments.size()); ++i) {
    if (a.segments[i].label != b.segments[i].label) return !a.segments[i].label;
    if (a.segments[i].greedy != b.segments[i].greedy) return !a.segments[i].greedy;
  }
  if (a.segments.size() != b.segments.size()) return a.segments.size() > b.segments.size();
  if (a.conditions() != b.conditions()) return a.conditions() > b.conditions();
  return a.operation->name < b.operation->name;
}

bool is_json(Protocol protocol) {
  return protocol == Protocol::kJson10 || protocol == Protocol::kJson11;
}

bool is_rest(const ServiceModel& service) {
  return service.protocol == Protocol::kRestJson || service.protocol == Protocol::kRestXml;
}

const OperationModel* find_operation(const ServiceModel& service, std::string_view name) {
  auto found = std::ranges::find(service.operations, name, &OperationModel::name);
  return found == service.operations.end() ? nullptr : &*found;
}

// "sts.us-east-1.amazonaws.com" -> "sts".
std::string_view first_label(std::string_view host) { return host.substr(0, host.find('.')); }

std::string host_name(const http::Headers& headers) {
  std::string_view host = headers.get("Host").value_or("");
  std::string out(host.substr(0, host.find(':')));
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

// What a service's own host names may end in, after "<bucket>.".
bool is_service_host(std::string_view rest, std::string_view prefix) {
  if (!rest.starts_with(prefix)) return false;
  rest.remove_prefix(prefix.size());
  for (std::string_view domain : {".localhost", ".amazonaws.com"}) {
    if (!rest.ends_with(domain)) continue;
    std::string_view middle = rest.substr(0, rest.size() - domain.size());
    if (middle.starts_with(".dualstack")) middle.remove_prefix(10);
    // Nothing, ".eu-west-1" or "-eu-west-1".
    return middle.empty() || ((middle[0] == '.' || middle[0] == '-') && middle.size() > 1 &&
                              middle.find('.', 1) == std::string_view::npos);
  }
  return false;
}

// The value of the service's host label in `host`: "my.bucket" of "my.bucket.s3.localhost".
std::string_view label_in_host(const ServiceModel& service, std::string_view host,
                               std::string_view scope) {
  for (auto dot = host.find('.'); dot != std::string_view::npos; dot = host.find('.', dot + 1)) {
    if (is_service_host(host.substr(dot + 1), service.endpoint_prefix)) return host.substr(0, dot);
  }
  constexpr std::string_view kLocal = ".localhost";
  if (scope != service.signing_name || !host.ends_with(kLocal)) return {};
  // The service's own hosts hold no label.
  if (is_service_host(host, service.endpoint_prefix)) return {};
  return host.substr(0, host.size() - kLocal.size());
}

bool is_cbor(const http::Headers& headers) {
  return headers.get("Content-Type").value_or("").starts_with("application/x-amz-cbor");
}

}  // namespace

struct Router::Impl {
  std::vector<const ServiceModel*> services;
  // By method; the most specific first.
  std::map<std::string, std::vector<Template>, std::less<>> templates;

  std::optional<Route> route_target(std::string_view target, const http::Headers& headers) const {
    auto dot = target.rfind('.');
    if (dot == std::string_view::npos) return std::nullopt;
    for (const auto* service : services) {
      if (service->target_prefix.empty() || service->target_prefix != target.substr(0, dot))
        continue;
      Route route{service, find_operation(*service, target.substr(dot + 1)), service->protocol, {}};
      if (is_cbor(headers) && service->speaks(Protocol::kAwsCbor)) {
        route.protocol = Protocol::kAwsCbor;
      } else if (!is_json(service->protocol)) {
        auto json = std::ranges::find_if(service->also, is_json);
        if (json == service->also.end()) continue;
        route.protocol = *json;
      }
      return route;
    }
    return std::nullopt;
  }

  // "/service/GraniteServiceVersion20100801/operation/PutMetricData"
  std::optional<Route> route_rpc(std::string_view path) const {
    auto parts = split_path(path);
    auto n = parts.size();
    if (n < 4 || parts[n - 4] != "service" || parts[n - 2] != "operation") return std::nullopt;
    for (const auto* service : services) {
      if (service->speaks(Protocol::kRpcV2Cbor) && service->target_prefix == parts[n - 3])
        return Route{service, find_operation(*service, parts[n - 1]), Protocol::kRpcV2Cbor, {}};
    }
    return std::nullopt;
  }

  std::optional<Route> route_rest(std::string_view method, const Shown& shown,
                                  std::string_view scope, const ServiceModel* only) const {
    auto candidates = templates.find(method);
    if (candidates == templates.end()) return std::nullopt;
    for (const Template& t : candidates->second) {
      if (only ? t.service != only : !scope.empty() && t.service->signing_name != scope) continue;
      if (!match(t, shown)) continue;
      Route route{t.service, t.operation, t.service->protocol, {}};
      for (std::size_t i = 0; i < t.segments.size(); ++i) {
        if (!t.segments[i].label) continue;
        auto raw = t.segments[i].greedy ? greedy_rest(shown.path, shown.parts[i]) : shown.parts[i];
        auto decoded = percent_decode(raw);
        if (!decoded) return std::nullopt;
        route.uri_labels.emplace(t.segments[i].text, std::move(*decoded));
      }
      return route;
    }
    return std::nullopt;
  }

  // A request whose host holds the label that the path of a service begins with.
  std::optional<Route> route_host(std::string_view method, std::string_view path,
                                  std::string_view query, const http::Headers& headers,
                                  std::string_view scope) const {
    std::string host = host_name(headers);
    for (const auto* service : services) {
      if (service->host_label.empty()) continue;
      if (!scope.empty() && scope != service->signing_name) continue;
      std::string_view label = label_in_host(*service, host, scope);
      bool own_host = is_service_host(host, service->endpoint_prefix);
      if (label.empty() && !own_host) continue;
      std::string full;
      if (!label.empty()) full.append("/").append(label);
      full += path;
      Shown shown{full, split_path(full), split_query(query), headers};
      if (auto route = route_rest(method, shown, scope, service)) return route;
      return Route{service, nullptr, service->protocol, {}};
    }
    return std::nullopt;
  }

  // Unsigned query calls are told apart by the host they were sent to, or by their Version.
  const ServiceModel* query_service(std::string_view path, std::string_view query,
                                    const http::Headers& headers, std::string_view scope) const {
    std::string_view host = headers.get("Host").value_or("");
    const bool root = path == "/" || path.empty();
    Form form;
    parse_form(query, form);
    auto version = form.find("Version");
    for (const auto* service : services) {
      if (!service->speaks(Protocol::kQuery)) continue;
      if (!root && service->path_member.empty()) continue;
      if (!scope.empty() ? service->signing_name == scope
                         : first_label(host) == service->endpoint_prefix ||
                               (version != form.end() && version->second == service->api_version))
        return service;
    }
    return nullptr;
  }
};

Router::Router(std::vector<const ServiceModel*> services) {
  auto impl = std::make_unique<Impl>();
  impl->services = std::move(services);
  for (const auto* service : impl->services) {
    if (!is_rest(*service)) continue;
    for (const auto& operation : service->operations)
      impl->templates[std::string(operation.http_method)].push_back(compile(*service, operation));
  }
  for (auto& [method, templates] : impl->templates) std::ranges::sort(templates, more_specific);
  impl_ = std::move(impl);
}

Router::~Router() = default;

std::optional<Route> Router::route(std::string_view method, std::string_view path,
                                   std::string_view query, const http::Headers& headers,
                                   std::string_view scope_service) const {
  if (auto target = headers.get("X-Amz-Target")) return impl_->route_target(*target, headers);
  if (headers.contains("smithy-protocol")) {
    if (auto route = impl_->route_rpc(path)) return route;
  }
  if (auto route = impl_->route_host(method, path, query, headers, scope_service)) return route;
  if (const auto* service = impl_->query_service(path, query, headers, scope_service)) {
    // An Action in the URL is known before the body.
    Route route = route_query(*service, query);
    if (path.size() > 1) route.uri_labels.emplace(service->path_member, path);
    return route;
  }
  Shown shown{path, split_path(path), split_query(query), headers};
  if (auto route = impl_->route_rest(method, shown, scope_service, nullptr)) return route;
  // A signed call to a service that is here but has no such path: that service answers.
  for (const auto* service : impl_->services) {
    if (!scope_service.empty() && service->signing_name == scope_service)
      return Route{service, nullptr, service->protocol, {}};
  }
  return std::nullopt;
}

Route Router::route_query(const ServiceModel& service, std::string_view parameters) const {
  Form form;
  Route route{&service, nullptr, Protocol::kQuery, {}};
  if (!parse_form(parameters, form)) return route;
  if (auto action = form.find("Action"); action != form.end())
    route.operation = find_operation(service, action->second);
  return route;
}

}  // namespace kiln::aws::protocol

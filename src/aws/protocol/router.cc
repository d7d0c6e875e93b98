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
  std::vector<std::string_view> query;
};

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
    if (path.empty()) out.emplace_back();
  }
  return out;
}

Template compile(const ServiceModel& service, const OperationModel& operation) {
  Template out{&service, &operation, {}, {}};
  std::string_view uri = operation.request_uri;
  if (auto mark = uri.find('?'); mark != std::string_view::npos) {
    std::string_view query = uri.substr(mark + 1);
    uri = uri.substr(0, mark);
    while (!query.empty()) {
      auto end = query.find('&');
      out.query.push_back(query.substr(0, end));
      query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    }
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

bool has_parameter(std::string_view query, std::string_view wanted) {
  while (!query.empty()) {
    auto end = query.find('&');
    std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (pair == wanted) return true;
    if (pair.ends_with('=') && pair.substr(0, pair.size() - 1) == wanted) return true;
  }
  return false;
}

std::string_view greedy_rest(std::string_view path, std::string_view first_part) {
  return path.substr(static_cast<std::size_t>(first_part.data() - path.data()));
}

bool match(const Template& t, std::string_view path, const std::vector<std::string_view>& parts,
           std::string_view query) {
  for (std::size_t i = 0; i < t.segments.size(); ++i) {
    if (i >= parts.size()) return false;
    const Segment& segment = t.segments[i];
    if (segment.label ? parts[i].empty() : parts[i] != segment.text) return false;
    if (segment.greedy && i + 1 == t.segments.size()) {
      return std::ranges::all_of(t.query, [query](auto q) { return has_parameter(query, q); });
    }
  }
  return parts.size() == t.segments.size() &&
         std::ranges::all_of(t.query, [query](auto q) { return has_parameter(query, q); });
}

// Literals beat labels, from the left; then the more fixed query parameters win.
bool more_specific(const Template& a, const Template& b) {
  for (std::size_t i = 0; i < std::min(a.segments.size(), b.segments.size()); ++i) {
    if (a.segments[i].label != b.segments[i].label) return !a.segments[i].label;
    if (a.segments[i].greedy != b.segments[i].greedy) return !a.segments[i].greedy;
  }
  if (a.segments.size() != b.segments.size()) return a.segments.size() > b.segments.size();
  if (a.query.size() != b.query.size()) return a.query.size() > b.query.size();
  return a.operation->name < b.operation->name;
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

}  // namespace

struct Router::Impl {
  std::vector<const ServiceModel*> services;
  // By method; the most specific first.
  std::map<std::string, std::vector<Template>, std::less<>> templates;

  std::optional<Route> route_json(std::string_view target) const {
    auto dot = target.rfind('.');
    if (dot == std::string_view::npos) return std::nullopt;
    for (const auto* service : services) {
      if (service->target_prefix.empty() || service->target_prefix != target.substr(0, dot))
        continue;
      return Route{service, find_operation(*service, target.substr(dot + 1)), {}};
    }
    return std::nullopt;
  }

  std::optional<Route> route_rest(std::string_view method, std::string_view path,
                                  std::string_view query, std::string_view scope) const {
    auto candidates = templates.find(method);
    if (candidates == templates.end()) return std::nullopt;
    auto parts = split_path(path);
    for (const Template& t : candidates->second) {
      if (!scope.empty() && t.service->signing_name != scope) continue;
      if (!match(t, path, parts, query)) continue;
      Route route{t.service, t.operation, {}};
      for (std::size_t i = 0; i < t.segments.size(); ++i) {
        if (!t.segments[i].label) continue;
        auto raw = t.segments[i].greedy ? greedy_rest(path, parts[i]) : parts[i];
        auto decoded = percent_decode(raw);
        if (!decoded) return std::nullopt;
        route.uri_labels.emplace(t.segments[i].text, std::move(*decoded));
      }
      return route;
    }
    return std::nullopt;
  }

  // Unsigned query calls are told apart by the host they were sent to, or by their Version.
  const ServiceModel* query_service(std::string_view query, const http::Headers& headers,
                                    std::string_view scope) const {
    std::string_view host = headers.get("Host").value_or("");
    Form form;
    parse_form(query, form);
    auto version = form.find("Version");
    for (const auto* service : services) {
      if (service->protocol != Protocol::kQuery) continue;
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
  if (auto target = headers.get("X-Amz-Target")) return impl_->route_json(*target);
  if (path == "/" || path.empty()) {
    if (const auto* service = impl_->query_service(query, headers, scope_service)) {
      // An Action in the URL is known before the body.
      return query.empty() ? Route{service, nullptr, {}} : route_query(*service, query);
    }
  }
  if (auto route = impl_->route_rest(method, path, query, scope_service)) return route;
  // A signed call to a service that is here but has no such path: that service answers.
  for (const auto* service : impl_->services) {
    if (!scope_service.empty() && service->signing_name == scope_service)
      return Route{service, nullptr, {}};
  }
  return std::nullopt;
}

Route Router::route_query(const ServiceModel& service, std::string_view parameters) const {
  Form form;
  Route route{&service, nullptr, {}};
  if (!parse_form(parameters, form)) return route;
  if (auto action = form.find("Action"); action != form.end())
    route.operation = find_operation(service, action->second);
  return route;
}

}  // namespace kiln::aws::protocol

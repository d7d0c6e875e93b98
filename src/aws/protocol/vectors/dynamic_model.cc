// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/vectors/dynamic_model.h"

#include "aws/protocol/scalar.h"

#include <array>
#include <cmath>
#include <utility>

namespace kiln::aws::protocol::testing {
namespace {

namespace json = boost::json;
constexpr std::size_t kMaxMembers = 64;

using Getter = const void* (*)(const void*);
using Emplacer = void* (*)(void*);

template <std::size_t N>
const void* get(const void* structure) {
  const auto& fields = static_cast<const DynamicStructure*>(structure)->fields;
  auto found = fields.find(N);
  return found == fields.end() ? nullptr : found->second.get();
}
template <std::size_t N, class T>
void* emplace(void* structure) {
  auto& slot = static_cast<DynamicStructure*>(structure)->fields[N];
  slot = std::make_shared<T>();
  return slot.get();
}
template <class T>
void* append(void* list) {
  return static_cast<DynamicList*>(list)->items.emplace_back(std::make_shared<T>()).get();
}
template <class T>
void* insert(void* map, std::string key) {
  auto& slot = static_cast<DynamicMap*>(map)->items[std::move(key)];
  slot = std::make_shared<T>();
  return slot.get();
}

template <std::size_t... N>
std::array<Getter, sizeof...(N)> getters(std::index_sequence<N...>) {
  return {get<N>...};
}
template <class T, std::size_t... N>
std::array<Emplacer, sizeof...(N)> emplacers(std::index_sequence<N...>) {
  return {emplace<N, T>...};
}

struct Maker {
  std::array<Emplacer, kMaxMembers> emplace;
  void* (*append)(void*);
  void* (*insert)(void*, std::string);
};

template <class T>
Maker maker() {
  return {emplacers<T>(std::make_index_sequence<kMaxMembers>()), append<T>, insert<T>};
}

Maker maker_of(Kind kind) {
  switch (kind) {
    case Kind::kStructure:
      return maker<DynamicStructure>();
    case Kind::kList:
      return maker<DynamicList>();
    case Kind::kMap:
      return maker<DynamicMap>();
    case Kind::kBoolean:
      return maker<bool>();
    case Kind::kInteger:
      return maker<std::int32_t>();
    case Kind::kLong:
      return maker<std::int64_t>();
    case Kind::kFloat:
    case Kind::kDouble:
      return maker<double>();
    case Kind::kTimestamp:
      return maker<Timestamp>();
    case Kind::kString:
    case Kind::kBlob:
    case Kind::kDocument:
      return maker<std::string>();
    case Kind::kByteStream:
    case Kind::kEventStream:
      break;
  }
  return maker<std::string>();
}

Kind kind_of(std::string_view type) {
  static const std::map<std::string_view, Kind> kinds = {{"structure", Kind::kStructure},
                                                         {"list", Kind::kList},
                                                         {"map", Kind::kMap},
                                                         {"string", Kind::kString},
                                                         {"character", Kind::kString},
                                                         {"blob", Kind::kBlob},
                                                         {"boolean", Kind::kBoolean},
                                                         {"integer", Kind::kInteger},
                                                         {"long", Kind::kLong},
                                                         {"float", Kind::kFloat},
                                                         {"double", Kind::kDouble},
                                                         {"timestamp", Kind::kTimestamp}};
  return kinds.at(type);
}

std::string_view text(const json::object& o, std::string_view name, std::string_view otherwise) {
  const auto* found = o.if_contains(name);
  if (!found) return otherwise;
  return {found->as_string().data(), found->as_string().size()};
}

bool flag(const json::object& o, std::string_view name) {
  const auto* found = o.if_contains(name);
  return found && found->as_bool();
}

TimeFormat format_of(const json::object& o) {
  auto name = text(o, "timestampFormat", "");
  if (name == "iso8601") return TimeFormat::kIso8601;
  if (name == "rfc822") return TimeFormat::kHttpDate;
  return name == "unixTimestamp" ? TimeFormat::kUnix : TimeFormat::kDefault;
}

Location location_of(const json::object& o) {
  auto name = text(o, "location", "");
  if (name == "uri") return Location::kUri;
  if (name == "querystring") return Location::kQuery;
  if (name == "header") return Location::kHeader;
  if (name == "headers") return Location::kHeaders;
  return name == "statusCode" ? Location::kStatusCode : Location::kBody;
}

double as_double(const json::value& v) {
  if (v.is_string()) {
    Shape shape{.kind = Kind::kDouble};
    double out = 0;
    parse_scalar(shape, TimeFormat::kDefault, {v.as_string().data(), v.as_string().size()}, &out);
    return out;
  }
  return v.to_number<double>();
}

}  // namespace

const Shape& DynamicModel::shape(std::string_view name) {
  if (auto found = shapes_.find(name); found != shapes_.end()) return found->second;
  const json::object& source = source_.at(json::string_view(name.data(), name.size())).as_object();
  Shape& out = shapes_[std::string(name)];
  out.kind = flag(source, "document") ? Kind::kDocument : kind_of(text(source, "type", ""));
  out.name = shapes_.find(name)->first;
  out.time_format = format_of(source);
  out.flattened = flag(source, "flattened");
  out.xml_name = text(source, "locationName", "");
  if (const auto* xmlns = source.if_contains("xmlNamespace")) {
    if (xmlns->is_object()) out.xml_prefix = text(xmlns->as_object(), "prefix", "");
    out.xml_namespace =
        xmlns->is_object() ? text(xmlns->as_object(), "uri", "") : text(source, "xmlNamespace", "");
  }
  if (out.kind == Kind::kStructure) fill_structure(out, source);
  if (out.kind == Kind::kList) {
    const auto& member = source.at("member").as_object();
    out.element = &shape(text(member, "shape", ""));
    out.element_name = text(member, "locationName", "member");
    out.size = [](const void* l) { return static_cast<const DynamicList*>(l)->items.size(); };
    out.at = [](const void* l, std::size_t i) -> const void* {
      return static_cast<const DynamicList*>(l)->items[i].get();
    };
    out.append = maker_of(out.element->kind).append;
  }
  if (out.kind == Kind::kMap) {
    const auto& key = source.at("key").as_object();
    const auto& value = source.at("value").as_object();
    out.key = &shape(text(key, "shape", ""));
    out.element = &shape(text(value, "shape", ""));
    out.key_name = text(key, "locationName", "key");
    out.value_name = text(value, "locationName", "value");
    out.for_each = [](const void* m, void* context,
                      void (*visit)(void*, const std::string&, const void*)) {
      for (const auto& [k, v] : static_cast<const DynamicMap*>(m)->items)
        visit(context, k, v.get());
    };
    out.insert = maker_of(out.element->kind).insert;
  }
  return out;
}

void DynamicModel::fill_structure(Shape& out, const json::object& source) {
  static const auto all_getters = getters(std::make_index_sequence<kMaxMembers>());
  std::vector<Member>& members = members_.emplace_back();
  auto payload = text(source, "payload", "");
  std::size_t index = 0;
  for (const auto& [name, value] : source.at("members").as_object()) {
    const json::object& m = value.as_object();
    std::string_view member_name(name.data(), name.size());
    Member& member = members.emplace_back();
    member.name = member_name;
    member.wire_name = text(m, "locationName", member_name);
    member.location = location_of(m);
    member.payload = member_name == payload;
    member.flattened = flag(m, "flattened");
    member.xml_attribute = flag(m, "xmlAttribute");
    member.json_value = flag(m, "jsonvalue");
    member.time_format = format_of(m);
    member.get = all_getters[index];
    // A structure may contain itself: fill_structure of a member's shape ends at the map's entry.
    member.shape = &shape(text(m, "shape", ""));
    member.emplace = maker_of(member.shape->kind).emplace[index];
    ++index;
  }
  out.members = members;
}

json::value to_parameters(const Shape& shape, const void* value) {
  switch (shape.kind) {
    case Kind::kStructure: {
      json::object out;
      for (const Member& member : shape.members) {
        if (const void* field = member.get(value))
          out[json::string_view(member.name.data(), member.name.size())] =
              to_parameters(*member.shape, field);
      }
      return out;
    }
    case Kind::kList: {
      json::array out;
      for (std::size_t i = 0; i < shape.size(value); ++i)
        out.push_back(to_parameters(*shape.element, shape.at(value, i)));
      return out;
    }
    case Kind::kMap: {
      json::object out;
      for (const auto& [key, item] : static_cast<const DynamicMap*>(value)->items)
        out[key] = to_parameters(*shape.element, item.get());
      return out;
    }
    case Kind::kString:
    case Kind::kBlob:
      return json::value(*static_cast<const std::string*>(value));
    case Kind::kDocument:
      return json::parse(*static_cast<const std::string*>(value));
    case Kind::kBoolean:
      return *static_cast<const bool*>(value);
    case Kind::kInteger:
      return *static_cast<const std::int32_t*>(value);
    case Kind::kLong:
      return *static_cast<const std::int64_t*>(value);
    case Kind::kFloat:
    case Kind::kDouble: {
      double d = *static_cast<const double*>(value);
      if (!std::isfinite(d)) return json::value(format_double(d));
      return d;
    }
    case Kind::kTimestamp:
      return static_cast<double>(static_cast<const Timestamp*>(value)->ms) / 1000;
    case Kind::kByteStream:
    case Kind::kEventStream:
      break;
  }
  return nullptr;
}

void from_parameters(const Shape& shape, const json::value& source, void* value) {
  switch (shape.kind) {
    case Kind::kStructure:
      for (const Member& member : shape.members) {
        const auto* found = source.as_object().if_contains(
            json::string_view(member.name.data(), member.name.size()));
        if (found && !found->is_null())
          from_parameters(*member.shape, *found, member.emplace(value));
      }
      return;
    case Kind::kList:
      for (const auto& item : source.as_array()) {
        if (!item.is_null()) from_parameters(*shape.element, item, shape.append(value));
      }
      return;
    case Kind::kMap:
      for (const auto& [key, item] : source.as_object()) {
        if (!item.is_null()) from_parameters(*shape.element, item, shape.insert(value, key));
      }
      return;
    case Kind::kString:
    case Kind::kBlob:
      *static_cast<std::string*>(value) = source.as_string();
      return;
    case Kind::kDocument:
      *static_cast<std::string*>(value) = json::serialize(source);
      return;
    case Kind::kBoolean:
      *static_cast<bool*>(value) = source.as_bool();
      return;
    case Kind::kInteger:
      *static_cast<std::int32_t*>(value) = source.to_number<std::int32_t>();
      return;
    case Kind::kLong:
      *static_cast<std::int64_t*>(value) = source.to_number<std::int64_t>();
      return;
    case Kind::kFloat:
    case Kind::kDouble:
      *static_cast<double*>(value) = as_double(source);
      return;
    case Kind::kTimestamp:
      from_unix(as_double(source), *static_cast<Timestamp*>(value));
      return;
    case Kind::kByteStream:
    case Kind::kEventStream:
      return;
  }
}

bool equivalent(const json::value& expected, const json::value& actual) {
  if (expected.is_number() && actual.is_number())
    return std::fabs(expected.to_number<double>() - actual.to_number<double>()) < 1e-6;
  if (expected.is_array() && actual.is_array()) {
    const auto& a = expected.as_array();
    const auto& b = actual.as_array();
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!equivalent(a[i], b[i])) return false;
    }
    return true;
  }
  if (expected.is_object() && actual.is_object()) {
    std::size_t present = 0;
    for (const auto& [key, value] : expected.as_object()) {
      if (value.is_null()) continue;
      const auto* other = actual.as_object().if_contains(key);
      if (!other || !equivalent(value, *other)) return false;
      ++present;
    }
    return present == actual.as_object().size();
  }
  return expected == actual;
}

}  // namespace kiln::aws::protocol::testing

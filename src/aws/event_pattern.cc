// SPDX-License-Identifier: Apache-2.0
#include "aws/event_pattern.h"

#include <boost/json.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace kiln::aws {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostCombinations = 1'000'000'000;

json::parse_options strict() {
  json::parse_options options;
  options.max_depth = EventPattern::kMaxDepth;
  return options;
}

std::unexpected<Error> invalid(std::string message) {
  return fail(ErrorCode::kInvalidArgument, std::move(message));
}

// ASCII only, as the services do.
std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool matches_wildcard(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::optional<std::size_t> star;
  std::size_t from = 0;
  while (t < text.size()) {
    const bool escaped = p + 1 < pattern.size() && pattern[p] == '\\' &&
                         (pattern[p + 1] == '*' || pattern[p + 1] == '\\');
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      from = t;
    } else if (p < pattern.size() && pattern[p + (escaped ? 1 : 0)] == text[t]) {
      p += escaped ? 2 : 1;
      ++t;
    } else if (star) {
      p = *star + 1;
      t = ++from;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

struct Network {
  std::array<unsigned char, 16> address{};
  std::size_t size = 0;  // bytes of an address of its family
  int bits = 0;

  static bool parse_address(const std::string& text, Network& out) {
    if (inet_pton(AF_INET, text.c_str(), out.address.data()) == 1) {
      out.size = 4;
      return true;
    }
    out.size = 16;
    return inet_pton(AF_INET6, text.c_str(), out.address.data()) == 1;
  }
  static std::optional<Network> parse(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos || text.size() - slash > 4) return std::nullopt;
    Network out;
    if (!parse_address(std::string(text.substr(0, slash)), out)) return std::nullopt;
    for (const char c : text.substr(slash + 1)) {
      if (c < '0' || c > '9') return std::nullopt;
      out.bits = out.bits * 10 + (c - '0');
    }
    if (slash + 1 == text.size() || out.bits > static_cast<int>(out.size * 8)) return std::nullopt;
    return out;
  }
  bool contains(std::string_view text) const {
    Network other;
    if (text.size() > INET6_ADDRSTRLEN || !parse_address(std::string(text), other)) return false;
    if (other.size != size) return false;
    for (int bit = 0; bit < bits; ++bit) {
      const auto mask = static_cast<unsigned char>(0x80 >> (bit % 8));
      if ((address[bit / 8] & mask) != (other.address[bit / 8] & mask)) return false;
    }
    return true;
  }
};

struct Bound {
  std::string relation;  // "=", "<", "<=", ">", ">="
  double value = 0;
  bool holds(double x) const {
    if (relation == "=") return x == value;
    if (relation == "<") return x < value;
    if (relation == "<=") return x <= value;
    if (relation == ">") return x > value;
    return x >= value;
  }
};

struct Condition {
  enum class Kind : std::uint8_t {
    kLiteral,
    kPrefix,
    kSuffix,
    kEqualsIgnoreCase,
    kWildcard,
    kAnythingBut,
    kNumeric,
    kExists,
    kCidr,
  };
  Kind kind = Kind::kLiteral;
  json::value literal = nullptr;
  std::string text;
  bool ignore_case = false;       // prefix, suffix; `text` is lowered then
  std::vector<Condition> others;  // anything-but: none of them
  std::vector<Bound> bounds;      // numeric: all of them
  bool exists = true;
  Network network;

  bool matches(const json::value& value) const;
};

bool same(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) return a.to_number<double>() == b.to_number<double>();
  return a == b;
}

bool Condition::matches(const json::value& value) const {
  if (kind == Kind::kExists) return exists;
  if (kind == Kind::kLiteral) return same(literal, value);
  if (kind == Kind::kAnythingBut) {
    return std::ranges::none_of(others, [&](const Condition& c) { return c.matches(value); });
  }
  if (kind == Kind::kNumeric) {
    if (!value.is_number()) return false;
    const double number = value.to_number<double>();
    return std::ranges::all_of(bounds, [number](const Bound& b) { return b.holds(number); });
  }
  const json::string* string = value.if_string();
  if (!string) return false;
  const std::string_view view(*string);
  switch (kind) {
    case Kind::kPrefix:
      return ignore_case ? lowered(view).starts_with(text) : view.starts_with(text);
    case Kind::kSuffix:
      return ignore_case ? lowered(view).ends_with(text) : view.ends_with(text);
    case Kind::kEqualsIgnoreCase:
      return lowered(view) == text;
    case Kind::kWildcard:
      return matches_wildcard(text, view);
    default:
      return network.contains(view);
  }
}

bool is_literal(const json::value& value) {
  return value.is_string() || value.is_number() || value.is_bool() || value.is_null();
}

Result<Condition> parse_numeric(const json::value& value) {
  const json::array* list = value.if_array();
  if (!list || list->empty()) {
    return invalid("Value of numeric must be an array.");
  }
  if (list->size() % 2 != 0) return invalid("Invalid member in numeric match: ]");
  if (list->size() > 4) return invalid("Too many elements in numeric expression");
  Condition out{.kind = Condition::Kind::kNumeric};
  for (std::size_t i = 0; i < list->size(); i += 2) {
    const json::string* relation = (*list)[i].if_string();
    const std::string_view name = relation ? std::string_view(*relation) : std::string_view();
    if (name != "=" && name != "<" && name != "<=" && name != ">" && name != ">=") {
      return invalid("Unrecognized numeric range operator: " + std::string(name));
    }
    if (!(*list)[i + 1].is_number()) {
      return invalid("Value of " + std::string(name) + " must be numeric");
    }
    out.bounds.push_back({std::string(name), (*list)[i + 1].to_number<double>()});
  }
  if (out.bounds.size() == 2) {
    if (!out.bounds[0].relation.starts_with('>') || !out.bounds[1].relation.starts_with('<')) {
      return invalid("Bad numeric range operator: " + out.bounds[1].relation);
    }
    if (out.bounds[0].value >= out.bounds[1].value) return invalid("Bottom must be less than top");
  }
  return out;
}

// One that looks at text: {"prefix": value} and the like.
Result<Condition> parse_text(std::string_view name, const json::value& value) {
  Condition out;
  out.kind = name == "prefix"     ? Condition::Kind::kPrefix
             : name == "suffix"   ? Condition::Kind::kSuffix
             : name == "wildcard" ? Condition::Kind::kWildcard
                                  : Condition::Kind::kEqualsIgnoreCase;
  const json::value* text = &value;
  if (const json::object* object = value.if_object();
      object && (name == "prefix" || name == "suffix") && object->size() == 1 &&
      object->contains("equals-ignore-case")) {
    out.ignore_case = true;
    text = &object->at("equals-ignore-case");
  }
  if (!text->is_string()) return invalid(std::string(name) + " match pattern must be a string");
  out.text = std::string(text->get_string());
  if (out.kind == Condition::Kind::kWildcard && out.text.find("**") != std::string::npos) {
    return invalid("Consecutive wildcard characters are not allowed");
  }
  if (out.ignore_case || out.kind == Condition::Kind::kEqualsIgnoreCase) {
    out.text = lowered(out.text);
  }
  return out;
}

bool is_text_operator(std::string_view name) {
  return name == "prefix" || name == "suffix" || name == "equals-ignore-case" || name == "wildcard";
}

Result<Condition> parse_anything_but(const json::value& value) {
  Condition out{.kind = Condition::Kind::kAnythingBut};
  if (const json::object* object = value.if_object()) {
    if (object->size() != 1 || !is_text_operator(object->begin()->key())) {
      return invalid("Anything-But expression name not found");
    }
    const json::value& what = object->begin()->value();
    const json::array one = {what};
    const json::array& list = what.is_array() ? what.get_array() : one;
    if (list.empty()) return invalid("Empty arrays are not allowed");
    for (const json::value& item : list) {
      KILN_TRY(Condition other, parse_text(object->begin()->key(), item));
      out.others.push_back(std::move(other));
    }
    return out;
  }
  const json::array one = {value};
  const json::array& list = value.is_array() ? value.get_array() : one;
  if (list.empty()) return invalid("Empty arrays are not allowed");
  for (const json::value& item : list) {
    if (!item.is_string() && !item.is_number()) {
      return invalid("Value of anything-but must be an array or single string/number value.");
    }
    if (item.is_string() != list.front().is_string()) {
      return invalid(
          "Inside anything but list, either all values are number or string, "
          "mixed type is not supported");
    }
    out.others.push_back({.literal = item});
  }
  return out;
}

Result<Condition> parse_condition(const json::value& value) {
  if (is_literal(value)) return Condition{.literal = value};
  const json::object* object = value.if_object();
  if (!object) return invalid("Match value must be String, number, true, false, or null");
  if (object->size() != 1) return invalid("Only one key allowed in match expression");
  const std::string_view name = object->begin()->key();
  const json::value& operand = object->begin()->value();
  if (is_text_operator(name)) return parse_text(name, operand);
  if (name == "anything-but") return parse_anything_but(operand);
  if (name == "numeric") return parse_numeric(operand);
  if (name == "exists") {
    if (!operand.is_bool()) return invalid("exists match pattern must be either true or false.");
    return Condition{.kind = Condition::Kind::kExists, .exists = operand.get_bool()};
  }
  if (name == "cidr") {
    const auto network = operand.is_string() ? Network::parse(operand.get_string()) : std::nullopt;
    if (!network) return invalid("Malformed CIDR, must be an address with a mask after '/'");
    return Condition{.kind = Condition::Kind::kCidr, .network = *network};
  }
  return invalid("Unrecognized match type " + std::string(name));
}

}  // namespace

struct PatternEvent::Value {
  json::value json;
};

// Fields, or the conditions of one field.
struct EventPattern::Node {
  std::vector<Condition> conditions;
  std::map<std::string, Node, std::less<>> fields;
  std::vector<std::vector<Node>> alternatives;  // each: one of these nodes

  static Result<Node> parse_fields(const json::object& object, std::size_t depth);
  static Result<Node> parse_field(const json::value& value, std::size_t depth);
  bool matches(const json::value* value) const;
  bool matches_fields(const json::object* object) const;
  bool matches_condition(const json::value* value) const;
  std::size_t keys() const;
  std::size_t combinations() const;
};

Result<EventPattern::Node> EventPattern::Node::parse_fields(const json::object& object,
                                                            std::size_t depth) {
  if (depth > kMaxDepth) return invalid("Event pattern is nested too deeply");
  if (object.empty()) return invalid("Empty objects are not allowed");
  Node out;
  for (const auto& [key, value] : object) {
    const json::array* list = value.if_array();
    const bool is_or =
        key == "$or" && list && list->size() >= 2 &&
        std::ranges::all_of(*list, [](const json::value& v) { return v.is_object(); });
    if (is_or) {
      auto& nodes = out.alternatives.emplace_back();
      for (const json::value& alternative : *list) {
        KILN_TRY(Node node, parse_fields(alternative.get_object(), depth + 1));
        nodes.push_back(std::move(node));
      }
      continue;
    }
    if (!value.is_object() && !list) {
      return invalid("\"" + std::string(key) + "\" must be an object or an array");
    }
    KILN_TRY(Node node, parse_field(value, depth));
    out.fields.emplace(std::string(key), std::move(node));
  }
  return out;
}

Result<EventPattern::Node> EventPattern::Node::parse_field(const json::value& value,
                                                           std::size_t depth) {
  if (const json::object* object = value.if_object()) return parse_fields(*object, depth + 1);
  const json::array& list = value.get_array();
  if (list.empty()) return invalid("Empty arrays are not allowed");
  Node out;
  for (const json::value& item : list) {
    KILN_TRY(Condition condition, parse_condition(item));
    out.conditions.push_back(std::move(condition));
  }
  return out;
}

bool EventPattern::Node::matches_condition(const json::value* value) const {
  return std::ranges::any_of(conditions, [value](const Condition& condition) {
    if (!value) return condition.kind == Condition::Kind::kExists && !condition.exists;
    return condition.matches(*value);
  });
}

bool EventPattern::Node::matches_fields(const json::object* object) const {
  for (const auto& [name, node] : fields) {
    const json::value* value = object ? object->if_contains(name) : nullptr;
    if (!node.matches(value)) return false;
  }
  return std::ranges::all_of(alternatives, [object](const std::vector<Node>& nodes) {
    return std::ranges::any_of(nodes, [object](const Node& n) { return n.matches_fields(object); });
  });
}

// Null: the event has no such field.
bool EventPattern::Node::matches(const json::value* value) const {
  const json::array* list = value ? value->if_array() : nullptr;
  if (list && !list->empty()) {
    return std::ranges::any_of(*list, [this](const json::value& item) { return matches(&item); });
  }
  if (conditions.empty()) return matches_fields(value ? value->if_object() : nullptr);
  return matches_condition(list ? nullptr : value);
}

std::size_t EventPattern::Node::keys() const {
  std::size_t out = 0;
  for (const auto& [name, node] : fields) out += 1 + node.keys();
  for (const auto& nodes : alternatives) {
    for (const Node& node : nodes) out += node.keys();
  }
  return out;
}

std::size_t EventPattern::Node::combinations() const {
  std::size_t out = std::max<std::size_t>(conditions.size(), 1);
  const auto times = [&out](std::size_t factor) {
    out = std::min(kMostCombinations, out * std::max<std::size_t>(factor, 1));
  };
  for (const auto& [name, node] : fields) times(node.combinations());
  for (const auto& nodes : alternatives) {
    std::size_t sum = 0;
    for (const Node& node : nodes) sum = std::min(kMostCombinations, sum + node.combinations());
    times(sum);
  }
  return out;
}

Result<PatternEvent> PatternEvent::parse(std::string_view text) {
  boost::system::error_code error;
  PatternEvent out;
  auto value = std::make_shared<Value>();
  value->json = json::parse(text, error, {}, strict());
  if (error) return invalid("the event is not JSON: " + error.message());
  out.value_ = std::move(value);
  return out;
}

PatternEvent PatternEvent::with_json_field(std::string_view name) const {
  const json::object* object = value_->json.if_object();
  const json::value* field = object ? object->if_contains(name) : nullptr;
  if (!field || !field->is_string()) return *this;
  boost::system::error_code error;
  json::value parsed = json::parse(field->get_string(), error, {}, strict());
  if (error) return *this;
  auto value = std::make_shared<Value>(*value_);
  value->json.get_object()[name] = std::move(parsed);
  PatternEvent out;
  out.value_ = std::move(value);
  return out;
}

Result<EventPattern> EventPattern::compile(std::string_view text) {
  boost::system::error_code error;
  const json::value parsed = json::parse(text, error, {}, strict());
  if (error) return invalid("failed to parse JSON. " + error.message());
  if (!parsed.is_object()) return invalid("Filter is not an object");
  KILN_TRY(Node root, Node::parse_fields(parsed.get_object(), 1));
  EventPattern out;
  out.root_ = std::make_shared<const Node>(std::move(root));
  return out;
}

bool EventPattern::matches(const PatternEvent& event) const {
  return event.value_->json.is_object() && root_->matches_fields(&event.value_->json.get_object());
}

std::size_t EventPattern::keys() const { return root_->keys(); }
std::size_t EventPattern::combinations() const { return root_->combinations(); }

bool EventPattern::nested() const {
  return std::ranges::any_of(root_->fields,
                             [](const auto& field) { return field.second.conditions.empty(); });
}

}  // namespace kiln::aws

// SPDX-License-Identifier: Apache-2.0
#pragma once
// EventPattern matches JSON events: filter criteria of event source mappings, SNS filter policies,
// later EventBridge rules. Compiled once, matched often. Pure.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
//
// A pattern is an object that names fields. Each field has an array of which one element must match
// (a literal or {operator: value}), or an object for the fields below it. "$or" has two objects or
// more, of which one must match. All fields must match. Where the event has an array, one of its
// elements must match.
// Operators: prefix, suffix (each also of {equals-ignore-case}), equals-ignore-case, wildcard,
// anything-but (literals, or any of the former), numeric, exists, cidr.
//
// Dialects differ in what a service gives to match and in its limits, which the caller checks by
// keys() and combinations(): SNS builds an object of the attributes, or takes the body.

#include "base/result.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace kiln::aws {

// A parsed event; parse it once for several patterns.
class PatternEvent {
 public:
  // kInvalidArgument for what is not JSON, or is nested deeper than 100.
  static Result<PatternEvent> parse(std::string_view json);
  // The event with the text in the field `name` replaced by the JSON that it is, if it is JSON.
  PatternEvent with_json_field(std::string_view name) const;

 private:
  friend class EventPattern;
  struct Value;
  std::shared_ptr<const Value> value_;
};

class EventPattern {
 public:
  static constexpr std::size_t kMaxDepth = 100;

  // kInvalidArgument with AWS's reason: "Unrecognized match type size", "Empty arrays are not
  // allowed". The text's length is the caller's to limit.
  static Result<EventPattern> compile(std::string_view json);

  bool matches(const PatternEvent& event) const;
  // Keys at every level, and how many ways there are to match: the products of alternatives,
  // capped at 1'000'000'000.
  std::size_t keys() const;
  std::size_t combinations() const;
  // Whether a field is below another one.
  bool nested() const;

 private:
  struct Node;
  std::shared_ptr<const Node> root_;
};

}  // namespace kiln::aws

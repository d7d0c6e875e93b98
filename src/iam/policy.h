// SPDX-License-Identifier: Apache-2.0
#pragma once
// A policy document in the form that is evaluated: read once, then constant and shared.
//
// Wildcards are kept as the two control characters below, so that a '*' that came from a variable
// or from ${*} stays an ordinary character. Documents hold no control characters.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html

#include "base/result.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::iam {

inline constexpr char kAnyRun = '\x01';  // '*'
inline constexpr char kAnyOne = '\x02';  // '?'

// Whether `text` fits `pattern` with kAnyRun and kAnyOne. Segments without kAnyOne are searched in
// linear time.
bool glob_match(std::string_view pattern, std::string_view text);

// Values of condition keys of one request; asked by policies as they need them.
class ConditionKeys {
 public:
  virtual ~ConditionKeys() = default;
  // `key` in lower case. nullopt: absent.
  virtual std::optional<std::vector<std::string>> find(std::string_view key) const = 0;
  // Conditions on this key hold, whatever they want: nobody can know its value yet.
  virtual bool assumed(std::string_view) const { return false; }
};

// A text with variables: literal, variable, literal, variable, ..., literal.
class PolicyPattern {
 public:
  struct Variable {
    std::string key;  // lower case
    std::optional<std::string> otherwise;
  };
  enum class Wildcards : std::uint8_t { kNo, kYes };
  enum class Variables : std::uint8_t { kNo, kYes };
  static PolicyPattern compile(std::string_view text, Wildcards wildcards, Variables variables);

  bool fixed() const { return variables_.empty(); }
  // nullopt when a variable without default has no single value. A fixed text is literals()[0].
  std::optional<std::string> resolve(const ConditionKeys& keys) const;
  const std::string& fixed_text() const { return literals_.front(); }

 private:
  std::vector<std::string> literals_{1};  // one more than variables
  std::vector<Variable> variables_;
};

struct IpRange {
  std::array<std::uint8_t, 16> address{};
  bool v6 = false;
  int prefix = 0;
};
// "10.0.0.0/8", "2001:db8::/32", or an address alone.
std::optional<IpRange> parse_ip_range(std::string_view text);
// "2026", "2026-01-31", ISO 8601, or seconds since 1970; in milliseconds.
std::optional<std::int64_t> parse_policy_date(std::string_view text);
std::optional<double> parse_policy_number(std::string_view text);

struct Condition {
  enum class Test : std::uint8_t {
    kText,
    kTextIgnoreCase,
    kTextLike,
    kNumber,
    kDate,
    kBool,
    kBinary,
    kIp,
    kArn,
    kNull
  };
  enum class Compare : std::uint8_t { kEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };
  enum class Set : std::uint8_t { kNone, kAll, kAny };
  struct Value {
    PolicyPattern text;                // kText*, kArn
    std::optional<double> number;      // kNumber
    std::optional<std::int64_t> date;  // kDate
    std::optional<IpRange> range;      // kIp
    std::string plain;                 // kBool in lower case, kBinary decoded, kNull
  };
  Test test = Test::kText;
  Compare compare = Compare::kEqual;
  Set set = Set::kNone;
  bool negated = false;
  bool if_exists = false;
  std::string key;  // lower case
  std::vector<Value> values;
};

// nullopt for a name that is no operator: "ForAnyValue:StringNotLikeIfExists".
std::optional<Condition> parse_operator(std::string_view name);
bool holds(const Condition& condition, const ConditionKeys& keys);

struct PrincipalElement {
  bool present = false;
  bool inverted = false;  // NotPrincipal
  bool everyone = false;  // "*" or {"AWS":"*"}
  std::vector<std::string> aws;
  std::vector<std::string> services;
};

struct Statement {
  bool deny = false;
  bool not_action = false;
  bool not_resource = false;
  bool has_resource = false;
  std::vector<std::string> actions;  // lower case patterns
  std::vector<PolicyPattern> resources;
  PrincipalElement principal;
  std::vector<Condition> conditions;
};

struct Policy {
  std::vector<Statement> statements;
};
using PolicyPtr = std::shared_ptr<const Policy>;

// kInvalidArgument for what policy_fault() refuses; more lenient where that does not matter.
Result<Policy> compile_policy(std::string_view text);

}  // namespace kiln::iam

// SPDX-License-Identifier: Apache-2.0
// Operators of conditions.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
#include "base/encoding.h"
#include "iam/keys.h"
#include "iam/policy.h"

#include <algorithm>
#include <utility>

namespace kiln::iam {
namespace {

using Test = Condition::Test;
using Compare = Condition::Compare;

struct Operator {
  std::string_view name;
  Test test;
  Compare compare = Compare::kEqual;
  bool negated = false;
};

constexpr Operator kOperators[] = {
    {"stringequals", Test::kText},
    {"stringnotequals", Test::kText, Compare::kEqual, true},
    {"stringequalsignorecase", Test::kTextIgnoreCase},
    {"stringnotequalsignorecase", Test::kTextIgnoreCase, Compare::kEqual, true},
    {"stringlike", Test::kTextLike},
    {"stringnotlike", Test::kTextLike, Compare::kEqual, true},
    {"numericequals", Test::kNumber},
    {"numericnotequals", Test::kNumber, Compare::kEqual, true},
    {"numericlessthan", Test::kNumber, Compare::kLess},
    {"numericlessthanequals", Test::kNumber, Compare::kLessOrEqual},
    {"numericgreaterthan", Test::kNumber, Compare::kGreater},
    {"numericgreaterthanequals", Test::kNumber, Compare::kGreaterOrEqual},
    {"dateequals", Test::kDate},
    {"datenotequals", Test::kDate, Compare::kEqual, true},
    {"datelessthan", Test::kDate, Compare::kLess},
    {"datelessthanequals", Test::kDate, Compare::kLessOrEqual},
    {"dategreaterthan", Test::kDate, Compare::kGreater},
    {"dategreaterthanequals", Test::kDate, Compare::kGreaterOrEqual},
    {"bool", Test::kBool},
    {"binaryequals", Test::kBinary},
    {"ipaddress", Test::kIp},
    {"notipaddress", Test::kIp, Compare::kEqual, true},
    {"arnequals", Test::kArn},
    {"arnlike", Test::kArn},
    {"arnnotequals", Test::kArn, Compare::kEqual, true},
    {"arnnotlike", Test::kArn, Compare::kEqual, true},
    {"null", Test::kNull},
};

template <class T>
bool compare(Compare how, T actual, T wanted) {
  switch (how) {
    case Compare::kEqual:
      return actual == wanted;
    case Compare::kLess:
      return actual < wanted;
    case Compare::kLessOrEqual:
      return actual <= wanted;
    case Compare::kGreater:
      return actual > wanted;
    case Compare::kGreaterOrEqual:
      return actual >= wanted;
  }
  return false;
}

// Six parts each, the sixth with the rest.
bool arn_match(std::string_view pattern, std::string_view arn) {
  if (pattern.size() == 1 && pattern[0] == kAnyRun) return true;
  for (int part = 0; part < 5; ++part) {
    const auto p = pattern.find(':'), a = arn.find(':');
    if (p == std::string_view::npos || a == std::string_view::npos) return false;
    if (!glob_match(pattern.substr(0, p), arn.substr(0, a))) return false;
    pattern.remove_prefix(p + 1);
    arn.remove_prefix(a + 1);
  }
  return glob_match(pattern, arn);
}

bool in_range(const IpRange& range, const IpRange& address) {
  if (range.v6 != address.v6) return false;
  const auto whole = static_cast<std::size_t>(range.prefix / 8);
  if (!std::equal(range.address.begin(), range.address.begin() + whole, address.address.begin())) {
    return false;
  }
  const int rest = range.prefix % 8;
  if (rest == 0) return true;
  const int mask = 0xFF << (8 - rest);
  return (range.address[whole] & mask) == (address.address[whole] & mask);
}

// A value of the request, read once for all values of the policy.
struct Actual {
  const std::string& text;
  std::optional<double> number;
  std::optional<std::int64_t> date;
  std::optional<IpRange> ip;
  bool readable = true;

  Actual(Test test, const std::string& value) : text(value) {
    if (test == Test::kNumber) readable = (number = parse_policy_number(value)).has_value();
    if (test == Test::kDate) readable = (date = parse_policy_date(value)).has_value();
    if (test == Test::kIp) readable = (ip = parse_ip_range(value)).has_value();
  }
};

bool text_matches(Test test, const Condition::Value& value, const std::string& actual,
                  const ConditionKeys& keys) {
  std::optional<std::string> resolved;
  if (!value.text.fixed() && !(resolved = value.text.resolve(keys))) return false;
  const std::string& wanted = resolved ? *resolved : value.text.fixed_text();
  if (test == Test::kText) return wanted == actual;
  if (test == Test::kTextIgnoreCase) return keys::fold(wanted) == keys::fold(actual);
  return test == Test::kArn ? arn_match(wanted, actual) : glob_match(wanted, actual);
}

bool one_matches(const Condition& c, const Condition::Value& value, const Actual& actual,
                 const ConditionKeys& keys) {
  switch (c.test) {
    case Test::kNumber:
      return value.number && compare(c.compare, *actual.number, *value.number);
    case Test::kDate:
      return value.date && compare(c.compare, *actual.date, *value.date);
    case Test::kIp:
      return value.range && in_range(*value.range, *actual.ip);
    case Test::kBool:
      return keys::fold(actual.text) == value.plain;
    case Test::kBinary:
      return actual.text == value.plain;
    default:
      return text_matches(c.test, value, actual.text, keys);
  }
}

// One value of the request against all of the policy: any of them, or with a negated operator none.
bool satisfies(const Condition& c, const std::string& text, const ConditionKeys& keys) {
  const Actual actual(c.test, text);
  if (!actual.readable) return false;
  const bool any = std::ranges::any_of(
      c.values, [&](const Condition::Value& v) { return one_matches(c, v, actual, keys); });
  return any != c.negated;
}

bool null_holds(const Condition& c, bool present) {
  return std::ranges::any_of(
      c.values, [present](const Condition::Value& v) { return (v.plain == "true") != present; });
}

}  // namespace

std::optional<Condition> parse_operator(std::string_view name) {
  std::string text = keys::fold(name);
  Condition out;
  for (const auto& [prefix, set] :
       {std::pair{std::string_view("forallvalues:"), Condition::Set::kAll},
        std::pair{std::string_view("foranyvalue:"), Condition::Set::kAny}}) {
    if (!text.starts_with(prefix)) continue;
    out.set = set;
    text.erase(0, prefix.size());
    break;
  }
  if (text.ends_with("ifexists")) {
    out.if_exists = true;
    text.resize(text.size() - 8);
  }
  for (const auto& op : kOperators) {
    if (op.name != text) continue;
    if (op.test == Test::kNull && out.if_exists) return std::nullopt;
    out.test = op.test;
    out.compare = op.compare;
    out.negated = op.negated;
    return out;
  }
  return std::nullopt;
}

bool holds(const Condition& c, const ConditionKeys& keys) {
  if (keys.assumed(c.key)) return true;
  const auto values = keys.find(c.key);
  const bool present = values && !values->empty();
  if (c.test == Test::kNull) return null_holds(c, present);
  if (!present) {
    if (c.if_exists || c.set == Condition::Set::kAll) return true;
    return c.set == Condition::Set::kNone && c.negated;
  }
  const auto fits = [&](const std::string& text) { return satisfies(c, text, keys); };
  // Without a set operator a negated one must hold for all values, else a second value would
  // slip through a Deny.
  const bool all = c.set == Condition::Set::kAll || (c.set == Condition::Set::kNone && c.negated);
  return all ? std::ranges::all_of(*values, fits) : std::ranges::any_of(*values, fits);
}

}  // namespace kiln::iam

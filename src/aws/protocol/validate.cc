// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/validate.h"

#include "aws/protocol/codec.h"
#include "aws/protocol/scalar.h"
#include "base/encoding.h"

#include <memory>
#include <mutex>
#include <re2/re2.h>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

namespace kiln::aws::protocol {
namespace {

// AWS reports everything; past this nobody reads on.
constexpr std::size_t kMaxErrors = 100;
constexpr std::size_t kMaxEcho = 64 * 1024;

// The models' patterns are Java's: \uXXXX is \x{XXXX} here. Two of them mean planes past the first.
std::string to_re2(std::string_view pattern) {
  std::string out;
  while (!pattern.empty()) {
    if (!pattern.starts_with("\\u") || pattern.size() < 6) {
      std::size_t n = pattern.starts_with('\\') && pattern.size() > 1 ? 2 : 1;
      out += pattern.substr(0, n);
      pattern.remove_prefix(n);
      continue;
    }
    std::size_t digits = 4;
    if (pattern.substr(2).starts_with("10000")) digits = 5;
    if (pattern.substr(2).starts_with("10FFFF")) digits = 6;
    out.append("\\x{").append(pattern.substr(2, digits)).append("}");
    pattern.remove_prefix(2 + digits);
  }
  return out;
}

// RE2 has no look-around: what the models need it for, as a pattern and one that must not match.
struct LookAround {
  std::string_view pattern;
  std::string_view must;
  std::string_view must_not;
};
constexpr LookAround kLookAround[] = {
    {R"((?!^[0-9]+$)([a-zA-Z0-9-_]+))", "[a-zA-Z0-9-_]+", "[0-9]+"},
    {R"(((?!^\d+$)^[0-9a-zA-Z-_]+$))", "[0-9a-zA-Z-_]+", "[0-9]+"},
    {R"(^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$)", R"([a-zA-Z0-9_\-.]+)", "[0-9]+"},
    {R"([0-9A-Za-z\.\-_]*(?<!\.))", R"([0-9A-Za-z.\-_]*)", R"(.*\.)"},
    {"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$", "[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", ".*--.*"},
    {R"((^(?!(system\x2e)))(^[_a-zA-Z0-9])([^$]*))", "[_a-zA-Z0-9][^$]*", R"(system\..*)"},
    {R"(^(?!\s*$).+)", ".+", R"(\s*)"},
};

// A pattern compiled. Null parts hold for everything.
struct Pattern {
  std::unique_ptr<const RE2> must;
  std::unique_ptr<const RE2> must_not;
};

std::unique_ptr<const RE2> compile(std::string_view pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(64 << 20);
  auto compiled = std::make_unique<const RE2>(to_re2(pattern), options);
  return compiled->ok() ? std::move(compiled) : nullptr;
}

Pattern compile_with_look_around(std::string_view pattern) {
  for (const LookAround& known : kLookAround) {
    if (known.pattern == pattern) return {compile(known.must), compile(known.must_not)};
  }
  return {compile(pattern), nullptr};
}

// Patterns by shape, compiled on first use. RE2 runs in linear time whatever a client sends. Other
// patterns with look-around are not checked.
const Pattern& pattern_of(const Shape& shape) {
  static std::shared_mutex mutex;
  static std::unordered_map<const Shape*, Pattern> cache;
  {
    std::shared_lock lock(mutex);
    if (auto found = cache.find(&shape); found != cache.end()) return found->second;
  }
  Pattern compiled = compile_with_look_around(shape.constraints.pattern);
  std::unique_lock lock(mutex);
  return cache.emplace(&shape, std::move(compiled)).first->second;
}

bool matches(const Shape& shape, const std::string& text) {
  const Pattern& pattern = pattern_of(shape);
  if (pattern.must && !RE2::FullMatch(text, *pattern.must)) return false;
  return !pattern.must_not || !RE2::FullMatch(text, *pattern.must_not);
}

bool is_real(Kind kind) { return kind == Kind::kFloat || kind == Kind::kDouble; }

bool is_number(const Shape& shape) {
  return shape.kind == Kind::kInteger || shape.kind == Kind::kLong || is_real(shape.kind);
}

std::int64_t length_of(const Shape& shape, const void* value) {
  switch (shape.kind) {
    case Kind::kString:
      return static_cast<std::int64_t>(utf8_length(*static_cast<const std::string*>(value)));
    case Kind::kBlob:
      return static_cast<std::int64_t>(static_cast<const std::string*>(value)->size());
    case Kind::kList:
      return static_cast<std::int64_t>(shape.size(value));
    case Kind::kMap: {
      std::int64_t n = 0;
      shape.for_each(value, &n, [](void* count, const std::string&, const void*) {
        ++*static_cast<std::int64_t*>(count);
      });
      return n;
    }
    default:
      return 0;
  }
}

// As Java prints it: "[a, b]", "{k=v}", "Tag(Key=a)".
void echo(std::string& out, const Shape& shape, const void* value) {
  if (out.size() > kMaxEcho) return;
  if (shape.sensitive) {
    out += "***Sensitive Data Redacted***";
    return;
  }
  switch (shape.kind) {
    case Kind::kList:
      out.push_back('[');
      for (std::size_t i = 0, n = shape.size(value); i < n && out.size() < kMaxEcho; ++i) {
        if (i > 0) out += ", ";
        echo(out, *shape.element, shape.at(value, i));
      }
      out.push_back(']');
      return;
    case Kind::kMap: {
      struct Context {
        std::string& out;
        const Shape& element;
        bool first = true;
      } context{out, *shape.element};
      out.push_back('{');
      shape.for_each(value, &context, [](void* raw, const std::string& key, const void* item) {
        auto& c = *static_cast<Context*>(raw);
        if (!c.first) c.out += ", ";
        c.first = false;
        c.out += key + "=";
        echo(c.out, c.element, item);
      });
      out.push_back('}');
      return;
    }
    case Kind::kStructure: {
      out.append(shape.name).push_back('(');
      bool first = true;
      for (const Member& member : shape.members) {
        const void* field = member.get(value);
        if (!field) continue;
        if (!first) out += ", ";
        first = false;
        out.append(member.name).append("=");
        echo(out, *member.shape, field);
      }
      out.push_back(')');
      return;
    }
    case Kind::kBlob: {
      auto size = std::to_string(static_cast<const std::string*>(value)->size());
      out += "java.nio.HeapByteBuffer[pos=0 lim=" + size + " cap=" + size + "]";
      return;
    }
    default:
      out += format_scalar(shape, TimeFormat::kIso8601, value).substr(0, kMaxEcho);
  }
}

std::string bound(const Shape& shape, std::int64_t limit) {
  return std::to_string(limit) + (is_real(shape.kind) ? ".0" : "");
}

std::string enum_set(const Constraints& constraints) {
  std::string out = "Member must satisfy enum value set: [";
  for (std::size_t i = 0; i < constraints.enum_values.size(); ++i) {
    if (i > 0) out += ", ";
    out += constraints.enum_values[i];
  }
  return out + "]";
}

struct Rule {
  std::string text;
  bool broken;
};

// The constraints of `shape` in the order that AWS lists them; `value` may be null to list only.
std::vector<Rule> rules(const Shape& shape, const void* value) {
  std::vector<Rule> out;
  const Constraints& c = shape.constraints;
  bool number = is_number(shape);
  std::string subject = number ? "Member must have value " : "Member must have length ";
  double size = 0;
  if (value) {
    if (shape.kind == Kind::kInteger)
      size = *static_cast<const std::int32_t*>(value);
    else if (shape.kind == Kind::kLong)
      size = static_cast<double>(*static_cast<const std::int64_t*>(value));
    else if (number)
      size = *static_cast<const double*>(value);
    else
      size = static_cast<double>(length_of(shape, value));
  }
  if (c.max != Constraints{}.max)
    out.push_back({subject + "less than or equal to " + bound(shape, c.max),
                   value && size > static_cast<double>(c.max)});
  if (c.min != Constraints{}.min)
    out.push_back({subject + "greater than or equal to " + bound(shape, c.min),
                   value && size < static_cast<double>(c.min)});
  if (!c.pattern.empty())
    out.push_back({"Member must satisfy regular expression pattern: " + std::string(c.pattern),
                   value && !matches(shape, *static_cast<const std::string*>(value))});
  if (!c.enum_values.empty()) {
    bool known = !value;
    for (auto allowed : c.enum_values)
      known = known || *static_cast<const std::string*>(value) == allowed;
    out.push_back({enum_set(c), !known});
  }
  return out;
}

bool constrained(const Shape& shape) {
  const Constraints& c = shape.constraints;
  return c.max != Constraints{}.max || c.min != Constraints{}.min || !c.pattern.empty() ||
         !c.enum_values.empty();
}

// Whether some rule is broken, without building the texts of those that hold.
bool breaks(const Shape& shape, const void* value) {
  if (!constrained(shape)) return false;
  for (const Rule& rule : rules(shape, value))
    if (rule.broken) return true;
  return false;
}

class Validator {
 public:
  std::vector<std::string> errors;

  void structure(const Shape& shape, const void* value, const std::string& path) {
    if (++depth_ > kMaxDepth) return;
    for (const Member& member : shape.members) {
      std::string place = join(path, member.name);
      const void* field = member.get(value);
      if (field) {
        check(*member.shape, field, place);
      } else if (member.required) {
        add("Value null at '" + place + "' failed to satisfy constraint: Member must not be null");
      }
    }
    --depth_;
  }

 private:
  static std::string join(const std::string& path, std::string_view name) {
    std::string member(name);
    if (!member.empty() && member[0] >= 'A' && member[0] <= 'Z') member[0] += 'a' - 'A';
    return path.empty() ? member : path + "." + member;
  }

  void add(std::string text) {
    if (errors.size() < kMaxErrors) errors.push_back(std::move(text));
  }

  void add(const Shape& shape, const void* value, const std::string& place,
           const std::string& constraint) {
    std::string text = "Value ";
    if (!shape.sensitive) {
      text.push_back('\'');
      echo(text, shape, value);
      text += "' ";
    }
    add(text + "at '" + place + "' failed to satisfy constraint: " + constraint);
  }

  void check(const Shape& shape, const void* value, const std::string& place) {
    if (errors.size() >= kMaxErrors) return;
    if (constrained(shape)) {
      for (const Rule& rule : rules(shape, value))
        if (rule.broken) add(shape, value, place, rule.text);
    }
    if (shape.kind == Kind::kStructure) {
      structure(shape, value, place);
    } else if (shape.kind == Kind::kList) {
      list(shape, value, place);
    } else if (shape.kind == Kind::kMap) {
      map(shape, value, place);
    }
  }

  // Rules of the elements, all of them when one is broken, as AWS does.
  static std::string inner(std::string_view intro, const Shape& shape, bool never_null) {
    std::string out(intro);
    out += " must satisfy constraint: [";
    for (const Rule& rule : rules(shape, nullptr)) out += rule.text + ", ";
    out += never_null ? "Member must not be null" : "";
    if (out.ends_with(", ")) out.resize(out.size() - 2);
    return out + "]";
  }

  void list(const Shape& shape, const void* value, const std::string& place) {
    bool broken = false;
    for (std::size_t i = 0, n = shape.size(value); i < n; ++i) {
      const void* item = shape.at(value, i);
      if (is_scalar(*shape.element)) {
        broken = broken || breaks(*shape.element, item);
      } else {
        check(*shape.element, item, place + "." + std::to_string(i + 1) + ".member");
      }
    }
    if (broken) add(shape, value, place, inner("Member", *shape.element, true));
  }

  void map(const Shape& shape, const void* value, const std::string& place) {
    struct Context {
      Validator& self;
      const Shape& shape;
      const std::string& place;
      bool key = false;
      bool value = false;
    } context{*this, shape, place};
    shape.for_each(value, &context, [](void* raw, const std::string& key, const void* item) {
      auto& c = *static_cast<Context*>(raw);
      c.key = c.key || breaks(*c.shape.key, &key);
      if (is_scalar(*c.shape.element)) {
        c.value = c.value || breaks(*c.shape.element, item);
      } else {
        c.self.check(*c.shape.element, item, c.place + "." + key + ".member");
      }
    });
    if (context.key) add(shape, value, place, inner("Map keys", *shape.key, true));
    if (context.value) add(shape, value, place, inner("Map value", *shape.element, true));
  }

  int depth_ = 0;
};

}  // namespace

std::optional<std::string> validate(const Shape& shape, const void* value) {
  Validator validator;
  validator.structure(shape, value, "");
  const auto& errors = validator.errors;
  if (errors.empty()) return std::nullopt;
  std::string out =
      std::to_string(errors.size()) +
      (errors.size() == 1 ? " validation error detected: " : " validation errors detected: ");
  for (std::size_t i = 0; i < errors.size(); ++i) {
    if (i > 0) out += "; ";
    out += errors[i];
  }
  return out;
}

}  // namespace kiln::aws::protocol

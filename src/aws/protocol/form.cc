// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/form.h"

#include "aws/protocol/codec.h"
#include "aws/protocol/scalar.h"
#include "aws/protocol/xml_writer.h"
#include "base/encoding.h"

namespace kiln::aws::protocol {
namespace {

class Reader {
 public:
  explicit Reader(const Form& form) : form_(form) {}

  // Parameter names below `prefix` fill `value`. `member` may be null.
  ApiResult<void> read(const Shape& shape, const Member* member, const std::string& prefix,
                       void* value) {
    if (++depth_ > kMaxDepth) return malformed("Nested too deeply at " + prefix);
    ApiResult<void> result;
    if (shape.kind == Kind::kStructure) {
      result = structure(shape, prefix, value);
    } else if (shape.kind == Kind::kList) {
      result = list(shape, member, prefix, value);
    } else if (shape.kind == Kind::kMap) {
      result = map(shape, member, prefix, value);
    } else if (auto found = form_.find(prefix); !parse_scalar(
                   shape, time_format(member, shape, TimeFormat::kDefault), found->second, value)) {
      result = malformed("'" + found->second + "' can not be converted to " +
                         std::string(java_name(shape.kind)));
    }
    --depth_;
    return result;
  }

 private:
  static std::unexpected<ApiError> malformed(std::string message) {
    return fail(ApiError{"MalformedInput", 400, std::move(message)});
  }

  bool below(const std::string& prefix) const {
    auto found = form_.lower_bound(prefix + ".");
    return found != form_.end() && found->first.starts_with(prefix) &&
           found->first[prefix.size()] == '.';
  }
  // A scalar needs its own parameter; a list or map may be an empty one ("Tags=").
  bool present(const Shape& shape, const Member* member, const std::string& prefix) const {
    bool exact = form_.contains(prefix);
    if (is_scalar(shape)) return exact;
    if (shape.kind == Kind::kStructure) return below(prefix);
    if (exact) return true;
    return below(shape.kind == Kind::kList ? list_prefix(shape, member, prefix) : prefix);
  }

  static std::string join(const std::string& prefix, std::string_view name) {
    return prefix.empty() ? std::string(name) : prefix + "." + std::string(name);
  }
  static bool flattened(const Shape& shape, const Member* member) {
    return shape.flattened || (member && member->flattened);
  }
  // A flattened list whose elements have a name of their own goes by that name, or by the member's:
  // clients differ.
  std::string list_prefix(const Shape& shape, const Member* member,
                          const std::string& prefix) const {
    if (!flattened(shape, member)) return join(prefix, shape.element_name);
    if (shape.element_name == "member" || below(prefix)) return prefix;
    auto dot = prefix.rfind('.');
    return join(dot == std::string::npos ? "" : prefix.substr(0, dot), shape.element_name);
  }

  ApiResult<void> structure(const Shape& shape, const std::string& prefix, void* value) {
    for (const Member& member : shape.members) {
      std::string name = join(prefix, xml_member_name(member));
      if (!present(*member.shape, &member, name)) continue;
      void* field = member.emplace(value);
      if (auto done = read(*member.shape, &member, name, field); !done) return done;
    }
    return {};
  }

  ApiResult<void> list(const Shape& shape, const Member* member, const std::string& prefix,
                       void* value) {
    std::string stem = list_prefix(shape, member, prefix);
    for (std::size_t i = 1;; ++i) {
      std::string name = stem + "." + std::to_string(i);
      if (!present(*shape.element, nullptr, name)) return {};
      if (auto done = read(*shape.element, nullptr, name, shape.append(value)); !done) return done;
    }
  }

  ApiResult<void> map(const Shape& shape, const Member* member, const std::string& prefix,
                      void* value) {
    std::string stem = flattened(shape, member) ? prefix : join(prefix, "entry");
    for (std::size_t i = 1;; ++i) {
      std::string entry = stem + "." + std::to_string(i);
      auto key = form_.find(join(entry, shape.key_name));
      if (key == form_.end()) return {};
      std::string name = join(entry, shape.value_name);
      void* item = shape.insert(value, key->second);
      if (!present(*shape.element, nullptr, name)) continue;
      if (auto done = read(*shape.element, nullptr, name, item); !done) return done;
    }
  }

  const Form& form_;
  int depth_ = 0;
};

}  // namespace

bool parse_parameters(std::string_view text, Parameters& out) {
  while (!text.empty()) {
    auto end = text.find('&');
    std::string_view pair = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (pair.empty()) continue;
    auto equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), true);
    if (!name || !value) return false;
    out.emplace_back(std::move(*name), std::move(*value));
  }
  return true;
}

bool parse_form(std::string_view text, Form& form) {
  Parameters parameters;
  if (!parse_parameters(text, parameters)) return false;
  for (auto& [name, value] : parameters) form.emplace(std::move(name), std::move(value));
  return true;
}

ApiResult<void> read_form(const Form& form, const Shape& shape, void* value) {
  return Reader(form).read(shape, nullptr, "", value);
}

}  // namespace kiln::aws::protocol

// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/json_reader.h"

#include "aws/protocol/codec.h"
#include "aws/protocol/scalar.h"
#include "base/encoding.h"

#include <boost/json/basic_parser_impl.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace kiln::aws::protocol {
namespace {

namespace json = boost::json;
using Code = json::error_code;
using View = json::string_view;

// One open object or array that the model knows. Below a null shape everything is skipped.
struct Frame {
  const Shape* shape;
  void* value;
  const Member* member = nullptr;  // kStructure: of the key just read; null to skip its value
  std::string key = {};            // kMap
};

class Handler {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = max_object_size;
  static constexpr std::size_t max_key_size = max_object_size;
  static constexpr std::size_t max_string_size = max_object_size;

  Handler(const Shape& shape, void* value) : root_shape_(shape), root_value_(value) {}
  const std::string& type_error() const { return type_error_; }

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code& ec) { return open(true, ec); }
  bool on_object_end(std::size_t, Code&) { return close('}'); }
  bool on_array_begin(Code& ec) { return open(false, ec); }
  bool on_array_end(std::size_t, Code&) { return close(']'); }

  bool on_key_part(View part, std::size_t, Code&) { return text_.append(part), true; }
  bool on_key(View part, std::size_t, Code&) {
    text_.append(part);
    if (document_) {
      before_document_value();
      append_json_string(*document_, text_);
      document_->push_back(':');
      after_key_ = true;
    } else if (skip_ == 0) {
      select(frames_.back());
    }
    text_.clear();
    return true;
  }

  bool on_string_part(View part, std::size_t, Code&) { return text_.append(part), true; }
  bool on_string(View part, std::size_t, Code& ec) {
    if (text_.empty()) return string({part.data(), part.size()}, ec);
    text_.append(part);
    bool ok = string(text_, ec);
    text_.clear();
    return ok;
  }

  bool on_number_part(View, Code&) { return true; }
  bool on_int64(std::int64_t i, View, Code& ec) { return integer(i, ec); }
  bool on_uint64(std::uint64_t u, View, Code& ec) {
    if (u > std::uint64_t(std::numeric_limits<std::int64_t>::max())) return real(double(u), ec);
    return integer(static_cast<std::int64_t>(u), ec);
  }
  bool on_double(double d, View, Code& ec) { return real(d, ec); }
  bool on_bool(bool b, Code& ec) {
    if (frames_.empty()) return fail("Unexpected value at the root", ec);
    Target target = next();
    if (!target.shape) return raw(b ? "true" : "false");
    if (target.shape->kind != Kind::kBoolean)
      return wrong(b ? "TRUE_VALUE" : "FALSE_VALUE", *target.shape, ec);
    *static_cast<bool*>(make(target)) = b;
    return true;
  }
  bool on_null(Code& ec) {
    if (frames_.empty()) return fail("Unexpected value at the root", ec);
    if (document_ || skip_ > 0) return raw("null");
    Target target = next();
    // Null in a document is a value; elsewhere it is absence.
    if (!target.shape && document_) return raw("null");
    return true;
  }
  bool on_comment_part(View, Code&) { return true; }
  bool on_comment(View, Code&) { return true; }

 private:
  // Where the value that comes next belongs; no shape when it is skipped or part of a document.
  struct Target {
    const Shape* shape = nullptr;
    Frame* parent = nullptr;
  };

  void select(Frame& frame) {
    if (frame.shape->kind == Kind::kMap) {
      frame.key = text_;
      return;
    }
    frame.member = nullptr;
    for (const Member& member : frame.shape->members) {
      if (member.location == Location::kBody && member.wire_name == text_) {
        frame.member = &member;
        return;
      }
    }
  }

  Target next() {
    if (document_ || skip_ > 0) return {};
    Frame& parent = frames_.back();
    const Shape* shape = parent.shape->element;
    if (parent.shape->kind == Kind::kStructure)
      shape = parent.member ? parent.member->shape : nullptr;
    if (shape && shape->kind == Kind::kDocument) {
      document_ = static_cast<std::string*>(make({shape, &parent}));
      document_depth_ = 0;
      after_key_ = true;
      return {};
    }
    return {shape, &parent};
  }

  static void* make(Target target) {
    Frame& parent = *target.parent;
    if (parent.shape->kind == Kind::kStructure) return parent.member->emplace(parent.value);
    if (parent.shape->kind == Kind::kList) return parent.shape->append(parent.value);
    return parent.shape->insert(parent.value, parent.key);
  }

  bool open(bool object, Code& ec) {
    if (frames_.empty()) {
      if (!object) return fail("Start of list found where not expected", ec);
      frames_.push_back({&root_shape_, root_value_});
      return true;
    }
    Target target = next();
    if (document_) {
      before_document_value();
      document_->push_back(object ? '{' : '[');
      ++document_depth_;
      after_key_ = true;
      return true;
    }
    if (!target.shape) return ++skip_, true;
    bool fits = object ? target.shape->kind == Kind::kStructure || target.shape->kind == Kind::kMap
                       : target.shape->kind == Kind::kList;
    if (!fits) {
      return fail(object ? "Start of structure or map found where not expected"
                         : "Start of list found where not expected",
                  ec);
    }
    void* value = make(target);
    frames_.push_back({target.shape, value});
    return true;
  }

  bool close(char bracket) {
    if (document_) {
      document_->push_back(bracket);
      after_key_ = false;
      if (--document_depth_ == 0) document_ = nullptr;
    } else if (skip_ > 0) {
      --skip_;
    } else {
      frames_.pop_back();
    }
    return true;
  }

  // `after_key_` says that no comma belongs before what comes next.
  void before_document_value() {
    if (!after_key_) document_->push_back(',');
    after_key_ = false;
  }

  bool raw(std::string_view text) {
    if (!document_) return true;
    before_document_value();
    document_->append(text);
    if (document_depth_ == 0) document_ = nullptr;
    return true;
  }

  bool string(std::string_view text, Code& ec) {
    if (frames_.empty()) return fail("Unexpected value at the root", ec);
    Target target = next();
    if (!target.shape) {
      if (!document_) return true;
      std::string literal;
      append_json_string(literal, text);
      return raw(literal);
    }
    switch (target.shape->kind) {
      case Kind::kString:
        *static_cast<std::string*>(make(target)) = text;
        return true;
      case Kind::kBlob:
      case Kind::kTimestamp:
        break;
      case Kind::kFloat:
      case Kind::kDouble:
        // The three that JSON numbers cannot say; any other string is a mistake.
        if (text == "NaN" || text == "Infinity" || text == "-Infinity") break;
        [[fallthrough]];
      default:
        return wrong("STRING_VALUE", *target.shape, ec);
    }
    if (!parse_scalar(*target.shape, TimeFormat::kDefault, text, make(target)))
      return wrong("STRING_VALUE", *target.shape, ec);
    return true;
  }

  bool integer(std::int64_t i, Code& ec) {
    if (frames_.empty()) return fail("Unexpected value at the root", ec);
    Target target = next();
    if (!target.shape) return raw(std::to_string(i));
    switch (target.shape->kind) {
      case Kind::kInteger:
        if (i < std::numeric_limits<std::int32_t>::min() ||
            i > std::numeric_limits<std::int32_t>::max())
          return wrong("NUMBER_VALUE", *target.shape, ec);
        *static_cast<std::int32_t*>(make(target)) = static_cast<std::int32_t>(i);
        return true;
      case Kind::kLong:
        *static_cast<std::int64_t*>(make(target)) = i;
        return true;
      default:
        return number(static_cast<double>(i), target, ec);
    }
  }

  bool real(double d, Code& ec) {
    if (frames_.empty()) return fail("Unexpected value at the root", ec);
    Target target = next();
    if (!target.shape) return raw(format_double(d));
    bool whole = d == std::floor(d) && std::fabs(d) <= 9007199254740992.0;
    if (whole && (target.shape->kind == Kind::kInteger || target.shape->kind == Kind::kLong))
      return integer(static_cast<std::int64_t>(d), ec);
    return number(d, target, ec);
  }

  bool number(double d, Target target, Code& ec) {
    if (target.shape->kind == Kind::kFloat || target.shape->kind == Kind::kDouble) {
      *static_cast<double*>(make(target)) = d;
      return true;
    }
    Timestamp time;
    if (target.shape->kind != Kind::kTimestamp || !from_unix(d, time))
      return wrong("NUMBER_VALUE", *target.shape, ec);
    *static_cast<Timestamp*>(make(target)) = time;
    return true;
  }

  bool wrong(std::string_view token, const Shape& shape, Code& ec) {
    if (shape.kind == Kind::kStructure || shape.kind == Kind::kList || shape.kind == Kind::kMap)
      return fail("Unexpected field type", ec);
    return fail(
        std::string(token) + " can not be converted to " + std::string(java_name(shape.kind)), ec);
  }

  bool fail(std::string message, Code& ec) {
    type_error_ = std::move(message);
    ec = json::error::exception;
    return false;
  }

  const Shape& root_shape_;
  void* root_value_;
  std::vector<Frame> frames_;
  std::size_t skip_ = 0;  // open objects and arrays that the model does not know
  std::string text_;
  std::string* document_ = nullptr;
  std::size_t document_depth_ = 0;
  bool after_key_ = false;
  std::string type_error_;
};

}  // namespace

std::expected<void, JsonError> read_json(std::string_view text, const Shape& shape, void* value) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::basic_parser<Handler> parser(options, shape, value);
  Code ec;
  std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && used < text.size()) ec = json::error::extra_data;
  if (!ec) return {};
  const std::string& type_error = parser.handler().type_error();
  if (!type_error.empty()) return std::unexpected(JsonError{false, type_error});
  return std::unexpected(
      JsonError{true, "Unexpected input at offset " + std::to_string(used) + ": " + ec.message()});
}

}  // namespace kiln::aws::protocol

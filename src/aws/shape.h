// SPDX-License-Identifier: Apache-2.0
#pragma once
// Shapes describe generated structs at run time, so that one parser and one serializer per protocol
// serve every operation.
//
// Generated code (gen/<service>/*.cc) builds constant Shape tables; protocols (aws/protocol/) walk
// them. A value is reached through `void*` plus the shape's functions; only generated tables and
// protocols touch these. Operation code uses the plain structs.
//
// C++ types: string, enum, document (raw JSON text) and blob (raw bytes) are std::string; integer
// int32_t; long int64_t; float and double double; boolean bool; timestamp kiln::Timestamp; list
// std::vector<T>; map std::map<std::string, T>; structure a generated struct; a payload that
// streams aws::ByteStream, an event stream aws::EventStream<T> (aws/stream.h). Every member of a
// structure is std::optional<T> (aws::Box<T> where a structure contains itself).

#include "base/time.h"

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::aws {

enum class Kind : std::uint8_t {
  kStructure,
  kList,
  kMap,
  kString,
  kBlob,
  kBoolean,
  kInteger,
  kLong,
  kFloat,
  kDouble,
  kTimestamp,
  kDocument,
  kByteStream,   // payload of an operation only
  kEventStream,  // member of an operation's output only; `element` is the union of its events
};

enum class Location : std::uint8_t { kBody, kUri, kQuery, kHeader, kHeaders, kStatusCode };
enum class TimeFormat : std::uint8_t { kDefault, kIso8601, kHttpDate, kUnix };

struct Shape;

struct Member {
  std::string_view name;       // model name: "FunctionName"
  std::string_view wire_name;  // locationName, or name
  // The name in query requests and their answers where it is another one; else empty.
  std::string_view query_name = {};
  const Shape* shape;
  Location location = Location::kBody;
  bool required = false;
  bool payload = false;  // this member is the whole body
  bool idempotency_token = false;
  bool flattened = false;
  bool xml_attribute = false;
  bool json_value = false;     // a JSON document; in headers it travels as base64
  bool event_header = false;   // in an event: a header of the message
  bool event_payload = false;  // in an event: the whole payload of the message
  TimeFormat time_format = TimeFormat::kDefault;
  // The value inside a structure: null when absent.
  const void* (*get)(const void* structure) = nullptr;
  // Makes the value present (default constructed) and answers it.
  void* (*emplace)(void* structure) = nullptr;
};

// Limits of the model. Lengths count Unicode code points for strings, elements for lists and maps,
// bytes for blobs.
struct Constraints {
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  std::string_view pattern;                       // as in the model; anchored by the validator
  std::span<const std::string_view> enum_values;  // empty: not an enumeration
};

struct Shape {
  Kind kind;
  std::string_view name;  // model name: "FunctionName"
  Constraints constraints;
  bool sensitive = false;  // never logged
  bool is_union = false;
  bool is_exception = false;  // as an event, it ends the stream
  // XML: the root's name where it is not the member's, and the namespace declared on the element.
  std::string_view xml_name = {};
  std::string_view xml_prefix = {};
  std::string_view xml_namespace = {};
  TimeFormat time_format = TimeFormat::kDefault;
  // kStructure: its members, in model order. Empty wire body when there are none.
  std::span<const Member> members;
  // kList and kMap: element or value shape, and their wire names for query and XML.
  const Shape* element = nullptr;
  const Shape* key = nullptr;
  std::string_view element_name = "member";  // list element, or map entry
  std::string_view key_name = "key";
  std::string_view value_name = "value";
  bool flattened = false;
  // kList
  std::size_t (*size)(const void* container) = nullptr;
  const void* (*at)(const void* list, std::size_t index) = nullptr;
  void* (*append)(void* list) = nullptr;
  // kMap: calls `visit` in key order; insert answers the value for a (new) key.
  void (*for_each)(const void* map, void* context,
                   void (*visit)(void* context, const std::string& key,
                                 const void* value)) = nullptr;
  void* (*insert)(void* map, std::string key) = nullptr;
};

// Owns a value on the heap, for structures that contain themselves. Behaves like optional<T>.
template <class T>
class Box {
 public:
  Box() = default;
  Box(const Box& o) : value_(o.value_ ? std::make_unique<T>(*o.value_) : nullptr) {}
  Box(Box&&) noexcept = default;
  Box& operator=(Box o) noexcept {
    value_ = std::move(o.value_);
    return *this;
  }
  Box& operator=(T v) {
    value_ = std::make_unique<T>(std::move(v));
    return *this;
  }
  explicit operator bool() const { return value_ != nullptr; }
  bool has_value() const { return value_ != nullptr; }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return value_.get(); }
  const T* operator->() const { return value_.get(); }
  T& emplace() { return *(value_ = std::make_unique<T>()); }

 private:
  std::unique_ptr<T> value_;
};

// Input or output of an operation that has none.
struct Empty {};
extern const Shape kEmptyShape;

}  // namespace kiln::aws

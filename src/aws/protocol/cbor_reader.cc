// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/cbor_reader.h"

#include "aws/protocol/codec.h"
#include "aws/protocol/scalar.h"
#include "base/encoding.h"

#include <bit>
#include <cmath>
#include <limits>

namespace kiln::aws::protocol {
namespace {

enum Major : std::uint8_t { kUnsigned, kNegative, kBytes, kText, kArray, kMap, kTag, kSimple };
enum Simple : std::uint8_t { kFalse = 20, kTrue, kNull, kUndefined, kHalf = 25, kSingle, kDouble };
constexpr std::uint8_t kIndefinite = 31;

double half_to_double(std::uint16_t half) {
  const int exponent = half >> 10 & 0x1F;
  const int mantissa = half & 0x3FF;
  double value = 0;
  if (exponent == 0) {
    value = std::ldexp(mantissa, -24);
  } else if (exponent != 31) {
    value = std::ldexp(mantissa + 1024, exponent - 25);
  } else {
    value = mantissa == 0 ? std::numeric_limits<double>::infinity()
                          : std::numeric_limits<double>::quiet_NaN();
  }
  return half & 0x8000 ? -value : value;
}

struct Head {
  std::uint8_t major = 0;
  std::uint8_t info = 0;
  std::uint64_t argument = 0;

  bool indefinite() const { return info == kIndefinite; }
  bool absent() const { return major == kSimple && (info == kNull || info == kUndefined); }
  bool is_break() const { return major == kSimple && info == kIndefinite; }
};

// Functions answer false after fail(). Recursion ends at kMaxDepth.
class Reader {
 public:
  Reader(std::string_view bytes, CborTime time) : all_(bytes), rest_(bytes), time_(time) {}

  bool document(const Shape& shape, void* value) {
    Head h;
    if (!head(h)) return false;
    if (h.absent()) return true;
    if (!value_of(shape, h, value)) return false;
    return rest_.empty() || fail("Bytes after the value");
  }
  const std::string& error() const { return error_; }

 private:
  bool fail(std::string_view what) {
    if (error_.empty())
      error_ = std::string(what) + " at offset " + std::to_string(all_.size() - rest_.size());
    return false;
  }

  bool head(Head& out) {
    if (rest_.empty()) return fail("Unexpected end");
    const auto first = static_cast<std::uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    out = {static_cast<std::uint8_t>(first >> 5), static_cast<std::uint8_t>(first & 31), 0};
    if (out.info < 24) return out.argument = out.info, true;
    if (out.info == kIndefinite) {
      const bool may = (out.major >= kBytes && out.major <= kMap) || out.major == kSimple;
      return may || fail("Bad length");
    }
    if (out.info > 27) return fail("Reserved length");
    const std::size_t n = std::size_t{1} << (out.info - 24);
    if (rest_.size() < n) return fail("Unexpected end");
    for (char c : rest_.substr(0, n))
      out.argument = out.argument << 8 | static_cast<unsigned char>(c);
    rest_.remove_prefix(n);
    return true;
  }

  // The head behind any tags.
  bool untagged(Head& h) {
    while (h.major == kTag) {
      if (!head(h)) return false;
    }
    return true;
  }

  bool bytes(const Head& h, std::string& out) {
    out.clear();
    if (!h.indefinite()) return chunk(h, out);
    while (true) {
      Head part;
      if (!head(part)) return false;
      if (part.is_break()) return true;
      if (part.major != h.major || part.indefinite()) return fail("Bad chunk");
      if (!chunk(part, out)) return false;
    }
  }

  bool chunk(const Head& h, std::string& out) {
    if (h.argument > rest_.size()) return fail("A length past the end");
    auto piece = rest_.substr(0, h.argument);
    if (h.major == kText && !is_valid_utf8(piece)) return fail("Text that is not UTF-8");
    out.append(piece);
    rest_.remove_prefix(piece.size());
    return true;
  }

  // Heads of the elements of an array, or of the keys of a map, one after another. `more` is false
  // behind the last.
  bool next(const Head& container, std::uint64_t& index, Head& h, bool& more) {
    more = false;
    if (!container.indefinite() && index++ >= container.argument) return true;
    if (!head(h)) return false;
    more = !(container.indefinite() && h.is_break());
    return true;
  }

  bool skip(Head h) {
    if (!untagged(h)) return false;
    if (h.is_break()) return fail("Misplaced break");
    std::string unused;
    if (h.major == kBytes || h.major == kText) return bytes(h, unused);
    if (h.major != kArray && h.major != kMap) return true;
    if (++depth_ > kMaxDepth) return fail("Nested too deeply");
    std::uint64_t index = 0;
    bool more = true;
    while (true) {
      Head item;
      if (!next(h, index, item, more)) return false;
      if (!more) break;
      if (!skip(item)) return false;
      if (h.major == kMap && !(head(item) && skip(item))) return false;
    }
    --depth_;
    return true;
  }

  bool value_of(const Shape& shape, Head h, void* value) {
    if (shape.kind == Kind::kTimestamp) return timestamp(h, value);
    if (!untagged(h)) return false;
    switch (shape.kind) {
      case Kind::kStructure:
      case Kind::kList:
      case Kind::kMap:
        return container(shape, h, value);
      case Kind::kString:
        if (h.major != kText) return wrong(shape);
        return bytes(h, *static_cast<std::string*>(value));
      case Kind::kBlob:
        if (h.major != kBytes) return wrong(shape);
        return bytes(h, *static_cast<std::string*>(value));
      case Kind::kBoolean:
        if (h.major != kSimple || (h.info != kTrue && h.info != kFalse)) return wrong(shape);
        return *static_cast<bool*>(value) = h.info == kTrue, true;
      case Kind::kInteger:
        return integer<std::int32_t>(shape, h, value);
      case Kind::kLong:
        return integer<std::int64_t>(shape, h, value);
      case Kind::kFloat:
      case Kind::kDouble:
        return number(h, *static_cast<double*>(value)) || wrong(shape);
      default:
        return wrong(shape);
    }
  }

  static bool number(const Head& h, double& out) {
    if (h.major == kUnsigned) return out = static_cast<double>(h.argument), true;
    if (h.major == kNegative) return out = -1.0 - static_cast<double>(h.argument), true;
    if (h.major != kSimple) return false;
    if (h.info == kHalf) return out = half_to_double(static_cast<std::uint16_t>(h.argument)), true;
    if (h.info == kSingle)
      return out = std::bit_cast<float>(static_cast<std::uint32_t>(h.argument)), true;
    return h.info == kDouble && (out = std::bit_cast<double>(h.argument), true);
  }

  template <class T>
  bool integer(const Shape& shape, const Head& h, void* value) {
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
    auto& out = *static_cast<T*>(value);
    if (h.major == kUnsigned || h.major == kNegative) {
      if (h.argument > kMax) return wrong(shape);
      out = static_cast<T>(h.argument);
      if (h.major == kNegative) out = static_cast<T>(-1 - out);
      return true;
    }
    double d = 0;
    if (!number(h, d) || d != std::floor(d) || std::fabs(d) > 9007199254740992.0 ||
        std::fabs(d) > static_cast<double>(kMax))
      return wrong(shape);
    out = static_cast<T>(d);
    return true;
  }

  bool timestamp(Head h, void* value) {
    if (!untagged(h)) return false;
    double d = 0;
    if (!number(h, d)) return wrong(Shape{.kind = Kind::kTimestamp});
    if (time_ == CborTime::kMilliseconds) d /= 1000;
    if (!from_unix(d, *static_cast<Timestamp*>(value))) return fail("A time out of range");
    return true;
  }

  bool container(const Shape& shape, const Head& h, void* value) {
    if (h.major != (shape.kind == Kind::kList ? kArray : kMap)) return wrong(shape);
    if (++depth_ > kMaxDepth) return fail("Nested too deeply");
    std::uint64_t index = 0;
    bool more = true;
    std::string key;
    while (true) {
      Head item;
      if (!next(h, index, item, more)) return false;
      if (!more) break;
      if (shape.kind != Kind::kList) {
        if (item.major != kText) return fail("A key that is no text");
        if (!bytes(item, key) || !head(item)) return false;
      }
      if (!element(shape, key, item, value)) return false;
    }
    --depth_;
    return true;
  }

  bool element(const Shape& shape, const std::string& key, const Head& h, void* value) {
    if (h.absent()) return true;
    if (h.is_break()) return fail("Misplaced break");
    if (shape.kind == Kind::kList) return value_of(*shape.element, h, shape.append(value));
    if (shape.kind == Kind::kMap) return value_of(*shape.element, h, shape.insert(value, key));
    for (const Member& member : shape.members) {
      if (member.location == Location::kBody && member.wire_name == key)
        return value_of(*member.shape, h, member.emplace(value));
    }
    return skip(h);
  }

  bool wrong(const Shape& shape) {
    return fail("A value that is no " + std::string(java_name(shape.kind)));
  }

  std::string_view all_;
  std::string_view rest_;
  CborTime time_;
  int depth_ = 0;
  std::string error_;
};

}  // namespace

std::expected<void, std::string> read_cbor(std::string_view bytes, const Shape& shape, void* value,
                                           CborTime time) {
  Reader reader(bytes, time);
  if (reader.document(shape, value)) return {};
  return std::unexpected(reader.error());
}

}  // namespace kiln::aws::protocol

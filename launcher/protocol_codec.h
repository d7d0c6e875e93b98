// SPDX-License-Identifier: Apache-2.0
#pragma once
// The encoding behind protocol.h; include that.

#include "base/result.h"

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace kiln::launcher {

class Writer {
 public:
  template <std::integral T>
  void operator()(T value) {
    using Bits = std::make_unsigned_t<std::conditional_t<std::same_as<T, bool>, std::uint8_t, T>>;
    const auto bits = static_cast<Bits>(value);
    for (std::size_t i = 0; i < sizeof bits; ++i) {
      bytes_ += static_cast<char>(static_cast<std::uint64_t>(bits) >> (8 * i) & 0xff);
    }
  }
  void operator()(const std::string& text) {
    (*this)(static_cast<std::uint32_t>(text.size()));
    bytes_ += text;
  }
  template <class T>
  void operator()(std::vector<T>& items) {
    (*this)(static_cast<std::uint32_t>(items.size()));
    for (auto& item : items) (*this)(item);
  }
  template <class T>
    requires requires(T& item, Writer& writer) { item.fields(writer); }
  void operator()(T& item) {
    item.fields(*this);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  template <std::integral T>
  void operator()(T& value) {
    std::uint64_t bits = 0;
    if (!has(sizeof value)) return;
    for (std::size_t i = 0; i < sizeof value; ++i) {
      bits |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest_[i])) << (8 * i);
    }
    rest_.remove_prefix(sizeof value);
    if constexpr (std::same_as<T, bool>) {
      if (bits > 1) return refuse("a flag is neither 0 nor 1");
    }
    value = static_cast<T>(bits);
  }
  void operator()(std::string& text) {
    std::uint32_t size = 0;
    (*this)(size);
    if (size > kMaxTextBytes) return refuse("a text is too long");
    if (!has(size)) return;
    text = rest_.substr(0, size);
    // Every text becomes a C string on the way to the kernel.
    if (text.find('\0') != std::string::npos) return refuse("a text holds a zero byte");
    rest_.remove_prefix(size);
  }
  template <class T>
  void operator()(std::vector<T>& items) {
    std::uint32_t count = 0;
    (*this)(count);
    if (count > kMaxListItems) return refuse("a list is too long");
    for (std::uint32_t i = 0; i < count && problem_ == nullptr; ++i) (*this)(items.emplace_back());
  }
  template <class T>
    requires requires(T& item, Reader& reader) { item.fields(reader); }
  void operator()(T& item) {
    item.fields(*this);
  }
  // Null when everything was read and was well formed.
  const char* problem() const {
    return problem_ != nullptr || rest_.empty() ? problem_ : "there are bytes too many";
  }

 private:
  bool has(std::size_t size) {
    if (problem_ == nullptr && rest_.size() < size) problem_ = "it is too short";
    return problem_ == nullptr;
  }
  void refuse(const char* problem) {
    if (problem_ == nullptr) problem_ = problem;
  }
  std::string_view rest_;
  const char* problem_ = nullptr;
};

template <class Message>
std::string encode(const Message& message) {
  Writer writer;
  writer(kProtocolVersion);
  writer(static_cast<std::uint16_t>(Message::kType));
  Message copy = message;
  copy.fields(writer);
  return writer.take();
}

template <class Message>
Result<Message> decode(std::string_view packet) {
  Message message;
  Reader reader(packet.substr(4));
  message.fields(reader);
  if (const char* problem = reader.problem()) {
    return fail(ErrorCode::kInvalidArgument,
                "message " + std::to_string(static_cast<int>(Message::kType)) + ": " + problem);
  }
  return message;
}

}  // namespace kiln::launcher

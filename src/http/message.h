// SPDX-License-Identifier: Apache-2.0
#pragma once
// HTTP messages as the rest of Kiln sees them. No type here names an HTTP version.

#include "async/task.h"
#include "base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln::http {

// Header fields in order of arrival; names keep their spelling and compare without case.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;
  void add(std::string name, std::string value);
  void set(std::string_view name, std::string value);  // replaces all of that name
  void remove(std::string_view name);
  void clear() { fields_.clear(); }  // keeps the memory
  // First value of that name.
  std::optional<std::string_view> get(std::string_view name) const;
  bool contains(std::string_view name) const { return get(name).has_value(); }
  std::size_t count(std::string_view name) const;
  const std::vector<Field>& fields() const { return fields_; }

 private:
  std::vector<Field> fields_;
};

bool equals_ignore_case(std::string_view a, std::string_view b);

// The body of a message that is still arriving. Owned by the connection; one reader.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  // Content-Length when the sender gave one.
  virtual std::optional<std::uint64_t> length() const = 0;
  // The next bytes, at most 64 KiB; empty at the end. kLimitExceeded past the body limit,
  // kTimeout from a slow sender, kClosed when the sender left. Sends "100 Continue" on first use.
  virtual Task<Result<std::string>> read() = 0;
  // The fields behind a chunked body; empty before its end. At most 16 KiB.
  virtual const Headers& trailer_fields() const;
};

// Reads all of `body`. kLimitExceeded as soon as it is known to be over `max_bytes`.
Task<Result<std::string>> read_all(BodyReader& body, std::uint64_t max_bytes);

struct Request {
  std::string method;  // as sent: "GET"
  std::string target;  // origin form as sent: "/path?query"; not decoded
  Headers headers;
  std::string peer_address;    // "127.0.0.1"
  BodyReader* body = nullptr;  // never null while a handler runs
};

// Produces a response body piece by piece: nullopt ends it. An Error cuts the connection, so that
// the client sees a truncated body rather than a wrong one.
using BodyProducer = std::move_only_function<Task<Result<std::optional<std::string>>>()>;

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  // When set, `body` is ignored and this is sent; chunked unless content_length says its size.
  BodyProducer producer;
  std::optional<std::uint64_t> content_length;
  // Close the connection after this response.
  bool close = false;
  // When the client has sent its next request already, this response may leave together with the
  // next one: one wake-up of the client instead of two. Not for producers.
  bool may_wait_for_next = false;
};

}  // namespace kiln::http

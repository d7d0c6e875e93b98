// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bodies that do not fit a struct: a payload read or written in pieces, and a stream of events.
//
// Input: the pipeline gives an operation a ByteStream over the request body; the operation reads it
// to the end or drops it. Its length is bounded by the operation's limit, each piece by 64 KiB.
// Output: an operation answers a ByteStream or EventStream of its own making; the pipeline pulls it
// piece by piece after the head was sent, as fast as the client reads, and drops it when the client
// leaves. An error from a ByteStream cuts the connection; one from an EventStream becomes an
// exception event and ends the stream. Threads: the loop of the request.

#include "async/task.h"
#include "aws/api_error.h"
#include "base/result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace kiln::aws {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Bytes from the start to the end, when known.
  virtual std::optional<std::uint64_t> length() const = 0;
  // The next bytes, at most 64 KiB; empty at the end.
  virtual Task<Result<std::string>> read() = 0;
  // Descriptor of a nameless file with exactly these bytes, which nobody writes any more and the
  // operation may give a name (blob/owned_blobs.h); -1: they are in memory. Owned by the source.
  virtual int file() const { return -1; }
};

// A handle; copies read the same source. REQUIRES of read(): a source.
class ByteStream {
 public:
  ByteStream() = default;
  explicit ByteStream(std::shared_ptr<ByteSource> source) : source_(std::move(source)) {}
  // A source of bytes in memory.
  explicit ByteStream(std::string bytes);

  explicit operator bool() const { return source_ != nullptr; }
  std::optional<std::uint64_t> length() const {
    return source_ ? source_->length() : std::optional<std::uint64_t>(0);
  }
  Task<Result<std::string>> read() { return source_->read(); }
  int file() const { return source_ ? source_->file() : -1; }

 private:
  std::shared_ptr<ByteSource> source_;
};

// Everything that is left. kLimitExceeded past `max_bytes`.
Task<Result<std::string>> read_all(ByteStream stream, std::uint64_t max_bytes);

// Events with their type forgotten, as the codec pulls them.
class EventSource {
 public:
  virtual ~EventSource() = default;
  // The next event, a union struct that stays valid until the next call; null at the end.
  virtual Task<ApiResult<const void*>> next() = 0;
};

class AnyEventStream {
 public:
  AnyEventStream() = default;
  explicit AnyEventStream(std::shared_ptr<EventSource> source) : source_(std::move(source)) {}
  const std::shared_ptr<EventSource>& source() const { return source_; }

 private:
  std::shared_ptr<EventSource> source_;
};

// `Event` is the generated union: exactly one member is set.
template <class Event>
class EventStream : public AnyEventStream {
 public:
  // What an operation implements: nullopt ends the stream.
  class Producer {
   public:
    virtual ~Producer() = default;
    virtual Task<ApiResult<std::optional<Event>>> next() = 0;
  };
  EventStream() = default;
  explicit EventStream(std::unique_ptr<Producer> producer)
      : AnyEventStream(std::make_shared<Source>(std::move(producer))) {}

 private:
  class Source final : public EventSource {
   public:
    explicit Source(std::unique_ptr<Producer> producer) : producer_(std::move(producer)) {}
    Task<ApiResult<const void*>> next() override {
      auto task = producer_->next();
      auto event = co_await std::move(task);
      if (!event) co_return fail(std::move(event.error()));
      current_ = std::move(*event);
      co_return current_ ? static_cast<const void*>(&*current_) : nullptr;
    }

   private:
    std::unique_ptr<Producer> producer_;
    std::optional<Event> current_;
  };
};

}  // namespace kiln::aws

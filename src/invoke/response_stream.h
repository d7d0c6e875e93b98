// SPDX-License-Identifier: Apache-2.0
#pragma once
// ResponseStream runs one invocation and gives its response out while the function still runs: the
// Runtime API writes pieces, one consumer takes them. Responses that do not stream come as pieces
// of the whole.
//
// Past the first 6 MiB a response that streams leaves with a bandwidth (StreamPace).
// Bound: kMaxQueued bytes; past it the runtime is not read until the consumer has taken some, the
// function's timeout running on. Every wait ends with the invocation, which has a deadline. A
// consumer that leaves does not end the invocation: AWS lets it run on, too.
// Threads: one loop. Ownership: shared by the consumer, the runtime's request and the invocation.

#include "async/clock.h"
#include "invoke/invoker.h"

#include <coroutine>
#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace kiln::invoke {

// How fast a response that streams may leave, in the long run.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
struct StreamPace {
  static constexpr std::int64_t kDefaultBytesPerSecond = 2 * 1024 * 1024;
  static constexpr std::int64_t kUncappedBytes = 6 * 1024 * 1024;
  Clock* clock = nullptr;             // outlives every stream; null: no cap
  std::int64_t bytes_per_second = 0;  // of what follows the first kUncappedBytes; 0: no cap
};

class ResponseStream final : public runtime_api::ResponseSink,
                             public std::enable_shared_from_this<ResponseStream> {
 public:
  static constexpr std::size_t kMaxQueued = 256 * 1024;
  static constexpr std::size_t kPieceBytes = 64 * 1024;

  // Begins the invocation in the background. `invoker` outlives its own stop().
  static std::shared_ptr<ResponseStream> open(Invoker& invoker, lambda::FunctionVersionPtr function,
                                              InvokeRequest request, StreamPace pace = {});

  // Waits until the response begins or the invocation is over. The Content-Type that the runtime
  // gave it, "application/json" for one that does not stream and "application/octet-stream" where
  // it gave none. Errors are Invoker's.
  Task<aws::ApiResult<std::string>> begun();
  // The next piece, at most 64 KiB; nullopt at the end. REQUIRES: begun() gave no error.
  Task<std::optional<std::string>> next();
  // REQUIRES: next() answered nullopt. Its payload is empty unless the function failed.
  const InvokeResult& result() const { return **result_; }
  // True when the function or its environment failed, before anything was written or later.
  bool failed() const { return ended() && *result_ && !(*result_)->function_error.empty(); }
  bool has_pieces() const { return !pieces_.empty(); }
  // The runtime has begun to stream, so an error comes behind what it wrote.
  bool streams() const { return began_.has_value(); }
  // Nobody calls next() again.
  void leave();

  // Of the producer.
  void begin(std::string content_type) override;
  Task<bool> write(std::string piece) override;

 private:
  static Task<void> run(std::shared_ptr<ResponseStream> self, Invoker& invoker,
                        lambda::FunctionVersionPtr function, InvokeRequest request);
  void end(aws::ApiResult<InvokeResult> result);
  bool ended() const { return result_.has_value(); }
  static void wake(std::coroutine_handle<>& waiting);
  struct Wait;
  // Wakes the writer when what was written may have left; false: it may already.
  bool wait_for_pace();

  StreamPace pace_;
  std::optional<Monotonic> began_;  // to stream
  std::int64_t written_ = 0;
  bool paced_ = false;                       // the writer waits for its time
  std::optional<std::string> content_type_;  // once the response has begun
  std::optional<aws::ApiResult<InvokeResult>> result_;
  std::deque<std::string> pieces_;
  std::size_t queued_ = 0;
  bool left_ = false;
  std::coroutine_handle<> reader_;
  std::coroutine_handle<> writer_;
};

using ResponseStreamPtr = std::shared_ptr<ResponseStream>;

// Leaves the stream when the consumer is destroyed, which is how the HTTP server says that the
// client went away.
class ResponseReader {
 public:
  explicit ResponseReader(ResponseStreamPtr stream) : stream_(std::move(stream)) {}
  ResponseReader(ResponseReader&&) noexcept = default;
  ResponseReader& operator=(ResponseReader&&) = delete;
  ~ResponseReader() {
    if (stream_) stream_->leave();
  }
  ResponseStream* operator->() const { return stream_.get(); }

 private:
  ResponseStreamPtr stream_;
};

}  // namespace kiln::invoke

// SPDX-License-Identifier: Apache-2.0
#include "invoke/response_stream.h"

#include <algorithm>
#include <utility>

namespace kiln::invoke {

// Suspends into one of the two places; whoever changes what is waited for wakes it.
struct ResponseStream::Wait {
  std::coroutine_handle<>& place;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) const { place = handle; }
  void await_resume() const noexcept {}
};

void ResponseStream::wake(std::coroutine_handle<>& waiting) {
  if (const auto handle = std::exchange(waiting, nullptr)) handle.resume();
}

ResponseStreamPtr ResponseStream::open(Invoker& invoker, lambda::FunctionVersionPtr function,
                                       InvokeRequest request, StreamPace pace) {
  auto stream = std::make_shared<ResponseStream>();
  stream->pace_ = pace;
  request.sink = stream;
  spawn(run(stream, invoker, std::move(function), std::move(request)));
  return stream;
}

Task<void> ResponseStream::run(ResponseStreamPtr self, Invoker& invoker,
                               lambda::FunctionVersionPtr function, InvokeRequest request) {
  auto invoking = invoker.invoke(std::move(function), std::move(request));
  auto result = co_await std::move(invoking);
  self->end(std::move(result));
}

void ResponseStream::end(aws::ApiResult<InvokeResult> result) {
  if (result && !content_type_ && result->function_error.empty()) {
    // It came as a whole.
    content_type_ = result->content_type.empty() ? "application/json" : result->content_type;
    const std::string payload = std::move(result->payload);
    result->payload.clear();
    for (std::size_t at = 0; at < payload.size() && !left_; at += kPieceBytes)
      pieces_.push_back(payload.substr(at, kPieceBytes));
  }
  result_ = std::move(result);
  // Both hold this by their own pointers.
  wake(writer_);
  wake(reader_);
}

void ResponseStream::begin(std::string content_type) {
  if (ended() || content_type_) return;
  content_type_ = content_type.empty() ? "application/octet-stream" : std::move(content_type);
  began_ = pace_.clock ? pace_.clock->monotonic() : Monotonic{};
  wake(reader_);
}

// The time up to now pays for bytes at the bandwidth; what is unpaid is waited for, the runtime not
// being read meanwhile.
bool ResponseStream::wait_for_pace() {
  const std::int64_t capped = written_ - StreamPace::kUncappedBytes;
  if (!pace_.clock || pace_.bytes_per_second <= 0 || capped <= 0) return false;
  const Monotonic due =
      began_.value_or(Monotonic{}).plus_ms(capped * 1'000 / pace_.bytes_per_second);
  if (due <= pace_.clock->monotonic()) return false;
  pace_.clock->schedule(due, [self = shared_from_this()] {
    self->paced_ = false;
    wake(self->writer_);
  });
  return true;
}

Task<bool> ResponseStream::write(std::string piece) {
  if (left_ || ended()) co_return false;
  queued_ += piece.size();
  written_ += static_cast<std::int64_t>(piece.size());
  pieces_.push_back(std::move(piece));
  wake(reader_);
  if (wait_for_pace()) {
    paced_ = true;
    while (paced_ && !left_ && !ended()) co_await Wait{writer_};
  }
  while (queued_ >= kMaxQueued && !left_ && !ended()) co_await Wait{writer_};
  co_return !left_ && !ended();
}

Task<aws::ApiResult<std::string>> ResponseStream::begun() {
  while (!content_type_ && !ended()) co_await Wait{reader_};
  if (result_ && !*result_) co_return aws::fail(result_->error());
  co_return content_type_.value_or("application/octet-stream");
}

Task<std::optional<std::string>> ResponseStream::next() {
  while (pieces_.empty() && !ended()) co_await Wait{reader_};
  if (pieces_.empty()) co_return std::nullopt;
  std::string piece = std::move(pieces_.front());
  pieces_.pop_front();
  queued_ -= std::min(queued_, piece.size());
  if (queued_ < kMaxQueued) wake(writer_);
  co_return piece;
}

void ResponseStream::leave() {
  left_ = true;
  reader_ = nullptr;
  pieces_.clear();
  queued_ = 0;
  wake(writer_);
}

}  // namespace kiln::invoke

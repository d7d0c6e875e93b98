// SPDX-License-Identifier: Apache-2.0
#include "invoke/url/stream.h"

#include "invoke/url/response.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace kiln::invoke {
namespace {

using Answer = aws::ApiResult<std::optional<http::Response>>;

constexpr std::size_t kMaxPreludeBytes = 128 * 1024;

struct Body {
  ResponseReader reader;
  std::string first;  // what came with the prelude

  Task<Result<std::optional<std::string>>> next() {
    if (!first.empty()) co_return std::exchange(first, {});
    auto reading = reader->next();
    auto piece = co_await std::move(reading);
    if (!piece && reader->failed()) co_return fail(ErrorCode::kIo, "the function failed");
    co_return piece;
  }
};

// Reads up to the end of the prelude and leaves in `first` what came behind it.
Task<std::optional<std::string>> read_prelude(Body& body) {
  std::string read;
  std::size_t end = std::string::npos;
  while (end == std::string::npos) {
    if (read.size() > kMaxPreludeBytes) co_return std::nullopt;
    auto reading = body.reader->next();
    auto piece = co_await std::move(reading);
    if (!piece) co_return std::nullopt;
    // The end may be divided among pieces.
    const std::size_t from = read.size() - std::min(read.size(), kPreludeEnd.size() - 1);
    read += *piece;
    end = read.find(kPreludeEnd, from);
  }
  body.first = read.substr(end + kPreludeEnd.size());
  read.resize(end);
  co_return read;
}

}  // namespace

Task<Answer> stream_url_response(ResponseStreamPtr stream) {
  auto body = std::make_shared<Body>(Body{ResponseReader(stream), {}});
  auto beginning = stream->begun();
  auto type = co_await std::move(beginning);
  if (!type) co_return aws::fail(std::move(type.error()));
  if (stream->failed() && !stream->has_pieces()) co_return std::nullopt;
  http::Response response;
  if (*type == kIntegrationResponse) {
    auto reading = read_prelude(*body);
    const auto prelude = co_await std::move(reading);
    auto head = prelude ? make_url_head(*prelude) : std::nullopt;
    if (!head) co_return std::nullopt;
    response = std::move(*head);
  } else {
    response.headers.add("Content-Type", std::move(*type));
  }
  response.producer = [body] { return body->next(); };
  co_return std::optional<http::Response>(std::move(response));
}

}  // namespace kiln::invoke

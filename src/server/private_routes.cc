// SPDX-License-Identifier: Apache-2.0
#include "server/private_routes.h"

#include "base/encoding.h"
#include "base/product.h"
#include "server/host_check.h"

#include <memory>
#include <utility>

namespace kiln::server {
namespace {

constexpr std::uint64_t kPieceBytes = 256 * 1024;

http::Response text(int status, std::string type, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", std::move(type));
  response.body = std::move(body);
  return response;
}

// Reads a blob piece by piece, so that a download holds one piece in memory.
struct BlobPieces {
  blob::BlobStore& blobs;
  std::string id;
  std::uint64_t size;
  std::uint64_t offset = 0;

  Task<Result<std::optional<std::string>>> next() {
    if (offset >= size) co_return std::nullopt;
    auto piece = co_await blobs.read(id, offset, kPieceBytes);
    if (!piece) co_return std::unexpected(std::move(piece.error()));
    if (piece->empty()) co_return fail(ErrorCode::kIo, "the blob ended before its size");
    offset += piece->size();
    co_return std::move(*piece);
  }
};

}  // namespace

bool PrivateRoutes::owns(std::string_view target) {
  return target.starts_with(product::kUrlPrefix) &&
         target.substr(product::kUrlPrefix.size()).starts_with('/');
}

Task<http::Response> PrivateRoutes::handle(http::Request& request) {
  const std::string_view target = request.target;
  const auto mark = target.find('?');
  const std::string_view path = target.substr(0, mark);
  if (!host_and_origin_allowed(request.headers, extra_hosts_)) {
    co_return text(403, "text/plain", "This server does not answer for this host or origin.\n");
  }
  if (signed_.owns(path)) {
    auto answering = signed_.handle(request);
    co_return co_await answering;
  }
  if (request.method != "GET" && request.method != "HEAD") {
    co_return text(405, "text/plain", "Only GET here.\n");
  }
  if (path == "/_kiln/health") {
    co_return text(200, "application/json",
                   R"({"status":"ready","version":")" + std::string(product::kVersion) + "\"}\n");
  }
  if (path == "/_kiln/metrics") {
    co_return text(200, "text/plain; version=0.0.4", metrics_.prometheus_text());
  }
  if (path.starts_with(lambda::kCodePath)) {
    std::string query(mark == std::string_view::npos ? "" : target.substr(mark + 1));
    co_return co_await code(std::string(path.substr(lambda::kCodePath.size())), std::move(query));
  }
  co_return text(404, "text/plain", "Nothing here. Try /_kiln/health.\n");
}

Task<http::Response> PrivateRoutes::code(std::string id, std::string query) {
  auto opened = co_await links_.open(std::move(id), std::move(query), clock_.wall());
  if (!opened) {
    const auto& error = opened.error();
    co_return text(error.http_status, "application/xml",
                   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>" + error.code +
                       "</Code><Message>" + error.message + "</Message></Error>");
  }
  auto pieces = std::make_shared<BlobPieces>(blobs_, opened->blob_id, opened->size);
  http::Response response;
  response.headers.add("Content-Type", "application/zip");
  response.content_length = opened->size;
  response.producer = [pieces] { return pieces->next(); };
  co_return response;
}

}  // namespace kiln::server

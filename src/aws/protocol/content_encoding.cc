// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/content_encoding.h"

#include "http/message.h"

#include <algorithm>
#include <memory>
#include <zlib.h>

namespace kiln::aws::protocol {

bool ends_with_gzip(std::string_view content_encoding) {
  auto comma = content_encoding.rfind(',');
  std::string_view last =
      comma == std::string_view::npos ? content_encoding : content_encoding.substr(comma + 1);
  last.remove_prefix(std::min(last.find_first_not_of(" \t"), last.size()));
  last = last.substr(0, last.find_last_not_of(" \t") + 1);
  return http::equals_ignore_case(last, "gzip");
}

Result<std::string> gunzip(std::string_view bytes, std::uint64_t max_bytes) {
  constexpr int kGzipOnly = 16 + MAX_WBITS;
  z_stream stream{};
  if (::inflateInit2(&stream, kGzipOnly) != Z_OK) return fail(ErrorCode::kInternal, "inflateInit2");
  std::unique_ptr<z_stream, int (*)(z_stream*)> owner(&stream, &::inflateEnd);
  // zlib does not write to its input; the type is older than const.
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  char piece[16 * 1024];
  while (true) {
    stream.next_out = reinterpret_cast<Bytef*>(piece);
    stream.avail_out = sizeof piece;
    const int result = ::inflate(&stream, Z_NO_FLUSH);
    const std::size_t made = sizeof piece - stream.avail_out;
    if (out.size() + made > max_bytes)
      return fail(ErrorCode::kLimitExceeded, "the decompressed body is too large");
    out.append(piece, made);
    if (result == Z_STREAM_END && stream.avail_in == 0) return out;
    if (result != Z_OK) return fail(ErrorCode::kInvalidArgument, "the body is not gzip");
  }
}

}  // namespace kiln::aws::protocol

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Links to deployment packages, as GetFunction's Code.Location: they lead back to this server,
// carry a signature instead of credentials, and end after ten minutes like AWS's presigned ones.
// The server mounts open() at kCodePath; no SigV4 and no IAM there, the signature is the
// permission.

#include "async/task.h"
#include "aws/api_error.h"
#include "aws/request_context.h"
#include "base/time.h"
#include "blob/blob_store.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace kiln::lambda {

inline constexpr std::string_view kCodePath = "/_kiln/code/";
inline constexpr std::int64_t kCodeLinkSeconds = 600;

struct CodeDownload {
  std::string blob_id;
  std::uint64_t size = 0;
  std::string path;  // for reading; stays while the blob is referenced
};

class CodeLinks {
 public:
  // `secret`: the server's own, at least 16 bytes, the same after a restart.
  CodeLinks(blob::BlobStore& blobs, std::string secret);

  // "http://localhost:4566/_kiln/code/<sha256>?expires=<unix seconds>&signature=<hex>"
  std::string make(const aws::RequestContext& context, std::string_view sha256_hex) const;

  // `id` is the path below kCodePath, `query` the raw query string. Errors: AccessDenied 403 with
  // S3's texts, NoSuchKey 404.
  Task<aws::ApiResult<CodeDownload>> open(std::string id, std::string query, Timestamp now) const;

  // Whether `signature` (hex) is this server's for these two.
  bool verify(std::string_view sha256_hex, std::int64_t expires, std::string_view signature) const;

 private:
  std::string sign(std::string_view sha256_hex, std::int64_t expires) const;

  blob::BlobStore& blobs_;
  const std::string secret_;
};

}  // namespace kiln::lambda

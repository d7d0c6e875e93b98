// SPDX-License-Identifier: Apache-2.0
#pragma once
// The source of a copy: its header, its conditions, its bytes.

#include "services/s3/api/common.h"
#include "services/s3/model/reads.h"

#include <optional>
#include <string>

namespace kiln::s3 {

inline constexpr std::uint64_t kMaxCopyBytes = 5ull * 1024 * 1024 * 1024;

struct CopySource {
  std::string bucket;
  std::string key;
  Text version_id;
};

// "[/]bucket/key[?versionId=id]", percent-encoded.
aws::ApiResult<CopySource> parse_copy_source(std::string_view header);
// The permission to read it. Nothing for a header that is refused anyway.
void add_copy_source(aws::Authorization& authorization, const Text& header);

template <class Input>
ReadConditions copy_conditions(const Input& input) {
  return {.if_match = input.copy_source_if_match,
          .if_none_match = input.copy_source_if_none_match,
          .if_modified_since = input.copy_source_if_modified_since,
          .if_unmodified_since = input.copy_source_if_unmodified_since};
}

struct CopyRequest {
  ReadConditions conditions;
  Text expected_owner;
  Text range;                            // "bytes=a-b"
  std::optional<ChecksumKind> checksum;  // unset: the source's, else CRC-64/NVME
  bool may_inline = false;
};

struct Copied {
  TakenBody body;
  Version source;
  std::optional<ChecksumKind> checksum;   // that of `body`
  std::optional<std::string> version_id;  // of the source, where its bucket keeps versions
};

// Makes bytes of one's own from the source's. A whole object keeps its file's bytes where they are.
Task<aws::ApiResult<Copied>> copy_bytes(Service& service, CopySource source, CopyRequest request);

}  // namespace kiln::s3

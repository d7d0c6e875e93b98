// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads uploaded zips, which nobody should trust. Blocking: for the pool only.
//
// Refused: what has no central directory, a broken checksum or truncated data, an encrypted entry,
// an entry outside the root (absolute, ".."), a special file, a symbolic link that could lead out
// of the root, more than kMaxUnzippedBytes or kMaxEntries (counted while unpacking, not believed).
// Kept: time of modification and the execute bit. Everything becomes readable for all, because
// environments run as users of their own.

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace kiln::lambda {

inline constexpr std::int64_t kMaxZippedBytes = 52'428'800;
inline constexpr std::int64_t kMaxUnzippedBytes = 262'144'000;
inline constexpr std::int64_t kMaxEntries = 200'000;

struct ZipLimits {
  std::int64_t unzipped_bytes = kMaxUnzippedBytes;
  std::int64_t entries = kMaxEntries;
};

// Unpacks `zip` below `directory`, which exists and is empty; with an empty `directory` nothing is
// written and the zip is only checked. Answers the unzipped size. On an error `directory` may hold
// a part. Errors: kInvalidArgument broken or hostile, kNotFound no entries, kLimitExceeded too
// large (all three the uploader's fault), kIo.
Result<std::int64_t> unpack_zip(std::string_view zip, const std::string& directory,
                                const ZipLimits& limits = {});

// The name of an entry below the root: "./a//b/" becomes "a/b"; empty for the root itself.
// kInvalidArgument when it leads out of the root.
Result<std::string> safe_entry_name(std::string_view name);

// Whether a link in folder `depth` levels below the root stays inside. ".." is only allowed at the
// front, where it walks up real folders, so that chains of links cannot lead out either.
bool safe_link_target(std::string_view target, int depth);

}  // namespace kiln::lambda

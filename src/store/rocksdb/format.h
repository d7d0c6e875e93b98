// SPDX-License-Identifier: Apache-2.0
#pragma once
// How the RocksDB engine lays out keys and values. Pure functions; a change needs a new kFormat.
//
// Key: one byte of space, then the rest. Value of a data key: format byte, commit number (8 bytes
// big endian), then the caller's bytes. The commit number is the Version. Value of an idempotency
// key: end of its life as wall-clock milliseconds (8 bytes big endian).

#include "base/result.h"
#include "store/store.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace kiln::store::format {

inline constexpr std::string_view kFormat = "1";
inline constexpr char kMetaSpace = 'a';  // names of this engine: format, epoch
inline constexpr char kIdempotencySpace = 'i';
inline constexpr char kDataSpace = 'k';
inline constexpr char kAfterDataSpace = 'l';
inline constexpr char kValueFormat = 1;
inline constexpr std::size_t kVersionBytes = 8;
inline constexpr std::size_t kHeaderBytes = 1 + kVersionBytes;

inline std::string in_space(char space, std::string_view key) {
  std::string out;
  out.reserve(key.size() + 1);
  out.push_back(space);
  out.append(key);
  return out;
}

inline std::string encode_u64(std::uint64_t number) {
  std::string out(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<char>(number >> (56 - 8 * i));
  return out;
}

inline std::uint64_t decode_u64(std::string_view bytes) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < 8 && i < bytes.size(); ++i) {
    out = out << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return out;
}

inline std::string encode_header(std::uint64_t commit) { return kValueFormat + encode_u64(commit); }

inline Result<Entry> decode(std::string_view key_in_space, std::string_view stored) {
  if (stored.size() < kHeaderBytes || stored.front() != kValueFormat) {
    return fail(ErrorCode::kInternal,
                "store: a value has an unknown format; was the directory written by a newer kiln?");
  }
  return Entry{std::string(key_in_space.substr(1)), std::string(stored.substr(kHeaderBytes)),
               Version(stored.substr(1, kVersionBytes))};
}

}  // namespace kiln::store::format

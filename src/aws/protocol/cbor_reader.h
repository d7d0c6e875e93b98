// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads CBOR (RFC 8949) straight into a struct: no DOM.
//
// Definite and indefinite lengths, floats of all three sizes, tag 1 for times; other tags are
// passed over. Null and undefined are absence. Refused: text that is not UTF-8, lengths past the
// end, nesting over kMaxDepth, bytes after the value.

#include "aws/shape.h"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace kiln::aws::protocol {

// What the number of a time counts since the epoch.
enum class CborTime : std::uint8_t { kSeconds, kMilliseconds };

// `value` is a struct of `shape` (kStructure). Unknown members are skipped. The error says what is
// wrong and where.
std::expected<void, std::string> read_cbor(std::string_view bytes, const Shape& shape, void* value,
                                           CborTime time);

}  // namespace kiln::aws::protocol

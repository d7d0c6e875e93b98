// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads XML straight into a struct: no DOM, so a request costs what its struct holds.
//
// Refused: what is not well-formed or not UTF-8, a document type (so there are no entities but the
// five of XML and no expansion), nesting over kMaxDepth, over kMaxXmlAttributes on an element.
// Names match without their prefix. The name of the root does not matter; elements that the model
// does not know are skipped.

#include "aws/shape.h"

#include <expected>
#include <string>
#include <string_view>

namespace kiln::aws::protocol {

inline constexpr std::size_t kMaxXmlAttributes = 64;

// `value` is a struct of `shape` (kStructure). The error says what is wrong and where.
std::expected<void, std::string> read_xml(std::string_view text, const Shape& shape, void* value);

}  // namespace kiln::aws::protocol

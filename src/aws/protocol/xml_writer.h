// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writes structs as XML, as the query and rest-xml protocols do.

#include "aws/shape.h"

#include <string>
#include <string_view>

namespace kiln::aws::protocol {

// Character data and attribute values. What XML 1.0 cannot hold becomes U+FFFD.
void append_xml_text(std::string& out, std::string_view text);

// The name of a member in forms and of its element in XML; each element of a flattened list has it.
std::string_view xml_member_name(const Member& member);

// <name>text</name>
void write_xml_text(std::string& out, std::string_view name, std::string_view text);
// <name>...</name> for a value of `shape`; a flattened list or map is its elements only. `member`
// may be null.
void write_xml(std::string& out, std::string_view name, const Shape& shape, const Member* member,
               const void* value);
// <name>...</name> for a structure; `xmlns`, unless empty, is declared on it.
void write_xml_root(std::string& out, std::string_view name, std::string_view xmlns,
                    const Shape& shape, const void* value);
// The members of a structure, without an element around them.
void write_xml_members(std::string& out, const Shape& shape, const void* value);

}  // namespace kiln::aws::protocol

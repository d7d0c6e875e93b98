// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writes structs as CBOR, with definite lengths.

#include "aws/api_error.h"
#include "aws/protocol/cbor_reader.h"

#include <string>
#include <string_view>

namespace kiln::aws::protocol {

void write_cbor(std::string& out, const Shape& shape, const void* value, CborTime time);
// {"__type": type, ...}; without __type when `type` is empty.
std::string cbor_error_body(const ApiError& error, std::string_view type);

}  // namespace kiln::aws::protocol

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Members of rest protocols that travel outside the body: URI labels, query string, headers,
// status.

#include "aws/protocol/codec.h"

#include <map>
#include <string>

namespace kiln::aws::protocol {

// Error: SerializationException.
ApiResult<void> read_bindings(const WireRequest& request, const Shape& shape,
                              const std::map<std::string, std::string>& uri_labels, void* input);
void write_bindings(const Shape& shape, const void* output, http::Response& response);

// A payload that is bytes, text or a stream. False: it is a structure, for the codec to read.
bool read_raw_payload(const Member& payload, const WireRequest& request, void* input);
// False: it is a structure, for the codec to write. `blob_type` is the Content-Type where the
// output names none; `event_type` that of the payloads of events.
bool write_raw_payload(const Member& payload, const void* output, std::string_view blob_type,
                       std::string_view event_type, http::Response& response);

// The member that is the whole body, or null.
const Member* payload_member(const Shape& shape);
// True when some member travels in a body of its own making.
bool has_body_members(const Shape& shape);

ApiError serialization_error(std::string message);

}  // namespace kiln::aws::protocol

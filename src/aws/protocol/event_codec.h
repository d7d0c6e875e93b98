// SPDX-License-Identifier: Apache-2.0
#pragma once
// Events of a model as messages (event_stream.h) and back.
//
// An event stream's element is a union; the set member is the event, its members are headers, the
// payload, or fields of a payload in the protocol's format: "application/json", "application/xml"
// or "application/cbor".

#include "aws/api_error.h"
#include "aws/protocol/event_stream.h"
#include "aws/shape.h"
#include "http/message.h"

#include <string_view>

namespace kiln::aws::protocol {

// `event` is a struct of `shape`, a union of events; exceptions among them end a stream.
EventMessage write_event(const Shape& shape, const void* event, std::string_view format);
// The error as an exception event when the union names it, else as an error message.
EventMessage write_event_error(const Shape& shape, const ApiError& error, std::string_view format);
// Fills `event`. Error: SerializationException for what is malformed or no event of the union.
ApiResult<void> read_event(const Shape& shape, const EventMessage& message, std::string_view format,
                           void* event);

// Makes the response the events of `stream`, a member of `output`. With `initial`, the shape of
// `output`, its other members go first, as the event "initial-response".
void write_event_stream(const Member& stream, const void* output, std::string_view format,
                        const Shape* initial, http::Response& response);
// The event stream among a structure's members, or null.
const Member* event_stream_member(const Shape& shape);

}  // namespace kiln::aws::protocol

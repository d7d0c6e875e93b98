// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/event_codec.h"

#include "aws/protocol/cbor_reader.h"
#include "aws/protocol/cbor_writer.h"
#include "aws/protocol/codecs.h"
#include "aws/protocol/json_reader.h"
#include "aws/protocol/json_writer.h"
#include "aws/protocol/rest.h"
#include "aws/protocol/xml_reader.h"
#include "aws/protocol/xml_writer.h"
#include "aws/stream.h"

#include <algorithm>

namespace kiln::aws::protocol {
namespace {

std::string write_body(const Shape& shape, const void* value, std::string_view format) {
  std::string out;
  if (format == "application/json") {
    write_json(out, shape, value);
  } else if (format == "application/cbor") {
    write_cbor(out, shape, value, CborTime::kSeconds);
  } else {
    write_xml_root(out, shape.name, "", shape, value);
  }
  return out;
}

bool read_body(const Shape& shape, std::string_view text, std::string_view format, void* value) {
  if (text.empty()) return true;
  if (format == "application/json") return read_json(text, shape, value).has_value();
  if (format == "application/cbor")
    return read_cbor(text, shape, value, CborTime::kSeconds).has_value();
  return read_xml(text, shape, value).has_value();
}

EventHeader header_of(const Shape& shape, const void* value) {
  switch (shape.kind) {
    case Kind::kBoolean:
      return *static_cast<const bool*>(value);
    case Kind::kInteger:
      return *static_cast<const std::int32_t*>(value);
    case Kind::kLong:
      return *static_cast<const std::int64_t*>(value);
    case Kind::kTimestamp:
      return *static_cast<const Timestamp*>(value);
    case Kind::kBlob:
      return EventBytes{*static_cast<const std::string*>(value)};
    default:
      return *static_cast<const std::string*>(value);
  }
}

// False for a header of another type than the member's.
bool take_header(const Shape& shape, const EventHeader& header, void* value) {
  auto integer = [&header]() -> std::optional<std::int64_t> {
    if (const auto* v = std::get_if<std::int8_t>(&header)) return *v;
    if (const auto* v = std::get_if<std::int16_t>(&header)) return *v;
    if (const auto* v = std::get_if<std::int32_t>(&header)) return *v;
    if (const auto* v = std::get_if<std::int64_t>(&header)) return *v;
    return std::nullopt;
  };
  auto take = [&header, value]<class T>(const T*) {
    const auto* v = std::get_if<T>(&header);
    if (v) *static_cast<T*>(value) = *v;
    return v != nullptr;
  };
  switch (shape.kind) {
    case Kind::kBoolean:
      return take(static_cast<bool*>(nullptr));
    case Kind::kInteger:
      if (auto v = integer())
        return *static_cast<std::int32_t*>(value) = static_cast<int>(*v), true;
      return false;
    case Kind::kLong:
      if (auto v = integer()) return *static_cast<std::int64_t*>(value) = *v, true;
      return false;
    case Kind::kTimestamp:
      return take(static_cast<Timestamp*>(nullptr));
    case Kind::kBlob:
      if (const auto* v = std::get_if<EventBytes>(&header))
        return *static_cast<std::string*>(value) = v->bytes, true;
      return false;
    default:
      return take(static_cast<std::string*>(nullptr));
  }
}

const Member* find_payload(const Shape& shape) {
  auto found = std::ranges::find_if(shape.members, &Member::event_payload);
  return found == shape.members.end() ? nullptr : &*found;
}

bool has_fields(const Shape& shape) {
  return std::ranges::any_of(shape.members,
                             [](const Member& m) { return !m.event_header && !m.event_payload; });
}

void fill(const Shape& shape, const void* value, std::string_view format, EventMessage& message) {
  for (const Member& member : shape.members) {
    const void* field = member.event_header ? member.get(value) : nullptr;
    if (field) message.headers.emplace_back(member.wire_name, header_of(*member.shape, field));
  }
  const Member* payload = find_payload(shape);
  if (!payload && !has_fields(shape)) return;
  std::string_view type = format;
  if (!payload) {
    message.payload = write_body(shape, value, format);
  } else if (const void* field = payload->get(value)) {
    const Kind kind = payload->shape->kind;
    const bool raw = kind == Kind::kBlob || kind == Kind::kString;
    if (raw) type = kind == Kind::kBlob ? "application/octet-stream" : "text/plain";
    message.payload =
        raw ? *static_cast<const std::string*>(field) : write_body(*payload->shape, field, format);
  }
  message.headers.emplace_back(":content-type", std::string(type));
}

EventMessage begin(std::string_view kind, std::string_view type) {
  EventMessage message;
  const std::string name = kind == "exception" ? ":exception-type" : ":event-type";
  message.headers.emplace_back(name, std::string(type));
  message.headers.emplace_back(":message-type", std::string(kind));
  return message;
}

Result<std::optional<std::string>> encoded(const EventMessage& message) {
  auto bytes = encode_event(message);
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  return std::move(*bytes);
}

struct Sending {
  std::shared_ptr<EventSource> source;
  const Shape* events;
  std::string format;
  std::optional<EventMessage> first;
  bool ended = false;
};

Task<Result<std::optional<std::string>>> next_event(std::shared_ptr<Sending> sending) {
  if (sending->first) {
    EventMessage first = std::move(*sending->first);
    sending->first.reset();
    co_return encoded(first);
  }
  if (sending->ended || !sending->source) co_return std::nullopt;
  auto task = sending->source->next();
  auto event = co_await std::move(task);
  if (!event) {
    sending->ended = true;
    co_return encoded(write_event_error(*sending->events, event.error(), sending->format));
  }
  if (!*event) co_return std::nullopt;
  co_return encoded(write_event(*sending->events, *event, sending->format));
}

}  // namespace

EventMessage write_event(const Shape& shape, const void* event, std::string_view format) {
  for (const Member& member : shape.members) {
    const void* value = member.get(event);
    if (!value) continue;
    EventMessage message =
        begin(member.shape->is_exception ? "exception" : "event", member.wire_name);
    fill(*member.shape, value, format, message);
    return message;
  }
  return begin("event", "");
}

EventMessage write_event_error(const Shape& shape, const ApiError& error, std::string_view format) {
  const bool named = std::ranges::any_of(shape.members, [&error](const Member& member) {
    return member.shape->is_exception && member.shape->name == error.code;
  });
  if (!named) {
    EventMessage message;
    message.headers.emplace_back(":message-type", std::string("error"));
    message.headers.emplace_back(":error-code", error.code);
    // A header's text has a bound.
    message.headers.emplace_back(":error-message", error.message.substr(0, 1024));
    return message;
  }
  EventMessage message = begin("exception", error.code);
  message.headers.emplace_back(":content-type", std::string(format));
  if (format == "application/json") {
    message.payload = json_error_body(error, "");
  } else if (format == "application/cbor") {
    message.payload = cbor_error_body(error, "");
  } else {
    message.payload = "<Error>";
    write_xml_text(message.payload, "Message", error.message);
    message.payload += "</Error>";
  }
  return message;
}

ApiResult<void> read_event(const Shape& shape, const EventMessage& message, std::string_view format,
                           void* event) {
  const std::string_view type = message.text(":event-type");
  auto member = std::ranges::find(shape.members, type, &Member::wire_name);
  if (message.text(":message-type") != "event" || member == shape.members.end())
    return fail(serialization_error("Unknown event '" + std::string(type) + "'"));
  const Shape& of = *member->shape;
  void* value = member->emplace(event);
  for (const Member& field : of.members) {
    if (!field.event_header) continue;
    for (const auto& [name, header] : message.headers) {
      if (name == field.wire_name && !take_header(*field.shape, header, field.emplace(value)))
        return fail(serialization_error("Header '" + name + "' is of another type"));
    }
  }
  const Member* payload = find_payload(of);
  bool read = true;
  if (!payload) {
    read = !has_fields(of) || read_body(of, message.payload, format, value);
  } else if (payload->shape->kind == Kind::kBlob || payload->shape->kind == Kind::kString) {
    *static_cast<std::string*>(payload->emplace(value)) = message.payload;
  } else {
    read = read_body(*payload->shape, message.payload, format, payload->emplace(value));
  }
  if (!read) return fail(serialization_error("The payload of an event is malformed"));
  return {};
}

void write_event_stream(const Member& stream, const void* output, std::string_view format,
                        const Shape* initial, http::Response& response) {
  auto sending = std::make_shared<Sending>();
  if (const void* value = stream.get(output))
    sending->source = static_cast<const AnyEventStream*>(value)->source();
  sending->events = stream.shape->element;
  sending->format = format;
  if (initial) {
    sending->first = begin("event", "initial-response");
    sending->first->headers.emplace_back(":content-type", std::string(format));
    sending->first->payload = write_body(*initial, output, format);
  }
  response.headers.set("Content-Type", "application/vnd.amazon.eventstream");
  response.producer = [sending] { return next_event(sending); };
}

const Member* event_stream_member(const Shape& shape) {
  auto found = std::ranges::find_if(
      shape.members, [](const Member& m) { return m.shape->kind == Kind::kEventStream; });
  return found == shape.members.end() ? nullptr : &*found;
}

}  // namespace kiln::aws::protocol

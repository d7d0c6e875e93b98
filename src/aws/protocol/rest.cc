// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/rest.h"

#include "aws/protocol/event_codec.h"
#include "aws/protocol/form.h"
#include "aws/protocol/scalar.h"
#include "base/encoding.h"

#include <algorithm>
#include <vector>

namespace kiln::aws::protocol {
namespace {

std::string_view trim(std::string_view text) {
  auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Elements of a comma-separated header; quoted ones lose their quotes. An HTTP date holds one
// comma.
std::vector<std::string> split_header(std::string_view text, bool http_dates) {
  std::vector<std::string> out;
  std::string item;
  bool quoted = false;
  bool was_quoted = false;
  int commas = 0;
  auto finish = [&out, &item, &was_quoted] {
    out.push_back(was_quoted ? item : std::string(trim(item)));
    item.clear();
    was_quoted = false;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quoted && c == '\\' && i + 1 < text.size()) {
      item.push_back(text[++i]);
    } else if (c == '"' && (quoted || trim(item).empty())) {
      if (!quoted) item.clear();
      quoted = !quoted;
      was_quoted = true;
    } else if (c == ',' && !quoted && !(http_dates && ++commas % 2 == 1)) {
      finish();
    } else if (!was_quoted || quoted) {
      item.push_back(c);
    }
  }
  finish();
  return out;
}

bool is_http_date_list(const Member& member) {
  return member.shape->element->kind == Kind::kTimestamp &&
         time_format(nullptr, *member.shape->element, TimeFormat::kHttpDate) ==
             TimeFormat::kHttpDate;
}

ApiResult<void> read_text(const Member& member, const Shape& shape, std::string_view text,
                          void* value) {
  if (parse_scalar(shape, time_format(&member, shape, TimeFormat::kDefault), text, value))
    return {};
  return fail(serialization_error("'" + std::string(text) + "' can not be converted to " +
                                  std::string(java_name(shape.kind))));
}

ApiResult<void> read_texts(const Member& member, const std::vector<std::string>& texts,
                           void* input) {
  if (texts.empty()) return {};
  void* value = member.emplace(input);
  if (member.shape->kind != Kind::kList) return read_text(member, *member.shape, texts[0], value);
  for (const auto& text : texts) {
    auto done = read_text(member, *member.shape->element, text, member.shape->append(value));
    if (!done) return done;
  }
  return {};
}

ApiResult<void> read_header(const Member& member, const http::Headers& headers, void* input) {
  auto text = headers.get(member.wire_name);
  if (!text) return {};
  if (member.json_value) {
    auto json = base64_decode(*text);
    if (!json) return fail(serialization_error("A header is no base64"));
    return read_texts(member, {std::move(*json)}, input);
  }
  if (member.shape->kind != Kind::kList) return read_texts(member, {std::string(*text)}, input);
  std::vector<std::string> all;
  if (trim(*text).empty()) return static_cast<void>(member.emplace(input)), ApiResult<void>();
  for (const auto& [name, value] : headers.fields()) {
    if (!http::equals_ignore_case(name, member.wire_name)) continue;
    auto items = split_header(value, is_http_date_list(member));
    all.insert(all.end(), items.begin(), items.end());
  }
  return read_texts(member, all, input);
}

ApiResult<void> read_header_map(const Member& member, const http::Headers& headers, void* input) {
  void* map = nullptr;
  for (const auto& [name, value] : headers.fields()) {
    std::string_view prefix = member.wire_name;
    if (name.size() < prefix.size() ||
        !http::equals_ignore_case(std::string_view(name).substr(0, prefix.size()), prefix))
      continue;
    if (!map) map = member.emplace(input);
    auto done = read_text(member, *member.shape->element, value,
                          member.shape->insert(map, name.substr(prefix.size())));
    if (!done) return done;
  }
  return {};
}

// A map takes every parameter, those that other members name too.
ApiResult<void> read_query_map(const Member& member, const Parameters& parameters, void* input) {
  std::map<std::string, std::vector<std::string>> rest;
  for (const auto& [name, value] : parameters) rest[name].push_back(value);
  if (rest.empty()) return {};
  void* map = member.emplace(input);
  const Shape& element = *member.shape->element;
  for (const auto& [name, values] : rest) {
    void* item = member.shape->insert(map, name);
    if (element.kind != Kind::kList) {
      if (auto done = read_text(member, element, values[0], item); !done) return done;
      continue;
    }
    for (const auto& value : values) {
      auto done = read_text(member, *element.element, value, element.append(item));
      if (!done) return done;
    }
  }
  return {};
}

ApiResult<void> read_query(const Member& member, const Parameters& parameters, void* input) {
  if (member.shape->kind == Kind::kMap) return read_query_map(member, parameters, input);
  std::vector<std::string> texts;
  for (const auto& [name, value] : parameters) {
    if (name == member.wire_name) texts.push_back(value);
  }
  return read_texts(member, texts, input);
}

std::string quote_item(const std::string& text) {
  if (text.find_first_of(",\"") == std::string::npos) return text;
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}

std::string header_text(const Member& member, const void* value) {
  const Shape& shape = *member.shape;
  if (member.json_value) return base64_encode(*static_cast<const std::string*>(value));
  if (shape.kind != Kind::kList)
    return format_scalar(shape, time_format(&member, shape, TimeFormat::kHttpDate), value);
  std::string out;
  const Shape& element = *shape.element;
  for (std::size_t i = 0, n = shape.size(value); i < n; ++i) {
    if (i > 0) out += ", ";
    auto text = format_scalar(element, time_format(nullptr, element, TimeFormat::kHttpDate),
                              shape.at(value, i));
    out += element.kind == Kind::kString ? quote_item(text) : text;
  }
  return out;
}

void write_header_map(const Member& member, const void* value, http::Response& response) {
  struct Context {
    const Member& member;
    http::Response& response;
  } context{member, response};
  member.shape->for_each(value, &context, [](void* raw, const std::string& key, const void* item) {
    auto& c = *static_cast<Context*>(raw);
    c.response.headers.add(std::string(c.member.wire_name) + key,
                           *static_cast<const std::string*>(item));
  });
}

Task<Result<std::optional<std::string>>> next_piece(ByteStream stream) {
  auto task = stream.read();
  auto piece = co_await std::move(task);
  if (!piece) co_return std::unexpected(std::move(piece.error()));
  if (piece->empty()) co_return std::nullopt;
  co_return std::move(*piece);
}

}  // namespace

ApiResult<void> read_bindings(const WireRequest& request, const Shape& shape,
                              const std::map<std::string, std::string>& uri_labels, void* input) {
  Parameters parameters;
  if (!parse_parameters(request.query, parameters))
    return fail(serialization_error("Malformed percent escape in the query string"));
  for (const Member& member : shape.members) {
    ApiResult<void> done;
    switch (member.location) {
      case Location::kUri:
        if (auto label = uri_labels.find(std::string(member.wire_name)); label != uri_labels.end())
          done = read_texts(member, {label->second}, input);
        break;
      case Location::kQuery:
        done = read_query(member, parameters, input);
        break;
      case Location::kHeader:
        done = read_header(member, *request.headers, input);
        break;
      case Location::kHeaders:
        done = read_header_map(member, *request.headers, input);
        break;
      case Location::kBody:
      case Location::kStatusCode:
        break;
    }
    if (!done) return done;
  }
  return {};
}

void write_bindings(const Shape& shape, const void* output, http::Response& response) {
  for (const Member& member : shape.members) {
    const void* value = member.get(output);
    if (!value) continue;
    if (member.location == Location::kHeader) {
      std::string text = header_text(member, value);
      // The head of a HEAD's answer says how long the body would be.
      if (member.wire_name == "Content-Length") response.content_length = std::stoull(text);
      response.headers.set(member.wire_name, std::move(text));
    } else if (member.location == Location::kHeaders) {
      write_header_map(member, value, response);
    } else if (member.location == Location::kStatusCode) {
      response.status = *static_cast<const std::int32_t*>(value);
    }
  }
}

const Member* payload_member(const Shape& shape) {
  auto found = std::ranges::find_if(shape.members, &Member::payload);
  return found == shape.members.end() ? nullptr : &*found;
}

bool has_body_members(const Shape& shape) {
  return std::ranges::any_of(shape.members, [](const Member& member) {
    return member.location == Location::kBody && !member.payload;
  });
}

bool read_raw_payload(const Member& payload, const WireRequest& request, void* input) {
  switch (payload.shape->kind) {
    case Kind::kString:
    case Kind::kBlob:
    case Kind::kDocument:
      if (!request.body.empty()) *static_cast<std::string*>(payload.emplace(input)) = request.body;
      return true;
    case Kind::kByteStream:
      *static_cast<ByteStream*>(payload.emplace(input)) =
          request.stream ? request.stream : ByteStream(std::string(request.body));
      return true;
    default:
      return false;
  }
}

bool write_raw_payload(const Member& payload, const void* output, std::string_view blob_type,
                       std::string_view event_type, http::Response& response) {
  const Kind kind = payload.shape->kind;
  const void* value = payload.get(output);
  if (kind == Kind::kEventStream) {
    if (value) write_event_stream(payload, output, event_type, nullptr, response);
    return true;
  }
  const bool text = kind == Kind::kString;
  if (!text && kind != Kind::kBlob && kind != Kind::kDocument && kind != Kind::kByteStream)
    return false;
  if (!response.headers.contains("Content-Type"))
    response.headers.set("Content-Type", std::string(text ? "text/plain" : blob_type));
  if (!value) return true;
  if (kind == Kind::kByteStream) {
    const auto& stream = *static_cast<const ByteStream*>(value);
    response.content_length = stream.length();
    if (stream) response.producer = [stream] { return next_piece(stream); };
  } else {
    response.body = *static_cast<const std::string*>(value);
  }
  return true;
}

ApiError serialization_error(std::string message) {
  return ApiError{"SerializationException", 400, std::move(message)};
}

}  // namespace kiln::aws::protocol

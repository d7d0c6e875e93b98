// SPDX-License-Identifier: Apache-2.0
#include "aws/sigv4.h"
#include "base/crypto.h"
#include "base/encoding.h"

#include <algorithm>
#include <array>

namespace kiln::aws::sigv4 {
namespace {

constexpr std::string_view kUpperHex = "0123456789ABCDEF";

constexpr std::array<bool, 256> make_unreserved() {
  std::array<bool, 256> table{};
  for (int c = 0; c < 256; ++c) {
    table[static_cast<std::size_t>(c)] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                         (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                                         c == '.' || c == '~';
  }
  return table;
}
constexpr auto kUnreserved = make_unreserved();

void append_encoded(std::string& out, unsigned char c) {
  if (kUnreserved[c]) {
    out += static_cast<char>(c);
  } else {
    out += '%';
    out += kUpperHex[c >> 4];
    out += kUpperHex[c & 15];
  }
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Escapes that are there keep their meaning but are spelled in upper case and only where needed.
void append_normalized(std::string& out, std::string_view text, bool keep_slash) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        append_encoded(out, static_cast<unsigned char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    if (text[i] == '/' && keep_slash) {
      out += '/';
    } else {
      append_encoded(out, static_cast<unsigned char>(text[i]));
    }
  }
}

// Dot segments and empty segments go; what is left is encoded once more, escapes included.
void append_path(std::string& out, std::string_view path, bool normalize) {
  if (!normalize) {
    if (path.empty()) path = "/";
    append_normalized(out, path, true);
    return;
  }
  std::vector<std::string_view> segments;
  bool ends_in_slash = true;
  for (std::size_t begin = 0; begin <= path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    begin = end + 1;
    ends_in_slash = segment.empty() || segment == "." || segment == "..";
    if (segment == "..") {
      if (!segments.empty()) segments.pop_back();
    } else if (!ends_in_slash) {
      segments.push_back(segment);
    }
  }
  for (const auto segment : segments) {
    out += '/';
    for (const char c : segment) append_encoded(out, static_cast<unsigned char>(c));
  }
  if (segments.empty() || ends_in_slash) out += '/';
}

void append_query(std::string& out, std::string_view query) {
  if (query.empty()) return;
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (part.empty()) continue;
    const auto equals = std::min(part.find('='), part.size());
    if (part.substr(0, equals) == "X-Amz-Signature") continue;
    auto& [name, value] = parameters.emplace_back();
    append_normalized(name, part.substr(0, equals), false);
    append_normalized(value, part.substr(std::min(equals + 1, part.size())), false);
  }
  std::ranges::sort(parameters);
  bool first = true;
  for (const auto& [name, value] : parameters) {
    if (!first) out += '&';
    first = false;
    out += name;
    out += '=';
    out += value;
  }
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

void append_value(std::string& out, std::string_view value) {
  bool pending = false, any = false;
  for (const char c : value) {
    if (is_space(c)) {
      pending = any;
      continue;
    }
    if (pending) out += ' ';
    pending = false;
    any = true;
    out += c;
  }
}

void append_header(std::string& out, std::string_view name, const http::Headers& headers) {
  out += name;
  out += ':';
  bool first = true;
  for (const auto& [field, value] : headers.fields()) {
    if (field.size() != name.size() || !http::equals_ignore_case(field, name)) continue;
    if (!first) out += ',';
    first = false;
    append_value(out, value);
  }
  out += '\n';
}

}  // namespace

std::string canonical_request(const SignedRequest& request,
                              const std::vector<std::string>& signed_headers,
                              std::string_view payload_hash, bool normalize_path) {
  std::string out;
  out.reserve(1024);
  out += request.method;
  out += '\n';
  append_path(out, request.path, normalize_path);
  out += '\n';
  append_query(out, request.query);
  out += '\n';
  for (const auto& name : signed_headers) {
    // HTTP/2 clients sign ":authority" for what arrives here as Host.
    append_header(out, name == ":authority" ? std::string_view("host") : name, *request.headers);
  }
  out += '\n';
  for (std::size_t i = 0; i < signed_headers.size(); ++i) {
    if (i != 0) out += ';';
    out += signed_headers[i];
  }
  out += '\n';
  out += payload_hash;
  return out;
}

std::string string_to_sign(std::string_view amz_date, std::string_view scope,
                           std::string_view canonical_request) {
  std::string out = "AWS4-HMAC-SHA256\n";
  out += amz_date;
  out += '\n';
  out += scope;
  out += '\n';
  out += sha256_hex(canonical_request);
  return out;
}

}  // namespace kiln::aws::sigv4

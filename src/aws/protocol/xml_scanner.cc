// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/xml_scanner.h"

#include "aws/protocol/codec.h"
#include "aws/protocol/xml_reader.h"
#include "base/encoding.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace kiln::aws::protocol {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

bool is_xml_char(std::uint32_t c) {
  return c == 0x9 || c == 0xA || c == 0xD || (c >= 0x20 && c <= 0xD7FF) ||
         (c >= 0xE000 && c <= 0xFFFD) || (c >= 0x10000 && c <= 0x10FFFF);
}

void append_utf8(std::uint32_t c, std::string& out) {
  auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) return put(0xC0 | c >> 6), put(0x80 | (c & 0x3F));
  if (c < 0x10000) return put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
  put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 0x3F)), put(0x80 | (c >> 6 & 0x3F));
  put(0x80 | (c & 0x3F));
}

}  // namespace

std::string_view local_name(std::string_view name) {
  auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

XmlScanner::XmlScanner(std::string_view text) : all_(text), rest_(text) {
  if (!is_valid_utf8(text)) error_ = "The document is not UTF-8";
  if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
}

XmlScanner::Token XmlScanner::fail(std::string_view what) {
  if (error_.empty())
    error_ = std::string(what) + " at offset " + std::to_string(all_.size() - rest_.size());
  return Token::kError;
}

XmlScanner::Token XmlScanner::next() {
  if (!error_.empty()) return Token::kError;
  if (pending_end_) {
    pending_end_ = false;
    name_ = open_.back();
    open_.pop_back();
    return Token::kEnd;
  }
  while (!rest_.empty()) {
    if (rest_[0] != '<') {
      auto raw = rest_.substr(0, rest_.find('<'));
      if (!open_.empty()) return character_data(raw, true);
      if (raw.find_first_not_of(kSpace) != std::string_view::npos)
        return fail("Text outside of the root element");
      rest_.remove_prefix(raw.size());
    } else if (rest_.starts_with("<!--")) {
      if (!skip_past("-->", "Unfinished comment")) return Token::kError;
    } else if (rest_.starts_with("<?")) {
      if (!skip_past("?>", "Unfinished processing instruction")) return Token::kError;
    } else {
      return markup();
    }
  }
  if (!open_.empty()) return fail("An element is not closed");
  return seen_root_ ? Token::kEof : fail("There is no element");
}

XmlScanner::Token XmlScanner::markup() {
  constexpr std::string_view kCdata = "<![CDATA[";
  if (rest_.starts_with(kCdata)) {
    auto end = rest_.find("]]>");
    if (end == std::string_view::npos || open_.empty()) return fail("Misplaced CDATA section");
    auto raw = rest_.substr(kCdata.size(), end - kCdata.size());
    rest_.remove_prefix(kCdata.size());
    Token token = character_data(raw, false);
    rest_.remove_prefix(3);
    return token;
  }
  if (rest_.starts_with("<!")) return fail("A document type is not allowed");
  return rest_.starts_with("</") ? end_tag() : start_tag();
}

XmlScanner::Token XmlScanner::start_tag() {
  if (open_.empty() && seen_root_) return fail("A second root element");
  if (open_.size() >= kMaxDepth) return fail("Nested too deeply");
  rest_.remove_prefix(1);
  name_ = read_name();
  if (name_.empty()) return fail("Bad element name");
  attributes_.clear();
  while (true) {
    const bool space = !rest_.empty() && kSpace.contains(rest_[0]);
    skip_space();
    if (rest_.starts_with(">")) {
      rest_.remove_prefix(1);
      break;
    }
    if (rest_.starts_with("/>")) {
      rest_.remove_prefix(2);
      pending_end_ = true;
      break;
    }
    if (!space || !attribute()) return fail("Bad attribute");
  }
  seen_root_ = true;
  open_.push_back(name_);
  return Token::kStart;
}

bool XmlScanner::attribute() {
  auto name = read_name();
  skip_space();
  if (name.empty() || !rest_.starts_with("=") || attributes_.size() >= kMaxXmlAttributes)
    return false;
  rest_.remove_prefix(1);
  skip_space();
  if (!rest_.starts_with("\"") && !rest_.starts_with("'")) return false;
  auto end = rest_.find(rest_[0], 1);
  if (end == std::string_view::npos) return false;
  auto raw = rest_.substr(1, end - 1);
  if (raw.contains('<')) return false;
  if (std::ranges::any_of(attributes_, [name](const auto& a) { return a.first == name; }))
    return false;
  if (!append_decoded(raw, true, attributes_.emplace_back(name, "").second)) return false;
  rest_.remove_prefix(end + 1);
  return true;
}

XmlScanner::Token XmlScanner::end_tag() {
  rest_.remove_prefix(2);
  name_ = read_name();
  skip_space();
  if (!rest_.starts_with(">") || open_.empty() || open_.back() != name_)
    return fail("A closing tag without its opening one");
  rest_.remove_prefix(1);
  open_.pop_back();
  return Token::kEnd;
}

XmlScanner::Token XmlScanner::character_data(std::string_view raw, bool decode) {
  text_.clear();
  if (!decode) {
    text_ = raw;
  } else if (!append_decoded(raw, false, text_)) {
    return fail("Bad character or reference in text");
  }
  rest_.remove_prefix(raw.size());
  return Token::kText;
}

bool XmlScanner::skip_past(std::string_view end, std::string_view what) {
  auto at = rest_.find(end);
  if (at == std::string_view::npos) return fail(what), false;
  rest_.remove_prefix(at + end.size());
  return true;
}

void XmlScanner::skip_space() {
  rest_.remove_prefix(std::min(rest_.find_first_not_of(kSpace), rest_.size()));
}

std::string_view XmlScanner::read_name() {
  auto name = rest_.substr(0, rest_.find_first_of(" \t\r\n/>=<&\"'"));
  rest_.remove_prefix(name.size());
  return name;
}

// Line ends become \n; in attributes white space becomes a space.
bool XmlScanner::append_decoded(std::string_view raw, bool attribute, std::string& out) {
  for (std::size_t i = 0; i < raw.size(); ++i) {
    char c = raw[i];
    if (c == '&') {
      auto end = raw.find(';', i);
      if (end == std::string_view::npos || end - i > 10 ||
          !append_reference(raw.substr(i + 1, end - i - 1), out))
        return false;
      i = end;
    } else if (c == '\r') {
      if (i + 1 == raw.size() || raw[i + 1] != '\n') out.push_back(attribute ? ' ' : '\n');
    } else if (static_cast<unsigned char>(c) < 0x20 && !kSpace.contains(c)) {
      return false;
    } else {
      out.push_back(attribute && kSpace.contains(c) ? ' ' : c);
    }
  }
  return true;
}

bool XmlScanner::append_reference(std::string_view reference, std::string& out) {
  if (reference == "amp") return out.push_back('&'), true;
  if (reference == "lt") return out.push_back('<'), true;
  if (reference == "gt") return out.push_back('>'), true;
  if (reference == "quot") return out.push_back('"'), true;
  if (reference == "apos") return out.push_back('\''), true;
  if (!reference.starts_with('#')) return false;
  reference.remove_prefix(1);
  const int base = reference.starts_with('x') ? 16 : 10;
  if (base == 16) reference.remove_prefix(1);
  std::uint32_t code = 0;
  auto [end, error] =
      std::from_chars(reference.data(), reference.data() + reference.size(), code, base);
  if (error != std::errc() || end != reference.data() + reference.size() || !is_xml_char(code))
    return false;
  append_utf8(code, out);
  return true;
}

}  // namespace kiln::aws::protocol

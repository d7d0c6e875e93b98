// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/xml_reader.h"

#include "aws/protocol/scalar.h"
#include "aws/protocol/xml_scanner.h"
#include "aws/protocol/xml_writer.h"

namespace kiln::aws::protocol {
namespace {

using Token = XmlScanner::Token;

// Every function is called behind a start tag and returns behind its end tag. Recursion is bounded
// by the scanner's depth.
class Reader {
 public:
  explicit Reader(std::string_view text) : scanner_(text) {}

  bool document(const Shape& shape, void* value) {
    if (scanner_.next() != Token::kStart) return false;
    return structure(shape, value) && scanner_.next() == Token::kEof;
  }
  std::string error() const { return error_.empty() ? scanner_.error() : error_; }

 private:
  // The next child; kEnd when there is none. Text between children is white space at best.
  Token child() {
    Token token = scanner_.next();
    while (token == Token::kText) token = scanner_.next();
    return token;
  }

  bool skip() {
    const std::size_t depth = scanner_.depth();
    while (scanner_.depth() >= depth) {
      if (scanner_.next() == Token::kError) return false;
    }
    return true;
  }

  bool value_of(const Shape& shape, const Member* member, void* value) {
    switch (shape.kind) {
      case Kind::kStructure:
        return structure(shape, value);
      case Kind::kList:
        return list(shape, value);
      case Kind::kMap:
        return map(shape, value);
      default:
        return scalar(shape, member, value);
    }
  }

  bool scalar(const Shape& shape, const Member* member, void* value) {
    std::string text;
    Token token = scanner_.next();
    for (; token == Token::kText; token = scanner_.next()) text += scanner_.text();
    if (token == Token::kStart) return fail("Unexpected element " + std::string(scanner_.name()));
    return token == Token::kEnd && parse(shape, member, text, value);
  }

  bool parse(const Shape& shape, const Member* member, std::string_view text, void* value) {
    if (shape.kind != Kind::kString) {
      constexpr std::string_view kSpace = " \t\r\n";
      text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
      text = text.substr(0, text.find_last_not_of(kSpace) + 1);
    }
    if (parse_scalar(shape, time_format(member, shape, TimeFormat::kDefault), text, value))
      return true;
    return fail("'" + std::string(text) + "' can not be converted to " +
                std::string(java_name(shape.kind)));
  }

  bool attributes(const Shape& shape, void* value) {
    for (const Member& member : shape.members) {
      if (!member.xml_attribute) continue;
      for (const auto& [name, text] : scanner_.attributes()) {
        if (name.starts_with("xmlns") || local_name(name) != local_name(member.wire_name)) continue;
        if (!parse(*member.shape, &member, text, member.emplace(value))) return false;
      }
    }
    return true;
  }

  static const Member* find(const Shape& shape, std::string_view name) {
    for (const Member& member : shape.members) {
      if (member.xml_attribute || member.location != Location::kBody) continue;
      if (local_name(xml_member_name(member)) == name) return &member;
    }
    return nullptr;
  }

  bool structure(const Shape& shape, void* value) {
    if (!attributes(shape, value)) return false;
    Token token = child();
    for (; token == Token::kStart; token = child()) {
      const Member* member = find(shape, local_name(scanner_.name()));
      if (!(member ? field(*member, value) : skip())) return false;
    }
    return token == Token::kEnd;
  }

  bool field(const Member& member, void* value) {
    const Shape& shape = *member.shape;
    const bool flattened = shape.flattened || member.flattened;
    if (!flattened || (shape.kind != Kind::kList && shape.kind != Kind::kMap))
      return value_of(shape, &member, member.emplace(value));
    // Each element of a flattened list stands for itself.
    void* all = const_cast<void*>(member.get(value));
    if (!all) all = member.emplace(value);
    if (shape.kind == Kind::kMap) return entry(shape, all);
    return value_of(*shape.element, nullptr, shape.append(all));
  }

  bool list(const Shape& shape, void* value) {
    Token token = child();
    for (; token == Token::kStart; token = child()) {
      const bool known = local_name(scanner_.name()) == local_name(shape.element_name);
      if (!(known ? value_of(*shape.element, nullptr, shape.append(value)) : skip())) return false;
    }
    return token == Token::kEnd;
  }

  bool map(const Shape& shape, void* value) {
    Token token = child();
    for (; token == Token::kStart; token = child()) {
      if (!(local_name(scanner_.name()) == "entry" ? entry(shape, value) : skip())) return false;
    }
    return token == Token::kEnd;
  }

  bool entry(const Shape& shape, void* map) {
    std::string key;
    void* item = nullptr;
    Token token = child();
    for (; token == Token::kStart; token = child()) {
      auto name = local_name(scanner_.name());
      if (name == local_name(shape.key_name)) {
        if (item || !scalar(*shape.key, nullptr, &key)) return fail("Misplaced key of a map");
      } else if (name == local_name(shape.value_name)) {
        item = shape.insert(map, key);
        if (!value_of(*shape.element, nullptr, item)) return false;
      } else if (!skip()) {
        return false;
      }
    }
    return token == Token::kEnd;
  }

  bool fail(std::string message) {
    if (error_.empty() && scanner_.error().empty()) error_ = std::move(message);
    return false;
  }

  XmlScanner scanner_;
  std::string error_;
};

}  // namespace

std::expected<void, std::string> read_xml(std::string_view text, const Shape& shape, void* value) {
  Reader reader(text);
  if (reader.document(shape, value)) return {};
  return std::unexpected(reader.error());
}

}  // namespace kiln::aws::protocol

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Cuts an XML document into tags and text. One pass, no recursion; knows nothing of shapes.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln::aws::protocol {

// "xsi:type" -> "type".
std::string_view local_name(std::string_view name);

class XmlScanner {
 public:
  enum class Token : unsigned char { kStart, kEnd, kText, kEof, kError };

  // `text` outlives the scanner.
  explicit XmlScanner(std::string_view text);

  // kStart: name() and attributes() are of the tag; an empty element is a start and an end. kText:
  // text() is decoded; neighbouring pieces (CDATA, comments between) may come apart.
  Token next();
  std::string_view name() const { return name_; }
  const std::vector<std::pair<std::string_view, std::string>>& attributes() const {
    return attributes_;
  }
  const std::string& text() const { return text_; }
  const std::string& error() const { return error_; }
  std::size_t depth() const { return open_.size(); }

 private:
  Token fail(std::string_view what);
  Token markup();
  Token start_tag();
  Token end_tag();
  Token character_data(std::string_view raw, bool decode);
  bool skip_past(std::string_view end, std::string_view what);
  bool attribute();
  void skip_space();
  std::string_view read_name();
  bool append_decoded(std::string_view raw, bool attribute, std::string& out);
  bool append_reference(std::string_view reference, std::string& out);

  std::string_view all_;
  std::string_view rest_;
  std::string_view name_;
  std::vector<std::pair<std::string_view, std::string>> attributes_;
  std::vector<std::string_view> open_;
  std::string text_;
  std::string error_;
  bool seen_root_ = false;
  bool pending_end_ = false;
};

}  // namespace kiln::aws::protocol

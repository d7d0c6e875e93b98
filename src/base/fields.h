// SPDX-License-Identifier: Apache-2.0
#pragma once
// The bytes of a stored value: a format byte, then numbers and texts one after another. The reader
// checks every length, so damaged bytes are an error and never a crash.

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace kiln {

class FieldWriter {
 public:
  explicit FieldWriter(char format = '\1') { out_.push_back(format); }
  FieldWriter& number(std::int64_t value);
  FieldWriter& text(std::string_view value);
  std::string bytes() { return std::move(out_); }  // last call

 private:
  std::string out_;
};

class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes, char format = '\1');
  // Zero and empty once something was missing.
  std::int64_t number();
  std::string text();
  bool at_end() const { return rest_.empty(); }
  // kInternal when a field was missing or the format is another.
  Status status() const;

 private:
  std::string_view take(std::size_t size);
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace kiln

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Stored values of IAM: one byte of format version, then fields in a fixed order. Later formats may
// append fields; a reader that finds the end answers defaults, so old values stay readable.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln::iam {

using Tags = std::vector<std::pair<std::string, std::string>>;

class RecordWriter {
 public:
  explicit RecordWriter(std::uint8_t version) { out_ += static_cast<char>(version); }
  RecordWriter& number(std::int64_t value);
  RecordWriter& text(std::string_view value);
  RecordWriter& list(const std::vector<std::string>& values);
  RecordWriter& tags(const Tags& values);
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

// Never throws and never reads past the end; ok() is false once something did not fit.
class RecordReader {
 public:
  explicit RecordReader(std::string_view bytes);
  std::uint8_t version() const { return version_; }
  std::int64_t number();
  std::string text();
  std::vector<std::string> list();
  Tags tags();
  bool ok() const { return ok_; }

 private:
  std::size_t count();
  std::string_view rest_;
  std::uint8_t version_ = 0;
  bool ok_ = true;
};

}  // namespace kiln::iam

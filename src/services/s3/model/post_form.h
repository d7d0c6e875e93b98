// SPDX-License-Identifier: Apache-2.0
#pragma once
// PostForm takes a browser's multipart/form-data upload apart while it arrives: fields up to the
// file, then the file's bytes, without keeping them. What comes behind the file is ignored.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html
//
// Limits: 20 KB of fields, names and part headers before the file.

#include "aws/api_error.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln::s3 {

class PostForm {
 public:
  static constexpr std::size_t kMaxFieldBytes = 20 * 1024;

  // The boundary of a Content-Type; nullopt: it is no form, or has none that is allowed.
  static std::optional<std::string> boundary_of(std::string_view content_type);

  explicit PostForm(std::string_view boundary);

  // Takes the next bytes of the body; appends those of the file to `file`.
  // MalformedPOSTRequest, MaxPostPreDataLengthExceeded.
  aws::ApiResult<void> feed(std::string_view in, std::string& file);
  // All fields before the file are known.
  bool at_file() const { return state_ == State::kFile || state_ == State::kDone; }
  // The file's end was seen.
  bool complete() const { return state_ == State::kDone; }
  // The form has ended without a file.
  bool without_file() const { return state_ == State::kEnded; }

  // Values by lower-case name; the first of a name counts. "${filename}" is filled in.
  std::vector<std::pair<std::string, std::string>> fields() const;

 private:
  enum class State : std::uint8_t {
    kBetween,
    kAfterDelimiter,
    kHeaders,
    kValue,
    kFile,
    kDone,
    kEnded
  };
  // False: more bytes are needed.
  aws::ApiResult<bool> step(std::string& file);
  aws::ApiResult<void> take_headers(std::string_view headers);

  std::string delimiter_;  // CR LF "--" boundary
  std::string pending_;
  State state_ = State::kBetween;
  std::size_t bytes_ = 0;  // before the file
  std::string name_;
  std::string file_name_;
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace kiln::s3

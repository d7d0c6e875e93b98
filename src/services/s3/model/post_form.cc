// SPDX-License-Identifier: Apache-2.0
#include "services/s3/model/post_form.h"

#include <algorithm>

namespace kiln::s3 {
namespace {

constexpr std::size_t kMaxBoundary = 70;  // RFC 2046
constexpr std::string_view kFileName = "${filename}";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// A parameter of a header's value: name="..." with \" and \\ escaped, or a bare word.
std::optional<std::string> parameter(std::string_view value, std::string_view wanted) {
  auto semicolon = value.find(';');
  while (semicolon != std::string_view::npos) {
    value = trim(value.substr(semicolon + 1));
    const auto equals = value.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string name = lower(trim(value.substr(0, equals)));
    value = trim(value.substr(equals + 1));
    std::string text;
    if (value.starts_with('"')) {
      std::size_t at = 1;
      for (; at < value.size() && value[at] != '"'; ++at) {
        const bool escaped = value[at] == '\\' && at + 1 < value.size() &&
                             (value[at + 1] == '"' || value[at + 1] == '\\');
        text.push_back(escaped ? value[++at] : value[at]);
      }
      value.remove_prefix(std::min(value.size(), at + 1));
      semicolon = value.find(';');
    } else {
      semicolon = value.find(';');
      text = trim(value.substr(0, semicolon));
    }
    if (name == wanted) return text;
  }
  return std::nullopt;
}

aws::ApiError malformed() {
  return {"MalformedPOSTRequest",
          400,
          "The body of your POST request is not well-formed multipart/form-data.",
          {},
          {}};
}

aws::ApiError too_much() {
  return {"MaxPostPreDataLengthExceeded",
          400,
          "Your POST request fields preceding the upload file were too large.",
          {{"MaxPostPreDataLengthExceededInBytes", std::to_string(PostForm::kMaxFieldBytes)}},
          {}};
}

}  // namespace

std::optional<std::string> PostForm::boundary_of(std::string_view content_type) {
  if (lower(trim(content_type.substr(0, content_type.find(';')))) != "multipart/form-data")
    return std::nullopt;
  auto boundary = parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > kMaxBoundary) return std::nullopt;
  return boundary;
}

// The line break that a delimiter begins with may be missing at the front of the body.
PostForm::PostForm(std::string_view boundary)
    : delimiter_("\r\n--" + std::string(boundary)), pending_("\r\n") {}

aws::ApiResult<void> PostForm::feed(std::string_view in, std::string& file) {
  if (state_ == State::kDone || state_ == State::kEnded) return {};
  pending_.append(in);
  while (true) {
    const bool counts = !at_file();
    const std::size_t before = pending_.size();
    auto more = step(file);
    if (!more) return aws::fail(std::move(more.error()));
    if (counts) {
      bytes_ += before - pending_.size();
      const bool waits = !*more && !at_file();
      if (bytes_ + (waits ? pending_.size() : 0) > kMaxFieldBytes) return aws::fail(too_much());
    }
    if (!*more) return {};
  }
}

aws::ApiResult<bool> PostForm::step(std::string& file) {
  switch (state_) {
    case State::kBetween:
    case State::kValue: {
      const auto found = pending_.find(delimiter_);
      if (found == std::string::npos) return false;
      if (state_ == State::kValue)
        fields_.emplace_back(std::move(name_), pending_.substr(0, found));
      pending_.erase(0, found + delimiter_.size());
      state_ = State::kAfterDelimiter;
      return true;
    }
    case State::kAfterDelimiter: {
      if (pending_.size() < 2) return false;
      if (pending_.starts_with("--")) {
        state_ = State::kEnded;
        return false;
      }
      if (!pending_.starts_with("\r\n")) return aws::fail(malformed());
      state_ = State::kHeaders;
      return true;
    }
    case State::kHeaders: {
      // They begin with the line break behind the delimiter.
      const auto found = pending_.find("\r\n\r\n");
      if (found == std::string::npos) return false;
      auto taken =
          take_headers(std::string_view(pending_).substr(2, std::max(found, std::size_t{2}) - 2));
      if (!taken) return aws::fail(std::move(taken.error()));
      pending_.erase(0, found + 4);
      return true;
    }
    case State::kFile: {
      const auto found = pending_.find(delimiter_);
      if (found != std::string::npos) {
        file.append(pending_, 0, found);
        pending_.clear();
        state_ = State::kDone;
        return false;
      }
      // What may be the beginning of the delimiter waits for the rest of it.
      const std::size_t sure = pending_.size() - std::min(pending_.size(), delimiter_.size() - 1);
      file.append(pending_, 0, sure);
      pending_.erase(0, sure);
      return false;
    }
    case State::kDone:
    case State::kEnded:
      break;
  }
  return false;
}

aws::ApiResult<void> PostForm::take_headers(std::string_view headers) {
  std::optional<std::string> name;
  while (!headers.empty()) {
    const auto end = headers.find("\r\n");
    const std::string_view line = headers.substr(0, end);
    headers.remove_prefix(end == std::string_view::npos ? headers.size() : end + 2);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return aws::fail(malformed());
    if (lower(trim(line.substr(0, colon))) != "content-disposition") continue;
    const std::string_view value = trim(line.substr(colon + 1));
    if (lower(trim(value.substr(0, value.find(';')))) != "form-data") return aws::fail(malformed());
    name = parameter(value, "name");
    file_name_ = parameter(value, "filename").value_or("");
  }
  if (!name) return aws::fail(malformed());
  name_ = lower(*name);
  state_ = name_ == "file" ? State::kFile : State::kValue;
  return {};
}

std::vector<std::pair<std::string, std::string>> PostForm::fields() const {
  // Some browsers send the whole path.
  const std::string bare = file_name_.substr(file_name_.find_last_of("/\\") + 1);
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& [name, value] : fields_) {
    const auto same = [&name](const auto& field) { return field.first == name; };
    if (std::ranges::any_of(out, same)) continue;
    std::string filled = value;
    for (auto at = filled.find(kFileName); at != std::string::npos;
         at = filled.find(kFileName, at + bare.size()))
      filled.replace(at, kFileName.size(), bare);
    out.emplace_back(name, std::move(filled));
  }
  return out;
}

}  // namespace kiln::s3

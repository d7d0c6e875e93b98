// SPDX-License-Identifier: Apache-2.0
// AWS's published SigV4 vectors: every step of each, and each signed request verified.
#include "aws/sigv4.h"
#include "base/crypto.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace kiln::aws::sigv4 {
namespace {

constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
namespace fs = std::filesystem;

struct Request {
  std::string method, path, query, body;
  http::Headers headers;
};

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  std::string text = out.str();
  std::erase(text, '\r');
  return text;
}

std::string without_final_newline(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

// A literal request as the vectors write it: raw UTF-8 and blanks in the target, folded headers.
Request read_request(const fs::path& path) {
  Request out;
  const std::string text = slurp(path);
  std::istringstream in(text);
  std::string line;
  std::getline(in, line);
  const auto first = line.find(' '), last = line.rfind(" HTTP/");
  out.method = line.substr(0, first);
  const std::string target = line.substr(first + 1, last - first - 1);
  const auto mark = target.find('?');
  out.path = target.substr(0, mark);
  if (mark != std::string::npos) out.query = target.substr(mark + 1);
  std::vector<std::pair<std::string, std::string>> fields;
  while (std::getline(in, line) && !line.empty()) {
    if (line.front() == ' ' && !fields.empty()) {
      fields.back().second += "\n" + line;
      continue;
    }
    const auto colon = line.find(':');
    fields.emplace_back(line.substr(0, colon), line.substr(colon + 1));
  }
  for (auto& [name, value] : fields) out.headers.add(name, value);
  std::ostringstream body;
  body << in.rdbuf();
  out.body = body.str();
  return out;
}

std::vector<fs::path> vectors() {
  std::vector<fs::path> out;
  const fs::path root = fs::path(KILN_SOURCE_DIR) / "../shared/vectors/sigv4";
  if (!fs::exists(root)) return out;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() == ".req") out.push_back(entry.path());
  }
  std::ranges::sort(out);
  return out;
}

class Sigv4Vectors : public testing::Test {
 protected:
  void SetUp() override {
    files_ = vectors();
    if (files_.empty()) GTEST_SKIP() << "../shared/vectors/sigv4 is not there";
  }
  static fs::path with(fs::path path, const char* extension) {
    return path.replace_extension(extension);
  }
  std::vector<fs::path> files_;
};

// The signed request of a vector. Its Authorization comes from .authz: the .sreq of
// get-vanilla-with-session-token carries the signature of another vector, and its .req lacks the
// token, which its signer was given apart.
Request read_signed(fs::path file) {
  Request request = read_request(file.replace_extension(".sreq"));
  request.headers.set("Authorization",
                      without_final_newline(slurp(file.replace_extension(".authz"))));
  return request;
}

TEST_F(Sigv4Vectors, every_step_matches) {
  EXPECT_GE(files_.size(), 30u);
  for (const auto& file : files_) {
    SCOPED_TRACE(file.stem().string());
    const Request request = read_signed(file);
    const auto parsed = parse_authorization(request.headers);
    ASSERT_TRUE(parsed) << parsed.error().message;
    const Authorization& authorization = *parsed;
    const std::string canonical =
        canonical_request({request.method, request.path, request.query, &request.headers},
                          authorization.signed_headers, sha256_hex(request.body));
    EXPECT_EQ(canonical, without_final_newline(slurp(with(file, ".creq"))));
    const std::string to_sign =
        string_to_sign(authorization.amz_date, authorization.scope(), canonical);
    EXPECT_EQ(to_sign, without_final_newline(slurp(with(file, ".sts"))));
    EXPECT_EQ(signature(signing_key(kSecret, "20150830", "us-east-1", "service"), to_sign),
              authorization.signature);
  }
}

TEST_F(Sigv4Vectors, signed_requests_verify_and_changed_ones_do_not) {
  const Timestamp now = *parse_amz_date("20150830T123600Z");
  for (const auto& file : files_) {
    SCOPED_TRACE(file.stem().string());
    Request request = read_signed(file);
    auto authorization = parse_authorization(request.headers);
    ASSERT_TRUE(authorization) << authorization.error().message;
    EXPECT_TRUE(check_scope(*authorization, request.headers, "service", now));
    const SignedRequest view{request.method, request.path, request.query, &request.headers};
    EXPECT_TRUE(check_signature(*authorization, view, sha256_hex(request.body), kSecret));
    EXPECT_FALSE(check_signature(*authorization, view, sha256_hex(request.body + "x"), kSecret));
    EXPECT_FALSE(check_signature(*authorization, view, sha256_hex(request.body), "other"));
    SignedRequest other = view;
    other.method = "DELETE";
    EXPECT_FALSE(check_signature(*authorization, other, sha256_hex(request.body), kSecret));
    request.headers.set("X-Amz-Date", "20150830T123601Z");
    auto moved = parse_authorization(request.headers);
    ASSERT_TRUE(moved);
    EXPECT_FALSE(check_signature(*moved, view, sha256_hex(request.body), kSecret));
  }
}

}  // namespace
}  // namespace kiln::aws::sigv4

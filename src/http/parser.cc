// SPDX-License-Identifier: Apache-2.0
#include "http/parser.h"

#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <charconv>

namespace kiln::http {
namespace {

namespace beast_http = boost::beast::http;
using BeastError = boost::beast::error_code;
using BeastView = boost::beast::string_view;

constexpr std::uint32_t kResponseHeadBytes = 256 * 1024;
// "0\r\n\r\n", what is missing of an unfinished chunked body at least. Beast may not see less: once
// it has read "0\r\n" it asserts so.
constexpr std::size_t kLastChunkBytes = 5;

std::string_view view(BeastView text) { return {text.data(), text.size()}; }

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Beast joins folded lines; a proxy in front may not, so they are refused.
bool has_folded_line(std::string_view head) {
  for (std::size_t at = head.find('\n'); at != std::string_view::npos && at + 1 < head.size();
       at = head.find('\n', at + 1)) {
    if (head[at + 1] == ' ' || head[at + 1] == '\t') return true;
  }
  return false;
}

// "METHOD target HTTP/d.d" with a version that is not ours, as opposed to a line out of shape.
bool has_foreign_version(std::string_view head) {
  const std::string_view line = head.substr(0, head.find('\r'));
  const std::size_t version = line.rfind(' ');
  return std::count(line.begin(), line.end(), ' ') == 2 &&
         line.substr(version + 1).starts_with("HTTP/");
}

// "http://host/path" (sent to proxies, and allowed to any server) becomes "/path".
void to_origin_form(std::string& target) {
  const std::size_t scheme_end = target.find("://");
  if (target.starts_with('/') || scheme_end == std::string::npos) return;
  const std::size_t path = target.find_first_of("/?", scheme_end + 3);
  if (path == std::string::npos) {
    target = "/";
  } else {
    target.erase(0, path);
    if (target.front() == '?') target.insert(0, "/");
  }
}

// The callbacks that neither direction needs.
template <bool kIsRequest>
class ParserBase : public beast_http::basic_parser<kIsRequest> {
 protected:
  void on_request_impl(beast_http::verb, BeastView, BeastView, int, BeastError&) override {}
  void on_response_impl(int, BeastView, int, BeastError&) override {}
  void on_header_impl(BeastError&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, BeastError&) override {}
  void on_chunk_header_impl(std::uint64_t, BeastView, BeastError&) override {}
  void on_finish_impl(BeastError&) override {}
};

class BeastRequestParser final : public ParserBase<true> {
 public:
  explicit BeastRequestParser(Request& request) : request_(&request) {
    header_limit(UINT32_MAX);
    body_limit(boost::none);
  }
  bool http_1_0() const { return http_1_0_; }
  const Headers& trailers() const { return trailers_; }
  void decode_into(std::string& out) {
    request_ = nullptr;
    out_ = &out;
    eager(true);
  }

 private:
  void on_request_impl(beast_http::verb, BeastView method, BeastView target, int version,
                       BeastError&) override {
    http_1_0_ = version == 10;
    request_->method.assign(method.data(), method.size());
    request_->target.assign(target.data(), target.size());
  }
  void on_field_impl(beast_http::field, BeastView name, BeastView value, BeastError&) override {
    // After the head come only the fields of the trailer.
    Headers& headers = request_ ? request_->headers : trailers_;
    headers.add(std::string(view(name)), std::string(view(value)));
  }
  std::size_t on_body_impl(BeastView body, BeastError&) override { return append(view(body)); }
  std::size_t on_chunk_body_impl(std::uint64_t, BeastView body, BeastError&) override {
    return append(view(body));
  }
  std::size_t append(std::string_view body) {
    out_->append(body);
    return body.size();
  }
  Request* request_;
  std::string* out_ = nullptr;
  Headers trailers_;
  bool http_1_0_ = false;
};

// Answers 0, or the status to refuse with.
int read_framing(const Headers& headers, Framing& framing) {
  std::size_t lengths = 0;
  std::size_t codings = 0;
  std::size_t hosts = 0;
  for (const auto& [name, value] : headers.fields()) {
    if (equals_ignore_case(name, "Content-Length")) {
      std::uint64_t length = 0;
      if (++lengths > 1 || !all_digits(value)) return 400;
      const auto parsed = std::from_chars(value.data(), value.data() + value.size(), length);
      if (parsed.ec != std::errc()) return 400;
      framing.length = length;
    } else if (equals_ignore_case(name, "Transfer-Encoding")) {
      if (++codings > 1 || framing.http_1_0) return 400;
      if (!equals_ignore_case(value, "chunked")) return 501;
      framing.chunked = true;
    } else if (equals_ignore_case(name, "Host")) {
      if (++hosts > 1) return 400;
    } else if (equals_ignore_case(name, "Expect")) {
      if (!equals_ignore_case(value, "100-continue")) return 417;
      framing.expect_continue = !framing.http_1_0;
    }
  }
  if (lengths > 0 && codings > 0) return 400;
  if (hosts == 0 && !framing.http_1_0) return 400;
  return 0;
}

}  // namespace

struct RequestParser::Impl {
  std::optional<BeastRequestParser> parser;
};

RequestParser::RequestParser() : impl_(std::make_unique<Impl>()) {}
RequestParser::~RequestParser() = default;

int RequestParser::parse_head(std::string_view head, Request& request, Framing& framing) {
  framing = {};
  request.headers.clear();
  BeastRequestParser& parser = impl_->parser.emplace(request);
  BeastError error;
  const std::size_t taken = parser.put({head.data(), head.size()}, error);
  if (error == beast_http::error::bad_version) return has_foreign_version(head) ? 505 : 400;
  if (error || taken != head.size() || !parser.is_header_done()) return 400;
  if (has_folded_line(head)) return 400;
  framing.http_1_0 = parser.http_1_0();
  framing.keep_alive = parser.keep_alive();
  to_origin_form(request.target);
  return read_framing(request.headers, framing);
}

Result<std::size_t> RequestParser::decode_chunked(std::string_view in, std::string& out) {
  BeastRequestParser& parser = *impl_->parser;
  if (parser.is_done() || in.size() < kLastChunkBytes) return 0;
  parser.decode_into(out);
  BeastError error;
  const std::size_t taken = parser.put({in.data(), in.size()}, error);
  if (error && error != beast_http::error::need_more)
    return fail(ErrorCode::kInvalidArgument, "bad chunked body: " + error.message());
  return taken;
}

bool RequestParser::chunked_done() const { return impl_->parser->is_done(); }

const Headers& RequestParser::trailers() const { return impl_->parser->trailers(); }

namespace {

class BeastResponseParser final : public ParserBase<false> {
 public:
  BeastResponseParser(ClientResponse& response, std::uint64_t max_body_bytes)
      : response_(response), max_body_bytes_(max_body_bytes) {
    header_limit(kResponseHeadBytes);
    body_limit(boost::none);
    eager(true);
  }
  bool too_large() const { return too_large_; }

 private:
  void on_response_impl(int status, BeastView, int, BeastError&) override {
    response_.status = status;
  }
  void on_field_impl(beast_http::field, BeastView name, BeastView value, BeastError&) override {
    if (!in_body_) response_.headers.add(std::string(view(name)), std::string(view(value)));
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, BeastError& error) override {
    in_body_ = true;
    if (length && *length > max_body_bytes_) refuse(error);
  }
  std::size_t on_body_impl(BeastView body, BeastError& error) override {
    return append(view(body), error);
  }
  std::size_t on_chunk_body_impl(std::uint64_t, BeastView body, BeastError& error) override {
    return append(view(body), error);
  }
  std::size_t append(std::string_view body, BeastError& error) {
    if (response_.body.size() + body.size() > max_body_bytes_) {
      refuse(error);
      return 0;
    }
    response_.body.append(body);
    return body.size();
  }
  void refuse(BeastError& error) {
    too_large_ = true;
    error = beast_http::error::body_limit;
  }
  ClientResponse& response_;
  std::uint64_t max_body_bytes_;
  bool in_body_ = false;
  bool too_large_ = false;
};

}  // namespace

struct ResponseParser::Impl {
  bool to_head_request;
  std::uint64_t max_body_bytes;
  ClientResponse response;
  std::optional<BeastResponseParser> parser;
  int interim = 0;

  void restart() {
    response = {};
    parser.emplace(response, max_body_bytes);
    parser->skip(to_head_request);
  }
};

ResponseParser::ResponseParser(bool to_head_request, std::uint64_t max_body_bytes)
    : impl_(new Impl{.to_head_request = to_head_request,
                     .max_body_bytes = max_body_bytes,
                     .response = {},
                     .parser = {}}) {
  impl_->restart();
}
ResponseParser::~ResponseParser() = default;

Result<std::size_t> ResponseParser::feed(std::string_view in) {
  std::size_t taken = 0;
  while (taken < in.size() && !impl_->parser->is_done()) {
    BeastResponseParser& parser = *impl_->parser;
    if (parser.is_header_done() && parser.chunked() && in.size() - taken < kLastChunkBytes) break;
    BeastError error;
    taken += parser.put({in.data() + taken, in.size() - taken}, error);
    if (parser.too_large())
      return fail(ErrorCode::kLimitExceeded, "response body is larger than allowed");
    if (error == beast_http::error::need_more) break;
    if (error) return fail(ErrorCode::kInvalidArgument, "bad response: " + error.message());
    const int status = impl_->response.status;
    if (parser.is_done() && status / 100 == 1 && status != 101) {
      if (++impl_->interim > 16)
        return fail(ErrorCode::kInvalidArgument, "bad response: too many 1xx responses");
      impl_->restart();
    }
  }
  return taken;
}

Status ResponseParser::feed_eof() {
  BeastError error;
  if (impl_->parser->got_some()) impl_->parser->put_eof(error);
  if (error || !impl_->parser->is_done())
    return fail(ErrorCode::kClosed, "peer closed before the end of its response");
  return {};
}

bool ResponseParser::done() const { return impl_->parser->is_done(); }
bool ResponseParser::keep_alive() const { return impl_->parser->keep_alive(); }
ClientResponse ResponseParser::take() { return std::move(impl_->response); }

}  // namespace kiln::http

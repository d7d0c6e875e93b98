// SPDX-License-Identifier: Apache-2.0
#include "server/s3_form_upload.h"

#include "aws/auth_errors.h"
#include "aws/payload.h"
#include "aws/protocol/codec.h"
#include "aws/protocol/xml_writer.h"
#include "aws/sigv2.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "gen/s3/put_object.h"
#include "gen/s3/put_object_tagging.h"
#include "gen/s3/service.h"
#include "server/body_source.h"
#include "server/request_facts.h"
#include "services/s3/model/errors.h"

#include <algorithm>
#include <utility>

namespace kiln::server {
namespace {

using aws::ApiError;
using aws::ApiResult;
using s3::find_field;
using s3::PostForm;

constexpr auto kProtocol = aws::Protocol::kRestXml;
constexpr std::uint64_t kMaxFileBytes = 5ull * 1024 * 1024 * 1024;
// Of what lies behind the file.
constexpr std::size_t kMaxEpilogue = 1024 * 1024;

// The file within the form.
class FileReader final : public http::BodyReader {
 public:
  FileReader(http::BodyReader& source, PostForm& form, std::string first)
      : source_(source), form_(form), ready_(std::move(first)) {}
  std::optional<std::uint64_t> length() const override { return std::nullopt; }
  Task<Result<std::string>> read() override {
    while (ready_.empty() && !form_.complete()) {
      KILN_CO_TRY(const std::string piece, co_await source_.read());
      if (piece.empty()) co_return fail(ErrorCode::kInvalidArgument, "the form ends too early");
      if (!form_.feed(piece, ready_)) co_return fail(ErrorCode::kInvalidArgument, "a broken form");
    }
    if (!ready_.empty()) co_return std::exchange(ready_, {});
    std::size_t passed = 0;
    while (passed < kMaxEpilogue) {
      KILN_CO_TRY(const std::string piece, co_await source_.read());
      if (piece.empty()) break;
      passed += piece.size();
    }
    co_return std::string();
  }

 private:
  http::BodyReader& source_;
  PostForm& form_;
  std::string ready_;
};

ApiError malformed() {
  return {"MalformedPOSTRequest",
          400,
          "The body of your POST request is not well-formed multipart/form-data.",
          {},
          {}};
}

ApiError missing_field(std::string_view name) {
  return s3::invalid_argument("Bucket POST must contain a field named '" + std::string(name) +
                                  "'.  If it is specified, please check the order of the fields.",
                              name, "");
}

ApiError file_size_error(bool large, std::uint64_t size, std::uint64_t limit) {
  ApiError error{large ? "EntityTooLarge" : "EntityTooSmall",
                 400,
                 large ? "Your proposed upload exceeds the maximum allowed size"
                       : "Your proposed upload is smaller than the minimum allowed size",
                 {{"ProposedSize", std::to_string(size)}},
                 {}};
  error.fields.emplace_back(large ? "MaxSizeAllowed" : "MinSizeAllowed", std::to_string(limit));
  return error;
}

// Names and values become header fields, of answers too.
bool is_header_safe(std::string_view name, std::string_view value) {
  const auto bad_in_name = [](char c) {
    return c <= ' ' || c >= 127 || std::string_view("()<>@,;:\\\"/[]?={}").contains(c);
  };
  const auto control = [](char c) {
    return (static_cast<unsigned char>(c) < 32 && c != '\t') || c == 127;
  };
  return !name.empty() && std::ranges::none_of(name, bad_in_name) &&
         std::ranges::none_of(value, control);
}

// What PutObject's header is called for a form's field; empty: it is not for the object.
std::string header_of(std::string_view field) {
  if (field == "acl") return "x-amz-acl";
  for (const std::string_view same :
       {"cache-control", "content-type", "content-disposition", "content-encoding", "content-md5",
        "content-language", "expires"})
    if (field == same) return std::string(field);
  for (const std::string_view of_signature :
       {"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature",
        "x-amz-security-token", "x-amz-content-sha256"})
    if (field == of_signature) return {};
  return field.starts_with("x-amz-") ? std::string(field) : std::string();
}

struct Signature {
  std::string access_key_id;
  std::string date;  // of the scope; empty: Signature Version 2
  std::string region = "us-east-1";
  std::string value;
};

// The fields that prove who made a form.
ApiResult<Signature> signature_of(const s3::PostFields& fields) {
  const std::string* old_key = find_field(fields, "awsaccesskeyid");
  if (old_key) {
    const std::string* value = find_field(fields, "signature");
    if (!value) return aws::fail(missing_field("Signature"));
    return Signature{.access_key_id = *old_key, .date = {}, .value = *value};
  }
  for (const std::string_view name :
       {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature"}) {
    std::string lower(name);
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (!find_field(fields, lower)) return aws::fail(missing_field(name));
  }
  const std::string& credential = *find_field(fields, "x-amz-credential");
  const std::string& date = *find_field(fields, "x-amz-date");
  std::vector<std::string> parts;
  for (std::string_view rest = credential;; rest.remove_prefix(rest.find('/') + 1)) {
    parts.emplace_back(rest.substr(0, rest.find('/')));
    if (rest.find('/') == std::string_view::npos) break;
  }
  if (*find_field(fields, "x-amz-algorithm") != "AWS4-HMAC-SHA256" || parts.size() != 5 ||
      parts[3] != "s3" || parts[4] != "aws4_request" || !date.starts_with(parts[1]) ||
      !parse_amz_date(date)) {
    return aws::fail(s3::invalid_argument(
        "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "
        "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".",
        "X-Amz-Credential", credential));
  }
  return Signature{.access_key_id = parts[0],
                   .date = parts[1],
                   .region = parts[2],
                   .value = *find_field(fields, "x-amz-signature")};
}

// The form's tags are a document, the header's a query.
ApiResult<std::string> tagging_header(const std::string& document) {
  gen::s3::PutObjectTagging::Input input;
  const http::Headers none;
  const aws::protocol::WireRequest wire{
      .method = "PUT", .path = "/b/k", .query = "tagging", .headers = &none, .body = document};
  const auto& model = gen::s3::PutObjectTagging::model();
  auto parsed = aws::protocol::codec_for(kProtocol)->parse(wire, model, {}, &input);
  if (!parsed) return aws::fail(std::move(parsed.error()));
  if (!input.tagging || !input.tagging->tag_set) return aws::fail(s3::malformed_xml());
  std::string out;
  for (const auto& tag : *input.tagging->tag_set) {
    if (!out.empty()) out += '&';
    out += percent_encode(tag.key.value_or("")) + "=" + percent_encode(tag.value.value_or(""));
  }
  return out;
}

}  // namespace

// What is known of one form so far. Lives in handle()'s frame.
struct S3FormUpload::Call {
  http::Request& request;
  std::string bucket;
  std::optional<PostForm> form = std::nullopt;
  std::string first_of_file = {};
  s3::PostFields fields = {};
  std::string key = {};
  aws::RequestContext context = {};
  std::optional<s3::SizeRange> sizes = std::nullopt;
  http::Headers put_headers = {};
  aws::PayloadPlan payload = {};
};

S3FormUpload::S3FormUpload(Parts parts)
    : parts_(std::move(parts)),
      bodies_(parts_.body_bytes, parts_.metrics, "kiln_s3_form_body_bytes") {}

bool S3FormUpload::is_form(const http::Request& request) {
  constexpr std::string_view kType = "multipart/form-data";
  const auto type = request.headers.get("Content-Type");
  return request.method == "POST" && type &&
         http::equals_ignore_case(type->substr(0, kType.size()), kType);
}

Task<http::Response> S3FormUpload::handle(http::Request& request, std::string bucket) {
  Call call{.request = request, .bucket = std::move(bucket)};
  auto& context = call.context;
  context.request_id = s3_request_id(parts_.random.uuid());
  context.now = parts_.clock.wall();
  context.service = "s3";
  context.operation = "PostObject";
  context.region = "us-east-1";
  context.host = request.headers.get("host").value_or("");
  context.source_ip = request.peer_address;
  context.user_agent = request.headers.get("user-agent").value_or("");
  context.referer = request.headers.get("referer").value_or("");
  context.trace_header = trace_header_of(request.headers.get("x-amzn-trace-id").value_or(""));
  auto answering = answer(call);
  auto answered = co_await std::move(answering);
  if (answered) co_return std::move(*answered);
  co_return aws::protocol::codec_for(kProtocol)->serialize_error(
      gen::s3::service_model(), answered.error(), context.request_id);
}

Task<ApiResult<http::Response>> S3FormUpload::answer(Call& call) {
  auto reading = read_fields(call);
  if (auto read = co_await std::move(reading); !read) co_return aws::fail(std::move(read.error()));
  auto finding = find_caller(call);
  if (auto found = co_await std::move(finding); !found)
    co_return aws::fail(std::move(found.error()));
  if (auto made = make_put(call); !made) co_return aws::fail(std::move(made.error()));
  auto putting = put(call);
  co_return co_await std::move(putting);
}

Task<ApiResult<void>> S3FormUpload::read_fields(Call& call) {
  const auto boundary =
      PostForm::boundary_of(call.request.headers.get("Content-Type").value_or(""));
  if (!boundary) co_return aws::fail(malformed());
  PostForm& form = call.form.emplace(*boundary);
  while (!form.at_file()) {
    auto piece = co_await call.request.body->read();
    if (!piece || piece->empty() || form.without_file()) {
      co_return aws::fail(form.without_file()
                              ? s3::invalid_argument("POST requires exactly one file upload per "
                                                     "request.",
                                                     "file", "0")
                              : malformed());
    }
    if (auto fed = form.feed(*piece, call.first_of_file); !fed) co_return fed;
  }
  call.fields = form.fields();
  const std::string* key = find_field(call.fields, "key");
  if (!key) co_return aws::fail(missing_field("key"));
  if (key->empty())
    co_return aws::fail(s3::invalid_argument("User key must have a length greater than 0.", "key"));
  call.key = *key;
  co_return ApiResult<void>();
}

// Who signed the policy, and that the form is what it allows.
Task<ApiResult<void>> S3FormUpload::find_caller(Call& call) {
  const std::string* policy = find_field(call.fields, "policy");
  if (!policy) co_return ApiResult<void>();
  auto parsed = signature_of(call.fields);
  if (!parsed) co_return aws::fail(std::move(parsed.error()));
  const Signature& sent = *parsed;
  const std::string* token = find_field(call.fields, "x-amz-security-token");
  auto finding =
      parts_.credentials.find(sent.access_key_id, token ? *token : std::string(), call.context.now);
  auto found = co_await std::move(finding);
  if (!found) {
    switch (found.error()) {
      case iam::CredentialFailure::kUnknownKey:
        co_return aws::fail(aws::unknown_key_error(kProtocol, sent.access_key_id));
      case iam::CredentialFailure::kBadToken:
        co_return aws::fail(aws::bad_token_error(kProtocol));
      case iam::CredentialFailure::kExpired:
        co_return aws::fail(aws::expired_token_error(kProtocol));
    }
  }
  const std::string& secret = found->secret_access_key;
  const std::string expected =
      sent.date.empty()
          ? aws::sigv2::signature(secret, *policy)
          : aws::sigv4::signature(aws::sigv4::signing_key(secret, sent.date, sent.region, "s3"),
                                  *policy);
  if (!constant_time_equal(expected, sent.value)) {
    co_return aws::fail({"SignatureDoesNotMatch",
                         403,
                         std::string(aws::sigv4::kS3SignatureMismatch),
                         {{"AWSAccessKeyId", sent.access_key_id}, {"StringToSign", *policy}},
                         {}});
  }
  call.context.principal = std::move(found->principal);
  call.context.principal.access_key_id = sent.access_key_id;
  call.context.account = call.context.principal.account;
  call.context.region = sent.region;
  call.context.auth_type = aws::RequestContext::AuthType::kHeader;
  const auto document = base64_decode(*policy);
  if (!document) {
    co_return aws::fail({"InvalidPolicyDocument", 400, "Invalid Policy: Invalid Base64.", {}, {}});
  }
  auto sizes = s3::check_post_policy(*document, call.fields, call.bucket, call.context.now);
  if (!sizes) co_return aws::fail(std::move(sizes.error()));
  call.sizes = *sizes;
  co_return ApiResult<void>();
}

// The PutObject that the form stands for.
ApiResult<void> S3FormUpload::make_put(Call& call) const {
  for (const auto& [name, value] : call.fields) {
    if (name == "tagging") {
      auto tags = tagging_header(value);
      if (!tags) return aws::fail(std::move(tags.error()));
      call.put_headers.add("x-amz-tagging", std::move(*tags));
      continue;
    }
    std::string header = header_of(name);
    if (header.empty()) continue;
    if (!is_header_safe(header, value))
      return aws::fail(s3::invalid_argument("Invalid characters in a form field", name));
    call.put_headers.add(std::move(header), value);
  }
  auto plan = aws::plan_anonymous_s3_payload("", call.put_headers);
  if (!plan) return aws::fail(std::move(plan.error()));
  call.payload = std::move(*plan);
  return {};
}

Task<ApiResult<http::Response>> S3FormUpload::put(Call& call) {
  const auto& service = gen::s3::service_model();
  const auto* operation = parts_.registry.find(service, "PutObject");
  const auto* codec = aws::protocol::codec_for(kProtocol);
  const std::map<std::string, std::string> labels{{"Bucket", call.bucket}, {"Key", call.key}};
  aws::protocol::WireRequest wire{
      .method = "PUT", .path = "/", .query = "", .headers = &call.put_headers, .body = ""};
  aws::AnyValue asked = operation->make_input();
  if (auto parsed = codec->parse(wire, *operation->model, labels, asked.get()); !parsed)
    co_return aws::fail(std::move(parsed.error()));
  auto asking = parts_.authorizer.check(call.context, operation->authorize(call.context, asked));
  if (auto allowed = co_await std::move(asking); !allowed)
    co_return aws::fail(std::move(allowed.error()));
  RequestBody body;
  auto reading = read_file(call, body);
  if (auto read = co_await std::move(reading); !read) co_return aws::fail(std::move(read.error()));
  wire.stream = aws::ByteStream(std::make_shared<BodySource>(std::move(body)));
  aws::AnyValue input = operation->make_input();
  if (auto parsed = codec->parse(wire, *operation->model, labels, input.get()); !parsed)
    co_return aws::fail(std::move(parsed.error()));
  auto handling = operation->handle(call.context, std::move(input));
  auto output = co_await std::move(handling);
  if (!output) co_return aws::fail(std::move(output.error()));
  co_return success(
      call, codec->serialize(service, *operation->model, output->get(), call.context.request_id));
}

Task<ApiResult<void>> S3FormUpload::read_file(Call& call, RequestBody& body) {
  const std::uint64_t max = std::min(call.sizes ? call.sizes->max : kMaxFileBytes, kMaxFileBytes);
  BodyBudget::Share held(bodies_);
  FileReader file(*call.request.body, *call.form, std::move(call.first_of_file));
  aws::PayloadReader reader(file, call.payload);
  const bool proven = call.context.principal.kind != aws::Principal::Kind::kAnonymous;
  auto reading = body.read(
      reader,
      {.max_bytes = max, .held = &held, .unproven = nullptr, .hash = false, .disk_is_free = proven},
      parts_.spool_dir);
  const Status read = co_await std::move(reading);
  if (reader.failure()) co_return aws::fail(*reader.failure());
  if (!read) {
    if (body.budget_exhausted()) {
      co_return aws::fail(
          {"SlowDown", 503, "Please reduce your request rate.", {}, {{"Retry-After", "1"}}});
    }
    if (read.error().code == ErrorCode::kLimitExceeded) {
      const auto sent = call.request.body->length().value_or(max + 1);
      co_return aws::fail(file_size_error(true, std::max(sent, max + 1), max));
    }
    if (read.error().code == ErrorCode::kIo) co_return aws::fail(s3::internal_error(read.error()));
    co_return aws::fail(malformed());
  }
  const std::uint64_t size = body.view().size();
  if (call.sizes && size < call.sizes->min)
    co_return aws::fail(file_size_error(false, size, call.sizes->min));
  co_return ApiResult<void>();
}

http::Response S3FormUpload::success(const Call& call, const http::Response& put) {
  http::Response response;
  response.status = 204;
  for (const auto& [name, value] : put.headers.fields())
    if (!http::equals_ignore_case(name, "Content-Type")) response.headers.add(name, value);
  const std::string etag(put.headers.get("ETag").value_or(""));
  const auto& host = call.context.host;
  const bool in_host = host.starts_with(call.bucket + ".");
  std::string location = call.context.scheme + "://" + host + "/";
  if (!in_host) location += call.bucket + "/";
  location += percent_encode(call.key, true);
  const std::string* redirect = find_field(call.fields, "success_action_redirect");
  if (!redirect) redirect = find_field(call.fields, "redirect");
  if (redirect && (redirect->starts_with("http://") || redirect->starts_with("https://")) &&
      is_header_safe("location", *redirect)) {
    std::string target = *redirect;
    target += target.find('?') == std::string::npos ? '?' : '&';
    target += "bucket=" + percent_encode(call.bucket) + "&key=" + percent_encode(call.key) +
              "&etag=" + percent_encode(etag);
    response.status = 303;
    response.headers.set("Location", std::move(target));
    return response;
  }
  response.headers.set("Location", location);
  const std::string* status = find_field(call.fields, "success_action_status");
  if (status && *status == "200") response.status = 200;
  if (status && *status == "201") {
    response.status = 201;
    response.headers.set("Content-Type", "application/xml");
    response.body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse>";
    aws::protocol::write_xml_text(response.body, "Location", location);
    aws::protocol::write_xml_text(response.body, "Bucket", call.bucket);
    aws::protocol::write_xml_text(response.body, "Key", call.key);
    aws::protocol::write_xml_text(response.body, "ETag", etag);
    response.body += "</PostResponse>";
  }
  return response;
}

}  // namespace kiln::server

// SPDX-License-Identifier: Apache-2.0
// What the vectors do not show of rest-xml and query: errors without a wrapper, roots, streams, and
// the names that SQS has in forms.
#include "async/loop.h"
#include "aws/protocol/codec.h"
#include "aws/protocol/form.h"
#include "aws/shape_access.h"
#include "aws/stream.h"

#include <gtest/gtest.h>

namespace kiln::aws::protocol {
namespace {

struct Text {
  std::optional<std::string> value;
};
struct Stream {
  std::optional<ByteStream> body;
};
using Map = std::map<std::string, std::string>;
using Texts = std::vector<std::string>;
struct Form1 {
  std::optional<Map> attributes;
  std::optional<Texts> names;
};

constinit const Shape kText{.kind = Kind::kString};
constinit const Shape kBytes{.kind = Kind::kByteStream};
constexpr Member kTextMembers[] = {{.name = "LocationConstraint",
                                    .wire_name = "LocationConstraint",
                                    .shape = &kText,
                                    .get = access::get<&Text::value>,
                                    .emplace = access::emplace<&Text::value>}};
constinit const Shape kTextOutput{.kind = Kind::kStructure,
                                  .name = "GetBucketLocationOutput",
                                  .xml_name = "LocationConstraint",
                                  .members = kTextMembers};
constexpr Member kStreamMembers[] = {{.name = "Body",
                                      .wire_name = "Body",
                                      .shape = &kBytes,
                                      .payload = true,
                                      .get = access::get<&Stream::body>,
                                      .emplace = access::emplace<&Stream::body>}};
constinit const Shape kStream{.kind = Kind::kStructure, .members = kStreamMembers};
constexpr ServiceModel kService{
    .id = "s3", .xml_namespace = "urn:s3", .protocol = Protocol::kRestXml, .bare_errors = true};
const Codec& codec() { return *codec_for(Protocol::kRestXml); }

TEST(RestXml, WritesErrorsWithoutAWrapper) {
  ApiError error{"NoSuchKey", 404, "The specified key does not exist.", {{"Key", "a<b"}}, {}};
  auto response = codec().serialize_error(kService, error, "ID");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.headers.get("x-amz-request-id"), "ID");
  std::string host(*response.headers.get("x-amz-id-2"));
  EXPECT_EQ(response.body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>The "
            "specified key does not exist.</Message><Key>a&lt;b</Key><RequestId>ID</RequestId>"
            "<HostId>" +
                host + "</HostId></Error>");
}

TEST(RestXml, UnwrapsAnOutputOfOneMember) {
  OperationModel operation{.unwrapped_output = true, .output = &kTextOutput};
  Text output{.value = "eu & west"};
  EXPECT_EQ(codec().serialize(kService, operation, &output, "ID").body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint xmlns=\"urn:s3\">eu "
            "&amp; west</LocationConstraint>");
  output.value.reset();
  EXPECT_TRUE(codec()
                  .serialize(kService, operation, &output, "ID")
                  .body.ends_with("<LocationConstraint xmlns=\"urn:s3\"></LocationConstraint>"));
}

Task<void> pull(http::BodyProducer& producer, std::vector<std::size_t>& sizes) {
  while (true) {
    auto task = producer();
    auto piece = co_await std::move(task);
    if (!piece || !*piece) co_return;
    sizes.push_back((*piece)->size());
  }
}

TEST(RestXml, SendsAStreamInPieces) {
  OperationModel operation{.output = &kStream};
  Stream output{.body = ByteStream(std::string(150'000, 'x'))};
  auto response = codec().serialize(kService, operation, &output, "ID");
  EXPECT_EQ(response.content_length, 150'000u);
  EXPECT_EQ(response.headers.get("Content-Type"), "application/octet-stream");
  std::vector<std::size_t> sizes;
  Loop loop;
  loop.run_until_complete(pull(response.producer, sizes));
  EXPECT_EQ(sizes, (std::vector<std::size_t>{65'536, 65'536, 18'928}));
}

Task<void> read(ByteStream stream, std::uint64_t max, Result<std::string>& out) {
  auto task = read_all(std::move(stream), max);
  out = co_await std::move(task);
}

TEST(RestXml, HandsAStreamToTheOperation) {
  OperationModel operation{.input = &kStream};
  EXPECT_TRUE(takes_stream(operation));
  http::Headers headers;
  WireRequest request{.method = "PUT", .headers = &headers, .stream = ByteStream("payload")};
  Stream input;
  ASSERT_TRUE(codec().parse(request, operation, {}, &input));
  Loop loop;
  Result<std::string> out;
  loop.run_until_complete(read(*input.body, 7, out));
  EXPECT_EQ(out.value_or("?"), "payload");
  loop.run_until_complete(read(ByteStream("payload"), 6, out));
  EXPECT_EQ(out.error().code, ErrorCode::kLimitExceeded);
}

constinit const Shape kMap{.kind = Kind::kMap,
                           .element = &kText,
                           .key = &kText,
                           .key_name = "Name",
                           .value_name = "Value",
                           .flattened = true,
                           .for_each = access::map_for_each<Map>,
                           .insert = access::map_insert<Map>};
constinit const Shape kList{.kind = Kind::kList,
                            .element = &kText,
                            .flattened = true,
                            .size = access::list_size<Texts>,
                            .at = access::list_at<Texts>,
                            .append = access::list_append<Texts>};
constexpr Member kFormMembers[] = {{.name = "Attributes",
                                    .wire_name = "Attributes",
                                    .query_name = "Attribute",
                                    .shape = &kMap,
                                    .get = access::get<&Form1::attributes>,
                                    .emplace = access::emplace<&Form1::attributes>},
                                   {.name = "AttributeNames",
                                    .wire_name = "AttributeNames",
                                    .query_name = "AttributeName",
                                    .shape = &kList,
                                    .get = access::get<&Form1::names>,
                                    .emplace = access::emplace<&Form1::names>}};
constinit const Shape kForm{.kind = Kind::kStructure, .members = kFormMembers};

TEST(Query, UsesTheNamesOfFormsInBothDirections) {
  OperationModel operation{
      .name = "Op", .result_wrapper = "OpResult", .input = &kForm, .output = &kForm};
  http::Headers headers;
  WireRequest request{.method = "POST",
                      .headers = &headers,
                      .body =
                          "Action=Op&Attribute.1.Name=a&Attribute.1.Value=1&Attribute.2.Name=b&"
                          "Attribute.2.Value=2&AttributeName.1=All"};
  Form1 form;
  const Codec& query = *codec_for(Protocol::kQuery);
  ASSERT_TRUE(query.parse(request, operation, {}, &form));
  EXPECT_EQ(form.attributes, (Map{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(form.names, (Texts{"All"}));
  EXPECT_NE(query.serialize(kService, operation, &form, "ID")
                .body.find("<OpResult><Attribute><Name>a</Name><Value>1</Value></Attribute>"
                           "<Attribute><Name>b</Name><Value>2</Value></Attribute>"
                           "<AttributeName>All</AttributeName></OpResult>"),
            std::string::npos);
}

}  // namespace
}  // namespace kiln::aws::protocol

// SPDX-License-Identifier: Apache-2.0
// Protocol vectors, written for clients, run backwards: what a client must send is parsed and
// compared with its parameters, what a client must understand is serialized and compared with its
// bytes. skipped.json names every vector left out, with the reason.

#include "aws/protocol/cbor_reader.h"
#include "aws/protocol/codec.h"
#include "aws/protocol/router.h"
#include "aws/protocol/vectors/dynamic_model.h"
#include "base/encoding.h"

#include <boost/property_tree/xml_parser.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace kiln::aws::protocol::testing {
namespace {

namespace json = boost::json;
using Tree = boost::property_tree::ptree;

const std::string kFolder = KILN_SOURCE_DIR "/../shared/vectors/protocols/";

std::optional<json::value> load(const std::string& path) {
  std::ifstream in(path);
  if (!in) return std::nullopt;
  std::stringstream text;
  text << in.rdbuf();
  return json::parse(text.str());
}

std::string text_of(const json::object& o, std::string_view name, std::string otherwise = "") {
  const auto* found = o.if_contains(json::string_view(name.data(), name.size()));
  return found ? std::string(found->as_string()) : otherwise;
}

struct Suite {
  const char* file;
  Protocol protocol;
};

class ProtocolVectors : public ::testing::TestWithParam<Suite> {
 protected:
  void SetUp() override {
    skipped_ = load(KILN_SOURCE_DIR "/src/aws/protocol/vectors/skipped.json")->as_object();
  }

  bool skip(const std::string& direction, const std::string& id) {
    const auto* list = skipped_.if_contains(direction + "/" + GetParam().file);
    bool named = list && list->as_object().contains(id);
    if (named) ++left_out_;
    return named;
  }

  // Names a case that the vectors no longer have.
  void check_skip_list(const std::string& direction) {
    const auto* list = skipped_.if_contains(direction + "/" + GetParam().file);
    EXPECT_EQ(left_out_, list ? list->as_object().size() : 0) << "skipped.json names unknown cases";
    RecordProperty("skipped", static_cast<int>(left_out_));
    RecordProperty("run", static_cast<int>(run_));
  }

  json::object skipped_;
  std::size_t left_out_ = 0;
  std::size_t run_ = 0;
};

struct Call {
  std::string name, method, uri, wrapper, target;
  OperationModel operation;
  ServiceModel service{};

  Call(const json::object& metadata, const json::object& given, Protocol protocol) {
    target = text_of(metadata, "targetPrefix");
    service.target_prefix = target;
    service.query_compatible = metadata.contains("awsQueryCompatible");
    name = text_of(given, "name");
    const auto& http = given.at("http").as_object();
    method = text_of(http, "method", "POST");
    uri = text_of(http, "requestUri", "/");
    wrapper = name + "Result";
    operation.name = name;
    operation.http_method = method;
    operation.request_uri = uri;
    operation.input = operation.output = &kEmptyShape;
    if (const auto* code = http.if_contains("responseCode"))
      operation.success_status = code->to_number<int>();
    service.id = service.signing_name = "vectors";
    service.protocol = protocol;
    service.operations = std::span(&operation, 1);
  }
};

bool is_binary(Protocol protocol) { return protocol == Protocol::kRpcV2Cbor; }

void run_input(const json::object& suite, const json::object& test, Protocol protocol) {
  const auto& shapes = suite.at("shapes").as_object();
  SCOPED_TRACE(std::string(test.at("id").as_string()));
  const auto& given = test.at("given").as_object();
  const auto& wire = test.at("serialized").as_object();
  Call call(suite.at("metadata").as_object(), given, protocol);
  DynamicModel model(shapes);
  if (const auto* input = given.if_contains("input"))
    call.operation.input = &model.shape(text_of(input->as_object(), "shape"));

  http::Headers headers;
  if (const auto* list = wire.if_contains("headers")) {
    for (const auto& [name, value] : list->as_object())
      headers.add(std::string(name), std::string(value.as_string()));
  }
  std::string uri = text_of(wire, "uri", "/");
  std::string body = text_of(wire, "body");
  if (is_binary(protocol)) body = *base64_decode(body);
  auto mark = uri.find('?');
  WireRequest request{.method = call.method,
                      .path = std::string_view(uri).substr(0, mark),
                      .headers = &headers,
                      .body = body};
  if (mark != std::string::npos) request.query = std::string_view(uri).substr(mark + 1);

  std::map<std::string, std::string> labels;
  // Vectors of query do not say their Version, those of json may lack the target.
  if (protocol != Protocol::kQuery &&
      (protocol != Protocol::kJson11 && protocol != Protocol::kJson10)) {
    Router router({&call.service});
    auto route = router.route(request.method, request.path, request.query, headers, "vectors");
    ASSERT_TRUE(route && route->operation) << "no route for " << uri;
    EXPECT_EQ(route->protocol, protocol);
    labels = route->uri_labels;
  }
  DynamicStructure input;
  auto done = codec_for(protocol)->parse(request, call.operation, labels, &input);
  ASSERT_TRUE(done) << done.error().code << ": " << done.error().message;
  json::value actual = to_parameters(*call.operation.input, &input);
  json::value expected = test.contains("params") ? test.at("params") : json::object();
  EXPECT_TRUE(equivalent(expected, actual)) << "expected " << expected << "\nactual   " << actual;
}

// The entries of a map have no order.
void sort_map_entries(Tree& tree) {
  auto is_entry = [](const Tree::value_type& child) {
    return child.second.size() == 2 && child.second.front().second.empty();
  };
  for (auto& [name, child] : tree) sort_map_entries(child);
  if (std::ranges::all_of(tree, is_entry)) {
    tree.sort([](const Tree::value_type& a, const Tree::value_type& b) {
      return a.second.front().second.data() < b.second.front().second.data();
    });
  }
}

// Children by name, in order within a name; attributes beside them, namespaces left out.
void flatten(const Tree& tree, const std::string& path, std::map<std::string, std::string>& out) {
  std::map<std::string, int> seen;
  std::string data = tree.data();
  if (tree.empty() || data.find_first_not_of(" \n\t\r") != std::string::npos) out[path] = data;
  for (const auto& [name, child] : tree) {
    if (name == "<xmlattr>") {
      for (const auto& [attribute, value] : child) {
        if (!attribute.starts_with("xmlns")) out[path + "@" + attribute] = value.data();
      }
    } else if (name != "ResponseMetadata" && name != "RequestId" && name != "requestId") {
      flatten(child, path + "/" + name + std::to_string(seen[name]++), out);
    }
  }
}

std::map<std::string, std::string> flat_xml(const std::string& text) {
  std::istringstream in(text);
  Tree tree;
  boost::property_tree::read_xml(in, tree, boost::property_tree::xml_parser::trim_whitespace);
  sort_map_entries(tree);
  std::map<std::string, std::string> out;
  flatten(tree, "", out);
  // An element that holds only its namespace or metadata is an empty one.
  std::erase_if(out, [](const auto& entry) {
    return entry.second.find_first_not_of(" \n\t\r") == std::string::npos;
  });
  return out;
}

void compare_body(const std::string& expected, const std::string& actual, Protocol protocol,
                  bool text_payload) {
  if (text_payload) {
    EXPECT_EQ(expected, actual);
  } else if (protocol == Protocol::kQuery || protocol == Protocol::kRestXml) {
    EXPECT_EQ(flat_xml(expected), flat_xml(actual)) << actual;
  } else if (expected.empty()) {
    EXPECT_TRUE(actual.empty() || actual == "{}") << actual;
  } else {
    json::value want = json::parse(expected);
    json::value have = actual.empty() ? json::object() : json::parse(actual);
    if (want.is_object()) want.as_object().erase("__type");
    if (have.is_object()) have.as_object().erase("__type");
    EXPECT_TRUE(equivalent(want, have)) << "expected " << want << "\nactual   " << have;
  }
}

// "ns#FooError:http://..." -> "FooError": clients take either.
std::string plain_code(std::string text) {
  text = text.substr(0, text.find(':'));
  auto hash = text.find('#');
  return hash == std::string::npos ? text : text.substr(hash + 1);
}

void compare_head(const json::object& expected, const http::Response& actual) {
  if (const auto* status = expected.if_contains("status_code"))
    EXPECT_EQ(status->to_number<int>(), actual.status);
  if (const auto* headers = expected.if_contains("headers")) {
    for (const auto& [name, value] : headers->as_object()) {
      // A vector names a request header by mistake; a length is the HTTP server's to write.
      if (name == "Content-Type" || name == "X-Amz-Target" || name == "Content-Length") continue;
      auto found = actual.headers.get({name.data(), name.size()});
      std::string want(value.as_string());
      if (name == "X-Amzn-Errortype") want = plain_code(want);
      EXPECT_EQ(want, found.value_or("(absent)")) << name;
    }
  }
}

void compare(const json::object& expected, const http::Response& actual, Protocol protocol,
             bool text_payload) {
  compare_head(expected, actual);
  compare_body(text_of(expected, "body"), actual.body, protocol, text_payload);
}

bool is_text_payload(const Shape& shape) {
  for (const Member& member : shape.members) {
    if (member.payload &&
        (member.shape->kind == Kind::kString || member.shape->kind == Kind::kBlob))
      return true;
  }
  return false;
}

// Both bodies, read into the shape.
void compare_cbor(const json::object& expected, const http::Response& actual, const Shape& shape) {
  compare_head(expected, actual);
  auto read = [&shape](const std::string& body) {
    DynamicStructure value;
    if (!body.empty()) {
      auto done = read_cbor(body, shape, &value, CborTime::kSeconds);
      EXPECT_TRUE(done) << done.error();
    }
    return to_parameters(shape, &value);
  };
  json::value want = read(*base64_decode(text_of(expected, "body")));
  json::value have = read(actual.body);
  EXPECT_TRUE(equivalent(want, have)) << "expected " << want << "\nactual   " << have;
}

void run_error(const json::object& shapes, const json::object& test, Call& call,
               Protocol protocol) {
  const auto& response = test.at("response").as_object();
  const auto& errors = test.at("given").at("errors").as_array();
  std::string name = text_of(errors.at(0).as_object(), "shape");
  const auto& source = shapes.at(name).as_object();
  ApiError error{std::string(test.at("errorCode").as_string()),
                 response.at("status_code").to_number<int>(), text_of(test, "errorMessage")};
  if (call.service.query_compatible) {
    if (error.code != name)
      error.query_code = text_of(test, "errorCode") == "Customized" ? "Customized" : "";
    error.code = name;
  }
  json::object members = test.at("error").as_object();
  for (const char* message : {"Message", "message"}) {
    if (!members.contains(message)) continue;
    error.message_name = message;
    members.erase(message);
  }
  DynamicModel model(shapes);
  if (!members.empty() && source.contains("members")) {
    auto detail = std::make_shared<DynamicStructure>();
    error.detail_shape = &model.shape(name);
    from_parameters(*error.detail_shape, members, detail.get());
    error.detail = detail;
  }
  auto actual = codec_for(protocol)->serialize_error(call.service, error, "id");
  if (is_binary(protocol)) {
    compare_cbor(response, actual, model.shape(name));
    EXPECT_NE(actual.body.find("#" + name), std::string::npos);
  } else {
    compare(response, actual, protocol, false);
  }
}

void run_output(const json::object& suite, const json::object& test, Protocol protocol) {
  const auto& shapes = suite.at("shapes").as_object();
  SCOPED_TRACE(std::string(test.at("id").as_string()));
  const auto& given = test.at("given").as_object();
  Call call(suite.at("metadata").as_object(), given, protocol);
  if (test.contains("errorCode")) return run_error(shapes, test, call, protocol);
  DynamicModel model(shapes);
  if (const auto* output = given.if_contains("output"))
    call.operation.output = &model.shape(text_of(output->as_object(), "shape"));
  const auto& response = test.at("response").as_object();
  if (text_of(response, "body").find(call.wrapper) != std::string::npos)
    call.operation.result_wrapper = call.wrapper;
  DynamicStructure output;
  if (const auto* result = test.if_contains("result"))
    from_parameters(*call.operation.output, *result, &output);
  auto actual = codec_for(protocol)->serialize(call.service, call.operation, &output, "id");
  if (is_binary(protocol)) return compare_cbor(response, actual, *call.operation.output);
  compare(response, actual, protocol, is_text_payload(*call.operation.output));
}

TEST_P(ProtocolVectors, RequestsParseIntoTheirParameters) {
  auto suites = load(kFolder + "input/" + GetParam().file + ".json");
  if (!suites) GTEST_SKIP() << "no protocol vectors at " << kFolder;
  for (const auto& suite : suites->as_array()) {
    for (const auto& test : suite.at("cases").as_array()) {
      if (skip("input", std::string(test.at("id").as_string()))) continue;
      run_input(suite.as_object(), test.as_object(), GetParam().protocol);
      ++run_;
    }
  }
  check_skip_list("input");
}

TEST_P(ProtocolVectors, ResultsSerializeIntoTheirBytes) {
  auto suites = load(kFolder + "output/" + GetParam().file + ".json");
  if (!suites) GTEST_SKIP() << "no protocol vectors at " << kFolder;
  for (const auto& suite : suites->as_array()) {
    for (const auto& test : suite.at("cases").as_array()) {
      if (skip("output", std::string(test.at("id").as_string()))) continue;
      run_output(suite.as_object(), test.as_object(), GetParam().protocol);
      ++run_;
    }
  }
  check_skip_list("output");
}

INSTANTIATE_TEST_SUITE_P(
    Aws, ProtocolVectors,
    ::testing::Values(Suite{"rest-json", Protocol::kRestJson}, Suite{"json", Protocol::kJson11},
                      Suite{"json_1_0", Protocol::kJson10},
                      Suite{"json_1_0-query-compatible", Protocol::kJson10},
                      Suite{"query", Protocol::kQuery}, Suite{"rest-xml", Protocol::kRestXml},
                      Suite{"smithy-rpc-v2-cbor", Protocol::kRpcV2Cbor},
                      Suite{"smithy-rpc-v2-cbor-query-compatible", Protocol::kRpcV2Cbor},
                      Suite{"smithy-rpc-v2-cbor-non-query-compatible", Protocol::kRpcV2Cbor}),
    [](const auto& info) {
      std::string name = info.param.file;
      std::erase_if(name, [](char c) { return c == '-' || c == '_'; });
      return name;
    });

}  // namespace
}  // namespace kiln::aws::protocol::testing

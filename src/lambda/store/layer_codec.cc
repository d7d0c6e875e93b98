// SPDX-License-Identifier: Apache-2.0
#include "base/fields.h"
#include "lambda/store/layer_repository.h"

#include <utility>

namespace kiln::lambda {
namespace {

void write(FieldWriter& out, const std::vector<std::string>& values) {
  out.number(static_cast<std::int64_t>(values.size()));
  for (const auto& value : values) out.text(value);
}

std::vector<std::string> read_texts(FieldReader& in) {
  std::vector<std::string> out;
  for (auto count = in.number(); count > 0 && in.status(); --count) out.push_back(in.text());
  return out;
}

}  // namespace

std::string encode(const LayerVersion& layer) {
  FieldWriter out;
  out.text(layer.description).text(layer.license);
  write(out, layer.runtimes);
  write(out, layer.architectures);
  out.text(layer.code.sha256_hex).text(layer.code.sha256_base64);
  out.number(layer.code.size).number(layer.code.unzipped_bytes).number(layer.created.ms);
  out.text(layer.policy_revision).number(static_cast<std::int64_t>(layer.statements.size()));
  for (const auto& statement : layer.statements) {
    out.text(statement.id).text(statement.principal).text(statement.organization);
  }
  return out.bytes();
}

Result<LayerVersion> decode_layer_version(LayerKey key, std::int64_t version,
                                          std::string_view bytes) {
  FieldReader in(bytes);
  LayerVersion layer{.key = std::move(key), .version = version};
  layer.description = in.text();
  layer.license = in.text();
  layer.runtimes = read_texts(in);
  layer.architectures = read_texts(in);
  layer.code.sha256_hex = in.text();
  layer.code.sha256_base64 = in.text();
  layer.code.size = in.number();
  layer.code.unzipped_bytes = in.number();
  layer.created.ms = in.number();
  layer.policy_revision = in.text();
  for (auto count = in.number(); count > 0 && in.status(); --count) {
    LayerStatement& statement = layer.statements.emplace_back();
    statement.id = in.text();
    statement.principal = in.text();
    statement.organization = in.text();
  }
  KILN_TRY_VOID(in.status());
  return layer;
}

}  // namespace kiln::lambda

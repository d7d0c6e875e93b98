// SPDX-License-Identifier: Apache-2.0
#pragma once
// What GetObject and HeadObject share: which version and which bytes of it.

#include "base/encoding.h"
#include "services/s3/api/common.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/model/reads.h"

#include <optional>
#include <string>

namespace kiln::s3 {

struct SelectionRequest {
  std::string key;
  Text version_id;
  Text range;
  std::optional<std::int32_t> part_number;
  ReadConditions conditions;
  bool with_body = true;
};

struct Selection {
  Version version;
  aws::ByteStream body;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  bool partial = false;
  std::optional<Part> part;  // the one that was asked for
};

template <class Input>
SelectionRequest selection_of(const Input& input) {
  return {.key = *input.key,
          .version_id = input.version_id,
          .range = input.range,
          .part_number = input.part_number,
          .conditions = {.if_match = input.if_match,
                         .if_none_match = input.if_none_match,
                         .if_modified_since = input.if_modified_since,
                         .if_unmodified_since = input.if_unmodified_since}};
}

Task<aws::ApiResult<Selection>> select_version(Service& service, BucketPtr bucket,
                                               SelectionRequest request);

// Status, length, range, parts, checksums.
template <class Output>
void describe_selection(Output& output, const Selection& selection, const Text& checksum_mode) {
  const Version& version = selection.version;
  output.content_length = static_cast<std::int64_t>(selection.size);
  if (selection.partial) {
    output.status_code = 206;
    output.content_range = "bytes " + std::to_string(selection.offset) + "-" +
                           std::to_string(selection.offset + selection.size - 1) + "/" +
                           std::to_string(version.size);
  }
  if (selection.part && version.parts > 0)
    output.parts_count = static_cast<std::int32_t>(version.parts);
  if (!checksum_mode || *checksum_mode != "ENABLED" || !version.checksum) return;
  if (selection.part && version.parts > 0) {
    if (selection.part->checksum.empty()) return;
    set_checksum(output, version.checksum->kind, base64_encode(selection.part->checksum));
    output.checksum_type = version.checksum->composite ? "COMPOSITE" : "FULL_OBJECT";
  } else if (!selection.partial || selection.size == version.size) {
    set_checksum(output, version.checksum);
  }
}

}  // namespace kiln::s3

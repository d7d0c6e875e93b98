// SPDX-License-Identifier: Apache-2.0
#include "services/s3/api/list_common.h"

#include "services/s3/api/object_headers.h"

namespace kiln::s3 {

std::vector<gen::s3::Object> shown_objects(const ListPage& page, const ListText& text, bool owner) {
  std::vector<gen::s3::Object> out;
  out.reserve(page.objects.size());
  for (const auto& [key, version] : page.objects) {
    auto& object = out.emplace_back();
    object.key = text(key);
    object.last_modified = version.modified;
    object.e_tag = quoted(version.etag);
    object.size = static_cast<std::int64_t>(version.size);
    object.storage_class = version.about.storage_class;
    if (version.checksum) {
      object.checksum_algorithm = {checksum_label(version.checksum->kind)};
      object.checksum_type = version.checksum->composite ? "COMPOSITE" : "FULL_OBJECT";
    }
    if (owner) object.owner.emplace().id = canonical_id(version.owner);
  }
  return out;
}

std::vector<gen::s3::CommonPrefix> shown_prefixes(const std::vector<std::string>& prefixes,
                                                  const ListText& text) {
  std::vector<gen::s3::CommonPrefix> out;
  for (const auto& prefix : prefixes) out.emplace_back().prefix = text(prefix);
  return out;
}

}  // namespace kiln::s3

// SPDX-License-Identifier: Apache-2.0
#include "base/fields.h"
#include "services/s3/model/records.h"

namespace kiln::s3 {
namespace {

void put(FieldWriter& out, const std::map<std::string, std::string>& texts) {
  out.number(static_cast<std::int64_t>(texts.size()));
  for (const auto& [name, value] : texts) out.text(name).text(value);
}

std::map<std::string, std::string> take_texts(FieldReader& in) {
  std::map<std::string, std::string> out;
  const std::int64_t count = in.number();
  for (std::int64_t i = 0; i < count && !in.at_end(); ++i) {
    std::string name = in.text();
    out[std::move(name)] = in.text();
  }
  return out;
}

void put(FieldWriter& out, const Description& d) {
  for (const auto* text :
       {&d.content_type, &d.cache_control, &d.content_disposition, &d.content_encoding,
        &d.content_language, &d.expires, &d.website_redirect, &d.storage_class, &d.acl})
    out.text(*text);
  put(out, d.metadata);
  put(out, d.tags);
}

Description take_description(FieldReader& in) {
  Description d;
  for (auto* text :
       {&d.content_type, &d.cache_control, &d.content_disposition, &d.content_encoding,
        &d.content_language, &d.expires, &d.website_redirect, &d.storage_class, &d.acl})
    *text = in.text();
  d.metadata = take_texts(in);
  d.tags = take_texts(in);
  return d;
}

void put(FieldWriter& out, const std::optional<ChecksumKind>& kind) {
  out.number(kind ? static_cast<std::int64_t>(*kind) + 1 : 0);
}

std::optional<ChecksumKind> take_kind(FieldReader& in) {
  const std::int64_t number = in.number();
  if (number < 1 || number > static_cast<std::int64_t>(kChecksumKinds.size())) return std::nullopt;
  return static_cast<ChecksumKind>(number - 1);
}

void put(FieldWriter& out, const Extent& extent) {
  out.text(extent.blob).number(static_cast<std::int64_t>(extent.size));
}

Extent take_extent(FieldReader& in) {
  Extent out;
  out.blob = in.text();
  out.size = static_cast<std::uint64_t>(in.number());
  return out;
}

template <class T>
Result<T> done(const FieldReader& in, T value) {
  if (auto status = in.status(); !status) return std::unexpected(std::move(status.error()));
  return value;
}

}  // namespace

std::string encode(const Bucket& b) {
  FieldWriter out;
  out.text(b.name).text(b.id).text(b.account).text(b.region);
  out.number(b.created.ms).number(static_cast<std::int64_t>(b.versioning));
  out.number(b.closed_until_ms);
  return out.bytes();
}

Result<Bucket> decode_bucket(std::string_view bytes) {
  FieldReader in(bytes);
  Bucket b;
  b.name = in.text();
  b.id = in.text();
  b.account = in.text();
  b.region = in.text();
  b.created.ms = in.number();
  b.versioning = static_cast<Versioning>(in.number());
  b.closed_until_ms = in.number();
  return done(in, std::move(b));
}

std::string encode(const Version& v) {
  FieldWriter out;
  out.text(v.id).text(v.version_id).number(v.order).number(v.marker ? 1 : 0);
  out.number(v.modified.ms).number(static_cast<std::int64_t>(v.size)).text(v.etag).text(v.owner);
  if (v.marker) return out.bytes();
  put(out, v.about);
  put(out, v.checksum ? std::optional(v.checksum->kind) : std::nullopt);
  if (v.checksum) out.number(v.checksum->composite ? 1 : 0).text(v.checksum->value);
  out.number(v.is_inline ? 1 : 0).number(v.blob ? 1 : 0);
  if (v.blob) put(out, *v.blob);
  out.number(v.parts).number(static_cast<std::int64_t>(v.part_pages.size()));
  for (const std::uint64_t offset : v.part_pages) out.number(static_cast<std::int64_t>(offset));
  return out.bytes();
}

Result<Version> decode_version(std::string_view bytes) {
  FieldReader in(bytes);
  Version v;
  v.id = in.text();
  v.version_id = in.text();
  v.order = in.number();
  v.marker = in.number() != 0;
  v.modified.ms = in.number();
  v.size = static_cast<std::uint64_t>(in.number());
  v.etag = in.text();
  v.owner = in.text();
  if (v.marker) return done(in, std::move(v));
  v.about = take_description(in);
  if (const auto kind = take_kind(in)) {
    v.checksum = StoredChecksum{.kind = *kind, .composite = in.number() != 0, .value = {}};
    v.checksum->value = in.text();
  }
  v.is_inline = in.number() != 0;
  if (in.number() != 0) v.blob = take_extent(in);
  v.parts = in.number();
  const std::int64_t pages = in.number();
  for (std::int64_t i = 0; i < pages && !in.at_end(); ++i)
    v.part_pages.push_back(static_cast<std::uint64_t>(in.number()));
  return done(in, std::move(v));
}

std::string encode(const std::vector<Part>& page) {
  FieldWriter out;
  for (const Part& part : page) {
    out.number(part.number);
    put(out, part.bytes);
    out.text(part.checksum);
  }
  return out.bytes();
}

Result<std::vector<Part>> decode_parts(std::string_view bytes) {
  FieldReader in(bytes);
  std::vector<Part> out;
  while (!in.at_end() && in.status()) {
    Part part;
    part.number = in.number();
    part.bytes = take_extent(in);
    part.checksum = in.text();
    out.push_back(std::move(part));
  }
  return done(in, std::move(out));
}

std::string encode(const Upload& u) {
  FieldWriter out;
  out.text(u.key)
      .text(u.id)
      .text(u.parts_id)
      .number(u.initiated.ms)
      .text(u.initiator)
      .text(u.owner);
  put(out, u.about);
  put(out, u.checksum);
  out.number(u.composite ? 1 : 0);
  return out.bytes();
}

Result<Upload> decode_upload(std::string_view bytes) {
  FieldReader in(bytes);
  Upload u;
  u.key = in.text();
  u.id = in.text();
  u.parts_id = in.text();
  u.initiated.ms = in.number();
  u.initiator = in.text();
  u.owner = in.text();
  u.about = take_description(in);
  u.checksum = take_kind(in);
  u.composite = in.number() != 0;
  return done(in, std::move(u));
}

std::string encode(const UploadedPart& p) {
  FieldWriter out;
  out.number(p.number);
  put(out, p.bytes);
  out.text(p.md5).text(p.checksum).number(p.modified.ms);
  return out.bytes();
}

Result<UploadedPart> decode_uploaded_part(std::string_view bytes) {
  FieldReader in(bytes);
  UploadedPart p;
  p.number = in.number();
  p.bytes = take_extent(in);
  p.md5 = in.text();
  p.checksum = in.text();
  p.modified.ms = in.number();
  return done(in, std::move(p));
}

std::string encode(const Tags& texts) {
  FieldWriter out;
  put(out, texts);
  return out.bytes();
}

Result<Tags> decode_tags(std::string_view bytes) {
  FieldReader in(bytes);
  auto texts = take_texts(in);
  return done(in, std::move(texts));
}

}  // namespace kiln::s3

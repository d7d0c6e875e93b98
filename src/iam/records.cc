// SPDX-License-Identifier: Apache-2.0
#include "iam/records.h"

namespace kiln::iam {
namespace {

constexpr std::uint8_t kFormat = 1;

template <class T>
Result<T> finish(const RecordReader& reader, T record, std::string_view what) {
  if (reader.ok() && reader.version() == kFormat) return record;
  return fail(ErrorCode::kInternal, "stored " + std::string(what) + " has an unknown format");
}

}  // namespace

std::string RoleRecord::arn(std::string_view account) const {
  return "arn:aws:iam::" + std::string(account) + ":role" + path + name;
}

std::string PolicyRecord::arn(std::string_view account) const {
  return "arn:aws:iam::" + std::string(account) + ":policy" + path + name;
}

std::string encode(const RoleRecord& r) {
  RecordWriter w(kFormat);
  w.text(r.name).text(r.path).text(r.id).number(r.created.ms).text(r.trust_policy);
  w.text(r.description).number(r.max_session_seconds).text(r.permissions_boundary).tags(r.tags);
  w.list(r.attached).number(static_cast<std::int64_t>(r.inlines.size()));
  for (const auto& i : r.inlines) w.text(i.name).number(i.size);
  return w.take();
}

Result<RoleRecord> decode_role(std::string_view bytes) {
  RecordReader in(bytes);
  RoleRecord r;
  r.name = in.text();
  r.path = in.text();
  r.id = in.text();
  r.created.ms = in.number();
  r.trust_policy = in.text();
  r.description = in.text();
  r.max_session_seconds = in.number();
  r.permissions_boundary = in.text();
  r.tags = in.tags();
  r.attached = in.list();
  for (auto left = in.number(); left > 0 && left <= 10'000 && in.ok(); --left) {
    auto name = in.text();
    r.inlines.push_back({std::move(name), in.number()});
  }
  return finish(in, std::move(r), "role");
}

std::string encode(const PolicyRecord& r) {
  RecordWriter w(kFormat);
  w.text(r.name).text(r.path).text(r.id).number(r.created.ms).number(r.updated.ms);
  w.text(r.description).number(r.default_version).number(r.last_version).number(r.attachments);
  w.tags(r.tags).number(static_cast<std::int64_t>(r.versions.size()));
  for (const auto& v : r.versions) w.number(v.number).number(v.created.ms);
  return w.take();
}

Result<PolicyRecord> decode_policy(std::string_view bytes) {
  RecordReader in(bytes);
  PolicyRecord r;
  r.name = in.text();
  r.path = in.text();
  r.id = in.text();
  r.created.ms = in.number();
  r.updated.ms = in.number();
  r.description = in.text();
  r.default_version = in.number();
  r.last_version = in.number();
  r.attachments = in.number();
  r.tags = in.tags();
  for (auto left = in.number(); left > 0 && left <= 1'000 && in.ok(); --left) {
    const auto number = in.number();
    r.versions.push_back({number, {in.number()}});
  }
  return finish(in, std::move(r), "policy");
}

std::string encode(const AccountSummary& r) {
  return RecordWriter(kFormat).number(r.roles).number(r.policies).take();
}

Result<AccountSummary> decode_summary(std::string_view bytes) {
  RecordReader in(bytes);
  AccountSummary r;
  r.roles = in.number();
  r.policies = in.number();
  return finish(in, r, "account summary");
}

std::string encode(const AccessKeyRecord& r) {
  RecordWriter w(kFormat);
  w.text(r.account).text(r.secret).number(r.active ? 1 : 0).number(r.created.ms);
  w.text(r.user_name).text(r.user_path).text(r.user_id);
  return w.take();
}

Result<AccessKeyRecord> decode_access_key(std::string_view bytes) {
  RecordReader in(bytes);
  AccessKeyRecord r;
  r.account = in.text();
  r.secret = in.text();
  r.active = in.number() != 0;
  r.created.ms = in.number();
  r.user_name = in.text();
  r.user_path = in.text();
  r.user_id = in.text();
  return finish(in, std::move(r), "access key");
}

}  // namespace kiln::iam

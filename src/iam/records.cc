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

std::string arn_of(std::string_view account, std::string_view kind, std::string_view path,
                   std::string_view name) {
  std::string out = "arn:aws:iam::";
  return out.append(account).append(1, ':').append(kind).append(path).append(name);
}

void write_inlines(RecordWriter& w, const std::vector<EntityRecord::Inline>& inlines) {
  w.number(static_cast<std::int64_t>(inlines.size()));
  for (const auto& i : inlines) w.text(i.name).number(i.size);
}

void read_inlines(RecordReader& in, std::vector<EntityRecord::Inline>& inlines) {
  for (auto left = in.number(); left > 0 && left <= 10'000 && in.ok(); --left) {
    auto name = in.text();
    inlines.push_back({std::move(name), in.number()});
  }
}

// The common part of users and groups; roles had their own order before.
void write_entity(RecordWriter& w, const EntityRecord& r) {
  w.text(r.name).text(r.path).text(r.id).number(r.created.ms).text(r.permissions_boundary);
  w.tags(r.tags).list(r.attached);
  write_inlines(w, r.inlines);
}

void read_entity(RecordReader& in, EntityRecord& r) {
  r.name = in.text();
  r.path = in.text();
  r.id = in.text();
  r.created.ms = in.number();
  r.permissions_boundary = in.text();
  r.tags = in.tags();
  r.attached = in.list();
  read_inlines(in, r.inlines);
}

}  // namespace

std::string RoleRecord::arn(std::string_view account) const {
  return arn_of(account, "role", path, name);
}
std::string UserRecord::arn(std::string_view account) const {
  return arn_of(account, "user", path, name);
}
std::string GroupRecord::arn(std::string_view account) const {
  return arn_of(account, "group", path, name);
}
std::string InstanceProfileRecord::arn(std::string_view account) const {
  return arn_of(account, "instance-profile", path, name);
}
std::string PolicyRecord::arn(std::string_view account) const {
  return arn_of(account, "policy", path, name);
}

std::string encode(const RoleRecord& r) {
  RecordWriter w(kFormat);
  w.text(r.name).text(r.path).text(r.id).number(r.created.ms).text(r.trust_policy);
  w.text(r.description).number(r.max_session_seconds).text(r.permissions_boundary).tags(r.tags);
  w.list(r.attached);
  write_inlines(w, r.inlines);
  return w.list(r.instance_profiles).take();
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
  read_inlines(in, r.inlines);
  r.instance_profiles = in.list();
  return finish(in, std::move(r), "role");
}

std::string encode(const UserRecord& r) {
  RecordWriter w(kFormat);
  write_entity(w, r);
  return w.list(r.groups).take();
}

Result<UserRecord> decode_user(std::string_view bytes) {
  RecordReader in(bytes);
  UserRecord r;
  read_entity(in, r);
  r.groups = in.list();
  return finish(in, std::move(r), "user");
}

std::string encode(const GroupRecord& r) {
  RecordWriter w(kFormat);
  write_entity(w, r);
  return w.take();
}

Result<GroupRecord> decode_group(std::string_view bytes) {
  RecordReader in(bytes);
  GroupRecord r;
  read_entity(in, r);
  return finish(in, std::move(r), "group");
}

std::string encode(const InstanceProfileRecord& r) {
  RecordWriter w(kFormat);
  w.text(r.name).text(r.path).text(r.id).number(r.created.ms).text(r.role).tags(r.tags);
  return w.take();
}

Result<InstanceProfileRecord> decode_instance_profile(std::string_view bytes) {
  RecordReader in(bytes);
  InstanceProfileRecord r;
  r.name = in.text();
  r.path = in.text();
  r.id = in.text();
  r.created.ms = in.number();
  r.role = in.text();
  r.tags = in.tags();
  return finish(in, std::move(r), "instance profile");
}

std::string encode(const PolicyRecord& r) {
  RecordWriter w(kFormat);
  w.text(r.name).text(r.path).text(r.id).number(r.created.ms).number(r.updated.ms);
  w.text(r.description).number(r.default_version).number(r.last_version).number(r.attachments);
  w.tags(r.tags).number(static_cast<std::int64_t>(r.versions.size()));
  for (const auto& v : r.versions) w.number(v.number).number(v.created.ms);
  return w.number(r.boundaries).take();
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
  r.boundaries = in.number();
  return finish(in, std::move(r), "policy");
}

std::string encode(const AccountSummary& r) {
  RecordWriter w(kFormat);
  w.number(r.roles).number(r.policies).number(r.users).number(r.groups);
  return w.number(r.instance_profiles).take();
}

Result<AccountSummary> decode_summary(std::string_view bytes) {
  RecordReader in(bytes);
  AccountSummary r;
  r.roles = in.number();
  r.policies = in.number();
  r.users = in.number();
  r.groups = in.number();
  r.instance_profiles = in.number();
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

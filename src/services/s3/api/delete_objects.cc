// SPDX-License-Identifier: Apache-2.0
// DeleteObjects: removes up to 1,000 objects; each is allowed or refused by itself.
#include "gen/s3/delete_objects.h"

#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::DeleteObjects;

constexpr std::size_t kMaxObjects = 1'000;

// Asked for each object, in handle().
aws::Authorization authorize(const aws::RequestContext&, const Model::Input&) { return {}; }

gen::s3::Error refusal(const gen::s3::ObjectIdentifier& object, const aws::ApiError& error) {
  gen::s3::Error out;
  out.key = object.key;
  out.version_id = object.version_id;
  out.code = error.code;
  out.message = error.message;
  return out;
}

Task<aws::ApiResult<Removal>> remove_one(Service& service, const aws::RequestContext& context,
                                         std::string bucket,
                                         const gen::s3::ObjectIdentifier& object) {
  Text version = object.version_id;
  if (version && version->empty()) version.reset();
  auto asking =
      service.authorizer.check(context, on_version("s3:DeleteObject", bucket, object.key, version));
  KILN_S3_CHECK(co_await std::move(asking));
  KILN_S3_CHECK(check_key(object.key));
  Text if_match;
  if (object.e_tag) if_match = bare_etag(*object.e_tag);
  auto removing = service.objects.remove(std::move(bucket), *object.key, version, if_match,
                                         cause_of(context, "ObjectRemoved:Delete"));
  co_return co_await std::move(removing);
}

gen::s3::DeletedObject shown(const gen::s3::ObjectIdentifier& object, const Removal& removal,
                             bool keeps_versions) {
  gen::s3::DeletedObject out;
  out.key = object.key;
  const bool by_id = object.version_id && !object.version_id->empty();
  if (by_id) out.version_id = object.version_id;
  if (removal.marker) {
    out.delete_marker = true;
    if (keeps_versions) out.delete_marker_version_id = removal.shown_version_id;
  }
  return out;
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  const auto& objects = input.delete_->objects;
  if (!objects || objects->empty() || objects->size() > kMaxObjects)
    co_return aws::fail(malformed_xml());
  for (const auto& object : *objects)
    if (!object.key || object.key->empty()) co_return aws::fail(malformed_xml());
  const bool quiet = input.delete_->quiet.value_or(false);
  Model::Output output;
  auto& deleted = output.deleted.emplace();
  auto& errors = output.errors.emplace();
  for (const auto& object : *objects) {
    auto task = remove_one(service, context, *input.bucket, object);
    auto removal = co_await std::move(task);
    if (!removal) {
      errors.push_back(refusal(object, removal.error()));
    } else if (!quiet) {
      deleted.push_back(shown(object, *removal, bucket->bucket.keeps_versions()));
    }
  }
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kDeleteObjects{authorize, handle};

}  // namespace kiln::s3

// SPDX-License-Identifier: Apache-2.0
// GetObjectAcl: answers who was granted what of a version.
#include "gen/s3/get_object_acl.h"

#include "services/s3/api/acl.h"
#include "services/s3/api/common.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {
namespace {

using Model = gen::s3::GetObjectAcl;

aws::Authorization authorize(const aws::RequestContext&, const Model::Input& input) {
  return on_version("s3:GetObjectAcl", input.bucket, input.key, input.version_id);
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  KILN_S3_ASK(const BucketPtr bucket,
              co_await bucket_of(service, input.bucket, input.expected_bucket_owner));
  auto finding = service.objects.find(bucket, *input.key, input.version_id);
  KILN_S3_ASK(const Version version, co_await std::move(finding));
  Model::Output output;
  // While ACLs are off, everything is the bucket owner's.
  const bool enabled = acls_enabled(*bucket);
  const std::string& owner = enabled ? version.owner : bucket->bucket.account;
  output.owner.emplace().id = canonical_id(owner);
  output.grants = shown_grants(stored_grants(enabled ? &version.about.acl : nullptr, owner));
  co_return output;
}

}  // namespace

const aws::Operation<Model, Service> kGetObjectAcl{authorize, handle};

}  // namespace kiln::s3

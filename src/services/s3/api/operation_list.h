// SPDX-License-Identifier: Apache-2.0
#pragma once
// The operations, each defined in the file of its name. Only api/ includes this.

#include "aws/operation.h"
#include "services/s3/service.h"

namespace kiln::gen::s3 {
struct CreateBucket;
struct DeleteBucket;
struct DeleteObject;
struct DeleteObjects;
struct GetBucketLocation;
struct GetBucketNotificationConfiguration;
struct PutBucketNotificationConfiguration;
struct GetObject;
struct HeadBucket;
struct HeadObject;
struct ListBuckets;
struct ListObjects;
struct ListObjectsV2;
struct PutObject;
}  // namespace kiln::gen::s3

namespace kiln::s3 {

extern const aws::Operation<gen::s3::CreateBucket, Service> kCreateBucket;
extern const aws::Operation<gen::s3::DeleteBucket, Service> kDeleteBucket;
extern const aws::Operation<gen::s3::DeleteObject, Service> kDeleteObject;
extern const aws::Operation<gen::s3::DeleteObjects, Service> kDeleteObjects;
extern const aws::Operation<gen::s3::GetBucketLocation, Service> kGetBucketLocation;
extern const aws::Operation<gen::s3::GetBucketNotificationConfiguration, Service>
    kGetBucketNotificationConfiguration;
extern const aws::Operation<gen::s3::PutBucketNotificationConfiguration, Service>
    kPutBucketNotificationConfiguration;
extern const aws::Operation<gen::s3::GetObject, Service> kGetObject;
extern const aws::Operation<gen::s3::HeadBucket, Service> kHeadBucket;
extern const aws::Operation<gen::s3::HeadObject, Service> kHeadObject;
extern const aws::Operation<gen::s3::ListBuckets, Service> kListBuckets;
extern const aws::Operation<gen::s3::ListObjects, Service> kListObjects;
extern const aws::Operation<gen::s3::ListObjectsV2, Service> kListObjectsV2;
extern const aws::Operation<gen::s3::PutObject, Service> kPutObject;

}  // namespace kiln::s3

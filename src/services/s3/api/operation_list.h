// SPDX-License-Identifier: Apache-2.0
#pragma once
// The operations, each defined in the file of its name. Only api/ includes this.

#include "aws/operation.h"
#include "services/s3/service.h"

namespace kiln::gen::s3 {
struct AbortMultipartUpload;
struct CompleteMultipartUpload;
struct CopyObject;
struct CreateBucket;
struct CreateMultipartUpload;
struct DeleteBucket;
struct DeleteBucketCors;
struct DeleteBucketEncryption;
struct DeleteBucketLifecycle;
struct DeleteBucketOwnershipControls;
struct DeleteBucketPolicy;
struct DeleteBucketTagging;
struct DeleteBucketWebsite;
struct DeleteObject;
struct DeleteObjectTagging;
struct DeleteObjects;
struct DeletePublicAccessBlock;
struct GetBucketAccelerateConfiguration;
struct GetBucketAcl;
struct GetBucketCors;
struct GetBucketEncryption;
struct GetBucketLifecycleConfiguration;
struct GetBucketLocation;
struct GetBucketLogging;
struct GetBucketNotificationConfiguration;
struct GetBucketOwnershipControls;
struct GetBucketPolicy;
struct GetBucketPolicyStatus;
struct GetBucketReplication;
struct GetBucketRequestPayment;
struct GetBucketTagging;
struct GetBucketVersioning;
struct GetBucketWebsite;
struct GetObject;
struct GetObjectAcl;
struct GetObjectAttributes;
struct GetObjectLockConfiguration;
struct GetObjectTagging;
struct GetPublicAccessBlock;
struct HeadBucket;
struct HeadObject;
struct ListBuckets;
struct ListMultipartUploads;
struct ListObjectVersions;
struct ListObjects;
struct ListObjectsV2;
struct ListParts;
struct PutBucketAcl;
struct PutBucketCors;
struct PutBucketEncryption;
struct PutBucketLifecycleConfiguration;
struct PutBucketNotificationConfiguration;
struct PutBucketOwnershipControls;
struct PutBucketPolicy;
struct PutBucketTagging;
struct PutBucketVersioning;
struct PutBucketWebsite;
struct PutObject;
struct PutObjectAcl;
struct PutObjectTagging;
struct PutPublicAccessBlock;
struct UploadPart;
struct UploadPartCopy;
}  // namespace kiln::gen::s3

namespace kiln::s3 {

extern const aws::Operation<gen::s3::AbortMultipartUpload, Service> kAbortMultipartUpload;
extern const aws::Operation<gen::s3::CompleteMultipartUpload, Service> kCompleteMultipartUpload;
extern const aws::Operation<gen::s3::CopyObject, Service> kCopyObject;
extern const aws::Operation<gen::s3::CreateBucket, Service> kCreateBucket;
extern const aws::Operation<gen::s3::CreateMultipartUpload, Service> kCreateMultipartUpload;
extern const aws::Operation<gen::s3::DeleteBucket, Service> kDeleteBucket;
extern const aws::Operation<gen::s3::DeleteBucketCors, Service> kDeleteBucketCors;
extern const aws::Operation<gen::s3::DeleteBucketEncryption, Service> kDeleteBucketEncryption;
extern const aws::Operation<gen::s3::DeleteBucketLifecycle, Service> kDeleteBucketLifecycle;
extern const aws::Operation<gen::s3::DeleteBucketOwnershipControls, Service>
    kDeleteBucketOwnershipControls;
extern const aws::Operation<gen::s3::DeleteBucketPolicy, Service> kDeleteBucketPolicy;
extern const aws::Operation<gen::s3::DeleteBucketTagging, Service> kDeleteBucketTagging;
extern const aws::Operation<gen::s3::DeleteBucketWebsite, Service> kDeleteBucketWebsite;
extern const aws::Operation<gen::s3::DeleteObject, Service> kDeleteObject;
extern const aws::Operation<gen::s3::DeleteObjectTagging, Service> kDeleteObjectTagging;
extern const aws::Operation<gen::s3::DeleteObjects, Service> kDeleteObjects;
extern const aws::Operation<gen::s3::DeletePublicAccessBlock, Service> kDeletePublicAccessBlock;
extern const aws::Operation<gen::s3::GetBucketAccelerateConfiguration, Service>
    kGetBucketAccelerateConfiguration;
extern const aws::Operation<gen::s3::GetBucketAcl, Service> kGetBucketAcl;
extern const aws::Operation<gen::s3::GetBucketCors, Service> kGetBucketCors;
extern const aws::Operation<gen::s3::GetBucketEncryption, Service> kGetBucketEncryption;
extern const aws::Operation<gen::s3::GetBucketLifecycleConfiguration, Service>
    kGetBucketLifecycleConfiguration;
extern const aws::Operation<gen::s3::GetBucketLocation, Service> kGetBucketLocation;
extern const aws::Operation<gen::s3::GetBucketLogging, Service> kGetBucketLogging;
extern const aws::Operation<gen::s3::GetBucketNotificationConfiguration, Service>
    kGetBucketNotificationConfiguration;
extern const aws::Operation<gen::s3::GetBucketOwnershipControls, Service>
    kGetBucketOwnershipControls;
extern const aws::Operation<gen::s3::GetBucketPolicy, Service> kGetBucketPolicy;
extern const aws::Operation<gen::s3::GetBucketPolicyStatus, Service> kGetBucketPolicyStatus;
extern const aws::Operation<gen::s3::GetBucketReplication, Service> kGetBucketReplication;
extern const aws::Operation<gen::s3::GetBucketRequestPayment, Service> kGetBucketRequestPayment;
extern const aws::Operation<gen::s3::GetBucketTagging, Service> kGetBucketTagging;
extern const aws::Operation<gen::s3::GetBucketVersioning, Service> kGetBucketVersioning;
extern const aws::Operation<gen::s3::GetBucketWebsite, Service> kGetBucketWebsite;
extern const aws::Operation<gen::s3::GetObject, Service> kGetObject;
extern const aws::Operation<gen::s3::GetObjectAcl, Service> kGetObjectAcl;
extern const aws::Operation<gen::s3::GetObjectAttributes, Service> kGetObjectAttributes;
extern const aws::Operation<gen::s3::GetObjectLockConfiguration, Service>
    kGetObjectLockConfiguration;
extern const aws::Operation<gen::s3::GetObjectTagging, Service> kGetObjectTagging;
extern const aws::Operation<gen::s3::GetPublicAccessBlock, Service> kGetPublicAccessBlock;
extern const aws::Operation<gen::s3::HeadBucket, Service> kHeadBucket;
extern const aws::Operation<gen::s3::HeadObject, Service> kHeadObject;
extern const aws::Operation<gen::s3::ListBuckets, Service> kListBuckets;
extern const aws::Operation<gen::s3::ListMultipartUploads, Service> kListMultipartUploads;
extern const aws::Operation<gen::s3::ListObjectVersions, Service> kListObjectVersions;
extern const aws::Operation<gen::s3::ListObjects, Service> kListObjects;
extern const aws::Operation<gen::s3::ListObjectsV2, Service> kListObjectsV2;
extern const aws::Operation<gen::s3::ListParts, Service> kListParts;
extern const aws::Operation<gen::s3::PutBucketAcl, Service> kPutBucketAcl;
extern const aws::Operation<gen::s3::PutBucketCors, Service> kPutBucketCors;
extern const aws::Operation<gen::s3::PutBucketEncryption, Service> kPutBucketEncryption;
extern const aws::Operation<gen::s3::PutBucketLifecycleConfiguration, Service>
    kPutBucketLifecycleConfiguration;
extern const aws::Operation<gen::s3::PutBucketNotificationConfiguration, Service>
    kPutBucketNotificationConfiguration;
extern const aws::Operation<gen::s3::PutBucketOwnershipControls, Service>
    kPutBucketOwnershipControls;
extern const aws::Operation<gen::s3::PutBucketPolicy, Service> kPutBucketPolicy;
extern const aws::Operation<gen::s3::PutBucketTagging, Service> kPutBucketTagging;
extern const aws::Operation<gen::s3::PutBucketVersioning, Service> kPutBucketVersioning;
extern const aws::Operation<gen::s3::PutBucketWebsite, Service> kPutBucketWebsite;
extern const aws::Operation<gen::s3::PutObject, Service> kPutObject;
extern const aws::Operation<gen::s3::PutObjectAcl, Service> kPutObjectAcl;
extern const aws::Operation<gen::s3::PutObjectTagging, Service> kPutObjectTagging;
extern const aws::Operation<gen::s3::PutPublicAccessBlock, Service> kPutPublicAccessBlock;
extern const aws::Operation<gen::s3::UploadPart, Service> kUploadPart;
extern const aws::Operation<gen::s3::UploadPartCopy, Service> kUploadPartCopy;

}  // namespace kiln::s3

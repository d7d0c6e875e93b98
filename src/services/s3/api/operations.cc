// SPDX-License-Identifier: Apache-2.0
#include "services/s3/api/operations.h"

#include "gen/s3/create_bucket.h"
#include "gen/s3/delete_bucket.h"
#include "gen/s3/delete_object.h"
#include "gen/s3/delete_objects.h"
#include "gen/s3/get_bucket_location.h"
#include "gen/s3/get_bucket_notification_configuration.h"
#include "gen/s3/get_object.h"
#include "gen/s3/head_bucket.h"
#include "gen/s3/head_object.h"
#include "gen/s3/list_buckets.h"
#include "gen/s3/list_objects.h"
#include "gen/s3/list_objects_v2.h"
#include "gen/s3/put_bucket_notification_configuration.h"
#include "gen/s3/put_object.h"
#include "services/s3/api/operation_list.h"

namespace kiln::s3 {

void register_operations(aws::Registry& registry, Service& service) {
  registry.add(service, kCreateBucket);
  registry.add(service, kDeleteBucket);
  registry.add(service, kDeleteObject);
  registry.add(service, kDeleteObjects);
  registry.add(service, kGetBucketLocation);
  registry.add(service, kGetBucketNotificationConfiguration);
  registry.add(service, kPutBucketNotificationConfiguration);
  registry.add(service, kGetObject);
  registry.add(service, kHeadBucket);
  registry.add(service, kHeadObject);
  registry.add(service, kListBuckets);
  registry.add(service, kListObjects);
  registry.add(service, kListObjectsV2);
  registry.add(service, kPutObject);
}

}  // namespace kiln::s3

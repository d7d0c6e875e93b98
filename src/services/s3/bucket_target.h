// SPDX-License-Identifier: Apache-2.0
#pragma once
// Buckets as targets of other services' events: the records of asynchronous invocations that
// failed. An event becomes an object, named by its subject, as its sender may put one.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html

#include "aws/event_target.h"
#include "services/s3/store/buckets.h"

namespace kiln::s3 {

struct Service;

// Registered under "s3". A repeat of an event is put over the first one.
class BucketTarget final : public aws::EventTarget {
 public:
  // `service` outlives *this.
  explicit BucketTarget(Service& service) : service_(service) {}
  Task<Status> deliver(aws::TargetEvent event) override;
  // Without a subject: whether any object may be put.
  Task<Status> check(aws::TargetEvent event) override;

 private:
  Task<Result<BucketPtr>> admit(aws::TargetEvent event);

  Service& service_;
};

}  // namespace kiln::s3

// SPDX-License-Identifier: Apache-2.0
#pragma once
// ObjectChange is what is known of one change of one object while it is being committed, and
// ChangeObserver who may add to that commit (notifications, as outbox entries).

#include "base/time.h"
#include "services/s3/model/records.h"
#include "services/s3/store/buckets.h"
#include "store/store.h"

#include <memory>
#include <string>
#include <vector>

namespace kiln::s3 {

// Who asked, and for what; the facts of an event record.
struct Cause {
  std::string event;         // "ObjectCreated:Put"; empty: nobody is told
  std::string principal_id;  // "AWS:AIDA...", or "s3.amazonaws.com"
  std::string requester;     // account, or service principal
  std::string source_ip;
  std::string request_id;
  std::string trace_header;
  std::string region;
};

struct ObjectChange {
  Cause cause;
  BucketPtr bucket;
  std::string key;
  // The version that was made, changed or removed. Its order, in hex, is the event's sequencer.
  Version version;
  std::int64_t sequence = 0;
};

class ChangeObserver {
 public:
  virtual ~ChangeObserver() = default;
  // Adds to the change's commit, which may be tried again with another batch. What is answered is
  // kept until the commit has returned.
  virtual Task<Result<std::shared_ptr<void>>> add_to(store::Batch& batch,
                                                     const ObjectChange& change) = 0;
};

}  // namespace kiln::s3

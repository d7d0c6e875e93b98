// SPDX-License-Identifier: Apache-2.0
#pragma once
// QueueDirectory keeps the queues: who exists, with which settings. What is asked often is answered
// from memory, kept current by a watch on each record and by this process's own commits.
//
// Bound: kCachedQueues, the least recently used go first. Threads: one loop. Errors: those of
// store::Store.

#include "async/clock.h"
#include "async/executor.h"
#include "async/task.h"
#include "base/random.h"
#include "base/result.h"
#include "iam/lru_cache.h"
#include "queue/queue.h"
#include "services/sqs/model/queue_record.h"
#include "store/store.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kiln::sqs {

// One queue as it is now. Constant and shared.
struct Queue {
  QueueName name;
  QueueRecord record;
  Settings settings;
  queue::QueueId messages;
};
using QueuePtr = std::shared_ptr<const Queue>;

enum class Made : std::uint8_t { kCreated, kExists, kDeletedRecently };

class QueueDirectory {
 public:
  static constexpr std::size_t kCachedQueues = 4'096;

  // All outlive the directory. `wait_after_deletion_ms`: how long a deleted queue's name is taken.
  QueueDirectory(store::Store& store, const Clock& clock, Random& random, Executor& home,
                 std::int64_t wait_after_deletion_ms);

  // Null: there is no such queue.
  Task<Result<QueuePtr>> find(QueueName name);
  // `attributes` as merge_attributes() answers them.
  Task<Result<Made>> create(QueueName name, TextMap attributes, TextMap tags);
  // Applies `change`, which may run again after a conflict and may refuse (its error is answered,
  // whatever its code). False: no such queue.
  Task<Result<bool>> update(QueueName name, std::function<Status(QueueRecord&)> change);
  // Its messages become garbage. False: no such queue.
  Task<Result<bool>> remove(QueueName name);
  // Names that begin with `prefix` and come after `after`, ascending, at most `limit`.
  Task<Result<std::vector<std::string>>> list(std::string account, std::string region,
                                              std::string prefix, std::string after,
                                              std::size_t limit);
  // The same with records, from the store.
  Task<Result<std::vector<std::pair<QueueName, QueueRecord>>>> list_records(std::string account,
                                                                            std::string region,
                                                                            std::string after,
                                                                            std::size_t limit);
  // Queues of every account after `after`'s key, at most `limit`.
  Task<Result<std::vector<QueueName>>> list_all(std::optional<QueueName> after, std::size_t limit);

 private:
  struct Entry {
    QueuePtr queue;  // null when it must be read again
    std::uint64_t generation = 0;
    std::unique_ptr<store::Watch> watch;
  };
  using EntryPtr = std::shared_ptr<Entry>;
  EntryPtr entry_of(const std::string& key);
  void forget(const QueueName& name);
  Task<Result<Made>> try_create(QueueName name, QueueRecord record);
  Task<Result<bool>> try_update(QueueName name, const std::function<Status(QueueRecord&)>& change);
  Task<Result<bool>> try_remove(QueueName name);

  store::Store& store_;
  const Clock& clock_;
  Random& random_;
  Executor& home_;
  const std::int64_t wait_after_deletion_ms_;
  iam::LruCache<EntryPtr> entries_{kCachedQueues};
};

}  // namespace kiln::sqs

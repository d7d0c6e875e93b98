// SPDX-License-Identifier: Apache-2.0
#pragma once
// StoreQueue is Queue on a Store: see README.md for the keys and the life of an item.
//
// Memory: kMaxCachedQueues QueueStates (least recently used go first), kMaxCandidates entries each;
// kMaxWaiters waiting claims, past which a claim does not wait (kiln_queue_waits_refused_total).

#include "async/clock.h"
#include "async/executor.h"
#include "async/fault_points.h"
#include "base/metrics.h"
#include "base/random.h"
#include "queue/queue.h"
#include "queue/queue_state.h"
#include "queue/records.h"
#include "store/store.h"

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace kiln::queue {

struct StoreQueueOptions {
  // Other processes use the same store (PostgreSQL): look out for what they write.
  bool other_nodes = false;
};

class StoreQueue final : public Queue {
 public:
  static constexpr std::size_t kMaxCachedQueues = 4'096;
  static constexpr std::size_t kMaxCandidates = 64;
  static constexpr std::size_t kMaxContendedCandidates = 512;
  static constexpr std::size_t kMaxWaiters = 10'000;
  static constexpr std::size_t kMaxExactCount = 10'000;
  static constexpr std::int64_t kCountLifetimeMs = 60'000;

  // References outlive *this.
  StoreQueue(store::Store& store, Executor& home, Clock& clock, Random& random, Metrics& metrics,
             FaultPoints& faults, StoreQueueOptions options = {});
  ~StoreQueue() override;
  // Ends waiting claims (kCancelled) and waits for operations under way. Called once, last.
  Task<void> stop();

  Result<Sent> add_send(store::Batch& batch, const QueueId& queue, Message message) override;
  Task<Result<Sent>> add_sends(store::Batch& batch, QueueId queue,
                               std::vector<Message> messages) override;
  Task<Result<std::vector<SentItem>>> send(QueueId queue, std::vector<Message> messages) override;
  Task<Result<std::vector<Lease>>> claim(QueueId queue, ClaimOptions options) override;
  Task<Status> change_visibility(QueueId queue, std::string token, Timestamp until) override;
  Task<Status> done(QueueId queue, std::string token) override;
  Task<Result<std::vector<bool>>> done_all(QueueId queue, std::vector<std::string> tokens) override;
  Task<Result<bool>> add_done(store::Batch& batch, QueueId queue, std::string token) override;
  Task<Status> release(QueueId queue, std::string token, Timestamp visible_at,
                       std::string note = {}) override;
  Task<Status> bury(QueueId queue, std::string token, QueueId to) override;
  Task<Result<std::optional<Found>>> find(QueueId queue, std::string token,
                                          bool with_payload) override;
  Task<Result<std::int64_t>> count_leased(QueueId queue, std::int64_t limit) override;
  Task<Result<Counts>> counts(QueueId queue) override;
  Task<Status> purge(QueueId queue, Timestamp sent_before) override;
  Task<Result<std::vector<Item>>> peek(QueueId queue, std::size_t limit) override;

 private:
  using StatePtr = std::shared_ptr<QueueState>;
  struct Line {
    std::int64_t sequence = 0;
    ItemRecord record;
  };
  // A group and the head of its line, of one moment.
  struct GroupView {
    std::string name;
    store::Version version;
    GroupRecord record;
    std::vector<Line> head;  // kMaxClaimOfGroup + 1 at most
  };
  // What happens to a leased item.
  struct Change {
    enum class Kind { kDone, kVisibility, kRelease, kBury } kind;
    std::int64_t due = 0;
    QueueId to;
    std::string note;
  };
  // False: the lease is lost (or the entry is not what it was).
  using Applied = Result<bool>;
  using Announcements = std::vector<std::shared_ptr<void>>;

  StatePtr state_of(const QueueId& queue);
  std::int64_t now() const { return clock_.wall().ms; }
  Task<Status> commit(store::Batch batch, store::Durability durability);
  Task<Result<std::string>> payload_of(QueueId queue, ItemRecord record);

  // store_queue.cc: sends and changes
  ItemRecord new_record(const Message& message, std::int64_t now);
  static void put_body(store::Batch& batch, const QueueId& queue, ItemRecord& record,
                       std::string payload);
  // Adds the writes and the check that remove an item without group.
  static void add_erase(store::Batch& batch, const QueueId& queue, store::Entry entry,
                        const ItemRecord& record);
  static void erase_body(store::Batch& batch, const QueueId& queue, const ItemRecord& record);
  Task<Status> add_line(store::Batch& batch, QueueId queue, std::string group,
                        std::vector<ItemRecord> records, std::vector<SentItem>& sent,
                        Announcements& pending);
  Task<Applied> try_send(QueueId queue, std::vector<Message> messages, std::vector<SentItem>& out);
  Task<Status> change(QueueId queue, std::string token, Change change);
  Task<Applied> try_change_item(QueueId queue, Token token, Change change);
  Task<Applied> try_change_line(QueueId queue, Token token, Change change);
  Task<Status> add_move(store::Batch& batch, QueueId from, QueueId to, std::string group,
                        ItemRecord record, Announcements& pending);

  // store_queue_done.cc
  Task<Applied> try_done_all(QueueId queue, std::vector<Token> tokens, std::vector<bool>& out);
  Task<Result<bool>> add_done_item(store::Batch& batch, QueueId queue, Token token);
  Task<Status> add_done_lines(store::Batch& batch, QueueId queue, std::vector<Token> tokens,
                              std::vector<bool>& gone, Announcements& pending);

  // store_queue_groups.cc
  Task<Result<std::optional<GroupView>>> load_group(QueueId queue, std::string name);
  // Answers when the group is due then; kNever when it is empty and gone.
  static std::int64_t store_group(store::Batch& batch, const QueueId& queue,
                                  const GroupView& before, GroupView after, std::int64_t now);
  Task<Applied> lease_group(StatePtr state, IndexKey entry, ClaimOptions options, std::size_t room,
                            std::vector<Lease>& out);
  Task<Applied> bury_head(StatePtr state, GroupView group, QueueId to);

  // store_queue_claim.cc
  Task<Status> collect(StatePtr state, ClaimOptions options, std::vector<Lease>& out);
  Task<Status> refill(StatePtr state);
  void shuffle(std::deque<IndexKey>& entries);
  Task<Status> lease_entries(StatePtr state, std::vector<IndexKey> entries, ClaimOptions options,
                             std::vector<Lease>& out);
  Task<Applied> lease_items(StatePtr state, std::vector<IndexKey> entries, ClaimOptions options,
                            std::vector<Lease>& out);
  Task<Applied> bury_item(StatePtr state, IndexKey entry, store::Version version, ItemRecord record,
                          QueueId to);
  static Item make_item(const ItemRecord& record, std::string group, std::int64_t sequence,
                        std::string payload);
  Lease make_lease(ItemRecord& record, std::string group, std::int64_t sequence,
                   std::string payload, std::int64_t now, std::int64_t until);
  Task<void> wait_for_work(StatePtr state, Monotonic deadline, std::stop_token stop);

  // store_queue_admin.cc
  Task<Result<std::optional<Counts>>> count(QueueId queue, std::size_t max_entries);
  Task<void> recount(StatePtr state);
  Task<Status> purge_items(QueueId queue, std::int64_t sent_before);
  Task<Status> purge_groups(QueueId queue, std::int64_t sent_before);
  Task<Applied> purge_group(QueueId queue, std::string name, std::int64_t sent_before, bool& more);

  store::Store& store_;
  Executor& home_;
  Clock& clock_;
  Random& random_;
  FaultPoints& faults_;
  StoreQueueOptions options_;
  Counter& sends_;
  Counter& claims_;
  Counter& scans_;
  Counter& conflicts_;
  Counter& expired_leases_;
  Counter& dead_letters_;
  Counter& wakeups_;
  Counter& waits_refused_;
  Counter& cached_queues_;

  // Most recently used first.
  std::list<StatePtr> states_;
  std::unordered_map<QueueId, std::list<StatePtr>::iterator> by_id_;
  std::size_t waiting_ = 0;
  std::stop_source stop_;
  Gate gate_;
};

}  // namespace kiln::queue

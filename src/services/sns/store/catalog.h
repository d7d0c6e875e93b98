// SPDX-License-Identifier: Apache-2.0
#pragma once
// Catalog keeps topics and subscriptions. Every change of a subscription also changes its topic's
// record (counts), which guards it: a deleted topic gets none.
// Threads: one loop.

#include "async/clock.h"
#include "async/task.h"
#include "aws/api_error.h"
#include "base/random.h"
#include "queue/queue.h"
#include "services/sns/model/records.h"
#include "store/store.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace kiln::sns {

struct Found {
  Topic topic;
  Subscription subscription;
};

struct Subscribed {
  Subscription subscription;
  bool existed = false;
};

class Catalog {
 public:
  // All outlive *this.
  Catalog(store::Store& store, queue::Queue& queue, Clock& clock, Random& random)
      : store_(store), queue_(queue), clock_(clock), random_(random) {}

  // A change of a record; its error is the answer, and nothing is written.
  using ChangeTopic = std::function<aws::ApiResult<void>(Topic&)>;
  using ChangeSubscription = std::function<aws::ApiResult<void>(const Topic&, Subscription&)>;
  template <class T>
  using Answer = Task<Result<aws::ApiResult<T>>>;

  Task<Result<std::optional<Topic>>> find_topic(TopicName name);
  // The topic of that name, made from `wanted` when there was none.
  Task<Result<Topic>> ensure_topic(TopicName name, Topic wanted);
  // Its subscriptions are gone with it; their records are erased by erase_garbage().
  Task<Status> delete_topic(TopicName name);
  Answer<void> update_topic(TopicName name, ChangeTopic change);
  // Names, after `after`.
  Task<Result<std::vector<std::string>>> list_topics(Place place, std::string after,
                                                     std::size_t limit);

  // With the topic; nullopt when either is missing.
  Task<Result<std::optional<Found>>> find_subscription(SubscriptionName name);
  // One for each topic, protocol and endpoint. What must be confirmed (or is pending from an
  // earlier call) gets a new token, and the message that carries it, in the same commit.
  Answer<Subscribed> subscribe(TopicName topic, Subscription wanted);
  // `token` as the confirmation message had it. Answers the subscription.
  Answer<SubscriptionName> confirm(TopicName topic, std::string token, bool authenticated,
                                   bool authenticate_on_unsubscribe);
  // `say_so`: an HTTP endpoint is sent an UnsubscribeConfirmation in the same commit. What is not
  // there stays so.
  Task<Status> unsubscribe(SubscriptionName name, bool say_so);
  Answer<void> update_subscription(SubscriptionName name, ChangeSubscription change);
  // Of one topic, by id, after `after`.
  Task<Result<std::vector<Subscription>>> list_subscriptions(Place place, std::string topic_id,
                                                             std::string after, std::size_t limit);
  struct Owned {
    SubscriptionName name;
    Subscription subscription;
  };
  // Of one account, in the order of their ARNs, after `after` (an ARN). `next` is empty at the end.
  struct OwnedPage {
    std::vector<Owned> items;
    std::string next;
  };
  Task<Result<OwnedPage>> list_owned(Place owner, std::string after, std::size_t limit);

  // Erases what deleted topics of a place left, a page at a time. False when nothing is left.
  Task<Result<bool>> erase_garbage(Place place);
  Task<Result<std::vector<Place>>> places();

 private:
  struct Loaded {
    Topic topic;
    store::Version version;
  };
  Task<Result<std::optional<Loaded>>> load(TopicName name);
  Task<Result<Topic>> try_ensure(TopicName name, Topic wanted);
  Task<Status> try_delete(TopicName name);
  Answer<void> try_update(TopicName name, ChangeTopic change);
  Answer<Subscribed> try_subscribe(TopicName topic, Subscription wanted);
  Answer<Subscribed> subscribe_again(TopicName name, Loaded loaded, std::string id,
                                     Subscription wanted);
  Answer<SubscriptionName> try_confirm(SubscriptionName name, std::string token, bool authenticated,
                                       bool authenticate_on_unsubscribe);
  Task<Status> try_unsubscribe(SubscriptionName name, bool say_so);
  Answer<void> try_update_subscription(SubscriptionName name, ChangeSubscription change);
  std::string new_token(const Subscription& subscription);
  Result<queue::Sent> add_confirmation(store::Batch& batch, const TopicName& topic,
                                       const Topic& record, const Subscription& subscription,
                                       Delivery::Kind kind);
  void add_erasure(store::Batch& batch, const TopicName& topic, const std::string& topic_id,
                   const Subscription& subscription);

  store::Store& store_;
  queue::Queue& queue_;
  Clock& clock_;
  Random& random_;
};

}  // namespace kiln::sns

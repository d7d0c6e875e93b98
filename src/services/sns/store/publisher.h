// SPDX-License-Identifier: Apache-2.0
#pragma once
// Publisher accepts messages: when it answers, every delivery that follows from them is on disk, as
// itself or as one entry that becomes all of them (fan-out).
//
// A standard topic's messages become deliveries at once while these are few. A FIFO topic's always
// go through the fan-out queue, one line for each message group, so that their order is that of
// their commits. Threads: one loop.

#include "async/clock.h"
#include "async/task.h"
#include "base/metrics.h"
#include "iam/lru_cache.h"
#include "queue/queue.h"
#include "services/sns/model/filter.h"
#include "services/sns/model/records.h"
#include "services/sns/store/catalog.h"
#include "services/sns/store/topic_meter.h"
#include "store/store.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::sns {

struct Accepted {
  std::string message_id;
  std::string sequence_number;  // FIFO topics
};

// SequenceNumber of an item of a FIFO topic's queue: 20 digits that grow within a message group.
std::string sequence_text(std::int64_t sequence);

class Publisher {
 public:
  // All outlive *this.
  Publisher(store::Store& store, queue::Queue& queue, Catalog& catalog, Clock& clock,
            Metrics& metrics, TopicMeter& meter)
      : store_(store),
        queue_(queue),
        catalog_(catalog),
        clock_(clock),
        meter_(meter),
        published_(metrics.counter("kiln_sns_published_total")),
        repeats_(metrics.counter("kiln_sns_repeats_total")),
        filtered_out_(metrics.counter("kiln_sns_filtered_out_total")),
        lists_read_(metrics.counter("kiln_sns_subscription_lists_read_total")) {}

  // All of them in one commit. `messages` have their ids.
  Task<Result<std::vector<Accepted>>> publish(TopicName topic, Topic record,
                                              std::vector<Message> messages);
  // Writes the deliveries of `fan_out` for the next subscriptions; false when there are no more.
  // Goes on where it ended, also after a crash.
  Task<Result<bool>> fan_out_page(FanOut fan_out);
  // Forgets which messages a FIFO topic has seen more than five minutes ago.
  Task<Result<bool>> forget_repeats(Place place);

 private:
  static constexpr std::size_t kCachedFilters = 1'024;
  static constexpr std::size_t kCachedTopics = 512;
  static constexpr std::size_t kCachedBytes = 32 * 1'024;  // of a topic's subscriptions
  using FilterPtr = std::shared_ptr<const aws::EventPattern>;
  using SubscriptionsPtr = std::shared_ptr<const std::vector<Subscription>>;
  // The subscriptions that a topic had when its record was the one of `revision`, or later ones.
  struct Cached {
    std::string revision;
    SubscriptionsPtr subscriptions;
  };

  // The delivery of a message to `subscription`; nullopt when its filter policy leaves it out.
  std::optional<Delivery> route(const TopicName& topic, const Subscription& subscription,
                                const Message& message, FilteredMessage& filtered);
  bool passes(const Subscription& subscription, FilteredMessage& filtered, std::string_view body);
  // The first subscriptions of a topic, one more than are written at once.
  Task<Result<SubscriptionsPtr>> first_subscriptions(Place place, std::string topic_id,
                                                     std::string revision);
  Task<Result<std::vector<Accepted>>> try_fifo(TopicName topic, Topic record,
                                               std::vector<Message> messages);
  Task<Result<bool>> add_direct(store::Batch& batch, TopicName topic, Topic record,
                                const std::vector<Message>& messages,
                                std::vector<queue::Sent>& sent);
  Task<Result<bool>> try_fan_out_page(FanOut fan_out);

  store::Store& store_;
  queue::Queue& queue_;
  Catalog& catalog_;
  Clock& clock_;
  TopicMeter& meter_;
  Counter& published_;
  Counter& repeats_;
  Counter& filtered_out_;
  Counter& lists_read_;
  iam::LruCache<FilterPtr> filters_{kCachedFilters};    // by scope and text
  iam::LruCache<Cached> subscriptions_{kCachedTopics};  // by id of the topic
};

}  // namespace kiln::sns

// SPDX-License-Identifier: Apache-2.0
#include "services/sns/delivery/worker.h"

#include "base/log.h"
#include "services/sns/delivery/mail_sender.h"
#include "services/sns/model/delivery_policy.h"
#include "services/sns/model/topic_attributes.h"
#include "services/sns/store/keys.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace kiln::sns {
namespace {

// Longer than an endpoint of the lane may take, and no longer: what a process had under way when it
// was killed waits for this.
constexpr std::int64_t lease_ms(Lane lane) {
  switch (lane) {
    case Lane::kFanOut:
      return 30'000;
    case Lane::kTargets:
      return 15'000;
    case Lane::kWeb:
      return 25'000;
    case Lane::kMail:
      return 90'000;
  }
  return 30'000;
}
constexpr std::int64_t kClaimWaitMs = 20'000;
constexpr std::int64_t kAfterErrorMs = 500;
constexpr std::int64_t kTidyEveryMs = 60'000;
constexpr std::int64_t kMaxWebMs = 3'600'000;  // AWS's bound of all attempts of an HTTP delivery
constexpr std::int64_t kNextTurnMs = 1'000;
constexpr std::size_t kClaimAtOnce = 16;

void warn(const Error& error) { log::warn("sns", error.message); }

RetryPolicy retries_of(const Parcel& parcel) {
  switch (lane_of(parcel.delivery.protocol)) {
    case Lane::kMail:
      return mail_retries();
    case Lane::kWeb: {
      const auto own = parcel.subscription.attributes.find("DeliveryPolicy");
      return policy_of_subscription(attribute_of(parcel.topic, "DeliveryPolicy"),
                                    own == parcel.subscription.attributes.end() ? "" : own->second)
          .retry;
    }
    default:
      return managed_retries();
  }
}

}  // namespace

DeliveryWorker::DeliveryWorker(Ports ports)
    : ports_(ports),
      slots_{Slots(8), Slots(64), Slots(128), Slots(MailSender::kThreads)},
      delivered_(ports.metrics.counter("kiln_sns_delivered_total")),
      retries_(ports.metrics.counter("kiln_sns_delivery_retries_total")),
      refused_(ports.metrics.counter("kiln_sns_delivery_failures_total")),
      dead_letters_(ports.metrics.counter("kiln_sns_dead_letters_total")),
      lost_(ports.metrics.counter("kiln_sns_lost_deliveries_total")) {}

void DeliveryWorker::start() {
  watch_ = ports_.store.watch(keys::places(), ports_.home, [this] { spawn(find_places()); });
  spawn(find_places());
}

Task<void> DeliveryWorker::stop() {
  watch_.reset();
  stop_.request_stop();
  auto closed = gate_.closed();
  co_await closed;
}

Task<void> DeliveryWorker::find_places() {
  if (stop_.stop_requested()) co_return;
  const auto pass = gate_.enter();
  find_again_ = true;
  if (finding_) co_return;
  finding_ = true;
  while (find_again_ && !stop_.stop_requested()) {
    find_again_ = false;
    auto listing = ports_.catalog.places();
    const auto places = co_await listing;
    if (!places) {
      warn(places.error());
      auto sleeping = sleep_ms(ports_.clock, kAfterErrorMs, stop_.get_token());
      co_await sleeping;
      find_again_ = true;
      continue;
    }
    for (const Place& place : *places) {
      if (!serving_.insert(place).second) continue;
      for (const Lane lane : kLanes) spawn(serve(place, lane));
      spawn(tidy(place));
    }
  }
  finding_ = false;
}

Task<void> DeliveryWorker::serve(Place place, Lane lane) {
  const auto pass = gate_.enter();
  Slots& slots = slots_of(lane);
  const queue::QueueId queue = keys::queue(place, name_of(lane));
  while (!stop_.stop_requested()) {
    auto waiting = slots.wait(ports_.clock, stop_.get_token());
    co_await waiting;
    if (stop_.stop_requested()) break;
    auto claiming =
        ports_.queue.claim(queue, {.max = std::clamp<std::size_t>(slots.free(), 1, kClaimAtOnce),
                                   .max_of_group = 1,
                                   .lease_ms = lease_ms(lane),
                                   .wait_ms = kClaimWaitMs,
                                   .stop = stop_.get_token()});
    auto leases = co_await claiming;
    if (!leases) {
      if (leases.error().code == ErrorCode::kCancelled) break;
      warn(leases.error());
      auto sleeping = sleep_ms(ports_.clock, kAfterErrorMs, stop_.get_token());
      co_await sleeping;
      continue;
    }
    for (queue::Lease& lease : *leases) {
      slots.take();
      spawn(handle(place, lane, std::move(lease)));
    }
  }
}

Task<void> DeliveryWorker::handle(Place place, Lane lane, queue::Lease lease) {
  const auto pass = gate_.enter();
  auto working = lane == Lane::kFanOut ? fan_out(std::move(place), std::move(lease))
                                       : deliver(std::move(place), lane, std::move(lease));
  const Status done = co_await working;
  // Whatever failed, the item comes back when its lease ends.
  if (!done) warn(done.error());
  slots_of(lane).give_back();
}

Task<Status> DeliveryWorker::fan_out(Place place, queue::Lease lease) {
  const auto queue = keys::queue(place, name_of(Lane::kFanOut));
  KILN_CO_TRY(FanOut fan_out, decode_fan_out(lease.item.payload));
  if (fan_out.topic.fifo()) fan_out.message.sequence_number = sequence_text(lease.item.sequence);
  const std::string cursor = keys::cursor(place, fan_out.message.id);
  for (bool more = true; more;) {
    if (stop_.stop_requested()) {
      auto releasing = ports_.queue.release(queue, lease.token, ports_.clock.wall());
      co_return co_await releasing;
    }
    auto paging = ports_.publisher.fan_out_page(fan_out);
    KILN_CO_TRY(more, co_await paging);
    if (!more) break;
    auto extending = ports_.queue.change_visibility(
        queue, lease.token, {ports_.clock.wall().ms + lease_ms(Lane::kFanOut)});
    KILN_CO_TRY_VOID(co_await extending);
  }
  auto finishing = ports_.queue.done(queue, lease.token);
  KILN_CO_TRY_VOID(co_await finishing);
  store::Batch batch;
  batch.erase(cursor).durability = store::Durability::kBuffered;
  auto erasing = ports_.store.commit(std::move(batch));
  co_return co_await erasing;
}

Sender& DeliveryWorker::sender_of(Lane lane) {
  if (lane == Lane::kWeb) return ports_.web;
  if (lane == Lane::kMail) return ports_.mail;
  return ports_.targets;
}

Task<Status> DeliveryWorker::deliver(Place place, Lane lane, queue::Lease lease) {
  const auto queue = keys::queue(place, name_of(lane));
  Parcel parcel{.id = lease.item.id};
  KILN_CO_TRY(parcel.delivery, decode_delivery(lease.item.payload));
  const Delivery& delivery = parcel.delivery;
  auto finding = ports_.catalog.find_subscription({delivery.topic, delivery.subscription_id});
  KILN_CO_TRY(auto found, co_await finding);
  const bool same = found && found->topic.id == delivery.message.topic_id;
  if (!same && delivery.kind != Delivery::Kind::kUnsubscribe) {
    auto dropping = ports_.queue.done(queue, lease.token);
    co_return co_await dropping;
  }
  if (same) {
    parcel.topic = std::move(found->topic);
    parcel.subscription = std::move(found->subscription);
  }
  auto sending = sender_of(lane).send(parcel, stop_.get_token());
  Outcome outcome = co_await sending;
  auto concluding = conclude(queue, std::move(lease), std::move(parcel), std::move(outcome));
  co_return co_await concluding;
}

std::optional<std::int64_t> DeliveryWorker::next_delay(const Parcel& parcel,
                                                       const queue::Item& item) {
  auto delay = retries_of(parcel).delay_ms(item.attempts);
  if (!delay) return std::nullopt;
  // AWS adds jitter; a tenth at most, so that a policy's times are recognised.
  *delay += static_cast<std::int64_t>(ports_.random.next_u64() %
                                      (static_cast<std::uint64_t>(*delay) / 10 + 1));
  const bool web = lane_of(parcel.delivery.protocol) == Lane::kWeb;
  const std::int64_t age = ports_.clock.wall().ms - item.sent.ms;
  if (web && age + *delay > kMaxWebMs) return std::nullopt;
  return delay;
}

Task<Status> DeliveryWorker::conclude(queue::QueueId queue, queue::Lease lease, Parcel parcel,
                                      Outcome outcome) {
  if (outcome.kind == Outcome::Kind::kLater) {
    // As a new item: a release would count as an attempt.
    std::vector<queue::Message> again;
    again.push_back({.payload = std::move(lease.item.payload),
                     .visible_at = {ports_.clock.wall().ms + kNextTurnMs}});
    auto sending = ports_.queue.send(queue, std::move(again));
    KILN_CO_TRY_VOID(co_await sending);
    auto finishing = ports_.queue.done(queue, lease.token);
    co_return co_await finishing;
  }
  if (outcome.kind == Outcome::Kind::kFailed && stop_.stop_requested()) {
    // It may have been the stop that ended it. A claim is counted all the same.
    auto releasing = ports_.queue.release(queue, lease.token, ports_.clock.wall());
    co_return co_await releasing;
  }
  const auto delay = outcome.kind == Outcome::Kind::kFailed ? next_delay(parcel, lease.item)
                                                            : std::optional<std::int64_t>{};
  const bool notification = parcel.delivery.kind == Delivery::Kind::kNotification;
  const auto tell = [&](const char* metric) {
    if (notification) ports_.meter.count(parcel.delivery.topic, metric);
  };
  const bool web = lane_of(parcel.delivery.protocol) == Lane::kWeb;
  if (delay) {
    retries_.add();
    // Of web servers every attempt counts, of others what is given up.
    if (web) tell("NumberOfNotificationsFailed");
    auto releasing = ports_.queue.release(queue, lease.token, {ports_.clock.wall().ms + *delay});
    co_return co_await releasing;
  }
  if (outcome.kind == Outcome::Kind::kDelivered) {
    delivered_.add();
    tell("NumberOfNotificationsDelivered");
  } else {
    refused_.add();
    tell("NumberOfNotificationsFailed");
    const TopicName topic = parcel.delivery.topic;
    const bool kept = parcel.subscription.attributes.contains("RedrivePolicy");
    log::info("sns", "a delivery to " + parcel.delivery.endpoint + " failed after " +
                         std::to_string(lease.item.attempts) + " attempts: " + outcome.message);
    auto burying = ports_.targets.dead_letter(std::move(parcel), std::move(outcome));
    const Outcome buried = co_await burying;
    if (buried.kind == Outcome::Kind::kFailed) {
      // The delivery is tried again together with its dead letter.
      auto releasing =
          ports_.queue.release(queue, lease.token, {ports_.clock.wall().ms + kAfterErrorMs * 20});
      co_return co_await releasing;
    }
    const bool redriven = kept && buried.kind == Outcome::Kind::kDelivered;
    (redriven ? dead_letters_ : lost_).add();
    if (kept && notification) {
      ports_.meter.count(topic, redriven ? "NumberOfNotificationsRedrivenToDlq"
                                         : "NumberOfNotificationsFailedToRedriveToDlq");
    }
  }
  auto finishing = ports_.queue.done(queue, lease.token);
  co_return co_await finishing;
}

Task<void> DeliveryWorker::tidy(Place place) {
  const auto pass = gate_.enter();
  while (!stop_.stop_requested()) {
    for (bool more = true; more && !stop_.stop_requested();) {
      auto erasing = ports_.catalog.erase_garbage(place);
      const auto erased = co_await erasing;
      auto forgetting = ports_.publisher.forget_repeats(place);
      const auto forgotten = co_await forgetting;
      if (!erased) warn(erased.error());
      if (!forgotten && forgotten.error().code != ErrorCode::kConflict) warn(forgotten.error());
      more = (erased && *erased) || (forgotten && *forgotten);
    }
    auto sleeping = sleep_ms(ports_.clock, kTidyEveryMs, stop_.get_token());
    co_await sleeping;
  }
}

}  // namespace kiln::sns

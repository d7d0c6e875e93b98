// SPDX-License-Identifier: Apache-2.0
#pragma once
// DeliveryWorker carries out what the queues of SNS hold: fan-out, deliveries, their retries and
// dead letters; and erases what nobody needs any more.
//
// Bounds: deliveries at once by lane, for the whole process. A delivery is leased while it is under
// way and comes back when the process dies: endpoints are told at least once.
// Threads: one loop. start() once, stop() once before the queue stops.

#include "async/clock.h"
#include "async/executor.h"
#include "async/gate.h"
#include "base/metrics.h"
#include "base/random.h"
#include "queue/queue.h"
#include "services/sns/delivery/sender.h"
#include "services/sns/delivery/slots.h"
#include "services/sns/delivery/target_sender.h"
#include "services/sns/model/lane.h"
#include "services/sns/store/catalog.h"
#include "services/sns/store/publisher.h"
#include "store/store.h"

#include <array>
#include <memory>
#include <set>
#include <stop_token>
#include <string>

namespace kiln::sns {

class DeliveryWorker {
 public:
  // All outlive *this.
  struct Ports {
    store::Store& store;
    queue::Queue& queue;
    Catalog& catalog;
    Publisher& publisher;
    Clock& clock;
    Executor& home;
    Random& random;
    Metrics& metrics;
    TopicMeter& meter;
    TargetSender& targets;
    Sender& web;
    Sender& mail;
  };
  explicit DeliveryWorker(Ports ports);
  void start();
  Task<void> stop();

 private:
  Task<void> find_places();
  Task<void> serve(Place place, Lane lane);
  Task<void> tidy(Place place);
  Task<void> handle(Place place, Lane lane, queue::Lease lease);
  Task<Status> fan_out(Place place, queue::Lease lease);
  Task<Status> deliver(Place place, Lane lane, queue::Lease lease);
  Task<Status> conclude(queue::QueueId queue, queue::Lease lease, Parcel parcel, Outcome outcome);
  std::optional<std::int64_t> next_delay(const Parcel& parcel, const queue::Item& item);
  Sender& sender_of(Lane lane);
  Slots& slots_of(Lane lane) { return slots_[static_cast<std::size_t>(lane)]; }

  Ports ports_;
  std::array<Slots, kLanes.size()> slots_;
  Counter& delivered_;
  Counter& retries_;
  Counter& refused_;
  Counter& dead_letters_;
  Counter& lost_;
  std::set<Place> serving_;
  bool finding_ = false;
  bool find_again_ = false;
  std::unique_ptr<store::Watch> watch_;
  std::stop_source stop_;
  Gate gate_;
};

}  // namespace kiln::sns

// SPDX-License-Identifier: Apache-2.0
// Nodes that add entries to the outboxes of a few partitions, deliver them, crash, and forget idle
// partitions all the time. KILN_FULL=1 runs many seeds; KILN_SEED=N runs that one.
#include "async/gate.h"
#include "base/log.h"
#include "queue/outbox.h"
#include "queue/sim_for_test.h"
#include "queue/store_queue.h"
#include "store/memory/memory_store.h"
#include "store/tuple.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

namespace kiln::queue {
namespace {

struct World;

struct SimDeliverer final : Deliverer {
  World& world;
  explicit SimDeliverer(World& w) : world(w) {}
  Task<Status> deliver(Delivery delivery) override;
  Task<Status> dead_letter(Delivery delivery, Error last) override;
};

struct Node {
  SimStore store;
  StoreQueue queue;
  Outbox outbox;
  SimDeliverer deliverer;
  OutboxRelay relay;
  Gate actors;
  std::stop_source stop;
  explicit Node(World& world);
};

struct World {
  SimExecutor executor;
  FakeClock clock;
  SeededRandom random;
  Metrics metrics;
  FaultPoints faults;
  std::unique_ptr<store::Store> store = store::make_memory_store(clock, executor);
  std::vector<std::unique_ptr<Node>> nodes;
  std::set<int> acked;
  std::set<int> delivered;
  std::set<int> dead;
  std::map<std::string, int> last_of_order;
  std::string failure;
  bool calm = false;
  int to_add = 120;
  int next_number = 0;
  int producers = 0;
  int restarting = 0;

  explicit World(std::uint64_t seed) : random(seed) {}
  std::int64_t roll(std::int64_t sides) {
    return static_cast<std::int64_t>(random.next_u64() % static_cast<std::uint64_t>(sides));
  }
  void broken(const std::string& what) {
    if (failure.empty()) failure = what;
  }
  void start_node(std::size_t index);
  Task<void> stop_node(std::size_t index);
  Task<void> crash(std::size_t index);
  Task<void> produce(Node& node);
  void run_until(const std::function<bool()>& reached, const char* what);
  void run();
};

Node::Node(World& world)
    : store(*world.store, world.executor, world.clock, world.random),
      queue(store, world.executor, world.clock, world.random, world.metrics, world.faults,
            {.other_nodes = true}),
      outbox(store, queue, world.clock),
      deliverer(world),
      relay(outbox, deliverer, world.clock, world.random, world.metrics, world.faults,
            {.max_partitions = 3,
             .max_in_flight = 4,
             .lease_ms = 10'000,
             .scan_every_ms = 1'000,
             .idle_ms = 300}) {
  store.faulty = !world.calm;
}

// The number, and the order it was added with: "12 key".
Task<Status> SimDeliverer::deliver(Delivery delivery) {
  auto sleep = sleep_ms(world.clock, world.roll(200), {});
  co_await sleep;
  const int number = std::atoi(delivery.payload.c_str());
  const std::string order = delivery.payload.substr(delivery.payload.find(' ') + 1);
  if (!world.calm && world.roll(5) == 0) co_return fail(ErrorCode::kIo, "refused");
  if (world.delivered.insert(number).second && !order.empty()) {
    int& last = world.last_of_order[order];
    if (number < last) world.broken("out of order: " + delivery.payload);
    last = number;
  }
  co_return Status{};
}

Task<Status> SimDeliverer::dead_letter(Delivery delivery, Error) {
  world.dead.insert(std::atoi(delivery.payload.c_str()));
  co_return Status{};
}

void World::start_node(std::size_t index) {
  nodes[index] = std::make_unique<Node>(*this);
  nodes[index]->relay.start();
  for (int i = 0; i < 2; ++i) spawn(produce(*nodes[index]));
}

Task<void> World::stop_node(std::size_t index) {
  Node& node = *nodes[index];
  node.store.dead = true;
  node.stop.request_stop();
  auto relay = node.relay.stop();
  co_await relay;
  auto queue = node.queue.stop();
  co_await queue;
  auto idle = node.actors.closed();
  co_await idle;
  co_await resume_on(executor);
}

Task<void> World::crash(std::size_t index) {
  ++restarting;
  auto stopping = stop_node(index);
  co_await stopping;
  start_node(index);
  --restarting;
}

Task<void> World::produce(Node& node) {
  const auto pass = node.actors.enter();
  const std::string order = "order " + std::to_string(++producers);
  const std::string own = std::to_string(roll(4));
  while (!node.store.dead && to_add > 0) {
    --to_add;
    const int number = ++next_number;
    const bool ordered = roll(2) == 0;
    const std::string name = ordered ? own : std::to_string(roll(5));
    for (;;) {
      store::Batch batch{.idempotency_key = random.bytes(16)};
      std::vector<OutboxEntry> entries(1);
      entries[0].payload = std::to_string(number) + " " + (ordered ? order : "");
      entries[0].order = ordered ? order : "";
      auto adding = node.outbox.add_entries(
          batch, store::key("000000000000", "us-east-1", "sim", name), std::move(entries));
      const auto sent = co_await adding;
      if (!sent) break;
      auto committing = node.store.commit(std::move(batch));
      const Status committed = co_await committing;
      if (committed) acked.insert(number);
      if (committed || committed.error().code != ErrorCode::kConflict) break;
    }
    auto sleep = sleep_ms(clock, roll(6) == 0 ? 4'000 : roll(600), node.stop.get_token());
    co_await sleep;
  }
}

void World::run_until(const std::function<bool()>& reached, const char* what) {
  for (int steps = 0; !reached() && failure.empty(); ++steps) {
    if (steps > 3'000'000) return broken(std::string("no progress: ") + what);
    if (executor.run_one()) continue;
    const auto dice = roll(2'000);
    clock.advance_ms(dice == 0 ? 30'000 : dice < 20 ? roll(2'000) : 1 + roll(60));
    if (restarting == 0 && !calm && roll(200) == 0) {
      spawn(crash(static_cast<std::size_t>(roll(static_cast<std::int64_t>(nodes.size())))));
    }
  }
}

void World::run() {
  nodes.resize(3);
  for (std::size_t i = 0; i < nodes.size(); ++i) start_node(i);
  run_until([this] { return to_add <= 0 && restarting == 0; }, "adding");
  calm = true;
  run_until([this] { return restarting == 0; }, "restarting");
  for (auto& node : nodes) {
    if (node) node->store.faulty = false;
  }
  const std::int64_t later = clock.wall().ms + 15 * 60'000;
  run_until([&] { return clock.wall().ms > later; }, "delivering");
  for (std::size_t i = 0; i < nodes.size() && failure.empty(); ++i) {
    bool stopped = false;
    spawn(mark(stop_node(i), stopped));
    run_until([&] { return stopped; }, "stopping");
  }
  while (executor.run_one()) {
  }
  if (!failure.empty()) return;
  nodes.clear();
  for (const int number : acked) {
    if (!delivered.contains(number)) broken("lost: " + std::to_string(number));
  }
  if (!dead.empty()) broken("a dead letter nobody asked for");
  bool checked = false;
  const auto check = [](World& world) -> Task<void> {
    auto scanning = world.store->scan({});
    const auto left = co_await scanning;
    if (!left->empty()) world.broken("not forgotten: " + std::to_string(left->size()));
  };
  spawn(mark(check(*this), checked));
}

TEST(OutboxSimulation, delivers_all_that_was_committed_and_forgets_idle_partitions) {
  log::set_level(log::Level::kError);  // every made-up failure is worth a warning
  const char* one = std::getenv("KILN_SEED");
  const std::uint64_t first = one ? std::strtoull(one, nullptr, 10) : 1;
  const std::uint64_t seeds = one ? 1 : std::getenv("KILN_FULL") ? 1'000 : 10;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    auto world = std::make_unique<World>(seed);
    world->run();
    if (world->failure.empty()) continue;
    ADD_FAILURE() << "KILN_SEED=" << seed << ": " << world->failure;
    world.release();  // what waits in it cannot be ended in order
    break;
  }
  log::set_level(log::Level::kInfo);
}

}  // namespace
}  // namespace kiln::queue

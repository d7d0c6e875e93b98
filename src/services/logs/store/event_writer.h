// SPDX-License-Identifier: Apache-2.0
#pragma once
// EventWriter appends events to a stream: chunks, and the stream's counters in the same commit.
//
// Numbering is per stream and comes from the stream's record, which each commit checks; writers on
// several loops or machines take turns by conflict and retry. A call larger than one store batch
// makes several commits, in time order. Threads: one loop.

#include "async/clock.h"
#include "async/task.h"
#include "base/random.h"
#include "base/result.h"
#include "services/logs/model/chunk.h"
#include "services/logs/model/records.h"
#include "services/logs/store/catalog.h"
#include "store/store.h"

#include <cstdint>
#include <string>
#include <vector>

namespace kiln::logs {

enum class Missing : std::uint8_t { kRefuse, kCreate };
enum class Written : std::uint8_t { kDone, kNoGroup, kNoStream };

class EventWriter {
 public:
  // All outlive the writer.
  EventWriter(store::Store& store, Catalog& catalog, const Clock& clock, Random& random)
      : store_(store), catalog_(catalog), clock_(clock), random_(random) {}

  // `events` in any order, times not negative; equal times keep their order. kCreate makes group
  // and stream when they are absent. Errors: those of store::Store; a prefix may be written then.
  Task<Result<Written>> write(GroupName group, std::string stream, std::vector<InputEvent> events,
                              store::Durability durability, Missing missing);

 private:
  struct Job;
  Task<Result<Written>> prepare(Job& job, Missing missing);
  Task<Status> store_bodies(Job& job);
  Task<Status> store_body(Job& job, ChunkEvent& event);
  // Commits events from job.done on, as many as fit a batch, and moves job.done.
  Task<Result<Written>> write_batch(Job& job);

  store::Store& store_;
  Catalog& catalog_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace kiln::logs

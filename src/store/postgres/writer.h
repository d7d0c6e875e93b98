// SPDX-License-Identifier: Apache-2.0
#pragma once
// Writer turns a Batch into a serializable transaction: checks in one round trip, writes and COMMIT
// in a second, again when the database says "serialization failure".
//
// Outcome: when the connection ends or the deadline passes after COMMIT was sent, the outcome is
// unknown. With an idempotency key the transaction begins with that key's row, so a repeat waits
// for the first try to end at the server, then sees whether it happened; Writer itself repeats such
// a batch while there is time, and only then answers kUnknownOutcome.
// Threads: the engine's; any number at once.

#include "base/metrics.h"
#include "base/random.h"
#include "store/postgres/change_log.h"
#include "store/postgres/session_pool.h"
#include "store/store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kiln::store::postgres {

class Writer {
 public:
  Writer(SessionPool& sessions, ChangeLog& changes, Random& random, Metrics& metrics);
  // `batch` is valid. Blocks until `deadline` at most (and shortly past it).
  Status commit(const Batch& batch, std::int64_t wall_ms, Deadline deadline);

 private:
  struct Plan;
  struct Attempt;
  Plan make_plan(const Batch& batch, std::int64_t wall_ms);
  Attempt attempt(Session& session, const Plan& plan, Deadline deadline);
  std::optional<Attempt> answer_checks(Session& session, const Plan& plan, Deadline deadline);
  Status finish(const Plan& plan, Status status);

  SessionPool& sessions_;
  ChangeLog& changes_;
  Random& random_;
  Counter& commits_;
  Counter& conflicts_;
  Counter& retries_;
  Counter& unknown_outcomes_;
};

}  // namespace kiln::store::postgres

// SPDX-License-Identifier: Apache-2.0
// The connection is cut after every byte of a commit, in both directions, until the commit passes
// uncut. Afterwards: a success is there, a failure is not and never comes, and an unknown outcome
// that is repeated with its idempotency key is applied exactly once.
//
// KILN_FULL=1 cuts after every byte; otherwise after every 29th.

#include "base/log.h"
#include "base/random.h"
#include "store/conformance.h"
#include "store/postgres/cut_proxy_for_test.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/server_for_test.h"

#include <cstdlib>

namespace kiln::store {
namespace {

using postgres::CutProxy;
using postgres::ServerForTest;

struct Counts {
  int successes = 0;
  int failures = 0;
  int unknown = 0;
};

std::size_t step() { return std::getenv("KILN_FULL") != nullptr ? 1 : 29; }

class PostgresCut : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = ServerForTest::missing(); !reason.empty()) {
      GTEST_SKIP() << reason;
    }
    log::set_level(log::Level::kError);  // each cut is worth a warning
    schema_ = std::filesystem::path(world_.directory.path()).filename();
    direct_ = open(ServerForTest::instance().url(schema_));
    proxy_.emplace(ServerForTest::instance().socket_path());
    through_ = open(ServerForTest::url_via("127.0.0.1", proxy_->port(), schema_));
    ASSERT_TRUE(direct_ && through_);
  }

  void TearDown() override { log::set_level(log::Level::kInfo); }

  std::unique_ptr<Store> open(const std::string& url) {
    auto store = open_postgres_store({.url = url, .threads = 1, .patience_ms = 0}, world_.loop,
                                     world_.clock, random_, world_.metrics);
    EXPECT_TRUE(store) << store.error().message;
    return store ? std::move(*store) : nullptr;
  }
  template <class T>
  T await(Task<T> task) {
    return await_on(world_.loop, std::move(task));
  }
  // How often the batch with this mark was applied: each time logs a row.
  int applied(int before) { return rows_logged() - before; }
  int rows_logged() {
    return std::stoi(
        ServerForTest::instance().value("SELECT count(*) FROM \"" + schema_ + "\".kiln_changes"));
  }
  // A transaction that the server still works on may not change the answer later.
  void wait_for_the_server() {
    auto& server = ServerForTest::instance();
    for (int tries = 0; tries < 2'000; ++tries) {
      if (server.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'kiln' "
                       "AND state <> 'idle'") == "0") {
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ADD_FAILURE() << "a transaction does not end";
  }
  // The store must hold a connection when the cut is armed, so that commits are what is cut.
  void connect() {
    for (int tries = 0; tries < 50; ++tries) {
      if (await(through_->read("guard"))) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    ADD_FAILURE() << "the store does not come back";
  }

  // One commit with one cut. False when it passed uncut.
  bool cut_once(CutProxy::Direction direction, std::size_t bytes, bool stays_down, bool keyed) {
    SCOPED_TRACE("cut after " + std::to_string(bytes) + " bytes");
    connect();
    const auto guard = await(direct_->read("guard"));
    const int before = rows_logged();
    Batch batch;
    batch.check("guard", *guard ? std::optional((*guard)->version) : std::nullopt);
    batch.put("guard", std::to_string(before)).put("other", "x").erase("gone");
    if (keyed) batch.idempotency_key = "cut-" + std::to_string(before);
    proxy_->arm(direction, bytes, stays_down);
    const Status status = await(through_->commit(batch));
    const bool cut = proxy_->disarm();
    wait_for_the_server();
    if (status) {
      ++counts_.successes;
      EXPECT_EQ(applied(before), 1);
    } else if (status.error().code == ErrorCode::kUnknownOutcome) {
      ++counts_.unknown;
      EXPECT_LE(applied(before), 1);
      if (keyed) {
        connect();
        const Status repeated = await(through_->commit(batch));
        EXPECT_TRUE(repeated) << repeated.error().message;
        EXPECT_EQ(applied(before), 1);
      }
    } else {
      ++counts_.failures;
      EXPECT_NE(status.error().code, ErrorCode::kConflict);
      EXPECT_EQ(applied(before), 0) << status.error().message;
    }
    return cut;
  }
  void cut_everywhere(bool stays_down, bool keyed) {
    for (const auto direction : {CutProxy::Direction::kToServer, CutProxy::Direction::kToClient}) {
      std::size_t bytes = 0;
      while (cut_once(direction, bytes, stays_down, keyed) && !HasFailure()) bytes += step();
      EXPECT_GT(bytes, 50u);
    }
  }

  StoreWorld world_;
  SystemRandom random_;
  std::string schema_;
  std::unique_ptr<Store> direct_;
  std::optional<CutProxy> proxy_;
  std::unique_ptr<Store> through_;
  Counts counts_;
};

TEST_F(PostgresCut, AnUnknownOutcomeRepeatedWithItsKeyIsAppliedOnce) {
  cut_everywhere(/*stays_down=*/true, /*keyed=*/true);
  EXPECT_GT(counts_.failures, 0);
  EXPECT_GT(counts_.unknown, 0);
  EXPECT_EQ(world_.metrics.counter("kiln_store_unknown_outcomes_total").value(), counts_.unknown);
}

TEST_F(PostgresCut, ACommitWithAKeySurvivesOneCut) {
  cut_everywhere(/*stays_down=*/false, /*keyed=*/true);
  EXPECT_EQ(counts_.failures, 0);
  EXPECT_EQ(counts_.unknown, 0);
}

TEST_F(PostgresCut, ACommitWithoutAKeySaysWhenItDoesNotKnow) {
  cut_everywhere(/*stays_down=*/false, /*keyed=*/false);
  EXPECT_EQ(counts_.failures, 0);
  EXPECT_GT(counts_.unknown, 0);
}

}  // namespace
}  // namespace kiln::store

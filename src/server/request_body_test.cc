// SPDX-License-Identifier: Apache-2.0
#include "server/request_body.h"

#include "async/loop.h"

#include <gtest/gtest.h>

#include <deque>

namespace kiln::server {
namespace {

class Pieces final : public http::BodyReader {
 public:
  explicit Pieces(std::deque<std::string> pieces) : pieces_(std::move(pieces)) {}
  std::optional<std::uint64_t> length() const override { return std::nullopt; }
  Task<Result<std::string>> read() override {
    if (pieces_.empty()) co_return std::string();
    std::string piece = std::move(pieces_.front());
    pieces_.pop_front();
    co_return piece;
  }

 private:
  std::deque<std::string> pieces_;
};

struct Outcome {
  Status status;
  std::string content;
  std::string hash;
  bool budget_exhausted = false;
};

Task<void> read_into(Outcome& out, std::deque<std::string> pieces, std::uint64_t max,
                     BodyBudget& budget) {
  Pieces reader(std::move(pieces));
  BodyBudget::Share share(budget);
  RequestBody body;
  out.status = co_await body.read(reader, {.max_bytes = max, .held = &share, .unproven = nullptr},
                                  ::testing::TempDir());
  out.content = body.view();
  out.hash = body.sha256_hex();
  out.budget_exhausted = body.budget_exhausted();
}

Outcome read(std::deque<std::string> pieces, std::uint64_t max, BodyBudget& budget) {
  Loop loop;
  Outcome out;
  loop.run_until_complete(read_into(out, std::move(pieces), max, budget));
  return out;
}

TEST(RequestBody, SmallBodiesStayWholeAndHashed) {
  Metrics metrics;
  BodyBudget budget(1 << 20, metrics, "held");
  const auto out = read({"hello ", "world"}, 100, budget);
  ASSERT_TRUE(out.status);
  EXPECT_EQ(out.content, "hello world");
  EXPECT_EQ(out.hash, sha256_hex("hello world"));
}

TEST(RequestBody, BodiesPastTheMemoryBoundComeBackByteForByteFromTheSpool) {
  Metrics metrics;
  BodyBudget budget(1 << 20, metrics, "held");
  std::deque<std::string> pieces;
  std::string whole;
  for (int i = 0; i < 5; ++i) {
    pieces.emplace_back(40'000, static_cast<char>('a' + i));
    whole += pieces.back();
  }
  const auto out = read(pieces, 1 << 20, budget);
  ASSERT_TRUE(out.status);
  EXPECT_EQ(out.content, whole);
  EXPECT_EQ(out.hash, sha256_hex(whole));
}

TEST(RequestBody, RefusesMoreThanTheOperationTakes) {
  Metrics metrics;
  BodyBudget budget(1 << 20, metrics, "held");
  const auto out = read({"12345", "67890"}, 9, budget);
  ASSERT_FALSE(out.status);
  EXPECT_EQ(out.status.error().code, ErrorCode::kLimitExceeded);
  EXPECT_FALSE(out.budget_exhausted);
}

TEST(RequestBody, TheSharedBudgetIsRefusedPastItsEndAndGivenBack) {
  Metrics metrics;
  BodyBudget budget(8, metrics, "held");
  EXPECT_TRUE(read({"123456789"}, 100, budget).budget_exhausted);
  EXPECT_EQ(metrics.counter("held").value(), 0);
  EXPECT_TRUE(read({"12345678"}, 100, budget).status);
}

Task<void> read_unproven(Status& out, BodyBudget& all, BodyBudget& unproven, bool& exhausted) {
  Pieces reader({"12345678"});
  BodyBudget::Share held(all), share(unproven);
  RequestBody body;
  out = co_await body.read(reader, {.max_bytes = 100, .held = &held, .unproven = &share},
                           ::testing::TempDir());
  exhausted = body.budget_exhausted();
}

TEST(RequestBody, UnprovenSendersHaveTheSmallerOfTwoBudgets) {
  Metrics metrics;
  BodyBudget all(100, metrics, "all"), unproven(7, metrics, "unproven");
  Loop loop;
  Status status;
  bool exhausted = false;
  loop.run_until_complete(read_unproven(status, all, unproven, exhausted));
  EXPECT_FALSE(status);
  EXPECT_TRUE(exhausted);
  EXPECT_EQ(metrics.counter("all").value(), 0);
  EXPECT_EQ(metrics.counter("kiln_body_budget_refused_total").value(), 1);
}

TEST(RequestBody, TheHashIsLeftOutWhereNobodyNeedsIt) {
  Metrics metrics;
  BodyBudget all(100, metrics, "all");
  Loop loop;
  BodyBudget::Share held(all);
  Pieces reader({"a", "b"});
  RequestBody body;
  const auto read = [](RequestBody& to, http::BodyReader& from,
                       BodyBudget::Share& share) -> Task<void> {
    EXPECT_TRUE(
        co_await to.read(from, {.max_bytes = 9, .held = &share, .unproven = nullptr, .hash = false},
                         ::testing::TempDir()));
  };
  loop.run_until_complete(read(body, reader, held));
  EXPECT_EQ(body.view(), "ab");
  EXPECT_EQ(body.sha256_hex(), "");
}

}  // namespace
}  // namespace kiln::server

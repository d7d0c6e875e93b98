// SPDX-License-Identifier: Apache-2.0
// Many items removed in one commit.
#include "queue/store_queue.h"
#include "store/retry.h"

#include <algorithm>
#include <map>
#include <utility>

namespace kiln::queue {

Task<Result<std::vector<bool>>> StoreQueue::done_all(QueueId queue,
                                                     std::vector<std::string> tokens) {
  const auto pass = gate_.enter();
  if (tokens.size() > kMaxClaim) {
    co_return fail(ErrorCode::kLimitExceeded, "queue: too many tokens");
  }
  std::vector<Token> parsed;
  for (const std::string& token : tokens) {
    auto read = decode_token(token);
    parsed.push_back(read ? std::move(*read) : Token());  // without a lease it fits no item
  }
  std::vector<bool> out;
  auto doing = store::retry_on_conflict([&] { return try_done_all(queue, parsed, out); });
  KILN_CO_TRY_VOID(co_await doing);
  co_return out;
}

Task<StoreQueue::Applied> StoreQueue::try_done_all(QueueId queue, std::vector<Token> tokens,
                                                   std::vector<bool>& out) {
  out.assign(tokens.size(), false);
  store::Batch batch;
  Announcements pending;
  std::map<std::string, std::vector<std::size_t>> groups;
  std::map<std::string, std::size_t> seen;  // a token that came twice is done once
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    if (token.lease.empty() || !seen.emplace(token.id, i).second) continue;
    if (!token.group.empty()) {
      groups[token.group].push_back(i);
      continue;
    }
    auto adding = add_done_item(batch, queue, token);
    KILN_CO_TRY(const bool done, co_await adding);
    out[i] = done;
  }
  for (const auto& [group, places] : groups) {
    std::vector<Token> of_group;
    for (const std::size_t place : places) of_group.push_back(tokens[place]);
    std::vector<bool> gone;
    auto adding = add_done_lines(batch, queue, std::move(of_group), gone, pending);
    KILN_CO_TRY_VOID(co_await adding);
    for (std::size_t i = 0; i < places.size(); ++i) out[places[i]] = gone[i];
  }
  if (batch.writes.empty()) co_return true;
  auto committing = commit(std::move(batch), store::Durability::kOnDisk);
  KILN_CO_TRY_VOID(co_await committing);
  co_return true;
}

Task<Result<bool>> StoreQueue::add_done_item(store::Batch& batch, QueueId queue, Token token) {
  auto reading = store_.read(keys::item(queue, token.id));
  KILN_CO_TRY(auto entry, co_await reading);
  if (!entry) co_return false;
  KILN_CO_TRY(const ItemRecord record, decode_item(entry->value));
  if (record.lease != token.lease) co_return false;
  batch.check(entry->key, std::move(entry->version)).erase(entry->key);
  batch.erase(keys::due(queue, record.due, keys::Kind::kItem, record.id));
  erase_body(batch, queue, record);
  co_return true;
}

// REQUIRES: tokens of one group, at least one.
Task<Status> StoreQueue::add_done_lines(store::Batch& batch, QueueId queue,
                                        std::vector<Token> tokens, std::vector<bool>& gone,
                                        Announcements& pending) {
  gone.assign(tokens.size(), false);
  auto loading = load_group(queue, tokens.front().group);
  KILN_CO_TRY(auto before, co_await loading);
  if (!before) co_return Status{};
  const std::int64_t time = now();
  GroupView after = *before;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto line = std::ranges::find(after.head, tokens[i].sequence, &Line::sequence);
    if (line == after.head.end() || line->record.lease != tokens[i].lease ||
        line->record.due <= time) {
      continue;
    }
    gone[i] = true;
    batch.erase(keys::line(queue, before->name, line->sequence));
    erase_body(batch, queue, line->record);
    after.head.erase(line);
    --after.record.index.queued;
  }
  if (std::ranges::find(gone, true) == gone.end()) co_return Status{};
  const std::int64_t due = store_group(batch, queue, *before, std::move(after), time);
  if (due != kNever) pending.push_back(state_of(queue)->announce(due));
  co_return Status{};
}

}  // namespace kiln::queue

// SPDX-License-Identifier: Apache-2.0
#include "sources/poller_supervisor.h"

#include "aws/arn.h"
#include "base/log.h"
#include "sources/keys.h"

#include <utility>
#include <vector>

namespace kiln::sources {
namespace {

// A watch is a hint: who missed one looks again after this long.
constexpr std::int64_t kLookAgainMs = 10'000;

MappingState settled_state(const Mapping& mapping) {
  return mapping.enabled ? MappingState::kEnabled : MappingState::kDisabled;
}

bool wants_poller(const Mapping& mapping) {
  return mapping.enabled && mapping.state != MappingState::kDeleting;
}

}  // namespace

MessageSource* MessageSources::find(std::string_view arn) const {
  const auto parsed = aws::parse_arn(arn);
  if (!parsed) return nullptr;
  const auto it = sources_.find(parsed->service);
  return it == sources_.end() ? nullptr : it->second;
}

PollerSupervisor::PollerSupervisor(MappingRepository& mappings, MessageSources& sources,
                                   PollerPorts ports, store::Store& store, Executor& home)
    : mappings_(mappings),
      sources_(sources),
      ports_(ports),
      home_(home),
      store_(store),
      running_(ports.metrics.counter("kiln_sources_pollers")) {}

void PollerSupervisor::start() {
  watch_ = store_.watch(keys::registry(), home_, [this] { changed(); });
  spawn(run());
}

void PollerSupervisor::begin_stop() {
  stop_.request_stop();
  changed();
  for (const auto& [uuid, poller] : pollers_) poller->begin_stop();
}

Task<void> PollerSupervisor::stop() {
  begin_stop();
  auto closed = gate_.closed();
  co_await closed;
  watch_ = nullptr;
  std::vector<std::string> uuids;
  for (const auto& [uuid, poller] : pollers_) uuids.push_back(uuid);
  for (const std::string& uuid : uuids) {
    auto ending = end(uuid);
    co_await ending;
  }
}

void PollerSupervisor::changed() {
  dirty_ = true;
  if (const auto wake = std::exchange(wake_, nullptr)) wake->set(true);
}

std::string PollerSupervisor::last_result(const std::string& uuid) const {
  const auto it = pollers_.find(uuid);
  return it == pollers_.end() ? "No records processed" : it->second->last_result();
}

int PollerSupervisor::in_flight(const std::string& uuid) const {
  const auto it = pollers_.find(uuid);
  return it == pollers_.end() ? 0 : it->second->in_flight();
}

Task<void> PollerSupervisor::run() {
  const auto pass = gate_.enter();
  while (!stop_.stop_requested()) {
    if (std::exchange(dirty_, false)) {
      auto reconciling = reconcile();
      if (const Status done = co_await reconciling; !done) {
        log::warn("sources", "event source mappings: " + done.error().message);
      }
      if (dirty_) continue;
    }
    wake_ = std::make_shared<OneShot<bool>>();
    const auto wake = wake_;
    auto waiting =
        wake->wait(ports_.clock, ports_.clock.monotonic().plus_ms(kLookAgainMs), stop_.get_token());
    co_await waiting;
    wake_ = nullptr;
    dirty_ = true;
  }
}

Task<Status> PollerSupervisor::reconcile() {
  auto reading = mappings_.all();
  KILN_CO_TRY(std::vector<Mapping> mappings, co_await reading);
  std::set<std::string> known;
  for (Mapping& mapping : mappings) {
    if (stop_.stop_requested()) co_return Status{};
    known.insert(mapping.uuid);
    auto settling = settle(std::move(mapping));
    KILN_CO_TRY_VOID(co_await settling);
  }
  std::vector<std::string> gone;
  for (const auto& [uuid, poller] : pollers_) {
    if (!known.contains(uuid)) gone.push_back(uuid);
  }
  for (const std::string& uuid : gone) {
    auto ending = end(uuid);
    co_await ending;
  }
  running_.set(static_cast<std::int64_t>(pollers_.size()));
  co_return Status{};
}

Task<Status> PollerSupervisor::settle(Mapping mapping) {
  const auto it = pollers_.find(mapping.uuid);
  const bool runs = it != pollers_.end();
  if (runs && (!wants_poller(mapping) || it->second->mapping().revision != mapping.revision)) {
    auto ending = end(mapping.uuid);
    co_await ending;
  }
  if (wants_poller(mapping) && !pollers_.contains(mapping.uuid)) {
    if (MessageSource* source = sources_.find(mapping.source_arn)) {
      auto poller = std::make_unique<Poller>(mapping, *source, ports_);
      poller->start();
      pollers_[mapping.uuid] = std::move(poller);
    }
  }
  if (mapping.state == MappingState::kDeleting) {
    auto removing = mappings_.remove(std::move(mapping));
    co_return co_await removing;
  }
  const MappingState state = settled_state(mapping);
  if (mapping.state == state) co_return Status{};
  auto concluding = conclude(std::move(mapping), state);
  co_return co_await concluding;
}

Task<void> PollerSupervisor::end(std::string uuid) {
  const auto it = pollers_.find(uuid);
  if (it == pollers_.end()) co_return;
  auto stopping = it->second->stop();
  co_await stopping;
  pollers_.erase(uuid);
}

Task<Status> PollerSupervisor::conclude(Mapping mapping, MappingState state) {
  auto updating =
      mappings_.update(mapping.account, mapping.region, mapping.uuid,
                       [state, revision = mapping.revision](Mapping& now) {
                         // Changed meanwhile: the next round concludes that change.
                         if (now.revision == revision && now.state != MappingState::kDeleting)
                           now.state = state;
                         return aws::ApiResult<void>();
                       });
  const auto updated = co_await updating;
  if (!updated && updated.error().http_status >= 500) {
    co_return fail(ErrorCode::kIo, updated.error().message);
  }
  co_return Status{};
}

}  // namespace kiln::sources

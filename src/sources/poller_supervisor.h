// SPDX-License-Identifier: Apache-2.0
#pragma once
// PollerSupervisor keeps a poller running for every mapping that should have one, and moves
// mappings through their states: Creating, Enabling and Updating become Enabled or Disabled,
// Disabling becomes Disabled, Deleting ends in removal, each when the pollers have done it.
//
// A change of this process acts at once, one of another node when the store's watch fires.
// MaximumConcurrency holds for each node.
// Threads: one loop. Lifecycle: start(), then stop() once, which lets running invocations end.

#include "async/gate.h"
#include "sources/mapping_repository.h"
#include "sources/poller.h"
#include "store/store.h"

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>

namespace kiln::sources {

// The sources of this server by the service in their ARN. Filled before the first mapping.
class MessageSources {
 public:
  void add(std::string service, MessageSource& source) { sources_[std::move(service)] = &source; }
  // Null: no such service here.
  MessageSource* find(std::string_view arn) const;

 private:
  std::map<std::string, MessageSource*, std::less<>> sources_;
};

class PollerSupervisor {
 public:
  // References outlive *this.
  PollerSupervisor(MappingRepository& mappings, MessageSources& sources, PollerPorts ports,
                   store::Store& store, Executor& home);
  void start();
  // Pollers take nothing more. Running invocations go on.
  void begin_stop();
  Task<void> stop();
  // A mapping was changed: brings pollers and states in line soon.
  void changed();
  // LastProcessingResult as this process knows it.
  std::string last_result(const std::string& uuid) const;
  // How many invocations of a mapping are under way here.
  int in_flight(const std::string& uuid) const;

 private:
  Task<void> run();
  Task<Status> reconcile();
  Task<Status> settle(Mapping mapping);
  Task<void> end(std::string uuid);
  Task<Status> conclude(Mapping mapping, MappingState state);

  MappingRepository& mappings_;
  MessageSources& sources_;
  PollerPorts ports_;
  Executor& home_;
  std::map<std::string, std::unique_ptr<Poller>> pollers_;  // by UUID
  std::unique_ptr<store::Watch> watch_;
  store::Store& store_;
  bool dirty_ = true;
  std::shared_ptr<OneShot<bool>> wake_;
  std::stop_source stop_;
  Gate gate_;
  Counter& running_;
};

}  // namespace kiln::sources

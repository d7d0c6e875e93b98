// SPDX-License-Identifier: Apache-2.0
#pragma once
// Catalog keeps log groups and log streams: who exists, with which settings.
//
// Deleting makes a group or stream invisible in one commit and leaves an entry for the retention
// worker, which erases its events. Threads: one loop. Errors: those of store::Store.

#include "async/clock.h"
#include "async/task.h"
#include "base/random.h"
#include "base/result.h"
#include "services/logs/model/records.h"
#include "store/store.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kiln::logs {

template <class T>
struct Named {
  std::string name;
  T value;
};

enum class Made : std::uint8_t { kCreated, kExists, kNoGroup };
enum class Removed : std::uint8_t { kDeleted, kNoGroup, kNoStream };

class Catalog {
 public:
  // All outlive the catalog.
  Catalog(store::Store& store, const Clock& clock, Random& random)
      : store_(store), clock_(clock), random_(random) {}

  Task<Result<std::optional<Group>>> find_group(GroupName name);
  // `settings` without id and creation time.
  Task<Result<Made>> create_group(GroupName name, Group settings);
  Task<Result<Removed>> delete_group(GroupName name);
  // Applies `change` and stores the group; it may run again after a conflict. False: no such group.
  Task<Result<bool>> update_group(GroupName name, std::function<void(Group&)> change);
  // Names that begin with `prefix` and come after `after`, ascending, at most `limit`.
  Task<Result<std::vector<Named<Group>>>> list_groups(std::string account, std::string region,
                                                      std::string prefix, std::string after,
                                                      std::size_t limit);

  Task<Result<std::optional<Stream>>> find_stream(GroupName group, std::string group_id,
                                                  std::string name);
  Task<Result<Made>> create_stream(GroupName group, std::string name);
  Task<Result<Removed>> delete_stream(GroupName group, std::string name);
  // As list_groups(); `after` is exclusive, descending when `reverse`.
  Task<Result<std::vector<Named<Stream>>>> list_streams(GroupName group, std::string group_id,
                                                        std::string prefix, std::string after,
                                                        std::size_t limit, bool reverse = false);
  // Bytes of all streams of the group.
  Task<Result<std::int64_t>> stored_bytes(GroupName group, std::string group_id);

 private:
  std::int64_t now_ms() const { return clock_.wall().ms; }
  std::string new_id() { return random_.text(16, "0123456789abcdef"); }
  Task<Result<Made>> try_create_stream(GroupName group, std::string name);
  Task<Result<Removed>> try_delete_stream(GroupName group, std::string name);
  Task<Result<Removed>> try_delete_group(GroupName name);
  Task<Result<bool>> try_update_group(GroupName name, const std::function<void(Group&)>& change);

  store::Store& store_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace kiln::logs

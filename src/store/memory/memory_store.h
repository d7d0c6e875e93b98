// SPDX-License-Identifier: Apache-2.0
#pragma once
// The memory engine of Store, for tests and `--ephemeral`: nothing survives it.

#include "async/clock.h"
#include "async/executor.h"
#include "store/store.h"

#include <memory>

namespace kiln::store {

// `clock` and `home` outlive the store. A commit resumes its caller by a post to `home`, as the
// engines on disk do, so that tests meet the same order of events.
std::unique_ptr<Store> make_memory_store(Clock& clock, Executor& home);

}  // namespace kiln::store

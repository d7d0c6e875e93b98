// SPDX-License-Identifier: Apache-2.0
#include "store/memory/memory_store.h"

#include "store/conformance.h"

namespace kiln::store {
namespace {

StoreEngine memory_engine() {
  return {.name = "memory", .persistent = false, .open = [](StoreWorld& world) {
            return make_memory_store(world.clock, world.loop);
          }};
}

INSTANTIATE_TEST_SUITE_P(Memory, StoreConformance, testing::Values(memory_engine()), engine_name);

}  // namespace
}  // namespace kiln::store

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Finds the bundled runtime clients, fetched runtimes and Pythons of this installation.

#include "invoke/runtime_catalog.h"

namespace kiln::cli {

// KILN_RUNTIMES_DIR and KILN_CACHE_DIR, else runtimes/ and .cache/ in the nearest folder above the
// binary that has runtimes/, else /usr/lib/kiln/runtimes and /var/cache/kiln. Pythons:
// /usr/local/bin, /usr/bin.
invoke::RuntimeLocations find_runtime_locations();

// The folder of kiln-launcher and kiln-init: the binary's own, or launcher/ in it (a build folder).
std::string find_programs();

}  // namespace kiln::cli

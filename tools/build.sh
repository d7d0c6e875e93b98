#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tools/build.sh PRESET TARGET: configure once, build with progress, say how long it took.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1 target=$2
started=$SECONDS
if [ ! -f "build/$preset/build.ninja" ]; then
  mkdir -p build
  cmake --preset "$preset" >"build/configure-$preset.log" 2>&1 || { cat "build/configure-$preset.log"; exit 1; }
fi
NINJA_STATUS="[%f/%t %es] " ninja -C "build/$preset" "$target"
if [ $((SECONDS - started)) -ge 5 ]; then
  echo "Built $preset in $((SECONDS - started)) s"
  python3 tools/build_times.py "build/$preset/.ninja_log" || true
fi

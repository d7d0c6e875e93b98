#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tools/fuzz.sh [TARGET...]: runs each fuzz target (default: all) for FUZZ_SECONDS (60), one after
# the other, from fuzz/corpus/<target> and what earlier runs found (build/fuzz/corpus). A crash ends
# it with the input in build/fuzz/crashes: fix it, then add the input to fuzz/corpus/<target>.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-60}
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(ls fuzz/corpus)
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:allocator_may_return_null=0}
failed=0
for target in "${targets[@]}"; do
  found=build/fuzz/corpus/$target crashes=build/fuzz/crashes/$target
  mkdir -p "$found" "$crashes"
  log=build/fuzz/$target.log
  if nice "build/fuzz/fuzz/fuzz_$target" "$found" "fuzz/corpus/$target" -max_total_time="$seconds" \
    -rss_limit_mb=1024 -malloc_limit_mb=512 -timeout=10 -max_len=16384 -print_final_stats=1 \
    -artifact_prefix="$crashes/" >"$log" 2>&1; then
    printf '%-16s %s runs, %s per second\n' "$target" \
      "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
      "$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")"
  else
    failed=1
    printf '%-16s FAILED, see %s\n' "$target" "$log"
    grep -hE 'does not hold|SUMMARY|ERROR' "$log" | head -5 || true
    ls "$crashes"
  fi
done
exit $failed

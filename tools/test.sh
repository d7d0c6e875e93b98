#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The whole of `make test`: rules of the tree, generator, unit tests under ASan and UBSan, release
# binary, whole-binary tests.
set -euo pipefail
cd "$(dirname "$0")/.."
step() { printf '\n== %s\n' "$*"; }

step "Rules of the tree"
make -s check
step "Generator"
(cd codegen && ../.venv/bin/python -m unittest discover -q -s golden_tests -t .)
step "Unit tests under ASan and UBSan"
tools/build.sh asan all
ctest --test-dir build/asan --output-on-failure --no-tests=error
step "Release binary"
tools/build.sh release all
step "Whole-binary tests"
.venv/bin/python -m pytest -q tests

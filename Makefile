# SPDX-License-Identifier: Apache-2.0
# A thin layer of names over tools/ and CMake presets. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
JOBS ?= $(shell nproc)
PYTHON := .venv/bin/python

.PHONY: help setup setup-test build run test test-unit test-fast test-full test-v2 check fmt lint tsan gcc fuzz bench bench-cold bench-queue package test-package new-operation compatibility golden-update clean

help:            ## Show this list
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 18

setup:           ## Install what building and running need (packages, .venv, Node.js)
	@tools/setup.sh run

setup-test:      ## Install what the tests need as well
	@tools/setup.sh test

build: setup     ## Build the release binary: build/release/kiln
	@tools/build.sh release kiln

run: build       ## Start kiln dev, deploy examples/hello, invoke it, stay in the foreground
	@tools/run.sh

test: setup-test ## Everything CI runs: release binary, unit tests under ASan and UBSan, fast tier
	@tools/test.sh

test-unit: setup-test ## Unit tests alone, under ASan and UBSan
	@tools/build.sh asan all
	@ctest --test-dir build/asan --output-on-failure

test-fast: build ## Whole-binary tests alone
	@$(PYTHON) -m pytest -q tests

test-full: test  ## The large counts: 100 kill rounds, 1,000 functions, a connection cut at every byte
	@KILN_FULL=1 KILN_KILL_ROUNDS=100 build/asan/src/store/store_test
	@KILN_FULL=1 build/asan/src/queue/queue_test --gtest_filter='*Simulation.*:QueueScale.*'
	@KILN_KILL_ROUNDS=100 KILN_FULL=1 $(PYTHON) -m pytest -q tests

test-v2: setup-test ## The launcher's tests on Linux 6.1 with cgroup v2 alone, in qemu (root)
	@tools/build.sh debug launcher_test os_test sandbox_test
	@tools/test_v2.sh

check:           ## Rules of the tree: dependency direction, includes, sizes, licences, format
	@python3 tools/tidy.py
	@git ls-files 'src/*.h' 'src/*.cc' 'cli/*.h' 'cli/*.cc' 'bench/*.cc' 'fuzz/*.h' 'fuzz/*.cc' | xargs clang-format-19 --dry-run -Werror

fmt:             ## Format the C++ sources
	@git ls-files 'src/*.h' 'src/*.cc' 'cli/*.h' 'cli/*.cc' 'bench/*.cc' 'fuzz/*.h' 'fuzz/*.cc' | xargs clang-format-19 -i

lint: check      ## clang-tidy over the debug build (slow)
	@tools/build.sh debug all
	@git ls-files 'src/*.cc' 'cli/*.cc' | xargs -n 4 -P $(JOBS) clang-tidy-19 -p build/debug --quiet

tsan: setup-test ## Unit tests under ThreadSanitizer
	@tools/build.sh tsan all
	@TSAN_OPTIONS=suppressions=$(CURDIR)/tools/tsan.supp ctest --test-dir build/tsan --output-on-failure

gcc: setup-test  ## Compile with GCC
	@tools/build.sh gcc all

fuzz: setup-test ## Fuzz every parser of outside bytes, FUZZ_SECONDS (60) each
	@tools/build.sh fuzz fuzz_targets
	@tools/fuzz.sh

bench: build     ## Warm latency and throughput beside nginx in the same run
	@tools/setup.sh bench
	@$(PYTHON) bench/warm.py
	@$(PYTHON) bench/freeze.py
	@$(PYTHON) bench/cold.py
	@[ "$$(id -u)" != 0 ] || { tools/build.sh release launcher_bench && build/release/launcher/launcher_bench; }
	@$(PYTHON) bench/iam.py
	@$(PYTHON) bench/sqs.py
	@$(PYTHON) bench/events.py
	@$(PYTHON) bench/s3.py
	@$(PYTHON) bench/async.py
	@tools/build.sh release iam_bench
	@build/release/bench/iam_bench

bench-cold: build ## Cold starts beside bare starts of their interpreters (isolation needs root)
	@$(PYTHON) bench/cold.py
	@$(PYTHON) bench/snap_start.py

bench-queue: setup ## Sends, claims and dones a second on disk beside fdatasync, in a queue of 10 million
	@tools/build.sh release queue_bench
	@build/release/bench/queue_bench

package: build   ## build/package: a .deb with a systemd unit, and a tarball
	@packaging/package.sh

test-package: package ## Install the .deb in a bare Debian (root), time it to the first answer
	@tools/test_package.sh

new-operation:   ## Scaffold a handler and its test: make new-operation SVC=lambda OP=PublishVersion
	@python3 tools/new_operation.py $(SVC) $(OP)

compatibility:   ## Make the table of Lambda operations in docs/compatibility.md
	@$(PYTHON) tools/compatibility.py

golden-update:   ## Accept the generator's present output as the golden one
	@cd codegen && GOLDEN_UPDATE=1 ../$(PYTHON) -m unittest discover -q -s golden_tests -t .

clean:
	@rm -rf build

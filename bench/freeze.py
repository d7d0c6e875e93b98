# SPDX-License-Identifier: Apache-2.0
"""Warm invocations with and without immediate freeze, in one run: `make bench` (freezing needs level root).

Two servers, each measured in turn with the other: one freezes an environment 50 ms after its last response,
as it does by default, so that nothing is frozen between warm invocations; one at once (--freeze-after 0), so
that each invocation of one client thaws its environment and the answer freezes it again. What that adds to
the latency has a limit; throughput is shown beside that of the default.

KILN_BENCH_SECONDS (3) is the length of a measurement, KILN_BENCH_ROUNDS (3) their number.
"""

import os
import pathlib
import shutil
import tempfile

from warm import CLIENTS, FUNCTIONS, QUIET, ROUNDS, Load, quietest, signed_script
from conftest import Server, create_function, invoke

ADDED_MS = 0.1
KINDS = {"default": [], "at once": ["--freeze-after", "0"]}


def prepare(server, folder):
    scripts = {}
    for label, (runtime, handler, files) in FUNCTIONS.items():
        name = label.lower().replace(".", "")
        create_function(server.client("lambda"), name, files, runtime=runtime, handler=handler, MemorySize=512, Timeout=30)
        invoke(server.client("lambda"), name)
        scripts[label] = signed_script(server, name, folder)
    return scripts


def main():
    if os.geteuid() != 0:
        raise SystemExit("Without root, environments are not frozen.")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="kiln-bench-"))
    servers = {}
    try:
        targets = {}
        for kind, arguments in KINDS.items():
            own = folder / kind.replace(" ", "-")
            own.mkdir()
            servers[kind] = Server(own / "state", arguments=["--ephemeral", *arguments])
            targets |= {(label, kind): script for label, script in prepare(servers[kind], own).items()}
        one, many = {}, {}
        for _ in range(ROUNDS):
            for key, (url, script) in targets.items():
                pid = servers[key[1]].process.pid
                one.setdefault(key, []).append(Load(url, 1, script, pid))
                many.setdefault(key, []).append(Load(url, CLIENTS, script, pid))
    finally:
        for server in servers.values():
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    one, many = ({key: quietest(loads) for key, loads in each.items()} for each in (one, many))
    print(f"{'freezing':18} {'p50 ms':>8} {'p99 ms':>8} {'others':>7} | {f'{CLIENTS} clients/s':>13} {'of default':>10} {'CPU us each':>12} {'others':>7}")
    for key, load in one.items():
        label, kind = key
        rate = many[key].rate / many[label, "default"].rate
        print(f"{label + ' ' + kind:18} {load.p50:8.3f} {load.p99:8.3f} {load.others:7.0%} | "
              f"{many[key].rate:13,.0f} {rate:10.2f} {many[key].cpu:12.0f} {many[key].others:7.0%}")
    busiest = max(load.others for each in (one, many) for load in each.values())
    if busiest > QUIET:
        print(f"\nNot a quiet machine: others took up to {busiest:.0%} of the cores. Do not trust these figures.")
    print()
    for label in FUNCTIONS:
        added = one[label, "at once"].p50 - one[label, "default"].p50
        print(f"{'ok  ' if added <= ADDED_MS else 'MISS'} {label}: immediate freeze adds {added:.3f} ms to p50 (at most {ADDED_MS} ms)")


if __name__ == "__main__":
    main()

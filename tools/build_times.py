# SPDX-License-Identifier: Apache-2.0
"""Prints the compile seconds of each room from a .ninja_log (CPU seconds of the newest build)."""

import collections
import re
import sys


def main(path: str) -> None:
    rooms: dict[str, float] = collections.defaultdict(float)
    newest: dict[str, float] = {}
    with open(path, encoding="utf-8") as log:
        for line in log:
            fields = line.split("\t")
            if len(fields) >= 4 and fields[3].endswith(".o"):
                newest[fields[3]] = (int(fields[1]) - int(fields[0])) / 1000
    for output, seconds in newest.items():
        match = re.search(r"kiln_(\w+)\.dir|(\w+)_test\.dir", output)
        rooms[(match.group(1) or "tests") if match else "cli"] += seconds
    parts = sorted(rooms.items(), key=lambda item: -item[1])
    print("Compile seconds by room: " + ", ".join(f"{room} {seconds:.0f}" for room, seconds in parts))


if __name__ == "__main__":
    main(sys.argv[1])

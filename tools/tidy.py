#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rules of the tree that a program can check. Exits 1 and names each breach.

- A room includes only rooms below it (ALLOWED); services never include each other.
- Heavy headers (Asio, Beast, RocksDB, JSON DOM) stay in the rooms that own them.
- Sources, headers and tests keep their size; every file carries its licence line.
- Every *_test.cc is listed in a CMakeLists.txt.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

BASE = {"base"}
ASYNC = BASE | {"os", "async"}
STORE = ASYNC | {"store", "blob", "queue"}
AWS = ASYNC | {"http", "aws", "gen"}
IAM = AWS | STORE | {"iam"}
ALLOWED = {
    "base": set(),
    "os": BASE,
    "async": BASE | {"os"},
    "http": ASYNC,
    "store": ASYNC,
    "blob": ASYNC | {"store"},
    "queue": ASYNC | {"store"},
    "aws": ASYNC | {"http", "gen"},
    "iam": IAM,
    "launcher": BASE | {"os"},
    "sandbox": ASYNC | {"launcher"},
    "runtime_api": ASYNC | {"http"},
    "lambda": IAM,
    "invoke": IAM | {"lambda", "sandbox", "runtime_api"},
    "metering": IAM | {"lambda", "invoke"},
    "sources": IAM | {"lambda", "invoke", "metering"},
    "services/iam": IAM,
    "services/sts": IAM,
    "services/logs": IAM | {"invoke"},
    "services/s3": IAM | {"lambda"},
    "services/sqs": IAM | {"metering", "sources"},
    "services/sns": IAM | {"metering"},
    "services/cloudwatch": IAM | {"metering"},
    "server": IAM | {"sandbox", "runtime_api", "lambda", "invoke", "metering", "sources", "services"},
    "cli": IAM | {"sandbox", "runtime_api", "lambda", "invoke", "metering", "sources", "services", "server"},
}
# Header prefix -> rooms whose sources may include it.
HEAVY = {
    "boost/asio": {"async", "http", "sandbox", "runtime_api"},
    "boost/beast": {"http"},
    "rocksdb/": {"store"},
    "libpq-fe": {"store"},
    "boost/json": {"base", "aws", "iam", "lambda", "invoke", "runtime_api", "server", "cli", "metering", "sources", "services/iam", "services/logs",
                   "services/sts", "services/s3", "services/sqs", "services/sns", "services/cloudwatch"},
}
MAX_LINES = {"source": 500, "header": 300, "test": 900}
INCLUDE = re.compile(r'^\s*#include\s+(["<])([^">]+)[">]', re.M)


def room_of(path: pathlib.PurePath) -> str:
    parts = path.parts
    if parts[0] in ("cli", "launcher"):
        return parts[0]
    if parts[1] == "services":
        return "/".join(parts[1:3])
    return parts[1]


def included_room(header: str) -> str:
    parts = header.split("/")
    if parts[0] == "services" and len(parts) > 2:
        return "/".join(parts[:2])
    return parts[0]


def check_file(path: pathlib.PurePath, problems: list[str]) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    room = room_of(path)
    is_test = path.name.endswith(("_test.cc", "_for_test.h", "conformance.h"))
    kind = "test" if is_test else "header" if path.suffix == ".h" else "source"
    lines = text.count("\n")
    if lines > MAX_LINES[kind]:
        problems.append(f"{path}: {lines} lines, a {kind} has at most {MAX_LINES[kind]}")
    if "SPDX-License-Identifier: Apache-2.0" not in text[:200]:
        problems.append(f"{path}: the licence line is missing")
    for mark, header in INCLUDE.findall(text):
        if mark == "<":
            for prefix, rooms in HEAVY.items():
                if header.startswith(prefix) and room not in rooms and not is_test:
                    problems.append(f"{path}: <{header}> belongs to {', '.join(sorted(rooms))}")
            if "/api/" in str(path) and not is_test and header.startswith(("boost/asio", "boost/beast")):
                problems.append(f"{path}: an operation includes no Asio or Beast")
            continue
        target = included_room(header)
        if target == room or "/" not in header or is_test:
            continue
        allowed = ALLOWED[room]
        if target not in allowed and target.split("/")[0] not in allowed:
            problems.append(f"{path}: {room} must not include {header}")


def main() -> int:
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "src", "cli", "launcher"], cwd=ROOT, check=True,
                            capture_output=True, text=True).stdout.split()
    files = [pathlib.PurePath(name) for name in listed if (ROOT / name).exists()]
    problems: list[str] = []
    cmake = "\n".join((ROOT / f).read_text() for f in files if f.name == "CMakeLists.txt")
    for path in files:
        if path.suffix in (".h", ".cc"):
            check_file(path, problems)
        if path.name.endswith("_test.cc") and path.name not in cmake:
            problems.append(f"{path}: no CMakeLists.txt lists this test")
    for problem in problems:
        print(problem)
    sources = sum(1 for f in files if f.suffix in (".h", ".cc"))
    print(f"tidy: {sources} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

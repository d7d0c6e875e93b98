#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/new_operation.py lambda PublishVersion: everything an operation needs, ready to be filled in.

Adds it to codegen/operations.json, writes its handler and test, registers it and adds both files to
the room's CMakeLists.txt. It answers 501 until its handler is written.
"""

import json
import re
import sys
from pathlib import Path

ROOMS = {  # service: folder below src/, namespace
    "lambda": ("lambda", "kiln::lambda"),
    "logs": ("services/logs", "kiln::logs"),
    "iam": ("services/iam", "kiln::iam_api"),
    "sts": ("services/sts", "kiln::sts_api"),
    "s3": ("services/s3", "kiln::s3"),
    "sqs": ("services/sqs", "kiln::sqs"),
    "sns": ("services/sns", "kiln::sns"),
}

HANDLER = """\
// SPDX-License-Identifier: Apache-2.0
// {op}: say what it does, and where it differs from AWS.
#include "gen/{service}/{file}.h"

#include "aws/operation.h"
#include "{folder}/service.h"

namespace {namespace} {{
namespace {{

using Model = gen::{service}::{op};

// Name the resource by its full ARN, and the condition keys that this action has.
aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {{
  return {{"{service}:{op}", "*"}};
}}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {{
  co_return aws::fail(aws::ApiError{{"NotImplemented", 501, "{op} is not implemented yet."}});
}}

}}  // namespace

extern const aws::Operation<Model, Service> k{op};
const aws::Operation<Model, Service> k{op}{{authorize, handle}};

}}  // namespace {namespace}
"""

TEST = """\
// SPDX-License-Identifier: Apache-2.0
#include "gen/{service}/{file}.h"

#include "aws/operation.h"
#include "{folder}/service.h"

#include <gtest/gtest.h>

namespace {namespace} {{

extern const aws::Operation<gen::{service}::{op}, Service> k{op};

namespace {{

TEST({op}, AsksForItsAction) {{
  EXPECT_EQ(k{op}.authorize({{}}, {{}}).permissions.at(0).action, "{service}:{op}");
}}

}}  // namespace
}}  // namespace {namespace}
"""


def snake(name: str) -> str:
    """As the generator names files (botocore's xform_name)."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


def write_operations(path: Path, operations: dict[str, list[str]]) -> None:
    """One name a line, sorted: branches that add operations merge."""
    operations = {service: sorted(names) for service, names in operations.items()}
    path.write_text(json.dumps(operations, indent=2) + "\n")


def edit(path: Path, pattern: str, replacement: str) -> None:
    text, count = re.subn(pattern, replacement, path.read_text(), count=1)
    if count == 0:
        sys.exit(f"{path}: found no place for the operation ({pattern})")
    path.write_text(text)


def register(folder: Path, service: str, op: str, file: str) -> None:
    path = folder / "api" / "operations.cc"
    edit(path, r'(#include "gen/|\nnamespace )', rf'#include "gen/{service}/{file}.h"\n\1'
         if '#include "gen/' in path.read_text() else rf'\n#include "gen/{service}/{file}.h"\n\1')
    edit(path, r"void register_operations\(",
         f"extern const aws::Operation<gen::{service}::{op}, Service> k{op};\n\n"
         "void register_operations(")
    edit(path, r"(void register_operations\([^{]*\{\n)", rf"\1  registry.add(service, k{op});\n")


def main(root: Path, service: str, op: str) -> None:
    if service not in ROOMS:
        sys.exit(f"no room for {service}; known: {', '.join(ROOMS)}")
    room, namespace = ROOMS[service]
    folder = root / "src" / room
    file = snake(op)
    names = root / "codegen" / "operations.json"
    operations = json.loads(names.read_text())
    if (folder / "api" / f"{file}.cc").exists():
        sys.exit(f"{op} of {service} has a handler already")
    if op not in operations.setdefault(service, []):
        operations[service].append(op)
        write_operations(names, operations)
    values = {"service": service, "op": op, "file": file, "folder": room, "namespace": namespace}
    (folder / "api" / f"{file}.cc").write_text(HANDLER.format(**values))
    (folder / "api" / f"{file}_test.cc").write_text(TEST.format(**values))
    cmake = folder / "CMakeLists.txt"
    edit(cmake, r"api/operations\.cc", f"api/operations.cc\n    api/{file}.cc")
    edit(cmake, r"(kiln_test\(\S+\s+SOURCES)", rf"\1\n    api/{file}_test.cc")
    register(folder, service, op, file)
    print(f"src/{room}/api/{file}.cc and its test are there: write them, then kiln answers {op}.")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(__file__).resolve().parent.parent, sys.argv[1], sys.argv[2])

# SPDX-License-Identifier: Apache-2.0
"""tools/new_operation.py on a copy of the rooms it edits."""

import importlib.util
import json
import shutil
import tempfile
import unittest
from pathlib import Path

from botocore import xform_name

ROOT = Path(__file__).resolve().parent.parent.parent
spec = importlib.util.spec_from_file_location("new_operation", ROOT / "tools" / "new_operation.py")
new_operation = importlib.util.module_from_spec(spec)
spec.loader.exec_module(new_operation)


class NewOperationTest(unittest.TestCase):
    def scaffold(self, service: str, op: str) -> Path:
        root = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, root)
        room = new_operation.ROOMS[service][0]
        shutil.copytree(ROOT / "src" / room, root / "src" / room)
        (root / "codegen").mkdir()
        shutil.copy(ROOT / "codegen" / "operations.json", root / "codegen")
        new_operation.main(root, service, op)
        return root

    def test_names_the_operation_everywhere_once(self):
        for service, op in (("lambda", "ListCapacityProviders"), ("logs", "ListAnomalies"),
                            ("iam", "CreateSAMLProvider"), ("sts", "AssumeRoleWithSAML")):
            with self.subTest(service):
                root = self.scaffold(service, op)
                room = root / "src" / new_operation.ROOMS[service][0]
                file = xform_name(op)
                built = json.loads((root / "codegen" / "operations.json").read_text())
                self.assertEqual(built[service].count(op), 1)
                cmake = (room / "CMakeLists.txt").read_text()
                self.assertEqual(cmake.count(f"api/{file}.cc"), 1)
                self.assertEqual(cmake.count(f"api/{file}_test.cc"), 1)
                registry = (room / "api" / "operations.cc").read_text()
                self.assertEqual(registry.count(f"registry.add(service, k{op});"), 1)
                self.assertEqual(registry.count(f'#include "gen/{service}/{file}.h"'), 1)
                self.assertIn(op, (room / "api" / f"{file}.cc").read_text())

    def test_leaves_an_operation_that_is_there_alone(self):
        with self.assertRaises(SystemExit):
            self.scaffold("lambda", "CreateFunction")


if __name__ == "__main__":
    unittest.main()

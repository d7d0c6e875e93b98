# SPDX-License-Identifier: Apache-2.0
"""docs/compatibility.md says of every Lambda operation what the model, the sources and the tests say."""

import importlib.util
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
spec = importlib.util.spec_from_file_location("compatibility", ROOT / "tools" / "compatibility.py")
compatibility = importlib.util.module_from_spec(spec)
spec.loader.exec_module(compatibility)

GROUPS = [{"title": "Some", "operations": {"Invoke": "", "CreateAlias": "no reason"}}]


class CompatibilityTest(unittest.TestCase):
    def test_page_is_current(self):
        page, wrong = compatibility.generate(ROOT)
        self.assertEqual(wrong, [])
        self.assertEqual((ROOT / compatibility.PAGE).read_text(), page, "run make compatibility")

    def test_says_what_is_wrong(self):
        def wrong(groups=GROUPS, built=("Invoke",), tests=(("Invoke", ["x"]),), pending=()):
            return compatibility.check(["CreateAlias", "Invoke"], groups, set(built), dict(tests), set(pending))
        self.assertEqual(wrong(), [])
        self.assertIn("no test in tests/aws calls Invoke", wrong(tests=()))
        self.assertEqual(wrong(tests=(), pending=["Invoke"]), [])
        self.assertEqual(len(wrong(pending=["Invoke"])), 1)
        self.assertIn("why Invoke is not built", wrong(built=())[0])
        self.assertIn("lacks Invoke", wrong([{"title": "x", "operations": {"CreateAlias": "y"}}])[0])
        self.assertEqual(len(wrong([*GROUPS, {"title": "x", "operations": {"Unknown": "y"}}])), 1)


if __name__ == "__main__":
    unittest.main()

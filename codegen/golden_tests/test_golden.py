# SPDX-License-Identifier: Apache-2.0
"""Schemas here against the C++ text expected for them.

After a wanted change: GOLDEN_UPDATE=1 python -m unittest discover -s golden_tests -t .  and read
the diff.
"""

import json
import os
import shutil
import unittest
from pathlib import Path

from kilngen import back, front, patches

HERE = Path(__file__).resolve().parent
BUILT = {"parcel": ["GetParcel", "PingParcels", "SendParcel"], "counter": ["Count"],
         "shelf": ["PutItem", "WatchShelf"]}
LIMITS = {"default": 1000, "SendParcel": 5000}


def generate(service: str) -> dict[str, str]:
    model = json.loads((HERE / "schemas" / f"{service}.json").read_text())
    patches.apply(model, service, patches.load(HERE / "patches"))
    return back.generate(front.read_service(service, model, BUILT[service], LIMITS))


class GoldenTest(unittest.TestCase):
    maxDiff = None

    def compare(self, service: str) -> None:
        folder = HERE / "expected" / service
        files = generate(service)
        if os.environ.get("GOLDEN_UPDATE"):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for name, text in files.items():
                (folder / name).write_text(text)
        self.assertEqual(sorted(files), sorted(p.name for p in folder.iterdir()))
        for name, text in files.items():
            self.assertMultiLineEqual((folder / name).read_text(), text, name)

    def test_rest_json_service(self):
        self.compare("parcel")

    def test_query_service(self):
        self.compare("counter")

    def test_rest_xml_service_with_streams(self):
        self.compare("shelf")


class FrontTest(unittest.TestCase):
    def test_operation_that_the_model_lacks_stops_the_build(self):
        model = json.loads((HERE / "schemas" / "counter.json").read_text())
        with self.assertRaisesRegex(ValueError, "Cuont"):
            front.read_service("counter", model, ["Cuont"], LIMITS)


    def test_query_names_of_a_json_service_come_from_patches(self):
        model = json.loads((HERE / "schemas" / "counter.json").read_text())
        model["metadata"] |= {"protocol": "json", "protocols": ["json", "query"],
                              "awsQueryCompatible": {}}
        model["shapes"]["CountRequest"]["members"]["Tags"]["queryName"] = "Tag"
        service = front.read_service("counter", model, ["Count"], LIMITS)
        self.assertEqual((service.protocol, service.also), ("kJson11", ["kQuery"]))
        files = back.generate(service)
        self.assertIn('.wire_name = "Tags", .query_name = "Tag"', files["count.cc"])
        self.assertIn('error.query_code = "NoCounter"', files["errors.cc"])


class PatchTest(unittest.TestCase):
    def patch(self, *changes):
        return [{"service": "s", "reason": "r", "file": "f.json", "changes": list(changes)}]

    def test_patch_of_another_service_is_left_out(self):
        model = {}
        patches.apply(model, "other", self.patch({"path": ["a"], "value": 1}))
        self.assertEqual(model, {})

    def test_removing_what_is_gone_stops_the_build(self):
        with self.assertRaisesRegex(patches.PatchError, "f.json"):
            patches.apply({"a": {}}, "s", self.patch({"path": ["a", "b"], "remove": True}))

    def test_setting_below_what_is_gone_stops_the_build(self):
        with self.assertRaises(patches.PatchError):
            patches.apply({}, "s", self.patch({"path": ["a", "b"], "value": 1}))

    def test_every_patch_names_its_reason(self):
        for patch in patches.load(HERE.parent / "patches"):
            self.assertGreater(len(patch["reason"]), 20, patch["file"])


if __name__ == "__main__":
    unittest.main()

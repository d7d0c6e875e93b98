# SPDX-License-Identifier: Apache-2.0
"""python -m kilngen OUT: generates every service of operations.json into OUT/gen/<service>/.

Prints the .cc files, one a line. A file whose text did not change is left alone, so that nothing is
compiled twice; files that are no longer generated are removed.
"""

import json
import sys
from pathlib import Path

import botocore.loaders

from . import back, front, patches

HERE = Path(__file__).resolve().parent.parent


def read_limits(path: Path) -> dict[str, dict[str, int]]:
    source = json.loads(path.read_text())
    limits = {}
    for service, operations in source["services"].items():
        limits[service] = {name: entry["bytes"] for name, entry in operations.items()}
    limits["default"] = {"default": source["default"]["bytes"]}
    return limits


def write_service(folder: Path, files: dict[str, str]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.name not in files:
            old.unlink()
    for name, text in files.items():
        path = folder / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    return [folder / name for name in sorted(files) if name.endswith(".cc")]


def main() -> int:
    out = Path(sys.argv[1]).resolve()
    built = json.loads((HERE / "operations.json").read_text())
    limits = read_limits(HERE / "limits.json")
    model_patches = patches.load(HERE / "patches")
    loader = botocore.loaders.Loader()
    endpoints = loader.load_data("endpoints")["partitions"][0]["services"]
    for service, operations in built.items():
        model = loader.load_service_model(service, "service-2")
        patches.apply(model, service, model_patches)
        is_global = endpoints.get(service, {}).get("isRegionalized", True) is False
        ir_service = front.read_service(
            service, model, operations, limits["default"] | limits.get(service, {}), is_global)
        for source in write_service(out / "gen" / service, back.generate(ir_service)):
            print(source)
    return 0


if __name__ == "__main__":
    sys.exit(main())

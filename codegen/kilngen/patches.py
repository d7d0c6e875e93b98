# SPDX-License-Identifier: Apache-2.0
"""Corrections of service models. A patch file is

{"service": "lambda", "reason": "why the model is wrong and where that is seen",
 "changes": [{"path": ["shapes", "FunctionName", "max"], "value": 140},
             {"path": ["shapes", "Old"], "remove": true}]}

A change whose place does not exist (the parent of a set, the thing to remove) stops the build: the
model has moved and the patch must be looked at again.
"""

import json
from pathlib import Path


class PatchError(Exception):
    pass


def load(folder: Path) -> list[dict]:
    patches = []
    for path in sorted(folder.glob("*.json")):
        patch = json.loads(path.read_text())
        if not patch.get("reason"):
            raise PatchError(f"{path.name}: a patch needs a reason")
        patch["file"] = path.name
        patches.append(patch)
    return patches


def apply(model: dict, service: str, patches: list[dict]) -> None:
    for patch in patches:
        if patch["service"] == service:
            for change in patch["changes"]:
                _apply_change(model, change, patch["file"])


def _apply_change(model: dict, change: dict, file: str) -> None:
    *parents, last = change["path"]
    place = model
    for step in parents:
        if not isinstance(place, dict) or step not in place:
            raise PatchError(f"{file}: no {'/'.join(change['path'])} in the model")
        place = place[step]
    if change.get("remove"):
        if last not in place:
            raise PatchError(f"{file}: nothing to remove at {'/'.join(change['path'])}")
        del place[last]
    else:
        place[last] = change["value"]

# SPDX-License-Identifier: Apache-2.0
"""Between invocations nothing runs; what was begun goes on with the next one."""

import time

import pytest

from conftest import create_function, invoke

SOURCE = {"app.py": """
import threading, time
TICKS = []
def tick():
    while True:
        TICKS.append(time.monotonic())
        time.sleep(0.01)
threading.Thread(target=tick, daemon=True).start()
def handler(event, context):
    time.sleep(event.get("seconds", 0))
    return TICKS
"""}


def test_background_work_stands_still_between_invocations_and_goes_on_after(server, awslambda):
    if server.isolation != "root":
        pytest.skip(f"isolation {server.isolation} does not freeze")
    create_function(awslambda, "freezes", SOURCE, MemorySize=1769)
    invoke(awslambda, "freezes")
    time.sleep(1)
    ticks, _ = invoke(awslambda, "freezes", {"seconds": 0.2})
    gaps = [after - before for before, after in zip(ticks, ticks[1:])]
    assert max(gaps) > 0.7
    assert ticks[-1] - ticks[gaps.index(max(gaps)) + 1] > 0.1

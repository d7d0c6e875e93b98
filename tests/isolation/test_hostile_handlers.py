# SPDX-License-Identifier: Apache-2.0
"""Handlers that misbehave, at each isolation level: the caller gets AWS's payload in time, and the next call works."""

import contextlib
import os
import pathlib
import re
import signal
import time

import pytest

from conftest import Server, create_function, eventually, invoke

FULL = bool(os.environ.get("KILN_FULL"))
PRINTED_MB = 100 if FULL else 10
SOURCE = """
import os, subprocess, sys, time
COUNT = 0

def handler(event, context):
    global COUNT
    COUNT += 1
    do = event["do"]
    if do == "sleep":
        time.sleep(60)
    elif do == "exit":
        os._exit(1)
    elif do == "sys.exit":
        sys.exit(1)
    elif do == "abort":
        os.abort()
    elif do == "memory":
        kept = []
        while True:
            kept.append(bytearray(1 << 20))
    elif do == "close":
        os.close(1); os.close(2)
    elif do == "close and print":
        sys.stdout.close()
        print("into nowhere")
    elif do == "print":
        for _ in range(event["mb"] << 10):
            os.write(1, b"x" * 1023 + b"\\n")
    elif do == "daemons":
        for _ in range(3):
            subprocess.Popen(["sh", "-c", "trap '' TERM HUP INT; sleep %s" % event["mark"]], start_new_session=True)
        os._exit(1)
    elif do == "signals":
        import signal
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN)
        time.sleep(60)
    return {"did": do, "count": COUNT}
"""
# Takes invocations, answers each, and asks for no other: AWS waits for the next one until the timeout.
STUCK = """#!/usr/bin/python3
import os, time
from http.client import HTTPConnection
api = HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
api.request("GET", "/2018-06-01/runtime/invocation/next")
answer = api.getresponse(); answer.read()
api.request("POST", f"/2018-06-01/runtime/invocation/{answer.headers['Lambda-Runtime-Aws-Request-Id']}/response", b'"answered"')
api.getresponse().read()
time.sleep(600)
"""


@pytest.fixture(scope="module", params=["root", "userns", "confined", "none"])
def level(request, tmp_path_factory):
    try:
        server = Server(tmp_path_factory.mktemp("level") / "state", arguments=["--isolation", request.param])
    except AssertionError:
        pytest.skip(f"level {request.param} is not possible on this host")
    assert server.isolation == request.param
    yield server
    assert server.stop() == 0


@pytest.fixture
def function(level, request):
    name = re.sub(r"[^\w-]+", "-", request.node.name)[:60]
    client = level.client("lambda")
    create_function(client, name, {"app.py": SOURCE}, Timeout=2, MemorySize=192)

    def call(do, **event):
        began = time.monotonic()
        answer, reply = invoke(client, name, {"do": do, **event})
        return answer, reply.get("FunctionError"), time.monotonic() - began
    return call


@pytest.mark.parametrize("do,error_type,message", [
    ("sleep", "Sandbox.Timedout", "Task timed out after 2.00 seconds"),
    ("signals", "Sandbox.Timedout", "Task timed out after 2.00 seconds"),
    ("exit", "Runtime.ExitError", "Runtime exited with error: exit status 1"),
    ("sys.exit", "Runtime.ExitError", "Runtime exited with error: exit status 1"),
    ("abort", "Runtime.ExitError", "Runtime exited with error: signal: aborted"),
    ("memory", "Runtime.ExitError", "Runtime exited with error: signal: killed"),
])
def test_a_handler_that_ends_badly(level, function, do, error_type, message):
    if do == "memory" and level.isolation != "root":
        pytest.skip(f"level {level.isolation} does not limit memory")
    assert function("return")[:2] == ({"did": "return", "count": 1}, None)
    answer, error, seconds = function(do)
    assert error == "Unhandled"
    assert answer["errorType"] == error_type
    assert answer["errorMessage"].endswith(message)
    assert seconds < 6
    assert function("return")[:2] == ({"did": "return", "count": 1}, None)


@pytest.mark.parametrize("do", ["close", "close and print"])
def test_a_handler_without_its_output(function, do):
    answer, error, seconds = function(do)
    assert error is None or answer["errorType"] == "ValueError", answer
    assert seconds < 6
    for _ in range(2):
        assert function("return")[1] is None


def test_a_handler_that_talks_a_lot(level, function):
    answer, error, _ = function("print", mb=PRINTED_MB)
    assert answer == {"did": "print", "count": 1} or answer["errorType"] == "Sandbox.Timedout"
    assert function("return")[1] is None


def test_daemons_that_hold_the_output_open_keep_nobody_waiting(level, function):
    mark = f"{os.getpid()}.{7000 + len(level.isolation)}"
    answer, error, seconds = function("daemons", mark=mark)
    assert (error, answer["errorType"]) == ("Unhandled", "Runtime.ExitError")
    assert seconds < 3
    assert function("return")[1] is None

    def daemons():
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if path.read_bytes() == b"sleep\0" + mark.encode() + b"\0":
                    found.append(int(path.parent.name))
        return found
    if level.isolation in ("root", "userns"):
        eventually(lambda: not daemons())
    else:
        # A session of its own is out of these levels' reach, as the table of levels says.
        for pid in daemons():
            os.kill(pid, signal.SIGKILL)


def test_a_runtime_that_asks_for_no_further_event(level):
    client = level.client("lambda")
    create_function(client, "stuck", {"bootstrap": STUCK}, runtime="provided.al2023", handler="x", Timeout=2)
    for _ in range(3):
        began = time.monotonic()
        answer, reply = invoke(client, "stuck")
        assert (answer, reply.get("FunctionError")) == ("answered", None) or answer["errorType"] == "Sandbox.Timedout"
        assert time.monotonic() - began < 8


@pytest.mark.skipif(not FULL, reason="an initialisation has 10 seconds: make test-full")
def test_a_runtime_that_never_asks(level):
    client = level.client("lambda")
    create_function(client, "silent", {"bootstrap": "#!/bin/sh\nsleep 600\n"}, runtime="provided.al2023", handler="x", Timeout=1)
    for _ in range(2):
        began = time.monotonic()
        answer, reply = invoke(client, "silent")
        assert reply["FunctionError"] == "Unhandled"
        assert answer["errorType"] == "Sandbox.Timedout"
        assert time.monotonic() - began < 16

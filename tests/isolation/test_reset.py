# SPDX-License-Identifier: Apache-2.0
"""After a timeout or a crash the runtime starts again in the same environment, within the next call."""

import base64
import os

import pytest

from conftest import create_function, invoke

SOURCE = """
import os, signal, subprocess, sys, time
BEGAN = time.time_ns()
def handler(event, context):
    with open("/tmp/calls", "a+") as calls:
        calls.write(event["do"] + "\\n")
        calls.flush()
        calls.seek(0)
        seen = calls.read().split()
    if event["do"] == "sleep":
        subprocess.Popen(["sleep", "98765"])
        time.sleep(60)
    if event["do"] == "exit":
        os._exit(1)
    if event["do"] == "abort":
        os.abort()
    if event["do"] == "fill":
        held = [bytearray(b"x" * 1024 * 1024) for _ in range(1024)]
    daemons = [name for name in os.listdir("/proc") if name.isdigit()
               and b"98765" in open(f"/proc/{name}/cmdline", "rb").read()]
    return {"seen": seen, "daemons": daemons, "stream": context.log_stream_name, "began": BEGAN}
"""


def log_of(reply):
    return base64.b64decode(reply["LogResult"]).decode()


@pytest.fixture
def function(server, awslambda, request):
    if server.isolation != "root":
        pytest.skip(f"isolation {server.isolation} makes a new environment")
    name = request.node.name.replace("[", "-").replace("]", "")
    create_function(awslambda, name, {"app.py": SOURCE}, Timeout=2 if "sleep" in name else 30, MemorySize=256)
    return lambda do: invoke(awslambda, name, {"do": do}, LogType="Tail")


@pytest.mark.parametrize("how", ["sleep", "exit", "abort", "fill"])
def test_the_environment_is_kept_but_its_processes_are_not(function, how):
    first, reply = function("return")
    assert "Init Duration" in log_of(reply)
    failed, reply = function(how)
    assert reply["FunctionError"] == "Unhandled"
    assert ("Sandbox.Timedout" if how == "sleep" else "Runtime.") in failed["errorType"]
    again, reply = function("return")
    assert again["seen"] == ["return", how, "return"]
    assert again["stream"] == first["stream"]
    assert again["began"] > first["began"]
    assert again["daemons"] == []
    # The initialisation was part of the invocation.
    assert "INIT_" not in log_of(reply) and "Init Duration" not in log_of(reply)
    warm, _ = function("return")
    assert warm["began"] == again["began"]


def test_a_reset_runtime_may_fail_again(function):
    function("return")
    for _ in range(3):
        assert function("exit")[1]["FunctionError"] == "Unhandled"
    assert function("return")[0]["seen"] == ["return", "exit", "exit", "exit", "return"]


def test_tmp_outlives_a_failed_initialisation(server, awslambda):
    if server.isolation != "root":
        pytest.skip(f"isolation {server.isolation} makes a new environment")
    source = """
import os
TIMES = os.path.getsize("/tmp/inits") if os.path.exists("/tmp/inits") else 0
with open("/tmp/inits", "a") as file:
    file.write("x")
if TIMES < 1:
    raise ValueError("not yet")
def handler(event, context):
    return TIMES
"""
    create_function(awslambda, "second-init", {"app.py": source})
    answer, reply = invoke(awslambda, "second-init", LogType="Tail")
    assert answer == 1
    assert "INIT_REPORT" in log_of(reply) and "Phase: init\tStatus: error" in log_of(reply)

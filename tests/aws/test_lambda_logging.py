# SPDX-License-Identifier: Apache-2.0
"""What functions print and what Lambda writes around it, in both log formats, through boto3."""

import base64
import json
import re
import shutil

import pytest

from conftest import create_function, eventually, invoke

NODE = {"runtime": "nodejs22.x", "handler": "index.handler"}


def tail(client, name, event=None):
    """(payload, log tail) of one invocation."""
    payload, reply = invoke(client, name, event, LogType="Tail")
    return payload, base64.b64decode(reply["LogResult"]).decode()


def events(text):
    """The JSON documents of a log in JSON format; lines that are none stay text."""
    def read(line):
        try:
            return json.loads(line)
        except ValueError:
            return line
    return [read(line) for line in text.splitlines() if line]


def group_events(server, name):
    logs = server.client("logs")
    try:
        return [e["message"] for e in logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]]
    except logs.exceptions.ResourceNotFoundException:
        return []


def test_json_format_of_a_python_function(awslambda):
    source = """
import logging
log = logging.getLogger()
def handler(event, context):
    log.debug("too low")
    log.info("said %s", "this")
    log.warning("careful", extra={"order": 7})
    print("printed")
    return 1
"""
    create_function(awslambda, "log-json", {"app.py": source}, LoggingConfig={"LogFormat": "JSON"})
    _, text = tail(awslambda, "log-json")
    found = events(text)
    assert [e["type"] for e in found if isinstance(e, dict) and "type" in e] == ["platform.start", "platform.report"]
    said = [e for e in found if isinstance(e, dict) and "level" in e]
    assert [(e["level"], e["message"]) for e in said] == [("INFO", "said this"), ("WARNING", "careful")]
    assert said[0]["requestId"] == found[0]["record"]["requestId"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", said[0]["timestamp"])
    assert said[1]["order"] == 7
    assert "printed" in found
    report = found[-1]
    assert report["type"] == "platform.report"
    assert report["record"]["status"] == "success"
    assert report["record"]["metrics"]["memorySizeMB"] == 128
    assert report["record"]["metrics"]["billedDurationMs"] >= 1


def test_json_format_of_a_node_function(awslambda):
    source = "exports.handler = async () => { console.debug('low'); console.warn('high', { a: 1 }); return 1 }"
    create_function(awslambda, "log-json-node", {"index.js": source}, **NODE, LoggingConfig={"LogFormat": "JSON"})
    said = [e for e in events(tail(awslambda, "log-json-node")[1]) if isinstance(e, dict) and "level" in e]
    assert [(e["level"], e["message"]) for e in said] == [("WARN", "high { a: 1 }")]


@pytest.mark.parametrize("level,expected", [("DEBUG", ["DEBUG", "INFO", "ERROR"]), ("INFO", ["INFO", "ERROR"]),
                                            ("ERROR", ["ERROR"])])
def test_application_level_filters_what_a_function_logs(awslambda, level, expected):
    source = "import logging\ndef handler(e, c):\n    for n in ('debug', 'info', 'error'):\n" \
             "        getattr(logging.getLogger(), n)(n)\n"
    name = f"log-level-{level}"
    create_function(awslambda, name, {"app.py": source}, LoggingConfig={
        "LogFormat": "JSON", "ApplicationLogLevel": level})
    found = events(tail(awslambda, name)[1])
    assert [e["level"] for e in found if isinstance(e, dict) and "level" in e] == expected


def test_system_level_warn_hides_start_and_report_of_good_invocations(awslambda):
    create_function(awslambda, "log-system", {"app.py": "def handler(e, c):\n    print('only this')\n"}, LoggingConfig={
        "LogFormat": "JSON", "SystemLogLevel": "WARN"})
    assert events(tail(awslambda, "log-system")[1]) == ["only this"]


def test_a_multi_line_print_is_one_event_of_node_and_a_traceback_one_of_python(server, awslambda):
    create_function(awslambda, "log-lines-node", {"index.js": "exports.handler = async () => { console.log('a\\nb') }"},
                    **NODE)
    create_function(awslambda, "log-lines-py", {"app.py": "def handler(e, c):\n    raise ValueError('boom')\n"})
    invoke(awslambda, "log-lines-node")
    invoke(awslambda, "log-lines-py")
    node = eventually(lambda: [m for m in group_events(server, "log-lines-node") if "INFO\ta\nb" in m])
    assert len(node) == 1
    python = eventually(lambda: [m for m in group_events(server, "log-lines-py") if m.startswith("[ERROR] ValueError: boom")])
    assert len(python) == 1 and "Traceback (most recent call last):" in python[0]


def test_output_without_a_newline_and_of_children_is_kept(awslambda):
    source = """
import subprocess, sys
def handler(e, c):
    sys.stdout.write("one ")
    sys.stdout.flush()
    subprocess.run(["/bin/echo", "two"], check=True)
    sys.stderr.write("three")
"""
    create_function(awslambda, "log-partial", {"app.py": source})
    _, text = tail(awslambda, "log-partial")
    middle = text[text.index("\n") + 1:text.index("END RequestId")]
    assert "two\n" in middle and "one " in middle and middle.endswith("three")


def test_tail_is_the_last_four_kilobytes(awslambda):
    create_function(awslambda, "log-tail", {"app.py": "def handler(e, c):\n    print('x' * 10_000)\n    print('end')\n"})
    _, text = tail(awslambda, "log-tail")
    assert len(text.encode()) <= 4096
    assert "end\n" in text and "REPORT RequestId: " in text and "START" not in text


def test_prints_during_import_belong_to_init(server, awslambda):
    create_function(awslambda, "log-init", {"app.py": "print('loading')\ndef handler(e, c):\n    return 1\n"})
    invoke(awslambda, "log-init")
    found = eventually(lambda: [m for m in group_events(server, "log-init") if m.startswith("REPORT")]
                       and group_events(server, "log-init"))
    order = [m.split(" ")[0].strip() for m in found]
    assert order == ["INIT_START", "loading", "START", "END", "REPORT"]
    assert re.fullmatch(r"INIT_START Runtime Version: python:3\.11\.v\d+\t"
                        r"Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}\n", found[0])


def test_a_timeout_tells_so_in_text_and_report(awslambda):
    create_function(awslambda, "log-timeout", {"app.py": "import time\ndef handler(e, c):\n    print('in')\n"
                                               "    time.sleep(9)\n"}, Timeout=1)
    payload, text = tail(awslambda, "log-timeout")
    assert payload["errorType"] == "Sandbox.Timedout"
    assert re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [0-9a-f-]{36} Task timed out after 1\.00 seconds\n\n", text)
    assert re.search(r"REPORT RequestId: [0-9a-f-]{36}\tDuration: 1000\.00 ms\tBilled Duration: \d+ ms\t"
                     r"Memory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms\tStatus: timeout\n", text)


def test_a_custom_group_gets_the_lines(server, awslambda):
    create_function(awslambda, "log-group", {"app.py": "def handler(e, c):\n    print(c.log_group_name)\n"},
                    LoggingConfig={"LogGroup": "/shop/orders"})
    invoke(awslambda, "log-group")
    logs = server.client("logs")
    assert eventually(lambda: logs.describe_log_groups(logGroupNamePrefix="/shop/orders")["logGroups"])
    assert eventually(lambda: [e for e in logs.filter_log_events(logGroupName="/shop/orders")["events"]
                               if e["message"] == "/shop/orders\n"])


def test_a_newer_version_that_stands_in_for_a_runtime_is_named(server, awslambda):
    create_function(awslambda, "log-stand-in", {"app.py": "def handler(e, c):\n    return 1\n"}, runtime="python3.9")
    _, text = tail(awslambda, "log-stand-in")
    assert "KILN" not in text
    found = eventually(lambda: group_events(server, "log-stand-in"))
    if not shutil.which("python3.9"):
        assert re.fullmatch(r"KILN python3\.9 is not on this host: version 3\.\d+ stands in for it\n", found[1])

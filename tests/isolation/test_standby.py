# SPDX-License-Identifier: Apache-2.0
"""Runtimes that boot ahead and wait: a function that gets one sees what a plain start shows it, and one
that waits holds nothing of any function."""

import base64
import os
import pathlib
import urllib.request

import pytest

from conftest import create_function, eventually, invoke

NODE = {"index.js": """
const fs = require('node:fs');
const { S3Client } = require('@aws-sdk/client-s3');
exports.handler = async () => ({
  env: {...process.env}, argv: process.argv, execArgv: process.execArgv, cwd: process.cwd(), uid: process.getuid(),
  code: fs.readdirSync('/var/task'), opt: fs.readdirSync('/opt'), paths: require('node:module').globalPaths,
  listeners: process.eventNames().map(String).sort(), year: new Date(0).getHours(), sdk: typeof S3Client,
  zone: Intl.DateTimeFormat().resolvedOptions().timeZone, writable: (() => {
    try { fs.writeFileSync('/var/lang/x', ''); return true } catch { return false } })(),
  descriptors: fs.readdirSync('/proc/self/fd').length,
});
"""}
PYTHON = {"app.py": """
import os, sys, time
def handler(event, context):
    return {"env": dict(os.environ), "argv": sys.argv, "cwd": os.getcwd(), "path": sys.path, "uid": os.getuid(),
            "code": os.listdir("/var/task"), "opt": os.listdir("/opt"), "zone": time.tzname}
"""}
FAST = {"Delay": 0.05, "MaxAttempts": 200}


def metric(server, name):
    text = urllib.request.urlopen(server.endpoint + "/_kiln/metrics").read().decode()
    return next((int(line.split()[-1]) for line in text.splitlines() if line.startswith(name + " ")), 0)


@pytest.fixture
def own(start_server):
    server = start_server()
    if server.isolation != "root":
        pytest.skip(f"isolation {server.isolation} boots nothing ahead")
    return server


def waiting_processes(server):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            descends, at = False, entry.name
            while at not in ("0", "1") and not descends:
                at = (pathlib.Path("/proc") / at / "stat").read_text().rsplit(") ", 1)[1].split()[1]
                descends = at == str(server.process.pid)
            if descends and b"_KILN_STANDBY_FD=4" in (entry / "environ").read_bytes():
                found.append(entry)
        except OSError:
            continue
    return found


def renew(client, name, **settings):
    client.update_function_configuration(FunctionName=name, **settings)
    client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=FAST)


@pytest.mark.parametrize("runtime,handler,files", [
    ("nodejs22.x", "index.handler", NODE), ("nodejs20.x", "index.handler", NODE), ("python3.11", "app.handler", PYTHON)])
def test_a_function_sees_what_a_plain_start_shows_it(own, runtime, handler, files):
    client = own.client("lambda")
    # The second is of another size of /tmp, which nothing waits with.
    plain = create_function(client, "seen", files, runtime=runtime, handler=handler, EphemeralStorage={"Size": 600},
                            Environment={"Variables": {"MINE": "1", "TZ": "Asia/Tokyo"}}) and invoke(client, "seen")[0]
    eventually(lambda: metric(own, "kiln_sandbox_standby") == 0)
    renew(client, "seen", EphemeralStorage={"Size": 512})
    invoke(client, "seen")
    eventually(lambda: metric(own, "kiln_sandbox_standby") > 0, seconds=30)
    renew(client, "seen", Description="again")
    before = metric(own, "kiln_sandbox_standby_hits_total")
    waited = invoke(client, "seen")[0]
    assert metric(own, "kiln_sandbox_standby_hits_total") == before + 1
    for each in (plain, waited):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_LOG_STREAM_NAME",
                     "_X_AMZN_TRACE_ID"):
            assert each["env"].pop(name)
    assert waited == plain
    assert waited["env"]["MINE"] == "1"


@pytest.mark.parametrize("runtime,handler,files", [
    ("nodejs22.x", "index.handler", NODE), ("python3.11", "app.handler", PYTHON)])
def test_variables_that_are_read_at_exec_have_a_plain_start(own, runtime, handler, files):
    client = own.client("lambda")
    name = {"nodejs22.x": "NODE_OPTIONS", "python3.11": "PYTHONWARNINGS"}[runtime]
    create_function(client, "plain", files, runtime=runtime, handler=handler, Environment={"Variables": {name: ""}})
    invoke(client, "plain")
    assert metric(own, "kiln_sandbox_standby_hits_total") + metric(own, "kiln_sandbox_standby_misses_total") == 0


def test_one_that_waits_holds_nothing_of_any_function(own):
    client = own.client("lambda")
    create_function(client, "secretive", NODE, runtime="nodejs22.x", handler="index.handler",
                    Environment={"Variables": {"PASSWORD": "open-sesame"}})
    invoke(client, "secretive")
    eventually(lambda: metric(own, "kiln_sandbox_standby") > 0, seconds=30)
    found = eventually(lambda: waiting_processes(own))
    for process in found:
        text = (process / "environ").read_bytes()
        assert b"open-sesame" not in text and b"AWS_SECRET" not in text and b"_HANDLER" not in text
        assert "index.js" not in os.listdir(process / "root/var/task")
        status = (process / "status").read_text()
        assert "CapEff:\t0000000000000000" in status and "Seccomp:\t2" in status and "NoNewPrivs:\t1" in status


def test_one_that_ends_while_it_waits_is_not_used(own):
    client = own.client("lambda")
    create_function(client, "killed", NODE, runtime="nodejs22.x", handler="index.handler")
    invoke(client, "killed")
    eventually(lambda: metric(own, "kiln_sandbox_standby") > 0, seconds=30)
    for process in eventually(lambda: waiting_processes(own)):
        os.kill(int(process.name), 9)
    renew(client, "killed", Description="again")
    answer, reply = invoke(client, "killed")
    assert reply.get("FunctionError") is None
    assert answer["code"] == ["index.js"]


@pytest.mark.parametrize("runtime, handler, files, line", [
    ("nodejs22.x", "index.handler", {"index.js": "exports.handler = async () => { console.warn('high') }"}, "WARN"),
    ("python3.11", "app.handler", {"app.py": "import logging\ndef handler(e, c):\n    logging.warning('high')\n"}, "WARNING"),
])
def test_it_takes_on_the_functions_log_format(own, runtime, handler, files, line):
    client = own.client("lambda")
    create_function(client, "first", files, runtime=runtime, handler=handler)
    client.invoke(FunctionName="first")
    eventually(lambda: metric(own, "kiln_sandbox_standby") > 0)
    create_function(client, "json", files, runtime=runtime, handler=handler, LoggingConfig={"LogFormat": "JSON"})
    reply = client.invoke(FunctionName="json", LogType="Tail")
    assert f'"level":"{line}"' in base64.b64decode(reply["LogResult"]).decode().replace('": "', '":"')
    assert metric(own, "kiln_sandbox_standby_hits_total") > 0

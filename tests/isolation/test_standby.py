# SPDX-License-Identifier: Apache-2.0
"""Runtimes that boot ahead and wait: a function that gets one sees what a plain start shows it, and one
that waits holds nothing of any function."""

import base64
import os
import pathlib
import time
import urllib.request

import pytest

from conftest import ROOT, create_function, eventually, invoke, make_zip

NODE = {"index.js": """
const fs = require('node:fs');
const { S3Client } = require('@aws-sdk/client-s3');
exports.handler = async () => ({
  env: {...process.env}, argv: process.argv, execArgv: process.execArgv, cwd: process.cwd(), uid: process.getuid(),
  code: fs.readdirSync('/var/task'), opt: fs.readdirSync('/opt'), paths: require('node:module').globalPaths,
  listeners: process.eventNames().map(String).sort(), year: new Date(0).getHours(), sdk: typeof S3Client,
  zone: Intl.DateTimeFormat().resolvedOptions().timeZone, writable: (() => {
    try { fs.writeFileSync('/var/lang/x', ''); return true } catch { return false } })(),
  descriptors: fs.readdirSync('/proc/self/fd').length, cache: Object.keys(require.cache).sort(),
  globals: Object.getOwnPropertyNames(globalThis).sort(), lambda: Object.keys(globalThis.awslambda),
  children: module.children.map((each) => each.id), place: whereItFails(),
});
function whereItFails() { try { new S3Client({ get region() { throw new Error() } }) } catch (error) { return error.stack } }
"""}
USES_S3 = {"index.js": "require('@aws-sdk/client-s3'); exports.handler = async () => 'learned'"}
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
    assert "place" not in waited or "/var/sdk/node_modules/@aws-sdk/client-s3/" in waited["place"]


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


def start_with_sdk_loaded_ahead(server, name, files, runtime="nodejs22.x"):
    """Answers what the function of `files` answers in a process that had loaded client-s3 before."""
    client = server.client("lambda")
    create_function(client, name, USES_S3, runtime=runtime, handler="index.handler", MemorySize=1769, Timeout=20)
    for change in ("once", "twice"):
        renew(client, name, Description=change)
        assert invoke(client, name)[0] == "learned"

    def loaded():
        return any(b"_KILN_PRELOADS=@aws-sdk/client-s3\0" in (each / "environ").read_bytes()
                   for each in waiting_processes(server))

    eventually(loaded, seconds=30)
    client.update_function_code(FunctionName=name, ZipFile=make_zip(files))
    client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=FAST)
    before = metric(server, "kiln_sandbox_standby_hits_total")
    answer, reply = invoke(client, name)
    assert "FunctionError" not in reply, answer
    assert metric(server, "kiln_sandbox_standby_hits_total") == before + 1
    return answer


NODES = [f"nodejs{major}.x" for major in (20, 22, 24, 26) if (ROOT / f".cache/node/{major}/bin/node").exists()]


@pytest.mark.parametrize("runtime", NODES)
def test_the_sdk_is_loaded_ahead_for_who_used_it(own, runtime):
    answer = start_with_sdk_loaded_ahead(own, "ahead", runtime=runtime, files={"index.mjs": """
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const hidden = Object.keys(require.cache).filter((each) => each.startsWith('/var/sdk')).length;
const before = process.cpuUsage();
const { S3Client, ListBucketsCommand } = await import('@aws-sdk/client-s3');
const took = process.cpuUsage(before);
const main = require.resolve('@aws-sdk/client-s3');
const shown = Object.hasOwn(require.cache, main);
const first = require('@aws-sdk/client-s3');
delete require.cache[main];
const second = require('@aws-sdk/client-s3');
const { S3Client: byName } = await import('@aws-sdk/client-s3');
let answer;
try { await new S3Client({ forcePathStyle: true }).send(new ListBucketsCommand({})); answer = 'buckets'; } catch (error) { answer = error.name; }
export const handler = async () => [hidden, first.S3Client === S3Client, second.S3Client === S3Client, byName === S3Client, shown, answer,
  Object.keys(first).length > 100, (took.user + took.system) / 1000];
"""})
    assert answer[:7] == [0, True, False, True, True, "buckets", True]


@pytest.mark.parametrize("runtime", NODES)
def test_what_the_package_brings_wins_over_what_is_loaded(own, runtime):
    answer = start_with_sdk_loaded_ahead(own, "brings", runtime=runtime, files={
        "index.js": "const s3 = require('@aws-sdk/client-s3'); exports.handler = async () => [s3, Object.keys(require.cache).filter((each) => each.startsWith('/var/sdk'))]",
        "node_modules/@aws-sdk/client-s3/index.js": "module.exports = 'own'"})
    assert answer == ["own", []]


@pytest.mark.parametrize("runtime", NODES)
def test_who_changes_what_the_sdk_takes_over_gets_the_change(own, runtime):
    answer = start_with_sdk_loaded_ahead(own, "changes", runtime=runtime, files={"index.js": """
const http = require('node:http');
let seen = 0;
const plain = http.request;
http.request = (...all) => { seen++; return plain(...all); };
const { S3Client, ListBucketsCommand } = require('@aws-sdk/client-s3');
exports.handler = async () => {
  await new S3Client({ endpoint: 'http://127.0.0.1:9', maxAttempts: 1 }).send(new ListBucketsCommand({})).catch(() => {});
  return seen;
};
"""})
    assert answer == 1


@pytest.mark.parametrize("runtime", NODES)
def test_hooks_of_the_loader_see_what_is_loaded(own, runtime):
    answer = start_with_sdk_loaded_ahead(own, "hooks", runtime=runtime, files={"index.js": """
const Module = require('node:module');
const seen = [];
if (Module.registerHooks) Module.registerHooks({ load(url, context, next) { seen.push(url); return next(url, context); } });
else {
  const plain = Module.prototype.require;
  Module.prototype.require = function (id) { seen.push(id); return plain.call(this, id); };
}
const { S3Client } = require('@aws-sdk/client-s3');
exports.handler = async () => [typeof S3Client, seen.length > 20, typeof Module.registerHooks === typeof Module.register || !Module.registerHooks];
"""})
    assert answer == ["function", True, True]


def test_a_variable_that_the_sdk_reads_when_it_is_loaded_counts(own):
    client = own.client("lambda")
    source = {"index.js": "require('@aws-sdk/client-s3'); exports.handler = async () => [globalThis.awslambda === undefined, process.env.KILN_SDK_DIR]"}
    create_function(client, "variable", source, runtime="nodejs22.x", handler="index.handler",
                    Environment={"Variables": {"AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA": "1"}})
    for change in range(3):
        assert invoke(client, "variable")[0] == [True, None]
        eventually(lambda: metric(own, "kiln_sandbox_standby") > 0, seconds=30)
        renew(client, "variable", Description=str(change))


def test_memory_that_a_first_client_writes_to_is_copied_ahead_for_who_made_one(own):
    client = own.client("lambda")
    code = """
import resource
def faults(): return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
before = faults()
import boto3
CLIENT = boto3.client("s3")
TOOK = faults() - before
def handler(event, context):
    return [TOOK, "zygote" in open("/proc/self/cmdline").read(), CLIENT.list_buckets()["ResponseMetadata"]["HTTPStatusCode"]]
"""
    create_function(client, "copied", {"app.py": code}, MemorySize=1769, Timeout=20)
    seen = []

    def ahead():
        hits = metric(own, "kiln_sandbox_standby_hits_total")
        renew(client, "copied", Description=str(len(seen)))
        took, forked, status = invoke(client, "copied")[0]
        assert status == 200
        if forked:
            seen.append(took)
        time.sleep(0.3)  # what waits for the next boots meanwhile
        return metric(own, "kiln_sandbox_standby_hits_total") > hits and took * 3 < seen[0]

    eventually(ahead, seconds=30)
    assert seen[0] > 800


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

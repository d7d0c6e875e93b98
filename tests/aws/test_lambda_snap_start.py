# SPDX-License-Identifier: Apache-2.0
"""SnapStart: a version is initialised once, when it is published, and its environments start from there."""

import concurrent.futures
import re
import time

import botocore.exceptions
import pytest

from conftest import create_function, eventually, invoke, make_zip, refusal

ON = {"ApplyOn": "PublishedVersions"}
# `answer` is what the event's source leaves; BORN tells one initialisation from another.
HANDLER = """
import os, random, ssl, sys, tempfile, time, uuid
from snapshot_restore_py import register_after_restore, register_before_snapshot

BORN, STARTED, HOOKS = str(uuid.uuid4()), time.time(), []
MEMORY = {number: str(number) for number in range(50_000)}

@register_before_snapshot
def first():
    HOOKS.append("before 1")

register_before_snapshot(HOOKS.append, "before 2")
register_after_restore(HOOKS.append, "after 1")

@register_after_restore
def second():
    HOOKS.append("after 2")

def handler(event, context):
    names = dict(globals(), event=event, context=context, answer=None)
    exec(event.get("run", "pass"), names)
    time.sleep(event.get("sleep", 0))
    return {"born": BORN, "started": STARTED, "hooks": HOOKS, "memory": len(MEMORY), "answer": names["answer"]}
"""


def publish(client, name, source=HANDLER, wait=True, **settings):
    """Makes a function with SnapStart; publishes it as version 1."""
    create_function(client, name, {"app.py": source}, SnapStart=ON, **{"MemorySize": 256, **settings})
    published = client.publish_version(FunctionName=name)
    if wait:
        activated(client, name)
    return published


def activated(client, name, version="1"):
    client.get_waiter("published_version_active").wait(
        FunctionName=name, Qualifier=version, WaiterConfig={"Delay": 0.05, "MaxAttempts": 600})


def lines_of(server, name):
    """The log of a function, stream by stream."""
    logs = server.client("logs")
    group = f"/aws/lambda/{name}"
    try:
        streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [[event["message"] for event in logs.get_log_events(
        logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)["events"]] for stream in streams]


@pytest.fixture
def name(awslambda, request):
    name = re.sub(r"[^a-z_]", "-", request.node.name.replace("test_", "")).strip("-")[-60:]
    yield name
    try:
        awslambda.delete_function(FunctionName=name)
    except awslambda.exceptions.ResourceNotFoundException:
        pass


@pytest.fixture
def saves(server):
    if server.isolation not in ("root", "userns"):
        pytest.skip(f"level {server.isolation} has no snapshots")


def test_a_version_is_pending_until_it_has_its_snapshot(awslambda, name):
    published = publish(awslambda, name, "import time\ntime.sleep(1)\n" + HANDLER, wait=False)
    assert (published["Version"], published["State"], published["StateReasonCode"]) == ("1", "Pending", "Creating")
    assert refusal(invoke, awslambda, name, Qualifier="1") == (
        409, "ResourceConflictException", "The operation cannot be performed at this time. The function is currently "
        "in the following state: Pending")
    activated(awslambda, name)
    version = awslambda.get_function_configuration(FunctionName=name, Qualifier="1")
    assert (version["State"], version["LastUpdateStatus"]) == ("Active", "Successful")
    assert version["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}
    latest = awslambda.get_function_configuration(FunctionName=name)
    assert latest["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}
    assert awslambda.publish_version(FunctionName=name)["State"] == "Active"
    assert invoke(awslambda, name, {"run": "answer = os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']"})[0][
        "answer"] == "on-demand"


def test_environments_start_from_one_initialisation(awslambda, server, name, saves):
    publish(awslambda, name)
    published = time.time()
    draw = ("answer = [os.environ['AWS_LAMBDA_INITIALIZATION_TYPE'], random.random(), random.getrandbits(64), "
            "str(uuid.uuid4()), ssl.RAND_bytes(16).hex(), tempfile.mktemp(), os.urandom(8).hex()]")
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        ran = [answer for answer, _ in pool.map(
            lambda _: invoke(awslambda, name, {"sleep": 1, "run": draw}, Qualifier="1"), range(3))]
    assert len({each["born"] for each in ran}) == 1 and all(each["started"] < published for each in ran)
    assert all(each["memory"] == 50_000 for each in ran)
    assert all(each["hooks"] == ["before 2", "before 1", "after 1", "after 2"] for each in ran)
    assert {each["answer"][0] for each in ran} == {"snap-start"}
    for drawn in list(zip(*(each["answer"] for each in ran)))[1:]:
        assert len(set(drawn)) == 3, drawn
    streams = eventually(lambda: (got := lines_of(server, name)) and len(got) == 4 and got)
    restored = [lines for lines in streams if lines[0].startswith("RESTORE_START Runtime Version: python:3.11.v1\t")]
    assert len(restored) == 3
    for lines in restored:
        assert lines[1].startswith("RESTORE_REPORT Restore Duration: ") and lines[1].endswith(" ms\n")
        assert lines[2].startswith("START RequestId: ")
        assert "\tRestore Duration: " in lines[-1] and "\tBilled Restore Duration: " in lines[-1]
        assert "Init Duration" not in lines[-1]
    template = [lines for lines in streams if lines[0].startswith("INIT_START ")]
    assert len(template) == 1 and template[0][1].startswith("INIT_REPORT Init Duration: ")


def test_environments_have_nothing_in_common(awslambda, name, saves):
    publish(awslambda, name)
    write = """
MEMORY["mine"] = event["who"]
open("/tmp/mine", "w").write(event["who"])
time.sleep(1)
answer = [MEMORY["mine"], open("/tmp/mine").read(), os.listdir("/tmp"), os.getuid(), os.getpid() > 1]
"""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        ran = [answer["answer"] for answer, _ in pool.map(
            lambda who: invoke(awslambda, name, {"run": write, "who": who}, Qualifier="1"), "ab")]
    assert ran == [[who, who, ["mine"], 993, True] for who in "ab"]


def test_what_the_initialisation_left_in_tmp_is_there(awslambda, name, saves):
    publish(awslambda, name, HANDLER + """
os.makedirs("/tmp/a/b")
open("/tmp/a/b/c", "w").write("content")
os.chmod("/tmp/a/b/c", 0o640)
os.symlink("a/b/c", "/tmp/link")
""")
    run = """
answer = [open("/tmp/link").read(), oct(os.stat("/tmp/a/b/c").st_mode), sorted(os.listdir("/tmp"))]
open("/tmp/a/b/c", "w").write("mine")
"""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        ran = [answer for answer, _ in pool.map(
            lambda _: invoke(awslambda, name, {"run": run, "sleep": 1}, Qualifier="1"), range(2))]
    assert [each["answer"] for each in ran] == [["content", "0o100640", ["a", "link"]]] * 2
    assert ran[0]["born"] == ran[1]["born"]


def test_what_was_restored_is_a_process_like_any_other(awslambda, name, saves):
    publish(awslambda, name)
    answer = invoke(awslambda, name, Qualifier="1", event={"run": """
import subprocess, threading, json, decimal, sqlite3
ran = []
threads = [threading.Thread(target=ran.append, args=(i,)) for i in range(8)]
[each.start() for each in threads]
[each.join() for each in threads]
more = [bytearray(100_000) for _ in range(500)]
child = subprocess.run([sys.executable, "-c", "print(6 * 7)"], capture_output=True, text=True).stdout
maps = open("/proc/self/maps").read()
answer = [sorted(ran), len(more), child, "kiln-restore" in maps, sys.argv, sorted(os.listdir("/proc/self/fd"))[:5],
          threading.get_native_id() == os.getpid() == threading.main_thread().native_id, os.getcwd(),
          open("/proc/self/comm").read()]
"""})[0]["answer"]
    assert answer[:4] == [list(range(8)), 500, "42\n", False]
    assert answer[5] == ["0", "1", "2", "3", "4"] and answer[6] is True
    assert answer[7:] == ["/var/task", "python3.11\n"]


def test_a_crash_does_not_undo_the_initialisation(awslambda, name, saves):
    publish(awslambda, name)
    first = invoke(awslambda, name, Qualifier="1")[0]
    assert invoke(awslambda, name, {"run": "os._exit(1)"}, Qualifier="1")[1]["FunctionError"]
    second = invoke(awslambda, name, Qualifier="1")[0]
    assert second["born"] == first["born"] and second["hooks"] == first["hooks"]


@pytest.mark.parametrize("kept,reason", [
    ("import threading\nthreading.Thread(target=lambda: time.sleep(3600), daemon=True).start()", "it has 2 threads"),
    ("import socket\nSOCKET = socket.socket()", "it has socket:["),
    ("open('/tmp/left', 'wb').write(bytes(33 << 20))", "it left too much in /tmp"),
    ("import subprocess\nCHILD = subprocess.Popen(['sleep', '3600'])", "it has child processes"),
    ("import mmap\nSHARED = mmap.mmap(-1, 4096)", "it shares memory"),
], ids=["thread", "socket", "tmp", "child", "shared"])
def test_what_cannot_be_saved_initialises_in_each_environment(awslambda, server, name, saves, kept, reason):
    publish(awslambda, name, HANDLER + kept + "\n")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        ran = [answer for answer, _ in pool.map(
            lambda _: invoke(awslambda, name, {"sleep": 1}, Qualifier="1"), range(2))]
    assert ran[0]["born"] != ran[1]["born"]
    assert all(each["hooks"] == ["before 2", "before 1", "after 1", "after 2"] for each in ran)
    said = "KILN this environment initialises the function by itself: " + reason
    eventually(lambda: sum(lines[1].startswith(said) for lines in lines_of(server, name)) == 2)


def test_the_role_is_had_from_the_credentials_endpoint(awslambda, name):
    publish(awslambda, name, "import boto3\nSTS = boto3.client('sts')\n" + HANDLER)
    answer = invoke(awslambda, name, Qualifier="1", event={"run": """
import urllib.request, urllib.error
try:
    urllib.request.urlopen(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
    other = 200
except urllib.error.HTTPError as error:
    other = error.code
answer = [STS.get_caller_identity()["Arn"], other, sorted(name for name in os.environ if name in (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME"))]
"""})[0]["answer"]
    assert answer == [f"arn:aws:sts::000000000000:assumed-role/test-role/{name}", 401, []]


@pytest.mark.parametrize("source,code,type_", [
    ("raise ValueError('no')", "FunctionError.RuntimeInitError", "Runtime.Unknown"),
    ("import os\nos._exit(3)", "FunctionError.RuntimeInitError", "Runtime.ExitError"),
    (HANDLER + "register_before_snapshot(lambda: 1 / 0)", "FunctionError.RuntimeInitError",
     "Runtime.BeforeSnapshotError"),
], ids=["raises", "exits", "hook"])
def test_a_version_that_cannot_initialise_fails(awslambda, server, name, source, code, type_):
    publish(awslambda, name, source, wait=False)
    with pytest.raises(botocore.exceptions.WaiterError):
        activated(awslambda, name)
    version = awslambda.get_function_configuration(FunctionName=name, Qualifier="1")
    assert (version["State"], version["StateReasonCode"]) == ("Failed", code)
    assert type_ in version["StateReason"]
    assert version["SnapStart"]["OptimizationStatus"] == "Off"
    assert refusal(invoke, awslambda, name, Qualifier="1")[:2] == (409, "ResourceConflictException")
    lines = eventually(lambda: lines_of(server, name))[0]
    assert any(line.startswith("INIT_REPORT ") and f"Status: error\tError Type: {type_}" in line for line in lines)


def test_a_hook_that_fails_after_the_restore(awslambda, server, name):
    publish(awslambda, name, HANDLER + "\nregister_after_restore(lambda: 1 / 0)\n")
    status, code, message = refusal(invoke, awslambda, name, Qualifier="1")
    assert (status, code) == (400, "SnapStartException") and "afterRestore() runtime hook" in message
    eventually(lambda: any("\tStatus: error\tError Type: Runtime.AfterRestoreError\n" in line
                           and line.startswith("RESTORE_REPORT ") for lines in lines_of(server, name) for line in lines))


def test_a_hook_that_does_not_end_after_the_restore(awslambda, name):
    publish(awslambda, name, HANDLER + "\nregister_after_restore(time.sleep, 60)\n")
    began = time.monotonic()
    assert refusal(invoke, awslambda, name, Qualifier="1") == (
        408, "SnapStartTimeoutException", "Lambda couldn't restore the snapshot within the timeout limit.")
    assert 9 < time.monotonic() - began < 20


@pytest.mark.parametrize("settings,what", [
    ({"runtime": "nodejs22.x"}, "nodejs22.x"), ({"runtime": "provided.al2023"}, "provided.al2023"),
    ({"EphemeralStorage": {"Size": 1024}}, "EphemeralStorage over 512 MB"),
    ({"TenancyConfig": {"TenantIsolationMode": "PER_TENANT"}}, "Tenant isolation mode"),
], ids=["nodejs", "provided", "storage", "tenants"])
def test_what_does_not_go_with_it(awslambda, settings, what):
    refused = (400, "InvalidParameterValueException", f"{what} is not supported for SnapStart enabled functions.")
    assert refusal(create_function, awslambda, "snap-refused", {"app.py": HANDLER}, SnapStart=ON, **settings) == refused


def test_it_is_switched_by_configuration_and_not_for_provisioned_concurrency(awslambda, name):
    create_function(awslambda, name, {"app.py": HANDLER}, Publish=True)
    assert awslambda.get_function_configuration(FunctionName=name, Qualifier="1")["SnapStart"] == {
        "ApplyOn": "None", "OptimizationStatus": "Off"}
    changed = awslambda.update_function_configuration(FunctionName=name, SnapStart=ON)
    assert changed["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}
    awslambda.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.05})
    assert refusal(awslambda.update_function_configuration, FunctionName=name, EphemeralStorage={"Size": 513})[2] == (
        "EphemeralStorage over 512 MB is not supported for SnapStart enabled functions.")
    assert awslambda.publish_version(FunctionName=name)["Version"] == "2"
    activated(awslambda, name, "2")
    assert refusal(awslambda.put_provisioned_concurrency_config, FunctionName=name, Qualifier="2",
                   ProvisionedConcurrentExecutions=1) == (
        400, "InvalidParameterValueException",
        "ProvisionedConcurrency is not supported for SnapStart enabled functions.")
    assert awslambda.update_function_code(FunctionName=name, ZipFile=make_zip({"app.py": HANDLER + "\n"}),
                                          Publish=True)["Version"] == "3"
    activated(awslambda, name, "3")
    assert invoke(awslambda, name, Qualifier="3")[0]["hooks"] == ["before 2", "before 1", "after 1", "after 2"]
    assert invoke(awslambda, name, Qualifier="1")[0]["hooks"] == []


def test_versions_survive_the_server_and_get_their_snapshot_again(start_server):
    server = start_server()
    client = server.client("lambda")
    publish(client, "survives")
    before = invoke(client, "survives", Qualifier="1")[0]
    publish(client, "interrupted", "import time\ntime.sleep(2)\n" + HANDLER, wait=False)
    server.kill()
    server.start()
    client = server.client("lambda")
    assert client.get_function_configuration(FunctionName="survives", Qualifier="1")["State"] == "Active"
    alone = invoke(client, "survives", Qualifier="1")[0]
    assert alone["born"] != before["born"] and alone["hooks"] == before["hooks"]
    activated(client, "interrupted")
    assert invoke(client, "interrupted", Qualifier="1")[0]["memory"] == 50_000
    if server.isolation not in ("root", "userns"):
        return

    def both():
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            ran = list(pool.map(lambda _: invoke(client, "survives", {"sleep": 0.5}, Qualifier="1")[0]["born"], range(4)))
        return len(ran) - len(set(ran)) >= 1  # of what was saved again
    eventually(both, 30)


def test_without_isolation_each_environment_initialises(start_server):
    server = start_server(arguments=("--isolation", "none"))
    client = server.client("lambda")
    publish(client, "alone")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        ran = [answer for answer, _ in pool.map(
            lambda _: invoke(client, "alone", {"sleep": 1}, Qualifier="1"), range(2))]
    assert ran[0]["born"] != ran[1]["born"]
    assert all(each["hooks"] == ["before 2", "before 1", "after 1", "after 2"] for each in ran)
    said = "KILN this environment initialises the function by itself: this isolation level has none\n"
    eventually(lambda: sum(said in lines for lines in lines_of(server, "alone")) == 2)

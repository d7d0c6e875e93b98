# SPDX-License-Identifier: Apache-2.0
"""Asynchronous invocation: durable before the 202, run at least once, refused as AWS does."""

import json
import os
import threading
import uuid

import pytest

from conftest import create_function, eventually, refusal

ACCOUNT = "100000000031"
SOURCE = {"app.py": """
import json
def handler(event, context):
    print("ran", json.dumps(event), context.aws_request_id, context.invoked_function_arn)
    return "done"
"""}
# Of a function that is a plain process: its effect is a line in a file of this host.
APPENDING = {"app.py": """
import os
def handler(event, context):
    fd = os.open(event["file"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(fd, (event["id"] + "\\n").encode())
    os.close(fd)
"""}
EVENTS = 100_000 if os.environ.get("KILN_FULL") else 3_000


@pytest.fixture(scope="module")
def client(server):
    return server.client("lambda", account=ACCOUNT)


@pytest.fixture(scope="module")
def logs(server):
    return server.client("logs", account=ACCOUNT)


def lines(logs, name, pattern="ran"):
    try:
        found = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [event["message"].strip() for event in found if event["message"].startswith(pattern)]


def test_an_event_is_answered_with_202_and_runs(client, logs):
    create_function(client, "event", SOURCE)
    reply = client.invoke(FunctionName="event", InvocationType="Event", Payload=json.dumps({"n": 1}))
    assert reply["StatusCode"] == 202
    assert reply["Payload"].read() == b""
    assert "ExecutedVersion" not in reply
    ran = eventually(lambda: lines(logs, "event"))
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:event"
    assert ran == [f'ran {{"n": 1}} {reply["ResponseMetadata"]["RequestId"]} {arn}']


def test_the_old_operation_still_works(client, logs):
    create_function(client, "old", SOURCE)
    assert client.invoke_async(FunctionName="old", InvokeArgs=b'{"n": 2}')["Status"] == 202
    assert eventually(lambda: lines(logs, "old"))[0].startswith('ran {"n": 2}')


def test_what_cannot_run_is_refused_at_once(client):
    create_function(client, "refusing", SOURCE)
    big = json.dumps("x" * 1_048_575)
    assert refusal(client.invoke, FunctionName="refusing", InvocationType="Event", Payload=big) == (
        413, "RequestEntityTooLargeException",
        "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)")
    assert refusal(client.invoke, FunctionName="refusing", InvocationType="Event", Payload="{")[:2] == (
        400, "InvalidRequestContentException")
    assert refusal(client.invoke, FunctionName="nobody", InvocationType="Event")[:2] == (
        404, "ResourceNotFoundException")


def test_a_large_event_arrives_whole(client, logs):
    create_function(client, "large", {"app.py": "def handler(e, c):\n    print('ran', len(e['x']))\n"})
    client.invoke(FunctionName="large", InvocationType="Event", Payload=json.dumps({"x": "y" * 1_000_000}))
    assert eventually(lambda: lines(logs, "large")) == ["ran 1000000"]


def test_a_function_switched_off_gets_nothing(client, logs):
    create_function(client, "off", SOURCE)
    client.put_function_concurrency(FunctionName="off", ReservedConcurrentExecutions=0)
    assert client.invoke(FunctionName="off", InvocationType="Event")["StatusCode"] == 202
    client.put_function_concurrency(FunctionName="off", ReservedConcurrentExecutions=1)
    client.invoke(FunctionName="off", InvocationType="Event", Payload='{"second": 1}')
    ran = eventually(lambda: lines(logs, "off"))
    assert len(ran) == 1 and "second" in ran[0]


def test_every_accepted_event_has_its_effect_through_kills(start_server, tmp_path):
    """16 clients; the server is killed three times on the way."""
    server = start_server(arguments=("--isolation", "none"))
    effects = tmp_path / "effects"
    effects.touch()
    effects.chmod(0o666)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o011)
    create_function(server.client("lambda"), "append", APPENDING)
    accepted, lock = set(), threading.Lock()
    todo = iter(range(EVENTS))

    def send():
        client, port = server.client("lambda"), server.port
        for n in todo_of_all():
            while True:
                if port != server.port:
                    client, port = server.client("lambda"), server.port
                event = f"{n}-{uuid.uuid4()}"
                try:
                    client.invoke(FunctionName="append", InvocationType="Event",
                                  Payload=json.dumps({"id": event, "file": str(effects)}))
                except Exception:  # the server was killed: nothing was promised
                    up.wait(30)
                    continue
                with lock:
                    accepted.add(event)
                break

    def todo_of_all():
        while True:
            with lock:
                n = next(todo, None)
            if n is None:
                return
            yield n

    up = threading.Event()
    up.set()
    senders = [threading.Thread(target=send) for _ in range(16)]
    for sender in senders:
        sender.start()
    for part in (0.2, 0.5, 0.8):
        eventually(lambda: len(accepted) >= part * EVENTS, seconds=1_800)
        up.clear()
        server.kill()
        server.start()
        up.set()
    for sender in senders:
        sender.join()
    assert len(accepted) == EVENTS

    def missing():
        return accepted - set(effects.read_text().split())
    eventually(lambda: not missing(), seconds=60 + EVENTS // 200)

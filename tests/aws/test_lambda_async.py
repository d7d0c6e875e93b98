# SPDX-License-Identifier: Apache-2.0
"""Asynchronous invocation: durable before the 202, run at least once, refused as AWS does."""

import http.client
import json
import os
import subprocess
import threading
import time
import uuid

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from conftest import KILN, Server, create_function, eventually, refusal

ACCOUNT = "000000000000"  # that of the role: what a function sends goes with its rights
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
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("async") / "state")
    yield server
    assert server.stop() == 0


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
        client, port = None, None
        for n in todo_of_all():
            while True:
                if port != server.port:
                    client, port = EventSender(server, "append"), server.port
                event = f"{n}-{uuid.uuid4()}"
                try:
                    client.send({"id": event, "file": str(effects)})
                except (OSError, http.client.HTTPException):  # the server was killed: nothing was promised
                    port = None
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
    began = time.monotonic()
    for sender in senders:
        sender.start()
    for part in (0.2, 0.5, 0.8):
        eventually(lambda: len(accepted) >= part * EVENTS, seconds=60 + EVENTS // 100)
        up.clear()
        server.kill()
        server.start()
        up.set()
    for sender in senders:
        sender.join()
    sent = time.monotonic()
    assert len(accepted) == EVENTS
    seen, missing = 0, set(accepted)

    def all_there():
        nonlocal seen
        with open(effects) as file:
            file.seek(seen)
            whole = file.read().rpartition("\n")[0]
        seen += len(whole)
        missing.difference_update(whole.split())
        return not missing
    eventually(all_there, seconds=60 + EVENTS // 200)
    ended = time.monotonic()
    runs = effects.read_text().count("\n")
    print(f"{EVENTS} events accepted in {sent - began:.1f} s, run after {ended - sent:.1f} s more, {runs - EVENTS} runs more than events")


class EventSender:
    """One client over one connection. boto3 would spend ten times as much on a call as the server does."""

    def __init__(self, server, function):
        self.path = f"/2015-03-31/functions/{function}/invocations"
        self.url = server.endpoint + self.path
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self.signer = botocore.auth.SigV4Auth(botocore.credentials.Credentials("test", "test"), "lambda", "us-east-1")

    def send(self, event):
        body = json.dumps(event).encode()
        request = botocore.awsrequest.AWSRequest("POST", self.url, data=body, headers={"X-Amz-Invocation-Type": "Event"})
        self.signer.add_auth(request)
        self.connection.request("POST", self.path, body, dict(request.headers.items()))
        reply = self.connection.getresponse()
        reply.read()
        assert reply.status == 202, reply.status


def kiln(server, *arguments, account=ACCOUNT):
    return subprocess.run([str(KILN), *arguments], env=server.environment(account), capture_output=True, text=True,
                          timeout=60)


@pytest.fixture(scope="module")
def sqs(server):
    return server.client("sqs", account=ACCOUNT)


def queue(sqs, name):
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    return url, f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"


def receive(sqs, url):
    return eventually(lambda: sqs.receive_message(
        QueueUrl=url, WaitTimeSeconds=1, MessageAttributeNames=["All"]).get("Messages"))[0]


FAILING = {"app.py": """
import json
def handler(event, context):
    print("ran", context.aws_request_id)
    raise ValueError("boom")
"""}


def test_retries_come_after_one_and_two_minutes_and_the_record_says_so(start_server):
    """The clock is moved; signatures go on working, and nothing runs before its time."""
    server = start_server()
    client, logs = (server.client(name, account=ACCOUNT) for name in ("lambda", "logs"))
    create_function(client, "failures", {"app.py": "import json\ndef handler(e, c): print('ran', json.dumps(e))\n"})
    create_function(client, "failing", FAILING)
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:failures"
    client.put_function_event_invoke_config(
        FunctionName="failing", DestinationConfig={"OnFailure": {"Destination": arn}})
    event_id = client.invoke(FunctionName="failing", InvocationType="Event", Payload='{"id": 1}')[
        "ResponseMetadata"]["RequestId"]
    assert eventually(lambda: lines(logs, "failing")) == [f"ran {event_id}"]
    stuck = kiln(server, "settle", "--timeout", "0")
    assert stuck.returncode == 1 and "lambda/events/failing: 0 waiting, 1 delayed" in stuck.stdout
    for seconds, runs in (("50s", 1), ("15s", 2), ("110s", 2), ("15s", 3)):
        assert kiln(server, "clock", "advance", seconds).returncode == 0
        eventually(lambda: len(lines(logs, "failing")) >= runs)
        assert len(lines(logs, "failing")) == runs
    assert kiln(server, "settle").returncode == 0
    record = json.loads(eventually(lambda: lines(logs, "failures"))[0].removeprefix("ran "))
    assert record.pop("timestamp").endswith("Z")
    assert record["responsePayload"].pop("stackTrace")
    assert record["responsePayload"].pop("requestId", event_id) == event_id
    assert record == {
        "version": "1.0",
        "requestContext": {"requestId": event_id, "condition": "RetriesExhausted", "approximateInvokeCount": 3,
                           "functionArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:failing:$LATEST"},
        "requestPayload": {"id": 1},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "boom", "errorType": "ValueError"}}


def with_dead_letters(client, sqs, name, source):
    """Answers the URL of the queue that the function's failed events go to."""
    url, arn = queue(sqs, name + "-dead")
    create_function(client, name, source, Timeout=60, DeadLetterConfig={"TargetArn": arn})
    return url


def test_dead_letters_carry_the_event_and_why_it_failed(client, sqs):
    url = with_dead_letters(client, sqs, "dying", FAILING)
    client.put_function_event_invoke_config(FunctionName="dying", MaximumRetryAttempts=0)
    event_id = client.invoke(FunctionName="dying", InvocationType="Event", Payload='{"id": 1}')[
        "ResponseMetadata"]["RequestId"]
    dead = receive(sqs, url)
    assert dead["Body"] == '{"id": 1}'
    assert {name: (a["DataType"], a["StringValue"]) for name, a in dead["MessageAttributes"].items()} == {
        "RequestID": ("String", event_id), "ErrorCode": ("Number", "200"), "ErrorMessage": ("String", "boom")}


def test_success_goes_to_a_function(client, logs):
    create_function(client, "after", SOURCE)
    create_function(client, "before", {"app.py": "def handler(e, c):\n    return {'x': e}\n"})
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:after"
    client.put_function_event_invoke_config(FunctionName="before", MaximumRetryAttempts=0,
                                            DestinationConfig={"OnSuccess": {"Destination": arn}})
    client.invoke(FunctionName="before", InvocationType="Event", Payload="[1]")
    ran = eventually(lambda: lines(logs, "after"))
    assert '"condition": "Success"' in ran[0] and '"responsePayload": {"x": [1]}' in ran[0]


def test_event_invoke_configs_are_kept_and_checked(client):
    create_function(client, "configured", SOURCE)
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:configured"
    get = client.get_function_event_invoke_config
    missing = (404, "ResourceNotFoundException", f"The function {arn}:$LATEST doesn't have an EventInvokeConfig")
    assert refusal(get, FunctionName="configured") == missing
    assert refusal(client.update_function_event_invoke_config, FunctionName="configured",
                   MaximumRetryAttempts=1) == missing
    put = client.put_function_event_invoke_config(FunctionName="configured", MaximumRetryAttempts=1)
    assert put["FunctionArn"] == f"{arn}:$LATEST" and put["MaximumRetryAttempts"] == 1
    assert put["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {}}
    assert "MaximumEventAgeInSeconds" not in put
    changed = client.update_function_event_invoke_config(FunctionName="configured", MaximumEventAgeInSeconds=60)
    assert (changed["MaximumRetryAttempts"], changed["MaximumEventAgeInSeconds"]) == (1, 60)
    assert "MaximumRetryAttempts" not in client.put_function_event_invoke_config(
        FunctionName="configured", MaximumEventAgeInSeconds=61)
    listed = client.list_function_event_invoke_configs(FunctionName="configured")["FunctionEventInvokeConfigs"]
    assert [config["MaximumEventAgeInSeconds"] for config in listed] == [61]
    for arguments, message in (
            ({}, "You must specify at least one of error handling or destination setting."),
            ({"DestinationConfig": {"OnSuccess": {"Destination": arn}}},
             "You can't specify the function as a destination for itself."),
            ({"DestinationConfig": {"OnSuccess": {"Destination": "arn:aws:s3:::bucket"}}},
             "The destination ARN arn:aws:s3:::bucket is invalid.")):
        assert refusal(client.put_function_event_invoke_config, FunctionName="configured", **arguments) == (
            400, "InvalidParameterValueException", message)
    bus = {"Destination": f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"}
    for side in ("OnSuccess", "OnFailure"):
        assert refusal(client.put_function_event_invoke_config, FunctionName="configured",
                       DestinationConfig={side: bus}) == (501, "NotImplemented", "Event buses as destinations are not built yet.")
    assert client.get_function_event_invoke_config(FunctionName="configured")["MaximumEventAgeInSeconds"] == 61
    assert refusal(client.put_function_event_invoke_config, FunctionName="nobody", MaximumRetryAttempts=1) == (
        404, "ResourceNotFoundException", "The function doesn't exist.")
    client.delete_function_event_invoke_config(FunctionName="configured")
    assert refusal(client.delete_function_event_invoke_config, FunctionName="configured") == missing
    client.put_function_event_invoke_config(FunctionName="configured", MaximumRetryAttempts=1)
    client.delete_function(FunctionName="configured")
    create_function(client, "configured", SOURCE)
    assert refusal(get, FunctionName="configured") == missing


def test_an_alias_has_its_own_configuration_which_goes_with_it(client, logs):
    create_function(client, "aliased", {"app.py": "def handler(e, c):\n    return c.function_version\n"}, Publish=True)
    create_function(client, "aliased-after", SOURCE)
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:aliased-after"
    client.create_alias(FunctionName="aliased", Name="live", FunctionVersion="1")
    client.put_function_event_invoke_config(FunctionName="aliased", Qualifier="live",
                                            DestinationConfig={"OnSuccess": {"Destination": arn}})
    client.invoke(FunctionName="aliased", InvocationType="Event", Payload="[1]")
    client.invoke(FunctionName="aliased", Qualifier="live", InvocationType="Event", Payload="[2]")
    ran = eventually(lambda: lines(logs, "aliased-after"))
    assert len(ran) == 1 and '"requestPayload": [2]' in ran[0] and '"executedVersion": "1"' in ran[0]
    client.delete_alias(FunctionName="aliased", Name="live")
    client.create_alias(FunctionName="aliased", Name="live", FunctionVersion="1")
    assert refusal(client.get_function_event_invoke_config, FunctionName="aliased", Qualifier="live")[0] == 404


# Calls itself until it is stopped; its only limit is recursion detection.
LOOP = {"app.py": """
import boto3, os
from botocore.exceptions import ClientError
client = boto3.client("lambda")
def handler(event, context):
    print("ran", event["kind"])
    try:
        client.invoke(FunctionName=context.function_name, InvocationType=event["kind"],
                      Payload='{"kind": "%s"}' % event["kind"])
    except ClientError as error:
        print("stopped", error.response["Error"]["Code"])
"""}


def test_a_function_that_calls_itself_is_stopped_after_16_hops(client, logs):
    create_function(client, "loops", SOURCE)
    create_function(client, "loop", LOOP, Timeout=60)
    client.put_function_event_invoke_config(FunctionName="loop", DestinationConfig={
        "OnFailure": {"Destination": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:loops"}})
    client.invoke(FunctionName="loop", InvocationType="Event", Payload='{"kind": "Event"}')
    eventually(lambda: lines(logs, "loops"), 30)
    assert eventually(lambda: len(lines(logs, "loop")) >= 16)
    assert len(lines(logs, "loop")) == 16


def test_a_loop_that_is_allowed_goes_on(client, logs):
    create_function(client, "endless", LOOP, Timeout=60)
    client.put_function_recursion_config(FunctionName="endless", RecursiveLoop="Allow")
    client.invoke(FunctionName="endless", InvocationType="Event", Payload='{"kind": "Event"}')
    eventually(lambda: len(lines(logs, "endless")) > 18, 30)
    client.delete_function(FunctionName="endless")


def test_a_synchronous_loop_is_refused(client, logs):
    create_function(client, "sync-loop", LOOP, Timeout=60)
    client.invoke(FunctionName="sync-loop", Payload='{"kind": "RequestResponse"}')
    assert eventually(lambda: lines(logs, "sync-loop", "stopped"), 30) == ["stopped RecursiveInvocationException"]
    assert len(lines(logs, "sync-loop")) == 16

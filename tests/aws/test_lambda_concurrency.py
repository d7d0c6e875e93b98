# SPDX-License-Identifier: Apache-2.0
"""Reserved concurrency and the account's limit, seen by what they refuse."""

import json
import threading
import time

import pytest
from botocore.exceptions import ClientError

from conftest import create_function, eventually, refusal

SOURCE = {"app.py": """
import os, time
def handler(event, context):
    if "started" in event:
        open(event["started"], "w").close()
    while not os.path.exists(event["until"]):
        time.sleep(0.002)
    return "done"
"""}


@pytest.fixture(scope="module")
def client(server):
    return server.client("lambda", account="100000000007")


@pytest.fixture
def function(client, request):
    name = request.node.name.replace("_", "-")[:60]
    create_function(client, name, SOURCE, Timeout=30)
    yield name
    client.delete_function(FunctionName=name)


class Held:
    """Invocations that run until the block ends."""

    def __init__(self, client, name, gate, count):
        self.client, self.name, self.gate = client, name, gate
        self.started = [gate.with_suffix(f".{number}") for number in range(count)]
        self.threads = [threading.Thread(target=self._invoke, args=(path,)) for path in self.started]
        self.answers = []

    def _invoke(self, started):
        event = {"until": str(self.gate), "started": str(started)}
        answer = self.client.invoke(FunctionName=self.name, Payload=json.dumps(event))
        self.answers.append(json.load(answer["Payload"]))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        eventually(lambda: all(path.exists() for path in self.started))
        return self

    def __exit__(self, *failure):
        self.gate.touch()
        for thread in self.threads:
            thread.join()


def reason_when_full(client, name, gate):
    """The Reason of the first 429; invocations before it end at once."""
    deadline = time.monotonic() + 10
    gate.with_suffix(".open").touch()
    while time.monotonic() < deadline:
        try:
            client.invoke(FunctionName=name, Payload=json.dumps({"until": str(gate.with_suffix(".open"))}))
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 429
            assert error.response["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "1"
            assert error.response["Error"]["Code"] == "TooManyRequestsException"
            assert error.response["Error"]["Message"] == "Rate Exceeded."
            return error.response["Reason"]
        time.sleep(0.11)  # a place serves ten requests a second
    raise AssertionError("nothing was refused")


def test_a_reservation_is_stored_shown_and_taken_back(client, function):
    assert client.get_function_concurrency(FunctionName=function).get("ReservedConcurrentExecutions") is None
    put = client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=7)
    assert put["ReservedConcurrentExecutions"] == 7
    assert client.get_function_concurrency(FunctionName=function)["ReservedConcurrentExecutions"] == 7
    assert client.get_function(FunctionName=function)["Concurrency"] == {"ReservedConcurrentExecutions": 7}
    assert client.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == 993
    client.delete_function_concurrency(FunctionName=function)
    assert "Concurrency" not in client.get_function(FunctionName=function)
    assert client.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == 1000


def test_zero_switches_a_function_off(client, function, tmp_path):
    gate = tmp_path / "gate"
    gate.touch()
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    assert reason_when_full(client, function, gate) == "ReservedFunctionConcurrentInvocationLimitExceeded"
    client.delete_function_concurrency(FunctionName=function)
    client.invoke(FunctionName=function, Payload=json.dumps({"until": str(gate)}))


def test_a_reservation_caps_its_function_and_leaves_others_alone(client, function, tmp_path):
    gate = tmp_path / "gate"
    other = "another-function"
    create_function(client, other, SOURCE)
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=2)
    with Held(client, function, gate, 2) as held:
        assert reason_when_full(client, function, gate) == "ReservedFunctionConcurrentInvocationLimitExceeded"
        client.invoke(FunctionName=other, Payload=json.dumps({"until": "/"}))
    assert held.answers == ["done", "done"]
    client.delete_function(FunctionName=other)


def test_a_reservation_also_caps_the_rate(client, function):
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=1)
    reasons = []
    for _ in range(40):
        try:
            client.invoke(FunctionName=function, Payload=json.dumps({"until": "/"}))
        except ClientError as error:
            reasons.append(error.response["Reason"])
    assert set(reasons) == {"ReservedFunctionInvocationRateLimitExceeded"}


def test_reservations_leave_one_hundred_to_the_rest(client, function):
    _, code, message = refusal(client.put_function_concurrency, FunctionName=function,
                               ReservedConcurrentExecutions=901)
    assert code == "InvalidParameterValueException"
    assert message == ("Specified ReservedConcurrentExecutions for function decreases account's "
                       "UnreservedConcurrentExecution below its minimum value of [100].")


def test_versions_have_no_reservation(client, function):
    _, code, message = refusal(client.put_function_concurrency, FunctionName=function + ":1",
                               ReservedConcurrentExecutions=1)
    assert code == "InvalidParameterValueException"
    assert message.startswith("This operation is permitted on Lambda functions only.")


def test_an_unknown_function_is_not_found(client):
    for call in (client.get_function_concurrency, client.delete_function_concurrency):
        assert refusal(call, FunctionName="nobody")[1] == "ResourceNotFoundException"

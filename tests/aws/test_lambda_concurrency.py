# SPDX-License-Identifier: Apache-2.0
"""Reserved concurrency and the account's limit, seen by what they refuse."""

import concurrent.futures
import threading

import pytest
from botocore.exceptions import ClientError

from conftest import create_function, eventually, invoke, refusal

ACCOUNT = "100000000007"
SOURCE = {"app.py": """
import time
def handler(event, context):
    print("running")
    time.sleep(event.get("seconds", 0))
    return "done"
"""}


@pytest.fixture(scope="module")
def client(server):
    return server.client("lambda", account=ACCOUNT)


@pytest.fixture
def function(client, request):
    name = request.node.name.replace("_", "-")[:60]
    create_function(client, name, SOURCE, Timeout=30)
    yield name
    client.delete_function(FunctionName=name)


class Held:
    """Invocations that run for a second; the block begins when all of them do."""

    def __init__(self, server, client, name, count):
        self.client, self.name, self.count = client, name, count
        self.logs = server.client("logs", account=ACCOUNT)
        self.threads = [threading.Thread(target=self._invoke) for _ in range(count)]
        self.answers = []

    def _invoke(self):
        self.answers.append(invoke(self.client, self.name, {"seconds": 1})[0])

    def _running(self):
        try:
            events = self.logs.filter_log_events(logGroupName=f"/aws/lambda/{self.name}", filterPattern="running")
        except self.logs.exceptions.ResourceNotFoundException:
            return False
        return len(events["events"]) == self.count

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        eventually(self._running)
        return self

    def __exit__(self, *failure):
        for thread in self.threads:
            thread.join()


def refused_reason(client, name):
    with pytest.raises(ClientError) as caught:
        invoke(client, name)
    reply = caught.value.response
    assert reply["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert reply["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "1"
    assert (reply["Error"]["Code"], reply["Error"]["Message"]) == ("TooManyRequestsException", "Rate Exceeded.")
    return reply["Reason"]


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


def test_zero_switches_a_function_off(client, function):
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    assert refused_reason(client, function) == "ReservedFunctionConcurrentInvocationLimitExceeded"
    client.delete_function_concurrency(FunctionName=function)
    assert invoke(client, function)[0] == "done"


def test_a_reservation_caps_its_function_and_leaves_others_alone(server, client, function):
    other = "another-function"
    create_function(client, other, SOURCE)
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=2)
    with Held(server, client, function, 2) as held:
        assert refused_reason(client, function) == "ReservedFunctionConcurrentInvocationLimitExceeded"
        assert invoke(client, other)[0] == "done"
    assert held.answers == ["done", "done"]
    client.delete_function(FunctionName=other)


def test_a_reservation_also_caps_the_rate(client, function):
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=1)
    reasons = []
    for _ in range(40):
        try:
            invoke(client, function)
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


def test_environments_of_a_function_come_no_faster_than_ordered(start_server):
    server = start_server(arguments=["--creations", "10"])
    client = server.client("lambda", max_pool_connections=16)
    for name in ("scales", "scales-too"):
        create_function(client, name, {"app.py": "import time\ndef handler(e, c):\n    time.sleep(2)\n    return 1\n"}, Timeout=10)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        def code(name):
            try:
                return invoke(client, name)[0]
            except ClientError as error:
                return error.response["Reason"]
        answers = [each.result() for each in [pool.submit(code, name) for name in ["scales"] * 13 + ["scales-too"]]]
    assert answers[-1] == 1
    # 10 at once, and one more each second.
    assert answers[:13].count(1) in (10, 11, 12)
    assert set(answers) == {1, "ConcurrentInvocationLimitExceeded"}

# SPDX-License-Identifier: Apache-2.0
"""Function scaling configurations: how many environments of a version there are, at least and at most."""

import concurrent.futures

import pytest

from conftest import create_function, eventually, invoke, refusal

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
HANDLER = {"app.py": """
import os, time, uuid
ME = str(uuid.uuid4())

def handler(event, context):
    time.sleep(event.get("sleep", 0))
    return ME, os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
"""}


def put(client, name, qualifier, **bounds):
    return client.put_function_scaling_config(
        FunctionName=name, Qualifier=qualifier, FunctionScalingConfig={
            f"{bound.title()}ExecutionEnvironments": value for bound, value in bounds.items()})


def get(client, name, qualifier):
    reply = client.get_function_scaling_config(FunctionName=name, Qualifier=qualifier)
    return reply.get("RequestedFunctionScalingConfig"), reply.get("AppliedFunctionScalingConfig")


def invoke_at_once(client, name, count):
    """(environment, kind) of each of `count` calls at the same time, and how many were throttled for which reason."""
    def call(_):
        try:
            return invoke(client, name, {"sleep": 0.5}, Qualifier="1")[0]
        except client.exceptions.TooManyRequestsException as error:
            return error.response["Reason"]
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        answers = list(pool.map(call, range(count)))
    return [answer for answer in answers if isinstance(answer, list)], [a for a in answers if isinstance(a, str)]


@pytest.fixture
def function(awslambda, request):
    """A function with version 1, by name."""
    name = "scaling_" + request.node.name.replace("test_", "")[:50]
    create_function(awslambda, name, HANDLER, Publish=True)
    yield name
    awslambda.delete_function(FunctionName=name)


def test_the_least_are_started_ahead_and_the_most_bound_the_version(awslambda, function):
    assert get(awslambda, function, "1") == (None, None)
    reply = put(awslambda, function, "1", min=2, max=3)
    assert (reply["ResponseMetadata"]["HTTPStatusCode"], reply["FunctionState"]) == (202, "Active")
    wanted = {"MinExecutionEnvironments": 2, "MaxExecutionEnvironments": 3}
    eventually(lambda: get(awslambda, function, "1") == (wanted, wanted), 30)
    ran, throttled = invoke_at_once(awslambda, function, 5)
    assert sorted(kind for _, kind in ran) == ["on-demand", "provisioned-concurrency", "provisioned-concurrency"]
    assert len({me for me, _ in ran}) == 3
    assert throttled == ["ConcurrentInvocationLimitExceeded"] * 2
    # $LATEST has no such bound, and what was busy is free again.
    assert invoke(awslambda, function)[0][1] == "on-demand"
    assert invoke(awslambda, function, Qualifier="1")[0][1] == "provisioned-concurrency"


def test_a_change_acts_at_once(awslambda, function):
    put(awslambda, function, "1", max=0)
    assert invoke_at_once(awslambda, function, 1) == ([], ["ConcurrentInvocationLimitExceeded"])
    assert get(awslambda, function, "1") == ({"MaxExecutionEnvironments": 0},) * 2
    put(awslambda, function, "1", min=1)
    eventually(lambda: get(awslambda, function, "1")[1] == {"MinExecutionEnvironments": 1}, 30)
    first = invoke(awslambda, function, Qualifier="1")[0]
    assert first[1] == "provisioned-concurrency"
    awslambda.put_function_scaling_config(FunctionName=function, Qualifier="1")
    assert get(awslambda, function, "1") == (None, None)
    eventually(lambda: invoke(awslambda, function, Qualifier="1")[0][1] == "on-demand")


def test_what_is_refused(awslambda, function):
    assert refusal(put, awslambda, function, "1", min=3, max=2) == (
        400, "InvalidParameterValueException",
        "MinExecutionEnvironments must be less than or equal to MaxExecutionEnvironments.")
    for qualifier in ("2", "$LATEST.PUBLISHED"):
        missing = (404, "ResourceNotFoundException", f"Function not found: {ARN}{function}:{qualifier}")
        assert refusal(put, awslambda, function, qualifier, max=2) == missing
        assert refusal(get, awslambda, function, qualifier) == missing
    assert refusal(put, awslambda, function, "live", max=2)[:2] == (400, "ValidationException")
    assert refusal(put, awslambda, function, "1", max=15001)[:2] == (400, "ValidationException")
    assert refusal(put, awslambda, function, "1", min=901) == (
        400, "InvalidParameterValueException", "Specified ConcurrentExecutions for function decreases account's "
        "UnreservedConcurrentExecution below its minimum value of [100].")
    provision = dict(FunctionName=function, Qualifier="1", ProvisionedConcurrentExecutions=1)
    put(awslambda, function, "1", max=2)
    assert refusal(awslambda.put_provisioned_concurrency_config, **provision)[:2] == (
        400, "InvalidParameterValueException")
    awslambda.put_function_scaling_config(FunctionName=function, Qualifier="1")
    awslambda.put_provisioned_concurrency_config(**provision)
    assert refusal(put, awslambda, function, "1", max=2)[:2] == (400, "InvalidParameterValueException")


def test_it_survives_a_restart_and_goes_with_its_version(start_server):
    server = start_server()
    client = server.client("lambda")
    create_function(client, "kept", HANDLER, Publish=True)
    put(client, "kept", "1", min=1, max=1)
    server.kill()
    server.start()
    client = server.client("lambda")
    eventually(lambda: (get(client, "kept", "1")[1] or {}).get("MinExecutionEnvironments") == 1, 30)
    ran, throttled = invoke_at_once(client, "kept", 2)
    assert ([kind for _, kind in ran], len(throttled)) == (["provisioned-concurrency"], 1)
    unreserved = lambda: client.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    assert unreserved() == 999
    client.delete_function(FunctionName="kept", Qualifier="1")
    assert unreserved() == 1000
    assert refusal(get, client, "kept", "1")[:2] == (404, "ResourceNotFoundException")

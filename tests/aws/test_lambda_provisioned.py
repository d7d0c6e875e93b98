# SPDX-License-Identifier: Apache-2.0
"""Provisioned concurrency: environments that are there before anybody calls."""

import concurrent.futures
import time

import pytest

from conftest import create_function, eventually, invoke, refusal

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
HANDLER = {"app.py": """
import os, time, uuid
ME, STARTED = str(uuid.uuid4()), time.time()

def handler(event, context):
    time.sleep(event.get("sleep", 0))
    if event.get("exit"):
        os._exit(1)
    return ME, STARTED, os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"], context.function_version
"""}


def put(client, name, qualifier, count):
    return client.put_provisioned_concurrency_config(
        FunctionName=name, Qualifier=qualifier, ProvisionedConcurrentExecutions=count)


def get(client, name, qualifier):
    return client.get_provisioned_concurrency_config(FunctionName=name, Qualifier=qualifier)


def ready(client, name, qualifier):
    eventually(lambda: get(client, name, qualifier)["Status"] == "READY", 30)


@pytest.fixture
def function(awslambda, request):
    """A function with version 1, by name."""
    name = request.node.name.replace("test_", "")[:60]
    create_function(awslambda, name, HANDLER, Publish=True)
    yield name
    awslambda.delete_function(FunctionName=name)


def test_environments_are_started_ahead_and_calls_spill_over(awslambda, function):
    asked = put(awslambda, function, "1", 2)
    assert (asked["Status"], asked["RequestedProvisionedConcurrentExecutions"]) == ("IN_PROGRESS", 2)
    ready(awslambda, function, "1")
    got = get(awslambda, function, "1")
    assert (got["AllocatedProvisionedConcurrentExecutions"], got["AvailableProvisionedConcurrentExecutions"]) == (2, 2)
    before = time.time()
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        ran = [answer for answer, _ in pool.map(
            lambda _: invoke(awslambda, function, {"sleep": 1}, Qualifier="1"), range(3))]
    assert sorted(kind for _, _, kind, _ in ran) == ["on-demand", "provisioned-concurrency", "provisioned-concurrency"]
    assert all((started < before) == (kind == "provisioned-concurrency") for _, started, kind, _ in ran)
    assert len({me for me, _, _, _ in ran}) == 3
    assert invoke(awslambda, function)[0][2:] == ["on-demand", "$LATEST"]


def test_an_environment_that_ends_is_replaced(awslambda, function):
    put(awslambda, function, "1", 1)
    ready(awslambda, function, "1")
    first = invoke(awslambda, function, Qualifier="1")[0][0]
    assert invoke(awslambda, function, {"exit": True}, Qualifier="1")[1]["FunctionError"]
    ready(awslambda, function, "1")
    second = invoke(awslambda, function, Qualifier="1")[0]
    assert second[0] != first and second[2] == "provisioned-concurrency"


def test_an_alias_takes_its_environments_along(awslambda, function):
    awslambda.create_alias(FunctionName=function, Name="live", FunctionVersion="1")
    put(awslambda, function, "live", 1)
    ready(awslambda, function, "live")
    assert invoke(awslambda, function, Qualifier="live")[0][2:] == ["provisioned-concurrency", "1"]
    assert refusal(put, awslambda, function, "1", 1) == (
        409, "ResourceConflictException", "Version is pointed by a Provisioned Concurrency alias")
    awslambda.update_function_configuration(FunctionName=function, Timeout=5)
    awslambda.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig={"Delay": 0.05})
    awslambda.publish_version(FunctionName=function)
    awslambda.update_alias(FunctionName=function, Name="live", FunctionVersion="2")
    ready(awslambda, function, "live")
    assert invoke(awslambda, function, Qualifier="live")[0][2:] == ["provisioned-concurrency", "2"]
    awslambda.delete_alias(FunctionName=function, Name="live")
    assert awslambda.list_provisioned_concurrency_configs(FunctionName=function)["ProvisionedConcurrencyConfigs"] == []
    eventually(lambda: invoke(awslambda, function, Qualifier="2")[0][2] == "on-demand")


def test_allocation_is_seen_as_it_goes(awslambda):
    """Eight environments are started at a time, so ten come in two lots."""
    create_function(awslambda, "allocated", {"app.py": "import time\ntime.sleep(0.3)\ndef handler(e, c): pass\n"}, Publish=True)
    put(awslambda, "allocated", "1", 10)
    seen = []

    def all_there():
        got = get(awslambda, "allocated", "1")
        assert got["RequestedProvisionedConcurrentExecutions"] == 10
        assert got["AvailableProvisionedConcurrentExecutions"] == got["AllocatedProvisionedConcurrentExecutions"]
        seen.append((got["AllocatedProvisionedConcurrentExecutions"], got["Status"]))
        return got["Status"] == "READY"
    eventually(all_there, 60)
    counts = [count for count, _ in seen]
    assert counts == sorted(counts) and counts[-1] == 10 and any(0 < count < 10 for count in counts), seen
    assert all((status == "READY") == (count == 10) for count, status in seen)
    awslambda.delete_function(FunctionName="allocated")


def test_code_that_cannot_start_fails_the_configuration(awslambda):
    create_function(awslambda, "unstartable", {"app.py": "raise ValueError('never')\n"}, Publish=True)
    put(awslambda, "unstartable", "1", 1)
    eventually(lambda: get(awslambda, "unstartable", "1")["Status"] == "FAILED", 30)
    assert get(awslambda, "unstartable", "1")["StatusReason"] == "FUNCTION_ERROR_INIT_FAILURE"
    awslambda.delete_function(FunctionName="unstartable")


def test_it_counts_against_the_account_and_the_reservation(server):
    client = server.client("lambda", account="555555555555")
    create_function(client, "counted", HANDLER, Publish=True)
    unreserved = lambda: client.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    assert refusal(put, client, "counted", "1", 901) == (
        400, "InvalidParameterValueException", "Specified ConcurrentExecutions for function decreases account's "
        "UnreservedConcurrentExecution below its minimum value of [100].")
    assert unreserved() == 1000
    put(client, "counted", "1", 2)
    assert unreserved() == 998
    assert refusal(client.put_function_concurrency, FunctionName="counted", ReservedConcurrentExecutions=1) == (
        400, "InvalidParameterValueException", "ReservedConcurrentExecutions  1 should not be lower than function's total "
        "provisioned concurrency [2].")
    client.put_function_concurrency(FunctionName="counted", ReservedConcurrentExecutions=3)
    assert unreserved() == 997
    assert refusal(put, client, "counted", "1", 4) == (
        400, "InvalidParameterValueException", "Requested Provisioned Concurrency should not be greater than the "
        "reservedConcurrentExecution for function")
    client.delete_function_concurrency(FunctionName="counted")
    assert unreserved() == 998
    client.delete_provisioned_concurrency_config(FunctionName="counted", Qualifier="1")
    client.delete_provisioned_concurrency_config(FunctionName="counted", Qualifier="1")
    assert unreserved() == 1000
    client.delete_function(FunctionName="counted")


def test_what_is_refused(awslambda, function):
    unpublished = (400, "InvalidParameterValueException",
                   "Provisioned Concurrency Configs cannot be applied to unpublished function versions.")
    assert refusal(put, awslambda, function, "$LATEST", 1) == unpublished
    awslambda.create_alias(FunctionName=function, Name="latest", FunctionVersion="$LATEST")
    assert refusal(put, awslambda, function, "latest", 1) == unpublished
    assert refusal(put, awslambda, function, "9", 1) == (
        404, "ResourceNotFoundException", f"Function not found: {ARN}{function}:9")
    assert refusal(put, awslambda, function, "none", 1) == (
        404, "ResourceNotFoundException", f"Cannot find alias arn: {ARN}{function}:none")
    assert refusal(get, awslambda, function, "1") == (
        404, "ProvisionedConcurrencyConfigNotFoundException", "No Provisioned Concurrency Config found for this function")
    assert refusal(get, awslambda, function, "$LATEST")[:2] == (400, "InvalidParameterValueException")


def test_a_restart_starts_them_again(start_server):
    server = start_server()
    client = server.client("lambda")
    create_function(client, "kept", HANDLER, Publish=True)
    put(client, "kept", "1", 1)
    ready(client, "kept", "1")
    server.kill()
    server.start()
    client = server.client("lambda")
    ready(client, "kept", "1")
    assert invoke(client, "kept", Qualifier="1")[0][2] == "provisioned-concurrency"
    listed = client.list_provisioned_concurrency_configs(FunctionName="kept")["ProvisionedConcurrencyConfigs"]
    assert [(item["FunctionArn"], item["Status"]) for item in listed] == [(ARN + "kept:1", "READY")]

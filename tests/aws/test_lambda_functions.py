# SPDX-License-Identifier: Apache-2.0
"""The life of a function through boto3: created, read, listed, changed, deleted; names and tags."""

import re

import pytest

from conftest import ROLE, create_function, invoke, make_zip, refusal

SOURCE = {"app.py": "import os\ndef handler(e, c):\n    return os.environ.get('STAGE', 'first')\n"}
ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
FAST = {"Delay": 0.05, "MaxAttempts": 200}


@pytest.fixture(scope="module")
def unchecked(server):
    """A client that sends what boto3 would refuse itself."""
    return server.client("lambda", parameter_validation=False)


@pytest.fixture(scope="module")
def shared(awslambda):
    """The name of a function that tests only read."""
    create_function(awslambda, "functions-shared", SOURCE, Description="read only")
    return "functions-shared"


def updated(client, name):
    client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=FAST)


def not_found(name):
    return (404, "ResourceNotFoundException", f"Function not found: {ARN}{name}")


def test_create_answers_the_whole_configuration_as_pending(awslambda):
    reply = create_function(awslambda, "fn-create", SOURCE, Description="d", Timeout=5, MemorySize=256, wait=False,
                            Environment={"Variables": {"STAGE": "x"}}, EphemeralStorage={"Size": 1024}, Tags={"a": "b"})
    assert reply["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert {name: reply[name] for name in (
        "FunctionName", "FunctionArn", "Runtime", "Role", "Handler", "Description", "Timeout", "MemorySize", "Version",
        "Environment", "TracingConfig", "State", "StateReason", "StateReasonCode", "PackageType", "Architectures",
        "EphemeralStorage", "SnapStart", "LoggingConfig")} == {
            "FunctionName": "fn-create", "FunctionArn": ARN + "fn-create", "Runtime": "python3.11", "Role": ROLE,
            "Handler": "app.handler", "Description": "d", "Timeout": 5, "MemorySize": 256, "Version": "$LATEST",
            "Environment": {"Variables": {"STAGE": "x"}}, "TracingConfig": {"Mode": "PassThrough"}, "State": "Pending",
            "StateReason": "The function is being created.", "StateReasonCode": "Creating", "PackageType": "Zip",
            "Architectures": ["x86_64"], "EphemeralStorage": {"Size": 1024},
            "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
            "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/fn-create"}}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", reply["LastModified"])
    assert re.fullmatch(r"[0-9a-f-]{36}", reply["RevisionId"])


def test_defaults_are_three_seconds_and_128_megabytes(awslambda):
    reply = create_function(awslambda, "fn-defaults", SOURCE, wait=False)
    assert (reply["Timeout"], reply["MemorySize"], reply["EphemeralStorage"]) == (3, 128, {"Size": 512})
    assert reply["Description"] == ""
    assert "Environment" not in reply


@pytest.mark.parametrize("waiter", ["function_exists", "function_active", "function_active_v2", "function_updated",
                                    "function_updated_v2"])
def test_waiters_end(awslambda, shared, waiter):
    awslambda.get_waiter(waiter).wait(FunctionName=shared, WaiterConfig=FAST)


def test_an_active_function_has_no_reason_and_its_last_update_was_successful(awslambda, shared):
    reply = awslambda.get_function_configuration(FunctionName=shared)
    assert (reply["State"], reply["LastUpdateStatus"]) == ("Active", "Successful")
    assert "StateReason" not in reply and "StateReasonCode" not in reply
    assert re.fullmatch(r"arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}",
                        reply["RuntimeVersionConfig"]["RuntimeVersionArn"])


def test_a_second_function_of_the_name_is_a_conflict(awslambda, shared):
    assert refusal(create_function, awslambda, shared, SOURCE) == (
        409, "ResourceConflictException", f"Function already exist: {shared}")


@pytest.mark.parametrize("form", ["{}", "{}:$LATEST", "000000000000:function:{}", "function:{}", ARN + "{}",
                                  ARN + "{}:$LATEST", "us-east-1:000000000000:function:{}"])
def test_every_form_of_the_name_finds_the_function(awslambda, shared, form):
    qualifier = ":$LATEST" if form.endswith("$LATEST") else ""
    found = awslambda.get_function(FunctionName=form.format(shared))["Configuration"]
    assert found["FunctionArn"] == ARN + shared + qualifier
    assert invoke(awslambda, form.format(shared))[0] == "first"


def test_qualifier_makes_the_arn_qualified(awslambda, shared):
    found = awslambda.get_function_configuration(FunctionName=shared, Qualifier="$LATEST")
    assert found["FunctionArn"] == f"{ARN}{shared}:$LATEST"


def test_two_different_qualifiers_are_refused(awslambda, shared):
    assert refusal(awslambda.get_function, FunctionName=f"{shared}:$LATEST", Qualifier="live") == (
        400, "InvalidParameterValueException",
        "The derived qualifier from the function name does not match the specified qualifier.")


def test_arn_of_another_region_is_not_reachable(awslambda, shared):
    other = f"arn:aws:lambda:eu-west-1:000000000000:function:{shared}"
    for call in (awslambda.get_function, awslambda.invoke, awslambda.delete_function):
        assert refusal(call, FunctionName=other) == (
            404, "ResourceNotFoundException",
            "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')")


def test_arn_of_another_account_is_denied(awslambda, shared):
    status, code, message = refusal(
        awslambda.get_function, FunctionName=f"arn:aws:lambda:us-east-1:111111111111:function:{shared}")
    assert (status, code) == (403, "AccessDeniedException")
    assert message.endswith(
        f"is not authorized to perform: lambda:GetFunction on resource: arn:aws:lambda:us-east-1:111111111111:function:"
        f"{shared} because no resource-based policy allows the lambda:GetFunction action")


@pytest.mark.parametrize("operation", ["get_function", "get_function_configuration", "delete_function", "invoke",
                                       "update_function_configuration"])
def test_a_function_that_is_not_there_is_not_found(awslambda, operation):
    assert refusal(getattr(awslambda, operation), FunctionName="nobody") == not_found("nobody")


def test_an_unknown_version_is_not_found(awslambda, shared):
    assert refusal(awslambda.get_function, FunctionName=shared, Qualifier="7") == not_found(f"{shared}:7")
    assert refusal(awslambda.invoke, FunctionName=f"{shared}:live") == not_found(f"{shared}:live")


def test_configuration_update_keeps_what_it_does_not_name(awslambda):
    create_function(awslambda, "fn-config", SOURCE, Description="old", Timeout=5, Environment={"Variables": {"STAGE": "a"}})
    reply = awslambda.update_function_configuration(FunctionName="fn-config", Description="new", MemorySize=512)
    assert (reply["LastUpdateStatus"], reply["LastUpdateStatusReasonCode"]) == ("InProgress", "Creating")
    updated(awslambda, "fn-config")
    now = awslambda.get_function_configuration(FunctionName="fn-config")
    assert (now["Description"], now["MemorySize"], now["Timeout"]) == ("new", 512, 5)
    assert now["Environment"] == {"Variables": {"STAGE": "a"}}


def test_new_code_and_new_variables_are_what_the_next_invocation_sees(awslambda):
    create_function(awslambda, "fn-next", SOURCE)
    assert invoke(awslambda, "fn-next")[0] == "first"
    for stage in ("second", "third"):
        awslambda.update_function_configuration(FunctionName="fn-next", Environment={"Variables": {"STAGE": stage}})
        updated(awslambda, "fn-next")
        assert invoke(awslambda, "fn-next")[0] == stage
    for answer in (4, 5):
        awslambda.update_function_code(FunctionName="fn-next", ZipFile=make_zip(
            {"app.py": f"def handler(e, c):\n    return {answer}\n"}))
        updated(awslambda, "fn-next")
        assert invoke(awslambda, "fn-next")[0] == answer
    awslambda.update_function_configuration(FunctionName="fn-next", Environment={"Variables": {}})
    updated(awslambda, "fn-next")
    assert "Environment" not in awslambda.get_function_configuration(FunctionName="fn-next")


def test_a_new_handler_is_taken_too(awslambda):
    create_function(awslambda, "fn-handler", {"app.py": "def handler(e, c):\n    return 1\ndef other(e, c):\n    return 2\n"})
    assert invoke(awslambda, "fn-handler")[0] == 1
    awslambda.update_function_configuration(FunctionName="fn-handler", Handler="app.other")
    updated(awslambda, "fn-handler")
    assert invoke(awslambda, "fn-handler")[0] == 2


def test_a_stale_revision_is_a_failed_precondition(awslambda):
    create_function(awslambda, "fn-revision", SOURCE)
    stale = "00000000-0000-4000-8000-000000000000"
    expected = (412, "PreconditionFailedException", "The Revision Id provided does not match the latest Revision Id. "
                "Call the GetFunction/GetAlias API to retrieve the latest Revision Id")
    assert refusal(awslambda.update_function_configuration, FunctionName="fn-revision", RevisionId=stale) == expected
    assert refusal(awslambda.update_function_code, FunctionName="fn-revision", RevisionId=stale,
                   ZipFile=make_zip(SOURCE)) == expected
    current = awslambda.get_function_configuration(FunctionName="fn-revision")["RevisionId"]
    reply = awslambda.update_function_configuration(FunctionName="fn-revision", RevisionId=current, Timeout=9)
    assert reply["RevisionId"] != current
    updated(awslambda, "fn-revision")


def test_a_function_is_invocable_or_says_why_not_at_every_moment_of_an_update(awslambda):
    create_function(awslambda, "fn-during", SOURCE)
    for n in range(5):
        awslambda.update_function_configuration(FunctionName="fn-during", Description=str(n))
        assert invoke(awslambda, "fn-during")[0] == "first"
        updated(awslambda, "fn-during")


def test_an_update_during_an_update_is_a_conflict_or_comes_after_it(awslambda):
    create_function(awslambda, "fn-conflict", SOURCE)
    conflicts = 0
    for n in range(20):
        try:
            awslambda.update_function_configuration(FunctionName="fn-conflict", Description=str(n))
        except awslambda.exceptions.ResourceConflictException as error:
            conflicts += 1
            assert error.response["Error"]["Message"] == (
                "The operation cannot be performed at this time. An update is in progress for resource: "
                f"{ARN}fn-conflict")
    updated(awslambda, "fn-conflict")
    assert conflicts < 20


def test_delete_answers_204_and_the_name_is_free_again(awslambda):
    create_function(awslambda, "fn-again", SOURCE)
    assert invoke(awslambda, "fn-again")[0] == "first"
    assert awslambda.delete_function(FunctionName="fn-again")["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refusal(awslambda.invoke, FunctionName="fn-again") == not_found("fn-again")
    assert refusal(awslambda.delete_function, FunctionName="fn-again") == not_found("fn-again")
    reply = create_function(awslambda, "fn-again", {"app.py": "def handler(e, c):\n    return 'anew'\n"})
    assert "Description" in reply
    assert invoke(awslambda, "fn-again")[0] == "anew"
    assert awslambda.list_tags(Resource=ARN + "fn-again")["Tags"] == {}


def test_latest_alone_is_not_deletable(awslambda, shared):
    assert refusal(awslambda.delete_function, FunctionName=shared, Qualifier="$LATEST") == (
        400, "InvalidParameterValueException",
        "$LATEST version cannot be deleted without deleting the function.")


def test_tags_are_added_replaced_and_removed(awslambda):
    create_function(awslambda, "fn-tags", SOURCE, Tags={"team": "a", "stage": "dev"})
    arn = ARN + "fn-tags"
    awslambda.tag_resource(Resource=arn, Tags={"stage": "prod", "ünï": "côdé"})
    assert awslambda.list_tags(Resource=arn)["Tags"] == {"team": "a", "stage": "prod", "ünï": "côdé"}
    awslambda.untag_resource(Resource=arn, TagKeys=["team", "ünï", "never there"])
    assert awslambda.get_function(FunctionName="fn-tags")["Tags"] == {"stage": "prod"}


def test_tag_limits(awslambda, unchecked):
    create_function(awslambda, "fn-tag-limits", SOURCE)
    arn = ARN + "fn-tag-limits"
    awslambda.tag_resource(Resource=arn, Tags={f"k{n}": "v" for n in range(50)})
    assert refusal(awslambda.tag_resource, Resource=arn, Tags={"one": "more"}) == (
        400, "InvalidParameterValueException", "Number of tags exceeds resource tag limit.")
    assert len(awslambda.list_tags(Resource=arn)["Tags"]) == 50
    assert refusal(awslambda.tag_resource, Resource=arn + ":$LATEST", Tags={"a": "b"}) == (
        400, "InvalidParameterValueException",
        "Tags on function aliases and versions are not supported. Please specify a function ARN.")
    assert refusal(awslambda.list_tags, Resource=ARN + "nobody") == not_found("nobody")
    status, code, message = refusal(unchecked.tag_resource, Resource="fn-tag-limits", Tags={"a": "b"})
    assert (status, code) == (400, "ValidationException")
    assert message.startswith("1 validation error detected: Value 'fn-tag-limits' at 'resource' failed to satisfy "
                              "constraint: Member must satisfy regular expression pattern: ")


def test_list_is_by_pages_in_order_with_what_get_says(server):
    client = server.client("lambda", account="700000000001")
    names = [f"page-{n:02}" for n in range(7)]
    for name in names:
        create_function(client, name, SOURCE, wait=False, Tags={"a": "b"})
    first = client.list_functions(MaxItems=3)
    assert [f["FunctionName"] for f in first["Functions"]] == names[:3]
    assert "State" not in first["Functions"][0] and "Tags" not in first["Functions"][0]
    second = client.list_functions(MaxItems=3, Marker=first["NextMarker"])
    third = client.list_functions(MaxItems=3, Marker=second["NextMarker"])
    assert [f["FunctionName"] for page in (second, third) for f in page["Functions"]] == names[3:]
    assert "NextMarker" not in third
    pages = client.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2})
    assert [f["FunctionName"] for page in pages for f in page["Functions"]] == names
    versions = client.list_functions(FunctionVersion="ALL")["Functions"]
    assert [f["FunctionArn"] for f in versions] == [
        f"arn:aws:lambda:us-east-1:700000000001:function:{name}:$LATEST" for name in names]
    assert refusal(client.list_functions, Marker="not a marker!")[:2] == (400, "InvalidParameterValueException")


def test_account_settings_count_functions_and_code(server):
    client = server.client("lambda", account="700000000002")
    limits = client.get_account_settings()["AccountLimit"]
    assert limits == {"TotalCodeSize": 80530636800, "CodeSizeUnzipped": 262144000, "CodeSizeZipped": 52428800,
                      "ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000}
    assert client.get_account_settings()["AccountUsage"] == {"TotalCodeSize": 0, "FunctionCount": 0}
    sizes = [create_function(client, name, SOURCE, wait=False)["CodeSize"] for name in ("a-one", "a-two")]
    assert client.get_account_settings()["AccountUsage"] == {"TotalCodeSize": sum(sizes), "FunctionCount": 2}
    client.delete_function(FunctionName="a-one")
    assert client.get_account_settings()["AccountUsage"]["FunctionCount"] == 1


def test_an_operation_that_is_not_built_names_itself(awslambda):
    assert refusal(awslambda.list_capacity_providers) == (
        501, "NotImplemented", "lambda ListCapacityProviders is not implemented yet by this server.")


def test_a_wrong_secret_is_refused(server):
    assert refusal(server.client("lambda", secret="wrong").list_functions)[:2] == (403, "InvalidSignatureException")


def test_every_reply_has_a_request_id(awslambda, shared):
    ids = {awslambda.get_function(FunctionName=shared)["ResponseMetadata"]["RequestId"] for _ in range(3)}
    assert len(ids) == 3 and all(re.fullmatch(r"[0-9a-f-]{36}", i) for i in ids)

# SPDX-License-Identifier: Apache-2.0
"""Published versions: numbered, immutable, each with its own code and environments."""

import base64
import hashlib

import pytest

from conftest import create_function, eventually, invoke, make_zip, refusal

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
LIMITED = {"Delay": 0.05, "MaxAttempts": 200}


def code(text, more=""):
    return {"app.py": f"import os\n{more}\ndef handler(event, context):\n"
                      f"    return '{text}', context.function_version, os.environ['AWS_LAMBDA_FUNCTION_VERSION'], "
                      f"os.environ.get('SETTING'), context.invoked_function_arn\n"}


def update_code(client, name, text, **more):
    reply = client.update_function_code(FunctionName=name, ZipFile=make_zip(code(text)), **more)
    client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=LIMITED)
    return reply


def update_setting(client, name, value):
    client.update_function_configuration(FunctionName=name, Environment={"Variables": {"SETTING": value}})
    client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=LIMITED)


@pytest.fixture
def function(awslambda, request):
    """A new function for this test, by name; it has the code "one"."""
    name = request.node.name.replace("test_", "").replace("[", "-").replace("]", "")[:60]
    create_function(awslambda, name, code("one"))
    yield name
    awslambda.delete_function(FunctionName=name)


def test_a_version_keeps_code_and_settings(awslambda, function):
    first = awslambda.publish_version(FunctionName=function, Description="the first")
    assert (first["Version"], first["Description"], first["State"]) == ("1", "the first", "Active")
    assert first["FunctionArn"] == f"{ARN}{function}:1"
    update_code(awslambda, function, "two")
    update_setting(awslambda, function, "set")
    assert awslambda.publish_version(FunctionName=function)["Version"] == "2"
    update_code(awslambda, function, "three")

    def run(**qualifier):
        (text, version, variable, setting, arn), reply = invoke(awslambda, function, **qualifier)
        assert version == variable == reply["ExecutedVersion"]
        assert arn.removeprefix(ARN + function) == (":" + qualifier["Qualifier"] if qualifier else "")
        return text, version, setting

    assert run(Qualifier="1") == ("one", "1", None)
    assert run(Qualifier="2") == ("two", "2", "set")
    assert run() == ("three", "$LATEST", "set")
    assert run(Qualifier="$LATEST") == ("three", "$LATEST", "set")
    assert invoke(awslambda, f"{ARN}{function}:1")[0][0] == "one"
    assert awslambda.get_function_configuration(FunctionName=function, Qualifier="1")["Description"] == "the first"


def test_nothing_is_published_twice(awslambda, function):
    first = awslambda.publish_version(FunctionName=function)
    again = awslambda.publish_version(FunctionName=function, Description="not taken")
    assert (again["Version"], again["RevisionId"], again["Description"]) == ("1", first["RevisionId"], "")
    update_code(awslambda, function, "one")
    assert awslambda.publish_version(FunctionName=function)["Version"] == "1"
    update_setting(awslambda, function, "changed")
    assert awslambda.publish_version(FunctionName=function)["Version"] == "2"
    awslambda.delete_function(FunctionName=function, Qualifier="2")
    assert awslambda.publish_version(FunctionName=function)["Version"] == "3"


def test_publishing_is_guarded_by_hash_and_revision(awslambda, function):
    latest = awslambda.get_function_configuration(FunctionName=function)
    status, error, message = refusal(awslambda.publish_version, FunctionName=function, CodeSha256="AAAA")
    assert (status, error) == (400, "InvalidParameterValueException")
    assert message == (f"CodeSHA256 (AAAA) is different from current CodeSHA256 in $LATEST ({latest['CodeSha256']}). "
                       "Please try again with the CodeSHA256 in $LATEST.")
    assert refusal(awslambda.publish_version, FunctionName=function, RevisionId="no")[:2] == (
        412, "PreconditionFailedException")
    awslambda.publish_version(FunctionName=function, CodeSha256=latest["CodeSha256"], RevisionId=latest["RevisionId"])
    assert awslambda.get_function_configuration(FunctionName=function)["RevisionId"] != latest["RevisionId"]


def test_creating_and_updating_publish(awslambda):
    name = "published-at-once"
    created = create_function(awslambda, name, code("one"), wait=False, Publish=True)
    assert (created["Version"], created["FunctionArn"], created["State"]) == ("1", f"{ARN}{name}:1", "Pending")
    awslambda.get_waiter("published_version_active").wait(FunctionName=name, Qualifier="1", WaiterConfig=LIMITED)
    assert invoke(awslambda, name, Qualifier="1")[0][0] == "one"
    updated = awslambda.update_function_code(FunctionName=name, ZipFile=make_zip(code("two")), Publish=True)
    assert (updated["Version"], updated["FunctionArn"]) == ("2", f"{ARN}{name}:2")
    assert updated["CodeSha256"] == base64.b64encode(hashlib.sha256(make_zip(code("two"))).digest()).decode()
    # At once: an invocation waits for the code.
    assert invoke(awslambda, name, Qualifier="2")[0][0] == "two"
    assert invoke(awslambda, name)[0][0] == "two"
    assert invoke(awslambda, name, Qualifier="1")[0][0] == "one"
    awslambda.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=LIMITED)
    assert awslambda.get_function(FunctionName=name, Qualifier="2")["Configuration"]["State"] == "Active"
    awslambda.delete_function(FunctionName=name)


def test_versions_are_listed_by_number_in_pages(awslambda, function):
    for number in range(1, 12):
        update_setting(awslambda, function, str(number))
        awslambda.publish_version(FunctionName=function)
    pages = awslambda.get_paginator("list_versions_by_function").paginate(
        FunctionName=function, PaginationConfig={"PageSize": 5})
    listed = [[v["Version"] for v in page["Versions"]] for page in pages]
    assert listed == [["$LATEST", "1", "2", "3", "4"], ["5", "6", "7", "8", "9"], ["10", "11"]]
    one = awslambda.list_versions_by_function(FunctionName=function, MaxItems=1)
    assert one["Versions"][0]["FunctionArn"] == f"{ARN}{function}:$LATEST"
    assert "State" not in one["Versions"][0]


def test_all_versions_of_all_functions_are_listed(server):
    client = server.client("lambda", account="333333333333")
    for name in ("a", "b"):
        client.create_function(FunctionName=name, Runtime="python3.11", Handler="app.handler", Publish=name == "a",
                               Role="arn:aws:iam::333333333333:role/r", Code={"ZipFile": make_zip(code("one"))})
    for size in (1, 2, 3, 50):
        pages = client.get_paginator("list_functions").paginate(
            FunctionVersion="ALL", PaginationConfig={"PageSize": size})
        arns = [f["FunctionArn"].partition("function:")[2] for page in pages for f in page["Functions"]]
        assert arns == ["a:$LATEST", "a:1", "b:$LATEST"]
    assert [f["Version"] for f in client.list_functions()["Functions"]] == ["$LATEST", "$LATEST"]


def test_a_deleted_version_is_gone_and_its_number_with_it(awslambda, function):
    awslambda.publish_version(FunctionName=function)
    update_code(awslambda, function, "two")
    awslambda.publish_version(FunctionName=function)
    assert invoke(awslambda, function, Qualifier="1")[0][0] == "one"
    awslambda.delete_function(FunctionName=function, Qualifier="1")
    missing = (404, "ResourceNotFoundException", f"Function not found: {ARN}{function}:1")
    assert refusal(awslambda.invoke, FunctionName=function, Qualifier="1") == missing
    assert refusal(awslambda.get_function, FunctionName=function, Qualifier="1") == missing
    awslambda.delete_function(FunctionName=function, Qualifier="1")  # AWS: 204 as well
    assert invoke(awslambda, function, Qualifier="2")[0][0] == "two"
    update_code(awslambda, function, "three")
    assert awslambda.publish_version(FunctionName=function)["Version"] == "3"


def test_numbers_are_not_given_again_to_a_function_of_the_same_name(awslambda):
    for expected in ("1", "2"):
        create_function(awslambda, "recreated", code("one"))
        assert awslambda.publish_version(FunctionName="recreated")["Version"] == expected
        awslambda.delete_function(FunctionName="recreated")
        assert refusal(awslambda.get_function, FunctionName="recreated", Qualifier="1")[0] == 404


def test_what_is_refused(awslambda, function):
    qualified = f"Function not found: {ARN}{function}:"
    for call in (awslambda.get_function, awslambda.get_function_configuration, awslambda.invoke):
        for qualifier in ("99", "notaversion"):
            assert refusal(call, FunctionName=function, Qualifier=qualifier) == (
                404, "ResourceNotFoundException", qualified + qualifier)
    assert refusal(awslambda.delete_function, FunctionName=function, Qualifier="$LATEST") == (
        400, "InvalidParameterValueException", "$LATEST version cannot be deleted without deleting the function.")
    assert refusal(awslambda.delete_function, FunctionName=function, Qualifier="live") == (
        400, "InvalidParameterValueException", "Deletion of aliases is not currently supported.")
    assert refusal(awslambda.publish_version, FunctionName="missing")[0] == 404
    assert refusal(awslambda.list_versions_by_function, FunctionName="missing")[0] == 404
    assert refusal(awslambda.publish_version, FunctionName=function, PublishTo="LATEST_PUBLISHED")[:2] == (
        400, "InvalidParameterValueException")


def test_versions_count_as_code_storage(server):
    client = server.client("lambda", account="444444444444")
    used = lambda: client.get_account_settings()["AccountUsage"]["TotalCodeSize"]
    client.create_function(FunctionName="a", Runtime="python3.11", Handler="app.handler",
                           Role="arn:aws:iam::444444444444:role/r", Code={"ZipFile": make_zip(code("one"))}, Publish=True)
    once = len(make_zip(code("one")))
    assert used() == 2 * once
    eventually(lambda: client.get_function(FunctionName="a")["Configuration"]["State"] == "Active")
    client.delete_function(FunctionName="a", Qualifier="1")
    assert used() == once
    client.publish_version(FunctionName="a")
    assert used() == 2 * once
    client.delete_function(FunctionName="a")
    assert used() == 0


def test_a_version_has_a_policy_of_its_own(server, awslambda, function):
    awslambda.publish_version(FunctionName=function)
    other = server.client("lambda", account="111111111111")
    arn = f"{ARN}{function}"
    awslambda.add_permission(FunctionName=function, Qualifier="1", StatementId="s", Action="lambda:InvokeFunction",
                             Principal="111111111111")
    assert invoke(other, arn + ":1")[0][0] == "one"
    assert refusal(other.invoke, FunctionName=arn)[1] == "AccessDeniedException"
    revision = awslambda.get_policy(FunctionName=function, Qualifier="1")["RevisionId"]
    assert revision == awslambda.get_function_configuration(FunctionName=function, Qualifier="1")["RevisionId"]
    awslambda.delete_function(FunctionName=function, Qualifier="1")
    assert refusal(awslambda.get_policy, FunctionName=function, Qualifier="1")[1] == "ResourceNotFoundException"


def test_versions_survive_a_restart(start_server):
    server = start_server()
    client = server.client("lambda")
    create_function(client, "kept", code("one"), Publish=True)
    update_code(client, "kept", "two")
    client.create_alias(FunctionName="kept", Name="live", FunctionVersion="1", Description="d")
    server.kill()
    server.start()
    client = server.client("lambda")
    assert invoke(client, "kept", Qualifier="live")[0][:2] == ["one", "1"]
    assert client.get_alias(FunctionName="kept", Name="live")["Description"] == "d"

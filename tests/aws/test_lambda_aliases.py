# SPDX-License-Identifier: Apache-2.0
"""Aliases: names for versions, and shares of invocations between two of them."""

import collections
import http.client
import json
import os

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from conftest import create_function, invoke, refusal

NAME = "aliased"
CALLS = 10_000 if os.environ.get("KILN_FULL") else 1_000
ARN = f"arn:aws:lambda:us-east-1:000000000000:function:{NAME}"
HANDLER = {"app.py": "def handler(event, context):\n    return context.function_version, context.invoked_function_arn\n"}


@pytest.fixture(scope="module")
def versions(awslambda):
    """The function has versions 1, 2 and 3; 3 has another role."""
    create_function(awslambda, NAME, HANDLER)
    for number, change in enumerate(({}, {"Timeout": 5}, {"Role": "arn:aws:iam::000000000000:role/other"}), 1):
        if change:
            awslambda.update_function_configuration(FunctionName=NAME, **change)
            awslambda.get_waiter("function_updated_v2").wait(FunctionName=NAME, WaiterConfig={"Delay": 0.05})
        assert awslambda.publish_version(FunctionName=NAME)["Version"] == str(number)


@pytest.fixture
def alias(awslambda, versions):
    """An alias that leads to version 1."""
    yield awslambda.create_alias(FunctionName=NAME, Name="live", FunctionVersion="1")
    awslambda.delete_alias(FunctionName=NAME, Name="live")


def weights(**shares):
    return {"AdditionalVersionWeights": {name.removeprefix("v"): share for name, share in shares.items()}}


def test_an_alias_leads_to_its_version_and_moves(awslambda, alias):
    (version, arn), reply = invoke(awslambda, NAME, Qualifier="live")
    assert (version, arn, reply["ExecutedVersion"]) == ("1", ARN + ":live", "1")
    assert invoke(awslambda, f"{ARN}:live")[0][0] == "1"
    awslambda.update_alias(FunctionName=NAME, Name="live", FunctionVersion="2")
    assert invoke(awslambda, NAME, Qualifier="live")[0][0] == "2"
    awslambda.update_alias(FunctionName=NAME, Name="live", FunctionVersion="$LATEST")
    assert invoke(awslambda, NAME, Qualifier="live")[0][0] == "$LATEST"
    got = awslambda.get_function(FunctionName=NAME, Qualifier="live")["Configuration"]
    assert (got["Version"], got["FunctionArn"]) == ("$LATEST", ARN + ":live")


def count_versions(server, qualifier, calls):
    """How often each version ran, in `calls` over one connection: the same signed request again and again."""
    path = f"/2015-03-31/functions/{NAME}/invocations?Qualifier={qualifier}"
    request = botocore.awsrequest.AWSRequest("POST", server.endpoint + path, data=b"{}")
    botocore.auth.SigV4Auth(botocore.credentials.Credentials("test", "test"), "lambda", "us-east-1").add_auth(request)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    counts = collections.Counter()
    for _ in range(calls):
        connection.request("POST", path, b"{}", dict(request.headers.items()))
        reply = connection.getresponse()
        version = json.load(reply)[0]
        assert reply.headers["X-Amz-Executed-Version"] == version
        counts[version] += 1
    return counts


def test_shares_route(server, awslambda, alias):
    awslambda.update_alias(FunctionName=NAME, Name="live", RoutingConfig=weights(v2=0.3))
    counts = count_versions(server, "live", CALLS)
    # Less than one run in a million is off by five standard deviations.
    assert set(counts) == {"1", "2"} and abs(counts["2"] - 0.3 * CALLS) < 5 * (CALLS * 0.3 * 0.7) ** 0.5, counts
    awslambda.update_alias(FunctionName=NAME, Name="live", RoutingConfig=weights(v2=1.0))
    assert {invoke(awslambda, NAME, Qualifier="live")[0][0] for _ in range(20)} == {"2"}
    awslambda.update_alias(FunctionName=NAME, Name="live", RoutingConfig={"AdditionalVersionWeights": {}})
    assert {invoke(awslambda, NAME, Qualifier="live")[0][0] for _ in range(20)} == {"1"}
    assert "RoutingConfig" not in awslambda.get_alias(FunctionName=NAME, Name="live")


def test_an_alias_reads_as_it_was_written(awslambda, versions):
    made = awslambda.create_alias(FunctionName=NAME, Name="canary", FunctionVersion="1", Description="both",
                                  RoutingConfig=weights(v2=0.05))
    made.pop("ResponseMetadata")
    assert made == {"AliasArn": ARN + ":canary", "Name": "canary", "FunctionVersion": "1", "Description": "both",
                    "RoutingConfig": weights(v2=0.05), "RevisionId": made["RevisionId"]}
    got = awslambda.get_alias(FunctionName=NAME, Name="canary")
    got.pop("ResponseMetadata")
    assert got == made
    assert refusal(awslambda.create_alias, FunctionName=NAME, Name="canary", FunctionVersion="1") == (
        409, "ResourceConflictException", f"Alias already exists: {ARN}:canary")
    updated = awslambda.update_alias(FunctionName=NAME, Name="canary", Description="", RevisionId=made["RevisionId"])
    assert (updated["Description"], updated["RoutingConfig"]) == ("", weights(v2=0.05))
    assert updated["RevisionId"] != made["RevisionId"]
    assert refusal(awslambda.update_alias, FunctionName=NAME, Name="canary", RevisionId=made["RevisionId"]) == (
        412, "PreconditionFailedException", "The Revision Id provided does not match the latest Revision Id. Call the "
        "GetFunction/GetAlias API to retrieve the latest Revision Id")
    awslambda.delete_alias(FunctionName=NAME, Name="canary")
    awslambda.delete_alias(FunctionName=NAME, Name="canary")
    assert refusal(awslambda.get_alias, FunctionName=NAME, Name="canary") == (
        404, "ResourceNotFoundException", f"Cannot find alias arn: {ARN}:canary")
    assert refusal(awslambda.update_alias, FunctionName=NAME, Name="canary", FunctionVersion="1") == (
        404, "ResourceNotFoundException", f"Cannot find alias arn: {ARN}:canary")


def test_aliases_are_listed(awslambda, versions):
    for name, version in (("a", "1"), ("b", "2"), ("c", "1")):
        awslambda.create_alias(FunctionName=NAME, Name=name, FunctionVersion=version)
    awslambda.update_alias(FunctionName=NAME, Name="b", RoutingConfig=weights(v1=0.1))
    pages = awslambda.get_paginator("list_aliases").paginate(FunctionName=NAME, PaginationConfig={"PageSize": 2})
    assert [[a["Name"] for a in page["Aliases"]] for page in pages] == [["a", "b"], ["c"]]
    listed = lambda version: [a["Name"] for a in awslambda.list_aliases(FunctionName=NAME, FunctionVersion=version)["Aliases"]]
    assert (listed("1"), listed("2"), listed("3")) == (["a", "b", "c"], ["b"], [])
    for name in "abc":
        awslambda.delete_alias(FunctionName=NAME, Name=name)


def test_a_version_with_an_alias_stays(awslambda, alias):
    awslambda.update_alias(FunctionName=NAME, Name="live", RoutingConfig=weights(v2=0.1))
    for version in ("1", "2"):
        assert refusal(awslambda.delete_function, FunctionName=NAME, Qualifier=version) == (
            409, "ResourceConflictException",
            "Unable to delete version because the following aliases reference it: [live]")


def test_an_alias_has_a_policy_of_its_own(server, awslambda, alias):
    other = server.client("lambda", account="111111111111")
    assert refusal(other.invoke, FunctionName=ARN + ":live")[1] == "AccessDeniedException"
    awslambda.add_permission(FunctionName=NAME, Qualifier="live", StatementId="s", Action="lambda:InvokeFunction",
                             Principal="111111111111", RevisionId=alias["RevisionId"])
    assert invoke(other, ARN + ":live")[0][0] == "1"
    assert refusal(other.invoke, FunctionName=ARN + ":1")[1] == "AccessDeniedException"
    assert awslambda.get_policy(FunctionName=NAME, Qualifier="live")["RevisionId"] == awslambda.get_alias(
        FunctionName=NAME, Name="live")["RevisionId"] != alias["RevisionId"]


@pytest.mark.parametrize("version, shares, status, code, message", [
    ("9", {}, 404, "ResourceNotFoundException", f"Function not found: {ARN}:9"),
    ("1", {"v9": 0.1}, 404, "ResourceNotFoundException", f"Function not found: {ARN}:9"),
    ("1", {"v1": 0.1}, 400, "InvalidParameterValueException",
     "Invalid function version 1. Function version 1 is already included in routing configuration."),
    ("1", {"v2": 0.1, "v3": 0.1}, 400, "InvalidParameterValueException",
     "Number of items in AdditionalVersionWeights cannot be greater than 1"),
    ("$LATEST", {"v1": 0.1}, 400, "InvalidParameterValueException",
     "$LATEST is not supported for an alias pointing to more than 1 version"),
    ("1", {"v3": 0.1}, 400, "InvalidParameterValueException",
     "Versions 1 and 3 can't share an alias: they must have the same execution role."),
    ("1", {"v2": 1.1}, 400, "ValidationException", None),
    ("1", {"$LATEST": 0.1}, 400, "ValidationException", None),
])
def test_what_is_refused(awslambda, alias, version, shares, status, code, message):
    routing = {"RoutingConfig": weights(**shares)} if shares else {}
    for call, name in ((awslambda.create_alias, "refused"), (awslambda.update_alias, "live")):
        got = refusal(call, FunctionName=NAME, Name=name, FunctionVersion=version, **routing)
        assert got[:2] == (status, code)
        assert message in (None, got[2])
    assert awslambda.get_alias(FunctionName=NAME, Name="live")["FunctionVersion"] == "1"


def test_names_are_not_numbers(awslambda, versions):
    assert refusal(awslambda.create_alias, FunctionName=NAME, Name="12", FunctionVersion="1")[:2] == (
        400, "ValidationException")
    for call in (awslambda.get_alias, awslambda.delete_alias):
        assert refusal(call, FunctionName="missing", Name="live")[:2] == (404, "ResourceNotFoundException")

# SPDX-License-Identifier: Apache-2.0
"""Resource policies of functions: who else may use one, and what AddPermission makes of a wish."""

import json
import re

import pytest

from conftest import Server, create_function, invoke, refusal

HANDLER = {"app.py": "def handler(event, context):\n    return 'ran'\n"}
OTHER = "111111111111"


@pytest.fixture(scope="module")
def fn(awslambda):
    create_function(awslambda, "permitted", HANDLER)
    return "arn:aws:lambda:us-east-1:000000000000:function:permitted"


def add(client, arn, sid="s", **more):
    wanted = {"Action": "lambda:InvokeFunction", "Principal": OTHER} | more
    return client.add_permission(FunctionName=arn, StatementId=sid, **wanted)


@pytest.fixture
def permitted(awslambda, fn):
    """The function; its statements go with the test."""
    yield fn
    try:
        policy = json.loads(awslambda.get_policy(FunctionName=fn)["Policy"])
    except awslambda.exceptions.ResourceNotFoundException:
        return
    for statement in policy["Statement"]:
        awslambda.remove_permission(FunctionName=fn, StatementId=statement["Sid"])


def test_another_account_invokes_what_the_policy_lets_it(server, awslambda, permitted):
    other = server.client("lambda", account=OTHER)
    status, code, message = refusal(other.invoke, FunctionName=permitted)
    assert (status, code) == (403, "AccessDeniedException")
    assert message.endswith("because no resource-based policy allows the lambda:InvokeFunction action"), message
    add(awslambda, permitted)
    assert invoke(other, permitted)[0] == "ran"
    assert refusal(other.get_function, FunctionName=permitted)[1] == "AccessDeniedException"
    assert refusal(other.delete_function, FunctionName=permitted)[1] == "AccessDeniedException"
    add(awslambda, permitted, sid="read", Action="lambda:GetFunction")
    assert other.get_function(FunctionName=permitted)["Configuration"]["FunctionArn"] == permitted
    awslambda.remove_permission(FunctionName=permitted, StatementId="s")
    assert refusal(other.invoke, FunctionName=permitted)[1] == "AccessDeniedException"


def test_a_condition_that_fails_lets_nobody_in(server, awslambda, permitted):
    other = server.client("lambda", account=OTHER)
    add(awslambda, permitted, Principal="*", SourceAccount="222222222222")
    add(awslambda, permitted, sid="org", PrincipalOrgID="o-abcdefghij")
    add(awslambda, permitted, sid="url", Action="lambda:InvokeFunction", InvokedViaFunctionUrl=True)
    assert refusal(other.invoke, FunctionName=permitted)[1] == "AccessDeniedException"


def test_a_function_that_is_not_there_is_not_told_to_others(server):
    other = server.client("lambda", account=OTHER)
    missing = "arn:aws:lambda:us-east-1:000000000000:function:missing"
    assert refusal(other.invoke, FunctionName=missing)[1] == "AccessDeniedException"


def test_statements_read_as_awss(awslambda, permitted):
    reply = add(awslambda, permitted, Principal="s3.amazonaws.com", SourceArn="arn:aws:s3:::b", SourceAccount="0" * 12)
    expected = {"Sid": "s", "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
                "Action": "lambda:InvokeFunction", "Resource": permitted,
                "Condition": {"StringEquals": {"AWS:SourceAccount": "0" * 12},
                              "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"}}}
    assert json.loads(reply["Statement"]) == expected
    assert json.loads(awslambda.get_policy(FunctionName=permitted)["Policy"]) == {
        "Version": "2012-10-17", "Id": "default", "Statement": [expected]}


def test_the_revision_guards_the_policy_and_changes_with_it(awslambda, permitted):
    first = awslambda.get_function(FunctionName=permitted)["Configuration"]["RevisionId"]
    add(awslambda, permitted, RevisionId=first)
    second = awslambda.get_policy(FunctionName=permitted)["RevisionId"]
    assert second != first
    assert second == awslambda.get_function_configuration(FunctionName=permitted)["RevisionId"]
    stale = (412, "PreconditionFailedException",
             "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to "
             "retrieve the latest Revision Id")
    assert refusal(add, awslambda, permitted, sid="t", RevisionId=first) == stale
    assert refusal(awslambda.remove_permission, FunctionName=permitted, StatementId="s", RevisionId=first) == stale
    awslambda.remove_permission(FunctionName=permitted, StatementId="s", RevisionId=second)


def test_a_policy_does_not_cost_the_environment(awslambda, fn):
    create_function(awslambda, "kept", {"app.py": "import uuid\nME = str(uuid.uuid4())\ndef handler(event, context):\n    return ME\n"})
    before = invoke(awslambda, "kept")[0]
    add(awslambda, "kept")
    assert invoke(awslambda, "kept")[0] == before
    awslambda.delete_function(FunctionName="kept")


def test_what_is_refused(awslambda, permitted):
    add(awslambda, permitted)
    assert refusal(add, awslambda, permitted) == (
        409, "ResourceConflictException",
        "The statement id (s) provided already exists. Please provide a new statement id, or remove the existing statement.")
    assert refusal(add, awslambda, permitted, sid="t", Principal="invalid.nonaws.com") == (
        400, "InvalidParameterValueException",
        "The provided principal was invalid. Please check the principal and try again.")
    assert refusal(add, awslambda, permitted + ":$LATEST", sid="t") == (
        400, "InvalidParameterValueException", "We currently do not support adding policies for $LATEST.")
    assert refusal(add, awslambda, permitted, sid="t", Qualifier="none") == (
        404, "ResourceNotFoundException", f"Cannot find alias arn: {permitted}:none")
    assert refusal(add, awslambda, permitted, sid="t", Qualifier="7") == (
        404, "ResourceNotFoundException", f"Function not found: {permitted}:7")
    assert refusal(add, awslambda, "missing")[2].startswith("Function not found: ")
    assert refusal(awslambda.remove_permission, FunctionName=permitted, StatementId="t") == (
        404, "ResourceNotFoundException", "Statement t is not found in resource policy.")
    awslambda.remove_permission(FunctionName=permitted, StatementId="s")
    assert refusal(awslambda.get_policy, FunctionName=permitted) == (
        404, "ResourceNotFoundException", "The resource you requested does not exist.")
    assert refusal(awslambda.remove_permission, FunctionName=permitted, StatementId="s") == (
        404, "ResourceNotFoundException", "No policy is associated with the given resource.")


def test_a_policy_has_at_most_twenty_kibibytes(awslambda, permitted):
    wide = "arn:aws:s3:::" + "b" * 2000
    for number in range(9):
        add(awslambda, permitted, sid=f"s{number}", Principal="s3.amazonaws.com", SourceArn=wide)
    status, code, message = refusal(add, awslambda, permitted, sid="more", Principal="s3.amazonaws.com", SourceArn=wide)
    assert (status, code) == (400, "PolicyLengthExceededException")
    assert re.fullmatch(r"The final policy size \(2\d{4}\) is bigger than the limit \(20480\)\.", message)


def test_a_policy_goes_with_its_function(awslambda):
    create_function(awslambda, "short-lived", HANDLER)
    add(awslambda, "short-lived")
    awslambda.delete_function(FunctionName="short-lived")
    create_function(awslambda, "short-lived", HANDLER)
    assert refusal(awslambda.get_policy, FunctionName="short-lived")[1] == "ResourceNotFoundException"
    awslambda.delete_function(FunctionName="short-lived")


def test_permissions_can_be_added_while_the_function_becomes_active(awslambda):
    create_function(awslambda, "hasty", HANDLER, wait=False)
    add(awslambda, "hasty")
    assert invoke(awslambda, "hasty")[0] == "ran"
    awslambda.delete_function(FunctionName="hasty")


def test_serve_lets_a_user_in_by_name(tmp_path):
    server = Server(tmp_path / "state", verb="serve")
    try:
        text = (server.data_dir / "credentials").read_text()
        keys = dict(re.findall(r"^(aws_\w+) = (\S+)$", text, re.MULTILINE))
        admin = {"account": keys["aws_access_key_id"], "secret": keys["aws_secret_access_key"]}
        iam, client = server.client("iam", **admin), server.client("lambda", **admin)
        iam.create_role(RoleName="test-role", AssumeRolePolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
                                                    "Action": "sts:AssumeRole"}]}))
        create_function(client, "named", HANDLER)
        user = iam.create_user(UserName="guest")["User"]
        key = iam.create_access_key(UserName="guest")["AccessKey"]
        guest = server.client("lambda", account=key["AccessKeyId"], secret=key["SecretAccessKey"])
        assert refusal(guest.invoke, FunctionName="named")[1] == "AccessDeniedException"
        add(client, "named", Principal=user["Arn"])
        assert invoke(guest, "named")[0] == "ran"
        client.tag_resource(Resource="arn:aws:lambda:us-east-1:000000000000:function:named", Tags={"team": "a"})
        iam.put_user_policy(UserName="guest", PolicyName="p", PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {
                "StringEquals": {"aws:ResourceTag/team": "a"}}}]}))
        assert refusal(guest.invoke, FunctionName="named")[2].endswith("with an explicit deny in an identity-based policy")
    finally:
        assert server.stop() == 0

# SPDX-License-Identifier: Apache-2.0
"""Who a caller is, and temporary credentials of roles."""

import datetime
import json

import boto3
import botocore.config
import botocore.exceptions
import pytest

ACCOUNT = "444444444444"


def trust(principal, **more):
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"} | more
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def sts(server):
    return server.client("sts", account=ACCOUNT)


@pytest.fixture(scope="module")
def role(server):
    made = server.client("iam", account=ACCOUNT).create_role(
        RoleName="assumed", Path="/deep/", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}), MaxSessionDuration=3600)
    return made["Role"]


def session_client(server, service, credentials, token=None):
    return boto3.client(
        service, endpoint_url=server.endpoint, region_name="us-east-1",
        aws_access_key_id=credentials["AccessKeyId"], aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=token or credentials["SessionToken"],
        config=botocore.config.Config(retries={"total_max_attempts": 1}))


def refused(call, code, status, message=None, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    reply = caught.value.response
    assert (reply["Error"]["Code"], reply["ResponseMetadata"]["HTTPStatusCode"]) == (code, status), reply
    assert message is None or reply["Error"]["Message"] == message


def test_caller_identity_of_the_account(sts):
    reply = sts.get_caller_identity()
    assert {k: reply[k] for k in ("UserId", "Account", "Arn")} == {
        "UserId": ACCOUNT, "Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:root"}


def test_assumed_credentials_work_for_further_calls(server, sts, role):
    reply = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="me", DurationSeconds=900)
    assert reply["AssumedRoleUser"] == {"AssumedRoleId": f"{role['RoleId']}:me",
                                        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/assumed/me"}
    credentials = reply["Credentials"]
    assert credentials["AccessKeyId"].startswith("ASIA") and len(credentials["AccessKeyId"]) == 20
    assert len(credentials["SecretAccessKey"]) == 40
    left = credentials["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(seconds=880) < left <= datetime.timedelta(seconds=900)
    identity = session_client(server, "sts", credentials).get_caller_identity()
    assert (identity["Arn"], identity["UserId"]) == (
        f"arn:aws:sts::{ACCOUNT}:assumed-role/assumed/me", f"{role['RoleId']}:me")
    assert session_client(server, "lambda", credentials).list_functions()["Functions"] == []
    logs = session_client(server, "logs", credentials)
    logs.create_log_group(logGroupName="by-role")
    assert logs.describe_log_groups()["logGroups"][0]["arn"].startswith(f"arn:aws:logs:us-east-1:{ACCOUNT}:")


def test_role_that_does_not_trust_the_caller_is_denied(server, sts):
    server.client("iam", account=ACCOUNT).create_role(
        RoleName="closed", AssumeRolePolicyDocument=trust({"Service": "lambda.amazonaws.com"}))
    arn = f"arn:aws:iam::{ACCOUNT}:role/closed"
    refused(sts.assume_role, "AccessDenied", 403,
            f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: sts:AssumeRole on resource: {arn}",
            RoleArn=arn, RoleSessionName="me")


def test_external_id_must_match(server, sts):
    server.client("iam", account=ACCOUNT).create_role(RoleName="external", AssumeRolePolicyDocument=trust(
        {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Condition={"StringEquals": {"sts:ExternalId": "secret"}}))
    arn = f"arn:aws:iam::{ACCOUNT}:role/external"
    refused(sts.assume_role, "AccessDenied", 403, RoleArn=arn, RoleSessionName="me", ExternalId="wrong")
    refused(sts.assume_role, "AccessDenied", 403, RoleArn=arn, RoleSessionName="me")
    assert sts.assume_role(RoleArn=arn, RoleSessionName="me", ExternalId="secret")["Credentials"]


def test_limits_of_assume_role(server, sts, role):
    refused(sts.assume_role, "ValidationError", 400,
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            RoleArn=role["Arn"], RoleSessionName="me", DurationSeconds=7200)
    refused(sts.assume_role, "ValidationError", 400,
            "1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [\\w+=,.@-]*",
            RoleArn=role["Arn"], RoleSessionName="a b")
    refused(sts.assume_role, "ValidationError", 400, RoleArn=role["Arn"], RoleSessionName="me", DurationSeconds=901_000)
    refused(sts.assume_role, "ValidationError", 400, "arn:aws:iam::1:user/not-a-role is invalid",
            RoleArn="arn:aws:iam::1:user/not-a-role", RoleSessionName="me")
    refused(sts.assume_role, "MalformedPolicyDocument", 400, RoleArn=role["Arn"], RoleSessionName="me", Policy="{")


def test_wrong_tokens_are_refused_by_each_protocol(server, sts, role):
    credentials = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="me")["Credentials"]
    token = credentials["SessionToken"]
    changed = token[:40] + ("A" if token[40] != "A" else "B") + token[41:]
    other = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="me")["Credentials"]["SessionToken"]
    text = "The security token included in the request is invalid"
    for bad in ("nonsense", changed, other):
        refused(session_client(server, "sts", credentials, bad).get_caller_identity, "InvalidClientTokenId", 403, text)
        refused(session_client(server, "lambda", credentials, bad).list_functions, "UnrecognizedClientException", 403, text)
        refused(session_client(server, "logs", credentials, bad).describe_log_groups, "UnrecognizedClientException", 400, text)
    without = boto3.client("sts", endpoint_url=server.endpoint, region_name="us-east-1",
                           aws_access_key_id=credentials["AccessKeyId"],
                           aws_secret_access_key=credentials["SecretAccessKey"])
    refused(without.get_caller_identity, "InvalidClientTokenId", 403,
            "The security token included in the request is invalid.")


def test_sessions_are_good_after_a_restart(start_server):
    server = start_server()
    iam = server.client("iam", account=ACCOUNT)
    arn = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust({"AWS": "*"}))["Role"]["Arn"]
    credentials = server.client("sts", account=ACCOUNT).assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
    server.kill()
    server.start()
    assert session_client(server, "sts", credentials).get_caller_identity()["Account"] == ACCOUNT


def test_sessions_end_with_their_role(server, sts):
    iam = server.client("iam", account=ACCOUNT)
    arn = iam.create_role(RoleName="ending", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))["Role"]["Arn"]
    credentials = sts.assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
    client = session_client(server, "sts", credentials)
    assert client.get_caller_identity()["Account"] == ACCOUNT
    iam.delete_role(RoleName="ending")
    refused(client.get_caller_identity, "InvalidClientTokenId", 403)
    iam.create_role(RoleName="ending", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))
    refused(client.get_caller_identity, "InvalidClientTokenId", 403)


def test_session_policies_tags_and_source_identity(server, sts):
    allowed = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT},
               "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]}
    arn = server.client("iam", account=ACCOUNT).create_role(
        RoleName="tagged", AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [allowed]}))["Role"]["Arn"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}]})
    reply = sts.assume_role(
        RoleArn=arn, RoleSessionName="me", Policy=policy, SourceIdentity="me",
        PolicyArns=[{"arn": "arn:aws:iam::aws:policy/AdministratorAccess"}],
        Tags=[{"Key": "unit", "Value": "b"}, {"Key": "own", "Value": "c"}], TransitiveTagKeys=["unit"])
    assert reply["SourceIdentity"] == "me" and 0 < reply["PackedPolicySize"] <= 100
    chained = session_client(server, "sts", reply["Credentials"])
    refused(chained.assume_role, "ValidationError", 400,
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
            RoleArn=arn, RoleSessionName="again", DurationSeconds=7200)
    again = chained.assume_role(RoleArn=arn, RoleSessionName="again")
    assert again["SourceIdentity"] == "me"
    refused(chained.assume_role, "InvalidParameterValue", 400, RoleArn=arn, RoleSessionName="again",
            Tags=[{"Key": "unit", "Value": "x"}])
    refused(chained.get_session_token, "AccessDenied", 403,
            "Cannot call GetSessionToken with session credentials")
    refused(sts.assume_role, "InvalidParameterValue", 400,
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            RoleArn=arn, RoleSessionName="me", Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}])


def test_small_operations(server, sts):
    session = sts.get_session_token(DurationSeconds=900)["Credentials"]
    assert session_client(server, "sts", session).get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert sts.get_access_key_info(AccessKeyId=session["AccessKeyId"])["Account"] == ACCOUNT
    refused(sts.decode_authorization_message, "InvalidAuthorizationMessageException", 400, EncodedMessage="x")


def test_operation_that_is_not_built_names_itself(sts):
    refused(sts.get_federation_token, "NotImplemented", 501, Name="me")

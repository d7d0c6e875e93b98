# SPDX-License-Identifier: Apache-2.0
"""Roles and policies as the aws command and Terraform use them, seen through boto3."""

import json
import re

import botocore.exceptions
import pytest


def trust(principal=None, **condition):
    statement = {"Effect": "Allow", "Principal": principal or {"Service": "lambda.amazonaws.com"},
                 "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | condition]})


ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


@pytest.fixture(scope="module")
def iam(server):
    return server.client("iam", account="333333333333")


def refused(call, code, status, message=None, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    reply = caught.value.response
    assert (reply["Error"]["Code"], reply["ResponseMetadata"]["HTTPStatusCode"]) == (code, status), reply
    assert message is None or reply["Error"]["Message"] == message
    return reply


def test_role_is_created_read_and_deleted(iam):
    made = iam.create_role(RoleName="life", Path="/team/", AssumeRolePolicyDocument=trust(), Description="d",
                           MaxSessionDuration=7200, Tags=[{"Key": "k", "Value": "v"}])["Role"]
    assert made["Arn"] == "arn:aws:iam::333333333333:role/team/life"
    assert re.fullmatch(r"AROA[A-Z2-7]{17}", made["RoleId"])
    role = iam.get_role(RoleName="life")["Role"]
    assert role["AssumeRolePolicyDocument"] == json.loads(trust())
    assert (role["Path"], role["Description"], role["MaxSessionDuration"]) == ("/team/", "d", 7200)
    assert role["Tags"] == [{"Key": "k", "Value": "v"}]
    assert role["RoleLastUsed"] == {}
    assert role["CreateDate"] == made["CreateDate"]
    iam.get_waiter("role_exists").wait(RoleName="life", WaiterConfig={"Delay": 1, "MaxAttempts": 2})
    refused(iam.create_role, "EntityAlreadyExists", 409, "Role with name life already exists.",
            RoleName="life", AssumeRolePolicyDocument=trust())
    refused(iam.create_role, "EntityAlreadyExists", 409, RoleName="LIFE", AssumeRolePolicyDocument=trust())
    iam.delete_role(RoleName="life")
    refused(iam.get_role, "NoSuchEntity", 404, "The role with name life cannot be found.", RoleName="life")
    refused(iam.delete_role, "NoSuchEntity", 404, "The role with name life cannot be found.", RoleName="life")


def test_role_is_updated(iam):
    iam.create_role(RoleName="changing", AssumeRolePolicyDocument=trust())
    iam.update_role(RoleName="changing", Description="new", MaxSessionDuration=10_800)
    iam.update_assume_role_policy(RoleName="changing", PolicyDocument=trust({"Service": "events.amazonaws.com"}))
    role = iam.get_role(RoleName="changing")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("new", 10_800)
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "events.amazonaws.com"}
    assert iam.update_role_description(RoleName="changing", Description="newer")["Role"]["Description"] == "newer"
    iam.tag_role(RoleName="changing", Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.tag_role(RoleName="changing", Tags=[{"Key": "a", "Value": "3"}])
    iam.untag_role(RoleName="changing", TagKeys=["b"])
    assert iam.list_role_tags(RoleName="changing")["Tags"] == [{"Key": "a", "Value": "3"}]
    refused(iam.update_role, "NoSuchEntity", 404, "The role with name none cannot be found.", RoleName="none")


def test_permissions_boundary_is_put_and_taken_away(iam):
    boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
    iam.create_role(RoleName="bounded", AssumeRolePolicyDocument=trust())
    iam.put_role_permissions_boundary(RoleName="bounded", PermissionsBoundary=boundary)
    assert iam.get_role(RoleName="bounded")["Role"]["PermissionsBoundary"] == {
        "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary}
    iam.delete_role_permissions_boundary(RoleName="bounded")
    assert "PermissionsBoundary" not in iam.get_role(RoleName="bounded")["Role"]
    refused(iam.put_role_permissions_boundary, "ValidationError", 400, RoleName="bounded",
            PermissionsBoundary="arn:aws:s3:::not-a-policy")


def test_roles_are_listed_by_path_and_page(iam):
    for n in range(5):
        iam.create_role(RoleName=f"listed-{n}", Path="/listed/", AssumeRolePolicyDocument=trust())
    pages = list(iam.get_paginator("list_roles").paginate(PathPrefix="/listed/", PaginationConfig={"PageSize": 2}))
    assert [len(page["Roles"]) for page in pages] == [2, 2, 1]
    assert [r["RoleName"] for page in pages for r in page["Roles"]] == [f"listed-{n}" for n in range(5)]
    assert pages[0]["IsTruncated"] and not pages[-1]["IsTruncated"]


@pytest.mark.parametrize("document,message", [
    ("not json", None),
    ("{}", None),
    (json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}), None),
    (trust({"Service": "lambda.amazonaws.com"}, Resource="*"), "Has prohibited field Resource."),
    (trust({"Service": "no-such-service"}), "Invalid principal in policy: \"SERVICE\":\"no-such-service\""),
])
def test_malformed_trust_policies_are_refused(iam, document, message):
    refused(iam.create_role, "MalformedPolicyDocument", 400, message, RoleName="bad",
            AssumeRolePolicyDocument=document)


def test_input_constraints_are_told_in_aws_words(server, iam):
    refused(iam.create_role, "ValidationError", 400,
            "1 validation error detected: Value 'a b' at 'roleName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [\\w+=,.@-]+",
            RoleName="a b", AssumeRolePolicyDocument=trust())
    refused(iam.create_role, "ValidationError", 400, RoleName="r" * 65, AssumeRolePolicyDocument=trust())
    unchecked = server.client("iam", parameter_validation=False)
    refused(unchecked.create_role, "ValidationError", 400,
            "1 validation error detected: Value '60' at 'maxSessionDuration' failed to satisfy constraint: "
            "Member must have value greater than or equal to 3600",
            RoleName="short", AssumeRolePolicyDocument=trust(), MaxSessionDuration=60)


def test_inline_policies(iam):
    iam.create_role(RoleName="inline", AssumeRolePolicyDocument=trust())
    iam.put_role_policy(RoleName="inline", PolicyName="p", PolicyDocument=json.dumps(ALLOW))
    got = iam.get_role_policy(RoleName="inline", PolicyName="p")
    assert (got["RoleName"], got["PolicyName"], got["PolicyDocument"]) == ("inline", "p", ALLOW)
    iam.put_role_policy(RoleName="inline", PolicyName="o", PolicyDocument=json.dumps(ALLOW))
    assert iam.list_role_policies(RoleName="inline")["PolicyNames"] == ["o", "p"]
    refused(iam.put_role_policy, "MalformedPolicyDocument", 400, RoleName="inline", PolicyName="q",
            PolicyDocument='{"Version": "2012-10-17", "Statement": [{"Effect": "Maybe"}]}')
    refused(iam.get_role_policy, "NoSuchEntity", 404, "The role policy with name x cannot be found.",
            RoleName="inline", PolicyName="x")
    refused(iam.delete_role, "DeleteConflict", 409, "Cannot delete entity, must delete policies first.",
            RoleName="inline")
    for name in "op":
        iam.delete_role_policy(RoleName="inline", PolicyName=name)
    iam.delete_role(RoleName="inline")


def test_managed_policies_are_attached_and_detached(iam):
    iam.create_role(RoleName="attached", AssumeRolePolicyDocument=trust())
    own = iam.create_policy(PolicyName="own", PolicyDocument=json.dumps(ALLOW))["Policy"]["Arn"]
    for arn in (BASIC, own, own):
        iam.attach_role_policy(RoleName="attached", PolicyArn=arn)
    listed = iam.list_attached_role_policies(RoleName="attached")["AttachedPolicies"]
    assert {p["PolicyArn"]: p["PolicyName"] for p in listed} == {BASIC: "AWSLambdaBasicExecutionRole", own: "own"}
    assert iam.get_policy(PolicyArn=own)["Policy"]["AttachmentCount"] == 1
    assert [r["RoleName"] for r in iam.list_entities_for_policy(PolicyArn=own)["PolicyRoles"]] == ["attached"]
    refused(iam.delete_policy, "DeleteConflict", 409, "Cannot delete a policy attached to entities.", PolicyArn=own)
    refused(iam.delete_role, "DeleteConflict", 409, "Cannot delete entity, must detach all policies first.",
            RoleName="attached")
    missing = "arn:aws:iam::333333333333:policy/none"
    refused(iam.attach_role_policy, "NoSuchEntity", 404, f"Policy {missing} does not exist or is not attachable.",
            RoleName="attached", PolicyArn=missing)
    for arn in (BASIC, own):
        iam.detach_role_policy(RoleName="attached", PolicyArn=arn)
    refused(iam.detach_role_policy, "NoSuchEntity", 404, RoleName="attached", PolicyArn=own)
    iam.delete_policy(PolicyArn=own)
    iam.delete_role(RoleName="attached")


def test_policy_versions(iam):
    arn = iam.create_policy(PolicyName="versions", PolicyDocument=json.dumps(ALLOW), Description="d",
                            Tags=[{"Key": "k", "Value": "v"}])["Policy"]["Arn"]
    policy = iam.get_policy(PolicyArn=arn)["Policy"]
    assert (policy["DefaultVersionId"], policy["Description"], policy["Tags"]) == ("v1", "d", [{"Key": "k", "Value": "v"}])
    assert re.fullmatch(r"ANPA[A-Z2-7]{17}", policy["PolicyId"])
    for n in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(ALLOW), SetAsDefault=n == 3)
    refused(iam.create_policy_version, "LimitExceeded", 409,
            "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing "
            "version.", PolicyArn=arn, PolicyDocument=json.dumps(ALLOW))
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert {v["VersionId"]: v["IsDefaultVersion"] for v in versions} == {
        "v1": False, "v2": False, "v3": False, "v4": False, "v5": True}
    refused(iam.delete_policy_version, "DeleteConflict", 409,
            "Cannot delete the default version of a policy.", PolicyArn=arn, VersionId="v5")
    refused(iam.delete_policy, "DeleteConflict", 409, PolicyArn=arn)
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]["Document"] == ALLOW
    for version in ("v1", "v3", "v4", "v5"):
        iam.delete_policy_version(PolicyArn=arn, VersionId=version)
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "l", "Value": "w"}])
    iam.untag_policy(PolicyArn=arn, TagKeys=["k"])
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == [{"Key": "l", "Value": "w"}]
    iam.delete_policy(PolicyArn=arn)
    refused(iam.get_policy, "NoSuchEntity", 404, f"Policy {arn} was not found.", PolicyArn=arn)


def test_policies_are_listed_by_scope(iam):
    iam.create_policy(PolicyName="scoped", Path="/scope/", PolicyDocument=json.dumps(ALLOW))
    pages = iam.get_paginator("list_policies").paginate(Scope="Local")
    local = [p["PolicyName"] for page in pages for p in page["Policies"]]
    assert "scoped" in local and "AdministratorAccess" not in local
    pages = iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 3})
    assert BASIC in [p["Arn"] for page in pages for p in page["Policies"]]
    assert [p["PolicyName"] for p in iam.list_policies(PathPrefix="/scope/")["Policies"]] == ["scoped"]


@pytest.mark.parametrize("name", ["AdministratorAccess", "AmazonS3ReadOnlyAccess", "AmazonDynamoDBFullAccess",
                                  "AmazonSQSFullAccess", "AmazonSNSFullAccess", "CloudWatchLogsFullAccess",
                                  "service-role/AWSLambdaBasicExecutionRole", "service-role/AWSLambdaSQSQueueExecutionRole"])
def test_aws_managed_policies_are_there(iam, name):
    policy = iam.get_policy(PolicyArn=f"arn:aws:iam::aws:policy/{name}")["Policy"]
    version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])["PolicyVersion"]
    assert version["Document"]["Version"] == "2012-10-17"


def test_instance_profiles_of_a_role_are_none(iam):
    iam.create_role(RoleName="no-profiles", AssumeRolePolicyDocument=trust())
    assert iam.list_instance_profiles_for_role(RoleName="no-profiles")["InstanceProfiles"] == []
    assert iam.list_instance_profiles()["InstanceProfiles"] == []
    refused(iam.list_instance_profiles_for_role, "NoSuchEntity", 404, RoleName="none")


def test_operation_that_is_not_built_names_itself(iam):
    reply = refused(iam.list_virtual_mfa_devices, "NotImplemented", 501)
    assert "ListVirtualMFADevices" in reply["Error"]["Message"]


def test_roles_are_there_after_kill(start_server):
    server = start_server()
    server.client("iam").create_role(RoleName="kept", AssumeRolePolicyDocument=trust())
    server.client("iam").put_role_policy(RoleName="kept", PolicyName="p", PolicyDocument=json.dumps(ALLOW))
    server.kill()
    server.start()
    assert server.client("iam").get_role_policy(RoleName="kept", PolicyName="p")["PolicyDocument"] == ALLOW

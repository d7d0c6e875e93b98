# SPDX-License-Identifier: Apache-2.0
"""Users, groups and access keys as the aws command and Terraform use them, seen through boto3."""

import json
import pathlib
import re
import subprocess
import sys

import boto3
import pytest

from conftest import refusal

AWS = str(pathlib.Path(sys.executable).parent / "aws")
ACCOUNT = "555555555555"
ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
UNKNOWN_KEY = (403, "InvalidClientTokenId", "The security token included in the request is invalid.")


@pytest.fixture(scope="module")
def iam(server):
    return server.client("iam", account=ACCOUNT)


def key_client(server, service, key):
    return server.client(service, account=key["AccessKeyId"], secret=key["SecretAccessKey"])


def test_a_users_key_signs_until_it_is_deactivated(server, iam):
    user = iam.create_user(UserName="ann", Path="/team/", Tags=[{"Key": "k", "Value": "v"}])["User"]
    assert user["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/team/ann"
    assert re.fullmatch(r"AIDA[A-Z2-7]{17}", user["UserId"])
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", key["AccessKeyId"]) and key["Status"] == "Active"
    sts = key_client(server, "sts", key)
    who = sts.get_caller_identity()
    assert (who["Arn"], who["UserId"], who["Account"]) == (user["Arn"], user["UserId"], ACCOUNT)
    own = key_client(server, "iam", key)
    assert own.get_user()["User"]["UserName"] == "ann"
    assert [k["AccessKeyId"] for k in own.list_access_keys()["AccessKeyMetadata"]] == [key["AccessKeyId"]]
    iam.update_user(UserName="ann", NewUserName="anna")
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/team/anna"
    for _ in range(3):  # at once, each time
        iam.update_access_key(UserName="anna", AccessKeyId=key["AccessKeyId"], Status="Inactive")
        assert refusal(sts.get_caller_identity) == UNKNOWN_KEY
        iam.update_access_key(UserName="anna", AccessKeyId=key["AccessKeyId"], Status="Active")
        assert sts.get_caller_identity()["UserId"] == user["UserId"]
    iam.delete_access_key(UserName="anna", AccessKeyId=key["AccessKeyId"])
    assert refusal(sts.get_caller_identity) == UNKNOWN_KEY
    iam.delete_user(UserName="anna")
    assert refusal(iam.get_user, UserName="anna") == (
        404, "NoSuchEntity", "The user with name anna cannot be found.")


def test_session_tokens_of_a_user_end_with_it(server, iam):
    iam.create_user(UserName="short")
    key = iam.create_access_key(UserName="short")["AccessKey"]
    session = key_client(server, "sts", key).get_session_token(DurationSeconds=900)["Credentials"]
    assert session["AccessKeyId"].startswith("ASIA")
    sts = boto3.client("sts", endpoint_url=server.endpoint, region_name="us-east-1",
                       aws_access_key_id=session["AccessKeyId"], aws_secret_access_key=session["SecretAccessKey"],
                       aws_session_token=session["SessionToken"])
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/short"
    assert refusal(sts.get_session_token) == (
        403, "AccessDenied", "Cannot call GetSessionToken with session credentials")
    iam.delete_access_key(UserName="short", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="short")
    assert refusal(sts.get_caller_identity)[1] == "InvalidClientTokenId"


def test_what_users_do_not_have(iam):
    iam.create_user(UserName="plain")
    assert iam.list_mfa_devices(UserName="plain")["MFADevices"] == []
    assert iam.list_ssh_public_keys(UserName="plain")["SSHPublicKeys"] == []
    assert iam.list_signing_certificates(UserName="plain")["Certificates"] == []
    assert iam.list_service_specific_credentials(UserName="plain")["ServiceSpecificCredentials"] == []
    assert refusal(iam.get_login_profile, UserName="plain") == (
        404, "NoSuchEntity", "Login Profile for User plain cannot be found.")
    assert refusal(iam.list_mfa_devices, UserName="nobody")[1] == "NoSuchEntity"
    iam.delete_user(UserName="plain")


def test_two_keys_a_user(iam):
    iam.create_user(UserName="keys")
    made = [iam.create_access_key(UserName="keys")["AccessKey"]["AccessKeyId"] for _ in range(2)]
    assert refusal(iam.create_access_key, UserName="keys") == (
        409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
    used = iam.get_access_key_last_used(AccessKeyId=made[0])
    assert used["UserName"] == "keys" and used["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}
    missing = "AKIAAAAAAAAAAAAAAAAA"
    assert refusal(iam.delete_access_key, UserName="keys", AccessKeyId=missing) == (
        404, "NoSuchEntity", f"The Access Key with id {missing} cannot be found.")
    assert refusal(iam.delete_user, UserName="keys") == (
        409, "DeleteConflict", "Cannot delete entity, must delete access keys first.")


def test_groups_and_their_policies(iam):
    group = iam.create_group(GroupName="devs", Path="/g/")["Group"]
    assert group["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/g/devs"
    iam.create_user(UserName="member")
    iam.add_user_to_group(GroupName="devs", UserName="member")
    assert [u["UserName"] for u in iam.get_group(GroupName="devs")["Users"]] == ["member"]
    assert [g["GroupName"] for g in iam.list_groups_for_user(UserName="member")["Groups"]] == ["devs"]
    iam.put_group_policy(GroupName="devs", PolicyName="p", PolicyDocument=json.dumps(ALLOW))
    assert iam.get_group_policy(GroupName="devs", PolicyName="p")["PolicyDocument"] == ALLOW
    assert iam.list_group_policies(GroupName="devs")["PolicyNames"] == ["p"]
    iam.attach_group_policy(GroupName="devs", PolicyArn=READ_ONLY)
    assert iam.list_attached_group_policies(GroupName="devs")["AttachedPolicies"] == [
        {"PolicyName": "ReadOnlyAccess", "PolicyArn": READ_ONLY}]
    assert [g["GroupName"] for g in iam.list_entities_for_policy(PolicyArn=READ_ONLY)["PolicyGroups"]] == ["devs"]
    iam.update_group(GroupName="devs", NewGroupName="builders")
    assert refusal(iam.delete_group, GroupName="builders") == (
        409, "DeleteConflict", "Cannot delete entity, must remove users from group first.")
    iam.remove_user_from_group(GroupName="builders", UserName="member")
    assert refusal(iam.delete_group, GroupName="builders")[2] == "Cannot delete entity, must detach all policies first."
    iam.detach_group_policy(GroupName="builders", PolicyArn=READ_ONLY)
    assert refusal(iam.delete_group, GroupName="builders")[2] == "Cannot delete entity, must delete policies first."
    iam.delete_group_policy(GroupName="builders", PolicyName="p")
    iam.delete_group(GroupName="builders")
    assert iam.list_groups()["Groups"] == []


def test_a_boundary_of_a_user(iam):
    iam.create_user(UserName="bounded", PermissionsBoundary=READ_ONLY)
    assert iam.get_user(UserName="bounded")["User"]["PermissionsBoundary"] == {
        "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": READ_ONLY}
    entities = iam.list_entities_for_policy(PolicyArn=READ_ONLY, PolicyUsageFilter="PermissionsBoundary")
    assert [u["UserName"] for u in entities["PolicyUsers"]] == ["bounded"]
    iam.delete_user_permissions_boundary(UserName="bounded")
    iam.put_user_permissions_boundary(UserName="bounded", PermissionsBoundary=READ_ONLY)
    missing = f"arn:aws:iam::{ACCOUNT}:policy/none"
    assert refusal(iam.put_user_permissions_boundary, UserName="bounded", PermissionsBoundary=missing) == (
        404, "NoSuchEntity", f"Scope ARN: {missing} does not exist or is not attachable.")
    iam.delete_user(UserName="bounded")


def test_a_thousand_users_are_listed_by_pages(server):
    iam = server.client("iam", account="565656565656", max_pool_connections=4)
    for n in range(1_050):
        iam.create_user(UserName=f"user-{n:04}", Path="/even/" if n % 2 == 0 else "/odd/")
    pages = list(iam.get_paginator("list_users").paginate())
    assert [len(page["Users"]) for page in pages] == [100] * 10 + [50]
    names = [user["UserName"] for page in pages for user in page["Users"]]
    assert names == [f"user-{n:04}" for n in range(1_050)]
    assert len(iam.list_users(MaxItems=1000)["Users"]) == 1_000
    even = iam.get_paginator("list_users").paginate(PathPrefix="/even/", PaginationConfig={"PageSize": 200})
    assert [len(page["Users"]) for page in even] == [200, 200, 125]
    assert iam.get_account_summary()["SummaryMap"]["Users"] == 1_050


def test_the_account_and_its_alias(iam):
    iam.create_account_alias(AccountAlias="kiln-works")
    assert iam.list_account_aliases()["AccountAliases"] == ["kiln-works"]
    assert iam.get_account_summary()["SummaryMap"]["AccountAccessKeysPresent"] == 0
    iam.delete_account_alias(AccountAlias="kiln-works")
    assert iam.list_account_aliases()["AccountAliases"] == []


def test_authorization_details(server):
    iam = server.client("iam", account="575757575757")
    iam.create_user(UserName="u")
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=json.dumps(ALLOW))
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="u")
    iam.create_policy(PolicyName="own", PolicyDocument=json.dumps(ALLOW))
    iam.attach_user_policy(UserName="u", PolicyArn="arn:aws:iam::575757575757:policy/own")
    details = iam.get_account_authorization_details()
    user = details["UserDetailList"][0]
    assert user["GroupList"] == ["g"]
    assert user["UserPolicyList"] == [{"PolicyName": "p", "PolicyDocument": ALLOW}]
    assert user["AttachedManagedPolicies"][0]["PolicyName"] == "own"
    assert details["Policies"][0]["PolicyVersionList"][0]["Document"] == ALLOW
    pages = list(iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 1}))
    assert len(pages) == 3


def test_instance_profiles_and_service_linked_roles(iam):
    trust = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
    iam.create_role(RoleName="machine", AssumeRolePolicyDocument=trust)
    iam.create_instance_profile(InstanceProfileName="machine", Tags=[{"Key": "k", "Value": "v"}])
    iam.add_role_to_instance_profile(InstanceProfileName="machine", RoleName="machine")
    profile = iam.get_instance_profile(InstanceProfileName="machine")["InstanceProfile"]
    assert [role["RoleName"] for role in profile["Roles"]] == ["machine"]
    assert iam.list_instance_profiles_for_role(RoleName="machine")["InstanceProfiles"][0]["Arn"] == profile["Arn"]
    iam.remove_role_from_instance_profile(InstanceProfileName="machine", RoleName="machine")
    iam.delete_instance_profile(InstanceProfileName="machine")
    role = iam.create_service_linked_role(AWSServiceName="lambda.amazonaws.com")["Role"]
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/lambda.amazonaws.com/AWSServiceRoleForLambda"
    assert refusal(iam.delete_role, RoleName="AWSServiceRoleForLambda")[1] == "UnmodifiableEntity"
    task = iam.delete_service_linked_role(RoleName="AWSServiceRoleForLambda")["DeletionTaskId"]
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"


def test_bad_names_are_told_in_aws_words(iam):
    assert refusal(iam.create_user, UserName="a b")[:2] == (400, "ValidationError")
    assert refusal(iam.create_group, GroupName="g" * 129)[:2] == (400, "ValidationError")
    assert refusal(iam.create_user, UserName="u", Path="no-slash")[:2] == (400, "ValidationError")
    iam.create_user(UserName="Twice")
    assert refusal(iam.create_user, UserName="twice") == (
        409, "EntityAlreadyExists", "User with name twice already exists.")
    iam.delete_user(UserName="Twice")


def test_keys_survive_a_restart(start_server):
    server = start_server()
    iam = server.client("iam", account=ACCOUNT)
    iam.create_user(UserName="kept")
    key = iam.create_access_key(UserName="kept")["AccessKey"]
    server.kill()
    server.start()
    assert key_client(server, "sts", key).get_caller_identity()["Arn"].endswith(":user/kept")


def test_the_aws_command(server):
    def aws(*arguments):
        run = subprocess.run([AWS, "--output", "json", *arguments],
                             env=server.environment(account="585858585858"), capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout) if run.stdout else None

    assert aws("iam", "create-user", "--user-name", "cli")["User"]["UserName"] == "cli"
    key = aws("iam", "create-access-key", "--user-name", "cli")["AccessKey"]
    aws("iam", "attach-user-policy", "--user-name", "cli", "--policy-arn", READ_ONLY)
    attached = aws("iam", "list-attached-user-policies", "--user-name", "cli")
    assert attached["AttachedPolicies"][0]["PolicyArn"] == READ_ONLY
    assert aws("iam", "list-users")["Users"][0]["UserName"] == "cli"
    assert aws("iam", "list-access-keys", "--user-name", "cli")["AccessKeyMetadata"][0]["Status"] == "Active"
    aws("iam", "delete-access-key", "--user-name", "cli", "--access-key-id", key["AccessKeyId"])
    aws("iam", "detach-user-policy", "--user-name", "cli", "--policy-arn", READ_ONLY)
    aws("iam", "delete-user", "--user-name", "cli")

# SPDX-License-Identifier: Apache-2.0
"""Access control lists: off unless a bucket's ownership setting turns them on, then obeyed."""

import json
import urllib.error
import urllib.request
import uuid

import pytest
from conftest import refusal

ALL = "http://acs.amazonaws.com/groups/global/AllUsers"
OWNER_ONLY = [("CanonicalUser", "FULL_CONTROL")]


@pytest.fixture
def bucket(s3):
    """ACLs are on, and public ones are not blocked."""
    name = f"b-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name, ObjectOwnership="ObjectWriter")
    s3.delete_public_access_block(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"hello")
    return name


def anonymous(server, path, method="GET", body=None):
    try:
        with urllib.request.urlopen(urllib.request.Request(server.endpoint + path, body, method=method), timeout=10) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        return error.code


def grants(reply):
    return [(g["Grantee"].get("URI") or g["Grantee"]["Type"], g["Permission"]) for g in reply["Grants"]]


def test_without_a_setting_acls_are_off(s3):
    name = f"b-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", ACL="bucket-owner-full-control")
    for call, more in ((s3.put_object, {"Key": "k", "ACL": "public-read"}), (s3.put_object, {"Key": "k", "GrantRead": f'uri="{ALL}"'}),
                       (s3.put_object_acl, {"Key": "k", "ACL": "public-read"}), (s3.put_bucket_acl, {"ACL": "public-read"}),
                       (s3.create_multipart_upload, {"Key": "m", "ACL": "authenticated-read"})):
        assert refusal(call, Bucket=name, **more) == (400, "AccessControlListNotSupported", "The bucket does not allow ACLs")
    assert grants(s3.get_bucket_acl(Bucket=name)) == grants(s3.get_object_acl(Bucket=name, Key="k")) == OWNER_ONLY
    assert refusal(s3.create_bucket, Bucket=name + "2", ACL="public-read")[:2] == (400, "InvalidBucketAclWithObjectOwnership")
    assert refusal(s3.create_bucket, Bucket=name + "2", ACL="public-read", ObjectOwnership="ObjectWriter")[:2] == (
        400, "InvalidBucketAclWithBlockPublicAccessError")


def test_a_public_object_is_read_by_everybody(server, s3, bucket):
    assert anonymous(server, f"/{bucket}/k") == 403
    s3.put_object_acl(Bucket=bucket, Key="k", ACL="public-read")
    assert grants(s3.get_object_acl(Bucket=bucket, Key="k")) == OWNER_ONLY + [(ALL, "READ")]
    assert anonymous(server, f"/{bucket}/k") == 200
    assert anonymous(server, f"/{bucket}/k", "PUT", b"x") == 403
    assert anonymous(server, f"/{bucket}") == 403
    s3.put_object(Bucket=bucket, Key="open [*]?", Body=b"x", ACL="public-read")
    assert anonymous(server, f"/{bucket}/open%20%5B%2A%5D%3F") == 200
    s3.put_object(Bucket=bucket, Key="k", Body=b"again")  # an ACL is of a version
    assert anonymous(server, f"/{bucket}/k") == 403
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/open [*]?")
    assert anonymous(server, f"/{bucket}/copy") == 403


def test_a_public_bucket_is_listed_and_written_by_everybody(server, s3, bucket):
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    assert anonymous(server, f"/{bucket}") == 200
    assert anonymous(server, f"/{bucket}/k") == 403
    assert anonymous(server, f"/{bucket}/up", "PUT", b"x") == 403
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    assert grants(s3.get_bucket_acl(Bucket=bucket)) == OWNER_ONLY + [(ALL, "READ"), (ALL, "WRITE")]
    assert anonymous(server, f"/{bucket}/up", "PUT", b"x") == 200
    assert anonymous(server, f"/{bucket}/up", "DELETE") == 403
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    assert anonymous(server, f"/{bucket}") == 403


def test_what_is_blocked_is_refused_or_ignored(server, s3, bucket):
    s3.put_object_acl(Bucket=bucket, Key="k", ACL="public-read")
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"IgnorePublicAcls": True})
    assert anonymous(server, f"/{bucket}/k") == anonymous(server, f"/{bucket}") == 403
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    assert anonymous(server, f"/{bucket}/k") == anonymous(server, f"/{bucket}") == 200
    for call, more in ((s3.put_object, {"Key": "n", "ACL": "public-read"}), (s3.put_object_acl, {"Key": "k", "ACL": "public-read"}),
                       (s3.put_bucket_acl, {"ACL": "authenticated-read"})):
        assert refusal(call, Bucket=bucket, **more)[:2] == (403, "AccessDenied")
    s3.put_object_acl(Bucket=bucket, Key="k", ACL="private")
    assert anonymous(server, f"/{bucket}/k") == 403


def test_a_deny_of_the_policy_is_stronger(server, s3, bucket):
    s3.put_object_acl(Bucket=bucket, Key="k", ACL="public-read")
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": {
        "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*", "Condition": {
            "StringNotEquals": {"aws:PrincipalAccount": "000000000000"}}}}))
    assert anonymous(server, f"/{bucket}/k") == 403
    s3.delete_bucket_policy(Bucket=bucket)
    assert anonymous(server, f"/{bucket}/k") == 200


def test_grants_by_headers_and_documents(server, s3, bucket):
    owner = s3.get_bucket_acl(Bucket=bucket)["Owner"]
    s3.put_object(Bucket=bucket, Key="h", Body=b"x", GrantRead=f'uri="{ALL}"', GrantFullControl=f'id="{owner["ID"]}"')
    assert sorted(grants(s3.get_object_acl(Bucket=bucket, Key="h"))) == sorted(OWNER_ONLY + [(ALL, "READ")])
    assert anonymous(server, f"/{bucket}/h") == 200
    document = {"Owner": owner, "Grants": [{"Grantee": {"Type": "Group", "URI": ALL}, "Permission": "READ_ACP"},
                                           {"Grantee": {"Type": "CanonicalUser", "ID": owner["ID"]}, "Permission": "FULL_CONTROL"}]}
    s3.put_object_acl(Bucket=bucket, Key="h", AccessControlPolicy=document)
    assert sorted(grants(s3.get_object_acl(Bucket=bucket, Key="h"))) == sorted(OWNER_ONLY + [(ALL, "READ_ACP")])
    assert anonymous(server, f"/{bucket}/h") == 403
    assert anonymous(server, f"/{bucket}/h?acl") == 200
    for more, code in (({"ACL": "public"}, "InvalidArgument"), ({"GrantRead": 'uri="http://nobody"'}, "InvalidArgument"),
                       ({"GrantRead": 'id="abc"'}, "InvalidArgument"), ({"GrantRead": "everybody"}, "InvalidArgument"),
                       ({"ACL": "private", "GrantRead": f'uri="{ALL}"'}, "InvalidRequest")):
        assert refusal(s3.put_object_acl, Bucket=bucket, Key="h", **more)[:2] == (400, code), more
    document["Grants"][0]["Permission"] = "FLY"
    assert refusal(s3.put_object_acl, Bucket=bucket, Key="h", AccessControlPolicy=document)[:2] == (400, "MalformedACLError")


def test_versions_have_their_own(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=bucket, Key="v", Body=b"1")["VersionId"]
    s3.put_object(Bucket=bucket, Key="v", Body=b"2")
    s3.put_object_acl(Bucket=bucket, Key="v", VersionId=first, ACL="public-read")
    assert len(s3.get_object_acl(Bucket=bucket, Key="v", VersionId=first)["Grants"]) == 2
    assert len(s3.get_object_acl(Bucket=bucket, Key="v")["Grants"]) == 1


def test_authenticated_readers_and_other_writers(start_server):
    server = start_server(arguments=["--iam", "enforce"])
    mine, other = server.client("s3"), server.client("s3", account="222222222222")
    mine.create_bucket(Bucket="shared", ObjectOwnership="BucketOwnerPreferred")
    mine.delete_public_access_block(Bucket="shared")
    mine.put_object(Bucket="shared", Key="k", Body=b"x", ACL="authenticated-read")
    assert other.get_object(Bucket="shared", Key="k")["Body"].read() == b"x"
    assert anonymous(server, "/shared/k") == 403
    mine.put_bucket_policy(Bucket="shared", Policy=json.dumps({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": {"AWS": "222222222222"}, "Action": ["s3:PutObject", "s3:PutObjectAcl"], "Resource": "arn:aws:s3:::shared/*"}}))
    other.put_object(Bucket="shared", Key="theirs", Body=b"y")
    other.put_object(Bucket="shared", Key="given", Body=b"z", ACL="bucket-owner-full-control")
    owner = mine.get_bucket_acl(Bucket="shared")["Owner"]["ID"]
    assert other.get_object(Bucket="shared", Key="theirs")["Body"].read() == b"y"
    assert mine.get_object_acl(Bucket="shared", Key="theirs")["Owner"]["ID"] != owner
    assert mine.get_object_acl(Bucket="shared", Key="given")["Owner"]["ID"] == owner
    assert refusal(other.get_object, Bucket="shared", Key="given")[:2] == (403, "AccessDenied")


def test_turning_acls_off(server, s3, bucket):
    s3.put_object_acl(Bucket=bucket, Key="k", ACL="public-read")
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    off = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert refusal(s3.put_bucket_ownership_controls, Bucket=bucket, OwnershipControls=off)[:2] == (400, "InvalidBucketAclWithObjectOwnership")
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=off)
    assert anonymous(server, f"/{bucket}/k") == 403
    assert grants(s3.get_object_acl(Bucket=bucket, Key="k")) == OWNER_ONLY

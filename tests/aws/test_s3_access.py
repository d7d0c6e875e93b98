# SPDX-License-Identifier: Apache-2.0
"""Who may use a bucket: its policy, everybody, and what blocks public access; configurations that tools read."""

import json
import urllib.error
import urllib.request
import uuid

import pytest
from conftest import invoke, make_zip, refusal, ROLE


@pytest.fixture
def bucket(s3):
    name = f"b-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"hello")
    return name


def statement(bucket, action="s3:GetObject", principal="*", effect="Allow", **more):
    return {"Effect": effect, "Principal": principal, "Action": action, "Resource": f"arn:aws:s3:::{bucket}/*"} | more


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def anonymous(server, path, method="GET", body=None):
    request = urllib.request.Request(server.endpoint + path, body, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_everybody_is_let_in_by_a_policy_alone(server, s3, bucket):
    assert anonymous(server, f"/{bucket}/k")[0] == 403
    public = policy(statement(bucket))
    assert refusal(s3.put_bucket_policy, Bucket=bucket, Policy=public)[:2] == (403, "AccessDenied")  # blocked by default
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=public)
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == json.loads(public)
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is True
    assert anonymous(server, f"/{bucket}/k") == (200, b"hello")
    assert anonymous(server, f"/{bucket}/none")[0] == 404
    assert anonymous(server, f"/{bucket}/k", "PUT", b"x")[0] == 403
    assert anonymous(server, f"/{bucket}")[0] == 403
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
    assert anonymous(server, f"/{bucket}/k")[0] == 403
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"RestrictPublicBuckets": False})
    assert anonymous(server, f"/{bucket}/k")[0] == 200
    s3.delete_bucket_policy(Bucket=bucket)
    assert anonymous(server, f"/{bucket}/k")[0] == 403


def test_anonymous_uploads(server, s3, bucket):
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(statement(bucket, "s3:PutObject")))
    assert anonymous(server, f"/{bucket}/up", "PUT", b"x" * 100_000)[0] == 200
    assert s3.get_object(Bucket=bucket, Key="up")["Body"].read() == b"x" * 100_000
    assert anonymous(server, f"/{bucket}/up", "DELETE")[0] == 403
    assert anonymous(server, f"/{uuid.uuid4()}", "PUT")[0] == 403
    assert anonymous(server, "/", "GET")[0] in (403, 404)


@pytest.mark.parametrize("document", [
    "{", "{}", policy(), policy({"Effect": "Allow"}),
    policy({"Effect": "Maybe", "Principal": "*", "Action": "s3:*", "Resource": "*"}),
    policy({"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}),
    policy({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::another/*"}),
])
def test_policies_that_are_refused(s3, bucket, document):
    assert refusal(s3.put_bucket_policy, Bucket=bucket, Policy=document)[:2] == (400, "MalformedPolicy")
    assert refusal(s3.get_bucket_policy, Bucket=bucket)[:2] == (404, "NoSuchBucketPolicy")


def test_a_policy_denies_its_own_account_too(start_server):
    server = start_server(arguments=["--iam", "enforce"])
    s3, iam = server.client("s3"), server.client("iam")
    s3.create_bucket(Bucket="closed")
    s3.put_object(Bucket="closed", Key="k", Body=b"x")
    iam.create_user(UserName="ann")
    iam.put_user_policy(UserName="ann", PolicyName="all", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}))
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    ann = server.client("s3", account=key["AccessKeyId"], secret=key["SecretAccessKey"])
    assert ann.get_object(Bucket="closed", Key="k")["Body"].read() == b"x"
    s3.put_bucket_policy(Bucket="closed", Policy=policy(
        statement("closed", principal={"AWS": "arn:aws:iam::000000000000:user/ann"}, effect="Deny")))
    assert refusal(ann.get_object, Bucket="closed", Key="k")[:2] == (403, "AccessDenied")
    reply = ann.delete_objects(Bucket="closed", Delete={"Objects": [{"Key": "k"}]})
    assert [d["Key"] for d in reply["Deleted"]] == ["k"]


def test_what_tools_read_of_a_new_bucket(s3, bucket):
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    for read in (s3.get_bucket_logging, s3.get_bucket_accelerate_configuration, s3.get_bucket_notification_configuration):
        assert set(read(Bucket=bucket)) == {"ResponseMetadata"}
    grants = s3.get_bucket_acl(Bucket=bucket)["Grants"]
    assert [g["Permission"] for g in grants] == ["FULL_CONTROL"]
    assert s3.get_object_acl(Bucket=bucket, Key="k")["Grants"] == grants
    for read, code in ((s3.get_bucket_cors, "NoSuchCORSConfiguration"), (s3.get_bucket_website, "NoSuchWebsiteConfiguration"),
                       (s3.get_bucket_lifecycle_configuration, "NoSuchLifecycleConfiguration"),
                       (s3.get_bucket_replication, "ReplicationConfigurationNotFoundError"),
                       (s3.get_object_lock_configuration, "ObjectLockConfigurationNotFoundError"),
                       (s3.get_bucket_policy, "NoSuchBucketPolicy")):
        assert refusal(read, Bucket=bucket)[:2] == (404, code)
    assert refusal(s3.put_bucket_acl, Bucket=bucket, ACL="public-read")[:2] == (400, "AccessControlListNotSupported")


# --- Lambda ---

def test_a_function_from_a_package_in_a_bucket(server, awslambda, s3, bucket):
    name = f"f-{uuid.uuid4()}"
    s3.put_object(Bucket=bucket, Key="code.zip", Body=make_zip({"app.py": "def handler(event, context): return 1"}))
    awslambda.create_function(FunctionName=name, Runtime="python3.11", Role=ROLE, Handler="app.handler",
                              Code={"S3Bucket": bucket, "S3Key": "code.zip"})
    awslambda.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
    assert invoke(awslambda, name)[0] == 1
    s3.put_object(Bucket=bucket, Key="code.zip", Body=make_zip({"app.py": "def handler(event, context): return 2"}))
    awslambda.update_function_code(FunctionName=name, S3Bucket=bucket, S3Key="code.zip")
    awslambda.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
    assert invoke(awslambda, name)[0] == 2
    assert refusal(awslambda.update_function_code, FunctionName=name, S3Bucket=bucket, S3Key="none")[0] == 400

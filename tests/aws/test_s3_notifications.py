# SPDX-License-Identifier: Apache-2.0
"""Buckets tell functions, queues and topics of their objects."""

import json
import uuid

import botocore.exceptions
import pytest
from conftest import create_function, eventually

PUTS = ["s3:ObjectCreated:*"]
# Answers each event with an object beside it, so that a test sees what the function saw.
ECHO = {"app.py": """
import json, boto3, urllib.parse
s3 = boto3.client("s3")
def handler(event, context):
    record = event["Records"][0]
    s3.put_object(Bucket=record["s3"]["bucket"]["name"], Body=json.dumps(event),
                  Key="seen/" + urllib.parse.unquote_plus(record["s3"]["object"]["key"]))
"""}


@pytest.fixture
def s3(server):
    return server.client("s3")


@pytest.fixture
def bucket(s3):
    name = "b" + uuid.uuid4().hex
    s3.create_bucket(Bucket=name)
    return name


def allow(awslambda, function, bucket):
    awslambda.add_permission(FunctionName=function, StatementId="s3", Action="lambda:InvokeFunction",
                             Principal="s3.amazonaws.com", SourceArn=f"arn:aws:s3:::{bucket}", SourceAccount="000000000000")


def tell(s3, bucket, **configuration):
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)


def test_a_function_is_told_of_the_keys_it_asked_for(awslambda, s3, bucket):
    function = create_function(awslambda, "s3-told", ECHO, Timeout=30)["FunctionArn"]
    allow(awslambda, "s3-told", bucket)
    rule = {"LambdaFunctionArn": function, "Events": PUTS, "Filter": {"Key": {"FilterRules": [
        {"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".txt"}]}}}
    tell(s3, bucket, LambdaFunctionConfigurations=[rule])
    kept = s3.get_bucket_notification_configuration(Bucket=bucket)["LambdaFunctionConfigurations"][0]
    assert kept["LambdaFunctionArn"] == function and kept["Events"] == PUTS and kept["Id"]
    for key in ("in/other.png", "out/a.txt", "in/my file é.txt"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"12345")

    def seen():
        return [o["Key"] for o in s3.list_objects_v2(Bucket=bucket, Prefix="seen/").get("Contents", [])]
    eventually(lambda: seen() == ["seen/in/my file é.txt"])
    event = json.loads(s3.get_object(Bucket=bucket, Key="seen/in/my file é.txt")["Body"].read())
    record = event["Records"][0]
    assert record["eventName"] == "ObjectCreated:Put" and record["eventSource"] == "aws:s3"
    assert record["s3"]["object"]["key"] == "in/my+file+%C3%A9.txt" and record["s3"]["object"]["size"] == 5
    assert record["s3"]["bucket"]["arn"] == f"arn:aws:s3:::{bucket}" and record["s3"]["configurationId"] == kept["Id"]


def test_a_function_that_does_not_let_the_bucket_in_is_refused(awslambda, s3, bucket):
    function = create_function(awslambda, "s3-closed", ECHO)["FunctionArn"]
    rule = {"LambdaFunctionArn": function, "Events": PUTS}
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        tell(s3, bucket, LambdaFunctionConfigurations=[rule])
    error = refused.value.response["Error"]
    assert error["Code"] == "InvalidArgument"
    assert error["Message"] == "Unable to validate the following destination configurations"
    assert "LambdaFunctionConfigurations" not in s3.get_bucket_notification_configuration(Bucket=bucket)


def test_rules_that_overlap_are_refused(awslambda, s3, bucket):
    function = create_function(awslambda, "s3-overlap", ECHO)["FunctionArn"]
    allow(awslambda, "s3-overlap", bucket)
    with pytest.raises(botocore.exceptions.ClientError, match="ambiguously defined"):
        tell(s3, bucket, LambdaFunctionConfigurations=[
            {"LambdaFunctionArn": function, "Events": PUTS},
            {"LambdaFunctionArn": function, "Events": ["s3:ObjectCreated:Put"]}])

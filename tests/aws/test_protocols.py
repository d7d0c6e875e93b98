# SPDX-License-Identifier: Apache-2.0
"""Services whose models are here but whose operations are not: every protocol's form is understood, and the answer
NotImplemented is one that this protocol's clients understand."""


import hashlib

import pytest

from conftest import refusal
from wire.raw import ask, message, signed_headers

EMPTY_MAP = b"\xa0"


def call(server, service, method="POST", path="/", body=b"", query="", host=None, **more):
    host = host or f"127.0.0.1:{server.port}"
    headers = signed_headers(method, path, body, service, host=host, query=query,
                             more={name.replace("_", "-"): value for name, value in more.items()})
    if service == "s3":
        headers = signed_headers(method, path, body, service, host=host, query=query,
                                 more={"X-Amz-Content-Sha256": hashlib.sha256(body).hexdigest()})
    return ask(server.port, message(method, path + ("?" + query if query else ""), headers, body))


@pytest.mark.parametrize("service,operation,arguments", [
    ("s3", "list_bucket_inventory_configurations", {"Bucket": "bucket"}),
    ("s3", "get_object_torrent", {"Bucket": "bucket", "Key": "k"}),
    ("sns", "list_platform_applications", {}),
    ("dynamodb", "list_tables", {}),
    ("kinesis", "list_streams", {}), ("cloudwatch", "describe_alarms", {}),
])
def test_a_client_understands_that_an_operation_is_not_built(server, service, operation, arguments):
    status, code, text = refusal(getattr(server.client(service), operation), **arguments)
    assert (status, code) == (501, "NotImplemented")
    assert "is not implemented yet" in text


def test_s3_errors_have_no_wrapper_and_name_request_and_host(server):
    reply = call(server, "s3", "GET", "/no-such-bucket/key")
    assert reply.status == 404
    assert reply.headers["content-type"] == "application/xml"
    text = reply.body.decode()
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchBucket</Code>')
    assert f"<RequestId>{reply.headers['x-amz-request-id']}</RequestId>" in text
    assert f"<HostId>{reply.headers['x-amz-id-2']}</HostId>" in text
    assert len(reply.headers["x-amz-request-id"]) == 16
    assert "x-amzn-requestid" not in reply.headers


@pytest.mark.parametrize("host,path", [
    ("127.0.0.1", "/named-bucket/key"), ("named-bucket.s3.localhost", "/key"), ("named-bucket.s3.us-east-1.localhost", "/key"),
    ("named-bucket.localhost", "/key"), ("s3.localhost", "/named-bucket/key"), ("s3.us-east-1.localhost", "/named-bucket/key"),
])
def test_s3_takes_the_bucket_from_path_or_host(server, host, path):
    s3 = server.client("s3")
    s3.create_bucket(Bucket="named-bucket")
    s3.put_object(Bucket="named-bucket", Key="key", Body=b"the object")
    assert call(server, "s3", "GET", path, host=f"{host}:{server.port}").body == b"the object"


def test_head_has_no_body(server):
    status, code, _ = refusal(server.client("s3").head_object, Bucket="no-such-bucket", Key="key")
    assert (status, code) == (404, "404")


def test_sqs_answers_json_and_query(server):
    reply = call(server, "sqs", body=b'{"QueueName": "no-such-queue"}', X_Amz_Target="AmazonSQS.GetQueueUrl",
                 Content_Type="application/x-amz-json-1.0")
    assert reply.headers["x-amzn-query-error"] == "AWS.SimpleQueueService.NonExistentQueue;Sender"
    assert reply.json["__type"] == "com.amazonaws.sqs#QueueDoesNotExist"
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    reply = call(server, "sqs", path="/000000000000/none", body=b"Action=SendMessage&MessageBody=b&Version=2012-11-05", **form)
    assert reply.headers["content-type"] == "text/xml"
    assert reply.body.startswith(b'<ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><Error>')
    assert b"<Code>AWS.SimpleQueueService.NonExistentQueue</Code>" in reply.body
    reply = call(server, "sqs", body=b"Action=SendMessage&MessageBody=b&Version=2012-11-05", **form)
    assert b"<Code>MissingParameter</Code>" in reply.body
    assert call(server, "sqs", body=b"Action=Nope", **form).error == "InvalidAction"


def test_cloudwatch_answers_cbor_json_and_query(server):
    path = "/service/GraniteServiceVersion20100801/operation/DescribeAlarms"
    reply = call(server, "monitoring", path=path, body=EMPTY_MAP, smithy_protocol="rpc-v2-cbor",
                 Content_Type="application/cbor")
    assert reply.status == 501
    assert reply.headers["smithy-protocol"] == "rpc-v2-cbor"
    assert reply.headers["content-type"] == "application/cbor"
    assert b"com.amazonaws.cloudwatch#NotImplemented" in reply.body
    reply = call(server, "monitoring", body=b"{}", X_Amz_Target="GraniteServiceVersion20100801.DescribeAlarms",
                 Content_Type="application/x-amz-json-1.0")
    assert reply.json["__type"].endswith("#NotImplemented")
    reply = call(server, "monitoring", body=b"Action=DescribeAlarms&Version=2010-08-01",
                 Content_Type="application/x-www-form-urlencoded")
    assert (reply.status, reply.error) == (501, "NotImplemented")


def test_kinesis_answers_json_and_its_older_cbor(server):
    for content_type, body in (("application/x-amz-json-1.1", b"{}"), ("application/x-amz-cbor-1.1", EMPTY_MAP)):
        reply = call(server, "kinesis", body=body, X_Amz_Target="Kinesis_20131202.ListStreams", Content_Type=content_type)
        assert reply.status == 501
        assert reply.headers["content-type"] == content_type
        assert b"NotImplemented" in reply.body

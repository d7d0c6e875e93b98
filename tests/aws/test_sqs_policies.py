# SPDX-License-Identifier: Apache-2.0
"""Who may use a queue: its policy, its tags, and other services that send to it."""

import json
import uuid

import pytest

from conftest import create_function, eventually, refusal

ACCOUNT, OTHER = "000000000000", "111122223333"


@pytest.fixture(scope="module")
def sqs(server):
    return server.client("sqs", read_timeout=30)


def make(sqs, suffix="", **attributes):
    return sqs.create_queue(QueueName=f"q-{uuid.uuid4().hex[:12]}{suffix}", Attributes=attributes)["QueueUrl"]


def attribute(sqs, url, name):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name]).get("Attributes", {}).get(name)


def arn(sqs, url):
    return attribute(sqs, url, "QueueArn")


def test_permissions_become_statements(sqs):
    url = make(sqs)
    sqs.add_permission(QueueUrl=url, Label="one", AWSAccountIds=[OTHER], Actions=["SendMessage"])
    sqs.add_permission(QueueUrl=url, Label="two", AWSAccountIds=[OTHER, ACCOUNT], Actions=["ReceiveMessage", "DeleteMessage"])
    policy = json.loads(attribute(sqs, url, "Policy"))
    assert policy["Id"] == f"{arn(sqs, url)}/SQSDefaultPolicy"
    assert policy["Statement"][0] == {"Sid": "one", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
                                      "Action": "SQS:SendMessage", "Resource": arn(sqs, url)}
    assert policy["Statement"][1]["Action"] == ["SQS:ReceiveMessage", "SQS:DeleteMessage"]
    assert refusal(sqs.add_permission, QueueUrl=url, Label="one", AWSAccountIds=[OTHER], Actions=["SendMessage"]) == (
        400, "InvalidParameterValue", "Value one for parameter Label is invalid. Reason: Already exists.")
    sqs.remove_permission(QueueUrl=url, Label="one")
    assert [statement["Sid"] for statement in json.loads(attribute(sqs, url, "Policy"))["Statement"]] == ["two"]
    assert refusal(sqs.remove_permission, QueueUrl=url, Label="one")[2].endswith("can't find label on existing policy.")
    sqs.remove_permission(QueueUrl=url, Label="two")
    assert attribute(sqs, url, "Policy") is None


@pytest.mark.parametrize("arguments,status,code,text", [
    ({"Actions": ["SendMessage"] * 8}, 403, "OverLimit", "8 Actions were found, maximum allowed is 7."),
    ({"Actions": ["RemovePermission"]}, 400, "InvalidParameterValue",
     "Value SQS:RemovePermission for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke this action."),
    ({"Actions": []}, 400, "MissingParameter", "The request must contain the parameter Actions."),
    ({"AWSAccountIds": []}, 400, "InvalidParameterValue", "Value [] for parameter PrincipalId is invalid. Reason: Unable to verify."),
])
def test_bad_permissions_are_refused(sqs, arguments, status, code, text):
    url = make(sqs)
    arguments = {"Label": "l", "AWSAccountIds": [OTHER], "Actions": ["SendMessage"]} | arguments
    assert refusal(sqs.add_permission, QueueUrl=url, **arguments) == (status, code, text)


def test_another_account_needs_the_policy(sqs, server):
    url = make(sqs)
    other = server.client("sqs", account=OTHER)
    status, code, _ = refusal(other.send_message, QueueUrl=url, MessageBody="no")
    assert (status, code) == (403, "AccessDenied")
    sqs.add_permission(QueueUrl=url, Label="send", AWSAccountIds=[OTHER], Actions=["SendMessage"])
    other.send_message(QueueUrl=url, MessageBody="yes")
    got, = sqs.receive_message(QueueUrl=url, AttributeNames=["SenderId"])["Messages"]
    assert (got["Body"], got["Attributes"]) == ("yes", {"SenderId": OTHER})
    assert refusal(other.receive_message, QueueUrl=url)[1] == "AccessDenied"
    sqs.remove_permission(QueueUrl=url, Label="send")
    assert refusal(other.send_message, QueueUrl=url, MessageBody="no")[1] == "AccessDenied"


def test_tags_are_kept_and_bounded(sqs):
    url = sqs.create_queue(QueueName=f"tags-{uuid.uuid4().hex[:8]}", tags={"a": "1"})["QueueUrl"]
    sqs.tag_queue(QueueUrl=url, Tags={"b": "2", "a": "3"})
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"a": "3", "b": "2"}
    sqs.untag_queue(QueueUrl=url, TagKeys=["a", "none"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"b": "2"}
    assert refusal(sqs.tag_queue, QueueUrl=url, Tags={f"k{n}": "v" for n in range(50)}) == (
        400, "InvalidParameterValue", f"Too many tags added for queue {url.rsplit('/', 1)[1]}.")
    assert refusal(sqs.tag_queue, QueueUrl=url, Tags={"k" * 129: "v"})[2] == "Tag keys must be between 1 and 128 characters in length."
    sqs.untag_queue(QueueUrl=url, TagKeys=["b"])
    assert "Tags" not in sqs.list_queue_tags(QueueUrl=url)


def allow_topic(sqs, url, topic):
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn(sqs, url),
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}]})})


def test_a_topic_reaches_a_queue_that_lets_it_in(sqs, server):
    sns = server.client("sns")
    topic = sns.create_topic(Name=f"t-{uuid.uuid4().hex[:8]}")["TopicArn"]
    closed, open_ = make(sqs), make(sqs)
    allow_topic(sqs, open_, topic)
    for url in (closed, open_):
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn(sqs, url), Attributes={"RawMessageDelivery": "true"})
    sns.publish(TopicArn=topic, Message="news", MessageAttributes={"kind": {"DataType": "String", "StringValue": "full"}})
    got, = eventually(lambda: sqs.receive_message(QueueUrl=open_, WaitTimeSeconds=2, AttributeNames=["All"],
                                                  MessageAttributeNames=["All"]).get("Messages"))
    assert got["Body"] == "news"
    assert got["MessageAttributes"]["kind"]["StringValue"] == "full"
    assert got["Attributes"]["SenderId"].startswith("AIDA")
    assert attribute(sqs, closed, "ApproximateNumberOfMessages") == "0"


RECORDS = """
import json, os, boto3
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["OUT"], MessageBody=json.dumps(event))
"""


def test_a_function_gets_the_records_of_a_queue(sqs, server, awslambda):
    source, out = make(sqs), make(sqs)
    name = f"reader-{uuid.uuid4().hex[:8]}"
    create_function(awslambda, name, {"app.py": RECORDS}, Timeout=20, Environment={"Variables": {"OUT": out}})
    mapping = awslambda.create_event_source_mapping(FunctionName=name, EventSourceArn=arn(sqs, source))["UUID"]
    sent = sqs.send_message(QueueUrl=source, MessageBody='{"order":17}', MessageAttributes={
        "text": {"DataType": "String", "StringValue": "blue"}, "bytes": {"DataType": "Binary", "BinaryValue": b"\x01\x02\xff"}},
        MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}})
    got, = eventually(lambda: sqs.receive_message(QueueUrl=out, WaitTimeSeconds=5).get("Messages"), 30)
    record, = json.loads(got["Body"])["Records"]
    system = record["attributes"]
    assert set(system) == {"ApproximateReceiveCount", "SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp", "AWSTraceHeader"}
    assert all(isinstance(value, str) for value in system.values())
    assert len(record.pop("receiptHandle")) > 20 and record.pop("attributes")
    assert record == {
        "messageId": sent["MessageId"], "body": '{"order":17}', "md5OfBody": sent["MD5OfMessageBody"],
        "md5OfMessageAttributes": sent["MD5OfMessageAttributes"], "eventSource": "aws:sqs", "eventSourceARN": arn(sqs, source),
        "awsRegion": "us-east-1", "messageAttributes": {
            "text": {"stringValue": "blue", "stringListValues": [], "binaryListValues": [], "dataType": "String"},
            "bytes": {"binaryValue": "AQL/", "stringListValues": [], "binaryListValues": [], "dataType": "Binary"}}}
    eventually(lambda: attribute(sqs, source, "ApproximateNumberOfMessagesNotVisible") == "0")
    assert attribute(sqs, source, "ApproximateNumberOfMessages") == "0"
    awslambda.delete_event_source_mapping(UUID=mapping)

# SPDX-License-Identifier: Apache-2.0
"""SQS through boto3, which verifies the MD5 of every body it sends and receives."""

import hashlib
import threading
import time
import uuid

import pytest

from conftest import refusal


@pytest.fixture(scope="module")
def sqs(server):
    return server.client("sqs", read_timeout=30)


@pytest.fixture
def queue(sqs):
    url = make(sqs)
    yield url
    sqs.delete_queue(QueueUrl=url)


def make(sqs, name=None, **attributes):
    return sqs.create_queue(QueueName=name or f"q-{uuid.uuid4().hex[:12]}", Attributes=attributes)["QueueUrl"]


def receive(sqs, url, **more):
    more = {"MaxNumberOfMessages": 10, "MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"]} | more
    return sqs.receive_message(QueueUrl=url, **more).get("Messages", [])


def counts(sqs, url):
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return tuple(int(found["ApproximateNumberOfMessages" + kind]) for kind in ("", "NotVisible", "Delayed"))


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def test_a_queue_lives_and_dies(sqs, server):
    url = make(sqs, "life")
    assert url == f"{server.endpoint}/000000000000/life"
    assert make(sqs, "life") == url
    assert make(sqs, "life", VisibilityTimeout="30") == url
    assert refusal(make, sqs, "life", VisibilityTimeout="31") == (
        400, "QueueAlreadyExists", "A queue already exists with the same name and a different value for attribute VisibilityTimeout")
    assert sqs.get_queue_url(QueueName="life")["QueueUrl"] == url
    assert url in sqs.list_queues(QueueNamePrefix="lif")["QueueUrls"]
    sqs.delete_queue(QueueUrl=url)
    gone = (400, "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
    assert refusal(sqs.get_queue_url, QueueName="life") == gone
    assert refusal(sqs.send_message, QueueUrl=url, MessageBody="x") == gone
    assert refusal(sqs.delete_queue, QueueUrl=url) == gone
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix="life")


def test_a_queue_made_again_is_empty(sqs):
    url = make(sqs, "again")
    sqs.send_message(QueueUrl=url, MessageBody="old")
    sqs.delete_queue(QueueUrl=url)
    assert make(sqs, "again") == url
    assert receive(sqs, url) == []


def test_lists_come_in_pages(sqs):
    urls = sorted(make(sqs, f"page-{n}") for n in range(5))
    first = sqs.list_queues(QueueNamePrefix="page-", MaxResults=2)
    assert first["QueueUrls"] == urls[:2]
    found = [url for page in sqs.get_paginator("list_queues").paginate(
        QueueNamePrefix="page-", PaginationConfig={"PageSize": 2}) for url in page["QueueUrls"]]
    assert found == urls
    assert refusal(sqs.list_queues, MaxResults=0)[1] == "InvalidParameterValue"


def test_attributes_have_defaults_bounds_and_effects(sqs, queue):
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    name = queue.rsplit("/", 1)[1]
    times = {found.pop("CreatedTimestamp"), found.pop("LastModifiedTimestamp")}
    assert all(abs(int(moment) - time.time()) < 60 for moment in times)
    assert found == {
        "ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesDelayed": "0", "ApproximateNumberOfMessagesNotVisible": "0",
        "DelaySeconds": "0", "MaximumMessageSize": "1048576", "MessageRetentionPeriod": "345600",
        "QueueArn": f"arn:aws:sqs:us-east-1:000000000000:{name}", "ReceiveMessageWaitTimeSeconds": "0",
        "SqsManagedSseEnabled": "true", "VisibilityTimeout": "30"}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"DelaySeconds": "900", "MaximumMessageSize": "1024"})
    assert sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["DelaySeconds"])["Attributes"] == {"DelaySeconds": "900"}
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=queue)
    assert refusal(sqs.send_message, QueueUrl=queue, MessageBody="x" * 1025) == (
        400, "InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.")
    sqs.send_message(QueueUrl=queue, MessageBody="x" * 1024)
    assert counts(sqs, queue) == (0, 0, 1)
    assert receive(sqs, queue) == []


@pytest.mark.parametrize("name,value,code,text", [
    ("DelaySeconds", "901", "InvalidAttributeValue", "Invalid value for the parameter DelaySeconds."),
    ("MaximumMessageSize", "1023", "InvalidAttributeValue", "Invalid value for the parameter MaximumMessageSize."),
    ("MessageRetentionPeriod", "59", "InvalidAttributeValue", "Invalid value for the parameter MessageRetentionPeriod."),
    ("VisibilityTimeout", "", "InvalidAttributeValue", "Invalid value for the parameter VisibilityTimeout."),
    ("Policy", "{", "InvalidAttributeValue", "Invalid value for the parameter Policy."),
    ("FifoQueue", "true", "InvalidAttributeName", "Unknown Attribute FifoQueue."),
    ("Nope", "1", "InvalidAttributeName", "Unknown Attribute Nope."),
    ("QueueArn", "arn", "InvalidAttributeName", "Unknown Attribute QueueArn."),
])
def test_bad_attributes_are_refused_by_name(sqs, queue, name, value, code, text):
    assert refusal(sqs.set_queue_attributes, QueueUrl=queue, Attributes={name: value}) == (400, code, text)


@pytest.mark.parametrize("name", ["", "a" * 81, "a b", "a.b", "plain.fifo"])
def test_bad_names_are_refused(sqs, name):
    status, code, _ = refusal(sqs.create_queue, QueueName=name)
    assert (status, code) == (400, "InvalidParameterValue" if name else "MissingParameter")


def test_a_message_keeps_body_and_attributes(sqs, queue):
    body = "Grüße, 世界 \U0001f980\t\r\n<&>"
    attributes = {"text": {"DataType": "String", "StringValue": "ä"}, "n": {"DataType": "Number.int", "StringValue": "42"},
                  "bytes": {"DataType": "Binary.png", "BinaryValue": b"\x00\xff\x01"}}
    sent = sqs.send_message(QueueUrl=queue, MessageBody=body, MessageAttributes=attributes, MessageSystemAttributes={
        "AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}})
    assert sent["MD5OfMessageBody"] == md5(body)
    assert len(sent["MD5OfMessageAttributes"]) == len(sent["MD5OfMessageSystemAttributes"]) == 32
    before = time.time() * 1000
    got, = receive(sqs, queue)
    assert got["Body"] == body and got["MessageId"] == sent["MessageId"] and got["MessageAttributes"] == attributes
    assert got["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    system = got["Attributes"]
    assert abs(int(system["SentTimestamp"]) - before) < 5000
    assert int(system["ApproximateFirstReceiveTimestamp"]) >= int(system["SentTimestamp"])
    assert system["ApproximateReceiveCount"] == "1" and system["SenderId"] == "000000000000"
    assert system["AWSTraceHeader"].startswith("Root=")
    assert set(system) == {"SentTimestamp", "ApproximateFirstReceiveTimestamp", "ApproximateReceiveCount", "SenderId", "AWSTraceHeader"}


def test_a_receive_gets_the_attributes_it_asks_for(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="b", MessageAttributes={
        name: {"DataType": "String", "StringValue": name} for name in ("a.one", "a.two", "b")})

    def names(*wanted):
        got, = receive(sqs, queue, MessageAttributeNames=list(wanted), MessageSystemAttributeNames=["SenderId"], VisibilityTimeout=0)
        assert set(got["Attributes"]) == {"SenderId"}
        return set(got.get("MessageAttributes", {}))

    assert names() == set()
    assert names("b") == {"b"}
    assert names("a.*") == {"a.one", "a.two"}
    assert names(".*") == names("All") == {"a.one", "a.two", "b"}
    assert refusal(sqs.receive_message, QueueUrl=queue, AttributeNames=["Nope"]) == (
        400, "InvalidAttributeName", "Unknown Attribute Nope.")


def test_a_message_of_a_mebibyte_passes_and_one_byte_more_does_not(sqs, queue):
    body = "m" * 1_048_576
    sqs.send_message(QueueUrl=queue, MessageBody=body)
    got, = receive(sqs, queue)
    assert got["Body"] == body
    status, code, text = refusal(sqs.send_message, QueueUrl=queue, MessageBody=body + "m")
    assert (status, code) == (400, "InvalidParameterValue") and text.endswith("shorter than 1048576 bytes.")
    assert refusal(sqs.send_message, QueueUrl=queue, MessageBody=body[:-3], MessageAttributes={
        "a": {"DataType": "String", "StringValue": "v"}})[1] == "InvalidParameterValue"
    status, code, text = refusal(sqs.send_message_batch, QueueUrl=queue, Entries=[
        {"Id": str(n), "MessageBody": "m" * 600_000} for n in range(2)])
    assert (status, code) == (400, "AWS.SimpleQueueService.BatchRequestTooLong")
    assert text == "Batch requests cannot be longer than 1048576 bytes. You have sent 1200000 bytes."


@pytest.mark.parametrize("attribute,text", [
    ({"": {"DataType": "String", "StringValue": "v"}}, "The message attribute name '' is invalid."),
    ({"aws.x": {"DataType": "String", "StringValue": "v"}}, "The message attribute name 'aws.x' is invalid."),
    ({"a": {"DataType": "Text", "StringValue": "v"}}, "The message attribute 'a' has an invalid message attribute type, the set of "
                                                      "supported type prefixes is Binary, Number, and String."),
    ({"a": {"DataType": "String", "StringValue": ""}}, "The message attribute 'a' must contain non-empty message attribute value for "
                                                       "message attribute type 'String'."),
    ({"a": {"DataType": "Number", "StringValue": "one"}}, "Can't cast the value of message (user) attribute 'a' to a number."),
    ({f"a{n}": {"DataType": "String", "StringValue": "v"} for n in range(11)}, "Number of message attributes [11]"),
])
def test_bad_message_attributes_are_refused(sqs, queue, attribute, text):
    status, code, message = refusal(sqs.send_message, QueueUrl=queue, MessageBody="b", MessageAttributes=attribute)
    assert (status, code) == (400, "InvalidParameterValue")
    assert message.startswith(text)


def test_characters_that_xml_lacks_are_refused(sqs, queue):
    for bad in ("\x00", "\x1f", "\ufffe"):
        assert refusal(sqs.send_message, QueueUrl=queue, MessageBody="x" + bad)[1] == "InvalidMessageContents"
    assert refusal(sqs.send_message, QueueUrl=queue, MessageBody="")[1:] == (
        "MissingParameter", "The request must contain the parameter MessageBody.")


def test_visibility_hides_returns_and_counts(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="v")
    first, = receive(sqs, queue, VisibilityTimeout=1)
    assert receive(sqs, queue) == []
    assert counts(sqs, queue) == (0, 1, 0)
    second, = receive(sqs, queue, WaitTimeSeconds=3)
    assert second["Attributes"]["ApproximateReceiveCount"] == "2"
    assert second["ReceiptHandle"] != first["ReceiptHandle"]
    assert second["Attributes"]["ApproximateFirstReceiveTimestamp"] == first["Attributes"]["ApproximateFirstReceiveTimestamp"]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"])  # succeeds, without effect
    assert counts(sqs, queue) == (0, 1, 0)
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=0)
    third, = receive(sqs, queue)
    for _ in range(2):
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=third["ReceiptHandle"])
    assert counts(sqs, queue) == (0, 0, 0)
    status, code, text = refusal(sqs.change_message_visibility, QueueUrl=queue, ReceiptHandle=third["ReceiptHandle"], VisibilityTimeout=1)
    assert (status, code) == (400, "InvalidParameterValue")
    assert text.endswith("Reason: Message does not exist or is not available for visibility timeout change.")


@pytest.mark.parametrize("arguments,text", [
    ({"MaxNumberOfMessages": 11}, "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."),
    ({"MaxNumberOfMessages": 0}, "Value 0 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."),
    ({"WaitTimeSeconds": 21}, "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided."),
    ({"VisibilityTimeout": 43201}, "Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200, if provided."),
])
def test_receive_has_bounds(sqs, queue, arguments, text):
    assert refusal(sqs.receive_message, QueueUrl=queue, **arguments) == (400, "InvalidParameterValue", text)


def test_handles_are_checked(sqs, queue):
    other = make(sqs)
    sqs.send_message(QueueUrl=other, MessageBody="x")
    foreign = receive(sqs, other)[0]["ReceiptHandle"]
    for handle in ("nonsense", foreign):
        assert refusal(sqs.delete_message, QueueUrl=queue, ReceiptHandle=handle) == (
            404, "ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
    status, code, text = refusal(sqs.change_message_visibility, QueueUrl=other, ReceiptHandle=foreign, VisibilityTimeout=43200)
    assert code == "InvalidParameterValue" and "beyond the limit [43200 seconds]" in text


def test_batches_fail_entry_by_entry(sqs, queue):
    sent = sqs.send_message_batch(QueueUrl=queue, Entries=[
        {"Id": "good", "MessageBody": "a"}, {"Id": "bad", "MessageBody": "\x01"}, {"Id": "late", "MessageBody": "b", "DelaySeconds": 900},
        {"Id": "wrong", "MessageBody": "c", "DelaySeconds": 901}])
    assert [entry["Id"] for entry in sent["Successful"]] == ["good", "late"]
    assert sent["Successful"][0]["MD5OfMessageBody"] == md5("a")
    assert {entry["Id"]: (entry["Code"], entry["SenderFault"]) for entry in sent["Failed"]} == {
        "bad": ("InvalidMessageContents", True), "wrong": ("InvalidParameterValue", True)}
    assert counts(sqs, queue) == (1, 0, 1)
    handle = receive(sqs, queue)[0]["ReceiptHandle"]
    changed = sqs.change_message_visibility_batch(QueueUrl=queue, Entries=[
        {"Id": "a", "ReceiptHandle": handle, "VisibilityTimeout": 60}, {"Id": "b", "ReceiptHandle": "x", "VisibilityTimeout": 1}])
    assert [entry["Id"] for entry in changed["Successful"]] == ["a"]
    assert [(entry["Id"], entry["Code"]) for entry in changed["Failed"]] == [("b", "ReceiptHandleIsInvalid")]
    deleted = sqs.delete_message_batch(QueueUrl=queue, Entries=[{"Id": "a", "ReceiptHandle": handle}, {"Id": "b", "ReceiptHandle": "x"}])
    assert [entry["Id"] for entry in deleted["Successful"]] == ["a"]
    assert [entry["Code"] for entry in deleted["Failed"]] == ["ReceiptHandleIsInvalid"]


@pytest.mark.parametrize("ids,code,text", [
    ([], "EmptyBatchRequest", "There should be at least one SendMessageBatchRequestEntry in the request."),
    ([str(n) for n in range(11)], "TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10. You have sent 11."),
    (["a", "a"], "BatchEntryIdsNotDistinct", "Id a repeated."),
    (["a b"], "InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at "
                                     "most 80 letters long."),
])
def test_batches_are_refused_as_a_whole(sqs, queue, ids, code, text):
    assert refusal(sqs.send_message_batch, QueueUrl=queue, Entries=[{"Id": id, "MessageBody": "x"} for id in ids]) == (
        400, "AWS.SimpleQueueService." + code, text)


def test_a_send_wakes_a_waiting_receive_at_once(sqs, server, queue):
    took = []

    def wait():
        client = server.client("sqs", read_timeout=30)
        got = receive(client, queue, WaitTimeSeconds=20)
        took.append((time.monotonic(), [message["Body"] for message in got]))

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.3)
    sent = time.monotonic()
    sqs.send_message(QueueUrl=queue, MessageBody="wake")
    waiting.join(5)
    (woken, bodies), = took
    assert bodies == ["wake"]
    assert woken - sent < 0.25


def test_an_empty_long_poll_lasts_as_long_as_it_was_told(sqs):
    url = make(sqs, ReceiveMessageWaitTimeSeconds="1")
    for arguments, low, high in (({}, 0.9, 2), ({"WaitTimeSeconds": 0}, 0, 0.5)):
        began = time.monotonic()
        assert receive(sqs, url, **arguments) == []
        assert low <= time.monotonic() - began < high


def test_a_delay_hides_a_message_at_first(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="later", DelaySeconds=1)
    assert counts(sqs, queue) == (0, 0, 1)
    got, = receive(sqs, queue, WaitTimeSeconds=5)
    assert got["Body"] == "later"


def test_purge_takes_everything(sqs, queue):
    for n in range(20):
        sqs.send_message(QueueUrl=queue, MessageBody=str(n), DelaySeconds=900 if n % 4 == 0 else 0)
    held = receive(sqs, queue)
    assert held
    sqs.purge_queue(QueueUrl=queue)
    assert counts(sqs, queue) == (0, 0, 0)
    sqs.send_message(QueueUrl=queue, MessageBody="after")
    assert [message["Body"] for message in receive(sqs, queue)] == ["after"]


def test_other_accounts_and_regions_have_other_queues(sqs, server):
    make(sqs, "where")
    far = server.client("sqs", region="eu-west-1")
    assert refusal(far.get_queue_url, QueueName="where")[1] == "AWS.SimpleQueueService.NonExistentQueue"
    other = server.client("sqs", account="111122223333")
    assert make(other, "where").endswith("/111122223333/where")


def test_urls_of_other_hosts_lead_here(sqs, queue):
    name = queue.rsplit("/", 1)[1]
    for url in (f"https://sqs.us-east-1.amazonaws.com/000000000000/{name}", f"http://localhost:1/000000000000/{name}/"):
        sqs.send_message(QueueUrl=url, MessageBody="there")
    assert counts(sqs, queue) == (2, 0, 0)
    assert refusal(sqs.send_message, QueueUrl="nowhere", MessageBody="x")[:2] == (404, "InvalidAddress")

# SPDX-License-Identifier: Apache-2.0
"""FIFO queues, dead letter queues and the tasks that move messages back."""

import json
import uuid

import pytest

from conftest import eventually, refusal


@pytest.fixture(scope="module")
def sqs(server):
    return server.client("sqs", read_timeout=30)


def make(sqs, fifo=False, **attributes):
    attributes = ({"FifoQueue": "true"} if fifo else {}) | attributes
    return sqs.create_queue(QueueName=f"q-{uuid.uuid4().hex[:12]}" + (".fifo" if fifo else ""), Attributes=attributes)["QueueUrl"]


def arn(sqs, url):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def send(sqs, url, body, group="g", **more):
    return sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group, **more)


def receive(sqs, url, **more):
    more = {"MaxNumberOfMessages": 10, "MessageSystemAttributeNames": ["All"]} | more
    return sqs.receive_message(QueueUrl=url, **more).get("Messages", [])


def delete(sqs, url, *messages):
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def bodies(messages):
    return [message["Body"] for message in messages]


def test_a_fifo_queue_says_what_it_is(sqs):
    url = make(sqs, fifo=True)
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert {name: found[name] for name in ("FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")} == {
        "FifoQueue": "true", "ContentBasedDeduplication": "false", "DeduplicationScope": "queue", "FifoThroughputLimit": "perQueue"}
    assert refusal(sqs.set_queue_attributes, QueueUrl=url, Attributes={"FifoThroughputLimit": "perMessageGroupId"})[1] == (
        "InvalidAttributeValue")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"FifoThroughputLimit": "perMessageGroupId", "DeduplicationScope": "messageGroup"})
    for name, attributes in (("plain", {"FifoQueue": "true"}), ("x.fifo", {})):
        assert refusal(sqs.create_queue, QueueName=name, Attributes=attributes)[1] == "InvalidParameterValue"


def test_a_group_is_received_in_order_and_one_receive_at_a_time(sqs):
    url = make(sqs, fifo=True, ContentBasedDeduplication="true")
    numbers = [int(send(sqs, url, f"a{n}", "a")["SequenceNumber"]) for n in range(12)]
    send(sqs, url, "b0", "b")
    assert numbers == sorted(numbers) and all(len(str(number)) == 20 for number in numbers)
    first = receive(sqs, url, MaxNumberOfMessages=3)
    assert bodies(first) == ["a0", "a1", "a2"]
    assert [int(message["Attributes"]["SequenceNumber"]) for message in first] == numbers[:3]
    assert first[0]["Attributes"]["MessageGroupId"] == "a" and len(first[0]["Attributes"]["MessageDeduplicationId"]) == 64
    assert bodies(receive(sqs, url)) == ["b0"]
    assert receive(sqs, url) == []
    delete(sqs, url, *first[:2])
    assert receive(sqs, url) == []
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=first[2]["ReceiptHandle"], VisibilityTimeout=0)
    again = receive(sqs, url)
    assert bodies(again) == [f"a{n}" for n in range(2, 12)]
    delete(sqs, url, *again)
    assert receive(sqs, url) == []


def test_a_handle_of_a_group_ends_with_its_visibility(sqs):
    url = make(sqs, fifo=True, ContentBasedDeduplication="true")
    send(sqs, url, "x")
    late, = receive(sqs, url, VisibilityTimeout=0)
    status, code, text = refusal(sqs.delete_message, QueueUrl=url, ReceiptHandle=late["ReceiptHandle"])
    assert (status, code) == (400, "InvalidParameterValue") and text.endswith("Reason: The receipt handle has expired.")
    failed, = sqs.delete_message_batch(QueueUrl=url, Entries=[{"Id": "1", "ReceiptHandle": late["ReceiptHandle"]}])["Failed"]
    assert (failed["Code"], failed["Message"]) == ("ReceiptHandleIsInvalid", "The receipt handle has expired")
    good, = receive(sqs, url)
    delete(sqs, url, good, good)


def test_a_duplicate_is_answered_like_the_first(sqs):
    url = make(sqs, fifo=True)
    first = send(sqs, url, "one", MessageDeduplicationId="d")
    again = send(sqs, url, "two", "other", MessageDeduplicationId="d")
    assert (again["MessageId"], again["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
    sent = sqs.send_message_batch(QueueUrl=url, Entries=[
        {"Id": str(n), "MessageBody": str(n), "MessageGroupId": "g", "MessageDeduplicationId": id} for n, id in enumerate(("d", "e", "e"))])
    ids = [entry["MessageId"] for entry in sent["Successful"]]
    assert ids[0] == first["MessageId"] and ids[1] == ids[2] != ids[0]
    got = receive(sqs, url)
    assert bodies(got) == ["one", "1"]
    delete(sqs, url, *got)
    send(sqs, url, "three", MessageDeduplicationId="d")  # also after the first was deleted
    assert receive(sqs, url) == []
    assert refusal(send, sqs, url, "none")[1:] == (
        "InvalidParameterValue", "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")


def test_ids_may_count_within_a_group(sqs):
    url = make(sqs, fifo=True, ContentBasedDeduplication="true", DeduplicationScope="messageGroup")
    for group in ("a", "b", "a"):
        send(sqs, url, "same", group)
    assert len(receive(sqs, url)) == 2


@pytest.mark.parametrize("arguments,code,text", [
    ({}, "MissingParameter", "The request must contain the parameter MessageGroupId."),
    ({"MessageGroupId": "g", "DelaySeconds": 5}, "InvalidParameterValue", "Value 5 for parameter DelaySeconds is invalid. Reason: The "
     "request include parameter that is not valid for this queue type."),
    ({"MessageGroupId": "with space"}, "InvalidParameterValue", "Value with space for parameter MessageGroupId is invalid."),
    ({"MessageGroupId": "g" * 129}, "InvalidParameterValue", "Value ggg"),
])
def test_what_a_fifo_queue_refuses(sqs, arguments, code, text):
    url = make(sqs, fifo=True, ContentBasedDeduplication="true")
    status, found, message = refusal(sqs.send_message, QueueUrl=url, MessageBody="x", **arguments)
    assert (status, found) == (400, code) and message.startswith(text)


def test_what_a_standard_queue_takes_of_it(sqs):
    url = make(sqs)
    assert refusal(send, sqs, url, "x", MessageDeduplicationId="d")[1] == "InvalidParameterValue"
    assert refusal(sqs.receive_message, QueueUrl=url, ReceiveRequestAttemptId="a")[1] == "InvalidParameterValue"
    for n in range(2):
        send(sqs, url, str(n), "fair")
    got = receive(sqs, url, MaxNumberOfMessages=1) + receive(sqs, url, MaxNumberOfMessages=1)
    assert {message["Attributes"]["MessageGroupId"] for message in got} == {"fair"} and len(got) == 2


def test_an_attempt_id_gets_the_same_messages_again(sqs):
    url = make(sqs, fifo=True, ContentBasedDeduplication="true")
    for n in range(3):
        send(sqs, url, str(n))
    first = receive(sqs, url, ReceiveRequestAttemptId="try")
    again = receive(sqs, url, ReceiveRequestAttemptId="try")
    assert bodies(first) == bodies(again) == ["0", "1", "2"]
    assert receive(sqs, url, ReceiveRequestAttemptId="other") == []
    delete(sqs, url, again[0])
    assert receive(sqs, url, ReceiveRequestAttemptId="try") == []


@pytest.mark.parametrize("fifo", [False, True])
def test_what_is_received_too_often_moves_to_the_dead_letter_queue(sqs, fifo):
    dead = make(sqs, fifo=fifo)
    url = make(sqs, fifo=fifo, RedrivePolicy=json.dumps({"deadLetterTargetArn": arn(sqs, dead), "maxReceiveCount": "2"}))
    more = {"MessageDeduplicationId": "d"} if fifo else {}
    sent = send(sqs, url, "poison", **more)
    for count in ("1", "2"):
        got, = receive(sqs, url, VisibilityTimeout=0)
        assert got["Attributes"]["ApproximateReceiveCount"] == count
        assert "DeadLetterQueueSourceArn" not in got["Attributes"]
    assert receive(sqs, url) == []
    moved, = receive(sqs, dead)
    assert moved["MessageId"] == sent["MessageId"] and moved["Body"] == "poison"
    assert moved["Attributes"]["DeadLetterQueueSourceArn"] == arn(sqs, url)
    assert moved["Attributes"]["ApproximateReceiveCount"] == "1"
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]
    assert sqs.list_dead_letter_source_queues(QueueUrl=url)["queueUrls"] == []


def test_redrive_policies_are_checked(sqs):
    url, dead, fifo = make(sqs), make(sqs), make(sqs, fifo=True)

    def fault(policy):
        text = policy if isinstance(policy, str) else json.dumps(policy)
        status, code, message = refusal(sqs.set_queue_attributes, QueueUrl=url, Attributes={"RedrivePolicy": text})
        assert (status, code) == (400, "InvalidParameterValue")
        assert message.startswith(f"Value {text} for parameter RedrivePolicy is invalid. Reason: ")
        return message.split("Reason: ")[1]

    target = arn(sqs, dead)
    assert fault("{") == "Redrive policy is not a valid JSON map."
    assert fault({"deadLetterTargetArn": target}) == "Redrive policy does not contain mandatory attribute: maxReceiveCount."
    assert fault({"deadLetterTargetArn": target, "maxReceiveCount": 0}) == (
        "Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive.")
    assert fault({"deadLetterTargetArn": target + "x", "maxReceiveCount": 1}) == "Dead letter target does not exist."
    assert fault({"deadLetterTargetArn": arn(sqs, fifo), "maxReceiveCount": 1}) == (
        "Dead-letter queue must be same type of queue as the source.")
    sqs.set_queue_attributes(QueueUrl=dead, Attributes={"RedriveAllowPolicy": json.dumps(
        {"redrivePermission": "byQueue", "sourceQueueArns": [arn(sqs, dead)]})})
    assert "not allowed" in fault({"deadLetterTargetArn": target, "maxReceiveCount": 1})
    sqs.set_queue_attributes(QueueUrl=dead, Attributes={"RedriveAllowPolicy": ""})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": 1})})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": ""})
    assert "RedrivePolicy" not in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]


@pytest.mark.parametrize("fifo", [False, True])
def test_dead_letters_move_back(sqs, fifo):
    dead = make(sqs, fifo=fifo)
    url = make(sqs, fifo=fifo, RedrivePolicy=json.dumps({"deadLetterTargetArn": arn(sqs, dead), "maxReceiveCount": 1}))
    for n in range(5):
        send(sqs, url, str(n), f"g{n}", **({"MessageDeduplicationId": str(n)} if fifo else {}))
    receive(sqs, url, VisibilityTimeout=0)
    assert receive(sqs, url) == []
    assert refusal(sqs.start_message_move_task, SourceArn=arn(sqs, url)) == (
        400, "InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
    handle = sqs.start_message_move_task(SourceArn=arn(sqs, dead))["TaskHandle"]
    assert handle

    def task():
        return sqs.list_message_move_tasks(SourceArn=arn(sqs, dead))["Results"][0]

    eventually(lambda: task()["Status"] == "COMPLETED")
    assert task()["ApproximateNumberOfMessagesMoved"] == 5 and task()["ApproximateNumberOfMessagesToMove"] == 5
    assert "TaskHandle" not in task()
    got = receive(sqs, url)
    assert sorted(bodies(got)) == ["0", "1", "2", "3", "4"]
    assert {message["Attributes"]["ApproximateReceiveCount"] for message in got} == {"1"}
    assert refusal(sqs.cancel_message_move_task, TaskHandle=handle)[1] == "AWS.SimpleQueueService.UnsupportedOperation"


def test_a_move_task_has_a_speed_and_can_be_cancelled(sqs):
    dead, other = make(sqs), make(sqs)
    make(sqs, RedrivePolicy=json.dumps({"deadLetterTargetArn": arn(sqs, dead), "maxReceiveCount": 1}))
    for n in range(20):
        sqs.send_message(QueueUrl=dead, MessageBody=str(n))
    handle = sqs.start_message_move_task(SourceArn=arn(sqs, dead), DestinationArn=arn(sqs, other),
                                         MaxNumberOfMessagesPerSecond=2)["TaskHandle"]
    assert refusal(sqs.start_message_move_task, SourceArn=arn(sqs, dead)) == (
        400, "AWS.SimpleQueueService.UnsupportedOperation",
        "There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
    moved = sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
    assert moved <= 6
    eventually(lambda: sqs.list_message_move_tasks(SourceArn=arn(sqs, dead))["Results"][0]["Status"] == "CANCELLED")
    # Nothing came from a source queue: without a destination nobody knows where it belongs.
    sqs.start_message_move_task(SourceArn=arn(sqs, dead))
    eventually(lambda: sqs.list_message_move_tasks(SourceArn=arn(sqs, dead))["Results"][0]["Status"] == "FAILED")
    assert sqs.list_message_move_tasks(SourceArn=arn(sqs, dead))["Results"][0]["FailureReason"] == "CouldNotDetermineMessageSource"
    assert refusal(sqs.start_message_move_task, SourceArn=arn(sqs, dead) + "x") == (
        404, "ResourceNotFoundException", "The resource that you specified for the SourceArn parameter doesn't exist.")

# SPDX-License-Identifier: Apache-2.0
"""The metrics of queues in CloudWatch."""

import subprocess

from conftest import KILN, eventually
from metrics import statistics


def test_queues_have_metrics(start_server):
    server = start_server()
    sqs, cloudwatch = server.client("sqs"), server.client("cloudwatch")
    url = sqs.create_queue(QueueName="metered.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    sqs.create_queue(QueueName="idle")
    for body, deduplication in (("1", "a"), ("22", "b"), ("again", "b")):
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g" + deduplication, MessageDeduplicationId=deduplication)
    sqs.send_message_batch(QueueUrl=url, Entries=[
        {"Id": n, "MessageBody": "333", "MessageGroupId": "g" + n, "MessageDeduplicationId": n} for n in "cd"])
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=3)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=messages[0]["ReceiptHandle"])
    sqs.delete_message_batch(QueueUrl=url, Entries=[{"Id": "a", "ReceiptHandle": messages[1]["ReceiptHandle"]}])

    def of(metric, stat="Sum", queue="metered.fifo"):
        return statistics(cloudwatch, metric, {"QueueName": queue}, "AWS/SQS")[stat]
    assert [of(f"NumberOf{metric}") for metric in ("MessagesSent", "MessagesReceived", "MessagesDeleted", "EmptyReceives")] == [4, 3, 2, 0]
    assert (of("SentMessageSize"), of("SentMessageSize", "SampleCount"), of("SentMessageSize", "Maximum")) == (9, 4, 3)
    assert subprocess.run([str(KILN), "clock", "advance", "61s"], env=server.environment()).returncode == 0
    eventually(lambda: of("ApproximateNumberOfMessagesVisible") == 2)  # the received one's lease has ended
    assert (of("ApproximateNumberOfMessagesNotVisible"), of("ApproximateNumberOfMessagesNotVisible", "SampleCount")) == (0, 1)
    empty = sqs.create_queue(QueueName="empty")["QueueUrl"]
    assert "Messages" not in sqs.receive_message(QueueUrl=empty)
    assert of("NumberOfEmptyReceives", queue="empty") == 1
    names = {dimension["Value"] for metric in cloudwatch.list_metrics(Namespace="AWS/SQS")["Metrics"] for dimension in metric["Dimensions"]}
    assert names == {"metered.fifo", "empty"}

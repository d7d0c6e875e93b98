# SPDX-License-Identifier: Apache-2.0
"""SQS through the `aws` command, the JavaScript SDK (it checks MD5s) and the query protocol of older clients."""

import hashlib
import json
import pathlib
import subprocess
import sys
import urllib.parse
import xml.etree.ElementTree

import pytest

from conftest import ROOT
from wire.raw import ask, message, signed_headers

# Version 1 of the command looks for SQS under an older host name unless --endpoint-url says where it is.
AWS = str(pathlib.Path(sys.executable).parent / "aws")
SYSTEM_AWS = "/usr/bin/aws"
NODE = ROOT / ".cache/node/22/bin/node"
NAMESPACE = "{http://queue.amazonaws.com/doc/2012-11-05/}"

SCRIPT = """
const { SQSClient, CreateQueueCommand, SendMessageCommand, SendMessageBatchCommand, ReceiveMessageCommand,
        DeleteMessageBatchCommand, GetQueueAttributesCommand, QueueDoesNotExist, DeleteQueueCommand } = require('@aws-sdk/client-sqs')
const client = new SQSClient({ endpoint: process.env.AWS_ENDPOINT_URL, region: 'us-east-1' })
const call = (Command, input) => client.send(new Command(input))
async function main() {
  const { QueueUrl } = await call(CreateQueueCommand, { QueueName: 'from-javascript.fifo', Attributes: { FifoQueue: 'true' } })
  const MessageAttributes = { text: { DataType: 'String', StringValue: 'ä' }, bytes: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255]) } }
  await call(SendMessageCommand, { QueueUrl, MessageBody: 'körper', MessageAttributes, MessageGroupId: 'g', MessageDeduplicationId: '0' })
  await call(SendMessageBatchCommand, { QueueUrl, Entries: [1, 2].map(n => (
    { Id: `i${n}`, MessageBody: `b${n}`, MessageAttributes, MessageGroupId: 'g', MessageDeduplicationId: `${n}` })) })
  const { Messages } = await call(ReceiveMessageCommand, {
    QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All'] })
  const deleted = await call(DeleteMessageBatchCommand, {
    QueueUrl, Entries: Messages.map((m, n) => ({ Id: `${n}`, ReceiptHandle: m.ReceiptHandle })) })
  const { Attributes } = await call(GetQueueAttributesCommand, { QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] })
  await call(DeleteQueueCommand, { QueueUrl })
  let gone
  try { await call(SendMessageCommand, { QueueUrl, MessageBody: 'x' }) } catch (error) {
    gone = [error instanceof QueueDoesNotExist, error.name, error.$metadata.httpStatusCode]
  }
  console.log(JSON.stringify({ bodies: Messages.map(m => m.Body), bytes: [...Messages[0].MessageAttributes.bytes.BinaryValue],
    deleted: deleted.Successful.length, left: Attributes.ApproximateNumberOfMessages, gone }))
}
main().catch(error => { console.error(error); process.exit(1) })
"""


def test_the_javascript_sdk(server, tmp_path):
    (tmp_path / "node_modules").symlink_to(ROOT / ".cache/node-sdk/node_modules")
    (tmp_path / "script.js").write_text(SCRIPT)
    done = subprocess.run([str(NODE), "script.js"], cwd=tmp_path, env=server.environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"bodies": ["körper", "b1", "b2"], "bytes": [0, 255], "deleted": 3, "left": "0",
                                       "gone": [True, "QueueDoesNotExist", 400]}


@pytest.mark.parametrize("program", [AWS, SYSTEM_AWS])
def test_the_aws_command(server, program):
    def aws(*command):
        done = subprocess.run([program, "--endpoint-url", server.endpoint, "sqs", *command], env=server.environment(), capture_output=True,
                              text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout else None

    url = aws("create-queue", "--queue-name", "from-cli", "--attributes", "VisibilityTimeout=60", "--tags", "team=a")["QueueUrl"]
    aws("send-message", "--queue-url", url, "--message-body", "hello", "--message-attributes", "kind={DataType=String,StringValue=x}")
    got, = aws("receive-message", "--queue-url", url, "--message-attribute-names", "All", "--wait-time-seconds", "2")["Messages"]
    assert got["Body"] == "hello" and got["MessageAttributes"]["kind"]["StringValue"] == "x"
    aws("delete-message", "--queue-url", url, "--receipt-handle", got["ReceiptHandle"])
    assert aws("list-queue-tags", "--queue-url", url)["Tags"] == {"team": "a"}
    assert url in aws("list-queues")["QueueUrls"]
    aws("purge-queue", "--queue-url", url)
    aws("delete-queue", "--queue-url", url)


class Query:
    """A client from before SQS spoke JSON: forms to the queue's own path, XML back."""

    def __init__(self, server):
        self.server = server

    def __call__(self, action, path="/", **parameters):
        fields = {"Action": action, "Version": "2012-11-05"} | {name.replace("_", "."): str(value) for name, value in parameters.items()}
        body = urllib.parse.urlencode(fields).encode()
        headers = signed_headers("POST", path, body, "sqs", host=f"127.0.0.1:{self.server.port}",
                                 more={"Content-Type": "application/x-www-form-urlencoded"})
        reply = ask(self.server.port, message("POST", path, headers, body))
        return reply.status, xml.etree.ElementTree.fromstring(reply.body)


def text(root, *path):
    return root.findtext("/".join(NAMESPACE + name for name in path))


def test_the_query_protocol(server):
    query = Query(server)
    status, root = query("CreateQueue", QueueName="from-query", Attribute_1_Name="VisibilityTimeout", Attribute_1_Value=60,
                         Tag_1_Key="team", Tag_1_Value="a")
    assert status == 200 and root.tag == NAMESPACE + "CreateQueueResponse"
    path = urllib.parse.urlsplit(text(root, "CreateQueueResult", "QueueUrl")).path
    assert path == "/000000000000/from-query"
    assert len(text(root, "ResponseMetadata", "RequestId")) == 36
    status, root = query("SendMessage", path, MessageBody="<b> & ü", MessageAttribute_1_Name="n", MessageAttribute_1_Value_DataType="Number",
                         MessageAttribute_1_Value_StringValue="7")
    assert status == 200
    assert text(root, "SendMessageResult", "MD5OfMessageBody") == hashlib.md5("<b> & ü".encode()).hexdigest()
    status, root = query("SendMessageBatch", path, SendMessageBatchRequestEntry_1_Id="a", SendMessageBatchRequestEntry_1_MessageBody="x",
                         SendMessageBatchRequestEntry_2_Id="b", SendMessageBatchRequestEntry_2_MessageBody="y",
                         SendMessageBatchRequestEntry_2_DelaySeconds="9999")
    assert text(root, "SendMessageBatchResult", "SendMessageBatchResultEntry", "Id") == "a"
    assert text(root, "SendMessageBatchResult", "BatchResultErrorEntry", "Code") == "InvalidParameterValue"
    status, root = query("ReceiveMessage", path, AttributeName_1="All", MessageAttributeName_1="All", MaxNumberOfMessages=10)
    # A standard queue keeps no order within a millisecond.
    second, first = sorted(root.findall(f"{NAMESPACE}ReceiveMessageResult/{NAMESPACE}Message"),
                           key=lambda message: text(message, "Body") == "<b> & ü")
    assert text(first, "Body") == "<b> & ü" and text(second, "Body") == "x"
    names = {text(item, "Name"): text(item, "Value") for item in first.findall(NAMESPACE + "Attribute")}
    assert names["ApproximateReceiveCount"] == "1"
    assert text(first, "MessageAttribute", "Name") == "n" and text(first, "MessageAttribute", "Value", "StringValue") == "7"
    status, root = query("DeleteMessage", path, ReceiptHandle=text(first, "ReceiptHandle"))
    assert (status, root.tag) == (200, NAMESPACE + "DeleteMessageResponse")
    status, root = query("GetQueueAttributes", path, AttributeName_1="ApproximateNumberOfMessagesNotVisible")
    assert text(root, "GetQueueAttributesResult", "Attribute", "Value") == "1"
    status, root = query("ListQueueTags", path)
    assert text(root, "ListQueueTagsResult", "Tag", "Value") == "a"
    for action, arguments, code in (("SendMessage", {}, "MissingParameter"), ("DeleteMessage", {"ReceiptHandle": "x"}, "ReceiptHandleIsInvalid"),
                                    ("SendMessageBatch", {}, "AWS.SimpleQueueService.EmptyBatchRequest")):
        status, root = query(action, path, **arguments)
        assert text(root, "Error", "Code") == code and text(root, "Error", "Type") == "Sender"
    query("DeleteQueue", path)
    status, root = query("SendMessage", path, MessageBody="late")
    assert (status, text(root, "Error", "Code")) == (400, "AWS.SimpleQueueService.NonExistentQueue")

# SPDX-License-Identifier: Apache-2.0
"""SNS through the `aws` command and the JavaScript SDK, through unsigned links, and under IAM that is
enforced; the metrics that its topics have."""

import json
import pathlib
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import uuid
import xml.etree.ElementTree

import pytest

from conftest import ROOT, Server, create_function, eventually, invoke, refusal
from metrics import statistics
from http_receiver import Receiver

ACCOUNT, OTHER = "000000000000", "111122223333"
PROGRAMS = [str(pathlib.Path(sys.executable).parent / "aws"), "/usr/bin/aws"]
NODE = ROOT / ".cache/node/22/bin/node"
NAMESPACE = "{http://sns.amazonaws.com/doc/2010-03-31/}"

SCRIPT = """
const { SNSClient, CreateTopicCommand, SubscribeCommand, PublishCommand, PublishBatchCommand, GetTopicAttributesCommand,
        DeleteTopicCommand, NotFoundException, paginateListSubscriptionsByTopic } = require('@aws-sdk/client-sns')
const { SQSClient, CreateQueueCommand, ReceiveMessageCommand, SetQueueAttributesCommand } = require('@aws-sdk/client-sqs')
const settings = { endpoint: process.env.AWS_ENDPOINT_URL, region: 'us-east-1' }
const sns = new SNSClient(settings), sqs = new SQSClient(settings)
async function main() {
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'from-javascript', Tags: [{ Key: 'a', Value: '1' }] }))
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'from-javascript-topic' }))
  const Endpoint = 'arn:aws:sqs:us-east-1:000000000000:from-javascript-topic'
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage', Resource: Endpoint, Condition: { ArnEquals: { 'aws:SourceArn': TopicArn } } }] })
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }))
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint, Attributes: { RawMessageDelivery: 'true' } }))
  const MessageAttributes = { text: { DataType: 'String', StringValue: 'ä' }, bytes: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255]) } }
  await sns.send(new PublishCommand({ TopicArn, Message: 'körper', MessageAttributes }))
  const batch = await sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: [
    { Id: 'good', Message: 'b', MessageAttributes }, { Id: 'bad', Message: '' }] }))
  const got = []
  while (got.length < 2) {
    const { Messages } = await sqs.send(new ReceiveMessageCommand({
      QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 5, MessageAttributeNames: ['All'] }))
    got.push(...Messages)
  }
  const protocols = []
  for await (const page of paginateListSubscriptionsByTopic({ client: sns }, { TopicArn }))
    protocols.push(...page.Subscriptions.map(s => s.Protocol))
  const { Attributes } = await sns.send(new GetTopicAttributesCommand({ TopicArn }))
  await sns.send(new DeleteTopicCommand({ TopicArn }))
  let gone
  try { await sns.send(new PublishCommand({ TopicArn, Message: 'x' })) } catch (error) {
    gone = [error instanceof NotFoundException, error.name, error.$metadata.httpStatusCode]
  }
  console.log(JSON.stringify({ bodies: got.map(m => m.Body).sort(), bytes: [...got[0].MessageAttributes.bytes.BinaryValue],
    text: got[0].MessageAttributes.text.StringValue, good: batch.Successful.map(e => e.Id), bad: batch.Failed.map(e => [e.Id, e.Code]),
    protocols, confirmed: Attributes.SubscriptionsConfirmed, gone }))
}
main().catch(error => { console.error(error); process.exit(1) })
"""


@pytest.fixture(scope="module")
def sns(server):
    return server.client("sns")


@pytest.fixture
def name():
    return f"t-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def topic(sns, name):
    return sns.create_topic(Name=name)["TopicArn"]


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


def test_the_javascript_sdk(server, tmp_path):
    (tmp_path / "node_modules").symlink_to(ROOT / ".cache/node-sdk/node_modules")
    (tmp_path / "script.js").write_text(SCRIPT)
    done = subprocess.run([str(NODE), "script.js"], cwd=tmp_path, env=server.environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "bodies": ["b", "körper"], "bytes": [0, 255], "text": "ä", "good": ["good"], "bad": [["bad", "InvalidParameter"]],
        "protocols": ["sqs"], "confirmed": "1", "gone": [True, "NotFoundException", 404]}


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_aws_command(server, name, program):
    def aws(*command, status=frozenset({0})):
        done = subprocess.run([program, *command], env=server.environment(), capture_output=True, text=True, timeout=60)
        assert done.returncode in status, done.stderr
        return json.loads(done.stdout) if done.stdout else done.stderr

    endpoint = ("--endpoint-url", server.endpoint)
    topic = aws(*endpoint, "sns", "create-topic", "--name", name, "--attributes", "DisplayName=News", "--tags", "Key=team,Value=a")["TopicArn"]
    url = aws(*endpoint, "sqs", "create-queue", "--queue-name", name)["QueueUrl"]
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
    policy = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Resource": queue,
                                        "Action": "sqs:SendMessage", "Condition": {"ArnLike": {"aws:SourceArn": topic}}}]})
    aws(*endpoint, "sqs", "set-queue-attributes", "--queue-url", url, "--attributes", json.dumps({"Policy": policy}))
    subscription = aws(*endpoint, "sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs", "--notification-endpoint", queue,
                       "--attributes", json.dumps({"FilterPolicy": '{"kind": ["x"]}'}))["SubscriptionArn"]
    for kind in ("y", "x"):
        aws(*endpoint, "sns", "publish", "--topic-arn", topic, "--message", f"hello {kind}", "--subject", "Hi", "--message-attributes",
            json.dumps({"kind": {"DataType": "String", "StringValue": kind}}))
    got, = aws(*endpoint, "sqs", "receive-message", "--queue-url", url, "--wait-time-seconds", "5")["Messages"]
    message = json.loads(got["Body"])
    assert (message["Message"], message["Subject"], message["MessageAttributes"]["kind"]["Value"]) == ("hello x", "Hi", "x")
    aws(*endpoint, "sns", "unsubscribe", "--subscription-arn", subscription)
    aws(*endpoint, "sns", "delete-topic", "--topic-arn", topic)
    assert "(NotFound)" in aws(*endpoint, "sns", "publish", "--topic-arn", topic, "--message", "m", status={254, 255})


# Links that carry no signature

def ask(server, method, **parameters):
    """(status, XML) of an unsigned call. A form says in its host what service it is for, as on AWS."""
    text = urllib.parse.urlencode({"Version": "2010-03-31"} | parameters)
    request = (urllib.request.Request(f"{server.endpoint}/?{text}") if method == "GET" else
               urllib.request.Request(server.endpoint + "/", data=text.encode(), headers={
                   "Content-Type": "application/x-www-form-urlencoded", "Host": f"sns.us-east-1.localhost:{server.port}"}))
    try:
        reply = urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        reply = error
    return reply.status, xml.etree.ElementTree.fromstring(reply.read())


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_subscriptions_are_confirmed_and_ended_without_a_signature(server, sns, topic, receiver, method):
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url)
    eventually(lambda: receiver.of_type("SubscriptionConfirmation"))
    token = json.loads(receiver.of_type("SubscriptionConfirmation")[0][1])["Token"]
    status, root = ask(server, method, Action="ConfirmSubscription", TopicArn=topic, Token=token + "0")
    assert (status, root.findtext(f"{NAMESPACE}Error/{NAMESPACE}Code")) == (400, "InvalidParameter")
    status, root = ask(server, method, Action="ConfirmSubscription", TopicArn=topic, Token=token, AuthenticateOnUnsubscribe="true")
    assert (status, root.findtext(f"{NAMESPACE}Error/{NAMESPACE}Code")) == (403, "AuthorizationError")
    status, root = ask(server, method, Action="ConfirmSubscription", TopicArn=topic, Token=token)
    arn = root.findtext(f"{NAMESPACE}ConfirmSubscriptionResult/{NAMESPACE}SubscriptionArn")
    assert status == 200 and arn.startswith(topic + ":")
    assert sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["PendingConfirmation"] == "false"
    status, root = ask(server, method, Action="Unsubscribe", SubscriptionArn=arn)
    assert (status, root.tag) == (200, f"{NAMESPACE}UnsubscribeResponse")
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    eventually(lambda: receiver.of_type("UnsubscribeConfirmation"))


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_else_goes_without_a_signature(server, topic, method):
    for action, more in (("Publish", {"Message": "m"}), ("DeleteTopic", {}), ("GetTopicAttributes", {}),
                         ("Subscribe", {"Protocol": "http", "Endpoint": "http://127.0.0.1:1/"})):
        status, root = ask(server, method, Action=action, TopicArn=topic, **more)
        assert (status, root.findtext(f"{NAMESPACE}Error/{NAMESPACE}Code")) == (403, "MissingAuthenticationToken")


def test_a_subscription_confirmed_so_by_its_owner_is_not_ended_by_others(server, sns, topic, receiver):
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url)
    eventually(lambda: receiver.of_type("SubscriptionConfirmation"))
    token = json.loads(receiver.of_type("SubscriptionConfirmation")[0][1])["Token"]
    arn = sns.confirm_subscription(TopicArn=topic, Token=token, AuthenticateOnUnsubscribe="true")["SubscriptionArn"]
    status, root = ask(server, "GET", Action="Unsubscribe", SubscriptionArn=arn)
    assert (status, root.findtext(f"{NAMESPACE}Error/{NAMESPACE}Code")) == (403, "AuthorizationError")
    sns.unsubscribe(SubscriptionArn=arn)
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


# IAM

@pytest.fixture(scope="module")
def enforced(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("sns-enforced") / "state", arguments=("--iam", "enforce"))
    yield server
    assert server.stop() == 0


def statement(action, resource, **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource} | more]})


def user_with(server, policy):
    iam, user = server.client("iam"), "u-" + uuid.uuid4().hex[:12]
    iam.create_user(UserName=user)
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=policy)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    return user, server.client("sns", account=key["AccessKeyId"], secret=key["SecretAccessKey"])


def test_users_publish_where_their_policy_lets_them(enforced):
    admin = enforced.client("sns")
    mine, other = (admin.create_topic(Name="e-" + uuid.uuid4().hex[:8])["TopicArn"] for _ in range(2))
    user, sns = user_with(enforced, statement("sns:Publish", mine))
    sns.publish(TopicArn=mine, Message="m")
    sns.publish_batch(TopicArn=mine, PublishBatchRequestEntries=[{"Id": "a", "Message": "m"}])
    denied = f"User: arn:aws:iam::{ACCOUNT}:user/{user} is not authorized to perform: SNS:%s on resource: %s because no " \
             "identity-based policy allows the SNS:%s action"
    assert refusal(sns.publish, TopicArn=other, Message="m") == (
        403, "AuthorizationError", denied % ("Publish", other, "Publish"))
    assert refusal(sns.get_topic_attributes, TopicArn=mine) == (
        403, "AuthorizationError", denied % ("GetTopicAttributes", mine, "GetTopicAttributes"))


def test_what_may_be_subscribed_can_be_bounded(enforced):
    topic = enforced.client("sns").create_topic(Name="e-" + uuid.uuid4().hex[:8])["TopicArn"]
    _, sns = user_with(enforced, statement("sns:Subscribe", topic, Condition={
        "StringEquals": {"sns:Protocol": "sqs"}, "StringLike": {"sns:Endpoint": "arn:aws:sqs:*:*:good-*"}}))
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue + "good-one")
    assert refusal(sns.subscribe, TopicArn=topic, Protocol="sqs", Endpoint=queue + "other")[1] == "AuthorizationError"
    assert refusal(sns.subscribe, TopicArn=topic, Protocol="http", Endpoint="http://127.0.0.1:1/")[1] == "AuthorizationError"


def test_another_account_needs_the_topics_policy(enforced):
    admin = enforced.client("sns")
    topic = admin.create_topic(Name="e-" + uuid.uuid4().hex[:8])["TopicArn"]
    stranger = enforced.client("sns", account=OTHER)
    assert refusal(stranger.publish, TopicArn=topic, Message="m")[:2] == (403, "AuthorizationError")
    admin.add_permission(TopicArn=topic, Label="in", AWSAccountId=[OTHER], ActionName=["Publish"])
    stranger.publish(TopicArn=topic, Message="m")
    admin.remove_permission(TopicArn=topic, Label="in")
    assert refusal(stranger.publish, TopicArn=topic, Message="m")[:2] == (403, "AuthorizationError")


def test_links_work_where_policies_are_enforced(enforced, receiver):
    sns = enforced.client("sns")
    topic = sns.create_topic(Name="e-" + uuid.uuid4().hex[:8])["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url)
    eventually(lambda: receiver.of_type("SubscriptionConfirmation"))
    urllib.request.urlopen(json.loads(receiver.of_type("SubscriptionConfirmation")[0][1])["SubscribeURL"])
    sns.publish(TopicArn=topic, Message="m")
    eventually(receiver.notifications)
    urllib.request.urlopen(receiver.notifications()[0]["UnsubscribeURL"])
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_a_function_publishes_with_the_rights_of_its_role(enforced):
    topic = enforced.client("sns").create_topic(Name="e-" + uuid.uuid4().hex[:8])["TopicArn"]
    iam, client = enforced.client("iam"), enforced.client("lambda")
    iam.create_role(RoleName="test-role", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))
    create_function(client, "publisher", {"app.py": """
import boto3
def handler(event, context):
    try:
        return boto3.client("sns").publish(TopicArn=event, Message="m")["MessageId"]
    except boto3.client("sns").exceptions.AuthorizationErrorException as error:
        return error.response["Error"]["Code"]
"""}, Timeout=30)
    assert invoke(client, "publisher", topic)[0] == "AuthorizationError"
    iam.put_role_policy(RoleName="test-role", PolicyName="p", PolicyDocument=statement("sns:Publish", topic))
    eventually(lambda: len(invoke(client, "publisher", topic)[0]) == 36)


# Metrics

def test_topics_have_metrics(server, sns, name, topic, receiver):
    cloudwatch, sqs = server.client("cloudwatch"), server.client("sqs")
    arns = {}
    for end in ("good", "filtered", "bodies", "closed", "dead"):
        url = sqs.create_queue(QueueName=f"{name}-{end}")["QueueUrl"]
        arns[end] = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}-{end}"
        if end != "closed":
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": statement(
                "sqs:SendMessage", arns[end], Principal={"Service": "sns.amazonaws.com"})})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arns["good"])
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arns["filtered"], Attributes={"FilterPolicy": '{"a": ["1"]}'})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arns["bodies"], Attributes={
        "FilterPolicy": '{"a": ["1"]}', "FilterPolicyScope": "MessageBody"})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arns["closed"], Attributes={
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": arns["dead"]})})
    sns.publish(TopicArn=topic, Message="hello")
    sns.publish(TopicArn=topic, Message='{"a": "2"}', MessageAttributes={"b": {"DataType": "String", "StringValue": "12"}})

    def of(metric):
        return statistics(cloudwatch, metric, {"TopicName": name}, "AWS/SNS")["Sum"]

    expected = {"NumberOfMessagesPublished": 2, "PublishSize": len("hello") + len('{"a": "2"}') + len("bString12"), "NumberOfNotificationsDelivered": 2,
                "NumberOfNotificationsFailed": 2, "NumberOfNotificationsRedrivenToDlq": 2, "NumberOfNotificationsFilteredOut": 4,
                "NumberOfNotificationsFilteredOut-NoMessageAttributes": 1, "NumberOfNotificationsFilteredOut-MessageAttributes": 1,
                "NumberOfNotificationsFilteredOut-InvalidMessageBody": 1, "NumberOfNotificationsFilteredOut-MessageBody": 1}
    eventually(lambda: {metric: of(metric) for metric in expected} == expected)
    listed = cloudwatch.list_metrics(Namespace="AWS/SNS", Dimensions=[{"Name": "TopicName", "Value": name}])["Metrics"]
    assert set(expected) == {metric["MetricName"] for metric in listed}


def test_each_attempt_at_a_web_server_that_fails_is_counted(server, sns, name, topic):
    receiver = Receiver()
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url)
    eventually(lambda: receiver.of_type("SubscriptionConfirmation"))
    urllib.request.urlopen(json.loads(receiver.of_type("SubscriptionConfirmation")[0][1])["SubscribeURL"])
    receiver.answers += [500, 503]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DeliveryPolicy", AttributeValue=json.dumps({"http": {
        "defaultHealthyRetryPolicy": {"numRetries": 3, "minDelayTarget": 1, "maxDelayTarget": 1}}}))
    sns.publish(TopicArn=topic, Message="m")

    def of(metric):
        return statistics(server.client("cloudwatch"), metric, {"TopicName": name}, "AWS/SNS")["Sum"]
    eventually(lambda: (of("NumberOfNotificationsDelivered"), of("NumberOfNotificationsFailed")) == (1, 2), 15)
    receiver.close()

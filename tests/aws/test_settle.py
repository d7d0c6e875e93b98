# SPDX-License-Identifier: Apache-2.0
"""`kiln settle` waits until all work is done, wherever it waits, and names what is stuck."""

import json
import subprocess
import uuid

import pytest
from conftest import KILN, Server, create_function, eventually

ACCOUNT = "000000000000"
COUNTS = {"app.py": """
import json, os, time, boto3
sqs = boto3.client("sqs")
def handler(event, context):
    for record in event["Records"]:
        if record["body"] == "fail":
            raise ValueError("no")
        time.sleep(0.2)
        sqs.send_message(QueueUrl=os.environ["DONE"], MessageBody=record["body"])
"""}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("settle") / "state")
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def clients(server):
    return {name: server.client(name, account=ACCOUNT) for name in ("lambda", "s3", "sqs", "sns")}


@pytest.fixture
def name():
    return "s-" + uuid.uuid4().hex[:12]


@pytest.fixture(autouse=True)
def all_settled(server):
    yield
    # What a test leaves is no other test's.
    for _ in range(3):
        kiln(server, "clock", "advance", "6h")
    settle(server, 30)


def kiln(server, *arguments):
    return subprocess.run([str(KILN), *arguments], env=server.environment(ACCOUNT), capture_output=True, text=True, timeout=60)


def settle(server, seconds=20):
    done = kiln(server, "settle", "--timeout", str(seconds))
    assert done.returncode == 0, done.stdout + done.stderr


def stuck(server):
    """The lines about what is pending now."""
    done = kiln(server, "settle", "--timeout", "0")
    return done.stdout.splitlines() if done.returncode else []


def arn(name):
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"


def make_queue(clients, name, **attributes):
    return clients["sqs"].create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


def count(clients, url):
    return int(clients["sqs"].get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])[
        "Attributes"]["ApproximateNumberOfMessages"])


@pytest.fixture
def mapped(clients, name):
    """(URL of a queue that a function reads, URL of the queue that it sends what it has handled)."""
    done = make_queue(clients, name + "-done")
    url = make_queue(clients, name, VisibilityTimeout="60")
    create_function(clients["lambda"], name, COUNTS, Timeout=30, Environment={"Variables": {"DONE": done}})
    clients["lambda"].create_event_source_mapping(FunctionName=name, EventSourceArn=arn(name), BatchSize=1)
    return url, done


def test_messages_of_a_queue_that_is_read_are_waited_for(server, clients, mapped):
    url, done = mapped
    for n in range(10):
        clients["sqs"].send_message(QueueUrl=url, MessageBody=str(n))
    settle(server, 60)
    assert count(clients, done) == 10 and count(clients, url) == 0


def test_a_delayed_message_is_named_until_its_time_has_come(server, clients, name, mapped):
    url, done = mapped
    clients["sqs"].send_message(QueueUrl=url, MessageBody="later", DelaySeconds=300)
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"
    line, = stuck(server)
    assert line.startswith(f"sqs {arn(name)}: 0 waiting, 1 delayed, 0 running, next in ") and line.endswith(f"({function})")
    assert kiln(server, "clock", "advance", "301s").returncode == 0
    settle(server)
    assert count(clients, done) == 1


def test_a_message_that_a_function_has_is_under_way(server, clients, name, mapped):
    url, _ = mapped
    clients["sqs"].send_message(QueueUrl=url, MessageBody="fail")
    # A message that failed is in flight until its visibility timeout ends.
    eventually(lambda: any(f"{arn(name)}: 0 waiting, 0 delayed, 1 running" in line for line in stuck(server)))
    clients["sqs"].purge_queue(QueueUrl=url)
    settle(server)


def test_a_queue_that_nobody_reads_is_no_work(server, clients, name):
    url = make_queue(clients, name)
    clients["sqs"].send_message(QueueUrl=url, MessageBody="stays")
    settle(server)
    create_function(clients["lambda"], name, COUNTS, Environment={"Variables": {"DONE": ""}})
    mapping = clients["lambda"].create_event_source_mapping(FunctionName=name, EventSourceArn=arn(name), Enabled=False)["UUID"]
    settle(server)
    assert count(clients, url) == 1
    clients["lambda"].delete_event_source_mapping(UUID=mapping)


def test_deliveries_of_a_topic_are_waited_for(server, clients, name):
    url = make_queue(clients, name)
    topic = clients["sns"].create_topic(Name=name)["TopicArn"]
    clients["sqs"].set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [{
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn(name)}]})})
    clients["sns"].subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn(name))
    for n in range(20):
        clients["sns"].publish(TopicArn=topic, Message=str(n))
    settle(server)
    assert count(clients, url) == 20


def test_a_delivery_that_is_tried_again_later_is_named(server, clients, name):
    topic = clients["sns"].create_topic(Name=name)["TopicArn"]
    # Nobody listens there; the confirmation is tried again and again.
    clients["sns"].subscribe(TopicArn=topic, Protocol="http", Endpoint="http://127.0.0.1:1/hook")
    line = eventually(lambda: [line for line in stuck(server) if topic in line])[0]
    assert line.startswith(f"sns {ACCOUNT}/us-east-1/web: ") and line.endswith(f"({topic} to http://127.0.0.1:1/hook)")


def test_notifications_of_a_bucket_are_waited_for(server, clients, name, mapped):
    """Bucket to topic to queue to function: settled only when the last has ended."""
    url, done = mapped
    topic = clients["sns"].create_topic(Name=name)["TopicArn"]
    clients["sns"].set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps({"Statement": [{
        "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sns:Publish", "Resource": topic}]}))
    clients["sqs"].set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [{
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn(name)}]})})
    clients["sns"].subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn(name), Attributes={"RawMessageDelivery": "true"})
    clients["s3"].create_bucket(Bucket=name)
    clients["s3"].put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={
        "TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]})
    for n in range(5):
        clients["s3"].put_object(Bucket=name, Key=str(n), Body=b"")
    settle(server, 60)
    assert count(clients, done) == 6  # and the test event


def test_a_notification_that_does_not_arrive_is_named(server, clients, name):
    """A function that is being made takes its events later."""
    clients["s3"].create_bucket(Bucket=name)
    create_function(clients["lambda"], name, COUNTS, Environment={"Variables": {"DONE": ""}})
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"
    clients["lambda"].add_permission(FunctionName=name, StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com")
    clients["lambda"].put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=2)
    clients["s3"].put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={
        "LambdaFunctionConfigurations": [{"LambdaFunctionArn": function, "Events": ["s3:ObjectCreated:*"]}]})
    clients["s3"].put_object(Bucket=name, Key="k", Body=b"")  # the handler finds no "body" in it, and fails
    line = eventually(lambda: [line for line in stuck(server) if "1 delayed" in line])[0]
    assert line.startswith(f"async {ACCOUNT}/us-east-1/lambda/events/{name}: 0 waiting, 1 delayed")

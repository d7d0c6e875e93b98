# SPDX-License-Identifier: Apache-2.0
"""Events that services send each other: what asynchronous invocations and buckets leave in queues,
topics and buckets, and who may send at all."""

import json
import re
import uuid

import pytest
from conftest import create_function, eventually, refusal
from metrics import statistics

ACCOUNT = "000000000000"
WORKS = {"app.py": "def handler(event, context):\n    return {'seen': event}\n"}
FAILS = {"app.py": "def handler(event, context):\n    raise ValueError('boom')\n"}


@pytest.fixture(scope="module")
def clients(server):
    return {name: server.client(name) for name in ("lambda", "s3", "sqs", "sns", "logs", "cloudwatch")}


@pytest.fixture
def name():
    return "e-" + uuid.uuid4().hex[:12]


class Queue:
    def __init__(self, sqs, name, **attributes):
        self.sqs = sqs
        self.url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self.arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"

    def let_in(self, service, source, account=ACCOUNT):
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": policy(
            "sqs:SendMessage", self.arn, service, source, account)})

    def take(self, seconds=10):
        def received():
            return self.sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=1, MessageAttributeNames=["All"],
                                            AttributeNames=["All"]).get("Messages")
        message, = eventually(received, seconds)
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return message

    def is_empty(self, wait=1):
        return "Messages" not in self.sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=wait)


def policy(action, resource, service, source, account):
    return json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": service}, "Action": action, "Resource": resource,
        "Condition": {"ArnLike": {"aws:SourceArn": source}, "StringEquals": {"aws:SourceAccount": account}}}]})


@pytest.fixture
def queue(clients, name):
    return Queue(clients["sqs"], name)


@pytest.fixture
def topic(clients, queue):
    """A topic whose messages arrive in `queue` as SNS wraps them."""
    arn = clients["sns"].create_topic(Name="topic-" + uuid.uuid4().hex[:12])["TopicArn"]
    queue.let_in("sns.amazonaws.com", arn)
    clients["sns"].subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue.arn)
    return arn


@pytest.fixture
def bucket(clients, name):
    clients["s3"].create_bucket(Bucket=name)
    return name


def send(client, function, payload):
    reply = client.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(payload))
    return reply["ResponseMetadata"]["RequestId"]


def configure(client, function, **destinations):
    client.put_function_event_invoke_config(FunctionName=function, MaximumRetryAttempts=0, DestinationConfig={
        when: {"Destination": arn} for when, arn in destinations.items()})


def succeeded(function, request_id, payload):
    return {"version": "1.0",
            "requestContext": {"requestId": request_id, "condition": "Success", "approximateInvokeCount": 1,
                               "functionArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function}:$LATEST"},
            "requestPayload": payload,
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST"},
            "responsePayload": {"seen": payload}}


def failed(function, request_id, payload):
    record = succeeded(function, request_id, payload)
    record["requestContext"]["condition"] = "RetriesExhausted"
    record["responseContext"]["functionError"] = "Unhandled"
    record["responsePayload"] = {"errorMessage": "boom", "errorType": "ValueError"}
    return record


def check(record, expected):
    """`record` is `expected`, apart from what differs from run to run."""
    record = json.loads(record)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record.pop("timestamp"))
    if isinstance(record["responsePayload"], dict):
        for part in ("stackTrace", "requestId"):
            record["responsePayload"].pop(part, None)
    assert record == expected


# Destinations

@pytest.mark.parametrize("code, expected, when", [(WORKS, succeeded, "OnSuccess"), (FAILS, failed, "OnFailure")])
def test_the_record_of_an_asynchronous_invocation_reaches_a_queue(clients, name, queue, code, expected, when):
    create_function(clients["lambda"], name, code)
    configure(clients["lambda"], name, **{when: queue.arn})
    request_id = send(clients["lambda"], name, {"n": 1})
    message = queue.take()
    check(message["Body"], expected(name, request_id, {"n": 1}))
    assert "MessageAttributes" not in message
    assert queue.is_empty(0)


@pytest.mark.parametrize("code, expected, when", [(WORKS, succeeded, "OnSuccess"), (FAILS, failed, "OnFailure")])
def test_the_record_of_an_asynchronous_invocation_reaches_a_topic(clients, name, queue, topic, code, expected, when):
    create_function(clients["lambda"], name, code)
    configure(clients["lambda"], name, **{when: topic})
    request_id = send(clients["lambda"], name, {"n": 2})
    notification = json.loads(queue.take()["Body"])
    assert notification["Type"] == "Notification" and notification["TopicArn"] == topic
    check(notification["Message"], expected(name, request_id, {"n": 2}))


def objects(s3, bucket):
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def test_the_record_of_a_failed_invocation_becomes_an_object(clients, name, bucket):
    create_function(clients["lambda"], name, FAILS)
    configure(clients["lambda"], name, OnFailure=f"arn:aws:s3:::{bucket}")
    request_id = send(clients["lambda"], name, {"n": 3})
    key, = eventually(lambda: objects(clients["s3"], bucket))
    assert re.fullmatch(r"aws/lambda/async/" + name + r"/(\d{4})/(\d\d)/(\d\d)/\1-\2-\3T\d\d\.\d\d\.\d\d-"
                        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", key)
    found = clients["s3"].get_object(Bucket=bucket, Key=key)
    assert found["ContentType"] == "application/json"
    check(found["Body"].read(), failed(name, request_id, {"n": 3}))


def test_destinations_that_are_not_there_are_refused(clients, name, bucket):
    create_function(clients["lambda"], name, WORKS)
    put = clients["lambda"].put_function_event_invoke_config
    for arn, call in ((f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}", "SendMessage on SQS"),
                      (f"arn:aws:sns:us-east-1:{ACCOUNT}:{name}", "Publish on SNS"),
                      (f"arn:aws:s3:::no-{bucket}", "PutObject on S3")):
        assert refusal(put, FunctionName=name, DestinationConfig={"OnFailure": {"Destination": arn}}) == (
            400, "InvalidParameterValueException",
            f"The provided execution role does not have permissions to call {call}")


def test_a_destination_that_goes_away_is_counted_as_a_failure(clients, name, queue):
    create_function(clients["lambda"], name, WORKS)
    configure(clients["lambda"], name, OnSuccess=queue.arn)
    clients["sqs"].delete_queue(QueueUrl=queue.url)
    send(clients["lambda"], name, {})
    eventually(lambda: statistics(clients["cloudwatch"], "DestinationDeliveryFailures", {"FunctionName": name})["Sum"] == 1)


def test_records_go_with_the_rights_of_the_functions_role(start_server, name):
    server = start_server(arguments=("--iam", "enforce"))
    client, s3, iam = (server.client(service) for service in ("lambda", "s3", "iam"))
    iam.create_role(RoleName="test-role", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))
    s3.create_bucket(Bucket=name)
    create_function(client, name, FAILS)
    refused = (400, "InvalidParameterValueException",
               "The provided execution role does not have permissions to call PutObject on S3")
    assert refusal(configure, client, name, OnFailure=f"arn:aws:s3:::{name}") == refused
    iam.put_role_policy(RoleName="test-role", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{name}/*"}]}))
    configure(client, name, OnFailure=f"arn:aws:s3:::{name}")
    send(client, name, {})
    eventually(lambda: objects(s3, name), 30)
    iam.delete_role_policy(RoleName="test-role", PolicyName="p")
    send(client, name, {})
    eventually(lambda: statistics(server.client("cloudwatch"), "DestinationDeliveryFailures", {"FunctionName": name})["Sum"] == 1, 30)
    assert len(objects(s3, name)) == 1


# Dead letters

def test_dead_letters_reach_a_topic(clients, name, queue, topic):
    create_function(clients["lambda"], name, FAILS, DeadLetterConfig={"TargetArn": topic})
    clients["lambda"].put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    request_id = send(clients["lambda"], name, {"n": 4})
    notification = json.loads(queue.take()["Body"])
    assert notification["Message"] == '{"n": 4}'
    assert notification["MessageAttributes"] == {
        "RequestID": {"Type": "String", "Value": request_id}, "ErrorCode": {"Type": "Number", "Value": "200"},
        "ErrorMessage": {"Type": "String", "Value": "boom"}}


def test_a_failure_goes_to_the_destination_and_to_the_dead_letters(clients, name, queue, bucket):
    create_function(clients["lambda"], name, FAILS, DeadLetterConfig={"TargetArn": queue.arn})
    configure(clients["lambda"], name, OnFailure=f"arn:aws:s3:::{bucket}")
    send(clients["lambda"], name, [1])
    assert queue.take()["Body"] == "[1]"
    eventually(lambda: objects(clients["s3"], bucket))


# Notifications of buckets

def notify(s3, bucket, **rules):
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=rules)


def check_test_event(text, bucket):
    event = json.loads(text)
    assert event.pop("RequestId") and event.pop("HostId") and event.pop("Time").endswith("Z")
    assert event == {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": bucket}


def check_record(text, bucket, key, size):
    record, = json.loads(text)["Records"]
    assert (record["eventSource"], record["eventName"], record["awsRegion"]) == ("aws:s3", "ObjectCreated:Put", "us-east-1")
    assert record["s3"]["bucket"]["name"] == bucket and record["s3"]["configurationId"] == "rule"
    assert (record["s3"]["object"]["key"], record["s3"]["object"]["size"]) == (key, size)


CREATED = {"Id": "rule", "Events": ["s3:ObjectCreated:*"]}
UNVALIDATED = "Unable to validate the following destination configurations"


def test_a_bucket_tells_a_queue(clients, bucket, queue):
    rules = {"QueueConfigurations": [{"QueueArn": queue.arn, **CREATED}]}
    assert refusal(notify, clients["s3"], bucket, **rules) == (400, "InvalidArgument", UNVALIDATED)
    queue.let_in("s3.amazonaws.com", f"arn:aws:s3:::{bucket}")
    notify(clients["s3"], bucket, **rules)
    check_test_event(queue.take()["Body"], bucket)
    clients["s3"].put_object(Bucket=bucket, Key="a b", Body=b"12345")
    check_record(queue.take()["Body"], bucket, "a+b", 5)
    clients["s3"].delete_object(Bucket=bucket, Key="a b")
    assert queue.is_empty()


def test_a_bucket_tells_a_topic(clients, bucket, queue, topic):
    rules = {"TopicConfigurations": [{"TopicArn": topic, **CREATED}]}
    assert refusal(notify, clients["s3"], bucket, **rules) == (400, "InvalidArgument", UNVALIDATED)
    clients["sns"].set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy(
        "sns:Publish", topic, "s3.amazonaws.com", f"arn:aws:s3:::{bucket}", ACCOUNT))
    notify(clients["s3"], bucket, **rules)
    notification = json.loads(queue.take()["Body"])
    assert notification["Subject"] == "Amazon S3 Notification"
    check_test_event(notification["Message"], bucket)
    clients["s3"].put_object(Bucket=bucket, Key="k", Body=b"123")
    notification = json.loads(queue.take()["Body"])
    assert notification["Subject"] == "Amazon S3 Notification"
    check_record(notification["Message"], bucket, "k", 3)


def test_queues_let_in_only_the_bucket_they_name(clients, bucket, queue):
    rules = {"QueueConfigurations": [{"QueueArn": queue.arn, **CREATED}]}
    for source, account in (("arn:aws:s3:::another", ACCOUNT), (f"arn:aws:s3:::{bucket}", "111122223333")):
        queue.let_in("s3.amazonaws.com", source, account)
        assert refusal(notify, clients["s3"], bucket, **rules)[1] == "InvalidArgument"
    queue.let_in("sns.amazonaws.com", f"arn:aws:s3:::{bucket}")
    assert refusal(notify, clients["s3"], bucket, **rules)[1] == "InvalidArgument"
    queue.let_in("s3.amazonaws.com", "arn:aws:s3:::e-*")
    notify(clients["s3"], bucket, **rules)


def test_what_is_no_longer_let_in_does_not_arrive(clients, bucket, queue):
    queue.let_in("s3.amazonaws.com", f"arn:aws:s3:::{bucket}")
    notify(clients["s3"], bucket, QueueConfigurations=[{"QueueArn": queue.arn, **CREATED}])
    queue.take()
    queue.let_in("s3.amazonaws.com", "arn:aws:s3:::another")
    clients["s3"].put_object(Bucket=bucket, Key="k", Body=b"")
    assert queue.is_empty()


# Who may invoke a function

ECHO = {"app.py": """
import boto3, json, os
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(event))
"""}


@pytest.fixture
def echo(clients, name, queue):
    """A function that repeats its event in `queue`."""
    return create_function(clients["lambda"], name, ECHO, Timeout=30,
                           Environment={"Variables": {"QUEUE": queue.url}})["FunctionArn"]


def allow(client, function, principal, source=None, account=None):
    conditions = {key: value for key, value in (("SourceArn", source), ("SourceAccount", account)) if value}
    client.add_permission(FunctionName=function, StatementId="s" + uuid.uuid4().hex, Action="lambda:InvokeFunction",
                          Principal=principal, **conditions)


@pytest.mark.parametrize("grant", [
    {"principal": "sns.amazonaws.com"},
    {"principal": "s3.amazonaws.com", "source": "arn:aws:s3:::another"},
    {"principal": "s3.amazonaws.com", "source": "BUCKET", "account": "111122223333"},
    {"principal": "111122223333"},
])
def test_a_bucket_that_the_function_does_not_let_in_is_refused(clients, bucket, name, echo, grant):
    if grant.get("source") == "BUCKET":
        grant = grant | {"source": f"arn:aws:s3:::{bucket}"}
    allow(clients["lambda"], name, **grant)
    rules = {"LambdaFunctionConfigurations": [{"LambdaFunctionArn": echo, **CREATED}]}
    assert refusal(notify, clients["s3"], bucket, **rules) == (400, "InvalidArgument", UNVALIDATED)


def test_a_bucket_that_the_function_lets_in_invokes_it_until_it_is_shut_out(clients, bucket, name, queue, echo):
    client = clients["lambda"]
    client.add_permission(FunctionName=name, StatementId="in", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com",
                          SourceArn=f"arn:aws:s3:::{bucket}", SourceAccount=ACCOUNT)
    notify(clients["s3"], bucket, LambdaFunctionConfigurations=[{"LambdaFunctionArn": echo, **CREATED}])
    clients["s3"].put_object(Bucket=bucket, Key="first", Body=b"1")
    check_record(queue.take(30)["Body"], bucket, "first", 1)
    client.remove_permission(FunctionName=name, StatementId="in")
    clients["s3"].put_object(Bucket=bucket, Key="second", Body=b"1")
    assert queue.is_empty(2)


def test_a_topic_invokes_only_the_functions_that_let_it_in(clients, name, queue, echo):
    sns, client = clients["sns"], clients["lambda"]
    arn = sns.create_topic(Name=name)["TopicArn"]
    sns.subscribe(TopicArn=arn, Protocol="lambda", Endpoint=echo)
    allow(client, name, "sns.amazonaws.com", source=arn + "-other")
    sns.publish(TopicArn=arn, Message="refused")
    assert queue.is_empty(2)
    allow(client, name, "sns.amazonaws.com", source=arn, account=ACCOUNT)
    sns.publish(TopicArn=arn, Message="let in")
    record, = json.loads(queue.take(30)["Body"])["Records"]
    assert (record["EventSource"], record["Sns"]["Message"]) == ("aws:sns", "let in")
    assert queue.is_empty(0)


# Loops

STORING = {"app.py": """
import boto3
s3 = boto3.client("s3")
def handler(event, context):
    record = event["Records"][0]["s3"]
    key = record["object"]["key"]
    if int(key) < 40:
        s3.put_object(Bucket=record["bucket"]["name"], Key="%02d" % (int(key) + 1), Body=b"")
"""}


def loop_over_bucket(clients, name, bucket, **settings):
    client = clients["lambda"]
    arn = create_function(client, name, STORING, Timeout=30, **settings)["FunctionArn"]
    allow(client, name, "s3.amazonaws.com", source=f"arn:aws:s3:::{bucket}")
    notify(clients["s3"], bucket, LambdaFunctionConfigurations=[{"LambdaFunctionArn": arn, **CREATED}])


def test_a_function_that_writes_to_the_bucket_that_triggers_it_is_stopped(clients, name, bucket, queue):
    loop_over_bucket(clients, name, bucket, DeadLetterConfig={"TargetArn": queue.arn})
    clients["s3"].put_object(Bucket=bucket, Key="00", Body=b"")
    dead = queue.take(60)
    assert json.loads(dead["Body"])["Records"][0]["s3"]["object"]["key"] == "16"
    assert objects(clients["s3"], bucket)[-1] == "16"
    assert dead["MessageAttributes"]["ErrorCode"]["StringValue"] == "400"
    eventually(lambda: statistics(clients["cloudwatch"], "RecursiveInvocationsDropped", {"FunctionName": name})["Sum"] == 1)
    eventually(lambda: statistics(clients["cloudwatch"], "Invocations", {"FunctionName": name})["Sum"] == 16)


def test_a_loop_over_a_bucket_that_is_allowed_goes_on(clients, name, bucket):
    loop_over_bucket(clients, name, bucket)
    clients["lambda"].put_function_recursion_config(FunctionName=name, RecursiveLoop="Allow")
    clients["s3"].put_object(Bucket=bucket, Key="00", Body=b"")
    eventually(lambda: "40" in objects(clients["s3"], bucket), 60)


SENDING = {"app.py": """
import boto3, os
def handler(event, context):
    for record in event["Records"]:
        n = int(record["body"])
        if n < 40:
            boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=str(n + 1))
"""}


def test_a_loop_over_a_queue_is_stopped(clients, name):
    client, dead = clients["lambda"], Queue(clients["sqs"], name + "-dead")
    fed = Queue(clients["sqs"], name, VisibilityTimeout="2", RedrivePolicy=json.dumps(
        {"deadLetterTargetArn": dead.arn, "maxReceiveCount": 1}))
    create_function(client, name, SENDING, Timeout=2, MemorySize=512, Environment={"Variables": {"QUEUE": fed.url}})
    client.create_event_source_mapping(FunctionName=name, EventSourceArn=fed.arn, BatchSize=1)
    clients["sqs"].send_message(QueueUrl=fed.url, MessageBody="0")
    assert dead.take(60)["Body"] == "16"
    eventually(lambda: statistics(clients["cloudwatch"], "RecursiveInvocationsDropped", {"FunctionName": name})["Sum"] == 1)


def test_a_loop_over_a_topic_is_stopped(clients, name):
    client, dead = clients["lambda"], Queue(clients["sqs"], name + "-dead")
    topic = clients["sns"].create_topic(Name=name)["TopicArn"]
    code = {"app.py": """
import boto3, os
def handler(event, context):
    n = int(event["Records"][0]["Sns"]["Message"])
    if n < 40:
        boto3.client("sns").publish(TopicArn=os.environ["TOPIC"], Message=str(n + 1))
"""}
    arn = create_function(client, name, code, Timeout=30, Environment={"Variables": {"TOPIC": topic}},
                          DeadLetterConfig={"TargetArn": dead.arn})["FunctionArn"]
    allow(client, name, "sns.amazonaws.com", source=topic)
    clients["sns"].subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    clients["sns"].publish(TopicArn=topic, Message="0")
    assert json.loads(dead.take(60)["Body"])["Records"][0]["Sns"]["Message"] == "16"


# Metrics of event source mappings

def test_a_mapping_counts_its_events_when_it_is_asked_to(clients, name):
    client = clients["lambda"]
    fed = Queue(clients["sqs"], name, VisibilityTimeout="30")
    create_function(client, name, {"app.py": """
def handler(event, context):
    ids = [r["messageId"] for r in event["Records"] if "bad" in r["body"]]
    return {"batchItemFailures": [{"itemIdentifier": id} for id in ids]}
"""}, Timeout=3)
    made = client.create_event_source_mapping(
        FunctionName=name, EventSourceArn=fed.arn, FunctionResponseTypes=["ReportBatchItemFailures"],
        FilterCriteria={"Filters": [{"Pattern": '{"body": {"kind": ["good", "bad"]}}'}]},
        MetricsConfig={"Metrics": ["EventCount"]})
    uuid_ = made["UUID"]
    listed, = client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    assert made["MetricsConfig"] == listed["MetricsConfig"] == {"Metrics": ["EventCount"]}
    for kind in ("good", "good", "bad", "other"):
        clients["sqs"].send_message(QueueUrl=fed.url, MessageBody=json.dumps({"kind": kind}))

    def of(metric):
        return statistics(clients["cloudwatch"], metric, {"EventSourceMappingUUID": uuid_})["Sum"]
    expected = {"PolledEventCount": 4, "FilteredOutEventCount": 1, "InvokedEventCount": 3, "FailedInvokeEventCount": 1,
                "DeletedEventCount": 2, "DroppedEventCount": 0, "OnFailureDestinationDeliveredEventCount": 0}
    eventually(lambda: {metric: of(metric) for metric in expected} == expected, 30)
    changed = client.update_event_source_mapping(UUID=uuid_, MetricsConfig={"Metrics": []})
    assert "MetricsConfig" not in changed
    eventually(lambda: client.get_event_source_mapping(UUID=uuid_)["State"] == "Enabled")
    clients["sqs"].send_message(QueueUrl=fed.url, MessageBody='{"kind": "good"}')
    eventually(fed.is_empty)
    assert of("PolledEventCount") == 4


def test_metrics_and_keys_that_a_mapping_cannot_have_are_refused(clients, name):
    fed = Queue(clients["sqs"], name)
    create_function(clients["lambda"], name, WORKS)
    create = clients["lambda"].create_event_source_mapping
    assert refusal(create, FunctionName=name, EventSourceArn=fed.arn, MetricsConfig={"Metrics": ["ErrorCount"]}) == (
        400, "InvalidParameterValueException", "Unsupported MetricsConfig parameter for given event source mapping type.")
    key = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{uuid.uuid4()}"
    status, code, message = refusal(create, FunctionName=name, EventSourceArn=fed.arn, KMSKeyArn=key)
    assert "KMSKeyArn" in message and status >= 400 and code

# SPDX-License-Identifier: Apache-2.0
"""SNS topics and subscriptions through boto3: names, attributes, permissions, tags, lists, refusals."""

import json
import uuid

import pytest

from conftest import refusal


@pytest.fixture(scope="module")
def sns(server):
    return server.client("sns")


@pytest.fixture
def name():
    return f"t-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def topic(sns, name):
    return sns.create_topic(Name=name)["TopicArn"]


def attributes(sns, arn):
    return sns.get_topic_attributes(TopicArn=arn)["Attributes"]


def test_create_topic_is_idempotent_until_something_differs(sns, name):
    settings = {"Attributes": {"DisplayName": "News"}, "Tags": [{"Key": "team", "Value": "a"}]}
    arn = sns.create_topic(Name=name, **settings)["TopicArn"]
    assert arn == f"arn:aws:sns:us-east-1:000000000000:{name}"
    assert sns.create_topic(Name=name, **settings)["TopicArn"] == arn
    assert sns.create_topic(Name=name)["TopicArn"] == arn
    assert refusal(sns.create_topic, Name=name, Attributes={"DisplayName": "Other"}) == (
        400, "InvalidParameter",
        "Invalid parameter: Attributes Reason: Topic already exists with different attributes")
    assert refusal(sns.create_topic, Name=name, Tags=[{"Key": "team", "Value": "b"}]) == (
        400, "InvalidParameter", "Invalid parameter: Tags Reason: Topic already exists with different tags")


@pytest.mark.parametrize("bad", ["", "a b", "x" * 257, "news!", ".fifo", "a.fifo"])
def test_topic_names_are_checked(sns, bad):
    status, code, message = refusal(sns.create_topic, Name=bad)
    assert (status, code) == (400, "InvalidParameter")
    assert message.startswith("Invalid parameter: Topic Name")


def test_fifo_topics_need_name_and_attribute(sns, name):
    arn = sns.create_topic(Name=f"{name}.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    got = attributes(sns, arn)
    assert (got["FifoTopic"], got["ContentBasedDeduplication"]) == ("true", "false")
    _, code, message = refusal(sns.create_topic, Name=name, Attributes={"FifoTopic": "true"})
    assert code == "InvalidParameter" and "must end with .fifo" in message


def test_topic_attributes(sns, topic, name):
    got = attributes(sns, topic)
    assert got["TopicArn"] == topic and got["Owner"] == "000000000000" and got["DisplayName"] == ""
    assert [got[f"Subscriptions{s}"] for s in ("Confirmed", "Pending", "Deleted")] == ["0", "0", "0"]
    assert json.loads(got["Policy"])["Statement"][0]["Resource"] == topic
    assert json.loads(got["EffectiveDeliveryPolicy"])["http"]["defaultHealthyRetryPolicy"]["numRetries"] == 3
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="News")
    assert attributes(sns, topic)["DisplayName"] == "News"
    assert refusal(sns.set_topic_attributes, TopicArn=topic, AttributeName="Nope", AttributeValue="x") == (
        400, "InvalidParameter", "Invalid parameter: AttributeName")
    assert refusal(sns.set_topic_attributes, TopicArn=topic, AttributeName="Policy", AttributeValue="{")[1] == (
        "InvalidParameter")


def test_missing_topics_and_bad_arns(sns, name):
    arn = f"arn:aws:sns:us-east-1:000000000000:{name}"
    missing = (404, "NotFound", "Topic does not exist")
    assert refusal(sns.get_topic_attributes, TopicArn=arn) == missing
    assert refusal(sns.publish, TopicArn=arn, Message="m") == missing
    assert refusal(sns.list_subscriptions_by_topic, TopicArn=arn) == missing
    sns.delete_topic(TopicArn=arn)
    assert refusal(sns.list_tags_for_resource, ResourceArn=arn) == (
        404, "ResourceNotFound", "Resource does not exist")
    assert refusal(sns.get_topic_attributes, TopicArn="x") == (
        400, "InvalidParameter",
        "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1")
    assert refusal(sns.get_subscription_attributes, SubscriptionArn=f"{arn}:{uuid.uuid4()}") == (
        404, "NotFound", "Subscription does not exist")
    assert refusal(sns.unsubscribe, SubscriptionArn=f"{arn}:x") == (
        400, "InvalidParameter", "Invalid parameter: SubscriptionId")


def test_lists_have_pages_of_a_hundred(server):
    sns = server.client("sns", account="111122223333")
    arns = {sns.create_topic(Name=f"page-{i:03}")["TopicArn"] for i in range(105)}
    first = sns.list_topics()
    assert len(first["Topics"]) == 100
    rest = sns.list_topics(NextToken=first["NextToken"])
    assert "NextToken" not in rest
    assert {t["TopicArn"] for t in first["Topics"] + rest["Topics"]} == arns
    assert refusal(sns.list_topics, NextToken="?")[1] == "InvalidParameter"


def test_subscribing_a_queue_is_confirmed_at_once(sns, topic):
    queue = "arn:aws:sqs:us-east-1:000000000000:orders"
    arn = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)["SubscriptionArn"]
    assert arn.startswith(topic + ":")
    assert sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)["SubscriptionArn"] == arn
    got = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert (got["Protocol"], got["Endpoint"], got["Owner"]) == ("sqs", queue, "000000000000")
    assert (got["PendingConfirmation"], got["RawMessageDelivery"]) == ("false", "false")
    sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="RawMessageDelivery", AttributeValue="true")
    assert sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["RawMessageDelivery"] == "true"
    listed = {"SubscriptionArn": arn, "Owner": "000000000000", "Protocol": "sqs", "Endpoint": queue, "TopicArn": topic}
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == [listed]
    pages = sns.get_paginator("list_subscriptions").paginate()
    assert listed in [s for page in pages for s in page["Subscriptions"]]
    assert attributes(sns, topic)["SubscriptionsConfirmed"] == "1"
    assert refusal(sns.subscribe, TopicArn=topic, Protocol="sqs", Endpoint=queue,
                   Attributes={"RawMessageDelivery": "false"}) == (
        400, "InvalidParameter",
        "Invalid parameter: Attributes Reason: Subscription already exists with different attributes")
    sns.unsubscribe(SubscriptionArn=arn)
    sns.unsubscribe(SubscriptionArn=arn)
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    assert attributes(sns, topic)["SubscriptionsDeleted"] == "1"


@pytest.mark.parametrize("protocol, endpoint, message", [
    ("sqs", "http://127.0.0.1/queue", "Invalid parameter: SQS endpoint ARN"),
    ("sqs", "arn:aws:sqs:us-east-1:000000000000:q.fifo",
     "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"),
    ("lambda", "arn:aws:sqs:us-east-1:000000000000:q", "Invalid parameter: Lambda endpoint ARN"),
    ("pigeon", "roof", "Invalid parameter: Amazon SNS does not support this protocol string: pigeon"),
    ("http", "https://example.com", "Invalid parameter: Endpoint must match the specified protocol"),
])
def test_endpoints_are_checked(sns, topic, protocol, endpoint, message):
    assert refusal(sns.subscribe, TopicArn=topic, Protocol=protocol, Endpoint=endpoint) == (
        400, "InvalidParameter", message)


def test_text_messages_and_mobile_push_are_refused_by_name(sns, topic):
    assert refusal(sns.subscribe, TopicArn=topic, Protocol="sms", Endpoint="+15550100")[:2] == (501, "NotImplemented")
    assert refusal(sns.publish, PhoneNumber="+15550100", Message="m")[:2] == (400, "InvalidParameter")
    assert refusal(sns.list_platform_applications)[:2] == (501, "NotImplemented")


@pytest.mark.parametrize("attribute, value, message", [
    ("RedrivePolicy", "{}x", "Invalid parameter: RedrivePolicy: failed to parse JSON."),
    ("RedrivePolicy", '{"deadLetterTargetArn":"q"}',
     "Invalid parameter: RedrivePolicy: deadLetterTargetArn is an invalid arn"),
    ("RawMessageDelivery", "yes",
     "Invalid parameter: Attributes Reason: RawMessageDelivery: Invalid value [yes]. Must be true or false."),
    ("Nope", "1", "Invalid parameter: AttributeName"),
])
def test_subscription_attributes_are_checked(sns, topic, attribute, value, message):
    arn = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:000000000000:q")["SubscriptionArn"]
    assert refusal(sns.set_subscription_attributes, SubscriptionArn=arn, AttributeName=attribute,
                   AttributeValue=value) == (400, "InvalidParameter", message)


@pytest.mark.parametrize("arguments, code, message", [
    ({"Message": ""}, "InvalidParameter", "Invalid parameter: Empty message"),
    ({"Message": "x" * 262145}, "InvalidParameter", "Invalid parameter: Message too long"),
    ({"Message": "m", "Subject": "a\nb"}, "InvalidParameter", "Invalid parameter: Subject"),
    ({"Message": "m", "MessageStructure": "json"}, "InvalidParameter",
     "Invalid parameter: Message Structure - JSON message body failed to parse"),
    ({"Message": '{"sqs":"m"}', "MessageStructure": "json"}, "InvalidParameter",
     "Invalid parameter: Message Structure - No default entry in JSON message body"),
    ({"Message": "m", "MessageAttributes": {"n": {"DataType": "Number", "StringValue": "two"}}},
     "ParameterValueInvalid", "Could not cast message attribute 'n' value to number."),
    ({"Message": "m", "MessageAttributes": {"n": {"DataType": "Date", "StringValue": "two"}}},
     "ParameterValueInvalid", "The message attribute 'n' has an invalid message attribute type, the set of supported "
     "type prefixes is Binary, Number, and String."),
    ({"Message": "m", "MessageDeduplicationId": "d"}, "InvalidParameter",
     "Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is "
     "not valid for this topic type"),
])
def test_messages_are_checked(sns, topic, arguments, code, message):
    assert refusal(sns.publish, TopicArn=topic, **arguments) == (400, code, message)


def test_publish_needs_one_destination(sns, topic):
    assert refusal(sns.publish, Message="m")[2] == (
        "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter")
    assert uuid.UUID(sns.publish(TargetArn=topic, Message="m")["MessageId"])


def test_batches(sns, topic):
    reply = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[
        {"Id": "a", "Message": "1"}, {"Id": "b", "Message": ""}, {"Id": "c", "Message": "3", "Subject": "s"}])
    assert [e["Id"] for e in reply["Successful"]] == ["a", "c"]
    assert [(e["Id"], e["Code"], e["SenderFault"]) for e in reply["Failed"]] == [("b", "InvalidParameter", True)]

    def refused(entries):
        return refusal(sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=entries)[1]
    assert refused([{"Id": str(i), "Message": "m"} for i in range(11)]) == "TooManyEntriesInBatchRequest"
    assert refused([{"Id": "a", "Message": "m"}] * 2) == "BatchEntryIdsNotDistinct"
    assert refused([]) == "EmptyBatchRequest"
    assert refused([{"Id": "a b", "Message": "m"}]) == "InvalidBatchEntryId"
    assert refused([{"Id": str(i), "Message": "m" * 100_000} for i in range(3)]) == "BatchRequestTooLong"


def test_fifo_topics_check_group_and_deduplication(sns, name):
    arn = sns.create_topic(Name=f"{name}.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    assert refusal(sns.publish, TopicArn=arn, Message="m")[2] == (
        "Invalid parameter: The MessageGroupId parameter is required for FIFO topics")
    assert refusal(sns.publish, TopicArn=arn, Message="m", MessageGroupId="g")[2] == (
        "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
        "provided explicitly")
    first = sns.publish(TopicArn=arn, Message="m", MessageGroupId="g", MessageDeduplicationId="1")
    again = sns.publish(TopicArn=arn, Message="m", MessageGroupId="g", MessageDeduplicationId="1")
    other = sns.publish(TopicArn=arn, Message="m", MessageGroupId="g", MessageDeduplicationId="2")
    assert (first["MessageId"], first["SequenceNumber"]) == (again["MessageId"], again["SequenceNumber"])
    assert other["MessageId"] != first["MessageId"] and other["SequenceNumber"] > first["SequenceNumber"]
    assert len(first["SequenceNumber"]) == 20
    assert refusal(sns.subscribe, TopicArn=arn, Protocol="lambda",
                   Endpoint="arn:aws:lambda:us-east-1:000000000000:function:f")[1] == "InvalidParameter"


def test_permissions_change_the_policy(sns, topic):
    sns.add_permission(TopicArn=topic, Label="one", AWSAccountId=["111122223333"], ActionName=["Publish"])
    statement = json.loads(attributes(sns, topic)["Policy"])["Statement"][1]
    assert statement == {"Sid": "one", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                         "Action": "SNS:Publish", "Resource": topic}
    again = {"TopicArn": topic, "Label": "one", "AWSAccountId": ["111122223333"], "ActionName": ["Publish"]}
    assert refusal(sns.add_permission, **again) == (
        400, "InvalidParameter", "Invalid parameter: Statement already exists")
    assert refusal(sns.add_permission, **again | {"Label": "two", "ActionName": ["Fly"]})[2] == (
        "Invalid parameter: Policy statement action out of service scope!")
    sns.remove_permission(TopicArn=topic, Label="one")
    assert len(json.loads(attributes(sns, topic)["Policy"])["Statement"]) == 1


def test_tags(sns, topic):
    sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    sns.untag_resource(ResourceArn=topic, TagKeys=["a", "zzz"])
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == [{"Key": "b", "Value": "2"}]
    many = [{"Key": str(i), "Value": ""} for i in range(50)]
    assert refusal(sns.tag_resource, ResourceArn=topic, Tags=many)[1] == "TagLimitExceeded"


def test_a_topic_made_again_has_no_old_subscriptions(sns, topic, name):
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:000000000000:q")
    sns.delete_topic(TopicArn=topic)
    assert sns.create_topic(Name=name)["TopicArn"] == topic
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    assert attributes(sns, topic)["SubscriptionsConfirmed"] == "0"


def test_other_accounts_topics_are_theirs(server, topic):
    stranger = server.client("sns", account="444455556666")
    assert topic not in [t["TopicArn"] for t in stranger.list_topics()["Topics"]]


@pytest.mark.parametrize("policy, scope, reason", [
    ('{"a": "b"}', None, 'FilterPolicy: "a" must be an object or an array'),
    ('{"a": {"b": ["c"]}}', None, "Filter policy scope MessageAttributes does not support nested filter policy"),
    ('{"a": [{"wildcard": "*"}]}', None, "FilterPolicy: Unrecognized match type wildcard"),
    ('{"a": [{"exists": "yes"}]}', None, "FilterPolicy: exists match pattern must be either true or false."),
    ('{"a": [{"numeric": ["<", "x"]}]}', None, "FilterPolicy: Value of < must be numeric"),
    (json.dumps({k: ["v"] for k in "abcdef"}), None, "FilterPolicy: Filter policy can not have more than 5 keys"),
    (json.dumps({k: list("123456") for k in "abc"}), None, "FilterPolicy: Filter policy is too complex"),
    (json.dumps({"a": {"b": {"c": list("1234567"), "d": list("12345")}}}), "MessageBody",
     "FilterPolicy: Filter policy is too complex"),
    ("{", None, "FilterPolicy: failed to parse JSON."),
])
def test_filter_policies_are_checked(sns, topic, policy, scope, reason):
    arn = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:000000000000:q",
                        Attributes={"FilterPolicyScope": scope} if scope else {})["SubscriptionArn"]
    status, code, message = refusal(sns.set_subscription_attributes, SubscriptionArn=arn,
                                    AttributeName="FilterPolicy", AttributeValue=policy)
    assert (status, code) == (400, "InvalidParameter")
    assert message.startswith(f"Invalid parameter: {reason}")


def test_filter_policies_and_their_scopes_are_kept_and_cleared(sns, topic):
    policy = '{"a": [{"prefix": "x"}, {"anything-but": ["y"]}, {"numeric": [">", 0, "<=", 5]}, {"cidr": "10.0.0.0/8"}]}'
    arn = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:000000000000:q",
                        Attributes={"FilterPolicy": policy})["SubscriptionArn"]

    def attribute(name):
        return sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"].get(name)
    assert (attribute("FilterPolicy"), attribute("FilterPolicyScope")) == (policy, "MessageAttributes")
    sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="FilterPolicyScope", AttributeValue="MessageBody")
    sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue='{"a":{"b":[1]}}')
    _, code, message = refusal(sns.set_subscription_attributes, SubscriptionArn=arn, AttributeName="FilterPolicyScope",
                               AttributeValue="MessageAttributes")
    assert code == "InvalidParameter" and "nested" in message
    sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue="{}")
    assert attribute("FilterPolicy") is None


def test_a_topic_has_two_hundred_filter_policies(sns, topic):
    def subscribe(i):
        return sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:000000000000:q{i}",
                             Attributes={"FilterPolicy": '{"a":["b"]}'})["SubscriptionArn"]
    first = [subscribe(i) for i in range(200)][0]
    assert refusal(subscribe, 200)[:2] == (403, "FilterPolicyLimitExceeded")
    sns.unsubscribe(SubscriptionArn=first)
    subscribe(200)

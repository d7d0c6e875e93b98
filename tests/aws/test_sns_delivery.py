# SPDX-License-Identifier: Apache-2.0
"""What SNS's endpoints receive: HTTP with signatures that the served certificate proves, filters,
retries, e-mail through a real SMTP server; nothing accepted is lost when the server is killed."""

import base64
import json
import re
import subprocess
import time
import urllib.error
import urllib.request
import uuid

import pytest

from conftest import create_function, eventually, refusal
from http_receiver import Receiver
from smtp_sink import mail  # noqa: F401


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def sns(server):
    return server.client("sns")


@pytest.fixture
def topic(sns):
    return sns.create_topic(Name=f"t-{uuid.uuid4().hex[:12]}")["TopicArn"]


def subscribe_http(sns, topic, receiver, **attributes):
    """Subscribes and follows the link of the confirmation; answers the subscription's ARN."""
    before = len(receiver.of_type("SubscriptionConfirmation"))
    reply = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url, Attributes=attributes)
    assert reply["SubscriptionArn"] == "pending confirmation"
    eventually(lambda: len(receiver.of_type("SubscriptionConfirmation")) > before)
    asked = json.loads(receiver.of_type("SubscriptionConfirmation")[-1][1])
    answer = urllib.request.urlopen(asked["SubscribeURL"]).read().decode()
    return re.search("<SubscriptionArn>(.+)</SubscriptionArn>", answer).group(1)


def verify(message, tmp_path):
    """Checks the signature of `message` with the certificate that it names, by the openssl command."""
    fields = (["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
              if message["Type"] == "Notification" else
              ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"])
    text = "".join(f"{name}\n{message[name]}\n" for name in fields if name in message)
    pem = urllib.request.urlopen(message["SigningCertURL"]).read()
    for name, content in (("cert", pem), ("signature", base64.b64decode(message["Signature"])), ("text", text.encode())):
        (tmp_path / name).write_bytes(content)
    key = subprocess.run(["openssl", "x509", "-in", tmp_path / "cert", "-pubkey", "-noout"], capture_output=True, check=True)
    (tmp_path / "key").write_bytes(key.stdout)
    digest = {"1": "-sha1", "2": "-sha256"}[message["SignatureVersion"]]
    return subprocess.run(["openssl", "dgst", digest, "-verify", tmp_path / "key", "-signature", tmp_path / "signature",
                           tmp_path / "text"], capture_output=True).returncode == 0


@pytest.mark.parametrize("version", ["1", "2"])
def test_http_messages_are_signed_with_the_served_certificate(sns, topic, receiver, tmp_path, version):
    sns.set_topic_attributes(TopicArn=topic, AttributeName="SignatureVersion", AttributeValue=version)
    arn = subscribe_http(sns, topic, receiver)
    headers, body = receiver.of_type("SubscriptionConfirmation")[0]
    confirmation = json.loads(body)
    assert verify(confirmation, tmp_path) and headers["x-amz-sns-topic-arn"] == topic
    message_id = sns.publish(TopicArn=topic, Message="Grüße", Subject="Hi", MessageAttributes={
        "n": {"DataType": "Number", "StringValue": "7"},
        "b": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}})["MessageId"]
    eventually(receiver.notifications)
    headers, body = receiver.of_type("Notification")[0]
    message = json.loads(body)
    assert list(message) == ["Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion",
                             "Signature", "SigningCertURL", "UnsubscribeURL", "MessageAttributes"]
    assert (message["MessageId"], message["Message"], message["SignatureVersion"]) == (message_id, "Grüße", version)
    assert message["MessageAttributes"] == {"b": {"Type": "Binary", "Value": "AP8="}, "n": {"Type": "Number", "Value": "7"}}
    assert verify(message, tmp_path)
    assert not verify(message | {"Message": "other"}, tmp_path)
    assert headers["x-amz-sns-subscription-arn"] == arn and headers["x-amz-sns-message-id"] == message_id
    assert headers["Content-Type"] == "text/plain; charset=UTF-8"


def test_links_work_without_credentials(sns, topic, receiver):
    arn = subscribe_http(sns, topic, receiver)
    assert sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["ConfirmationWasAuthenticated"] == "false"
    sns.publish(TopicArn=topic, Message="m")
    eventually(receiver.notifications)
    urllib.request.urlopen(receiver.notifications()[0]["UnsubscribeURL"]).read()
    assert refusal(sns.get_subscription_attributes, SubscriptionArn=arn)[:2] == (404, "NotFound")
    eventually(lambda: receiver.of_type("UnsubscribeConfirmation"))


def test_a_wrong_token_confirms_nothing(sns, topic, receiver):
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url)
    eventually(lambda: receiver.of_type("SubscriptionConfirmation"))
    token = json.loads(receiver.of_type("SubscriptionConfirmation")[0][1])["Token"]
    for bad in (token[:-1] + ("0" if token[-1] != "0" else "1"), "x"):
        assert refusal(sns.confirm_subscription, TopicArn=topic, Token=bad) == (
            400, "InvalidParameter", "Invalid parameter: Token")
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"][0]["SubscriptionArn"] == "PendingConfirmation"
    sns.publish(TopicArn=topic, Message="before")
    arn = sns.confirm_subscription(TopicArn=topic, Token=token, AuthenticateOnUnsubscribe="true")["SubscriptionArn"]
    sns.publish(TopicArn=topic, Message="after")
    eventually(receiver.notifications)
    assert [m["Message"] for m in receiver.notifications()] == ["after"]
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(receiver.notifications()[0]["UnsubscribeURL"])
    assert refused.value.code == 403
    sns.unsubscribe(SubscriptionArn=arn)


def test_raw_messages_are_the_body(sns, topic, receiver):
    subscribe_http(sns, topic, receiver, RawMessageDelivery="true",
                   DeliveryPolicy=json.dumps({"requestPolicy": {"headerContentType": "application/json"}}))
    sns.publish(TopicArn=topic, Message='{"a":1}')
    eventually(lambda: receiver.of_type("Notification"))
    headers, body = receiver.of_type("Notification")[0]
    assert (body, headers["x-amz-sns-rawdelivery"], headers["Content-Type"]) == ('{"a":1}', "true", "application/json")


def test_each_protocol_has_its_text_of_a_structured_message(sns, topic, receiver):
    subscribe_http(sns, topic, receiver)
    sns.publish(TopicArn=topic, MessageStructure="json", Message='{"default": "d", "http": "h", "sqs": "s"}')
    eventually(receiver.notifications)
    assert receiver.notifications()[0]["Message"] == "h"


FILTERS = [
    ('{"k": ["a", "b"]}', {"k": ("String", "b")}, {"k": ("String", "c")}),
    ('{"k": ["a"]}', {"k": ("String.Array", '["x", "a"]')}, {}),
    ('{"k": [{"prefix": "ab"}]}', {"k": ("String", "abc")}, {"k": ("String", "Abc")}),
    ('{"k": [{"suffix": "bc"}]}', {"k": ("String", "abc")}, {"k": ("String", "abd")}),
    ('{"k": [{"equals-ignore-case": "aB"}]}', {"k": ("String", "Ab")}, {"k": ("String", "b")}),
    ('{"k": [{"anything-but": ["a"]}]}', {"k": ("String", "b")}, {"k": ("String", "a")}),
    ('{"k": [{"anything-but": {"prefix": "a"}}]}', {"k": ("String", "ba")}, {"k": ("String", "ab")}),
    ('{"k": [1]}', {"k": ("Number", "1.0")}, {"k": ("String", "1")}),
    ('{"k": [{"numeric": [">", 0, "<=", 5]}]}', {"k": ("Number", "5")}, {"k": ("Number", "0")}),
    ('{"k": [{"exists": true}]}', {"k": ("String", "x")}, {"j": ("String", "x")}),
    ('{"k": [{"exists": false}]}', {"j": ("String", "x")}, {"k": ("String", "x")}),
    ('{"k": [{"cidr": "10.0.0.0/24"}]}', {"k": ("String", "10.0.0.9")}, {"k": ("String", "10.0.1.9")}),
    ('{"$or": [{"k": ["a"]}, {"j": ["b"]}]}', {"j": ("String", "b")}, {"k": ("String", "b")}),
]


@pytest.mark.parametrize("policy, passes, stays", FILTERS)
def test_filter_policies_on_attributes(sns, topic, receiver, policy, passes, stays):
    subscribe_http(sns, topic, receiver, FilterPolicy=policy)
    for text, attributes in (("no", stays), ("yes", passes)):
        sns.publish(TopicArn=topic, Message=text, MessageAttributes={
            name: {"DataType": kind, "StringValue": value} for name, (kind, value) in attributes.items()})
    eventually(receiver.notifications)
    assert [m["Message"] for m in receiver.notifications()] == ["yes"]


def test_filter_policies_on_the_body(sns, topic, receiver):
    subscribe_http(sns, topic, receiver, FilterPolicyScope="MessageBody",
                   FilterPolicy='{"order": {"price": [{"numeric": [">=", 100]}], "tags": ["new"]}}')
    for price, tags in ((99, ["new"]), (100, ["old"]), (100, ["old", "new"])):
        sns.publish(TopicArn=topic, Message=json.dumps({"order": {"price": price, "tags": tags}}))
    sns.publish(TopicArn=topic, Message="no JSON")
    eventually(receiver.notifications)
    assert [json.loads(m["Message"])["order"]["tags"] for m in receiver.notifications()] == [["old", "new"]]


def test_a_delivery_policy_says_when_a_failed_delivery_is_tried_again(sns, topic, receiver):
    retry = {"minDelayTarget": 1, "maxDelayTarget": 1, "numRetries": 2, "numNoDelayRetries": 1}
    arn = subscribe_http(sns, topic, receiver, DeliveryPolicy=json.dumps({"healthyRetryPolicy": retry}))
    effective = json.loads(sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["EffectiveDeliveryPolicy"])
    assert effective["healthyRetryPolicy"]["numRetries"] == 2
    receiver.answers = [500, 503, 200]
    sns.publish(TopicArn=topic, Message="m")
    eventually(lambda: len(receiver.of_type("Notification")) == 3)
    first, second, third = [at for headers, _, at in receiver.requests if headers["x-amz-sns-message-type"] == "Notification"]
    assert second - first < 0.9 <= third - second
    assert len({m["MessageId"] for m in receiver.notifications()}) == 1


def test_a_refusal_is_not_tried_again(sns, topic, receiver):
    subscribe_http(sns, topic, receiver)
    receiver.answers = [404]
    sns.publish(TopicArn=topic, Message="refused")
    eventually(receiver.notifications)
    sns.publish(TopicArn=topic, Message="next")
    eventually(lambda: len(receiver.notifications()) == 2)
    assert [m["Message"] for m in receiver.notifications()] == ["refused", "next"]


def test_a_throttled_endpoint_gets_everything_in_time(sns, topic, receiver):
    subscribe_http(sns, topic, receiver, DeliveryPolicy=json.dumps({"throttlePolicy": {"maxReceivesPerSecond": 10}}))
    for i in range(8):
        sns.publish(TopicArn=topic, Message=str(i))
    eventually(lambda: len(receiver.notifications()) == 8)
    times = [at for headers, _, at in receiver.requests if headers["x-amz-sns-message-type"] == "Notification"]
    assert max(times) - min(times) > 0.6


def test_many_subscribers_each_get_one(sns, topic, receiver):
    """More than one commit takes: the message fans out in pages."""
    url = receiver.url
    for i in range(45):
        receiver.url = f"{url}/{i}"
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url, Attributes={"RawMessageDelivery": "true"})
    eventually(lambda: len(receiver.of_type("SubscriptionConfirmation")) == 45)
    for _, body in receiver.of_type("SubscriptionConfirmation"):
        sns.confirm_subscription(TopicArn=topic, Token=json.loads(body)["Token"])
    text = "x" * 60_000
    sns.publish(TopicArn=topic, Message=text)
    eventually(lambda: len(receiver.of_type("Notification")) >= 45)
    got = receiver.of_type("Notification")
    assert len({headers["x-amz-sns-subscription-arn"] for headers, _ in got}) == len(got) == 45
    assert {body for _, body in got} == {text}


def failures(server):
    text = urllib.request.urlopen(f"{server.endpoint}/_kiln/metrics").read().decode()
    return int(re.search(r"^kiln_sns_delivery_failures_total (\d+)", text, re.M).group(1))


def test_a_function_gets_the_event_when_its_policy_lets_the_topic_in(server, sns, topic):
    client = server.client("lambda")
    name = topic.split(":")[-1]
    create_function(client, name, {"app.py": "import json\ndef handler(event, context):\n    print(json.dumps(event))\n"})
    function = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    arn = sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)["SubscriptionArn"]
    refused = failures(server)
    sns.publish(TopicArn=topic, Message="nobody let me in")
    eventually(lambda: failures(server) > refused)
    client.add_permission(FunctionName=name, StatementId="sns", Action="lambda:InvokeFunction",
                          Principal="sns.amazonaws.com", SourceArn=topic)
    message_id = sns.publish(TopicArn=topic, Message="m", MessageAttributes={
        "a": {"DataType": "String", "StringValue": "1"}})["MessageId"]

    def printed():
        try:
            found = server.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="Records")
        except server.client("logs").exceptions.ResourceNotFoundException:
            return []
        return [json.loads(e["message"]) for e in found["events"]]
    record = eventually(printed)[0]["Records"][0]
    assert (record["EventSource"], record["EventVersion"], record["EventSubscriptionArn"]) == ("aws:sns", "1.0", arn)
    assert (record["Sns"]["MessageId"], record["Sns"]["Message"], record["Sns"]["Subject"]) == (message_id, "m", None)
    assert record["Sns"]["MessageAttributes"] == {"a": {"Type": "String", "Value": "1"}}
    assert len(printed()) == 1


def test_nothing_accepted_is_lost_when_the_server_is_killed(start_server):
    server, receiver = start_server(), Receiver()
    sns = server.client("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    arn = subscribe_http(sns, topic, receiver, DeliveryPolicy=json.dumps(
        {"healthyRetryPolicy": {"minDelayTarget": 1, "maxDelayTarget": 1, "numRetries": 20}}))
    receiver.answers = [500] * 20
    accepted = {sns.publish(TopicArn=topic, Message=str(i))["MessageId"] for i in range(20)}
    server.kill()
    receiver.answers = []
    server.start()
    eventually(lambda: {m["MessageId"] for m in receiver.notifications()} >= accepted, seconds=60)  # a lease ends after 25 s
    assert server.client("sns").get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["PendingConfirmation"] == "false"
    receiver.close()


def test_e_mail_is_confirmed_and_ended_by_its_links(mail):
    sns = mail.server.client("sns")
    topic = sns.create_topic(Name="news", Attributes={"DisplayName": "Käse"})["TopicArn"]
    assert sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")["SubscriptionArn"] == (
        "pending confirmation")
    eventually(lambda: mail.mails)
    to, first = mail.mails[0]
    assert to == ["a@example.com"] and first["Subject"] == "AWS Notification - Subscription Confirmation"
    assert "Käse" in first["From"]
    link = re.search(r"http://\S+Action=ConfirmSubscription\S+", first.get_content()).group(0)
    assert "<SubscriptionArn>" in urllib.request.urlopen(link).read().decode()
    sns.publish(TopicArn=topic, Subject="Grüße aus der Küche", Message="Zeile 1\nZeile 2 ü\n.\nend")
    eventually(lambda: len(mail.mails) == 2)
    _, second = mail.mails[1]
    assert second["Subject"] == "Grüße aus der Küche"
    text = second.get_content()
    assert text.startswith("Zeile 1\nZeile 2 ü\n.\nend")
    urllib.request.urlopen(re.search(r"http://\S+Action=Unsubscribe\S+", text).group(0)).read()
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_e_mail_json_is_the_signed_envelope(mail, tmp_path):
    sns = mail.server.client("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email-json", Endpoint="a@example.com")
    eventually(lambda: mail.mails)
    link = re.search(r"http://\S+Action=ConfirmSubscription\S+", mail.mails[0][1].get_content()).group(0)
    urllib.request.urlopen(link).read()
    sns.publish(TopicArn=topic, Message="m" * 2000)
    eventually(lambda: len(mail.mails) == 2)
    message = json.loads(mail.mails[1][1].get_content())
    assert message["Message"] == "m" * 2000 and verify(message, tmp_path)


def test_without_a_relay_e_mail_is_refused_and_bad_addresses_always(sns, topic, mail):
    assert refusal(sns.subscribe, TopicArn=topic, Protocol="email", Endpoint="a@example.com")[:2] == (
        501, "NotImplemented")
    own = mail.server.client("sns")
    arn = own.create_topic(Name="news")["TopicArn"]
    for bad in ("nobody", "a@b\r\nRCPT TO:<c@d>", "a@b,c@d", "<a@b>"):
        assert refusal(own.subscribe, TopicArn=arn, Protocol="email", Endpoint=bad)[:2] == (400, "InvalidParameter")

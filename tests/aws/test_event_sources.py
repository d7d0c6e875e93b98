# SPDX-License-Identifier: Apache-2.0
"""Event source mappings of queues: batches, windows, concurrency, failures, order, and changes that act at once."""

import json
import subprocess
import time
import uuid

import pytest
from conftest import KILN, create_function, eventually, refusal

ACCOUNT = "000000000000"
# Says in a queue which messages each invocation got, when it began and when it ended; fails on what is told to.
TELLS = {"app.py": """
import boto3, json, os, time
sqs = boto3.client("sqs")
def handler(event, context):
    begin = time.time()
    bodies = [record["body"] for record in event["Records"]]
    time.sleep(float(os.environ.get("SLEEP", "0")))
    failing = [r["messageId"] for r in event["Records"] if r["body"].startswith("bad")]
    sqs.send_message(QueueUrl=os.environ["TOLD"], MessageBody=json.dumps({
        "bodies": bodies, "begin": begin, "end": time.time(), "counts": [
            r["attributes"]["ApproximateReceiveCount"] for r in event["Records"]]}))
    if failing and os.environ.get("ALL"):
        raise ValueError("no")
    return {"batchItemFailures": [{"itemIdentifier": id} for id in failing]}
"""}


@pytest.fixture(scope="module")
def client(server):
    return server.client("lambda")


@pytest.fixture(scope="module")
def sqs(server):
    return server.client("sqs", read_timeout=30)


class Flow:
    """A queue, the function that reads it, and what that function tells."""

    def __init__(self, client, sqs, fifo=False, visibility=30, timeout=10, environment=None, **attributes):
        self.client, self.sqs = client, sqs
        self.name = "f-" + uuid.uuid4().hex[:12]
        queue = self.name + (".fifo" if fifo else "")
        more = {"FifoQueue": "true"} if fifo else {}
        self.url = sqs.create_queue(QueueName=queue, Attributes={"VisibilityTimeout": str(visibility)} | more | attributes)["QueueUrl"]
        self.arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{queue}"
        self.told_url = sqs.create_queue(QueueName=self.name + "-told")["QueueUrl"]
        self.told = []
        create_function(client, self.name, TELLS, Timeout=timeout,
                        Environment={"Variables": {"TOLD": self.told_url} | (environment or {})})

    def map(self, **settings):
        self.uuid = self.client.create_event_source_mapping(FunctionName=self.name, EventSourceArn=self.arn, **settings)["UUID"]
        self.settled()

    def state(self):
        return self.client.get_event_source_mapping(UUID=self.uuid)["State"]

    def settled(self, state="Enabled"):
        eventually(lambda: self.state() == state)

    def send(self, *bodies, group=None):
        for body in bodies:
            more = {"MessageGroupId": group, "MessageDeduplicationId": body} if group else {}
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body, **more)

    def until(self, messages, seconds=30):
        """What was told, once it is about this many messages (repeats count)."""
        def enough():
            got = self.sqs.receive_message(QueueUrl=self.told_url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
            for message in got:
                self.told.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.told_url, ReceiptHandle=message["ReceiptHandle"])
            return sum(len(told["bodies"]) for told in self.told) >= messages
        eventually(enough, seconds)
        self.told.sort(key=lambda told: told["begin"])
        return self.told

    def bodies(self):
        return [body for told in self.told for body in told["bodies"]]

    def left(self):
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=list(names))["Attributes"]
        return sum(int(found[name]) for name in names)


def most_at_once(told):
    return max(sum(other["begin"] <= one["begin"] < other["end"] for other in told) for one in told)


def test_a_window_collects_what_a_batch_may_hold(client, sqs):
    flow = Flow(client, sqs)
    flow.map(BatchSize=100, MaximumBatchingWindowInSeconds=2)
    sent = time.time()
    flow.send(*map(str, range(25)))
    told = flow.until(25)
    assert sorted(map(int, flow.bodies())) == list(range(25))
    assert len(told) <= 2 and max(len(one["bodies"]) for one in told) > 10
    assert told[0]["begin"] - sent > 1
    eventually(lambda: flow.left() == 0)


def test_without_a_window_messages_go_at_once(client, sqs):
    flow = Flow(client, sqs)
    flow.map()
    flow.send("warm")
    flow.until(1)
    sent = time.time()
    flow.send("now")
    assert flow.until(2)[-1]["begin"] - sent < 1


# Five to begin with; more come while the queue is long.
@pytest.mark.parametrize("settings, bounds", [({"ScalingConfig": {"MaximumConcurrency": 2}}, (2, 2)), ({}, (5, 8))])
def test_batches_run_beside_each_other_up_to_a_bound(client, sqs, settings, bounds):
    flow = Flow(client, sqs, environment={"SLEEP": "0.5"})
    flow.send(*map(str, range(10)))
    flow.map(BatchSize=1, **settings)
    assert bounds[0] <= most_at_once(flow.until(10)) <= bounds[1]
    assert sorted(map(int, flow.bodies())) == list(range(10))


def test_only_what_was_reported_as_failed_comes_again(client, sqs):
    flow = Flow(client, sqs, visibility=5, timeout=5)
    flow.send("good-1", "bad", "good-2")
    flow.map(BatchSize=10, FunctionResponseTypes=["ReportBatchItemFailures"])
    told = flow.until(4)
    assert sorted(flow.bodies()) == ["bad", "bad", "good-1", "good-2"]
    assert told[-1]["bodies"] == ["bad"] and told[-1]["counts"] == ["2"]
    assert told[-1]["begin"] - told[0]["begin"] > 4


def test_a_batch_that_fails_goes_to_the_dead_letters_whole(client, sqs):
    dead = Flow(client, sqs)
    flow = Flow(client, sqs, visibility=4, timeout=4, environment={"ALL": "1"}, RedrivePolicy=json.dumps(
        {"deadLetterTargetArn": dead.arn, "maxReceiveCount": 2}))
    flow.send("bad")
    flow.map()
    got, = eventually(lambda: sqs.receive_message(QueueUrl=dead.url, WaitTimeSeconds=5).get("Messages"), 30)
    assert got["Body"] == "bad" and flow.left() == 0
    assert [told["counts"] for told in flow.until(2)] == [["1"], ["2"]]


def test_groups_keep_their_order_and_run_beside_each_other(client, sqs):
    flow = Flow(client, sqs, fifo=True, environment={"SLEEP": "0.2"})
    groups = {group: [f"{group}{n}" for n in range(6)] for group in "abc"}
    for group, bodies in groups.items():
        flow.send(*bodies, group=group)
    flow.map(BatchSize=2)
    told = flow.until(18)
    for group, bodies in groups.items():
        assert [body for body in flow.bodies() if body.startswith(group)] == bodies
        of_group = [one for one in told if one["bodies"][0].startswith(group)]
        assert all(before["end"] <= after["begin"] for before, after in zip(of_group, of_group[1:]))
    assert most_at_once(told) > 1


def test_throttles_lose_nothing(client, sqs):
    flow = Flow(client, sqs, environment={"SLEEP": "0.1"})
    client.put_function_concurrency(FunctionName=flow.name, ReservedConcurrentExecutions=1)
    flow.send(*map(str, range(12)))
    flow.map(BatchSize=1)
    assert most_at_once(flow.until(12, 60)) == 1
    assert sorted(map(int, flow.bodies())) == list(range(12))
    eventually(lambda: flow.left() == 0)


def test_filters_delete_what_they_leave_out(client, sqs):
    flow = Flow(client, sqs)
    flow.map(FilterCriteria={"Filters": [{"Pattern": '{"body": {"price": [{"numeric": [">", 100]}]}}'}]})
    flow.send('{"price": 50}', "no JSON", '{"price": 500}')
    flow.until(1)
    eventually(lambda: flow.left() == 0)
    assert flow.bodies() == ['{"price": 500}']


def test_a_mapping_that_is_switched_off_takes_nothing_until_it_is_on(client, sqs):
    flow = Flow(client, sqs)
    flow.map()
    flow.send("first")
    flow.until(1)
    client.update_event_source_mapping(UUID=flow.uuid, Enabled=False)
    flow.settled("Disabled")
    flow.send("second")
    time.sleep(0.5)
    assert flow.left() == 1
    client.update_event_source_mapping(UUID=flow.uuid, Enabled=True)
    assert flow.until(2)[-1]["bodies"] == ["second"]


def test_a_changed_batch_size_counts_at_once(client, sqs):
    flow = Flow(client, sqs)
    flow.map(BatchSize=1)
    client.update_event_source_mapping(UUID=flow.uuid, BatchSize=50, MaximumBatchingWindowInSeconds=1)
    flow.settled()
    flow.send(*map(str, range(20)))
    assert max(len(told["bodies"]) for told in flow.until(20)) > 1


def test_a_deleted_mapping_leaves_the_messages(client, sqs):
    flow = Flow(client, sqs)
    flow.map()
    assert client.delete_event_source_mapping(UUID=flow.uuid)["State"] == "Deleting"
    eventually(lambda: not client.list_event_source_mappings(FunctionName=flow.name)["EventSourceMappings"])
    flow.send("stays")
    time.sleep(0.5)
    assert flow.left() == 1
    assert refusal(client.get_event_source_mapping, UUID=flow.uuid)[:2] == (404, "ResourceNotFoundException")


def test_provisioned_pollers_run_more_at_once(client, sqs):
    flow = Flow(client, sqs, environment={"SLEEP": "1"})
    flow.send(*map(str, range(20)))
    flow.map(BatchSize=1, ProvisionedPollerConfig={"MinimumPollers": 2, "MaximumPollers": 4})
    assert most_at_once(flow.until(20)) > 5


def test_messages_go_on_after_a_kill(start_server):
    server = start_server()
    client, sqs = server.client("lambda"), server.client("sqs")
    flow = Flow(client, sqs, timeout=30, environment={"SLEEP": "0.3"})
    flow.map(BatchSize=1)
    flow.send(*map(str, range(20)))
    flow.until(3, 60)
    server.kill()
    server.start()
    again = object.__new__(Flow)
    again.__dict__ = flow.__dict__ | {"client": server.client("lambda"), "sqs": server.client("sqs"), "told": flow.told}
    again.url, again.told_url = (f"{server.endpoint}/{url.split('/', 3)[3]}" for url in (flow.url, flow.told_url))
    # The leases of what was under way end.
    assert subprocess.run([str(KILN), "clock", "advance", "31s"], env=server.environment()).returncode == 0
    eventually(lambda: again.left() == 0, 60)

    def handled():
        again.until(0)
        return set(map(int, again.bodies()))
    eventually(lambda: handled() == set(range(20)))

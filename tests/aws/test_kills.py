# SPDX-License-Identifier: Apache-2.0
"""S3, SQS and SNS at once under SIGKILL at random moments: nothing acknowledged is lost, nothing deleted
comes back, groups keep their order, and what one service tells another arrives.

KILN_KILL_ROUNDS is how often the server is killed (2; 12 with KILN_FULL=1), KILN_SEED what the moments
come from.
"""

import collections
import json
import os
import random
import subprocess
import threading
import time

from conftest import KILN

ROUNDS = int(os.environ.get("KILN_KILL_ROUNDS", "12" if os.environ.get("KILN_FULL") else "2"))
SEED = int(os.environ.get("KILN_SEED", "7"))
ACCOUNT = "000000000000"
GROUPS = 2
POLICY = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*",
          "Principal": {"Service": ["sns.amazonaws.com", "s3.amazonaws.com"]}}
FIFO = {"FifoQueue": "true"}


def arn(service, name):
    return f"arn:aws:{service}:us-east-1:{ACCOUNT}:{name}"


class Objects:
    """Puts and deletes of keys that only this writer has."""

    def __init__(self, name):
        self.name, self.dice, self.number = name, random.Random(name), 0
        self.there, self.gone, self.unknown, self.etags = {}, set(), set(), set()

    def run(self, life):
        s3 = life.client("s3")
        while not life.over.is_set():
            self.number += 1
            key = f"{self.name}-{self.number % 7}"
            self.unknown.add(key)
            if self.dice.random() < 0.3:
                s3.delete_object(Bucket="load", Key=key)
                self.there.pop(key, None)
                self.gone.add(key)
            else:
                body = f"{self.name} {self.number} ".encode() * self.dice.choice([1, 50, 8_000])
                self.etags.add(s3.put_object(Bucket="load", Key=key, Body=body)["ETag"].strip('"'))
                self.there[key] = body
                self.gone.discard(key)
            self.unknown.discard(key)


class Sender:
    """Sends numbered messages, to a queue or a topic; one sender has one message group."""

    def __init__(self, target, worker, sent):
        self.target, self.worker, self.sent = target, worker, sent

    def run(self, life):
        service = "sns" if self.target.startswith("topic") else "sqs"
        client = life.client(service)
        for number in range(1_000_000):
            if life.over.is_set():
                return
            body = f"{life.number}:{self.worker}:{number}"
            more = ({"MessageGroupId": f"g{self.worker}", "MessageDeduplicationId": body.replace(":", "-")}
                    if self.target.endswith(".fifo") else {})
            if service == "sns":
                client.publish(TopicArn=arn("sns", self.target), Message=body, **more)
            else:
                client.send_message(QueueUrl=life.url(self.target), MessageBody=body, **more)
            self.sent.add(body)


class Taker:
    """Receives and deletes messages of a queue. Several of one queue share what they know."""

    def __init__(self, queue):
        self.queue = queue
        self.seen, self.deleted, self.back, self.order = set(), {}, [], []

    def run(self, life):
        sqs = life.client("sqs")
        while not life.over.is_set():
            try:
                self.turn(sqs, life.url(self.queue), wait=1)
            except sqs.exceptions.ClientError as error:
                assert "expired" in str(error), error

    def turn(self, sqs, url, wait):
        began = time.monotonic()
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait).get("Messages", [])
        for message in messages:
            self.seen.add(message["Body"])
            self.order.append(message["Body"])
            if self.deleted.get(message["MessageId"], began) < began:
                self.back.append(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            self.deleted[message["MessageId"]] = time.monotonic()
        return messages

    def first_numbers(self):
        """What was received of each group, in order, without repeats."""
        groups = collections.defaultdict(list)
        for body in dict.fromkeys(self.order):
            life, worker, number = map(int, body.split(":"))
            groups[worker].append((life, number))
        return groups


class Life:
    """The server between two kills."""

    def __init__(self, server, number):
        self.server, self.number, self.over, self.faults = server, number, threading.Event(), []

    def client(self, service):
        return self.server.client(service, account=ACCOUNT, read_timeout=20)

    def url(self, queue):
        return f"{self.server.endpoint}/{ACCOUNT}/{queue}"

    def work(self, worker):
        try:
            worker.run(self)
        except Exception as error:  # the server was killed: nothing was promised
            if isinstance(error, AssertionError) or not self.over.wait(10):
                self.faults.append(error)


def make_world(life):
    sqs, sns, s3 = (life.client(service) for service in ("sqs", "sns", "s3"))
    for name in ("plain", "lined.fifo", "from-topic", "from-topic.fifo", "from-bucket"):
        more = FIFO if name.endswith(".fifo") else {}
        sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "1", "Policy": json.dumps(
            {"Version": "2012-10-17", "Statement": [POLICY]})} | more)
    for name, more in (("topic", {}), ("topic.fifo", {"FifoTopic": "true"})):
        sns.create_topic(Name=name, Attributes=more)
        sns.subscribe(TopicArn=arn("sns", name), Protocol="sqs", Endpoint=arn("sqs", "from-" + name),
                      Attributes={"RawMessageDelivery": "true"})
    s3.create_bucket(Bucket="load")
    s3.put_bucket_notification_configuration(Bucket="load", NotificationConfiguration={
        "QueueConfigurations": [{"QueueArn": arn("sqs", "from-bucket"), "Events": ["s3:ObjectCreated:*"]}]})


def kiln(server, *arguments):
    done = subprocess.run([str(KILN), *arguments], env=server.environment(ACCOUNT), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def check_objects(s3, writers):
    listed = {entry["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket="load")
              for entry in page.get("Contents", [])}
    for writer in writers:
        for key, body in writer.there.items():
            if key not in writer.unknown:
                assert s3.get_object(Bucket="load", Key=key)["Body"].read() == body, key
        assert not (writer.gone - writer.unknown) & listed, "a deleted object came back"


def test_a_mixed_load_through_kills(start_server):
    server = start_server()
    dice = random.Random(SEED)
    make_world(Life(server, -1))
    takers = {name: Taker(name) for name in ("plain", "lined.fifo", "from-topic", "from-topic.fifo", "from-bucket")}
    sent = collections.defaultdict(set)
    writers = [Objects(f"w{n}") for n in range(2)]
    workers = writers + [Sender(target, n, sent[target]) for target in ("plain", "lined.fifo", "topic", "topic.fifo")
                         for n in range(GROUPS)] + list(takers.values())
    for number in range(ROUNDS):
        life = Life(server, number)
        threads = [threading.Thread(target=life.work, args=(worker,)) for worker in workers]
        for thread in threads:
            thread.start()
        time.sleep(dice.uniform(0.5, 1.5))
        server.kill()
        life.over.set()
        for thread in threads:
            thread.join()
        assert life.faults == []
        server.start()
    life = Life(server, ROUNDS)
    check_objects(life.client("s3"), writers)
    # Leases of what was under way end, and it is done again.
    kiln(server, "clock", "advance", "2m")
    kiln(server, "settle", "--timeout", "60")
    sqs = life.client("sqs")
    for name, taker in takers.items():
        while taker.turn(sqs, life.url(name), wait=0):
            pass
    came_from = {"plain": "plain", "lined.fifo": "lined.fifo", "topic": "from-topic", "topic.fifo": "from-topic.fifo"}
    for target, queue in came_from.items():
        assert sent[target] - takers[queue].seen == set(), f"acknowledged by {target} and lost"
        assert len(sent[target]) > 5 * ROUNDS
    for name, taker in takers.items():
        assert taker.back == [], f"deleted from {name} and back"
    for name in ("lined.fifo", "from-topic.fifo"):
        for numbers in takers[name].first_numbers().values():
            assert numbers == sorted(numbers), name
    told = {record["s3"]["object"]["eTag"] for body in takers["from-bucket"].seen
            for record in json.loads(body).get("Records", [])}
    assert set.union(*(writer.etags for writer in writers)) - told == set(), "an object nobody was told of"

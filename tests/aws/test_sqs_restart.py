# SPDX-License-Identifier: Apache-2.0
"""SQS under SIGKILL at random moments: nothing acknowledged is lost, nothing deleted comes back, groups keep their order."""

import collections
import os
import random
import threading
import time

ROUNDS = int(os.environ.get("KILN_KILL_ROUNDS", "3"))
GROUPS = 4


def make(client, name, **attributes):
    return client.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "1"} | attributes)["QueueUrl"]


def path(url):
    return url.split("/", 3)[3]


class Load:
    """Senders and receivers of one server life; what they know outlives them."""

    def __init__(self):
        self.sent = set()  # bodies whose send was acknowledged
        self.deleted = {}  # body -> when its delete was acknowledged
        self.tried = set()  # deletes that may or may not have happened
        self.order = collections.defaultdict(list)  # group -> numbers as they were first received
        self.back = []  # received after an acknowledged delete

    def send(self, client, url, worker, fifo, stop):
        for number in range(100_000):
            if stop.is_set():
                return
            group = f"g{worker % GROUPS}"
            body = f"{stop.life}:{worker}:{number}"
            more = {"MessageGroupId": group, "MessageDeduplicationId": body.replace(":", "-")} if fifo else {}
            try:
                client.send_message(QueueUrl=url, MessageBody=body, **more)
            except Exception:
                return  # the server is gone
            self.sent.add(body)

    def take(self, client, url, stop):
        while not stop.is_set():
            try:
                began = time.monotonic()
                for message in client.receive_message(QueueUrl=url, MaxNumberOfMessages=5, WaitTimeSeconds=1).get("Messages", []):
                    self.note(message["Body"], began)
                    self.tried.add(message["Body"])
                    client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                    self.deleted[message["Body"]] = time.monotonic()
            except client.exceptions.ClientError as error:
                assert "expired" in str(error), error
            except Exception:
                return

    def note(self, body, began):
        if body in self.deleted and self.deleted[body] < began:
            self.back.append(body)
        life, worker, number = map(int, body.split(":"))
        self.order[worker].append((life, number))


def run_lives(start_server, fifo):
    server = start_server()
    client = server.client("sqs", read_timeout=10)
    place = path(make(client, "load.fifo", FifoQueue="true") if fifo else make(client, "load"))
    load, dice = Load(), random.Random(11)
    for life in range(ROUNDS):
        stop = threading.Event()
        stop.life = life
        url = f"{server.endpoint}/{place}"
        # One sender a group, so that the order of sends is known.
        threads = [threading.Thread(target=load.send, args=(server.client("sqs"), url, worker, fifo, stop)) for worker in range(GROUPS)]
        threads += [threading.Thread(target=load.take, args=(server.client("sqs", read_timeout=10), url, stop)) for _ in range(2)]
        for thread in threads:
            thread.start()
        time.sleep(dice.uniform(0.4, 1.2))
        server.kill()
        stop.set()
        for thread in threads:
            thread.join()
        server.start()
    client = server.client("sqs", read_timeout=10)
    url = f"{server.endpoint}/{place}"
    empty = 0
    while empty < 2:  # a lease of a receiver that was killed ends within a second
        messages = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=2).get("Messages", [])
        empty = 0 if messages else empty + 1
        for message in messages:
            load.note(message["Body"], time.monotonic())
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            load.deleted[message["Body"]] = time.monotonic()
    seen = set(load.deleted) | load.tried
    assert load.sent - seen == set(), "acknowledged and lost"
    assert load.back == [], "deleted and back"
    assert len(load.sent) > 20 * ROUNDS
    return load


def test_a_standard_queue_loses_nothing(start_server):
    run_lives(start_server, fifo=False)


def test_a_fifo_queue_keeps_its_order(start_server):
    load = run_lives(start_server, fifo=True)
    for numbers in load.order.values():
        firsts = list(dict.fromkeys(numbers))  # a message may be received again, after its lease
        assert firsts == sorted(firsts)


def test_deduplication_outlives_a_crash(start_server):
    server = start_server()
    client = server.client("sqs")
    place = path(make(client, "d.fifo", FifoQueue="true"))
    send = {"MessageBody": "b", "MessageGroupId": "g", "MessageDeduplicationId": "d"}
    first = client.send_message(QueueUrl=f"{server.endpoint}/{place}", **send)
    server.kill()
    server.start()
    client = server.client("sqs")
    url = f"{server.endpoint}/{place}"
    assert client.send_message(QueueUrl=url, **send)["MessageId"] == first["MessageId"]
    assert len(client.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]) == 1

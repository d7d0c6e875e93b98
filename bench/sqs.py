# SPDX-License-Identifier: Apache-2.0
"""SQS: messages sent, received and deleted a second, beside the rate of appending fdatasync of the same
disk in the same run: `make bench`.

Clients are processes with a connection each that sign and parse nothing of a client library: they send
requests that are signed once and hold for 15 minutes, and share the cores with the server. Each round is
a send, a receive and a delete, alone or in batches of ten.

KILN_BENCH_SECONDS (3) is the length of a measurement.
"""

import http.client
import json
import multiprocessing
import os
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))

from conftest import Server
from disk import fdatasync_rate
from wire.raw import signed_headers

SECONDS = float(os.environ.get("KILN_BENCH_SECONDS", "3"))
BODY = "m" * 100


class Connection:
    def __init__(self, port):
        self.host = f"127.0.0.1:{port}"
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def call(self, operation, value):
        body = json.dumps(value).encode()
        more = {"X-Amz-Target": f"AmazonSQS.{operation}", "Content-Type": "application/x-amz-json-1.0"}
        headers = signed_headers("POST", "/", body, "sqs", host=self.host, more=more)
        self.connection.request("POST", "/", body=body, headers=headers)
        reply = self.connection.getresponse()
        text = reply.read()
        assert reply.status == 200, text
        return json.loads(text) if text else {}


def one_by_one(sqs, url):
    sqs.call("SendMessage", {"QueueUrl": url, "MessageBody": BODY})
    for message in sqs.call("ReceiveMessage", {"QueueUrl": url, "WaitTimeSeconds": 1}).get("Messages", []):
        sqs.call("DeleteMessage", {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]})
        return 1
    return 0


def in_batches(sqs, url):
    sqs.call("SendMessageBatch", {"QueueUrl": url, "Entries": [{"Id": str(n), "MessageBody": BODY} for n in range(10)]})
    messages = sqs.call("ReceiveMessage", {"QueueUrl": url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1}).get("Messages", [])
    if messages:
        sqs.call("DeleteMessageBatch", {"QueueUrl": url, "Entries": [
            {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(messages)]})
    return len(messages)


def work(port, url, one_round, results):
    sqs, count = Connection(port), 0
    begin = time.monotonic()
    while time.monotonic() < begin + SECONDS:
        count += one_round(sqs, url)
    results.put(count / (time.monotonic() - begin))


def rate(port, url, one_round, clients):
    results = multiprocessing.Queue()
    workers = [multiprocessing.Process(target=work, args=(port, url, one_round, results)) for _ in range(clients)]
    for worker in workers:
        worker.start()
    total = sum(results.get() for _ in workers)
    for worker in workers:
        worker.join()
    return total


def main():
    with tempfile.TemporaryDirectory() as folder:
        base = fdatasync_rate(folder, SECONDS)
        print(f"append + fdatasync                     {base:9.0f}/s")
        server = Server(pathlib.Path(folder) / "state")
        try:
            for clients in (1, 8):
                for name, one_round in (("send, receive, delete", one_by_one), ("the same in batches of 10", in_batches)):
                    url = Connection(server.port).call("CreateQueue", {"QueueName": f"bench-{clients}-{one_round.__name__}"})["QueueUrl"]
                    found = rate(server.port, url, one_round, clients)
                    print(f"{name:26} {clients} clients {found:9.0f}/s  {found / base:6.2f} x fdatasync")
        finally:
            server.stop()


if __name__ == "__main__":
    main()

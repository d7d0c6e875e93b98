# SPDX-License-Identifier: Apache-2.0
"""How long an event takes from its sender to the handler of a function: `make bench`.

SQS through an event source mapping: from before SendMessage to the first line of the handler, one
message at a time, the function warm. Beside it, in the same run and in turn: a SendMessage until its
answer (the durable commit is in it) and a warm synchronous invocation of the same function. The
handler's clock is this host's.

KILN_BENCH_EVENTS (300) is how many. The goal is 3 ms; what the host allows is one append with fdatasync
and one warm invocation.
"""

import os
import pathlib
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))

from conftest import Server, create_function, eventually  # noqa: E402
from disk import fdatasync_ms  # noqa: E402
from sqs import Connection  # noqa: E402
from wire.raw import signed_headers  # noqa: E402

EVENTS = int(os.environ.get("KILN_BENCH_EVENTS", "300"))
GOAL_MS = 3.0
ACCOUNT = "000000000000"
HANDLER = {"app.py": """
import time
def handler(event, context):
    now = time.time_ns()
    for record in event.get("Records", []):
        print("took", now - int(record["body"]))
"""}


def invoke_ms(connection):
    path = "/2015-03-31/functions/latency/invocations"
    headers = signed_headers("POST", path, b"{}", "lambda", host=connection.host)
    begin = time.perf_counter()
    connection.connection.request("POST", path, body=b"{}", headers=headers)
    reply = connection.connection.getresponse()
    reply.read()
    took = (time.perf_counter() - begin) * 1000
    assert reply.status == 200
    return took


def measured(logs):
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/aws/lambda/latency", filterPattern='"took"')
    return [int(event["message"].split()[1]) / 1e6 for page in pages for event in page["events"]]


def quantiles(values):
    values = sorted(values)
    return values[len(values) // 2], values[int(len(values) * 0.99)]


def main():
    folder = tempfile.mkdtemp(prefix="kiln-bench-", dir=os.environ.get("KILN_BENCH_DIR"))
    server = Server(pathlib.Path(folder) / "state")
    try:
        client, logs = (server.client(name, account=ACCOUNT) for name in ("lambda", "logs"))
        sqs = Connection(server.port)
        url = sqs.call("CreateQueue", {"QueueName": "latency"})["QueueUrl"]
        create_function(client, "latency", HANDLER)
        mapping = client.create_event_source_mapping(
            FunctionName="latency", EventSourceArn=f"arn:aws:sqs:us-east-1:{ACCOUNT}:latency", BatchSize=1)["UUID"]
        eventually(lambda: client.get_event_source_mapping(UUID=mapping)["State"] == "Enabled")
        sends, invokes, syncs = [], [], []
        with open(pathlib.Path(folder) / "log", "wb", buffering=0) as log:
            for warm_up in (True, False):
                for _ in range(20 if warm_up else EVENTS):
                    begin = time.perf_counter()
                    sqs.call("SendMessage", {"QueueUrl": url, "MessageBody": str(time.time_ns())})
                    sends.append((time.perf_counter() - begin) * 1000)
                    time.sleep(0.02)  # its messages are removed meanwhile
                    invokes.append(invoke_ms(sqs))
                    syncs.append(fdatasync_ms(log))
                if warm_up:
                    eventually(lambda: len(measured(logs)) == 20)
                    sends, invokes, syncs = [], [], []
        took = eventually(lambda: len(all_took := measured(logs)) == 20 + EVENTS and all_took)[20:]
        (sync, _), (send, _), (warm, _), (p50, p99) = map(quantiles, (syncs, sends, invokes, took))
        print(f"append + fdatasync p50 {sync:.2f} ms, SendMessage p50 {send:.2f} ms, warm invoke p50 {warm:.2f} ms")
        print(f"{'ok  ' if p50 <= GOAL_MS else 'MISS'} SQS send to handler p50 {p50:.2f} ms (goal {GOAL_MS}), p99 {p99:.2f} ms, "
              f"{p50 / (send + warm):.2f} x a send and a warm invoke one after the other")
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

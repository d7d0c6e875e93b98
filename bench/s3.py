# SPDX-License-Identifier: Apache-2.0
"""S3 beside its limits, in one run: `make bench`.

Small objects put and read a second by 16 clients, beside the rate of appending fdatasync of the same
disk. Large objects up and down, beside a file that is written and synced, and beside bytes over loopback
between two processes. From a put to the first line of the function that the bucket tells, on one clock.

Clients are processes with a connection each; small requests are signed by hand, and share the cores with
the server. KILN_BENCH_SECONDS (3) is the length of a measurement, KILN_BENCH_MIB (512) the large object.
"""

import hashlib
import http.client
import json
import multiprocessing
import os
import pathlib
import socket
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))

from conftest import Server, create_function, eventually
from disk import fdatasync_rate
from wire.raw import EMPTY, signed_headers

SECONDS = float(os.environ.get("KILN_BENCH_SECONDS", "3"))
LARGE = int(os.environ.get("KILN_BENCH_MIB", "512")) * 1024 * 1024
SMALL = b"s" * 1000
SMALL_HASH = hashlib.sha256(SMALL).hexdigest()
CLIENTS = 16
MIB = 1024 * 1024
PUT_TO_HANDLER_MS = 5  # the goal
EVENTS = 200
HANDLER = """
import time
def handler(event, context):
    now = time.time_ns()
    print("AT", event["Records"][0]["s3"]["object"]["key"], now)
"""


# --- small objects ---

def call(connection, port, method, path, body, body_hash):
    headers = signed_headers(method, path, body, "s3", host=f"127.0.0.1:{port}", body_hash=body_hash,
                             more={"X-Amz-Content-Sha256": body_hash})
    connection.request(method, path, body=body or None, headers=headers)
    reply = connection.getresponse()
    text = reply.read()
    assert reply.status in (200, 204), text
    return text


def put_small(connection, port, name, count):
    call(connection, port, "PUT", f"/bench/{name}-{count % 1000}", SMALL, SMALL_HASH)


def get_small(connection, port, name, _count):
    assert len(call(connection, port, "GET", f"/bench/{name}-0", b"", EMPTY)) == len(SMALL)


def work(port, one, name, results):
    connection, count = http.client.HTTPConnection("127.0.0.1", port, timeout=60), 0
    begin = time.monotonic()
    while time.monotonic() < begin + SECONDS:
        one(connection, port, name, count)
        count += 1
    results.put(count / (time.monotonic() - begin))


def rate(port, one):
    results = multiprocessing.Queue()
    workers = [multiprocessing.Process(target=work, args=(port, one, f"c{n}", results)) for n in range(CLIENTS)]
    for worker in workers:
        worker.start()
    total = sum(results.get() for _ in workers)
    for worker in workers:
        worker.join()
    return total


# --- large objects ---

def disk_rate(folder):
    block, path = os.urandom(MIB), pathlib.Path(folder) / "large"
    begin = time.monotonic()
    with open(path, "wb", buffering=0) as file:
        for _ in range(LARGE // MIB):
            file.write(block)
        os.fdatasync(file.fileno())
    seconds = time.monotonic() - begin
    path.unlink()
    return LARGE / seconds / MIB


def drain(listener):
    connection, _ = listener.accept()
    while connection.recv(MIB):
        pass
    connection.sendall(b"x")


def loopback_rate():
    listener = socket.create_server(("127.0.0.1", 0))
    receiver = multiprocessing.Process(target=drain, args=(listener,))
    receiver.start()
    block = os.urandom(MIB)
    with socket.create_connection(listener.getsockname()) as connection:
        begin = time.monotonic()
        for _ in range(LARGE // MIB):
            connection.sendall(block)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)
        seconds = time.monotonic() - begin
    receiver.join()
    return LARGE / seconds / MIB


def send_large(server):
    path = "/bench/large"
    headers = signed_headers("PUT", path, b"", "s3", host=f"127.0.0.1:{server.port}", body_hash="UNSIGNED-PAYLOAD",
                             more={"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"})
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    block = os.urandom(MIB)
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        begin = time.monotonic()
        connection.sendall(f"PUT {path} HTTP/1.1\r\n{head}Content-Length: {LARGE}\r\n\r\n".encode())
        try:
            for _ in range(LARGE // MIB):
                connection.sendall(block)
        except OSError:
            pass  # the reply says why
        reply = connection.recv(65536)
        seconds = time.monotonic() - begin
    assert reply.startswith(b"HTTP/1.1 200"), reply
    return LARGE / seconds / MIB


def fetch_large(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    headers = signed_headers("GET", "/bench/large", b"", "s3", host=f"127.0.0.1:{server.port}", body_hash=EMPTY,
                             more={"X-Amz-Content-Sha256": EMPTY})
    begin = time.monotonic()
    connection.request("GET", "/bench/large", headers=headers)
    reply = connection.getresponse()
    buffer, count = bytearray(MIB), 0
    while read := reply.readinto(buffer):
        count += read
    assert count == LARGE
    return LARGE / (time.monotonic() - begin) / MIB


# --- notifications ---

def put_to_handler(server):
    """Milliseconds from the moment a put is sent to the function's first line."""
    s3, functions, logs = server.client("s3"), server.client("lambda"), server.client("logs")
    arn = create_function(functions, "told", {"app.py": HANDLER})["FunctionArn"]
    functions.add_permission(FunctionName="told", StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com")
    s3.put_bucket_notification_configuration(Bucket="bench", NotificationConfiguration={"LambdaFunctionConfigurations": [
        {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "told/"}]}}}]})
    connection, sent = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60), {}
    puts = []
    for number in range(EVENTS + 5):
        key = f"told/{number}"
        begin = time.time_ns()
        call(connection, server.port, "PUT", f"/bench/{key}", SMALL, SMALL_HASH)
        puts.append((time.time_ns() - begin) / 1e6)
        if number >= 5:  # the first ones start the function
            sent[key] = begin
        time.sleep(0.5 if number < 5 else 0.01)

    def arrived():
        found = {}
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName="/aws/lambda/told", filterPattern="AT"):
            for event in page["events"]:
                if event["message"].startswith("AT told/"):
                    _, key, at = event["message"].split()[:3]
                    found[key] = int(at)
        return found if sent.keys() <= found.keys() else None
    found = eventually(arrived, 60)
    return sorted((found[key] - begin) / 1e6 for key, begin in sent.items()), sorted(puts[5:])


def main():
    with tempfile.TemporaryDirectory(dir=os.environ.get("KILN_BENCH_DIR")) as folder:
        base = fdatasync_rate(folder, SECONDS)
        print(f"append + fdatasync                      {base:9.0f}/s")
        server = Server(pathlib.Path(folder) / "state")
        try:
            server.client("s3").create_bucket(Bucket="bench")
            for name, one in (("put of 1 kB", put_small), ("get of 1 kB", get_small)):
                found = rate(server.port, one)
                print(f"{name:22} {CLIENTS:3} clients    {found:9.0f}/s  {found / base:6.2f} x fdatasync")
            disk, loopback = disk_rate(folder), loopback_rate()
            print(f"write + fdatasync of {LARGE // MIB} MiB           {disk:9.0f} MiB/s")
            print(f"{LARGE // MIB} MiB over loopback                {loopback:9.0f} MiB/s")
            for name, found in (("put", send_large(server)), ("get", fetch_large(server))):
                print(f"{name} of {LARGE // MIB} MiB                      {found:9.0f} MiB/s  {found / disk:6.2f} x disk  {found / loopback:6.2f} x loopback")
            latencies, puts = put_to_handler(server)
            median, late = statistics.median(latencies), latencies[int(len(latencies) * 0.99)]
            print(f"put to handler          p50 {median:6.2f} ms  p99 {late:6.2f} ms  (goal {PUT_TO_HANDLER_MS} ms; "
                  f"the put's own answer {statistics.median(puts):.2f} ms, one fdatasync {1000 / base:.2f} ms)")
        finally:
            server.stop()
    print(json.dumps({"put_to_handler_ms": round(median, 2), "goal_ms": PUT_TO_HANDLER_MS}))


if __name__ == "__main__":
    main()

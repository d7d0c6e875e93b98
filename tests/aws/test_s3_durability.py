# SPDX-License-Identifier: Apache-2.0
"""Objects through SIGKILL, and what large bodies cost in memory."""

import hashlib
import http.client
import os
import random
import socket
import threading
import time

import boto3.s3.transfer
import botocore.exceptions
import pytest
from conftest import eventually

MIB = 1024 * 1024


def body_of(name, size):
    return hashlib.sha256(name.encode()).digest() * (size // 32 + 1)


class Writer(threading.Thread):
    """Puts and deletes keys of its own until the server goes; knows what was acknowledged."""

    def __init__(self, server, name):
        super().__init__(daemon=True)
        self.s3, self.name = server.client("s3", read_timeout=10), name
        self.there, self.gone, self.unknown = {}, set(), set()
        self.random = random.Random(name)

    def run(self):
        for i in range(100_000):
            key = f"{self.name}-{i % 7}"
            self.unknown.add(key)
            try:
                if self.random.random() < 0.3:
                    self.s3.delete_object(Bucket="kept", Key=key)
                    self.there.pop(key, None)
                    self.gone.add(key)
                else:
                    body = body_of(f"{key}-{i}", self.random.choice([10, 1_000, 50_000, 300_000]))
                    self.s3.put_object(Bucket="kept", Key=key, Body=body)
                    self.there[key] = body
                    self.gone.discard(key)
            except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
                return
            self.unknown.discard(key)


@pytest.mark.parametrize("seed", range(2))
def test_what_was_acknowledged_survives_sigkill(start_server, seed):
    server = start_server()
    server.client("s3").create_bucket(Bucket="kept")
    writers = [Writer(server, f"w{seed}{i}") for i in range(4)]
    for writer in writers:
        writer.start()
    time.sleep(0.7 + 0.4 * seed)
    server.kill()
    for writer in writers:
        writer.join(20)
    server.start()
    s3 = server.client("s3")
    listed = {entry["Key"] for entry in s3.list_objects_v2(Bucket="kept").get("Contents", [])}
    checked = 0
    for writer in writers:
        for key, body in writer.there.items():
            if key not in writer.unknown:
                assert s3.get_object(Bucket="kept", Key=key)["Body"].read() == body, key
                checked += 1
        assert not (writer.gone - writer.unknown) & listed, "what was deleted came back"
    assert checked > 4
    # What the kill left half-done is in nobody's way.
    for key in listed:
        s3.get_object(Bucket="kept", Key=key)["Body"].read()
        s3.delete_object(Bucket="kept", Key=key)
    s3.delete_bucket(Bucket="kept")


def resident_mib(server):
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
        return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) / 1024


class Pattern:
    """A file of `size` bytes that nobody has to hold."""

    def __init__(self, size):
        self.size, self.at = size, 0
        self.block = os.urandom(MIB)

    def read(self, wanted=-1):
        left = self.size - self.at
        wanted = left if wanted is None or wanted < 0 else min(wanted, left)
        out = bytearray()
        while len(out) < wanted:
            start = (self.at + len(out)) % MIB
            out += self.block[start:start + wanted - len(out)]
        self.at += len(out)
        return bytes(out)


@pytest.mark.parametrize("size,part", [
    (150 * MIB, 25 * MIB),
    pytest.param(5 * 1024 * MIB, 100 * MIB, marks=pytest.mark.skipif(
        not os.environ.get("KILN_FULL"), reason="5 GiB: with KILN_FULL=1, as make test-full does")),
])
def test_large_objects_do_not_pass_through_memory(start_server, size, part):
    server = start_server()
    s3 = server.client("s3", read_timeout=300)
    s3.create_bucket(Bucket="large")
    source = Pattern(size)
    config = boto3.s3.transfer.TransferConfig(multipart_threshold=part, multipart_chunksize=part, max_concurrency=4)
    s3.upload_fileobj(source, "large", "k", Config=config)
    assert s3.head_object(Bucket="large", Key="k")["ContentLength"] == size
    for first in range(0, size, part):
        last = min(first + part, size) - 1
        stream = s3.get_object(Bucket="large", Key="k", Range=f"bytes={first}-{last}")["Body"]
        offset = first
        while chunk := stream.read(MIB):
            start = offset % MIB
            assert chunk == (source.block * 2)[start:start + len(chunk)]
            offset += len(chunk)
        assert offset == last + 1
    assert resident_mib(server) < 200


def test_a_large_object_in_one_request(start_server):
    server = start_server()
    s3 = server.client("s3", read_timeout=300, signature_version="s3v4")
    s3.create_bucket(Bucket="large")
    size = 120 * MIB
    url = s3.generate_presigned_url("put_object", {"Bucket": "large", "Key": "k"})
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    connection.request("PUT", url.split(str(server.port), 1)[1], Pattern(size), {"Content-Length": str(size)})
    reply = connection.getresponse()
    assert reply.status == 200, reply.read()
    assert s3.head_object(Bucket="large", Key="k")["ContentLength"] == size
    assert resident_mib(server) < 200


def blob_files(server):
    return [path for folder in ("objects", "spool") for path in (server.data_dir / folder).rglob("*") if path.is_file()]


def test_files_of_uploads_that_end_early_go_away(start_server):
    """Those of aborted ones at once; uploads that a kill cuts off leave none at all."""
    server = start_server()
    s3 = server.client("s3")
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="k", Body=b"k" * 100_000)
    upload = s3.create_multipart_upload(Bucket="kept", Key="m")["UploadId"]
    for number in range(1, 9):
        s3.upload_part(Bucket="kept", Key="m", UploadId=upload, PartNumber=number, Body=b"p" * 200_000)
    s3.upload_part(Bucket="kept", Key="m", UploadId=upload, PartNumber=1, Body=b"q" * 200_000)
    eventually(lambda: len(blob_files(server)) == 9)
    url = s3.generate_presigned_url("put_object", {"Bucket": "kept", "Key": "half"})
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        target = url.split(str(server.port), 1)[1]
        connection.sendall(f"PUT {target} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Length: 9000000\r\n\r\n".encode() + b"h" * 5_000_000)
        s3.abort_multipart_upload(Bucket="kept", Key="m", UploadId=upload)
        eventually(lambda: len(blob_files(server)) == 1)
        server.kill()
    server.start()
    assert len(blob_files(server)) == 1
    s3 = server.client("s3")
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket="kept")["Contents"]] == ["k"]
    assert s3.get_object(Bucket="kept", Key="k")["Body"].read() == b"k" * 100_000

# SPDX-License-Identifier: Apache-2.0
"""The examples, deployed by their own scripts with the real `aws` command."""

import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import urllib.request
import zlib

from conftest import ROOT, eventually
from smtp_sink import mail  # noqa: F401


def png(width, height):
    """The bytes of a picture in two colours."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes([row % 256, 90, 120]) * width for row in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def deploy(server, example, *arguments, cwd):
    path = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run([ROOT / "examples" / example / "deploy.sh", *arguments], cwd=cwd, capture_output=True, text=True,
                          timeout=120, env=server.environment() | {
                              "PATH": path, "PYTHON": sys.executable, "LAYER": str(ROOT / ".cache/pillow")})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_picture_put_into_a_bucket_gets_a_thumbnail(server, tmp_path):
    (tmp_path / "harbour view.png").write_bytes(png(400, 300))
    deploy(server, "thumbnails", str(tmp_path / "harbour view.png"), cwd=tmp_path)
    thumbnail = (tmp_path / "thumbnail.png").read_bytes()
    assert thumbnail.startswith(b"\x89PNG") and struct.unpack(">II", thumbnail[16:24]) == (128, 96)


def test_an_order_reaches_an_address_and_the_warehouse(mail, tmp_path):
    assert deploy(mail.server, "orders", "shop@example.com", cwd=tmp_path).endswith("Order 17: 2 x lamp\n")
    eventually(lambda: mail.mails)
    to, first = mail.mails[0]
    link = re.search(r"http://\S+Action=ConfirmSubscription\S+", first.get_content()).group(0)
    assert to == ["shop@example.com"]
    urllib.request.urlopen(link).read()
    topic = mail.server.client("sns").list_topics()["Topics"][0]["TopicArn"]
    order = {"order": 18, "item": "chair", "quantity": 4}
    mail.server.client("sns").publish(TopicArn=topic, Message=json.dumps(order),
                                      MessageAttributes={"kind": {"DataType": "String", "StringValue": "order"}})
    eventually(lambda: len(mail.mails) == 2)
    assert json.dumps(order) in mail.mails[1][1].get_content()
    s3 = mail.server.client("s3")
    bucket = s3.list_buckets()["Buckets"][0]["Name"]
    eventually(lambda: [o["Key"] for o in s3.list_objects_v2(Bucket=bucket).get("Contents", [])] ==
               ["notes/17.txt", "notes/18.txt"])

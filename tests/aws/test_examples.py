# SPDX-License-Identifier: Apache-2.0
"""The examples, deployed by their own scripts with the real `aws` command."""

import os
import pathlib
import struct
import subprocess
import sys
import zlib

from conftest import ROOT


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


def test_an_order_reaches_the_warehouse_through_topic_and_queue(server, tmp_path):
    assert deploy(server, "orders", cwd=tmp_path).endswith("Order 17: 2 x lamp\n")

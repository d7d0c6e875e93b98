# SPDX-License-Identifier: Apache-2.0
"""What the disk allows: appending records with fdatasync."""

import os
import pathlib
import time


def fdatasync_rate(folder, seconds):
    """Records of 250 bytes a second, each on disk before the next, in a file that is gone afterwards."""
    path = pathlib.Path(folder) / "appended"
    count, record = 0, b"r" * 250
    with open(path, "ab", buffering=0) as file:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            file.write(record)
            os.fdatasync(file.fileno())
            count += 1
    path.unlink()
    return count / seconds


def fdatasync_ms(file):
    """One append of 512 bytes to an unbuffered file."""
    begin = time.perf_counter()
    file.write(b"x" * 512)
    os.fdatasync(file.fileno())
    return (time.perf_counter() - begin) * 1000

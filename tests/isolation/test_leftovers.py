# SPDX-License-Identifier: Apache-2.0
"""What is left on the host when a server ends, and when it is killed: nothing."""

import os
import pathlib
import re
import subprocess

import pytest

from conftest import create_function, eventually, invoke

SOURCE = """
import subprocess
def handler(event, context):
    subprocess.Popen(["sh", "-c", "trap '' TERM HUP INT; sleep " + event["mark"]], start_new_session=True)
    return 1
"""


def launcher_of(server):
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            about = path.read_text()
        except OSError:
            continue
        if "(kiln-launcher)" in about and about.rsplit(") ", 1)[1].split()[1] == str(server.process.pid):
            return int(path.parent.name)
    raise AssertionError("there is no launcher")


def range_of(launcher):
    """The number of its range of addresses, which names its interfaces and its table of the firewall."""
    sockets = {os.readlink(path) for path in pathlib.Path(f"/proc/{launcher}/fd").iterdir()}
    for line in pathlib.Path("/proc/net/unix").read_text().splitlines():
        found = re.search(r"(\d+) @kiln-launcher-range-(\d+)$", line)
        if found and f"socket:[{found.group(1)}]" in sockets:
            return int(found.group(2))
    raise AssertionError("it has no range")


def processes_with(mark):
    found = 0
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += b"sleep\0" + mark.encode() + b"\0" == path.read_bytes()
        except OSError:
            continue
    return found


def left_of(server, launcher, number, mark):
    """Everything that is still there, in words."""
    left = []
    if processes_with(mark):
        left.append("processes")
    if pathlib.Path(f"/proc/{launcher}/exe").exists():
        left.append("the launcher")
    if any(each.name.startswith(f"{launcher}-") for each in pathlib.Path("/sys/fs/cgroup").rglob("kiln/*")):
        left.append("control groups")
    if str(server.data_dir) in "".join(path.read_text() for path in pathlib.Path("/sys/block").glob("loop*/loop/backing_file")):
        left.append("loop devices")
    if str(server.data_dir) in pathlib.Path("/proc/self/mountinfo").read_text():
        left.append("mounts")
    # Unless another launcher has taken the number since.
    if f"@kiln-launcher-range-{number}\n" not in pathlib.Path("/proc/net/unix").read_text():
        if f"kiln{number}-" in pathlib.Path("/proc/net/dev").read_text():
            left.append("interfaces")
        if f"kiln_egress_{number}\n" in subprocess.run(["nft", "list", "tables"], capture_output=True, text=True).stdout:
            left.append("rules of the firewall")
    return left


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_server_that_is_gone_leaves_nothing(start_server, end):
    server = start_server()
    if server.isolation != "root":
        pytest.skip(f"level {server.isolation} makes nothing that could stay")
    client = server.client("lambda")
    create_function(client, "stays", {"app.py": SOURCE})
    mark = f"{os.getpid()}.{len(end)}"
    for _ in range(3):
        assert invoke(client, "stays", {"mark": mark})[0] == 1
    launcher = launcher_of(server)
    number = range_of(launcher)
    assert "processes" in (there := left_of(server, launcher, number, mark)) and "control groups" in there
    getattr(server, end)()
    eventually(lambda: not left_of(server, launcher, number, mark), 20)


def test_a_launcher_that_is_killed_ends_its_environments(start_server):
    server = start_server()
    if server.isolation != "root":
        pytest.skip(f"level {server.isolation} makes nothing that could stay")
    client = server.client("lambda")
    create_function(client, "stays", {"app.py": SOURCE})
    mark = f"{os.getpid()}.99"
    invoke(client, "stays", {"mark": mark})
    launcher = launcher_of(server)
    number = range_of(launcher)
    os.kill(launcher, 9)
    # Groups and rules stay until the next launcher comes, interfaces while the server has their sockets.
    eventually(lambda: not set(left_of(server, launcher, number, mark)) & {"processes", "loop devices", "mounts"}, 20)
    server.kill()
    eventually(lambda: "interfaces" not in left_of(server, launcher, number, mark), 20)
    start_server("another").stop()
    eventually(lambda: not left_of(server, launcher, number, mark), 20)

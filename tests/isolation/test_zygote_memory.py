# SPDX-License-Identifier: Apache-2.0
"""A zygote forks the runtimes of many functions: nothing of one function is in its memory, nor in the memory of another."""

import os
import pathlib
import urllib.request

import pytest

from conftest import create_function, eventually, invoke

KEEPS = """
import os
KEPT = None
def handler(event, context):
    global KEPT
    KEPT = [event["payload"] * 2, os.environ["PASSWORD"] * 2]
    print(event["payload"])
    return len(KEPT)
"""
# The halves of what it looks for meet nowhere but in the memory that they are looked for in.
LOOKS = """
import ctypes
libc = ctypes.CDLL(None)
def handler(event, context):
    found = {}
    with open("/proc/self/maps") as maps, open("/tmp/memory", "w+b", 0) as copy:
        for line in maps.readlines():
            span, rights, *rest = line.split()
            if not rights.startswith("r"):
                continue
            begin, end = (int(each, 16) for each in span.split("-"))
            while begin < end:
                # The kernel copies, so that what cannot be read is an error and no crash.
                copy.seek(0)
                size = libc.write(copy.fileno(), ctypes.c_void_p(begin), ctypes.c_size_t(min(end - begin, 1 << 20)))
                if size <= 0:
                    break
                copy.seek(0)
                text = copy.read(size)
                for first, second in event["halves"]:
                    at = -1
                    while (at := text.find(first.encode(), at + 1)) >= 0:
                        if text[at + len(first):at + len(first) + len(second)] == second.encode():
                            found[first] = found.get(first, 0) + 1
                begin += size
    return found
"""


def descendants(pid):
    parents = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(entry.parent.name)] = int(entry.read_text().rsplit(") ", 1)[1].split()[1])
        except OSError:
            continue
    found, grew = {pid}, True
    while grew:
        more = {child for child, parent in parents.items() if parent in found} - found
        found |= more
        grew = bool(more)
    return found


def zygotes(server):
    found = []
    for pid in descendants(server.process.pid):
        try:
            command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        # Its children have its command line, but not its user.
        if b"zygote.py" in command and "\nUid:\t0\t" in status:
            found.append(pid)
    return found


def memory_holds(pid, text):
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, *rest = line.split()
            if not rights.startswith("r") or rest[-1] in ("[vvar]", "[vsyscall]", "[vvar_vclock]"):
                continue
            begin, end = (int(each, 16) for each in span.split("-"))
            memory.seek(begin)
            try:
                if text.encode() in memory.read(end - begin):
                    return True
            except OSError:
                continue
    return False


def metric(server, name):
    text = urllib.request.urlopen(server.endpoint + "/_kiln/metrics").read().decode()
    return next((int(line.split()[-1]) for line in text.splitlines() if line.startswith(name + " ")), 0)


def test_no_function_leaves_anything_in_it(start_server):
    server = start_server()
    if server.isolation != "root":
        pytest.skip(f"isolation {server.isolation} has no zygotes")
    client = server.client("lambda")
    secrets = {"payload": ("pay-secret-", "4711-end"), "variable": ("env-secret-", "0815-end")}
    create_function(client, "keeps", {"app.py": KEEPS}, Environment={"Variables": {"PASSWORD": "".join(secrets["variable"])}})
    create_function(client, "looks", {"app.py": LOOKS}, Timeout=60, MemorySize=512)
    event = {"halves": list(secrets.values())}
    invoke(client, "looks", event)
    eventually(lambda: zygotes(server))

    def forked(name, event):
        before = metric(server, "kiln_sandbox_zygote_forks_total") + metric(server, "kiln_sandbox_standby_hits_total")
        client.update_function_configuration(FunctionName=name, Description=os.urandom(4).hex())
        client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
        answer = invoke(client, name, event)[0]
        after = metric(server, "kiln_sandbox_zygote_forks_total") + metric(server, "kiln_sandbox_standby_hits_total")
        return answer, after > before

    payload = {"payload": "".join(secrets["payload"])}
    for _ in range(3):
        eventually(lambda: forked("keeps", payload) == (2, True))
    for pid in zygotes(server):
        assert memory_holds(pid, "zygote")
        for first, second in secrets.values():
            assert not memory_holds(pid, first + second)
    eventually(lambda: forked("looks", event) == ({}, True))
    # The search finds what is there.
    assert invoke(client, "looks", {"halves": [["AWS_LAMBDA_FUNCTION", "_NAME"]]})[0] != {}

# SPDX-License-Identifier: Apache-2.0
"""`kiln doctor` on hosts whose firewall keeps functions from the network: what it says, and that what it advises helps.

Each "host" is a network namespace with real rules; another one behind it is the rest of the world.
"""

import contextlib
import ctypes
import os
import pathlib
import re
import subprocess
import sys

import pytest

from conftest import KILN, Server, create_function, invoke

SOURCE = (pathlib.Path(__file__).parent / "hostile.py").read_text()
CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)
DOCKER = """table ip filter {
  chain DOCKER-USER { }
  chain FORWARD { type filter hook forward priority filter; policy drop; jump DOCKER-USER
    iifname "docker0" accept
  }
}"""
OWN = """table inet own {
  chain own_forward {
    type filter hook forward priority 0; policy drop;
  }
}"""
FIREWALLD = """table inet firewalld {
  chain filter_FORWARD { type filter hook forward priority filter + 10; policy accept; jump filter_FORWARD_ZONES
    reject with icmpx admin-prohibited
  }
  chain filter_FORWARD_ZONES { }
  chain filter_FWD_trusted {
    accept
  }
}"""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make a network namespace")


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


@contextlib.contextmanager
def inside(name):
    """This thread, and the processes that it starts, are in the namespace."""
    with open("/proc/thread-self/ns/net") as own, open(f"/run/netns/{name}") as other:
        assert libc.setns(other.fileno(), CLONE_NEWNET) == 0
        try:
            yield
        finally:
            assert libc.setns(own.fileno(), CLONE_NEWNET) == 0


@pytest.fixture
def host():
    """The name of a namespace from which 198.18.255.2:7000, a server, can be reached."""
    name, world = f"kh{os.getpid()}", f"kw{os.getpid()}"
    with contextlib.ExitStack() as stack:
        for each in (name, world):
            ip("netns", "add", each)
            stack.callback(ip, "netns", "delete", each)
            ip("-n", each, "link", "set", "lo", "up")
        ip("-n", name, "link", "add", "out0", "type", "veth", "peer", "name", "far0", "netns", world)
        ip("-n", name, "addr", "add", "198.18.255.1/30", "dev", "out0")
        ip("-n", name, "link", "set", "out0", "up")
        ip("-n", world, "addr", "add", "198.18.255.2/30", "dev", "far0")
        ip("-n", world, "link", "set", "far0", "up")
        with inside(world):
            process = subprocess.Popen([sys.executable, "-c", "import socket; s = socket.create_server(('', 7000)); "
                                        "print('up', flush=True)\nwhile True: s.accept()[0].close()"], stdout=subprocess.PIPE, text=True)
        stack.callback(process.wait)
        stack.callback(process.kill)
        assert process.stdout.readline() == "up\n"
        yield name


def doctor(host, text):
    """The advice beside what contains `text`; None when it is not said."""
    with inside(host):
        said = subprocess.run([KILN, "doctor"], capture_output=True, text=True, timeout=60).stdout
    found = re.search(rf"^(?:note |ok   |LACKS) .*{re.escape(text)}.*\n(?:      (.*)\n)?", said, re.M)
    return (found.group(1) or "") if found else None


def load(host, rules):
    with inside(host):
        subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)


def test_a_host_without_rules_is_fine(host):
    assert doctor(host, "functions reach the network") == ""
    with inside(host):
        subprocess.run(["sysctl", "-qw", "net.ipv4.ip_forward=0"], check=True)
    assert "sysctl.d" in doctor(host, "net.ipv4.ip_forward is 0")


@pytest.mark.parametrize("rules,chain", [(DOCKER, "ip filter FORWARD (Docker's)"), (OWN, "inet own own_forward")], ids=["docker", "own"])
def test_what_it_advises_opens_the_way(host, tmp_path, rules, chain):
    load(host, rules)
    advice = doctor(host, f"the chain {chain} drops forwarded packets")
    assert advice and doctor(host, "functions reach the network") is None
    with inside(host):
        server = Server(tmp_path / "state")
        try:
            if server.isolation != "root":
                pytest.skip(f"level {server.isolation} has no network")
            client = server.client("lambda")
            create_function(client, "out", {"app.py": SOURCE})
            reach = {"run": "answer = reach('198.18.255.2', 7000)"}
            assert invoke(client, "out", reach)[0] == "no answer"
            subprocess.run(["sh", "-c", advice], check=True)
            assert invoke(client, "out", reach)[0] == "connected"
        finally:
            server.stop()
    assert doctor(host, "functions reach the network") == ""


def test_firewalld_is_told_of_the_addresses(host):
    load(host, FIREWALLD)
    assert "--add-source=198.19.0.0/16" in doctor(host, "the chain inet firewalld filter_FORWARD drops forwarded packets")
    # What firewalld makes of the advice.
    load(host, "add rule inet firewalld filter_FORWARD_ZONES ip saddr 198.19.0.0/16 goto filter_FWD_trusted")
    assert doctor(host, "functions reach the network") == ""

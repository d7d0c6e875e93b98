# SPDX-License-Identifier: Apache-2.0
"""VpcConfig: what a function reaches is what the operator's file gives its subnets and security groups.

The networks are real: a network namespace behind a veth pair with two addresses and a server on both.
"""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.request

import pytest

from conftest import create_function, eventually, invoke, refusal

SOURCE = (pathlib.Path(__file__).parent / "hostile.py").read_text()
BASE = (os.getpid() & 0x3FFF) * 4  # of 198.18.0.0/16: as many tests as there may be at once
NEAR, FIRST, SECOND = (f"198.18.{BASE + i >> 8}.{BASE + i & 255}" for i in (1, 2, 3))
EGRESS = {"vpc-1": {
    "subnets": {"subnet-nat": "all", "subnet-dark": "none", "subnet-private": [f"{FIRST}/32", "10.0.0.0/8"]},
    "security_groups": {"sg-open": "all", "sg-second": [SECOND]},
}}
SERVER = """
import selectors, socket, sys
wait = selectors.DefaultSelector()
for address in sys.argv[1:]:
    wait.register(socket.create_server((address, 7000)), selectors.EVENT_READ)
print("up", flush=True)
while True:
    for key, _ in wait.select():
        key.fileobj.accept()[0].close()
"""


@pytest.fixture(scope="module")
def far_away():
    if os.geteuid() != 0:
        pytest.skip("needs root to make a network")
    name = f"kt{os.getpid()}"

    def ip(*arguments):
        subprocess.run(["ip", *arguments], check=True)
    ip("netns", "add", name)
    with contextlib.ExitStack() as stack:
        stack.callback(ip, "netns", "delete", name)
        ip("link", "add", name, "type", "veth", "peer", "name", "far0", "netns", name)
        ip("addr", "add", NEAR, "dev", name)
        ip("link", "set", name, "up")
        ip("-n", name, "link", "set", "far0", "up")
        for address in (FIRST, SECOND):
            ip("-n", name, "addr", "add", address, "dev", "far0")
            ip("route", "add", address, "dev", name)
        ip("-n", name, "route", "add", NEAR, "dev", "far0")
        process = subprocess.Popen(["ip", "netns", "exec", name, sys.executable, "-c", SERVER, FIRST, SECOND],
                                   stdout=subprocess.PIPE, text=True)
        stack.callback(process.wait)
        stack.callback(process.kill)
        assert process.stdout.readline() == "up\n"
        yield


@pytest.fixture(scope="module")
def own_server(tmp_path_factory):
    from conftest import Server
    folder = tmp_path_factory.mktemp("egress")
    (folder / "egress.json").write_text(json.dumps(EGRESS))
    server = Server(folder / "state", arguments=["--egress", str(folder / "egress.json")])
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def own(own_server, far_away):
    if own_server.isolation != "root":
        pytest.skip(f"level {own_server.isolation} has no network to restrict")
    return own_server.client("lambda")


def vpc(subnet, group):
    return {"SubnetIds": [subnet], "SecurityGroupIds": [group]}


def reached(client, name, address, port=7000):
    answer, reply = invoke(client, name, {"run": f"answer = reach('{address}', {port})"})
    assert "FunctionError" not in reply, answer
    return answer


def renew(client, name, **settings):
    answer = client.update_function_configuration(FunctionName=name, **settings)
    client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
    return answer


@pytest.mark.parametrize("subnet,group,first,second", [
    ("subnet-nat", "sg-open", "connected", "connected"), ("subnet-private", "sg-open", "connected", "ECONNREFUSED"),
    ("subnet-nat", "sg-second", "ECONNREFUSED", "connected"), ("subnet-private", "sg-second", "ECONNREFUSED", "ECONNREFUSED"),
    ("subnet-dark", "sg-open", "ECONNREFUSED", "ECONNREFUSED")])
def test_a_function_reaches_what_subnet_and_group_let_through(own, subnet, group, first, second):
    name = f"{subnet}-{group}"
    made = create_function(own, name, {"app.py": SOURCE}, VpcConfig=vpc(subnet, group))
    assert made["VpcConfig"] == vpc(subnet, group) | {"VpcId": "vpc-1", "Ipv6AllowedForDualStack": False}
    assert (reached(own, name, FIRST), reached(own, name, SECOND)) == (first, second)
    # What is no connection is told in another way.
    answer, _ = invoke(own, name, {"run": f"""
answer = []
for address in ('{FIRST}', '{SECOND}'):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(2)
        s.connect((address, 7000))
        s.send(b'x')
        answer.append(reason(s.recv, 1))
"""})
    assert answer == ["ECONNREFUSED" if each == "connected" else "EHOSTUNREACH" for each in (first, second)]
    # Kiln's endpoint and names of this machine stay.
    assert reached(own, name, "169.254.100.1", 4566) == "connected"
    answer, _ = invoke(own, name, {"run": "answer = socket.gethostbyname('bucket.s3.localhost')"})
    assert answer == "169.254.100.1"


@pytest.mark.parametrize("runtime,handler", [("python3.11", "app.handler"), ("nodejs22.x", "index.handler")])
def test_environments_that_waited_get_the_restriction_too(own, own_server, runtime, handler):
    node = """
const net = require('node:net');
exports.handler = async event => await new Promise(resolve => {
  const s = net.connect(7000, event.run.split("'")[1], () => { s.destroy(); resolve('connected') });
  s.on('error', e => resolve(e.code));
});"""
    name = "waits-" + runtime[:4]
    create_function(own, name, {"app.py": SOURCE, "index.js": node}, runtime=runtime, handler=handler)
    for _ in range(3):
        assert reached(own, name, FIRST) == reached(own, name, SECOND) == "connected"
        renew(own, name, VpcConfig=vpc("subnet-private", "sg-open"))
        assert (reached(own, name, FIRST), reached(own, name, SECOND)) == ("connected", "ECONNREFUSED")
        renew(own, name, VpcConfig={"SubnetIds": [], "SecurityGroupIds": []})
    answer = own.get_function_configuration(FunctionName=name)["VpcConfig"]
    assert answer == {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": "", "Ipv6AllowedForDualStack": False}


def test_the_restriction_cannot_be_changed_from_inside(own):
    create_function(own, "closed-in", {"app.py": SOURCE}, VpcConfig=vpc("subnet-private", "sg-open"))
    answer, _ = invoke(own, "closed-in", {"run": """
import struct, subprocess
def tried(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return 'done' if done.returncode == 0 else 'refused'
answer = [tried('/sbin/ip', *words.split()) for words in (
    'link set eth0 group 0', 'link set eth0 down', 'route replace default via 169.254.100.2 dev eth0', 'addr add 198.19.9.9/32 dev eth0',
    'neigh add 198.18.0.9 lladdr 02:00:00:00:00:01 dev eth0', 'link add x0 type dummy')]
answer.append(tried('/usr/sbin/nft', 'flush', 'ruleset'))
for level, option, value in ((socket.SOL_IP, 19, 1), (socket.SOL_SOCKET, 36, struct.pack('I', 7)), (socket.SOL_SOCKET, 12, 7)):
    s = socket.socket()
    answer.append(reason(s.setsockopt, level, option, value))  # IP_TRANSPARENT, SO_MARK, SO_PRIORITY
"""})
    assert answer[:7] == ["refused"] * 7
    assert answer[7:9] == ["EPERM"] * 2
    # Neither an address that is not its own nor a device of its choice leads out.
    answer, _ = invoke(own, "closed-in", {"run": f"""
def out(prepare):
    with socket.socket() as s:
        s.settimeout(3)
        try:
            prepare(s)
            s.connect(('{SECOND}', 7000))
            return 'connected'
        except OSError as error:
            return 'refused'
answer = [out(lambda s: s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'eth0')),
          out(lambda s: (s.setsockopt(socket.SOL_IP, 15, 1), s.bind(('198.19.200.200', 0)))),
          out(lambda s: s.setsockopt(socket.SOL_IP, socket.IP_OPTIONS, bytes([131, 7, 4]) + socket.inet_aton('{SECOND}') + b'\\0'))]
"""})
    assert answer == ["refused"] * 3
    assert reached(own, "closed-in", FIRST) == "connected"


def test_who_reaches_nothing_gets_no_names_of_others(own, own_server):
    def relayed():
        text = urllib.request.urlopen(own_server.endpoint + "/_kiln/metrics").read().decode()
        return re.findall(r"^kiln_sandbox_dns_relayed_total ([1-9]\d*)$", text, re.M)
    create_function(own, "nameless", {"app.py": SOURCE}, VpcConfig=vpc("subnet-dark", "sg-open"))
    before = relayed()
    answer, _ = invoke(own, "nameless", {"run": "answer = reason(socket.gethostbyname, 'secret.example.com')"})
    assert answer != "done"
    assert relayed() == before


def test_a_reset_environment_stays_restricted(own):
    create_function(own, "resets", {"app.py": SOURCE}, VpcConfig=vpc("subnet-dark", "sg-open"))
    assert reached(own, "resets", FIRST) == "ECONNREFUSED"
    assert "FunctionError" in invoke(own, "resets", {"run": "os.abort()"})[1]
    assert reached(own, "resets", FIRST) == "ECONNREFUSED"


def test_ids_that_nobody_made_up_are_refused(server, awslambda):
    call = dict(client=awslambda, name="vpc-unknown", files={"app.py": SOURCE})
    assert refusal(create_function, **call, VpcConfig=vpc("subnet-0123", "sg-1")) == (
        400, "InvalidParameterValueException", "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. "
        "EC2 Error Message: The subnet ID 'subnet-0123' does not exist")
    assert refusal(create_function, **call, VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": []}) == (
        400, "InvalidParameterValueException", "SubnetIds and SecurityIds must coexist or be both empty list.")


def test_an_id_that_is_gone_after_a_restart_stops_the_function(tmp_path, start_server):
    file = tmp_path / "egress.json"
    file.write_text(json.dumps(EGRESS))
    server = start_server(arguments=["--egress", str(file)])
    if server.isolation != "root":
        pytest.skip(f"level {server.isolation} has no network to restrict")
    create_function(server.client("lambda"), "orphan", {"app.py": SOURCE}, VpcConfig=vpc("subnet-dark", "sg-open"))
    server.stop()
    file.write_text(json.dumps({"vpc-1": {"subnets": {}, "security_groups": {"sg-open": "all"}}}))
    server.start()
    client = server.client("lambda")
    assert client.get_function_configuration(FunctionName="orphan")["VpcConfig"]["SubnetIds"] == ["subnet-dark"]
    assert refusal(invoke, client, "orphan")[:2] == (502, "InvalidSubnetIDException")


@pytest.mark.parametrize("level,subnet,possible", [
    ("none", "subnet-nat", True), ("none", "subnet-dark", False), ("none", "subnet-private", False)])
def test_a_level_that_cannot_enforce_it_says_so(tmp_path, start_server, level, subnet, possible):
    file = tmp_path / "egress.json"
    file.write_text(json.dumps(EGRESS))
    client = start_server(arguments=["--egress", str(file), "--isolation", level]).client("lambda")
    call = dict(client=client, name="weak", files={"app.py": SOURCE}, VpcConfig=vpc(subnet, "sg-open"), wait=False)
    if possible:
        assert create_function(**call)["VpcConfig"]["VpcId"] == "vpc-1"
        return
    status, code, message = refusal(create_function, **call)
    assert (status, code) == (400, "InvalidParameterValueException")
    assert message == ("This server's isolation level 'none' cannot keep a function from the network, as this VpcConfig asks for.")


def test_a_file_that_makes_no_sense_ends_the_start(tmp_path):
    file = tmp_path / "egress.json"
    file.write_text('{"vpc-1": {"subnets": {"subnet-1": ["10.0.0.1/8"]}}}')
    from conftest import KILN
    done = subprocess.run([KILN, "dev", "--port", "0", "--data-dir", tmp_path / "state", "--egress", file], capture_output=True,
                          text=True, timeout=20)
    assert done.returncode == 1
    assert f'error: --egress {file}: vpc-1.subnets.subnet-1: "10.0.0.1/8" is no IPv4 network such as 10.0.0.0/8' in done.stderr

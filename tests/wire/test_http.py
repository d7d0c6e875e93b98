# SPDX-License-Identifier: Apache-2.0
"""What a server meets on its port: other hosts, other protocols, too much, too little, too slowly."""

import json
import os
import time

import pytest

from conftest import KILN, eventually
from wire.raw import Wire, ask, json_call, message, signed, signed_headers

LIST = "/2015-03-31/functions/"
GROUPS = "Logs_20140328.DescribeLogGroups"
CREATE = "Logs_20140328.CreateLogGroup"
# AddressSanitizer keeps freed memory for a while.
GROWTH_MIB = 512 if "asan" in str(KILN) else 64


def resident_mib(server):
    with open(f"/proc/{server.process.pid}/status") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


@pytest.fixture(autouse=True)
def server_lives(server):
    yield
    assert ask(server.port, b"GET /_kiln/health HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:4566", "localhost.evil.example", "", "127.0.0.1.evil.example"])
def test_other_hosts_are_refused(server, host):
    reply = ask(server.port, signed("GET", LIST, host=host))
    assert (reply.status, reply.error) == (403, "AccessDeniedException")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:4566", "127.0.0.1", "[::1]:4566", "lambda.us-east-1.localhost:4566"])
def test_hosts_of_this_machine_are_answered(server, host):
    assert ask(server.port, signed("GET", LIST, host=host)).status == 200


@pytest.mark.parametrize("origin,status", [("http://evil.example", 403), ("https://localhost.evil.example:1", 403),
                                           ("null", 403), ("http://localhost:3000", 200), ("http://127.0.0.1", 200)])
def test_origins_of_other_sites_are_refused(server, origin, status):
    headers = signed_headers("GET", LIST) | {"Origin": origin}
    assert ask(server.port, message("GET", LIST, headers)).status == status


def test_health_also_looks_at_the_host(server):
    assert ask(server.port, b"GET /_kiln/health HTTP/1.1\r\nHost: evil.example\r\n\r\n").status == 403
    assert ask(server.port, b"GET /_kiln/metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n").status == 403


@pytest.mark.parametrize("data,status", [
    (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", 431),
    (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 431),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"".join(b"H%d: x\r\n" % n for n in range(9000)) + b"\r\n", 431),
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
    (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400),
    (b"GET / HTTP/3.0\r\nHost: localhost\r\n\r\n", 505),
])
def test_heads_out_of_shape_are_refused_and_the_connection_closed(server, data, status):
    with Wire(server.port) as wire:
        wire.send(data)
        assert wire.receive().status == status
        assert wire.closed()


def test_chunked_request_is_signed_like_any_other(server):
    body = json.dumps({"logGroupName": "chunked"}).encode()
    more = {"X-Amz-Target": CREATE, "Content-Type": "application/x-amz-json-1.1"}
    headers = signed_headers("POST", "/", body, "logs", more=more) | {"Transfer-Encoding": "chunked"}
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[n:n + 5]), body[n:n + 5]) for n in range(0, len(body), 5)) + b"0\r\n\r\n"
    with Wire(server.port) as wire:
        wire.send(message("POST", "/", headers) + chunks + json_call("logs", GROUPS, {"logGroupNamePrefix": "chunked"}))
        assert wire.receive().status == 200
        assert wire.receive().json["logGroups"][0]["logGroupName"] == "chunked"


def test_broken_chunks_are_refused(server):
    headers = signed_headers("POST", "/", b"{}", "logs", more={"X-Amz-Target": GROUPS}) | {"Transfer-Encoding": "chunked"}
    with Wire(server.port) as wire:
        wire.send(message("POST", "/", headers) + b"zz\r\n{}\r\n0\r\n\r\n")
        assert wire.receive().status == 400
        assert wire.closed()


def test_expect_continue_is_answered_before_the_body(server):
    body = b"{}"
    more = {"X-Amz-Target": GROUPS, "Content-Type": "application/x-amz-json-1.1"}
    headers = signed_headers("POST", "/", body, "logs", more=more) | {"Expect": "100-continue"}
    head = message("POST", "/", headers, body)[:-len(body)]
    with Wire(server.port) as wire:
        wire.send(head)
        assert wire.receive().status == 100
        wire.send(body)
        assert wire.receive().status == 200


def test_expect_continue_of_an_unknown_caller_gets_no_invitation(server):
    headers = signed_headers("POST", "/", b"{}", "logs", key="AKIAQQQQQQQQQQQQQQQQ",
                             more={"X-Amz-Target": GROUPS}) | {"Expect": "100-continue", "Content-Length": "1000000"}
    with Wire(server.port) as wire:
        wire.send(message("POST", "/", headers))
        assert wire.receive().status == 400


def test_pipelined_requests_are_answered_in_order(server):
    with Wire(server.port) as wire:
        wire.send(b"".join(json_call("logs", CREATE, {"logGroupName": f"pipe/{n}"}) for n in range(20))
                  + b"".join(json_call("logs", GROUPS, {"logGroupNamePrefix": f"pipe/{n}", "limit": 1}) for n in range(10, 20)))
        assert [wire.receive().status for _ in range(20)] == [200] * 20
        assert [wire.receive().json["logGroups"][0]["logGroupName"] for _ in range(10, 20)] == [
            f"pipe/{n}" for n in range(10, 20)]


@pytest.mark.parametrize("body", [
    b"", b"{", b'{"logGroupName"', b'{"logGroupName": "a"', b"null", b"[]", b'"x"', b"{]", b'{"a":1}x', b"\xff\xfe",
    b"[" * 200_000, b'{"a":' * 200_000, b"{" + b'"tags":{' * 100_000, b'{"logGroupName": "\\ud800"}', b'{"logGroupName": 5}',
    b'{"logGroupName": "a\x00b"}', b'{"logGroupName": 1e999}',
])
def test_json_out_of_shape_is_refused(server, body):
    reply = ask(server.port, json_call("logs", CREATE, body))
    assert reply.status == 400
    assert reply.error in ("SerializationException", "InvalidParameterException")


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 200_000, b'{"Code": [], "FunctionName": "x"}', b'{"Code": {"ZipFile": "%%"}}'])
def test_rest_json_out_of_shape_is_refused(server, body):
    reply = ask(server.port, signed("POST", "/2015-03-31/functions", body, more={"Content-Type": "application/json"}))
    assert reply.status == 400


@pytest.mark.parametrize("body", [b"", b"Action=Nothing&Version=2010-05-08", b"Version=2010-05-08", b"=&&=%zz&Action",
                                  b"Action=CreateRole&Version=2010-05-08",
                                  b"Action=ListRoles&Version=2010-05-08&MaxItems=many",
                                  b"Action=TagRole&Version=2010-05-08&RoleName=r&Tags.member.99999999999.Key=a",
                                  b"Action=TagRole&Version=2010-05-08&RoleName=r" + b"&Tags.member.1.Key=a" * 30_000])
def test_query_requests_out_of_shape_are_refused(server, body):
    reply = ask(server.port, signed("POST", "/", body, "iam", more={"Content-Type": "application/x-www-form-urlencoded"}))
    assert reply.status in (400, 404)
    assert reply.body.startswith(b"<")


def test_unknown_operations_and_paths(server):
    reply = ask(server.port, json_call("logs", "Logs_20140328.NoSuchThing", {}))
    assert (reply.status, reply.error) == (400, "UnknownOperationException")
    reply = ask(server.port, json_call("logs", "Nothing_20140328.NoSuchThing", {}))
    assert (reply.status, reply.error) in ((404, "UnknownOperationException"), (400, "UnknownOperationException"))
    reply = ask(server.port, signed("GET", "/no/such/path"))
    assert reply.status in (400, 404)
    assert reply.error == "UnknownOperationException"
    reply = ask(server.port, signed("PATCH", LIST))
    assert reply.error == "UnknownOperationException"
    reply = ask(server.port, signed("POST", "/", b"Action=Nothing&Version=2010-05-08", "iam"))
    assert (reply.status, reply.error) == (400, "InvalidAction")
    assert b"Could not find operation Nothing for version 2010-05-08" in reply.body
    assert ask(server.port, signed("GET", "/", service="mobiletargeting")).error == "UnknownOperationException"
    assert ask(server.port, message("GET", "/", {"Host": "localhost"})).status in (403, 404)


@pytest.mark.parametrize("path,service,more", [
    ("/2015-03-31/functions/f/invocations", "lambda", {}),
    ("/2015-03-31/functions", "lambda", {}),
    ("/", "logs", {"X-Amz-Target": CREATE}),
    ("/", "iam", {}),
])
def test_body_that_announces_too_much_is_refused_before_it_comes(server, path, service, more):
    headers = signed_headers("POST", path, b"", service, more=more) | {"Content-Length": str(10 ** 12)}
    with Wire(server.port) as wire:
        wire.send(message("POST", path, headers))
        assert wire.receive().status == 413
        assert wire.closed()


def test_endless_chunked_body_is_cut(server):
    headers = signed_headers("POST", "/2015-03-31/functions/f/invocations") | {"Transfer-Encoding": "chunked"}
    piece = b"10000\r\n" + b" " * 65536 + b"\r\n"
    before = resident_mib(server)
    with Wire(server.port) as wire:
        wire.send(message("POST", "/2015-03-31/functions/f/invocations", headers))
        try:
            for _ in range(2000):
                wire.send(piece)
        except OSError:
            pass
        else:
            pytest.fail("the server took 128 MiB")
    assert resident_mib(server) < before + GROWTH_MIB


def test_slow_bodies_do_not_hold_up_others(server):
    before = resident_mib(server)
    slow = []
    for _ in range(200):
        wire = Wire(server.port)
        headers = signed_headers("POST", "/2015-03-31/functions") | {"Content-Length": str(50 * 1024 * 1024)}
        wire.send(message("POST", "/2015-03-31/functions", headers) + b"x" * 1000)
        slow.append(wire)
    halves = [Wire(server.port) for _ in range(200)]
    for wire in halves:
        wire.send(b"GET / HT")
    started = time.monotonic()
    for _ in range(20):
        assert ask(server.port, json_call("logs", GROUPS, {"limit": 1})).status == 200
    assert time.monotonic() - started < 2
    assert resident_mib(server) < before + GROWTH_MIB
    for wire in slow + halves:
        wire.socket.close()


def test_many_large_unsigned_bodies_stay_bounded(server):
    before = resident_mib(server)
    wires = []
    for _ in range(8):
        wire = Wire(server.port)
        headers = signed_headers("POST", "/2015-03-31/functions") | {"Content-Length": str(20 * 1024 * 1024)}
        try:
            wire.send(message("POST", "/2015-03-31/functions", headers) + b"x" * (10 * 1024 * 1024))
        except OSError:
            pass  # the budget of such bytes is used up
        wires.append(wire)
    assert resident_mib(server) < before + GROWTH_MIB
    for wire in wires:
        wire.socket.close()
    eventually(lambda: ask(server.port, json_call("logs", GROUPS, {"limit": 1})).status == 200)


def test_clients_that_leave_early_leave_nothing_behind(server):
    descriptors = lambda: len(os.listdir(f"/proc/{server.process.pid}/fd"))
    before = descriptors()
    for n in range(200):
        with Wire(server.port) as wire:
            data = json_call("logs", GROUPS, {"limit": 1})
            wire.send(data[: len(data) * n // 200])
    eventually(lambda: descriptors() <= before + 5)

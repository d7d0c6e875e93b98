# SPDX-License-Identifier: Apache-2.0
"""Bad input of every kind: each gets AWS's error or a clean close, the server lives, its memory stays bounded."""

import base64
import io
import json
import os
import socket
import stat
import time
import zipfile

import pytest

from conftest import KILN, ROLE, eventually
from wire.raw import Wire, ask, json_call, message, signed, signed_headers

FUNCTIONS = "/2015-03-31/functions"
GROUPS = "Logs_20140328.DescribeLogGroups"
CREATE = "Logs_20140328.CreateLogGroup"
MIB = 1024 * 1024
# AddressSanitizer keeps freed memory for a while.
SLACK_MIB = 512 if "asan" in str(KILN) else 64
HOST = b"Host: localhost\r\n"


class Memory:
    """What the server's peak of resident memory grew by since this was made."""

    def __init__(self, server):
        self.pid = server.process.pid
        with open(f"/proc/{self.pid}/clear_refs", "w") as refs:
            refs.write("5")
        self.before = self.field("VmRSS")

    def field(self, name):
        with open(f"/proc/{self.pid}/status") as status:
            return int(next(line for line in status if line.startswith(name + ":")).split()[1]) / 1024

    def grown(self):
        return self.field("VmHWM") - self.before


@pytest.fixture(autouse=True)
def lives_in_bounds(server, request):
    memory = Memory(server)
    yield memory
    eventually(lambda: ask(server.port, json_call("logs", GROUPS, {"limit": 1})).status == 200)
    bound = request.node.get_closest_marker("memory")
    assert memory.grown() < (bound.args[0] if bound else 0) + SLACK_MIB


def metric(server, name):
    text = ask(server.port, b"GET /_kiln/metrics HTTP/1.1\r\n" + HOST + b"\r\n").body.decode()
    return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(name + " "))


def statuses(port, data, timeout=5):
    """The status of every response until the connection ends; and whether it ended."""
    found = []
    with Wire(port, timeout) as wire:
        try:
            wire.send(data)
        except OSError:
            pass
        try:
            while True:
                found.append(wire.receive().status)
        except TimeoutError:
            return found, False
        except (EOFError, OSError):
            return found, True


# --- the head ---

REFUSED_HEADS = {
    # lengths that two readers may understand differently
    "two lengths": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "two equal lengths": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
    "a list of lengths": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1, 1\r\n\r\na",
    "length and chunked": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked and length": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    **{f"length {text!r}": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: " + text + b"\r\n\r\na"
       for text in (b"+1", b"-1", b"0x1", b"1 1", b"1a", b"1.0", b"", b"99999999999999999999999", b"\xb9")},
    # transfer codings that a proxy may pass on
    "chunked twice": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked and another": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "another and chunked": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a misspelt coding": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked after a vertical tab": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    "chunked in quotes": b"POST / HTTP/1.1\r\n" + HOST + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n',
    "a coding in HTTP/1.0": b"POST / HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a blank before the colon": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length : 1\r\n\r\na",
    "a blank before the name": b"POST / HTTP/1.1\r\n" + HOST + b"A: b\r\n Content-Length: 1\r\n\r\na",
    "a blank before the first name": b"POST / HTTP/1.1\r\n " + HOST + b"\r\n",
    "a name with a NUL": b"GET / HTTP/1.1\r\n" + HOST + b"A\0: b\r\n\r\n",
    "a name of nothing": b"GET / HTTP/1.1\r\n" + HOST + b": b\r\n\r\n",
    "a line without a colon": b"GET / HTTP/1.1\r\n" + HOST + b"abc\r\n\r\n",
    # lines
    "a folded line": b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n\tc\r\n\r\n",
    "bare line feeds": b"GET / HTTP/1.1\nHost: localhost\n\n",
    "a bare line feed in a value": b"GET / HTTP/1.1\r\n" + HOST + b"A: b\nContent-Length: 3\r\n\r\n",
    "a bare line feed ends the head": b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n\n\r\n\r\n",
    "a bare carriage return in a value": b"GET / HTTP/1.1\r\n" + HOST + b"A: b\rContent-Length: 3\r\n\r\n",
    "a bare carriage return in the request line": b"GET /\rx HTTP/1.1\r\n" + HOST + b"\r\n",
    "a NUL in a value": b"GET / HTTP/1.1\r\n" + HOST + b"A: b\0c\r\n\r\n",
    "a NUL in the target": b"GET /\0 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a control character in a value": b"GET / HTTP/1.1\r\n" + HOST + b"A: \x01\r\n\r\n",
    # the request line
    "no version": b"GET /\r\n" + HOST + b"\r\n",
    "no target": b"GET HTTP/1.1\r\n" + HOST + b"\r\n",
    "two blanks": b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a blank in the target": b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n",
    "a method of symbols": b"G@T / HTTP/1.1\r\n" + HOST + b"\r\n",
    "another version": b"GET / HTTP/2.0\r\n" + HOST + b"\r\n",
    "a version of words": b"GET / HTTP/one\r\n" + HOST + b"\r\n",
    "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a long method": b"A" * 70_000 + b" / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a long target": b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "a long name": b"GET / HTTP/1.1\r\n" + HOST + b"a" * 70_000 + b": b\r\n\r\n",
    "no end in sight": b"a" * 200_000,
    "a hundred thousand fields": b"GET / HTTP/1.1\r\n" + HOST + b"a: b\r\n" * 100_000 + b"\r\n",
    "more fields than anybody sends": b"GET / HTTP/1.1\r\n" + HOST + b"a:\r\n" * 300 + b"\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
    "an unknown expectation": b"POST / HTTP/1.1\r\n" + HOST + b"Expect: 200-ok\r\nContent-Length: 1\r\n\r\n",
}


@pytest.mark.parametrize("name", REFUSED_HEADS)
def test_a_head_that_is_refused_ends_the_connection(server, name):
    """Nothing behind it is served: that is what smuggled requests live from."""
    found, closed = statuses(server.port, REFUSED_HEADS[name] + b"GET /_kiln/health HTTP/1.1\r\n" + HOST + b"\r\n")
    assert closed
    assert len(found) <= 1
    assert not found or found[0] in (400, 417, 431, 501, 505)


@pytest.mark.parametrize("value", ["chunked", "Chunked", " chunked", "chunked "])
def test_spellings_of_chunked_that_all_readers_know(server, value):
    headers = signed_headers("POST", "/", b"{}", "logs", more={"X-Amz-Target": GROUPS,
                                                                "Content-Type": "application/x-amz-json-1.1"})
    data = message("POST", "/", headers | {"Transfer-Encoding": value}) + b"2\r\n{}\r\n0\r\n\r\n"
    assert ask(server.port, data).status == 200


def test_http_1_0_is_answered_and_closed(server):
    found, closed = statuses(server.port, b"GET /_kiln/health HTTP/1.0\r\n" + HOST + b"\r\n")
    assert (found, closed) == ([200], True)
    found, closed = statuses(server.port, b"GET /_kiln/health HTTP/1.0\r\n" + HOST + b"Connection: keep-alive\r\n\r\n"
                             b"GET /_kiln/health HTTP/1.0\r\n" + HOST + b"\r\n")
    assert (found, closed) == ([200, 200], True)


def test_lines_before_a_request_are_skipped_but_not_for_ever(server):
    assert ask(server.port, b"\r\n\r\nGET /_kiln/health HTTP/1.1\r\n" + HOST + b"\r\n").status == 200
    with Wire(server.port) as wire:
        wire.send(b"\r\n" * 500_000 + b"GET /_kiln/health HTTP/1.1\r\n" + HOST + b"\r\n")
        assert wire.receive().status in (200, 400)


def test_a_refused_request_does_not_hide_those_behind_it(server):
    bad = message("POST", "/", signed_headers("POST", "/", b"{", "logs", more={"X-Amz-Target": GROUPS}), b"{")
    data = bad * 3 + json_call("logs", GROUPS, {"limit": 1}) + b"GET /_kiln/health HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
    assert statuses(server.port, data) == ([400, 400, 400, 200, 200], True)


def test_headers_of_many_connections_stay_in_bounds(server):
    """Sixty kilobytes of a head that never ends, three hundred times."""
    wires = []
    try:
        for _ in range(300):
            wires.append(Wire(server.port))
            wires[-1].send(b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"x" * 60_000)
        eventually(lambda: metric(server, "kiln_http_buffered_bytes") > 10 * MIB)
        assert metric(server, "kiln_http_buffered_bytes") < 129 * MIB
    finally:
        for wire in wires:
            wire.socket.close()
    eventually(lambda: metric(server, "kiln_http_buffered_bytes") < MIB)


def test_a_signature_over_the_same_header_many_times_costs_nothing(server):
    """Each name in SignedHeaders would cost the header's length."""
    headers = {"Host": "localhost", "X-Amz-Date": "20260101T000000Z", "A": "x" * 20_000}
    names = ";".join(["host"] + ["a"] * 15_000)
    headers["Authorization"] = (f"AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, "
                                f"SignedHeaders={names}, Signature={'0' * 64}")
    started = time.monotonic()
    reply = ask(server.port, message("GET", FUNCTIONS, headers))
    assert (reply.status, reply.error) == (403, "InvalidSignatureException")
    assert time.monotonic() - started < 1


# --- the body ---

def chunked(body, service="logs", target=GROUPS):
    headers = signed_headers("POST", "/", b"{}", service, more={"X-Amz-Target": target,
                                                                "Content-Type": "application/x-amz-json-1.1"})
    return message("POST", "/", headers | {"Transfer-Encoding": "chunked"}) + body


@pytest.mark.parametrize("body", [
    b"-2\r\n{}\r\n0\r\n\r\n", b"0x2\r\n{}\r\n0\r\n\r\n", b"+2\r\n{}\r\n0\r\n\r\n", b"\r\n{}\r\n0\r\n\r\n",
    b"2 \x0b\r\n{}\r\n0\r\n\r\n", b"2\n{}\n0\n\n", b"2\r\n{}0\r\n\r\n", b"2\r\n{}XX0\r\n\r\n", b"2\r\n{}\r\n0\r\nA\r\n\r\n",
    b"ffffffffffffffffff\r\n{}\r\n0\r\n\r\n", b"2;" + b"a" * 100_000 + b"\r\n{}\r\n0\r\n\r\n",
    b"2\r\n{}\r\n0\r\n" + b"A: b\r\n" * 100_000 + b"\r\n", b"0" * 100_000, b"2\r\n{}\r\n0\r\n" + b"A" * 100_000,
])
def test_chunks_out_of_shape_are_refused(server, body):
    found, closed = statuses(server.port, chunked(body) + b"GET /_kiln/health HTTP/1.1\r\n" + HOST + b"\r\n")
    assert closed
    assert len(found) <= 1
    assert not found or 400 <= found[0] < 500


@pytest.mark.parametrize("size", [b"7fffffffffffffff", b"ffffffffffffffff", b"5000000000"])
def test_a_huge_chunk_is_not_believed(server, size):
    """It may announce what it likes: room is made for what came."""
    with Wire(server.port) as wire:
        wire.send(chunked(size + b"\r\n" + b" " * 100_000))
        wire.socket.shutdown(socket.SHUT_WR)
        try:
            assert 400 <= wire.receive().status < 500
        except (EOFError, ConnectionResetError):
            pass


def test_chunk_extensions_and_trailers_are_ignored(server):
    assert ask(server.port, chunked(b'2;a=b;c="d"\r\n{}\r\n0;e\r\nX-Amz-Target: Logs_20140328.DeleteLogGroup\r\n\r\n')).status == 200


def test_a_body_that_trickles_is_cut_by_its_rate(server):
    """Not run to its end, which takes a minute: http's own tests do. Here only that others don't wait."""
    with Wire(server.port) as wire:
        wire.send(message("POST", "/", signed_headers("POST", "/", b"", "logs", more={"X-Amz-Target": GROUPS})
                          | {"Content-Length": "100000"}))
        for _ in range(5):
            wire.send(b" ")
            started = time.monotonic()
            assert ask(server.port, json_call("logs", GROUPS, {"limit": 1})).status == 200
            assert time.monotonic() - started < 1


def test_expectations_with_a_body_that_comes_anyway(server):
    headers = signed_headers("POST", "/", b"{}", "logs", more={"X-Amz-Target": GROUPS,
                                                                "Content-Type": "application/x-amz-json-1.1"})
    found, _ = statuses(server.port, message("POST", "/", headers | {"Expect": "100-continue", "Connection": "close"}, b"{}"))
    assert found in ([200], [100, 200])


NESTED = {
    "arrays": (b"[" * 200_000 + b"]" * 200_000),
    "arrays of a member": (b'{"tags":' + b"[" * 200_000 + b"]" * 200_000 + b"}"),
    "objects": (b'{"":' * 200_000 + b"1" + b"}" * 200_000),
    "unknown members": (b'{"x":' + b"[" * 200_000 + b"]" * 200_000 + b', "logGroupName": "a"}'),
}


@pytest.mark.parametrize("name", NESTED)
def test_two_hundred_thousand_levels_of_json(server, name):
    reply = ask(server.port, json_call("logs", CREATE, NESTED[name]))
    assert (reply.status, reply.error) in ((400, "SerializationException"), (400, "InvalidParameterException"))
    reply = ask(server.port, signed("POST", FUNCTIONS, NESTED[name], more={"Content-Type": "application/json"}))
    assert reply.status == 400


def test_two_hundred_thousand_levels_of_an_event(server, awslambda):
    """A function's payload is checked, not read: this one is sound JSON, for a function that is not there."""
    reply = ask(server.port, signed("POST", FUNCTIONS + "/nobody/invocations", b"[" * 200_000 + b"]" * 200_000))
    assert reply.status in (400, 404)


def test_two_hundred_thousand_levels_of_a_form(server):
    body = b"Action=TagRole&Version=2010-05-08&RoleName=r&Tags.member.1" + b".a" * 100_000 + b"=x"
    reply = ask(server.port, signed("POST", "/", body, "iam", more={"Content-Type": "application/x-www-form-urlencoded"}))
    assert reply.status in (400, 404)


def test_two_hundred_thousand_levels_of_cbor(server):
    """DynamoDB, Kinesis and CloudWatch speak CBOR as well."""
    body = b"\xa1\x61x" + b"\x81" * 200_000 + b"\x00"
    path = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
    more = {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}
    assert 400 <= ask(server.port, signed("POST", path, body, "monitoring", more=more)).status < 502
    more = {"X-Amz-Target": "DynamoDB_20120810.PutItem", "Content-Type": "application/x-amz-cbor-1.1"}
    assert 400 <= ask(server.port, signed("POST", "/", body, "dynamodb", more=more)).status < 502


def test_two_hundred_thousand_levels_of_xml(server):
    """S3 is modelled, so its bodies are read before the answer that it is not built."""
    body = b"<a>" * 200_000
    sha = "UNSIGNED-PAYLOAD"
    reply = ask(server.port, signed("PUT", "/bucket", body, "s3", query="tagging=", more={"X-Amz-Content-Sha256": sha},
                                    body_hash=sha))
    assert 400 <= reply.status < 502


# --- packages ---

def zip_of(entries, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data, *mode in entries:
            entry = zipfile.ZipInfo(name)
            entry.compress_type = method
            entry.create_system = 3
            entry.external_attr = (mode[0] if mode else stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, data)
    return out.getvalue()


def create(port, name, package, runtime="python3.11"):
    body = json.dumps({"FunctionName": name, "Runtime": runtime, "Role": ROLE, "Handler": "app.handler",
                       "Code": {"ZipFile": base64.b64encode(package).decode()}}).encode()
    return ask(port, signed("POST", FUNCTIONS, body, more={"Content-Type": "application/json"}))


@pytest.mark.memory(300)
def test_a_package_of_sixty_megabytes_is_refused(server):
    """Named by AWS's error when the body fits the operation's limit, else cut at the limit."""
    try:
        reply = create(server.port, "hostile-large", zip_of([("app.py", os.urandom(60 * MIB))], zipfile.ZIP_STORED))
        assert reply.status in (400, 413)
        assert reply.error in ("InvalidParameterValueException", "RequestEntityTooLargeException")
    except (BrokenPipeError, ConnectionResetError):
        pass  # refused by its announced length while it was still being sent
    assert ask(server.port, signed("GET", FUNCTIONS + "/hostile-large")).status == 404


@pytest.mark.memory(128)
@pytest.mark.parametrize("name,entries", [
    ("bomb", [(f"zeros/{n}", bytes(32 * MIB)) for n in range(10)]),
    ("many", [(f"d{n}/" * 20, b"") for n in range(500)]),
    ("up", [("app.py", b""), ("../escaped.py", b"x")]),
    ("up-within", [("a/../../escaped.py", b"x")]),
    ("absolute", [("/tmp/kiln-hostile-escaped.py", b"x")]),
    ("backslash", [("..\\escaped.py", b"x")]),
    ("link-out", [("app.py", b""), ("link", b"../../../../etc/passwd", stat.S_IFLNK | 0o777)]),
    ("link-through", [("link", b"/tmp", stat.S_IFLNK | 0o777), ("link/kiln-hostile-escaped.py", b"x")]),
    ("device", [("null", b"", stat.S_IFCHR | 0o666)]),
])
def test_packages_that_reach_out_or_blow_up(server, name, entries):
    """Refused, or unpacked to something harmless; never anything outside the package's folder."""
    reply = create(server.port, f"hostile-{name}", zip_of(entries))
    assert reply.status in (201, 400)
    if reply.status == 400:
        assert reply.error == "InvalidParameterValueException"
    assert not os.path.exists("/tmp/kiln-hostile-escaped.py")
    # The folder may change while it is walked: the server unpacks there.
    assert not [folder for folder, _, files in os.walk(server.data_dir)
                if "escaped.py" in files and "code" not in folder.removeprefix(str(server.data_dir))]


def test_an_unknown_runtime(server):
    reply = create(server.port, "hostile-runtime", zip_of([("app.py", b"")]), runtime="cobol85")
    assert (reply.status, reply.error) in ((400, "InvalidParameterValueException"), (400, "ValidationException"))


# --- budgets ---

def test_bodies_of_unproven_senders_share_a_budget(server):
    """The key is known but the signature wrong: they hold what the budget allows, and others are served."""
    wires = []
    try:
        for _ in range(12):
            wire = Wire(server.port)
            headers = signed_headers("POST", FUNCTIONS, secret="wrong") | {"Content-Length": str(40 * MIB)}
            try:
                wire.send(message("POST", FUNCTIONS, headers) + b"x" * (30 * MIB))
            except OSError:
                pass  # the budget is used up
            wires.append(wire)
        assert metric(server, "kiln_unauthenticated_body_bytes") <= 256 * MIB
        assert metric(server, "kiln_body_budget_refused_total") > 0
    finally:
        for wire in wires:
            wire.socket.close()
    eventually(lambda: metric(server, "kiln_body_bytes") == 0)
    eventually(lambda: metric(server, "kiln_unauthenticated_body_bytes") == 0)


def test_a_thousand_connections_that_say_nothing(server):
    wires = [Wire(server.port) for _ in range(1000)]
    assert ask(server.port, json_call("logs", GROUPS, {"limit": 1})).status == 200
    for wire in wires:
        wire.socket.close()


@pytest.mark.parametrize("seed", range(4))
def test_noise(server, seed):
    """Random bytes, and a sound request with random bytes changed."""
    import random

    source = random.Random(seed)
    sound = json_call("logs", GROUPS, {"limit": 1})
    for _ in range(100):
        data = bytearray(sound)
        for _ in range(source.randrange(1, 20)):
            data[source.randrange(len(data))] = source.randrange(256)
        with Wire(server.port, 1) as wire:
            wire.send(bytes(data) if source.random() < 0.8 else source.randbytes(source.randrange(1, 500)))
            wire.socket.shutdown(socket.SHUT_WR)
            wire.closed()

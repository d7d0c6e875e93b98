# SPDX-License-Identifier: Apache-2.0
"""Response streaming: InvokeWithResponseStream, RESPONSE_STREAM URLs, and what becomes of errors in a stream.

A handler that must not have ended yet waits at a gate: the URL of another function, which answers 403
until the test opens it.
"""

import base64
import http.client
import json
import subprocess
import time
import urllib.parse

import pytest

from conftest import ROOT, create_function, invoke, refusal
from aws.test_lambda_urls import make_url, send, url_id

GATE = """
const gate = async (path) => {
  while ((await fetch(process.env.AWS_ENDPOINT_URL + path)).status === 403) await new Promise((r) => setTimeout(r, 5));
};
"""
NODE_SDK = ROOT / ".cache/node-sdk/node_modules/@aws-sdk/client-lambda"


def streaming(client, name, body, **settings):
    create_function(client, name, {"app.js": GATE + "exports.handler = awslambda.streamifyResponse(async (event, stream) => {"
                                   + body + "})"}, runtime="nodejs22.x", **{"Timeout": 20, "MemorySize": 512, **settings})


class Gate:
    def __init__(self, client, name):
        create_function(client, name, {"app.py": "def handler(e, c): return 1\n"})
        self.client, self.name = client, name
        self.path = f"/_kiln/url/{url_id(make_url(client, name, 'AWS_IAM'))}/"

    def open(self):
        self.client.update_function_url_config(FunctionName=self.name, AuthType="NONE")


def events(client, name, event=None, **arguments):
    reply = client.invoke_with_response_stream(FunctionName=name, Payload=json.dumps(event), **arguments)
    assert reply["StatusCode"] == 200
    return reply, iter(reply["EventStream"])


def outcome(client, name, event=None, **arguments):
    """(all bytes, the InvokeComplete event)"""
    _, stream = events(client, name, event, **arguments)
    *chunks, last = stream
    return b"".join(chunk["PayloadChunk"]["Payload"] for chunk in chunks), last["InvokeComplete"]


def test_pieces_arrive_before_the_handler_ends(awslambda):
    gate = Gate(awslambda, "gate-pieces")
    streaming(awslambda, "stream-pieces", "stream.write('first'); await gate(event); stream.write('second'); stream.end();")
    reply, stream = events(awslambda, "stream-pieces", gate.path)
    assert reply["ExecutedVersion"] == "$LATEST"
    assert next(stream) == {"PayloadChunk": {"Payload": b"first"}}
    gate.open()
    assert next(stream) == {"PayloadChunk": {"Payload": b"second"}}
    assert next(stream) == {"InvokeComplete": {}}
    assert next(stream, None) is None
    assert outcome(awslambda, "stream-pieces", gate.path)[0] == b"firstsecond"  # the environment goes on


def test_functions_that_do_not_stream_answer_in_pieces_too(awslambda):
    create_function(awslambda, "stream-whole", {"app.py": "def handler(e, c):\n    print('seen')\n    return e\n"})
    body, complete = outcome(awslambda, "stream-whole", {"a": "b" * 200_000}, LogType="Tail")
    assert json.loads(body) == {"a": "b" * 200_000}
    assert b"seen" in base64.b64decode(complete["LogResult"])
    assert "ErrorCode" not in complete


def test_errors_come_in_invoke_complete(awslambda):
    streaming(awslambda, "stream-errors", "if (event.write) stream.write('part'); await gate('/_kiln/health');"
              " if (event.exit) process.exit(3); if (event.hang) await new Promise(() => setTimeout(() => {}, 1e6));"
              " throw new RangeError('boom');", Timeout=2)
    for part in (False, True):
        body, complete = outcome(awslambda, "stream-errors", {"write": part}, LogType="Tail")
        assert body == (b"part" if part else b"")
        assert complete["ErrorCode"] == ("RangeError" if part else "Unhandled")
        assert json.loads(complete["ErrorDetails"])["errorMessage"] == "boom"
        assert b"END RequestId" in base64.b64decode(complete["LogResult"])
    body, complete = outcome(awslambda, "stream-errors", {"write": True, "exit": True})
    assert (body, complete) == (b"part", {"ErrorCode": "Runtime.TruncatedResponse"})
    body, complete = outcome(awslambda, "stream-errors", {"exit": True})
    assert (body, complete["ErrorCode"]) == (b"", "Unhandled")
    assert json.loads(complete["ErrorDetails"])["errorType"] == "Runtime.ExitError"
    body, complete = outcome(awslambda, "stream-errors", {"write": True, "hang": True})
    assert (body, complete["ErrorCode"]) == (b"part", "Sandbox.Timedout")
    assert "timed out after 2.00 seconds" in json.loads(complete["ErrorDetails"])["errorMessage"]


def test_refusals_are_those_of_invoke(awslambda):
    create_function(awslambda, "stream-off", {"app.py": "def handler(e, c): return 1\n"})
    call = awslambda.invoke_with_response_stream
    assert refusal(call, FunctionName="stream-nobody")[:2] == (404, "ResourceNotFoundException")
    assert refusal(call, FunctionName="stream-off", Payload="{")[:2] == (400, "InvalidRequestContentException")
    assert call(FunctionName="stream-off", InvocationType="DryRun")["StatusCode"] == 204
    awslambda.put_function_concurrency(FunctionName="stream-off", ReservedConcurrentExecutions=0)
    assert refusal(call, FunctionName="stream-off")[:2] == (429, "TooManyRequestsException")


def test_invoke_takes_a_stream_as_a_whole(awslambda):
    streaming(awslambda, "stream-invoked", "stream.write('\"one '); if (event) throw new RangeError('boom'); stream.end('two\"');")
    payload, reply = invoke(awslambda, "stream-invoked", 0)
    assert payload == "one two"
    payload, reply = invoke(awslambda, "stream-invoked", 1)
    assert (payload["errorMessage"], reply["FunctionError"]) == ("boom", "Unhandled")


LARGE = ("const piece = Buffer.alloc(1 << 20, 'x');"
         " for (let i = 0; i < event; i++) stream.write(piece); stream.end();")


def test_large_streams_pass_and_end_at_200_mb(start_server):
    client = start_server(arguments=("--stream-bandwidth", "0")).client("lambda")
    streaming(client, "stream-large", LARGE, Timeout=60)
    assert len(outcome(client, "stream-large", 20)[0]) == 20 << 20
    body, complete = outcome(client, "stream-large", 201)
    assert len(body) == 200 << 20
    assert complete["ErrorCode"] == "Function.ResponseSizeTooLarge"
    assert "(209715200 bytes)" in json.loads(complete["ErrorDetails"])["errorMessage"]


def test_what_follows_the_first_6_mib_has_a_bandwidth(start_server):
    client = start_server(arguments=("--stream-bandwidth", str(2 << 20))).client("lambda")
    streaming(client, "stream-paced", LARGE, Timeout=60)
    outcome(client, "stream-paced", 1)  # warm
    began = time.monotonic()
    assert len(outcome(client, "stream-paced", 6)[0]) == 6 << 20
    uncapped = time.monotonic() - began
    began = time.monotonic()
    assert len(outcome(client, "stream-paced", 9)[0]) == 9 << 20
    assert 1.3 < time.monotonic() - began < 1.5 + 3 * uncapped + 1
    assert uncapped < 1.3


def open_url(url, path="", method="GET"):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=20)
    connection.request(method, parts.path.rstrip("/") + "/" + path, headers={"Host": parts.netloc})
    return connection.getresponse()


def test_a_streaming_url_sends_head_and_first_piece_at_once(awslambda):
    gate = Gate(awslambda, "gate-url")
    streaming(awslambda, "stream-url", "stream = awslambda.HttpResponseStream.from(stream, {statusCode: 201,"
              " headers: {'Content-Type': 'text/plain', 'X-A': 'b'}, cookies: ['c=1', 'd=2']});"
              " stream.write('first'); await gate(event.queryStringParameters.gate); stream.end('last');")
    url = make_url(awslambda, "stream-url", InvokeMode="RESPONSE_STREAM")
    reply = open_url(url, "?gate=" + urllib.parse.quote(gate.path))
    assert reply.status == 201
    assert reply.headers["X-A"] == "b"
    assert reply.headers["Content-Type"] == "text/plain"
    assert reply.headers["Transfer-Encoding"] == "chunked"
    assert reply.headers.get_all("Set-Cookie") == ["c=1", "d=2"]
    assert reply.read(5) == b"first"
    gate.open()
    assert reply.read() == b"last"


def test_a_streaming_url_without_prelude(awslambda):
    streaming(awslambda, "stream-raw", "const mode = event.rawPath.slice(1); if (mode === 'early') throw 1;"
              " stream.setContentType('text/css'); stream.write('p{'); if (mode === 'late') throw 1; stream.end('}');")
    url = make_url(awslambda, "stream-raw", InvokeMode="RESPONSE_STREAM")
    reply = open_url(url)
    assert (reply.status, reply.headers["Content-Type"], reply.read()) == (200, "text/css", b"p{}")
    reply = open_url(url, "early")
    assert (reply.status, reply.read()) == (502, b"Internal Server Error")
    reply = open_url(url, "late")
    with pytest.raises(http.client.IncompleteRead):
        reply.read()
    assert open_url(url, method="HEAD").status == 200


def test_a_bad_prelude_is_502(awslambda):
    streaming(awslambda, "stream-prelude", "stream.setContentType('application/vnd.awslambda.http-integration-response');"
              " stream.write(event.rawPath === '/none' ? 'no end' : '{\"statusCode\":7}' + '\\0'.repeat(8)); stream.end();")
    url = make_url(awslambda, "stream-prelude", InvokeMode="RESPONSE_STREAM")
    for path in ("none", "status"):
        reply = open_url(url, path)
        assert (reply.status, reply.read()) == (502, b"Internal Server Error")


def test_a_streaming_url_gives_what_does_not_stream_as_it_is(awslambda):
    create_function(awslambda, "stream-not", {"app.py": "def handler(e, c): return {'statusCode': 404, 'body': 'x'}\n"})
    reply = open_url(make_url(awslambda, "stream-not", InvokeMode="RESPONSE_STREAM"))
    assert (reply.status, json.load(reply)) == (200, {"statusCode": 404, "body": "x"})


def test_a_buffered_url_collects_a_stream(awslambda):
    streaming(awslambda, "stream-buffered", "stream = awslambda.HttpResponseStream.from(stream, {statusCode: 202,"
              " headers: {'X-A': 'b'}}); stream.write('one '); stream.end('two');")
    reply = send(make_url(awslambda, "stream-buffered"))
    assert (reply.status, reply.headers["X-A"], reply.data) == (202, "b", b"one two")
    assert reply.headers["Content-Length"] == "7"


def test_curl_sees_the_stream(awslambda, server):
    gate = Gate(awslambda, "gate-curl")
    streaming(awslambda, "stream-curl", "stream.write('first\\n'); await gate(event.rawQueryString); stream.end('last\\n');")
    name = url_id(make_url(awslambda, "stream-curl", InvokeMode="RESPONSE_STREAM"))
    curl = subprocess.Popen(["curl", "-sSN", f"http://{name}.lambda-url.us-east-1.localhost:{server.port}/?{gate.path}"],
                            stdout=subprocess.PIPE)
    assert curl.stdout.readline() == b"first\n"
    gate.open()
    assert curl.communicate(timeout=20)[0] == b"last\n"
    assert curl.returncode == 0


CUSTOM = r'''#!/usr/bin/python3 -S
import base64, json, os, socket
host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
while True:
    s = socket.create_connection((host, int(port)))
    f = s.makefile("rb")
    s.sendall(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n")
    fields = {}
    f.readline()
    while line := f.readline().strip():
        k, _, v = line.partition(b":")
        fields[k.lower()] = v.strip()
    event = json.loads(f.read(int(fields[b"content-length"])))
    s.sendall(b"POST /2018-06-01/runtime/invocation/" + fields[b"lambda-runtime-aws-request-id"] +
              b"/response HTTP/1.1\r\nHost: x\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n"
              b"Transfer-Encoding: chunked\r\nTrailer: Lambda-Runtime-Function-Error-Type\r\n\r\n")
    s.sendall(b"3\r\none\r\n3\r\ntwo\r\n")
    if event == "cut":
        s.close()
        continue
    trailers = b"" if event != "fail" else (b"Lambda-Runtime-Function-Error-Type: Custom.Trouble\r\n"
        b"Lambda-Runtime-Function-Error-Body: " + base64.b64encode(b'{"errorMessage":"half way"}') + b"\r\n")
    s.sendall(b"0\r\n" + trailers + b"\r\n")
    f.readline()
    s.close()
'''


def test_custom_runtimes_stream_with_trailers(awslambda):
    create_function(awslambda, "stream-custom", {"bootstrap": CUSTOM}, runtime="provided.al2023")
    assert outcome(awslambda, "stream-custom", "go") == (b"onetwo", {})
    body, complete = outcome(awslambda, "stream-custom", "fail")
    assert (body, json.loads(complete["ErrorDetails"])) == (b"onetwo", {"errorMessage": "half way"})
    assert complete["ErrorCode"] == "Custom.Trouble"
    body, complete = outcome(awslambda, "stream-custom", "cut")
    assert (body, complete) == (b"onetwo", {"ErrorCode": "Runtime.TruncatedResponse"})
    payload = awslambda.invoke(FunctionName="stream-custom", Payload='"fail"')
    assert (payload["FunctionError"], json.load(payload["Payload"])) == ("Unhandled", {"errorMessage": "half way"})


JAVASCRIPT = """
const { LambdaClient, InvokeWithResponseStreamCommand } = require(process.argv[1]);
(async () => {
  const client = new LambdaClient({ region: 'us-east-1' });
  const reply = await client.send(new InvokeWithResponseStreamCommand({ FunctionName: 'stream-js', Payload: '{"fail":true}' }));
  const seen = [];
  for await (const event of reply.EventStream) {
    if (event.PayloadChunk) seen.push(Buffer.from(event.PayloadChunk.Payload).toString());
    if (event.InvokeComplete) seen.push(event.InvokeComplete.ErrorCode);
  }
  console.log(JSON.stringify([reply.StatusCode, reply.ExecutedVersion, seen.join('|')]));
})();
"""


@pytest.mark.skipif(not NODE_SDK.exists(), reason="no JavaScript SDK in .cache/node-sdk: tools/fetch_runtimes.sh")
def test_the_javascript_sdk_reads_the_stream(server, awslambda):
    streaming(awslambda, "stream-js", "stream.write('part'); await gate('/_kiln/health'); throw new Error('boom');")
    node = sorted((ROOT / ".cache/node").glob("*/bin/node"))[-1]
    out = subprocess.run([str(node), "-e", JAVASCRIPT, str(NODE_SDK)], env=server.environment(), check=True, timeout=60,
                         stdout=subprocess.PIPE).stdout
    assert json.loads(out) == [200, "$LATEST", "part|Error"]

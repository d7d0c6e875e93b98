# SPDX-License-Identifier: Apache-2.0
"""The Node.js runtime client, against the behaviour of AWS's nodejs runtimes."""
import base64
import json
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILDS = sorted(ROOT.glob(".cache/node/*/bin/node"))
STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


@pytest.fixture(params=BUILDS or [None], ids=lambda path: path and "node" + path.parts[-3])
def node(start, request):
    if request.param is None:
        pytest.skip("no Node.js build in .cache/node: tools/fetch_runtimes.sh")

    def begin(code, handler="index.handler", files=None, runtime="nodejs22.x", **variables):
        command = [str(request.param), str(ROOT / "runtimes/nodejs/bootstrap.cjs")]
        files = {"index.js": code, **(files or {})} if code is not None else files
        variables = {"AWS_EXECUTION_ENV": "AWS_Lambda_" + runtime, **variables}
        return start(command, files, {"_HANDLER": handler, **variables})

    return begin


@pytest.mark.parametrize(
    "code, expected",
    [
        ("exports.handler = async (e) => ({got: e, 'ü': '✓'})", {"got": 1, "ü": "✓"}),
        ("exports.handler = (e) => Promise.resolve(e)", 1),
        ("exports.handler = (e, c, callback) => { setTimeout(() => callback(null, 'late'), 5) }", "late"),
        ("exports.handler = (e, c, callback) => { callback(null, 'a'); callback(null, 'b') }", "a"),
        ("exports.handler = (e, c) => { c.succeed('s') }", "s"),
        ("exports.handler = (e, c) => { c.done(null, 'd') }", "d"),
        ("exports.handler = (e) => 'ignored'", None),
        ("exports.handler = async () => undefined", None),
        ("exports.handler = (e, c, cb) => { c.callbackWaitsForEmptyEventLoop = false;"
         " setTimeout(() => {}, 60000); cb(null, 'now') }", "now"),
        ("let done = false; exports.handler = (e, c, cb) => {"
         " setTimeout(() => { done = true }, 20); cb(null, {toJSON: () => done}) }", True),
    ],
)  # fmt: skip
def test_ways_to_answer(node, code, expected):
    runtime = node(code)
    assert runtime.invoke(1).json() == expected
    assert runtime.invoke(1).json() == expected


@pytest.mark.parametrize(
    "files, handler",
    [
        ({"index.mjs": "export const handler = async () => 'ok'"}, "index.handler"),
        ({"package.json": '{"type":"module"}', "index.js": "export const handler = async () => 'ok'"},
         "index.handler"),
        ({"index.cjs": "exports.handler = async () => 'ok'"}, "index.handler"),
        ({"src/app/main.js": "exports.handler = async () => 'ok'"}, "src/app/main.handler"),
        ({"index.js": "exports.api = {v1: {go: async () => 'ok'}}"}, "index.api.v1.go"),
        ({"index.mjs": "import {x} from 'dep'; export const handler = async () => x",
          "layer/node_modules/dep/package.json": '{"type":"module","exports":"./main.js"}',
          "layer/node_modules/dep/main.js": "export const x = 'ok'"}, "index.handler"),
        ({"index.js": "const {x} = require('dep'); exports.handler = async () => x",
          "layer/node_modules/dep/index.js": "exports.x = 'ok'"}, "index.handler"),
    ],
)  # fmt: skip
def test_modules(node, tmp_path, files, handler):
    runtime = node(None, handler, files, NODE_PATH=str(tmp_path / "layer/node_modules"))
    assert runtime.invoke().json() == "ok"


def test_context_is_complete(node):
    runtime = node(
        "exports.handler = async (e, c) => { const left = c.getRemainingTimeInMillis();"
        " return [c.functionName, c.functionVersion, c.invokedFunctionArn, c.memoryLimitInMB,"
        " c.awsRequestId, c.logGroupName, c.logStreamName, c.clientContext, c.identity, c.tenantId,"
        " c.callbackWaitsForEmptyEventLoop, left > 0 && left <= 3000] }"
    )
    answer = runtime.invoke({}, Client_Context='{"custom":{"k":"ü"}}', Aws_Tenant_Id="blue")
    assert answer.json() == [
        "hello", "$LATEST", "arn:aws:lambda:us-east-1:000000000000:function:hello", "128",
        "request-1", "/aws/lambda/hello", "2026/01/31/[$LATEST]0", {"custom": {"k": "ü"}}, None,
        "blue", True, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "code",
    [
        "exports.handler = async () => { throw new TypeError('bad\\nvalue') }",
        "exports.handler = () => { throw new TypeError('bad\\nvalue') }",
        "exports.handler = (e, c, callback) => callback(new TypeError('bad\\nvalue'))",
        "exports.handler = (e, c) => c.fail(new TypeError('bad\\nvalue'))",
    ],
)
def test_errors_are_reported_and_logged_as_one_event(node, code):
    runtime = node(code)
    answer = runtime.invoke()
    error = answer.json()
    assert answer.kind == "error"
    assert answer.headers["lambda-runtime-function-error-type"] == "TypeError"
    assert (error["errorType"], error["errorMessage"]) == ("TypeError", "bad\nvalue")
    assert error["trace"][:2] == ["TypeError: bad", "value"]
    (event,) = runtime.frames()
    assert re.match(STAMP + "\trequest-1\tERROR\tInvoke Error \t{", event)
    logged = json.loads(event.split("\t", 4)[4])
    assert (logged["errorType"], logged["errorMessage"]) == ("TypeError", "bad\nvalue")
    assert logged["stack"] == error["trace"]
    assert runtime.invoke().kind == "error"  # it lives on


def test_errors_that_are_no_errors(node):
    runtime = node("exports.handler = (e, c, callback) => callback('text')")
    assert runtime.invoke().json() == {"errorType": "string", "errorMessage": "text", "trace": []}


@pytest.mark.parametrize(
    "files, handler, error_type, message",
    [
        ({"index.js": "require('nope')"}, "index.handler", "Runtime.ImportModuleError",
         "Error: Cannot find module 'nope'\nRequire stack:"),
        ({"a.js": ""}, "missing.handler", "Runtime.ImportModuleError",
         "Error: Cannot find module 'missing'\nRequire stack:"),
        ({"index.js": "exports.x = 1"}, "index.handler", "Runtime.HandlerNotFound",
         "index.handler is undefined or not exported"),
        ({"index.js": "exports.handler = 1"}, "index.handler", "Runtime.HandlerNotFound",
         "index.handler is not a function"),
        ({"index.js": ""}, "nodot", "Runtime.MalformedHandlerName", "Bad handler"),
        ({"index.js": ""}, "../index.handler", "Runtime.MalformedHandlerName",
         "'../index.handler' is not a valid handler name."),
        ({"index.js": "exports.handler = ("}, "index.handler", "Runtime.UserCodeSyntaxError",
         "SyntaxError: Unexpected"),
        ({"index.mjs": "export const handler = ("}, "index.handler", "Runtime.UserCodeSyntaxError",
         "SyntaxError: Unexpected"),
        ({"index.js": "throw new RangeError('at start')"}, "index.handler", "RangeError", "at start"),
    ],
)  # fmt: skip
def test_init_errors(node, files, handler, error_type, message):
    runtime = node(None, handler, files)
    answer = runtime.answer()
    assert answer.kind == "init"
    assert answer.headers["lambda-runtime-function-error-type"] == error_type
    error = answer.json()
    assert error["errorType"] == error_type
    assert error["errorMessage"].startswith(message)
    assert runtime.wait() == 129
    assert "\tundefined\tERROR\tUncaught Exception \t{" in runtime.frames()[0]


def test_uncaught_exceptions_end_the_process(node):
    runtime = node("exports.handler = () => { setTimeout(() => { throw new Error('later') }, 1) }")
    error = runtime.invoke().json()
    assert (error["errorType"], error["errorMessage"]) == ("Error", "later")
    assert runtime.wait() == 129


def test_unhandled_rejections_end_the_process(node):
    runtime = node(
        "exports.handler = () => new Promise(() => { Promise.reject(new Error('lost'));"
        " setTimeout(() => {}, 1000) })"
    )
    error = runtime.invoke().json()
    assert error["errorType"] == "Runtime.UnhandledPromiseRejection"
    assert error["errorMessage"] == "Error: lost"
    assert error["trace"][0] == "Runtime.UnhandledPromiseRejection: Error: lost"
    assert runtime.wait() == 128
    assert "\tERROR\tUnhandled Promise Rejection \t{" in runtime.frames()[0]


def test_async_handlers_that_never_end_their_promise(node):
    runtime = node("exports.handler = async () => new Promise(() => {})")
    assert runtime.invoke().json()["errorType"] == "Runtime.NodeJsExit"
    assert runtime.invoke().json()["errorType"] == "Runtime.NodeJsExit"


def test_node_24_takes_no_callbacks(node):
    runtime = node("exports.handler = (e, c, callback) => callback()", runtime="nodejs24.x")
    answer = runtime.answer()
    assert answer.kind == "init"
    assert answer.json()["errorType"] == "Runtime.CallbackHandlerDeprecated"


def test_node_24_takes_plain_results(node):
    runtime = node("exports.handler = (e, c) => ['plain', c.succeed === undefined]", runtime="nodejs24.x")
    assert runtime.invoke().json() == ["plain", True]


def test_console_writes_text_events(node):
    runtime = node(
        "console.log('start');"
        "exports.handler = async () => { console.log('a\\nb %s', 1); console.error({k: 1});"
        " console.debug('d'); process.stdout.write('raw\\n') }"
    )
    runtime.invoke()
    events = runtime.frames()
    assert re.fullmatch(STAMP + "\tundefined\tINFO\tstart\n", events[0])
    assert re.fullmatch(STAMP + "\trequest-1\tINFO\ta\nb 1\n", events[1])
    assert re.fullmatch(STAMP + "\trequest-1\tERROR\t{ k: 1 }\n", events[2])
    assert re.fullmatch(STAMP + "\trequest-1\tDEBUG\td\n", events[3])
    assert runtime.output == b"raw\n"


def test_console_writes_json_events(node):
    runtime = node(
        "exports.handler = async () => { console.info('no'); console.warn({k: 1});"
        " console.error('failed:', new RangeError('r')) }",
        AWS_LAMBDA_LOG_FORMAT="JSON",
        AWS_LAMBDA_LOG_LEVEL="warn",
    )
    runtime.invoke()
    first, second = map(json.loads, runtime.frames())
    assert re.fullmatch(STAMP, first.pop("timestamp"))
    assert first == {"level": "WARN", "requestId": "request-1", "message": {"k": 1}}
    assert (second["errorType"], second["errorMessage"]) == ("RangeError", "r")
    assert second["stackTrace"][0] == "RangeError: r"


def test_streamed_response(node):
    runtime = node(
        "exports.handler = awslambda.streamifyResponse(async (event, stream) => {"
        " stream = awslambda.HttpResponseStream.from(stream, {statusCode: 201});"
        " stream.write('one '); stream.write('two'); stream.end() })"
    )
    answer = runtime.invoke()
    assert answer.body == b'{"statusCode":201}' + bytes(8) + b"one two"
    assert answer.headers["lambda-runtime-function-response-mode"] == "streaming"
    assert answer.headers["content-type"] == "application/vnd.awslambda.http-integration-response"


def test_streamed_pieces_leave_before_the_handler_ends(node, tmp_path):
    go = tmp_path / "go"
    runtime = node(
        "const fs = require('fs'); exports.handler = awslambda.streamifyResponse(async (event, stream) => {"
        " stream.setContentType('text/plain'); stream.write('first');"
        " while (!fs.existsSync(event)) await new Promise((r) => setTimeout(r, 1));"
        " stream.end('last') })"
    )
    runtime.invoke(str(go), wait=False)
    assert runtime.pieces.get(timeout=10) == b"first"
    go.touch()
    answer = runtime.answer()
    assert answer.body == b"firstlast"
    assert answer.headers["content-type"] == "text/plain"
    assert "lambda-runtime-function-error-type" not in answer.headers


@pytest.mark.parametrize("trouble, kind, ends", [
    ("throw new RangeError('half way')", "RangeError", False),
    ("setImmediate(() => { throw new RangeError('loose') }); await new Promise(() => {})", "RangeError", True),
    ("return", "string", False),  # without end()
])
def test_an_error_after_the_first_piece_comes_in_trailers(node, trouble, kind, ends):
    runtime = node(
        "exports.handler = awslambda.streamifyResponse(async (event, stream) => {"
        " if (event) return stream.end('fine'); stream.write('part'); " + trouble + " })"
    )
    answer = runtime.invoke(0)
    assert (answer.kind, answer.body) == ("response", b"part")
    assert answer.headers["lambda-runtime-function-error-type"] == kind
    error = json.loads(base64.b64decode(answer.headers["lambda-runtime-function-error-body"]))
    assert error["errorType"] == kind
    if ends:
        assert runtime.wait() == 129
    else:
        assert runtime.invoke(1).body == b"fine"


def test_an_error_before_the_first_piece_is_an_ordinary_one(node):
    runtime = node("exports.handler = awslambda.streamifyResponse(async () => { throw new RangeError('early') })")
    answer = runtime.invoke()
    assert (answer.kind, answer.json()["errorMessage"]) == ("error", "early")


def test_trace_id_large_payloads_and_private_variables(node):
    runtime = node(
        "exports.handler = async (e) => e || [process.env._X_AMZN_TRACE_ID,"
        " Object.keys(process.env).filter(k => k.startsWith('_')).sort()]"
    )
    assert runtime.invoke(None, Trace_Id="Root=1-2").json() == [
        "Root=1-2", ["_HANDLER", "_X_AMZN_TRACE_ID"]
    ]  # fmt: skip
    text = "x" * 5_000_000
    assert runtime.invoke(text).json() == text
    assert runtime.invoke(None).json()[0] is None


def test_response_that_is_no_json(node):
    runtime = node("exports.handler = async () => { const a = {}; a.a = a; return a }")
    error = runtime.invoke().json()
    assert (error["errorType"], error["errorMessage"]) == ("Error", "Unable to stringify response body")

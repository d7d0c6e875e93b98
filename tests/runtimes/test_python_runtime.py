# SPDX-License-Identifier: Apache-2.0
"""The Python runtime client, against the behaviour of AWS's python runtimes."""
import json
import pathlib
import re
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def python(start):
    def begin(code, handler="index.handler", files=None, interpreter=sys.executable, **variables):
        command = [interpreter, "-s", "-S", str(ROOT / "runtimes/python/bootstrap.py")]
        files = {"index.py": code, **(files or {})}
        variables = {"AWS_EXECUTION_ENV": "AWS_Lambda_python3.12", **variables}
        return start(command, files, {"_HANDLER": handler, **variables})

    return begin


def test_returns_what_the_handler_returns(python):
    runtime = python("def handler(event, context):\n    return {'got': event, 'ü': '✓'}\n")
    answer = runtime.invoke({"a": [1, 2.5, None]})
    assert answer.kind == "response"
    assert answer.body.decode() == '{"got": {"a": [1, 2.5, null]}, "ü": "✓"}'
    assert answer.headers["content-type"] == "application/json"
    assert runtime.invoke(7).body == b'{"got": 7, "\xc3\xbc": "\xe2\x9c\x93"}'


def test_older_runtimes_escape_unicode(python):
    runtime = python(
        "def handler(e, c):\n    return 'ü'\n", AWS_EXECUTION_ENV="AWS_Lambda_python3.11"
    )
    assert runtime.invoke().body == b'"\\u00fc"'


def test_bytes_and_decimals(python):
    runtime = python(
        "from decimal import Decimal\n"
        "def handler(e, c):\n"
        "    return b'raw' if e else {'d': Decimal('1.10'), 'l': [Decimal(3)]}\n"
    )
    answer = runtime.invoke(1)
    assert (answer.body, answer.headers["content-type"]) == (b"raw", "application/unknown")
    assert runtime.invoke(0).body == b'{"d": 1.10, "l": [3]}'


def test_context_is_complete(python):
    runtime = python(
        "def handler(event, c):\n"
        "    left = c.get_remaining_time_in_millis()\n"
        "    return [c.function_name, c.function_version, c.invoked_function_arn,\n"
        "      c.memory_limit_in_mb, c.aws_request_id, c.log_group_name, c.log_stream_name,\n"
        "      c.client_context.client.installation_id, c.client_context.custom,\n"
        "      c.client_context.env, c.identity.cognito_identity_id, c.tenant_id,\n"
        "      0 < left <= 3000]\n"
    )
    answer = runtime.invoke(
        {},
        Client_Context='{"client":{"installation_id":"i"},"custom":{"k":"v"},"env":{"e":1}}',
        Cognito_Identity='{"cognitoIdentityId":"id","cognitoIdentityPoolId":"pool"}',
        Aws_Tenant_Id="blue",
    )
    assert answer.json() == [
        "hello", "$LATEST", "arn:aws:lambda:us-east-1:000000000000:function:hello", "128",
        "request-1", "/aws/lambda/hello", "2026/01/31/[$LATEST]0", "i", {"k": "v"}, {"e": 1}, "id",
        "blue", True,
    ]  # fmt: skip


def test_context_without_client_context(python):
    runtime = python(
        "def handler(e, c):\n"
        "    c.log('said')\n"
        "    return [c.client_context, c.identity.cognito_identity_id, c.tenant_id]\n"
    )
    assert runtime.invoke().json() == [None, None, None]
    assert runtime.frames() == ["said"]


def test_handler_exception_is_reported_and_logged_as_one_event(python):
    runtime = python("def handler(e, c):\n    raise ValueError('bad\\nvalue')\n")
    answer = runtime.invoke()
    error = answer.json()
    assert answer.kind == "error"
    assert answer.headers["lambda-runtime-function-error-type"] == "ValueError"
    assert error["errorMessage"] == "bad\nvalue"
    assert error["errorType"] == "ValueError"
    assert error["requestId"] == "request-1"
    assert len(error["stackTrace"]) == 1
    assert re.fullmatch(
        r'  File ".*/index.py", line 2, in handler\n    raise ValueError\(.*\)\n',
        error["stackTrace"][0],
    )
    (event,) = runtime.frames()
    assert re.fullmatch(
        "\\[ERROR\\] ValueError: bad\nvalue\nTraceback \\(most recent call last\\):\n"
        "\u00a0\u00a0File \".*/index.py\", line 2, in handler\n\u00a0{4}raise ValueError\\(.*\\)",
        event,
    ), event
    assert runtime.invoke().kind == "error"  # it lives on


@pytest.mark.parametrize(
    "code, handler, error_type, message",
    [
        ("import nope\n", "index.handler", "Runtime.ImportModuleError",
         "Unable to import module 'index': No module named 'nope'"),
        ("", "missing.handler", "Runtime.ImportModuleError",
         "Unable to import module 'missing': No module named 'missing'"),
        ("x = 1\n", "index.handler", "Runtime.HandlerNotFound",
         "Handler 'handler' missing on module 'index'"),
        ("", "nodot", "Runtime.MalformedHandlerName",
         "Bad handler 'nodot': not enough values to unpack (expected 2, got 1)"),
        ("", "sys.exit", "Runtime.BuiltInModuleConflict",
         "Cannot use built-in module sys as a handler module"),
        ("raise KeyError('k')\n", "index.handler", "KeyError", "'k'"),
    ],
)  # fmt: skip
def test_init_errors(python, code, handler, error_type, message):
    runtime = python(code, handler=handler)
    answer = runtime.answer()
    assert answer.kind == "init"
    assert answer.headers["lambda-runtime-function-error-type"] == error_type
    error = answer.json()
    assert (error["errorType"], error["errorMessage"]) == (error_type, message)
    assert error["requestId"] == ""
    assert runtime.wait() == 1
    assert runtime.frames()[0].startswith("[ERROR] %s: %s\n" % (error_type, message))


def test_syntax_error(python):
    runtime = python("def handler(e, c:\n    pass\n")
    error = runtime.answer().json()
    assert error["errorType"] == "Runtime.UserCodeSyntaxError"
    assert error["errorMessage"].startswith("Syntax error in module 'index': ")
    assert 'index.py" Line 1' in error["stackTrace"][0]


def test_response_that_is_no_json(python):
    runtime = python("def handler(e, c):\n    return {1, 2}\n")
    error = runtime.invoke().json()
    assert error["errorType"] == "Runtime.MarshalError"
    assert (
        error["errorMessage"]
        == "Unable to marshal response: Object of type set is not JSON serializable"
    )
    assert error["stackTrace"] == []


def test_logging_and_print_keep_their_order(python):
    runtime = python(
        "import logging, sys\n"
        "logging.getLogger().setLevel('INFO')\n"
        "def handler(e, c):\n"
        "    print('one')\n"
        "    logging.info('two\\nlines')\n"
        "    print('three', 'four', file=sys.stderr)\n"
        "    logging.debug('no')\n"
        "    print('five', end='')\n"
        "    return None\n"
    )
    assert runtime.invoke().body == b"null"
    events = runtime.frames()
    assert events[0] == "one\n"
    assert re.fullmatch(
        r"\[INFO\]\t\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\trequest-1\ttwo\nlines\n", events[1]
    )
    assert events[2:] == ["three four\n", "five"]
    assert runtime.output == b""


def test_json_logs(python):
    runtime = python(
        "import logging\n"
        "def handler(e, c):\n"
        "    logging.info('no')\n"
        "    logging.warning('yes %s', 1, extra={'k': 'v'})\n"
        "    raise ValueError('x')\n",
        AWS_LAMBDA_LOG_FORMAT="JSON",
        AWS_LAMBDA_LOG_LEVEL="WARN",
    )
    runtime.invoke()
    first, second = map(json.loads, runtime.frames())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first.pop("timestamp"))
    assert first == {
        "level": "WARNING", "message": "yes 1", "logger": "root", "requestId": "request-1", "k": "v"
    }  # fmt: skip
    assert (second["level"], second["errorType"], second["errorMessage"]) == (
        "ERROR", "ValueError", "x"
    )  # fmt: skip


def test_exit_ends_the_process(python):
    runtime = python("def handler(e, c):\n    print('bye')\n    exit(3)\n")
    assert runtime.invoke() is None
    assert runtime.wait() == 3
    assert runtime.frames() == ["bye\n"]


def test_trace_id_follows_the_invocation(python):
    runtime = python("import os\ndef handler(e, c):\n    return os.environ.get('_X_AMZN_TRACE_ID')\n")
    assert runtime.invoke(Trace_Id="Root=1-2").json() == "Root=1-2"
    assert runtime.invoke().json() is None


def test_sees_its_code_the_layers_and_nothing_of_the_host(python, tmp_path):
    (tmp_path / "layer/python").mkdir(parents=True)
    (tmp_path / "layer/python/from_layer.py").write_text("x = 1\n")
    runtime = python(
        "import os, sys, from_layer\n"
        "def handler(e, c):\n"
        "    return [sys.path, sorted(k for k in os.environ if k.startswith('_')), sys.argv[1:]]\n",
        KILN_OPT_DIR=str(tmp_path / "layer"),
    )
    path, private, arguments = runtime.invoke().json()
    assert path[0] == str(tmp_path)
    assert path[2] == str(tmp_path / "layer/python")
    assert not [p for p in path if "site-packages" in p and not p.startswith(str(tmp_path))]
    assert not [p for p in path if "dist-packages" in p or p.endswith("runtimes/python")]
    assert private == ["_HANDLER"]
    assert arguments == []


def test_large_payloads_both_ways(python):
    runtime = python("def handler(e, c):\n    return e\n")
    text = "x" * 5_000_000
    assert runtime.invoke(text).json() == text


def test_nested_handler_and_children_get_no_descriptors(python):
    runtime = python(
        "",
        handler="pkg/deep.handler",
        files={
            "pkg/deep.py": "import subprocess\n"
            "def handler(e, c):\n"
            "    return subprocess.check_output(['ls', '/proc/self/fd']).decode().split()\n"
        },
    )
    assert runtime.invoke().json() == ["0", "1", "2", "3"]

# SPDX-License-Identifier: Apache-2.0
"""Functions that go wrong in every way, and changes while they run, through boto3."""

import base64
import threading
import time

import pytest

from conftest import create_function, invoke, make_zip

NODE = {"runtime": "nodejs22.x", "handler": "index.handler"}
FAST = {"Delay": 0.05, "MaxAttempts": 200}


def outcome(client, name, files, **settings):
    """(payload, FunctionError or None, log tail) of the first invocation of a new function."""
    create_function(client, name, files, **settings)
    payload, reply = invoke(client, name, LogType="Tail")
    return payload, reply.get("FunctionError"), base64.b64decode(reply["LogResult"]).decode()


def in_background(work):
    """Starts `work`; answers a function that waits for its result."""
    results = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()

    def finish():
        thread.join()
        return results[0]
    return finish


@pytest.mark.parametrize("name,source,error_type,message", [
    ("killed", "process.kill(process.pid, 'SIGKILL'); await new Promise(() => {})", "Runtime.ExitError",
     "RequestId: {} Error: Runtime exited with error: signal: killed"),
    ("exit0", "process.exit(0)", "Runtime.ExitError", "RequestId: {} Error: Runtime exited without providing a reason"),
    ("exit7", "process.exit(7)", "Runtime.ExitError", "RequestId: {} Error: Runtime exited with error: exit status 7"),
    ("rejection", "Promise.reject(new Error('lost')); await new Promise(r => setTimeout(r, 2000))",
     "Runtime.UnhandledPromiseRejection", "Error: lost"),
    ("text", "throw 'text'", "string", "text"),
    ("circle", "const a = {}; a.a = a; return a", "Error", "Unable to stringify response body"),
])
def test_node_functions_that_fail(awslambda, name, source, error_type, message):
    source = f"exports.handler = async (event, context) => {{ {source} }}"
    payload, error, log = outcome(awslambda, f"fails-{name}", {"index.js": source}, **NODE)
    request_id = log[log.index("START RequestId: ") + 17:][:36]
    assert (error, payload["errorType"], payload["errorMessage"]) == ("Unhandled", error_type, message.format(request_id))


@pytest.mark.parametrize("name,files,settings,error_type,message", [
    ("syntax", {"index.js": "exports.handler = {"}, NODE, "Runtime.UserCodeSyntaxError",
     "SyntaxError: Unexpected end of input"),
    ("unexported", {"index.js": "exports.other = 1"}, NODE, "Runtime.HandlerNotFound",
     "index.handler is undefined or not exported"),
    ("set", {"app.py": "def handler(e, c):\n    return {1}\n"}, {}, "Runtime.MarshalError",
     "Unable to marshal response: Object of type set is not JSON serializable"),
    ("name", {"app.py": "x = 1"}, {"handler": "app"}, "Runtime.MalformedHandlerName",
     "Bad handler 'app': not enough values to unpack (expected 2, got 1)"),
    ("import", {"app.py": "raise RuntimeError('at import')"}, {}, "RuntimeError", "at import"),
])
def test_functions_that_can_not_start(awslambda, name, files, settings, error_type, message):
    payload, error, log = outcome(awslambda, f"start-{name}", files, **settings)
    assert (error, payload["errorType"], payload["errorMessage"]) == ("Unhandled", error_type, message)
    assert "REPORT RequestId: " in log


def test_a_custom_runtime_without_bootstrap(awslambda):
    payload, error, log = outcome(awslambda, "no-bootstrap", {"x": ""}, runtime="provided.al2023", handler="x")
    assert (error, payload["errorType"]) == ("Unhandled", "Runtime.InvalidEntrypoint")
    assert payload["errorMessage"].endswith(
        " Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")
    assert "INIT_REPORT Init Duration: " in log


def test_a_promise_that_never_settles_ends_with_null_as_the_event_loop_is_empty(awslambda):
    assert outcome(awslambda, "fails-never", {"index.js": "exports.handler = () => new Promise(() => {})"}, **NODE)[:2] == (
        None, None)


def test_a_failed_invocation_leaves_the_next_one_whole(awslambda):
    source = "import os\ndef handler(e, c):\n    os._exit(1) if e.get('die') else None\n    return 'alive'\n"
    create_function(awslambda, "fails-once", {"app.py": source})
    assert [invoke(awslambda, "fails-once", {"die": n % 2 == 0})[0] == "alive" for n in range(4)] == [False, True] * 2


def test_sixteen_at_once_have_an_environment_each(server, awslambda):
    source = "import time\ndef handler(e, c):\n    time.sleep(0.2)\n    return c.log_stream_name\n"
    create_function(awslambda, "many-at-once", {"app.py": source})
    client = server.client("lambda", max_pool_connections=16)
    waiting = [in_background(lambda: invoke(client, "many-at-once")[0]) for _ in range(16)]
    assert len({finish() for finish in waiting}) == 16


def test_code_and_function_may_change_under_a_running_invocation(awslambda):
    slow = {"app.py": "import time\ndef handler(e, c):\n    time.sleep(0.3)\n    return 'old'\n"}
    create_function(awslambda, "change-under", slow)
    running = in_background(lambda: invoke(awslambda, "change-under")[0])
    time.sleep(0.1)
    awslambda.update_function_code(FunctionName="change-under",
                                   ZipFile=make_zip({"app.py": "def handler(e, c):\n    return 'new'\n"}))
    awslambda.get_waiter("function_updated_v2").wait(FunctionName="change-under", WaiterConfig=FAST)
    assert invoke(awslambda, "change-under")[0] == "new"
    assert running() == "old"
    create_function(awslambda, "delete-under", slow)
    running = in_background(lambda: invoke(awslambda, "delete-under")[0])
    time.sleep(0.1)
    awslambda.delete_function(FunctionName="delete-under")
    assert running() == "old"

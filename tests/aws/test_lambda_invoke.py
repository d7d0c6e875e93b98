# SPDX-License-Identifier: Apache-2.0
"""Synchronous invocation, seen through boto3."""

import base64
import json
import re

import botocore.exceptions
import pytest

from conftest import create_function, invoke

ECHO = {"app.py": "def handler(event, context):\n    return event\n"}


def failing(name, awslambda, source, **settings):
    create_function(awslambda, name, {"app.py": source}, **settings)
    payload, reply = invoke(awslambda, name)
    assert reply["StatusCode"] == 200
    assert reply["FunctionError"] == "Unhandled"
    return payload


def test_event_comes_back(awslambda):
    create_function(awslambda, "echo", ECHO)
    payload, reply = invoke(awslambda, "echo", {"name": "Ravi", "n": [1, 2.5, None, True], "é": "ü"})
    assert payload == {"name": "Ravi", "n": [1, 2.5, None, True], "é": "ü"}
    assert reply["StatusCode"] == 200
    assert reply["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in reply


def test_dry_run_answers_204(awslambda):
    create_function(awslambda, "dry", ECHO)
    assert awslambda.invoke(FunctionName="dry", InvocationType="DryRun")["StatusCode"] == 204


def test_log_tail_has_start_output_end_and_report(awslambda):
    create_function(awslambda, "tail", {"app.py": "def handler(e, c):\n    print('seen')\n"})
    _, reply = invoke(awslambda, "tail", LogType="Tail")
    log = base64.b64decode(reply["LogResult"]).decode()
    request_id = reply["ResponseMetadata"]["RequestId"]
    assert f"START RequestId: {request_id} Version: $LATEST\n" in log
    assert "seen\n" in log
    assert f"END RequestId: {request_id}\n" in log
    assert re.search(rf"REPORT RequestId: {request_id}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\t"
                     r"Memory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms\t\n", log)


def test_environment_is_reused_when_warm(awslambda):
    source = "n = 0\ndef handler(e, c):\n    global n\n    n += 1\n    return n\n"
    create_function(awslambda, "warm", {"app.py": source})
    assert [invoke(awslambda, "warm")[0] for _ in range(3)] == [1, 2, 3]


def test_context_object_is_complete(awslambda):
    source = """
def handler(event, context):
    return {"name": context.function_name, "version": context.function_version, "arn": context.invoked_function_arn,
            "memory": context.memory_limit_in_mb, "id": context.aws_request_id, "group": context.log_group_name,
            "stream": context.log_stream_name, "left": context.get_remaining_time_in_millis(),
            "custom": context.client_context.custom, "app": context.client_context.client.app_title}
"""
    create_function(awslambda, "context", {"app.py": source}, Timeout=7, MemorySize=256)
    sent = base64.b64encode(json.dumps({"custom": {"a": "b"}, "client": {"app_title": "shop"}}).encode()).decode()
    payload, reply = invoke(awslambda, "context", ClientContext=sent)
    assert payload["name"] == "context"
    assert payload["version"] == "$LATEST"
    assert payload["arn"] == "arn:aws:lambda:us-east-1:000000000000:function:context"
    assert payload["memory"] == "256"
    assert payload["id"] == reply["ResponseMetadata"]["RequestId"]
    assert payload["group"] == "/aws/lambda/context"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", payload["stream"])
    assert 5000 < payload["left"] <= 7000
    assert payload["custom"] == {"a": "b"}
    assert payload["app"] == "shop"


def test_exception_is_a_function_error_with_type_and_stack(awslambda):
    payload = failing("raises", awslambda, "def handler(e, c):\n    raise ValueError('boom')\n")
    assert payload["errorType"] == "ValueError"
    assert payload["errorMessage"] == "boom"
    assert "line 2, in handler" in payload["stackTrace"][-1]


def test_missing_module_is_an_import_module_error(awslambda):
    payload = failing("imports", awslambda, "import nothing_of_that_name\n")
    assert payload["errorType"] == "Runtime.ImportModuleError"
    assert payload["errorMessage"] == "Unable to import module 'app': No module named 'nothing_of_that_name'"


def test_missing_handler_is_handler_not_found(awslambda):
    payload = failing("nohandler", awslambda, "x = 1\n")
    assert payload["errorType"] == "Runtime.HandlerNotFound"
    assert payload["errorMessage"] == "Handler 'handler' missing on module 'app'"


def test_syntax_error_in_code_is_user_code_syntax_error(awslambda):
    payload = failing("syntax", awslambda, "def handler(:\n")
    assert payload["errorType"] == "Runtime.UserCodeSyntaxError"
    assert payload["errorMessage"].startswith("Syntax error in module 'app': ")


def test_timeout_ends_the_invocation_with_a_fresh_environment_after_it(awslambda):
    source = "import time\ndef handler(e, c):\n    time.sleep(e.get('s', 0))\n    return 'ok'\n"
    create_function(awslambda, "sleeper", {"app.py": source}, Timeout=1)
    payload, reply = invoke(awslambda, "sleeper", {"s": 30}, LogType="Tail")
    assert reply["FunctionError"] == "Unhandled"
    request_id = reply["ResponseMetadata"]["RequestId"]
    assert payload == {"errorType": "Sandbox.Timedout",
                       "errorMessage": f"RequestId: {request_id} Error: Task timed out after 1.00 seconds"}
    assert "Task timed out after 1.00 seconds" in base64.b64decode(reply["LogResult"]).decode()
    assert invoke(awslambda, "sleeper")[0] == "ok"


def test_runtime_that_exits_is_an_exit_error(awslambda):
    payload = failing("exits", awslambda, "import os\ndef handler(e, c):\n    os._exit(3)\n")
    assert payload["errorType"] == "Runtime.ExitError"
    assert payload["errorMessage"].endswith("Error: Runtime exited with error: exit status 3")


def test_payload_that_is_not_json_is_refused(awslambda):
    create_function(awslambda, "strict", ECHO)
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        awslambda.invoke(FunctionName="strict", Payload=b"{'a': 1}")
    assert caught.value.response["Error"]["Code"] == "InvalidRequestContentException"
    assert caught.value.response["Error"]["Message"].startswith("Could not parse request body into json: ")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_payloads_near_six_megabytes_pass_both_ways_and_larger_ones_do_not(awslambda):
    source = "def handler(e, c):\n    return 'x' * e['n'] if 'n' in e else len(e['text'])\n"
    create_function(awslambda, "large", {"app.py": source}, Timeout=30)
    assert invoke(awslambda, "large", {"text": "y" * 6_000_000})[0] == 6_000_000
    assert len(invoke(awslambda, "large", {"n": 6_000_000})[0]) == 6_000_000
    payload, reply = invoke(awslambda, "large", {"n": 6_291_600})
    assert reply["FunctionError"] == "Unhandled"
    assert payload["errorType"] == "Function.ResponseSizeTooLarge"
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        invoke(awslambda, "large", {"text": "y" * 6_300_000})
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert caught.value.response["Error"]["Code"] == "RequestTooLargeException"


def test_unknown_function_is_not_found(awslambda):
    with pytest.raises(awslambda.exceptions.ResourceNotFoundException) as caught:
        invoke(awslambda, "missing")
    assert caught.value.response["Error"]["Message"] == (
        "Function not found: arn:aws:lambda:us-east-1:000000000000:function:missing")


def test_functions_reach_the_server_with_their_roles_credentials(awslambda):
    source = """
import boto3
def handler(event, context):
    return boto3.client("sts").get_caller_identity()["Arn"]
"""
    create_function(awslambda, "identity", {"app.py": source}, Timeout=30)
    payload, _ = invoke(awslambda, "identity")
    assert payload == "arn:aws:sts::000000000000:assumed-role/test-role/identity"

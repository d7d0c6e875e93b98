# SPDX-License-Identifier: Apache-2.0
"""Internal extensions: threads of the function that register with the Extensions API.

External ones: test_lambda_layers.py, and src/invoke/extensions_test.cc at the sandbox port.
"""

import boto3

from conftest import create_function, eventually, invoke

SOURCE = """
import json, os, threading
from http.client import HTTPConnection

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
SEEN = []

def call(method, path, body=None, **headers):
    connection = HTTPConnection(API)
    connection.request(method, "/2020-01-01/extension/" + path, body and json.dumps(body),
                       {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    return answer.status, answer.headers.get("Lambda-Extension-Identifier"), json.loads(answer.read())

def register(name, *events):
    return call("POST", "register", {"events": events}, Lambda_Extension_Name=name,
                Lambda_Extension_Accept_Feature="accountId")

REFUSED = register("greedy", "SHUTDOWN")
REGISTERED = register("inner", "INVOKE")

def follow():
    while True:
        status, _, event = call("GET", "event/next", Lambda_Extension_Identifier=REGISTERED[1])
        SEEN.append(event)

threading.Thread(target=follow, daemon=True).start()

def handler(event, context):
    return {"registered": REGISTERED, "refused": REFUSED, "late": register("late"), "seen": SEEN,
            "id": context.aws_request_id}
"""


def test_an_internal_extension_hears_of_each_invocation(awslambda):
    create_function(awslambda, "internal-extension", {"app.py": SOURCE})
    first, _ = invoke(awslambda, "internal-extension")
    status, identifier, about = first["registered"]
    assert status == 200
    assert len(identifier) == 36
    assert about == {"functionName": "internal-extension", "functionVersion": "$LATEST", "handler": "app.handler",
                     "accountId": "000000000000"}
    assert first["refused"][0] == 403
    assert first["refused"][2]["errorType"] == "Extension.InvalidEventType"
    assert first["late"][0] == 403
    assert first["late"][2]["errorType"] == "Extension.RegistrationClosed"

    # An environment whose extension still works is busy: a call may meet another one, and then all
    # later ones do.
    earlier = {first["id"]}

    def event_of_an_earlier_call():
        answer, _ = invoke(awslambda, "internal-extension")
        seen = next((each for each in answer["seen"] if each["requestId"] in earlier), None)
        earlier.add(answer["id"])
        return seen

    event = eventually(event_of_an_earlier_call)
    assert event["eventType"] == "INVOKE"
    assert event["invokedFunctionArn"].endswith(":function:internal-extension")
    assert event["tracing"]["type"] == "X-Amzn-Trace-Id"
    assert event["deadlineMs"] > 1_600_000_000_000


def test_an_extension_that_never_asks_again_ends_with_the_timeout(awslambda):
    source = SOURCE.replace("while True:", "for _ in range(1):")
    create_function(awslambda, "stuck-extension", {"app.py": source}, Timeout=1)
    payload, reply = invoke(awslambda, "stuck-extension")
    assert "FunctionError" not in reply, payload
    logs = eventually(lambda: [line for line in lines(awslambda, "stuck-extension") if "Status: timeout" in line])
    assert f"RequestId: {payload['id']}" in logs[0]
    again, reply = invoke(awslambda, "stuck-extension")
    assert "FunctionError" not in reply, again


def lines(client, name):
    logs = boto3.client("logs", endpoint_url=client.meta.endpoint_url, region_name="us-east-1",
                        aws_access_key_id="test", aws_secret_access_key="test")
    try:
        return [event["message"] for event in logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]]
    except logs.exceptions.ResourceNotFoundException:
        return []

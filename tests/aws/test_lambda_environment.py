# SPDX-License-Identifier: Apache-2.0
"""What code finds inside its environment: SDKs that need no endpoint, variables, wrapper scripts."""

import io
import pathlib
import zipfile

import pytest

from conftest import ROLE, ROOT, create_function, invoke, make_zip

NODE = {"runtime": "nodejs22.x", "handler": "index.handler"}
node_sdk = pytest.mark.skipif(not (ROOT / ".cache/node-sdk/node_modules/@aws-sdk/client-sts").exists(),
                              reason="the SDK for Node.js is not fetched (make deps)")
CALLER = "arn:aws:sts::000000000000:assumed-role/test-role/"


@node_sdk
def test_node_functions_reach_the_server_with_the_sdk(awslambda):
    source = """
const { STSClient, GetCallerIdentityCommand } = require('@aws-sdk/client-sts')
exports.handler = async () => (await new STSClient({}).send(new GetCallerIdentityCommand({}))).Arn
"""
    create_function(awslambda, "env-node-sdk", {"index.js": source}, **NODE, Timeout=30)
    assert invoke(awslambda, "env-node-sdk")[0] == CALLER + "env-node-sdk"


@node_sdk
def test_an_es_module_invokes_another_function_with_the_sdk(awslambda):
    create_function(awslambda, "env-callee", {"app.py": "def handler(e, c):\n    return {'got': e['n']}\n"})
    source = """
import { LambdaClient, InvokeCommand } from '@aws-sdk/client-lambda'
const client = new LambdaClient({})
export const handler = async (event) => {
  const reply = await client.send(new InvokeCommand({ FunctionName: 'env-callee', Payload: JSON.stringify(event) }))
  return JSON.parse(Buffer.from(reply.Payload).toString())
}
"""
    create_function(awslambda, "env-node-module-sdk", {"index.mjs": source}, **NODE, Timeout=30)
    assert invoke(awslambda, "env-node-module-sdk", {"n": 5})[0] == {"got": 5}


def test_python_functions_reach_lambda_and_their_own_region(server):
    client = server.client("lambda", account="700000000003", region="eu-central-1")
    source = """
import boto3
def handler(event, context):
    client = boto3.client("lambda")
    identity = boto3.client("sts").get_caller_identity()
    return [client.meta.region_name, identity["Account"],
            [f["FunctionName"] for f in client.list_functions()["Functions"]]]
"""
    client.create_function(FunctionName="env-region", Runtime="python3.11", Handler="app.handler", Timeout=30,
                           Role="arn:aws:iam::700000000003:role/test-role", Code={"ZipFile": make_zip({"app.py": source})})
    client.get_waiter("function_active_v2").wait(FunctionName="env-region", WaiterConfig={"Delay": 0.05})
    assert invoke(client, "env-region")[0] == ["eu-central-1", "700000000003", ["env-region"]]


def test_variables_of_the_platform_and_the_function(awslambda):
    create_function(awslambda, "env-variables", {"app.py": "import os\ndef handler(e, c):\n    return dict(os.environ)\n"},
                    Environment={"Variables": {"STAGE": "prod", "EMPTY": "", "TZ": "Europe/Berlin", "UNI": "ü {task}"}})
    found, _ = invoke(awslambda, "env-variables")
    expected = {"_HANDLER": "app.handler", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11", "AWS_LAMBDA_FUNCTION_NAME": "env-variables",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/env-variables",
                "STAGE": "prod", "EMPTY": "", "TZ": "Europe/Berlin", "UNI": "ü {task}", "LANG": "en_US.UTF-8"}
    assert {name: found.get(name) for name in expected} == expected
    assert found["AWS_ACCESS_KEY_ID"].startswith("ASIA") and found["AWS_SESSION_TOKEN"]
    assert not [name for name in found if name.startswith("KILN_")]


def wrapper_zip(script, mode=0o755):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("app.py", "import os, sys\ndef handler(e, c):\n    return [os.environ.get('SET'), sys._xoptions]\n")
        archive.writestr("index.js", "exports.handler = async () => [process.env.SET, process.execArgv]\n")
        entry = zipfile.ZipInfo("wrapper.sh")
        entry.external_attr = mode << 16
        archive.writestr(entry, script)
    return out.getvalue()


def create_wrapped(client, name, package, runtime="python3.11", handler="app.handler", wrapper="/var/task/wrapper.sh"):
    client.create_function(FunctionName=name, Runtime=runtime, Handler=handler, Role=ROLE, Code={"ZipFile": package},
                           Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": wrapper}})
    client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})


def test_a_wrapper_script_starts_the_runtime_with_options_of_its_own(awslambda):
    script = """#!/bin/bash
args=("$@")
export SET=wrapped
exec "${args[@]:0:$#-1}" -X kiln=yes "${args[@]: -1}"
"""
    create_wrapped(awslambda, "env-wrapper", wrapper_zip(script))
    assert invoke(awslambda, "env-wrapper")[0] == ["wrapped", {"kiln": "yes"}]


def test_a_wrapper_script_starts_node_too(awslambda):
    script = '#!/bin/sh\nexport SET=wrapped\nnode="$1"\nshift\nexec "$node" --no-warnings "$@"\n'
    create_wrapped(awslambda, "env-wrapper-node", wrapper_zip(script), **NODE)
    value, options = invoke(awslambda, "env-wrapper-node")[0]
    assert value == "wrapped" and "--no-warnings" in options


@pytest.mark.parametrize("name,wrapper,mode,status", [("absent", "/var/task/none.sh", 0o755, 127),
                                                      ("plain", "/var/task/wrapper.sh", 0o644, 126)])
def test_a_wrapper_that_can_not_run_ends_the_runtime(awslambda, name, wrapper, mode, status):
    create_wrapped(awslambda, f"env-wrapper-{name}", wrapper_zip("#!/bin/sh\nexec \"$@\"\n", mode), wrapper=wrapper)
    payload, reply = invoke(awslambda, f"env-wrapper-{name}")
    assert reply["FunctionError"] == "Unhandled"
    assert payload["errorType"] == "Runtime.ExitError"
    assert payload["errorMessage"].endswith(f"Error: Runtime exited with error: exit status {status}")


def test_a_role_arn_of_another_account_leaves_the_function_in_its_own(awslambda):
    source = "import boto3\ndef handler(e, c):\n    return boto3.client('sts').get_caller_identity()['Account']\n"
    awslambda.create_function(FunctionName="env-foreign", Runtime="python3.11", Handler="app.handler", Timeout=30,
                              Role="arn:aws:iam::123456789012:role/example", Code={"ZipFile": make_zip({"app.py": source})})
    awslambda.get_waiter("function_active_v2").wait(FunctionName="env-foreign", WaiterConfig={"Delay": 0.05})
    assert invoke(awslambda, "env-foreign")[0] == "000000000000"

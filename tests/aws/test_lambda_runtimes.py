# SPDX-License-Identifier: Apache-2.0
"""Node.js and custom runtimes through boto3."""

import pytest

from conftest import create_function, invoke

NODE = "nodejs22.x"


@pytest.mark.parametrize("name,files", [
    ("node-async", {"index.js": "exports.handler = async (event) => ({ got: event.n })"}),
    ("node-callback", {"index.js": "exports.handler = (event, context, callback) => callback(null, { got: event.n })"}),
    ("node-promise", {"index.js": "exports.handler = (event) => Promise.resolve({ got: event.n })"}),
    ("node-module", {"index.mjs": "export const handler = async (event) => ({ got: event.n })"}),
    ("node-package", {"package.json": '{"type": "module"}', "index.js": "export const handler = async (e) => ({ got: e.n })"}),
])
def test_node_handler_styles(awslambda, name, files):
    create_function(awslambda, name, files, runtime=NODE, handler="index.handler")
    assert [invoke(awslambda, name, {"n": n})[0] for n in (1, 2)] == [{"got": 1}, {"got": 2}]


def test_node_error_has_type_message_and_trace(awslambda):
    source = "exports.handler = async () => { throw new TypeError('boom') }"
    create_function(awslambda, "node-raises", {"index.js": source}, runtime=NODE, handler="index.handler")
    payload, reply = invoke(awslambda, "node-raises")
    assert reply["FunctionError"] == "Unhandled"
    assert payload["errorType"] == "TypeError"
    assert payload["errorMessage"] == "boom"
    assert payload["trace"][0] == "TypeError: boom"


def test_node_missing_module_is_an_import_module_error(awslambda):
    create_function(awslambda, "node-missing", {"index.js": "require('nothing-of-that-name')"}, runtime=NODE,
                    handler="index.handler")
    payload, _ = invoke(awslambda, "node-missing")
    assert payload["errorType"] == "Runtime.ImportModuleError"
    assert "Cannot find module 'nothing-of-that-name'" in payload["errorMessage"]


def test_custom_runtime_is_the_functions_own_bootstrap(awslambda):
    bootstrap = """#!/usr/bin/python3
import os, urllib.request
base = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/"
while True:
    event = urllib.request.urlopen(base + "next")
    body = event.read()
    urllib.request.urlopen(base + event.headers["Lambda-Runtime-Aws-Request-Id"] + "/response", data=b'{"echo":' + body + b"}")
"""
    create_function(awslambda, "custom", {"bootstrap": bootstrap}, runtime="provided.al2023", handler="any")
    assert [invoke(awslambda, "custom", {"n": n})[0] for n in (1, 2)] == [{"echo": {"n": 1}}, {"echo": {"n": 2}}]

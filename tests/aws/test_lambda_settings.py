# SPDX-License-Identifier: Apache-2.0
"""Settings of functions beside code and configuration."""

import pytest

from conftest import create_function, refusal

ACCOUNT = "100000000021"
SOURCE = {"app.py": "def handler(event, context):\n    return 'ok'\n"}


@pytest.fixture(scope="module")
def client(server):
    return server.client("lambda", account=ACCOUNT)


@pytest.fixture
def function(client, request):
    name = request.node.name.replace("_", "-")[:60]
    create_function(client, name, SOURCE)
    yield name
    client.delete_function(FunctionName=name)


def test_loops_are_stopped_unless_allowed(client, function):
    def setting():
        reply = client.get_function_recursion_config(FunctionName=function)
        return reply["RecursiveLoop"]
    assert setting() == "Terminate"
    for value in ("Allow", "Terminate"):
        assert client.put_function_recursion_config(FunctionName=function, RecursiveLoop=value)["RecursiveLoop"] == value
        assert setting() == value
    assert refusal(client.put_function_recursion_config, FunctionName="nobody", RecursiveLoop="Allow")[:2] == (
        404, "ResourceNotFoundException")

# SPDX-License-Identifier: Apache-2.0
"""The tutorial path with the real `aws` command, and the `kiln` commands."""

import json
import pathlib
import subprocess
import sys

from conftest import KILN, ROOT, eventually

AWS = str(pathlib.Path(sys.executable).parent / "aws")
# Version 2 of the command, from the distribution: it has `logs tail`, and knows no AWS_ENDPOINT_URL yet.
SYSTEM_AWS = "/usr/bin/aws"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})


def run(server, *command, cwd=None, check=True):
    done = subprocess.run(command, env=server.environment(), cwd=cwd, capture_output=True, text=True, timeout=120)
    assert not check or done.returncode == 0, done.stderr
    return done


def test_tutorial_typed_by_hand(server, tmp_path):
    (tmp_path / "index.js").write_text("exports.handler = async (event) => 'Hello from Lambda!'\n")
    run(server, "zip", "function.zip", "index.js", cwd=tmp_path)
    role = json.loads(run(server, AWS, "iam", "create-role", "--role-name", "lambda-ex",
                          "--assume-role-policy-document", TRUST).stdout)["Role"]["Arn"]
    run(server, AWS, "iam", "attach-role-policy", "--role-name", "lambda-ex", "--policy-arn",
        "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
    run(server, AWS, "lambda", "create-function", "--function-name", "HelloWorldFunction", "--runtime", "nodejs18.x",
        "--role", role, "--handler", "index.handler", "--zip-file", "fileb://function.zip", cwd=tmp_path)
    run(server, AWS, "lambda", "wait", "function-active-v2", "--function-name", "HelloWorldFunction")
    run(server, AWS, "lambda", "invoke", "--function-name", "HelloWorldFunction", "output.txt", cwd=tmp_path)
    assert (tmp_path / "output.txt").read_text() == '"Hello from Lambda!"'


def test_deploy_invoke_logs_of_the_example(server):
    run(server, str(KILN), "deploy", "examples/hello", cwd=ROOT)
    again = run(server, str(KILN), "deploy", "examples/hello", cwd=ROOT)
    assert again.stdout.startswith("Updated hello")
    assert json.loads(run(server, str(KILN), "invoke", "hello", '{"name": "Ravi"}').stdout) == {"message": "Hello, Ravi!"}
    eventually(lambda: "Greeting Ravi" in run(server, str(KILN), "logs", "hello").stdout)
    tail = run(server, SYSTEM_AWS, "--endpoint-url", server.endpoint, "logs", "tail", "/aws/lambda/hello")
    assert "Greeting Ravi" in tail.stdout


def test_env_prints_exports(server):
    assert f"export AWS_ENDPOINT_URL={server.endpoint}" in run(server, str(KILN), "env").stdout


def test_run_gives_the_command_its_variables(server):
    assert run(server, str(KILN), "run", "--", "printenv", "AWS_ENDPOINT_URL").stdout.strip() == server.endpoint


def test_health_answers_when_ready(server):
    assert json.loads(run(server, "curl", "-sf", server.endpoint + "/_kiln/health").stdout)["status"] == "ready"

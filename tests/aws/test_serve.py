# SPDX-License-Identifier: Apache-2.0
"""`kiln serve`: its own keys, nobody else's, and roles that must be there."""

import json
import os
import re
import stat
import subprocess

import botocore.exceptions
import pytest

from conftest import KILN, invoke, make_zip

SOURCE = {"app.py": "import os\ndef handler(e, c):\n    return os.environ['AWS_ACCESS_KEY_ID'][:4]\n"}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})


def keys_of(server):
    text = (server.data_dir / "credentials").read_text()
    return dict(re.findall(r"^(aws_\w+) = (\S+)$", text, re.MULTILINE))


def client(server, service):
    keys = keys_of(server)
    return server.client(service, account=keys["aws_access_key_id"], secret=keys["aws_secret_access_key"])


@pytest.fixture
def serving(start_server):
    return start_server(verb="serve")


def test_administrator_keys_are_made_once_for_their_owner_only(serving):
    path = serving.data_dir / "credentials"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(serving.data_dir.stat().st_mode) == 0o700
    keys = keys_of(serving)
    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", keys["aws_access_key_id"])
    assert len(keys["aws_secret_access_key"]) == 40
    identity = client(serving, "sts").get_caller_identity()
    assert identity["Arn"] == f"arn:aws:iam::{identity['Account']}:root"
    assert serving.stop() == 0
    serving.start()
    assert keys_of(serving) == keys
    assert client(serving, "sts").get_caller_identity()["Arn"] == identity["Arn"]


def test_keys_that_everybody_knows_are_refused(serving):
    for key, secret in (("test", "test"), ("000000000000", "test"),
                        ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")):
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            serving.client("lambda", account=key, secret=secret).list_functions()
        reply = caught.value.response
        assert reply["Error"]["Code"] == "UnrecognizedClientException"
        assert reply["Error"]["Message"] == "The security token included in the request is invalid."
        assert reply["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_wrong_secret_is_refused(serving):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        serving.client("lambda", account=keys_of(serving)["aws_access_key_id"], secret="x" * 40).list_functions()
    assert caught.value.response["Error"]["Code"] == "InvalidSignatureException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_functions_need_a_role_that_lambda_may_assume(serving):
    awslambda, iam = client(serving, "lambda"), client(serving, "iam")

    def create(name, role):
        return awslambda.create_function(FunctionName=name, Runtime="python3.11", Handler="app.handler", Role=role,
                                         Code={"ZipFile": make_zip(SOURCE)})

    closed = iam.create_role(RoleName="closed", AssumeRolePolicyDocument=TRUST.replace("lambda.", "events."))["Role"]["Arn"]
    account = closed.split(":")[4]
    for role in (closed, f"arn:aws:iam::{account}:role/none", "arn:aws:iam::999999999999:role/other"):
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            create("refused", role)
        reply = caught.value.response
        assert reply["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)
        if account in role:
            assert reply["Error"]["Code"] == "InvalidParameterValueException"
            assert reply["Error"]["Message"] == "The role defined for the function cannot be assumed by Lambda."
    assert awslambda.list_functions()["Functions"] == []
    create("works", iam.create_role(RoleName="open", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"])
    awslambda.get_waiter("function_active_v2").wait(FunctionName="works", WaiterConfig={"Delay": 0.05})
    assert invoke(awslambda, "works")[0] == "ASIA"
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        awslambda.update_function_configuration(FunctionName="works", Role=closed)
    assert caught.value.response["Error"]["Message"] == "The role defined for the function cannot be assumed by Lambda."


def test_env_and_run_take_the_administrators_keys(serving):
    plain = {"PATH": os.environ["PATH"]}
    arguments = ["--endpoint", serving.endpoint, "--data-dir", str(serving.data_dir)]
    script = f'eval "$({KILN} env {" ".join(arguments)})"; env'
    shown = subprocess.run(["sh", "-c", script], env=plain, capture_output=True, text=True, check=True).stdout
    for name, value in keys_of(serving).items():
        assert f"{name.upper()}={value}\n" in shown
    assert f"AWS_ENDPOINT_URL={serving.endpoint}\n" in shown
    command = [str(KILN), "run", *arguments, "--", "sh", "-c", "echo $AWS_ACCESS_KEY_ID; exit 7"]
    ran = subprocess.run(command, env=plain, capture_output=True, text=True)
    assert ran.returncode == 7
    assert ran.stdout.strip() == keys_of(serving)["aws_access_key_id"]


def test_env_of_a_folder_without_keys_says_so(tmp_path):
    done = subprocess.run([str(KILN), "env", "--data-dir", str(tmp_path)], capture_output=True, text=True)
    assert done.returncode != 0
    assert "no administrator keys" in done.stderr
    assert done.stdout == ""


def test_lost_credentials_file_is_written_again(serving):
    keys = keys_of(serving)
    assert serving.stop() == 0
    (serving.data_dir / "credentials").unlink()
    serving.start()
    assert keys_of(serving) == keys
    assert stat.S_IMODE((serving.data_dir / "credentials").stat().st_mode) == 0o600


def test_serve_refuses_addresses_that_others_reach(tmp_path):
    done = subprocess.run([str(KILN), "serve", "--address", "0.0.0.0", "--port", "0", "--data-dir", str(tmp_path / "d")],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode != 0
    assert "not a loopback address" in done.stderr


def test_two_servers_do_not_share_a_folder(serving):
    done = subprocess.run([str(KILN), "serve", "--port", "0", "--data-dir", str(serving.data_dir)],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode != 0
    assert "another server runs on" in done.stderr

# SPDX-License-Identifier: Apache-2.0
"""A real server for each test session, and real clients for it.

`server` is one `kiln dev` on a free port with its state in a temporary folder; `start_server` makes
further ones for tests that kill or restart them.
"""

import io
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import zipfile

import boto3
import botocore.config
import botocore.exceptions
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
KILN = pathlib.Path(os.environ.get("KILN_BINARY", ROOT / "build/release/kiln"))
ROLE = "arn:aws:iam::000000000000:role/test-role"
READY_SECONDS = 20
# Who called sudo, or a user "kiln" of this host, could not reach pytest's folders.
STAY = ["--user", "root"] if os.geteuid() == 0 else []
for variable in ("SUDO_UID", "SUDO_GID"):
    os.environ.pop(variable, None)


class Server:
    """A running `kiln dev` or `kiln serve`. Attributes: endpoint, port, process, data_dir, isolation."""

    def __init__(self, data_dir, verb="dev", arguments=()):
        self.data_dir = pathlib.Path(data_dir)
        self.arguments = [str(KILN), verb, "--port", "0", "--data-dir", str(data_dir),
                          *(STAY if verb == "serve" and "--user" not in arguments else []), *arguments]
        self.start()

    def start(self):
        self.log = open(self.data_dir.parent / f"{self.data_dir.name}.log", "ab")
        self.process = subprocess.Popen(self.arguments, stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        match = re.search(r"http://([\d.]+):(\d+)", line)
        assert match, f"the server did not start: {line!r}; see {self.log.name}"
        self.port = int(match.group(2))
        level = re.search(r"isolation: (\w+)", line)
        self.isolation = level.group(1) if level else "none"
        self.endpoint = f"http://127.0.0.1:{self.port}"

    def client(self, service, account="test", region="us-east-1", secret="test", **config):
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name=region, aws_access_key_id=account,
            aws_secret_access_key=secret,
            config=botocore.config.Config(retries={"total_max_attempts": 1}, **config))

    def environment(self, account="test", region="us-east-1"):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KILN_"))}
        return kept | {"AWS_ENDPOINT_URL": self.endpoint, "AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": "test",
                       "AWS_DEFAULT_REGION": region, "AWS_PAGER": "", "KILN_ENDPOINT": self.endpoint,
                       "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(READY_SECONDS)
        return self.process.returncode


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("kiln") / "state")
    yield server
    assert server.stop() == 0


@pytest.fixture
def start_server(tmp_path):
    servers = []

    def start(name="state", **options):
        servers.append(Server(tmp_path / name, **options))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.kill()


@pytest.fixture(scope="session")
def awslambda(server):
    return server.client("lambda")


@pytest.fixture(scope="session")
def s3(server):
    return server.client("s3")


def make_zip(files):
    """The bytes of a zip of {name: text}; names that end in /bootstrap or equal it are executable."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if name.endswith("bootstrap") else 0o644) << 16
            archive.writestr(entry, text)
    return out.getvalue()


def create_function(client, name, files, runtime="python3.11", handler="app.handler", wait=True, **settings):
    reply = client.create_function(FunctionName=name, Runtime=runtime, Role=ROLE, Handler=handler,
                                   Code={"ZipFile": make_zip(files)}, **settings)
    if wait:
        client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
    return reply


def invoke(client, name, event=None, **arguments):
    """Answers (payload as Python value, reply)."""
    reply = client.invoke(FunctionName=name, Payload=json.dumps(event if event is not None else {}), **arguments)
    body = reply["Payload"].read()
    return (json.loads(body) if body else None), reply


def eventually(probe, seconds=10):
    """Calls `probe` until it answers something true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = probe()
        if value or time.monotonic() > deadline:
            assert value, "it did not happen in time"
            return value
        time.sleep(0.05)


def refusal(call, *arguments, **keywords):
    """What a call that must fail was refused with: (status, code, message)."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(*arguments, **keywords)
    reply = caught.value.response
    return (reply["ResponseMetadata"]["HTTPStatusCode"], reply["Error"]["Code"], reply["Error"]["Message"])

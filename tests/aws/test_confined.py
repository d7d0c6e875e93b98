# SPDX-License-Identifier: Apache-2.0
"""`kiln dev --isolation confined`: Landlock, the system call filter and no capability, for real runtimes."""

import re
import shutil
import signal
import subprocess

import pytest

from conftest import KILN, create_function, invoke

PYTHON = """
import os, socket, subprocess, tempfile

def attempt(path):
    try:
        open(path).close()
        return "opened"
    except OSError as error:
        return type(error).__name__

def handler(event, context):
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("kept")
    try:
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    except OSError as error:
        raw = type(error).__name__
    return {"files": [attempt(path) for path in event["paths"]], "raw": raw,
            "unshare": subprocess.run(["unshare", "-U", "true"], capture_output=True).returncode != 0,
            "code": attempt(__file__)}
"""
NODE = """
import fs from "fs"; import os from "os";
const attempt = (path) => { try { fs.readFileSync(path); return "opened" } catch (error) { return error.code } };
export const handler = async (event) => {
  fs.writeFileSync(os.tmpdir() + "/file", "kept");
  return event.paths.map(attempt);
};
"""


@pytest.fixture
def confined(start_server):
    server = start_server(arguments=["--isolation", "confined"])
    yield server
    assert server.stop() == 0


def test_functions_run_and_reach_nothing_of_the_server(confined):
    awslambda = confined.client("lambda")
    create_function(awslambda, "python", {"app.py": PYTHON})
    create_function(awslambda, "node", {"index.mjs": NODE}, runtime="nodejs22.x", handler="index.handler")
    secrets = [str(confined.data_dir / "lock"), "/etc/shadow", f"/proc/{confined.process.pid}/environ",
               f"/proc/{confined.process.pid}/cmdline"]
    secrets += [str(path) for path in (confined.data_dir / "code").rglob("index.mjs")]
    assert len(secrets) == 5
    answer, _ = invoke(awslambda, "python", {"paths": secrets})
    assert answer == {"files": ["PermissionError"] * 5, "raw": answer["raw"], "unshare": True, "code": "opened"}
    assert answer["raw"] in ("PermissionError", "OSError")
    assert invoke(awslambda, "node", {"paths": secrets[:4]})[0] == ["EACCES"] * 4


@pytest.fixture
def lonely_kiln(tmp_path):
    """A binary without a launcher beside it: as on a host that allows neither root nor namespaces."""
    return shutil.copy(KILN, tmp_path / "kiln")


def test_dev_takes_it_where_nothing_stronger_is_possible_and_serve_wants_to_be_told(lonely_kiln, tmp_path):
    options = ["--port", "0", "--data-dir", str(tmp_path / "state")]
    dev = subprocess.Popen([lonely_kiln, "dev", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert re.search(r"isolation: confined\)", dev.stdout.readline())
    dev.send_signal(signal.SIGINT)
    assert "functions are confined, but see the host's network and processes" in dev.communicate(timeout=20)[1]
    refused = subprocess.run([lonely_kiln, "serve", *options], capture_output=True, text=True, timeout=20)
    assert refused.returncode == 1
    assert "kiln doctor" in refused.stderr

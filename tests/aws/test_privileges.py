# SPDX-License-Identifier: Apache-2.0
"""`kiln serve --user` and `sudo kiln dev`: the server is a plain user's, only the launcher keeps root."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

import pytest

from conftest import KILN, Server, create_function, eventually, invoke, make_zip

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
NOBODY = 65534
SOURCE = {"app.py": "import os\ndef handler(e, c):\n    return os.getuid()\n"}
TRUST = ('{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",'
         ' "Principal": {"Service": "lambda.amazonaws.com"}}]}')


@pytest.fixture
def open_folder():
    """A folder that other users can reach; pytest's own are closed to them."""
    folder = pathlib.Path(tempfile.mkdtemp(dir="/var/tmp", prefix="kiln-user-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def serving(open_folder):
    server = Server(open_folder / "state", verb="serve", arguments=["--user", "nobody"])
    yield server
    if server.process.poll() is None:
        server.kill()


def client(server, service):
    keys = dict(re.findall(r"^(aws_\w+) = (\S+)$", (server.data_dir / "credentials").read_text(), re.MULTILINE))
    return server.client(service, account=keys["aws_access_key_id"], secret=keys["aws_secret_access_key"])


def status(pid, field):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return line.split()[1:]
    return None


def children(pid):
    found = {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            if fields[0] != "Z":
                found.setdefault(int(fields[1]), []).append(int(folder.name))
        except OSError:
            pass
    below = list(found.get(pid, []))
    for child in below:
        below.extend(found.get(child, []))
    return below


def name_of(pid):
    return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()


def alive(pid):
    try:
        return status(pid, "State")[0] != "Z"
    except (OSError, TypeError):
        return False


def test_the_server_is_the_users_and_the_launcher_keeps_root(serving):
    pid = serving.process.pid
    assert status(pid, "Uid") == [str(NOBODY)] * 4
    assert status(pid, "Groups") == []
    assert status(pid, "CapEff") == status(pid, "CapPrm") == ["0000000000000000"]
    assert status(pid, "NoNewPrivs") == ["1"]
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        assert "Uid:\t" + "\t".join([str(NOBODY)] * 4) in (task / "status").read_text()
    launchers = [child for child in children(pid) if name_of(child) == "kiln-launcher"]
    assert len(launchers) == 1
    assert status(launchers[0], "Uid") == ["0"] * 4
    assert {path.stat().st_uid for path in serving.data_dir.iterdir()} == {NOBODY}
    assert serving.data_dir.stat().st_uid == NOBODY
    assert serving.data_dir.stat().st_mode & 0o777 == 0o700


def test_functions_run_isolated_and_nothing_outlives_a_killed_server(serving):
    role = client(serving, "iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    awslambda = client(serving, "lambda")
    awslambda.create_function(FunctionName="who", Runtime="python3.11", Role=role, Handler="app.handler",
                              Code={"ZipFile": make_zip(SOURCE)})
    awslambda.get_waiter("function_active_v2").wait(FunctionName="who", WaiterConfig={"Delay": 0.05})
    assert invoke(awslambda, "who")[0] == 993
    processes = children(serving.process.pid)
    assert len(processes) >= 3
    serving.process.send_signal(signal.SIGKILL)
    serving.process.wait()
    eventually(lambda: not any(alive(process) for process in processes))


def test_state_of_somebody_else_is_refused_with_the_command(open_folder):
    state = open_folder / "state"
    state.mkdir()
    (state / "lock").write_text("")
    done = subprocess.run([str(KILN), "serve", "--user", "nobody", "--data-dir", str(state), "--port", "0"],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 1
    assert f"chown -R nobody {state}" in done.stderr


def test_sudo_kiln_dev_is_the_callers(open_folder, monkeypatch):
    monkeypatch.setenv("SUDO_UID", str(NOBODY))
    monkeypatch.setenv("SUDO_GID", str(NOBODY))
    server = Server(open_folder / "state")
    try:
        assert status(server.process.pid, "Uid") == [str(NOBODY)] * 4
        awslambda = server.client("lambda")
        create_function(awslambda, "who", SOURCE)
        assert invoke(awslambda, "who")[0] == 993
        assert server.stop() == 0
    finally:
        server.kill() if server.process.poll() is None else None

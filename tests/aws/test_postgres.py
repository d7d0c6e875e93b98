# SPDX-License-Identifier: Apache-2.0
"""`--store postgres://…`: the state is in the database, and several servers share it."""

import os
import pathlib
import pwd
import subprocess
import time

import pytest

from conftest import KILN, Server, create_function, eventually, invoke, refusal

PROGRAMS = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
SOURCE = {"app.py": "def handler(e, c):\n    return 'from the database'\n"}
PASSWORD = "a-secret-that-no-log-has"

pytestmark = pytest.mark.skipif(not PROGRAMS, reason="no PostgreSQL server")


def as_plain_user(directory):
    """How to start PostgreSQL, which refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("nobody")
    os.chown(directory, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": "/"}


@pytest.fixture(scope="module")
def postgres():
    """Answers the folder of a private server's socket; the user is `kiln`, and has a password."""
    import tempfile
    with tempfile.TemporaryDirectory(prefix="kiln_pg_") as folder:
        options = as_plain_user(folder)
        secret = pathlib.Path(folder) / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        data = f"{folder}/data"
        subprocess.run([PROGRAMS[-1] / "initdb", "-D", data, "-A", "scram-sha-256", "-U", "kiln", "-E", "UTF8",
                        "--locale=C", f"--pwfile={secret}", "--no-instructions"], check=True, capture_output=True, **options)
        with open(f"{folder}.log", "wb") as log:
            server = subprocess.Popen([PROGRAMS[-1] / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses="],
                                      stdout=log, stderr=log, **options)
        try:
            eventually(lambda: os.path.exists(f"{folder}/.s.PGSQL.5432"))
            yield folder
        finally:
            server.send_signal(2)  # SIGINT: ends connections
            server.wait(20)
            os.unlink(f"{folder}.log")


@pytest.fixture
def store(postgres):
    """The URL of an empty database."""
    name = f"kiln_{time.monotonic_ns()}"
    environment = os.environ | {"PGPASSWORD": PASSWORD}
    for _ in range(50):  # the socket is there before the server takes connections
        made = subprocess.run(["psql", "-h", postgres, "-U", "kiln", "-d", "postgres", "-qc", f"CREATE DATABASE {name}"],
                              env=environment, capture_output=True, text=True)
        if made.returncode == 0:
            break
        time.sleep(0.1)
    assert made.returncode == 0, made.stderr
    return f"postgres://kiln:{PASSWORD}@/{name}?host={postgres}"


def names(client):
    return sorted(function["FunctionName"] for function in client.list_functions()["Functions"])


def test_functions_of_two_accounts_survive_kill(start_server, store):
    server = start_server(arguments=["--store", store])
    for account in ("111111111111", "222222222222"):
        create_function(server.client("lambda", account), f"of-{account}", SOURCE)
    server.kill()
    server.start()
    for account in ("111111111111", "222222222222"):
        client = server.client("lambda", account)
        assert names(client) == [f"of-{account}"]
        assert invoke(client, f"of-{account}")[0] == "from the database"
    assert not list((server.data_dir / "store").glob("*"))
    assert server.stop() == 0
    assert PASSWORD not in pathlib.Path(server.log.name).read_text()


def test_two_servers_see_each_others_functions(start_server, store):
    one = start_server("one", arguments=["--store", store])
    two = start_server("two", arguments=["--store", store])
    client_one, client_two = one.client("lambda"), two.client("lambda")
    create_function(client_one, "made-here", SOURCE)
    create_function(client_two, "made-there", SOURCE)
    assert names(client_one) == names(client_two) == ["made-here", "made-there"]
    # `two` keeps the configuration of what it has seen, and hears of the change.
    assert client_two.get_function_configuration(FunctionName="made-here")["Timeout"] == 3
    client_one.update_function_configuration(FunctionName="made-here", Timeout=7)
    eventually(lambda: client_two.get_function_configuration(FunctionName="made-here")["Timeout"] == 7, 3)
    client_one.delete_function(FunctionName="made-there")

    def gone():
        try:
            client_two.invoke(FunctionName="made-there")
        except client_two.exceptions.ResourceNotFoundException:
            return True
    eventually(gone, 3)
    assert one.stop() == 0
    assert two.stop() == 0


def test_serve_keeps_its_keys_in_the_database(start_server, store):
    server = start_server(verb="serve", arguments=["--store", store])
    first = (server.data_dir / "credentials").read_text()
    server.kill()
    (server.data_dir / "credentials").unlink()
    server.start()
    eventually((server.data_dir / "credentials").exists)
    assert (server.data_dir / "credentials").read_text() == first
    assert server.stop() == 0


@pytest.mark.parametrize("arguments, words", [
    (["--store", "mysql://me:hidden@db/kiln"], "postgres://user@host/database"),
    (["--store", "postgres://me:hidden@127.0.0.1:1/kiln"], "127.0.0.1"),
    (["--store", "postgres://me:hidden@db/kiln", "--ephemeral"], "exclude"),
])
def test_a_store_that_can_not_be_opened_is_named(tmp_path, arguments, words):
    done = subprocess.run([KILN, "dev", "--port", "0", "--data-dir", tmp_path / "state", *arguments],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert words in done.stderr
    assert "hidden" not in done.stderr + done.stdout

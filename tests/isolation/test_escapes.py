# SPDX-License-Identifier: Apache-2.0
"""Functions that try to reach what is not theirs, or to use more than they were given.

Each test runs Python source inside an environment (hostile.py) and looks at what came of it. Only
with isolation: without it nothing is refused, and the server says so.
"""

import base64
import contextlib
import os
import pathlib
import platform
import re
import socket
import threading

import pytest

from conftest import Server, create_function, eventually, invoke

SOURCE = (pathlib.Path(__file__).parent / "hostile.py").read_text()
PRINTED_MB = 100 if os.environ.get("KILN_FULL") else 20

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="the system calls' numbers are those of x86-64")


@pytest.fixture(scope="module", params=["root", "userns", "confined"])
def server(request, tmp_path_factory):
    try:
        server = Server(tmp_path_factory.mktemp("escapes") / "state", arguments=["--isolation", request.param])
    except AssertionError:
        pytest.skip(f"level {request.param} is not possible on this host")
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def awslambda(server):
    return server.client("lambda")


@pytest.fixture(autouse=True)
def level(request, server):
    """Skips where a level lets through what the test tries: the table of levels in docs/design/execution_environments.md."""
    marker = request.node.get_closest_marker("levels")
    if marker and server.isolation not in marker.args:
        pytest.skip(f"level {server.isolation} does not refuse it")
    return server.isolation


only_root = pytest.mark.levels("root")
namespaces = pytest.mark.levels("root", "userns")


@pytest.fixture
def hostile(awslambda):
    """hostile(name, **settings) makes a function; it answers run(source, **arguments), which gives what came of it."""
    made = []

    def make(name, **settings):
        create_function(awslambda, name, {"app.py": SOURCE}, **{"MemorySize": 512, "Timeout": 60, **settings})
        made.append(name)

        def run(source, **arguments):
            answer, reply = invoke(awslambda, name, {"run": source, **arguments})
            assert "FunctionError" not in reply, answer
            return answer
        return run
    yield make
    for name in made:
        awslambda.delete_function(FunctionName=name)


@pytest.fixture(scope="module", params=["started", "restored"])
def probe_name(awslambda, server, request):
    """One that was started, and one that was restored from a snapshot."""
    if request.param == "started":
        create_function(awslambda, "escape-probe", {"app.py": SOURCE}, MemorySize=512, Timeout=60)
        return "escape-probe"
    if server.isolation not in ("root", "userns"):
        pytest.skip(f"level {server.isolation} has no snapshots")
    create_function(awslambda, "escape-restored", {"app.py": SOURCE}, MemorySize=512, Timeout=60,
                    SnapStart={"ApplyOn": "PublishedVersions"})
    awslambda.publish_version(FunctionName="escape-restored")
    awslambda.get_waiter("published_version_active").wait(
        FunctionName="escape-restored", Qualifier="1", WaiterConfig={"Delay": 0.05, "MaxAttempts": 600})
    return "escape-restored:1"


@pytest.fixture
def run(awslambda, probe_name):
    def run(source, **arguments):
        answer, reply = invoke(awslambda, probe_name, {"run": source, **arguments})
        assert "FunctionError" not in reply, answer
        return answer
    return run


@pytest.mark.parametrize("name,arguments", [
    ("ptrace of init", "101, 16, 1, 0, 0"), ("mount", "165, b'x', b'/tmp', b'tmpfs', 0, 0"), ("umount", "166, b'/tmp', 0"),
    ("unshare a user namespace", "272, 0x10000000"), ("unshare mounts", "272, 0x20000"), ("setns", "308, 0, 0"),
    ("keyctl", "250, 0, -4, 0"), ("add_key", "248, b'user', b'a', b'b', 1, -4"), ("bpf", "321, 0, 0, 0"),
    ("io_uring_setup", "425, 8, 0"), ("init_module", "175, 0, 0, b''"), ("finit_module", "313, 0, b'', 0"),
    ("kexec_load", "246, 0, 0, 0, 0"), ("perf_event_open", "298, 0, 0, -1, -1, 0"), ("userfaultfd", "323, 0"),
    ("process_vm_readv of init", "310, 1, 0, 0, 0, 0, 0"), ("open_by_handle_at", "304, -100, 0, 0"),
    ("pivot_root", "155, b'/tmp', b'/tmp'"), ("chroot", "161, b'/tmp'"), ("reboot", "169, 0, 0, 0, 0"),
    ("settimeofday", "164, 0, 0"), ("sethostname", "170, b'x', 1"), ("swapon", "167, b'/tmp/x', 0"),
    ("clone3", "435, 0, 0"), ("fsopen", "430, b'tmpfs', 0"), ("move_mount", "429, -1, b'', -1, b'', 0"),
    ("pidfd_getfd", "438, 0, 0, 0"), ("mknod", "133, b'/tmp/device', 0o60666, 0x700"),
])
def test_system_calls_that_lead_out_are_refused(run, name, arguments):
    assert run(f"answer = call({arguments})") in ("EPERM", "ENOSYS", "EACCES", "ESRCH")


@pytest.mark.parametrize("family,kind,protocol", [
    ("AF_INET", "SOCK_RAW", 1), ("AF_PACKET", "SOCK_RAW", 0x300), ("AF_PACKET", "SOCK_DGRAM", 0x300), ("AF_NETLINK", "SOCK_RAW", 12),
    ("AF_ALG", "SOCK_SEQPACKET", 0), ("AF_VSOCK", "SOCK_STREAM", 0),
])
def test_sockets_that_are_not_for_functions_are_refused(run, family, kind, protocol):
    reason = run(f"answer = reason(socket.socket, socket.{family}, socket.{kind}, {protocol})")
    assert reason in ("EPERM", "EACCES", "EAFNOSUPPORT", "ENOSYS")


@namespaces
def test_the_server_and_other_processes_cannot_be_seen(run, server):
    seen = run("""
pids = [int(name) for name in os.listdir('/proc') if name.isdigit()]
commands = [open(f'/proc/{pid}/cmdline').read() for pid in pids]
answer = {'pids': pids, 'commands': commands, 'own': os.getpid(),
          'parent': os.getppid(),
          'environ': reason(open, '/proc/1/environ'), 'root': reason(os.listdir, '/proc/1/root/'),
          'memory': reason(open, '/proc/1/mem', 'rb'), 'signal': reason(os.kill, 1, 9),
          'host': [reason(os.listdir, '/proc/1/cwd/'), reason(open, '/proc/kcore', 'rb'), reason(open, '/proc/sysrq-trigger', 'w'),
                   reason(open, '/proc/sys/kernel/core_pattern', 'w')]}
""")
    assert max(seen["pids"]) < 1000 and len(seen["pids"]) <= 4, seen
    assert not any(str(server.data_dir) in command for command in seen["commands"])
    for what in ("environ", "root", "memory"):
        assert seen[what] in ("EACCES", "EPERM", "ENOENT"), (what, seen[what])
    assert seen["signal"] in ("EPERM", "done")  # init ignores what its own namespace sends
    assert "done" not in seen["host"]
    assert run("answer = 'still here'") == "still here"


@namespaces
def test_files_of_the_server_and_of_others_are_not_there(run, hostile, server):
    other = hostile("escape-other")
    other("open('/tmp/secret', 'w').write('mine'); answer = 1")
    paths = [str(server.data_dir), str(server.data_dir / "credentials"), str(server.data_dir.parent), "/root", "/home/" + os.environ.get("USER", "x"),
             "/etc/shadow", "/var/lib", "/sys/fs/cgroup", "/run", "/boot", "/dev/sda", "/dev/mem", "/dev/kmsg", "/dev/fuse", "/dev/kvm"]
    found = run("answer = [p for p in event['paths'] if os.path.exists(p) and (not os.path.isdir(p) or os.listdir(p))]", paths=paths)
    assert found == []
    assert run("answer = [sorted(os.listdir('/var/task')), os.path.exists('/tmp/secret')]") == [["app.py"], False]
    secrets = run("answer = {k: v for k, v in os.environ.items() if 'KILN' in k or 'SECRET' in k}")
    assert set(secrets) <= {"AWS_SECRET_ACCESS_KEY", "_KILN_RUNTIME_API_FD"}


@pytest.mark.parametrize("path", ["/var/task/app.py", "/var/task/new", "/var/runtime/new", "/opt/new", "/usr/new", "/etc/passwd", "/new",
                                  "/bin/sh", "/proc/sys/vm/overcommit_memory"])
def test_only_tmp_can_be_written(run, path):
    assert run("answer = reason(open, event['path'], 'a')", path=path) in ("EROFS", "EACCES", "EPERM", "ENOENT", "ETXTBSY")


@namespaces
def test_the_user_is_nobody_on_the_host_and_cannot_become_another(run):
    answer = run("""
answer = [os.getuid(), os.getgid(), reason(os.setuid, 0), reason(os.setgid, 0), reason(os.setgroups, [0]),
          [line for line in open('/proc/self/status') if line.startswith(('CapEff', 'NoNewPrivs', 'Seccomp:'))]]""")
    # EINVAL: an id that the user namespace does not even have.
    assert answer[0] != 0 and set(answer[2:5]) <= {"EPERM", "EINVAL"}
    assert [line.split()[1] for line in answer[5]] == ["0" * 16, "1", "2"]


@namespaces
def test_the_host_cannot_be_reached(run, server):
    with contextlib.closing(socket.create_server(("0.0.0.0", 0))) as listening:
        port = listening.getsockname()[1]
        addresses = {"127.0.0.1", "169.254.100.1", "169.254.100.2", socket.gethostbyname(socket.gethostname())}
        for address in sorted(addresses):
            assert run("answer = reach(event['address'], event['port'])", address=address, port=port) != "connected", address
    # The server's own port is not inside either; its endpoint is where the variables say.
    assert run("answer = reach('127.0.0.1', event['port'])", port=server.port) == "ECONNREFUSED"
    assert run("answer = reach('169.254.100.1', 4566)") == "connected"
    assert run("answer = reach('169.254.169.254', 80)") != "connected"
    # Abstract names live in the network namespace: the launcher's are not there.
    assert run("""
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
answer = reason(s.connect, '\\0kiln-launcher-range-0')""") == "ECONNREFUSED"


@namespaces
def test_other_environments_cannot_be_reached(run, hostile):
    other = hostile("escape-listens")
    address = other("""
import builtins
builtins.kept = socket.create_server(('0.0.0.0', 8888))
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try:
    s.connect(('192.0.2.1', 9))
    answer = s.getsockname()[0]
except OSError:
    answer = ''""")
    if not address:
        pytest.skip("environments have no network of their own here")
    assert run("answer = reach(event['address'], 8888)", address=address) != "connected"
    assert run("answer = reach(event['address'], 9001)", address=address) != "connected"


@only_root
def test_the_link_is_not_for_forging(run):
    assert run("""
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
answer = reason(s.bind, ('198.19.255.254', 53))""") == "EADDRNOTAVAIL"


def test_nobody_answers_for_another_environment(awslambda, run, hostile):
    other = hostile("escape-busy")
    other("answer = 1")
    got = []
    thread = threading.Thread(target=lambda: got.append(other("""
import time
print('ID', context.aws_request_id, flush=True); time.sleep(2); answer = 'true'""")))
    thread.start()
    status = run("""
import http.client, time
time.sleep(0.5)
c = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])
answer = []
for path in ('/2018-06-01/runtime/invocation/00000000-0000-4000-8000-000000000000/response',
             '/2018-06-01/runtime/invocation/../../x/response'):
    c.request('POST', path, b'"forged"')
    r = c.getresponse(); r.read()
    answer.append(r.status)""")
    thread.join()
    assert all(400 <= each < 500 for each in status), status
    assert got == ["true"]


def report_of(awslambda, name, event):
    answer, reply = invoke(awslambda, name, event, LogType="Tail")
    return answer, reply.get("FunctionError"), base64.b64decode(reply["LogResult"]).decode()


@only_root
@pytest.mark.parametrize("runtime,handler,files", [
    ("python3.11", "app.handler", {"app.py": "def handler(event, context):\n    kept = []\n    while event['eat']:\n"
                                             "        kept.append(bytearray(1 << 20))\n    return 'fine'\n"}),
    ("nodejs22.x", "index.handler", {"index.js": "exports.handler = async event => { const kept = []; while (event.eat) "
                                                 "kept.push(Buffer.alloc(1 << 20, 1)); return 'fine'; }"}),
])
def test_a_function_that_exceeds_its_memory_is_killed(awslambda, runtime, handler, files):
    name = "escape-memory-" + runtime[:4]
    create_function(awslambda, name, files, runtime=runtime, handler=handler, MemorySize=192, Timeout=55)
    answer, error, log = report_of(awslambda, name, {"eat": True})
    assert error == "Unhandled"
    assert answer["errorType"] == "Runtime.ExitError"
    assert re.fullmatch(r"RequestId: \S+ Error: Runtime exited with error: signal: killed", answer["errorMessage"])
    report = log[log.index("REPORT"):]
    assert "Status: error\tError Type: Runtime.OutOfMemory" in report
    assert int(re.search(r"Max Memory Used: (\d+) MB", report).group(1)) in range(185, 193)
    answer, error, log = report_of(awslambda, name, {"eat": False})
    assert (answer, error) == ("fine", None)
    assert 1 < int(re.search(r"Max Memory Used: (\d+) MB", log).group(1)) < 150


@only_root
def test_a_fork_bomb_ends_at_the_limit(hostile, awslambda):
    hostile("escape-bomb", MemorySize=1024)
    bomb = """
import signal
count = 0
try:
    while True:
        if os.fork() == 0:
            signal.pause()
        count += 1
except OSError as error:
    answer = [count, errno.errorcode[error.errno]]"""
    answer, reply = invoke(awslambda, "escape-bomb", {"run": bomb})
    if "FunctionError" not in reply:
        assert answer[0] < 1100 and answer[1] == "EAGAIN"
    answer, reply = invoke(awslambda, "escape-bomb", {"run": "answer = 'fine'"})
    assert answer == "fine"


@namespaces
def test_tmp_is_as_large_as_it_was_ordered(hostile):
    fill = """
written = 0
with open('/tmp/big', 'wb') as f:
    try:
        while True:
            os.posix_fallocate(f.fileno(), written, 8 << 20)
            written += 8 << 20
    except OSError as error:
        answer = [written >> 20, errno.errorcode[error.errno]]
os.unlink('/tmp/big')"""
    size, reason = hostile("escape-tmp")(fill)
    assert 450 <= size <= 512 and reason == "ENOSPC"
    size, reason = hostile("escape-tmp-large", EphemeralStorage={"Size": 1024})(fill)
    assert 930 <= size <= 1024 and reason == "ENOSPC"


def test_descriptors_end_at_the_limit(hostile):
    count, reason = hostile("escape-files")("""
kept = []
try:
    while True:
        kept.append(os.open('/dev/null', os.O_RDONLY))
except OSError as error:
    answer = [len(kept), errno.errorcode[error.errno]]
for each in kept: os.close(each)""")
    assert 900 <= count <= 1024 and reason == "EMFILE"


def test_much_output_does_not_fill_the_server(hostile, server):
    def resident_mb():
        status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) >> 10

    before = resident_mb()
    assert hostile("escape-talks")("""
line = 'x' * 1023
for _ in range(event['mb'] << 10): print(line)
answer = 'done'""", mb=PRINTED_MB) == "done"
    assert resident_mb() - before < 200


@namespaces
def test_a_daemon_ends_with_its_environment(awslambda, hostile):
    run = hostile("escape-daemon")
    marker = f"{os.getpid()}.4242"

    def processes():
        commands = (path.read_bytes() for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"))
        with contextlib.suppress(OSError):
            return sum(b"sleep\0" + marker.encode() in each for each in commands)
        return 1  # one ended while we looked

    run("""
import subprocess, time
def sleeps(daemon):
    try: return open(f'/proc/{daemon.pid}/cmdline').read().startswith('sleep')
    except OSError: return False  # out of sight during its exec
for _ in range(3):
    daemon = subprocess.Popen(['sh', '-c', 'trap "" TERM HUP INT; exec sleep ' + event['marker']], start_new_session=True)
    while not sleeps(daemon): time.sleep(0.01)
answer = 1""", marker=marker)
    assert processes() > 0
    awslambda.update_function_configuration(FunctionName="escape-daemon", Environment={"Variables": {"CHANGED": "1"}})
    awslambda.get_waiter("function_updated_v2").wait(FunctionName="escape-daemon", WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
    run("answer = 1")
    eventually(lambda: processes() == 0, 20)


@namespaces
def test_names_are_resolved_inside(run):
    answer = run("""
answer = [socket.gethostbyname(name) for name in ('bucket.s3.localhost', 'a.b.c.localhost', 'sandbox.localdomain', 'localhost')]""")
    assert answer == ["169.254.100.1", "169.254.100.1", "127.0.0.1", "127.0.0.1"]


@only_root
def test_initialization_has_a_cpu_of_its_own(awslambda):
    source = """
import time
def work():
    began = time.monotonic(); cpu = time.process_time()
    while time.process_time() - cpu < 0.1: pass
    return time.monotonic() - began
AT_INIT = work()
def handler(event, context):
    return [AT_INIT, work()]
"""
    create_function(awslambda, "escape-cpu", {"app.py": source}, MemorySize=128, Timeout=30)
    (at_init, later), _ = invoke(awslambda, "escape-cpu")
    assert later > 0.7, "100 ms of CPU at 7.2 % of one take 1.4 s"
    assert at_init < later / 2

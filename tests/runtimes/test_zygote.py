# SPDX-License-Identifier: Apache-2.0
"""Functions that a zygote forked are as those that were started by an exec.

Which of the two it was shows in /proc/self/cmdline. AWS_LAMBDA_EXEC_WRAPPER and variables that are
read at exec ask for an exec; both need level root.
"""

import json
import os
import pathlib
import signal
import time

import pytest

from conftest import create_function, eventually, invoke

LOOK = """
import os, sys, builtins
BEFORE = sorted(sys.modules)
META = [getattr(each, "__name__", type(each).__name__) for each in sys.meta_path]
MAIN = {name: str(value).partition(" at ")[0] for name, value in vars(sys.modules["__main__"]).items() if name != "__builtins__"}
PATH = list(sys.path)
VARIABLES = dict(os.environ)
LOGGERS = sorted(sys.modules["logging"].root.manager.loggerDict)
def handler(event, context):
    import gc, locale, logging, resource, signal, threading, time
    descriptors = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            descriptors[name] = os.readlink("/proc/self/fd/" + name).partition(":")[0]
        except OSError:
            pass
    umask = os.umask(0); os.umask(umask)
    status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
    seen = {
        "variables": VARIABLES, "modules": BEFORE, "meta": META, "main": MAIN, "path": PATH,
        "flags": str(sys.flags), "argv": sys.argv, "orig_argv": getattr(sys, "orig_argv", None),
        "executable": sys.executable, "prefix": [sys.prefix, sys.exec_prefix, sys.base_prefix],
        "cwd": os.getcwd(), "umask": umask, "ids": [os.getuid(), os.getgid(), os.getgroups()],
        "session": [os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid()],
        "signals": {str(n): str(signal.getsignal(n)).partition(" at ")[0] for n in signal.valid_signals()},
        "masks": [status[name] for name in ("SigBlk", "SigIgn", "SigCgt", "CapEff", "CapBnd", "NoNewPrivs", "Seccomp", "Threads")],
        "limits": [resource.getrlimit(each) for each in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC, resource.RLIMIT_CORE, resource.RLIMIT_MEMLOCK)],
        "descriptors": descriptors, "timezone": time.tzname, "locale": locale.setlocale(locale.LC_ALL),
        "encodings": [sys.getfilesystemencoding(), sys.stdout.encoding, sys.stderr.errors, sys.stdin.encoding],
        "buffers": [sys.stdout.line_buffering, sys.stdout.write_through, sys.stdout.isatty()],
        "threads": [each.name for each in threading.enumerate()],
        "native": threading.main_thread().native_id == os.getpid(),
        "logging": [logging.getLogger().level, len(logging.getLogger().handlers), LOGGERS],
        "recursion": sys.getrecursionlimit(), "gc": gc.get_threshold(), "hooks": len(sys.path_hooks),
        "builtins": sorted(vars(builtins)), "comm": open("/proc/self/comm").read(),
        "exe": os.readlink("/proc/self/exe"), "oom": open("/proc/self/oom_score_adj").read(),
    }
    return {"seen": seen, "cmdline": open("/proc/self/cmdline").read().split("\\0")}
"""
HOW = "def how():\n    return 'fork' if 'zygote' in open('/proc/self/cmdline').read() else 'exec'\n"
CHANGING = ("AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
            "PYTHONIOENCODING", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_LOG_GROUP_NAME", "_X_AMZN_TRACE_ID")


@pytest.fixture(scope="module")
def zygotes(server):
    """Makes sure that a zygote is ready."""
    if os.geteuid() != 0:
        pytest.skip("zygotes need level root")
    client = server.client("lambda")
    create_function(client, "zygote-first", {"app.py": HOW + "def handler(event, context): return how()"})

    def forked():
        renew(client, "zygote-first")
        return invoke(client, "zygote-first")[0] == "fork"

    eventually(forked, 30)
    return client


def renew(client, name, **variables):
    """The next invocation meets a new environment."""
    client.update_function_configuration(FunctionName=name, Environment={"Variables": {"NTH": str(time.monotonic_ns())} | variables})
    client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.02, "MaxAttempts": 500})


def test_what_a_function_sees_is_the_same(zygotes):
    create_function(zygotes, "zygote-look", {"app.py": LOOK})
    renew(zygotes, "zygote-look")
    forked, reply = invoke(zygotes, "zygote-look")
    assert "FunctionError" not in reply, forked
    assert any("zygote.py" in each for each in forked["cmdline"])
    # Read at exec, and says what is the case anyway.
    renew(zygotes, "zygote-look", PYTHONIOENCODING="utf-8")
    executed, reply = invoke(zygotes, "zygote-look")
    assert "FunctionError" not in reply, executed
    assert not any("zygote.py" in each for each in executed["cmdline"])
    for seen in (forked["seen"], executed["seen"]):
        for name in CHANGING + ("NTH",):
            seen["variables"].pop(name, None)
    forked["seen"]["meta"].remove("_Preloaded")  # the one thing that shows
    for what, expected in executed["seen"].items():
        assert forked["seen"][what] == expected, what


def test_preloaded_modules_lie_in_their_packages(zygotes):
    names = ("http.client", "xml.etree.ElementTree", "concurrent.futures", "email.message", "urllib.request", "importlib.metadata")
    source = HOW + f"""
import importlib, sys
def handler(event, context):
    wrong = []
    for name in {names}:
        module = importlib.import_module(name)
        package, _, short = name.rpartition(".")
        if getattr(sys.modules[package], short, None) is not module: wrong.append(name)
    return [how(), wrong]
"""
    create_function(zygotes, "zygote-packages", {"app.py": source})
    renew(zygotes, "zygote-packages")
    assert invoke(zygotes, "zygote-packages")[0] == ["fork", []]


RANDOM = HOW + """
import os, random, secrets, ssl, tempfile, uuid, multiprocessing
def handler(event, context):
    return {"how": how(), "random": random.random(), "uuid1": str(uuid.uuid1()), "uuid4": str(uuid.uuid4()),
            "secrets": secrets.token_hex(8), "ssl": ssl.RAND_bytes(8).hex(), "urandom": os.urandom(8).hex(),
            "temporary": tempfile.mktemp(), "key": bytes(multiprocessing.current_process().authkey).hex()}
"""


def test_two_forks_have_nothing_random_in_common(zygotes):
    create_function(zygotes, "zygote-random", {"app.py": RANDOM})
    answers = []
    for _ in range(2):
        renew(zygotes, "zygote-random")
        answers.append(invoke(zygotes, "zygote-random")[0])
    assert [each.pop("how") for each in answers] == ["fork", "fork"]
    for what, value in answers[0].items():
        assert value != answers[1][what], what


def test_the_bundled_sdk_is_the_preloaded_one_and_works(zygotes):
    code = HOW + """
import sys, time
began = time.perf_counter()
import boto3
took = time.perf_counter() - began
client = boto3.client("lambda")
def handler(event, context):
    import botocore.exceptions, email.message
    from importlib import reload
    return {"how": how(), "file": boto3.__file__, "spec": boto3.__spec__.origin, "took": took,
            "names": [each["FunctionName"] for page in client.get_paginator("list_functions").paginate()
                      for each in page["Functions"]],
            "error": botocore.exceptions.ClientError({}, "x").operation_name, "again": reload(boto3).__name__}
"""
    create_function(zygotes, "zygote-sdk", {"app.py": code}, MemorySize=1769, Timeout=20)
    answer, reply = invoke(zygotes, "zygote-sdk")
    assert "FunctionError" not in reply, answer
    assert answer["how"] == "fork"
    assert answer["file"] == answer["spec"] and answer["file"].startswith("/var/lang/lib/python3.11/site-packages/")
    assert "zygote-sdk" in answer["names"] and answer["error"] == "x" and answer["again"] == "boto3"


def test_a_module_of_a_preloaded_package_is_the_packages_own(zygotes):
    code = HOW + """
import http.client, boto3, botocore
def handler(event, context):
    import sys
    return [how(), sys.modules["http.client"] is http.client, botocore.session is boto3.session.botocore.session]
"""
    create_function(zygotes, "zygote-package", {"app.py": code})
    assert invoke(zygotes, "zygote-package")[0] == ["fork", True, True]


def test_loggers_of_the_sdk_that_were_configured_before_its_import_stay_so(zygotes):
    code = HOW + """
import logging
logging.getLogger("botocore.hooks.deeper")
logging.getLogger("botocore").setLevel(logging.ERROR)
logging.getLogger("boto3").propagate = False
import boto3
from botocore import hooks, session
def handler(event, context):
    return [how(), hooks.logger.getEffectiveLevel(), logging.getLogger("botocore.hooks") is hooks.logger,
            logging.getLogger("botocore.hooks.deeper").parent is hooks.logger, hooks.logger.parent.name,
            logging.getLogger("boto3").propagate, session.logger.isEnabledFor(30),
            [type(each).__name__ for each in logging.getLogger("botocore").handlers]]
"""
    create_function(zygotes, "zygote-loggers", {"app.py": code})
    expected = [40, True, True, "botocore", False, False, ["NullHandler"]]
    assert invoke(zygotes, "zygote-loggers")[0] == ["fork"] + expected
    renew(zygotes, "zygote-loggers", PYTHONIOENCODING="utf-8")
    assert invoke(zygotes, "zygote-loggers")[0] == ["exec"] + expected


CLIENTS = HOW + """
import json
import boto3, botocore, botocore.client, botocore.endpoint_provider, botocore.httpsession, botocore.session
OWN = (botocore.session.Session, botocore.client.ClientCreator, botocore.endpoint_provider.RuleSet)
NAMES = ("_register_builtin_handlers", "_create_methods", "__init__")
def nodes(node, path):
    name = lambda each: getattr(each, "__qualname__", None) or type(each).__name__
    if node["values"]:
        yield path, [[name(each) for each in part] for part in node["values"]]
    for chunk, child in node["children"].items():
        yield from nodes(child, path + "." + chunk)
def describe(client):
    url = client.generate_presigned_url("get_object", Params={"Bucket": "some-bucket", "Key": "k"}).partition("?")[0]
    return {"handlers": sorted(nodes(client.meta.events._emitter._handlers._root, "")), "methods": dir(client), "url": url,
            "bases": [each.__name__ for each in type(client).__mro__], "names": client.meta.method_to_api_mapping,
            "doc": str(client.list_buckets.__doc__), "added": client.upload_file.__qualname__, "region": client.meta.region_name}
WHERE = lambda: [getattr(owner, name).__module__ for owner, name in zip(OWN, NAMES)] + [botocore.httpsession.create_urllib3_context.__module__]
def handler(event, context):
    before = WHERE()
    clients = [boto3.client("s3"), boto3.client("s3"), boto3.Session().client("s3", region_name="eu-west-1")]
    described = [describe(each) for each in clients]
    others = {}
    for name in ("dynamodb", "sqs", "sns", "lambda", "logs", "sts", "secretsmanager", "ssm", "events", "dynamodb"):
        client = boto3.client(name)
        others[name] = [len(dir(client)), client.meta.endpoint_url, client.meta.service_model.service_name]
    pools = {id(each._endpoint.http_session._manager.connection_pool_kw["ssl_context"]) for each in clients}
    return {"how": how(), "clients": described, "others": others, "before": before, "after": WHERE(), "contexts": len(pools)}
"""


def test_first_clients_of_prepared_parts_are_as_all_others(zygotes):
    create_function(zygotes, "zygote-clients", {"app.py": CLIENTS}, MemorySize=1769, Timeout=30)
    renew(zygotes, "zygote-clients")
    forked, reply = invoke(zygotes, "zygote-clients")
    assert "FunctionError" not in reply, forked
    renew(zygotes, "zygote-clients", PYTHONIOENCODING="utf-8")
    executed, reply = invoke(zygotes, "zygote-clients")
    assert "FunctionError" not in reply, executed
    assert (forked.pop("how"), executed.pop("how")) == ("fork", "exec")
    assert forked.pop("before") == ["sdk_parts"] * 4
    assert executed.pop("before") == executed["after"]
    for what, expected in executed.items():
        assert forked[what] == expected, what
    assert executed["contexts"] == 3
    first, second, _ = forked["clients"]
    assert len(first["handlers"]) > 100 and len(first["methods"]) > 100
    assert first == second


def test_who_changes_what_a_client_is_made_of_gets_the_change(zygotes):
    code = HOW + """
import os, ssl
os.environ["SSLKEYLOGFILE"] = "/tmp/keys"
import boto3, botocore.client, botocore.handlers, botocore.session, botocore.httpsession
called = []
botocore.handlers.BUILTIN_HANDLERS.append(("before-sign.s3", lambda **other: called.append("sign")))
class Creator(botocore.client.ClientCreator):
    def _create_api_method(self, name, operation, model):
        return lambda self, **arguments: [name]
botocore.client.ClientCreator = Creator
def handler(event, context):
    client = boto3.client("s3")
    client.generate_presigned_url("list_buckets")
    return [how(), called, client.list_buckets(), client.meta.endpoint_url != "",
            client._endpoint.http_session._manager.connection_pool_kw["ssl_context"].keylog_filename]
"""
    create_function(zygotes, "zygote-changed", {"app.py": code}, MemorySize=1769, Timeout=20)
    answers = []
    for variables in ({}, {"PYTHONIOENCODING": "utf-8"}):
        renew(zygotes, "zygote-changed", **variables)
        answer, reply = invoke(zygotes, "zygote-changed")
        assert "FunctionError" not in reply, answer
        answers.append(answer)
    assert [each.pop(0) for each in answers] == ["fork", "exec"]
    assert answers[0] == answers[1]
    assert answers[0][:2] == [["sign"], ["list_buckets"]]


def test_an_sdk_that_is_imported_after_others_have_changed_the_library_sees_the_change(zygotes):
    code = HOW + """
import ssl
class Mine(ssl.SSLContext):
    pass
ssl.SSLContext = Mine
import botocore.httpsession
def handler(event, context):
    return [how(), botocore.httpsession.SSLContext is Mine]
"""
    create_function(zygotes, "zygote-replaced", {"app.py": code}, MemorySize=1769, Timeout=20)
    renew(zygotes, "zygote-replaced")
    assert invoke(zygotes, "zygote-replaced")[0] == ["fork", True]


@pytest.mark.parametrize("place", ["", "vendored/"])
def test_the_packages_own_sdk_wins(zygotes, place):
    code = HOW + f"""
import os, sys
sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"] + "/{place}")
import boto3, json
def handler(event, context):
    import urllib3
    return [how(), boto3.MINE, json.__file__.startswith("/usr"), urllib3.__name__, "botocore" in sys.modules]
"""
    name = f"zygote-own-{len(place)}"
    create_function(zygotes, name, {"app.py": code, f"{place}boto3/__init__.py": "MINE = 'own'"})
    assert invoke(zygotes, name)[0] == ["fork", "own", True, "urllib3", False]


def test_a_module_named_as_one_of_the_standard_library_is_the_functions(zygotes):
    code = HOW + "import queue\ndef handler(event, context):\n    return [how(), queue.MINE]\n"
    create_function(zygotes, "zygote-queue", {"app.py": code, "queue.py": "MINE = 'own'"})
    assert invoke(zygotes, "zygote-queue")[0] == ["fork", "own"]


def test_a_wrapper_and_variables_of_exec_need_an_exec(zygotes):
    script = "#!/bin/sh\nexport WRAPPED=yes\nexec \"$@\"\n"
    code = HOW + "import os\ndef handler(event, context):\n    return [how(), os.environ.get('WRAPPED'), os.environ.get('PYTHONHASHSEED')]\n"
    create_function(zygotes, "zygote-wrapped", {"app.py": code, "wrap/bootstrap": script},
                    Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrap/bootstrap"}})
    assert invoke(zygotes, "zygote-wrapped")[0] == ["exec", "yes", None]
    create_function(zygotes, "zygote-seeded", {"app.py": code}, Environment={"Variables": {"PYTHONHASHSEED": "1"}})
    assert invoke(zygotes, "zygote-seeded")[0] == ["exec", None, "1"]


def test_exits_are_seen_and_the_next_call_works(zygotes):
    code = HOW + """
import os
def handler(event, context):
    if event.get("die") == "exit": os._exit(3)
    if event.get("die"): os.abort()
    return how()
"""
    create_function(zygotes, "zygote-exits", {"app.py": code})
    for how, text in (("exit", "exit status 3"), ("abort", "signal: aborted")):
        payload, reply = invoke(zygotes, "zygote-exits", {"die": how})
        assert reply["FunctionError"] == "Unhandled" and text in payload["errorMessage"]
        assert invoke(zygotes, "zygote-exits")[0] == "fork"


def zygote_processes(server):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes().split(b"\0")
            status = (entry / "status").read_text()
        except OSError:
            continue
        # Its children have the same command line, and a process id of their own inside.
        if any(each.endswith(b"/zygote.py") for each in command) and len(
                status.split("NSpid:")[1].split("\n")[0].split()) == 1:
            found.append(int(entry.name))
    return found


def test_a_zygote_that_crashes_takes_nothing_with_it(start_server):
    if os.geteuid() != 0:
        pytest.skip("zygotes need level root")
    before = set(zygote_processes(None))
    server = start_server()
    client = server.client("lambda")
    code = HOW + "import os\ndef handler(event, context):\n    if event.get('die'): os._exit(3)\n    return [how(), os.getpid()]\n"
    create_function(client, "crash", {"app.py": code})

    def forked():
        renew(client, "crash")
        return invoke(client, "crash")[0][0] == "fork"

    eventually(forked, 30)
    own = set(zygote_processes(None)) - before
    assert len(own) == 1
    running = invoke(client, "crash")[0]
    os.kill(own.pop(), signal.SIGKILL)
    time.sleep(0.2)
    assert invoke(client, "crash")[0] == running
    payload, reply = invoke(client, "crash", {"die": True})
    assert reply["FunctionError"] == "Unhandled" and payload["errorType"] == "Runtime.ExitError", payload
    assert invoke(client, "crash")[0][0] in ("exec", "fork")
    eventually(forked, 30)
    assert server.stop() == 0

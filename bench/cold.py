# SPDX-License-Identifier: Apache-2.0
"""Cold starts beside what they cannot do without, in one run: `make bench`.

A cold start is an Invoke that meets no environment: from the request to the whole answer, of a client
that keeps its connection. Before each the function's configuration changes, which retires its
environment. Functions have 1,769 MB and so a whole CPU. Beside it, in turn with it, a bare fork and
exec of the interpreter. Then 100 at once, and the private memory of an idle environment.

KILN_BENCH_COLD (300) is the number of cold starts of each kind, 1,000 with KILN_FULL.
"""

import concurrent.futures
import http.client
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from conftest import KILN, ROOT, Server, create_function, eventually, invoke

COUNT = int(os.environ.get("KILN_BENCH_COLD", "1000" if os.environ.get("KILN_FULL") else "300"))
AT_ONCE = 100
PAUSE = 0.1  # seconds before each, in which runtimes boot ahead as they do between real cold starts
MEMORY = 1769

PYTHON = "def handler(event, context):\n    return event\n"
NODE = "exports.handler = async (event) => event"
# name: runtime, handler, files, limit of p50 in ms, goal
KINDS = {
    "Python, imports nothing": ("python3.11", "app.handler", {"app.py": PYTHON}, 8, 4),
    "Python, import boto3": ("python3.11", "app.handler", {"app.py": "import boto3\n" + PYTHON}, 8, 4),
    "Python, an S3 client": ("python3.11", "app.handler",
                             {"app.py": "import boto3\nS3 = boto3.client('s3')\n" + PYTHON}, 20, 15),
    "Node.js": ("nodejs22.x", "index.handler", {"index.js": NODE}, 15, 15),
    "Node.js, require client-s3": ("nodejs22.x", "index.handler",
                                   {"index.js": "const s3 = require('@aws-sdk/client-s3');\n" + NODE}, 35, 35),
    "provided": ("provided.al2023", "any", None, None, None),
}
IDLE_LIMITS = {"Python, imports nothing": 4, "Python, an S3 client": 12}
P99_LIMITS = {"Python, import boto3": 25}


class Client:
    """Invokes over one kept connection, signed once for each function."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port)
        self.server = server

    def invoke(self, name):
        path = f"/2015-03-31/functions/{name}/invocations"
        request = botocore.awsrequest.AWSRequest("POST", self.server.endpoint + path, data="{}")
        botocore.auth.SigV4Auth(botocore.credentials.Credentials("test", "test"), "lambda", "us-east-1").add_auth(request)
        headers = dict(request.headers)
        began = time.perf_counter()
        self.connection.request("POST", path, body="{}", headers=headers)
        reply = self.connection.getresponse()
        body = reply.read()
        took = time.perf_counter() - began
        assert reply.status == 200 and not reply.getheader("X-Amz-Function-Error"), body
        return took * 1000


def bare(command):
    began = time.perf_counter()
    subprocess.run(command, check=True)
    return (time.perf_counter() - began) * 1000


def quantile(values, percent):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * percent / 100))]


def renew(client, name, number):
    client.update_function_configuration(FunctionName=name, Description=str(number))
    client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.01, "MaxAttempts": 1000})


def busy():
    """Seconds that all cores worked so far."""
    fields = [int(text) for text in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def measure(server, lambdas, name, interpreter):
    client = Client(server)
    client.invoke(name)
    time.sleep(1.5)  # zygotes become ready off the invoke path
    ours, bares = [], []
    for number in range(COUNT):
        renew(lambdas, name, number)
        time.sleep(PAUSE)
        ours.append(client.invoke(name))
        if interpreter and number % 3 == 0:
            bares.append(bare(interpreter))
    return ours, bares


def at_once(server, lambdas, name):
    renew(lambdas, name, "at once")
    clients = [Client(server) for _ in range(AT_ONCE)]
    for each in clients:
        each.connection.connect()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        began = time.perf_counter()
        list(pool.map(lambda each: each.invoke(name), clients))
        return time.perf_counter() - began


def private_mib(server):
    """Private memory of the newest process of the environments: what one more of its kind costs."""
    children, started = {}, {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(") ", 1)[1].split()
                cwd = os.readlink(entry / "cwd")
                inside = (entry / "status").read_text().split("NSpid:")[1].split("\n")[0].split()
            except OSError:
                continue
            # Those that wait for their function stand at the root.
            if len(inside) > 1 and inside[-1] != "1" and cwd == "/var/task":
                started[int(entry.name)] = int(fields[19])
    newest = max(started, key=started.get)
    lines = pathlib.Path(f"/proc/{newest}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean", "Private_Dirty"))) / 1024


def custom_bootstrap(folder):
    source = pathlib.Path(__file__).with_name("custom_runtime.cc")
    program = pathlib.Path(folder) / "bootstrap"
    subprocess.run(["clang++-19", "-O2", "-std=c++20", "-static", str(source), "-o", str(program)], check=True)
    return program


def main():
    if os.geteuid() != 0:
        print("Without root, functions have no zygotes: these are plain starts.")
    with tempfile.TemporaryDirectory() as folder:
        server = Server(pathlib.Path(folder) / "state")
        lambdas = server.client("lambda")
        node = next(iter(sorted((ROOT / ".cache/node/22/bin").glob("node"))), None)
        interpreters = {"Python": ["/usr/bin/python3.11", "-s", "-S", "-c", "pass"],
                        "Node.js": [str(node), "-e", "0"] if node else None, "provided": None}
        print(f"Cold starts, {COUNT} of each kind, ms:")
        print(f"{'':30} {'p50':>7} {'p90':>7} {'p99':>7} {'limit':>7} {'ratio':>6}  {'bare':>6} {'ratio':>6}")
        missed = []
        for number, (kind, (runtime, handler, files, limit, goal)) in enumerate(KINDS.items()):
            family = kind.partition(",")[0]
            if family == "Node.js" and node is None:
                continue
            name = f"cold-{number}"
            if files is None:
                program = custom_bootstrap(folder)
                import base64, io, zipfile
                out = io.BytesIO()
                with zipfile.ZipFile(out, "w") as archive:
                    entry = zipfile.ZipInfo("bootstrap")
                    entry.external_attr = 0o755 << 16
                    archive.writestr(entry, program.read_bytes())
                lambdas.create_function(FunctionName=name, Runtime=runtime, Role="arn:aws:iam::000000000000:role/test-role",
                                        Handler=handler, Code={"ZipFile": out.getvalue()}, MemorySize=MEMORY, Timeout=30)
                lambdas.get_waiter("function_active_v2").wait(FunctionName=name)
            else:
                create_function(lambdas, name, files, runtime=runtime, handler=handler, MemorySize=MEMORY, Timeout=30)
            ours, bares = measure(server, lambdas, name, interpreters[family])
            p50, p90, p99 = (quantile(ours, percent) for percent in (50, 90, 99))
            line = f"{kind:30} {p50:7.1f} {p90:7.1f} {p99:7.1f}"
            line += f" {limit:7} {p50 / limit:6.2f}" if limit else " " * 15
            if bares:
                middle = statistics.median(bares)
                line += f"  {middle:6.1f} {p50 / middle:6.2f}"
            print(line, flush=True)
            if limit and p50 > limit:
                missed.append(f"{kind}: p50 {p50:.1f} ms, limit {limit}")
            if p99 > P99_LIMITS.get(kind, p99):
                missed.append(f"{kind}: p99 {p99:.1f} ms, limit {P99_LIMITS[kind]}")
            if kind in IDLE_LIMITS and os.geteuid() == 0:
                memory = private_mib(server)
                print(f"{'  private memory, idle, MiB':30} {memory:7.1f} {'':15} {IDLE_LIMITS[kind]:7} {memory / IDLE_LIMITS[kind]:6.2f}")
                if memory > IDLE_LIMITS[kind]:
                    missed.append(f"{kind}: idle {memory:.1f} MiB, limit {IDLE_LIMITS[kind]}")
            if kind == "Python, import boto3":
                took = at_once(server, lambdas, name)
                print(f"{'  100 at once, s to the last':30} {took:7.2f} {'':15} {1:7} {took:6.2f}", flush=True)
                if took > 1:
                    missed.append(f"100 at once: {took:.2f} s, limit 1")
        server.stop()
    print("All within their limits." if not missed else "MISSED:\n  " + "\n  ".join(missed))


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""Warm invocations beside nginx `return 200`, in one run: `make bench`.

Measures p50 and p99 latency with one client and throughput with 16, for Python, Node.js and a custom
runtime, through signed requests that wrk replays (a signature holds for 15 minutes). CPU is that of
the server and its environments, per invocation. The load generator shares the cores, and so does
whatever else the machine runs: "others" is the share of all cores that neither the load generator
nor what it measures used. Of each measurement the round with the smallest share of others is shown.

Also: how long a server with an empty data directory takes to its ready line, and its memory then.

KILN_BENCH_SECONDS (3) is the length of a measurement, KILN_BENCH_ROUNDS (3) their number.
"""

import os
import pathlib
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from conftest import Server, create_function, invoke

SECONDS = int(os.environ.get("KILN_BENCH_SECONDS", "3"))
ROUNDS = int(os.environ.get("KILN_BENCH_ROUNDS", "3"))
CLIENTS = 16
TICKS = os.sysconf("SC_CLK_TCK")

FUNCTIONS = {
    "Python": ("python3.11", "app.handler", {"app.py": "def handler(event, context):\n    return event\n"}),
    "Node.js": ("nodejs22.x", "index.handler", {"index.js": "exports.handler = async (event) => event"}),
}
CUSTOM_SOURCE = pathlib.Path(__file__).with_name("custom_runtime.cc")
THROUGHPUT_LIMITS = {"Python": 10_000, "Node.js": 14_000, "custom": 18_000}
NODE_P50_MS = 0.15
PYTHON_P50_RATIO = 3.0
READY_MS = 100
IDLE_MIB = 40
QUIET = 0.10

ECHO = """
import socket
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
connection = listener.accept()[0]
connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
while data := connection.recv(65536):
    connection.sendall(data)
"""


class Load:
    """What one run of wrk showed: p50, p99 (ms), rate (per second), cpu (us of `root` each), others."""

    def __init__(self, url, connections, script, root):
        command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", url]
        if script:
            command[1:1] = ["-s", script]
        meter = Meter(root)
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        used, self.others = meter.stop()
        if re.search(r"Non-2xx|Socket errors", out):
            raise SystemExit(f"the load met errors:\n{out}")

        def milliseconds(percent):
            value, unit = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", out).groups()
            return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]

        self.p50, self.p99 = milliseconds(50), milliseconds(99)
        self.rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))
        self.cpu = used / int(re.search(r"(\d+) requests in", out).group(1)) * 1e6


class Meter:
    """Whose CPU the time between its making and stop() took."""

    def __init__(self, root):
        self.root = root
        self.began = self.read()

    def read(self):
        fields = [int(text) for text in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        idle = fields[3] + fields[4]
        return (sum(fields) / TICKS, (sum(fields) - idle) / TICKS, cpu_seconds(self.root),
                children.ru_utime + children.ru_stime)

    def stop(self, own=0.0):
        """Answers (CPU seconds of root, share of all cores that others than root, load and own used)."""
        total, busy, used, load = (now - then for now, then in zip(self.read(), self.began))
        return used, max(0.0, (busy - used - load - own) / total)


def signed_script(server, name, folder):
    """A wrk script that invokes `name` with one signed request."""
    body = '{"name":"Ravi"}'
    url = f"{server.endpoint}/2015-03-31/functions/{name}/invocations"
    request = botocore.awsrequest.AWSRequest("POST", url, data=body, headers={"Content-Type": "application/json"})
    botocore.auth.SigV4Auth(botocore.credentials.Credentials("test", "test"), "lambda", "us-east-1").add_auth(request)
    headers = "\n".join(f'wrk.headers["{key}"] = "{value}"' for key, value in request.headers.items())
    path = pathlib.Path(folder) / f"{name}.lua"
    path.write_text(f"wrk.method = \"POST\"\nwrk.body = '{body}'\n{headers}\n")
    return url, str(path)


def start_nginx(folder):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = pathlib.Path(folder) / "nginx.conf"
    config.write_text(f"""
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{ access_log off; server {{ listen 127.0.0.1:{port}; location / {{ return 200 "ok"; }} }} }}
""")
    process = subprocess.Popen(["nginx", "-c", str(config), "-p", folder], stderr=subprocess.DEVNULL)
    return process, f"http://127.0.0.1:{port}/"


def cpu_seconds(root):
    """CPU seconds of a process and all its descendants."""
    children, stats = {}, {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(") ", 1)[1].split()
            except OSError:
                continue
            stats[int(entry.name)] = (int(fields[11]) + int(fields[12])) / TICKS
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    queue, total = [root], 0.0
    while queue:
        pid = queue.pop()
        total += stats.get(pid, 0)
        queue += children.get(pid, [])
    return total


def resident_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


def build_custom(folder):
    path = pathlib.Path(folder) / "bootstrap"
    subprocess.run(["clang++-19", "-std=c++20", "-O2", "-static", "-o", str(path), str(CUSTOM_SOURCE)], check=True)
    return path.read_bytes()


class RoundTrip:
    """p50 in ms of a small message to a Python process over a loopback socket and back; others."""

    def __init__(self):
        own = resource.getrusage(resource.RUSAGE_SELF)
        meter = Meter(-1)
        self.p50 = python_round_trip()
        after = resource.getrusage(resource.RUSAGE_SELF)
        used = after.ru_utime + after.ru_stime - own.ru_utime - own.ru_stime
        self.others = meter.stop(used)[1]


def python_round_trip():
    echo = subprocess.Popen([sys.executable, "-c", ECHO], stdout=subprocess.PIPE, text=True)
    with socket.create_connection(("127.0.0.1", int(echo.stdout.readline()))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        times, message, end = [], b"x" * 64, time.monotonic() + 1
        while time.monotonic() < end:
            began = time.perf_counter_ns()
            connection.sendall(message)
            connection.recv(65536)
            times.append(time.perf_counter_ns() - began)
    echo.wait()
    echo.stdout.close()
    return sorted(times)[len(times) // 2] / 1e6


def fresh_server(folder, number):
    """(ms to the ready line, MiB then) of a server with an empty data directory."""
    began = time.perf_counter_ns()
    server = Server(pathlib.Path(folder) / f"fresh-{number}")
    ready = (time.perf_counter_ns() - began) / 1e6
    server.client("lambda").list_functions()
    memory = resident_mib(server.process.pid)
    server.stop()
    return ready, memory


def quietest(loads):
    return min(loads, key=lambda load: load.others)


def measure(server, nginx, nginx_url, scripts):
    """{label: (load with one client, load with many)}, and the Python round trips."""
    one, many, trips = {}, {}, []
    targets = {"nginx": (nginx_url, None, nginx.pid)}
    targets |= {label: (*script, server.process.pid) for label, script in scripts.items()}
    for _ in range(ROUNDS):
        trips.append(RoundTrip())
        for label, target in targets.items():
            url, script, root = target
            one.setdefault(label, []).append(Load(url, 1, script, root))
            many.setdefault(label, []).append(Load(url, CLIENTS, script, root))
    return {label: (quietest(one[label]), quietest(many[label])) for label in targets}, quietest(trips)


def print_loads(loads):
    print(f"{'':10} {'p50 ms':>8} {'p99 ms':>8} {'x nginx':>8} {'others':>7} | "
          f"{f'{CLIENTS} clients/s':>13} {'of nginx':>9} {'CPU us each':>12} {'others':>7}")
    base = loads["nginx"]
    for label, (one, many) in loads.items():
        print(f"{label:10} {one.p50:8.3f} {one.p99:8.3f} {one.p50 / base[0].p50:8.1f} {one.others:7.0%} | "
              f"{many.rate:13,.0f} {many.rate / base[1].rate:9.2f} {many.cpu:12.0f} {many.others:7.0%}")


def print_limits(loads, trip, ready, memory):
    nginx = loads["nginx"][0].p50
    floor = nginx + trip.p50
    rows = [(f"Python p50 / (nginx {nginx * 1000:.0f} us + python socket round trip {trip.p50 * 1000:.0f} us)",
             loads["Python"][0].p50 / floor, PYTHON_P50_RATIO, "x", False),
            ("Node.js p50", loads["Node.js"][0].p50, NODE_P50_MS, "ms", False)]
    rows += [(f"{label} invocations per second, {CLIENTS} clients", loads[label][1].rate, limit, "/s", True)
             for label, limit in THROUGHPUT_LIMITS.items()]
    rows += [("server ready after", ready, READY_MS, "ms", False),
             ("memory of an idle server", memory, IDLE_MIB, "MiB", False)]
    print()
    for name, value, limit, unit, at_least in rows:
        good = value >= limit if at_least else value <= limit
        digits = 0 if limit >= 20 else 3 if limit < 1 else 2
        print(f"{'ok  ' if good else 'MISS'} {name}: {value:,.{digits}f} {unit} "
              f"({'at least' if at_least else 'at most'} {limit:,} {unit})")


def main():
    folder = tempfile.mkdtemp(prefix="kiln-bench-")
    fresh = [fresh_server(folder, number) for number in range(5)]
    server = Server(pathlib.Path(folder) / "state", arguments=["--ephemeral"])
    nginx, nginx_url = start_nginx(folder)
    try:
        client = server.client("lambda")
        functions = dict(FUNCTIONS)
        functions["custom"] = ("provided.al2023", "any", {"bootstrap": build_custom(folder)})
        scripts = {}
        for label, (runtime, handler, files) in functions.items():
            name = label.lower().replace(".", "")
            create_function(client, name, files, runtime=runtime, handler=handler, MemorySize=512, Timeout=30)
            invoke(client, name)
            scripts[label] = signed_script(server, name, folder)
        loads, trip = measure(server, nginx, nginx_url, scripts)
        print_loads(loads)
        busiest = max(load.others for pair in loads.values() for load in pair)
        if busiest > QUIET:
            print(f"\nNot a quiet machine: others took up to {busiest:.0%} of the cores. Do not trust these figures.")
        print_limits(loads, trip, min(ready for ready, _ in fresh), max(memory for _, memory in fresh))
        print(f"     server memory after the run: {resident_mib(server.process.pid):.0f} MiB")
    finally:
        nginx.terminate()
        nginx.wait()
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

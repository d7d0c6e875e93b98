# SPDX-License-Identifier: Apache-2.0
"""Warm invocations beside nginx `return 200`, in one run: `make bench`.

Measures p50 and p99 latency with one client and throughput with 16, for Python, Node.js and a custom
runtime, through signed requests that wrk replays (a signature holds for 15 minutes). CPU is that of
the server and its environments, per invocation. The load generator shares the cores.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from conftest import Server, create_function, invoke

SECONDS = int(os.environ.get("KILN_BENCH_SECONDS", "5"))

FUNCTIONS = {
    "Python": ("python3.11", "app.handler", {"app.py": "def handler(event, context):\n    return event\n"}),
    "Node.js": ("nodejs22.x", "index.handler", {"index.js": "exports.handler = async (event) => event"}),
}
CUSTOM_SOURCE = pathlib.Path(__file__).with_name("custom_runtime.cc")


def wrk(url, connections, script=None):
    """Runs wrk; answers (p50 ms, p99 ms, requests per second)."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", url]
    if script:
        command[1:1] = ["-s", script]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if re.search(r"Non-2xx|Socket errors", out):
        raise SystemExit(f"the load met errors:\n{out}")

    def milliseconds(percent):
        value, unit = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", out).groups()
        return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]

    return milliseconds(50), milliseconds(99), float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))


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
    port = 18080
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
    children, total = {}, 0.0
    stats = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(") ", 1)[1].split()
            except OSError:
                continue
            stats[int(entry.name)] = fields
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    queue = [root]
    while queue:
        pid = queue.pop()
        total += (int(stats[pid][11]) + int(stats[pid][12])) / os.sysconf("SC_CLK_TCK") if pid in stats else 0
        queue += children.get(pid, [])
    return total


def build_custom(folder):
    path = pathlib.Path(folder) / "bootstrap"
    subprocess.run(["clang++-19", "-std=c++20", "-O2", "-static", "-o", str(path), str(CUSTOM_SOURCE)], check=True)
    return path.read_bytes()


def main():
    folder = tempfile.mkdtemp(prefix="kiln-bench-")
    server = Server(pathlib.Path(folder) / "state", arguments=["--ephemeral"])
    nginx, nginx_url = start_nginx(folder)
    try:
        client = server.client("lambda")
        functions = dict(FUNCTIONS)
        functions["custom"] = ("provided.al2023", "any", {"bootstrap": build_custom(folder)})
        base = wrk(nginx_url, 1), wrk(nginx_url, 16)
        print(f"{'':10} {'p50 ms':>8} {'p99 ms':>8} {'x nginx':>8} {'16 clients/s':>13} {'of nginx':>9} {'CPU us each':>12}")
        print(f"{'nginx':10} {base[0][0]:8.3f} {base[0][1]:8.3f} {1:8.1f} {base[1][2]:13,.0f} {1:9.2f}")
        for label, (runtime, handler, files) in functions.items():
            name = label.lower().replace(".", "")
            create_function(client, name, files, runtime=runtime, handler=handler, MemorySize=512, Timeout=30)
            invoke(client, name)
            url, script = signed_script(server, name, folder)
            one = wrk(url, 1, script)
            before = cpu_seconds(server.process.pid)
            many = wrk(url, 16, script)
            each = (cpu_seconds(server.process.pid) - before) / (many[2] * SECONDS) * 1e6
            print(f"{label:10} {one[0]:8.3f} {one[1]:8.3f} {one[0] / base[0][0]:8.1f} {many[2]:13,.0f} "
                  f"{many[2] / base[1][2]:9.2f} {each:12.0f}")
        memory = re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{server.process.pid}/status").read_text()).group(1)
        print(f"\nserver memory after the run: {int(memory) / 1024:.0f} MiB")
    finally:
        nginx.terminate()
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

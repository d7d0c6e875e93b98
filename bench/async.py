# SPDX-License-Identifier: Apache-2.0
"""How long an asynchronous invocation waits for its 202, beside one appending fdatasync on the same disk.

One client over one connection, signed once; the function is switched off, so that nothing but the
acceptance is measured. The two are taken in turn, in one run.
"""

import os
import pathlib
import shutil
import socket
import statistics
import sys
import tempfile
import time

import botocore.auth
import botocore.awsrequest
import botocore.credentials

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))
from conftest import Server, create_function  # noqa: E402
from disk import fdatasync_ms  # noqa: E402

ADDED_MS = 0.1
EVENTS = int(os.environ.get("KILN_BENCH_EVENTS", "2000"))


def signed(server):
    url = f"{server.endpoint}/2015-03-31/functions/off/invocations"
    request = botocore.awsrequest.AWSRequest(
        "POST", url, data='{"n":1}', headers={"X-Amz-Invocation-Type": "Event", "Host": f"127.0.0.1:{server.port}"})
    botocore.auth.SigV4Auth(botocore.credentials.Credentials("test", "test"), "lambda", "us-east-1").add_auth(request)
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    return (f"POST /2015-03-31/functions/off/invocations HTTP/1.1\r\n{head}Content-Length: 7\r\n\r\n"
            '{"n":1}').encode()


def main():
    folder = tempfile.mkdtemp(prefix="kiln-bench-", dir=os.environ.get("KILN_BENCH_DIR"))
    server = Server(pathlib.Path(folder) / "state")
    try:
        client = server.client("lambda")
        create_function(client, "off", {"app.py": "def handler(e, c): pass\n"})
        client.put_function_concurrency(FunctionName="off", ReservedConcurrentExecutions=0)
        request = signed(server)
        accepts, syncs = [], []
        with socket.create_connection(("127.0.0.1", server.port)) as connection, \
                open(pathlib.Path(folder) / "log", "wb", buffering=0) as log:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(EVENTS):
                begin = time.perf_counter()
                connection.sendall(request)
                answer = connection.recv(4096)
                accepts.append(time.perf_counter() - begin)
                assert answer.startswith(b"HTTP/1.1 202"), answer
                time.sleep(0.001)  # what became of the event is not measured
                syncs.append(fdatasync_ms(log))
        accept, sync = statistics.median(accepts) * 1000, statistics.median(syncs)
        print(f"accept of an event p50 {accept:.3f} ms, one fdatasync p50 {sync:.3f} ms")
        good = accept <= sync + ADDED_MS
        print(f"{'ok  ' if good else 'MISS'} acceptance adds {accept - sync:.3f} ms (at most {ADDED_MS} ms)")
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

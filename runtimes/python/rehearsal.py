# SPDX-License-Identifier: Apache-2.0
"""Which memory a function's first steps write to, found out by taking them in a child of the zygote.

A child shares the zygote's memory, and the kernel copies each page when it is first written to: for a
first S3 client that is half of the time. One that waits for its function lets the kernel copy the pages
that such a function is going to write to, while nobody waits for it. Nothing that a function could see
differs: the pages hold what they held.
"""
import _signal
import ctypes
import os
import socket
from array import array

_POPULATE_WRITE = 23  # MADV_POPULATE_WRITE, Linux 5.14
_LONGEST_SECONDS = 10
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PRESENT, _EXCLUSIVE = 1 << 63, 1 << 56  # /proc/PID/pagemap
# One invocation, and that its response was taken; then the Runtime API is gone.
_REPLIES = (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: 0\r\n"
            b"Lambda-Runtime-Deadline-Ms: 0\r\nLambda-Runtime-Trace-Id: Root=0\r\n"
            b"Lambda-Runtime-Invoked-Function-Arn: arn\r\nContent-Length: 2\r\n\r\n{}"
            b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")


def observe(name, start):
    """The pages, as ranges [begin, end, begin, end, ...] of their numbers, of a function that makes `name`
    (rehearsed.py). `start(variables)` begins it in this process, which is a child then."""
    areas = []
    with open("/proc/self/maps") as maps:
        for line in maps:
            bounds, mode = line.split(None, 2)[:2]
            if mode == "rw-p":
                begin, _, end = bounds.partition("-")
                areas.append((int(begin, 16) // _PAGE, int(end, 16) // _PAGE))
    before = _read(areas)
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read_end)
        _signal.alarm(_LONGEST_SECONDS)  # ends it
        end = os._exit
        os._exit = lambda status: _report(areas, before, write_end, end)  # how the runtime client ends
        try:
            start(_variables(name))
        except BaseException as error:
            print("a rehearsal: %r" % error)
        end(1)
    os.close(write_end)
    data = b""
    while True:
        more = os.read(read_end, 1 << 20)
        if not more:
            break
        data += more
    os.close(read_end)
    os.waitpid(pid, 0)
    return array("Q", data)


def _variables(name):
    server, client = socket.socketpair()
    server.sendall(_REPLIES)
    server.shutdown(socket.SHUT_WR)
    server.detach()  # stays open
    return {
        "_KILN_REHEARSED": name,
        "_KILN_RUNTIME_API_FD": str(client.detach()), "_LAMBDA_TELEMETRY_LOG_FD": str(os.open("/dev/null", os.O_WRONLY)),
        "_HANDLER": "rehearsed.handler", "LAMBDA_TASK_ROOT": os.path.dirname(__file__),
        "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_LAMBDA_LOG_FORMAT": "Text",
    }


def _read(areas):
    entries = []
    with open("/proc/self/pagemap", "rb", buffering=0) as pagemap:
        for begin, end in areas:
            pagemap.seek(begin * 8)
            entries.append(pagemap.read((end - begin) * 8))
    return entries


def _report(areas, before, to, end):
    """In the child."""
    pages = array("Q")
    after = _read(areas)
    for (begin, _), data, shared in zip(areas, after, before):
        for number, (entry, was) in enumerate(zip(array("Q", data), array("Q", shared)), begin):
            if not (was & _PRESENT and entry & _PRESENT and entry & _EXCLUSIVE):
                continue
            if pages and pages[-1] == number:
                pages[-1] += 1
            else:
                pages.extend((number, number + 1))
    data = pages.tobytes()
    while data:
        data = data[os.write(to, data):]
    end(0)


def take(pages):
    """Has them copied now. What the kernel does not know, or what is no longer mapped, stays as it is."""
    advise = ctypes.CDLL(None).madvise
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for i in range(0, len(pages), 2):
        advise(pages[i] * _PAGE, (pages[i + 1] - pages[i]) * _PAGE, _POPULATE_WRITE)

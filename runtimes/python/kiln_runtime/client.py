# SPDX-License-Identifier: Apache-2.0
"""Runtime API client: one kept connection, plain blocking reads and writes.

The answer to one invocation and the request for the next leave in one write; their two responses
are read together afterwards.
"""
import os

_NEXT = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: runtime\r\n\r\n"


class ConnectionClosed(Exception):
    """The Runtime API is gone, and with it the reason to live."""


def _connect():
    inherited = os.environ.pop("_KILN_RUNTIME_API_FD", None)
    if inherited is not None:
        fd = int(inherited)
        os.set_inheritable(fd, False)
        return fd
    import _socket

    host, _, port = os.environ["AWS_LAMBDA_RUNTIME_API"].partition(":")
    connection = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    connection.connect((host, int(port or 80)))
    connection.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
    return connection.detach()


class RuntimeClient:
    def __init__(self):
        self._fd = self.descriptor = _connect()
        self._buffer = b""
        self._unread = 0  # responses still to come before that of GET next
        self._asked = False
        self.loaded = ""  # of the SDK; said once

    def next(self):
        """Waits for an invocation. Returns (headers with lower-case names, payload bytes)."""
        if not self._asked:
            self._send(_NEXT if not self.loaded else _NEXT[:-2] + b"Kiln-Loaded: %s\r\n\r\n" % self.loaded.encode())
            self.loaded = ""
        while self._unread:
            self._unread -= 1
            self._receive()
        self._asked = False
        status, headers, body = self._receive()
        if status != 200:
            raise ConnectionClosed()
        return headers, body

    def respond(self, request_id, body, content_type):
        self._post(request_id, "response", body, content_type, "")
        self._asked = True

    def report_error(self, request_id, body, error_type, cause):
        fields = "Lambda-Runtime-Function-Error-Type: %s\r\n" % _field(error_type)
        if cause and len(cause) < 32 * 1024:
            fields += "Lambda-Runtime-Function-XRay-Error-Cause: %s\r\n" % _field(cause)
        self._post(request_id, "error", body, "application/json", fields)
        self._asked = True

    def restore_next(self):
        """Waits until this environment is one that shall serve. Returns at once when it is already."""
        self._send(b"GET /2018-06-01/runtime/restore/next HTTP/1.1\r\nHost: runtime\r\n\r\n")
        if self._receive()[0] != 200:
            raise ConnectionClosed()

    def report_init_error(self, body, error_type):
        self._report("init", body, error_type)

    def report_restore_error(self, body, error_type):
        self._report("restore", body, error_type)

    def _report(self, phase, body, error_type):
        head = (
            "POST /2018-06-01/runtime/%s/error HTTP/1.1\r\nHost: runtime\r\n"
            "Content-Type: application/json\r\nContent-Length: %d\r\n"
            "Lambda-Runtime-Function-Error-Type: %s\r\n\r\n"
        ) % (phase, len(body), _field(error_type))
        self._send(head.encode("latin-1") + body)
        self._receive()

    def _post(self, request_id, action, body, content_type, fields):
        head = (
            "POST /2018-06-01/runtime/invocation/%s/%s HTTP/1.1\r\nHost: runtime\r\n"
            "Content-Type: %s\r\nContent-Length: %d\r\n%s\r\n"
        ) % (request_id, action, content_type, len(body), fields)
        self._unread += 1
        self._send(head.encode("latin-1") + body + _NEXT)

    def _send(self, data):
        sent = os.write(self._fd, data)
        if sent < len(data):
            view = memoryview(data)
            while sent < len(data):
                sent += os.write(self._fd, view[sent:])

    def _fill(self):
        data = os.read(self._fd, 262144)
        if not data:
            raise ConnectionClosed()
        self._buffer = self._buffer + data if self._buffer else data

    def _receive(self):
        while True:
            end = self._buffer.find(b"\r\n\r\n")
            if end >= 0:
                break
            self._fill()
        lines = self._buffer[:end].decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        start = end + 4
        length = int(headers.get("content-length", 0))
        missing = start + length - len(self._buffer)
        if missing > 0:
            pieces = [self._buffer]
            while missing > 0:
                data = os.read(self._fd, min(missing, 1048576))
                if not data:
                    raise ConnectionClosed()
                pieces.append(data)
                missing -= len(data)
            self._buffer = b"".join(pieces)
        body = self._buffer[start : start + length]
        self._buffer = self._buffer[start + length :]
        return int(lines[0][9:12]), headers, body


def _field(text):
    """A header field's value: one line of latin-1."""
    return text.replace("\r", " ").replace("\n", " ").encode("latin-1", "replace").decode("latin-1")

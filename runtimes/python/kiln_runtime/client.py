# SPDX-License-Identifier: Apache-2.0
"""Runtime API client over one kept connection.

A raw socket instead of http.client: the warm path is one send and one recv an exchange.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import socket


class Invocation:
    """One event. `headers` is a dict of lower-case names to text; `body` is bytes."""

    __slots__ = ("headers", "body")

    def __init__(self, headers, body):
        self.headers = headers
        self.body = body

    @property
    def request_id(self):
        return self.headers["lambda-runtime-aws-request-id"]


class RuntimeClient:
    """Talks to `address` ("host:port"). One request at a time."""

    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""
        self._host = address.encode()
        self._next = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: " + self._host + b"\r\n\r\n"

    def next(self):
        """Waits without end for the next event."""
        self._socket.sendall(self._next)
        status, headers, body = self._receive()
        if status != 200:
            raise RuntimeError(f"Runtime API answered {status} to next: {body[:200]!r}")
        return Invocation(headers, body)

    def respond(self, request_id, body):
        """Posts the handler's answer, bytes. Answers the HTTP status (413: too large)."""
        return self._post(f"/2018-06-01/runtime/invocation/{request_id}/response", body)

    def fail(self, request_id, body, error_type):
        return self._post(f"/2018-06-01/runtime/invocation/{request_id}/error", body, error_type)

    def fail_init(self, body, error_type):
        return self._post("/2018-06-01/runtime/init/error", body, error_type)

    def _post(self, path, body, error_type=None):
        extra = f"Lambda-Runtime-Function-Error-Type: {error_type}\r\n" if error_type else ""
        head = f"POST {path} HTTP/1.1\r\nContent-Type: application/json\r\n{extra}Content-Length: {len(body)}\r\nHost: "
        head = head.encode() + self._host + b"\r\n\r\n"
        if len(body) < 65536:
            self._socket.sendall(head + body)
        else:
            self._socket.sendall(head)
            try:
                self._socket.sendall(body)
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before its end; the answer says why
        return self._receive()[0]

    def _receive(self):
        data = self._rest
        end = data.find(b"\r\n\r\n")
        while end < 0:
            data += self._more()
            end = data.find(b"\r\n\r\n")
        lines = data[:end].decode("iso-8859-1").split("\r\n")
        status = int(lines[0].split(" ", 2)[1])
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", "0"))
        body = data[end + 4 :]
        if len(body) < length:
            pieces = [body]
            have = len(body)
            while have < length:
                piece = self._more()
                pieces.append(piece)
                have += len(piece)
            body = b"".join(pieces)
        self._rest = body[length:]
        return status, headers, body[:length]

    def _more(self):
        piece = self._socket.recv(262144)
        if not piece:
            raise SystemExit(0)  # the server is gone, and with it the reason to live
        return piece

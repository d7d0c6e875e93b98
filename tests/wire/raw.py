# SPDX-License-Identifier: Apache-2.0
"""Requests over bare sockets, signed by hand, so that each part of them can be wrong."""

import datetime
import hashlib
import hmac
import json
import socket

EMPTY = hashlib.sha256(b"").hexdigest()


def amz_date(offset_seconds=0):
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=offset_seconds)
    return now.strftime("%Y%m%dT%H%M%SZ")


def signature(secret, date, region, service, string_to_sign):
    key = f"AWS4{secret}".encode()
    for part in (date[:8], region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, string_to_sign.encode(), hashlib.sha256).hexdigest()


def signed_headers(method, path, body=b"", service="lambda", *, host="127.0.0.1", key="test", secret="test",
                   region="us-east-1", date=None, body_hash=None, query="", more=None):
    """The headers of a signed request as a dict, Host among them."""
    date = date or amz_date()
    headers = {"Host": host, "X-Amz-Date": date} | (more or {})
    names = sorted(name.lower() for name in headers)
    lowered = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    canonical = "\n".join([method, path, query, "".join(f"{n}:{lowered[n]}\n" for n in names), ";".join(names),
                           body_hash or hashlib.sha256(body).hexdigest()])
    scope = f"{date[:8]}/{region}/{service}/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    headers["Authorization"] = (f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={';'.join(names)}, "
                                f"Signature={signature(secret, date, region, service, to_sign)}")
    return headers


def message(method, target, headers, body=b"", length=True):
    lines = [f"{method} {target} HTTP/1.1"] + [f"{name}: {value}" for name, value in headers.items()]
    if length and not {"Content-Length", "Transfer-Encoding"} & set(headers):
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def signed(method, path, body=b"", service="lambda", **arguments):
    query = arguments.get("query", "")
    return message(method, path + (f"?{query}" if query else ""),
                   signed_headers(method, path, body, service, **arguments), body)


def json_call(service, target, body, **arguments):
    """A signed call of a JSON 1.1 service; `body` is bytes or a value."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    more = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
    return signed("POST", "/", body, service, more=more, **arguments)


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        """The error's code, whichever protocol carries it."""
        if "x-amzn-errortype" in self.headers:
            return self.headers["x-amzn-errortype"].split(":")[0]
        if self.body.startswith(b"<") or b"<Code>" in self.body:
            return self.body.split(b"<Code>")[1].split(b"</Code>")[0].decode()
        return self.json["__type"].split("#")[-1]


class Wire:
    """One connection."""

    def __init__(self, port, timeout=20):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def _more(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise EOFError(self.buffer)
        self.buffer += piece

    def _until(self, mark):
        while mark not in self.buffer:
            self._more()
        text, self.buffer = self.buffer.split(mark, 1)
        return text

    def _take(self, size):
        while len(self.buffer) < size:
            self._more()
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def receive(self):
        first, *lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        status = int(first.split()[1])
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if status == 100:
            return Response(status, headers, b"")
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self._until(b"\r\n"), 16):
                body += self._take(size)
                self._take(2)
            self._take(2)
            return Response(status, headers, body)
        return Response(status, headers, self._take(int(headers.get("content-length", 0))))

    def closed(self):
        """True when the server ends the connection."""
        try:
            while self.socket.recv(65536):
                pass
            return True
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False


def ask(port, data):
    with Wire(port) as wire:
        wire.send(data)
        return wire.receive()

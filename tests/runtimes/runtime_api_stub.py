# SPDX-License-Identifier: Apache-2.0
"""A Runtime API for tests of the bundled runtime clients: scripted invocations, recorded answers."""
import json
import os
import queue
import re
import select
import socket
import struct
import subprocess
import threading
import time


class Answer:
    def __init__(self, kind, request_id, headers, body):
        self.kind = kind  # "response", "error", "init"
        self.request_id = request_id
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)


class RuntimeProcess:
    """One runtime process with its connection, its pipes and its logs."""

    def __init__(self, command, task, variables):
        ours, theirs = socket.socketpair()
        self._socket = ours
        self._frames_read, frames_write = os.pipe()
        environ = {
            "LAMBDA_TASK_ROOT": str(task),
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1",
            "AWS_LAMBDA_FUNCTION_NAME": "hello",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/hello",
            "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/31/[$LATEST]0",
            "PATH": "/usr/bin:/bin",
            "TZ": ":UTC",
            "_KILN_RUNTIME_API_FD": str(theirs.fileno()),
            "_LAMBDA_TELEMETRY_LOG_FD": str(frames_write),
            **variables,
        }
        self.process = subprocess.Popen(
            command,
            cwd=task,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[theirs.fileno(), frames_write],
        )
        theirs.close()
        os.close(frames_write)
        self._buffer = b""
        self._answers = queue.Queue()
        self._invocations = queue.Queue()
        self.pieces = queue.Queue()
        self._frames = b""
        self._frames_lock = threading.Lock()
        self._frames_open = True
        os.set_blocking(self._frames_read, False)
        self.output = b""
        self._threads = [
            threading.Thread(target=target, daemon=True)
            for target in (self._serve, self._read_frames, self._read_output)
        ]
        for thread in self._threads:
            thread.start()
        self._count = 0

    def _read_frames(self):
        while self._frames_open:
            select.select([self._frames_read], [], [])
            self._take_frames()
        os.close(self._frames_read)

    def _take_frames(self):
        """Takes all that the pipe holds now: the runtime writes a frame before it answers."""
        with self._frames_lock:
            try:
                while self._frames_open and (data := os.read(self._frames_read, 65536)):
                    self._frames += data
                self._frames_open = False
            except BlockingIOError:
                pass

    def _read_output(self):
        while data := os.read(self.process.stdout.fileno(), 65536):
            self.output += data

    def _read_request(self):
        while b"\r\n\r\n" not in self._buffer:
            data = self._socket.recv(65536)
            if not data:
                return None
            self._buffer += data
        head, _, rest = self._buffer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
        if headers.get("transfer-encoding") == "chunked":
            return lines[0], headers, self._read_chunks(rest, headers)
        length = int(headers.get("content-length", 0))
        while len(rest) < length:
            rest += self._socket.recv(65536)
        self._buffer = rest[length:]
        return lines[0], headers, rest[:length]

    def _read_chunks(self, rest, headers):
        """A chunked body; its trailers are added to `headers`. Each chunk is seen in `pieces` at once."""
        body = b""

        def line():
            nonlocal rest
            while b"\r\n" not in rest:
                rest += self._socket.recv(65536)
            text, _, rest = rest.partition(b"\r\n")
            return text.decode("latin-1")

        while size := int(line(), 16):
            while len(rest) < size + 2:
                rest += self._socket.recv(65536)
            self.pieces.put(rest[:size])
            body += rest[:size]
            rest = rest[size + 2 :]
        while field := line():
            name, _, value = field.partition(":")
            headers[name.lower()] = value.strip()
        self._buffer = rest
        return body

    def _send(self, status, headers, body):
        text = "HTTP/1.1 %s\r\n" % status
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            text += "%s: %s\r\n" % (name, value)
        self._socket.sendall(text.encode("utf-8") + b"\r\n" + body)

    def _serve(self):
        try:
            while request := self._read_request():
                line, headers, body = request
                if line.startswith("GET /2018-06-01/runtime/invocation/next "):
                    invocation = self._invocations.get()
                    if invocation is None:
                        return
                    self._send("200 OK", *invocation)
                    continue
                match = re.match(
                    r"POST /2018-06-01/runtime/(?:invocation/([^/]+)/(response|error)|init/error) ",
                    line,
                )
                self._send("202 Accepted", {}, b'{"status":"OK"}')
                self._answers.put(Answer(match.group(2) or "init", match.group(1), headers, body))
        except OSError:
            pass
        finally:
            self._answers.put(None)

    def invoke(self, event=None, timeout_ms=3000, wait=True, **headers):
        """Sends an event (an object, or bytes as they are) and waits for the answer unless told not to."""
        self._count += 1
        request_id = "request-%d" % self._count
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        fields = {
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + timeout_ms),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:hello",
            "Content-Type": "application/json",
        }
        fields.update({"Lambda-Runtime-" + k.replace("_", "-"): v for k, v in headers.items()})
        self._invocations.put((fields, body))
        return self.answer() if wait else None

    def answer(self):
        """The next answer; None when the runtime has gone."""
        return self._answers.get(timeout=30)

    def frames(self):
        """The log events framed so far."""
        self._take_frames()
        events, rest = [], self._frames
        while rest:
            kind, length, micros = struct.unpack(">IIQ", rest[:16])
            assert kind & 0xFFFFFF00 == 0xA55A0000, hex(kind)
            assert abs(time.time() - micros / 1e6) < 60
            events.append(rest[16 : 16 + length].decode("utf-8"))
            rest = rest[16 + length :]
        return events

    def wait(self):
        code = self.process.wait(timeout=30)
        self._invocations.put(None)
        for thread in self._threads:
            thread.join(timeout=10)
        return code

    def close(self):
        self._invocations.put(None)
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.process.kill()
        self.process.wait()
        self._socket.close()

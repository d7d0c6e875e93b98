# SPDX-License-Identifier: Apache-2.0
"""Log events: framing, print() and the logging module.

A frame on the descriptor named by _LAMBDA_TELEMETRY_LOG_FD is one log event, however many lines it
has: 4 bytes type, 4 bytes length, 8 bytes microseconds since the epoch, the message; big endian.
Lines that are printed are framed too, so that they keep their order with logged messages.
"""
import _thread
import json
import logging
import os
import sys
import time

_TEXT = 0xA55A0003
_JSON = 0xA55A0002
_LEVEL_BITS = {10: 0x08, 20: 0x0C, 30: 0x10, 40: 0x14, 50: 0x18}
_MAX_PARTIAL_LINE = 256 * 1024
_ATOMIC_BYTES = 4096  # PIPE_BUF: longer writes to a pipe may interleave


class Current:
    """The invocation that runs now; read by log records."""

    request_id = ""
    tenant_id = None


class FrameSink:
    def __init__(self, fd):
        self._fd = fd
        self._lock = _thread.RLock()

    def log(self, message, kind=_TEXT):
        data = message.encode("utf-8", "surrogateescape")
        head = kind.to_bytes(4, "big") + len(data).to_bytes(4, "big")
        frame = head + (time.time_ns() // 1000).to_bytes(8, "big") + data
        if len(frame) <= _ATOMIC_BYTES:
            os.write(self._fd, frame)
            return
        with self._lock:
            view = memoryview(frame)
            while view:
                view = view[os.write(self._fd, view) :]

    def log_error(self, message, kind):
        self.log(message, kind)


class StreamSink:
    """Stands in where nobody reads frames."""

    def __init__(self, stream):
        self._stream = stream

    def log(self, message, kind=_TEXT):
        self._stream.write(message)
        self._stream.flush()

    def log_error(self, message, kind):
        self.log(message.replace("\n", "\r") + "\n")


class LineStream:
    """sys.stdout and sys.stderr: each whole line is an event; everything else is the original's."""

    def __init__(self, stream, sink):
        self._stream = stream
        self._sink = sink
        self._partial = ""
        self._lock = _thread.RLock()

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError("write() argument must be str, not %s" % type(text).__name__)
        with self._lock:
            data = self._partial + text
            start = 0
            end = data.find("\n")
            while end >= 0:
                self._sink.log(data[start : end + 1])
                start = end + 1
                end = data.find("\n", start)
            self._partial = data[start:]
            if len(self._partial) > _MAX_PARTIAL_LINE:
                self.end_line()
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        self._stream.flush()

    def end_line(self):
        if self._partial:
            with self._lock:
                partial, self._partial = self._partial, ""
                self._sink.log(partial)

    def __enter__(self):
        return self

    def __exit__(self, exc_type, exc_value, exc_tb):
        pass

    def __getattr__(self, name):
        return getattr(self._stream, name)


def _level_of(record):
    return min(50, max(0, record.levelno)) // 10 * 10


class _Handler(logging.Handler):
    def __init__(self, sink, json_format):
        logging.Handler.__init__(self)
        self.log_sink = sink
        self._base = _JSON if json_format else _TEXT

    def emit(self, record):
        self.log_sink.log(self.format(record), self._base | _LEVEL_BITS.get(_level_of(record), 0))


class _Filter(logging.Filter):
    def filter(self, record):
        record.aws_request_id = Current.request_id
        record.tenant_id = Current.tenant_id
        return True


_STANDARD_FIELDS = frozenset(
    "name msg args levelname levelno pathname filename module exc_info exc_text stack_info lineno "
    "funcName created msecs relativeCreated thread threadName processName process taskName "
    "aws_request_id tenant_id".split()
)


def _utc(seconds, millis):
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return "%s.%03dZ" % (text, int(millis))


class JsonFormatter(logging.Formatter):
    def format(self, record):
        level = _level_of(record)
        result = {
            "timestamp": _utc(record.created, record.msecs),
            "level": logging.getLevelName(level),
            "message": record.getMessage(),
            "logger": record.name,
            "stackTrace": None,
            "errorType": None,
            "errorMessage": None,
            "requestId": record.aws_request_id,
            "location": None,
        }
        if record.exc_info and record.exc_info[0] is not None:
            import traceback

            result["stackTrace"] = traceback.format_tb(record.exc_info[2])
            result["errorType"] = record.exc_info[0].__name__
            result["errorMessage"] = str(record.exc_info[1])
            result["location"] = "%s:%s:%s" % (record.pathname, record.funcName, record.lineno)
        if record.tenant_id is not None:
            result["tenantId"] = record.tenant_id
        for name, value in record.__dict__.items():
            if name not in _STANDARD_FIELDS and name not in result:
                result[name] = value
        result = {name: value for name, value in result.items() if value is not None}
        return json.dumps(result, ensure_ascii=False) + "\n"


class Logs:
    def __init__(self):
        environ = os.environ
        self.json_format = environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
        fd = environ.pop("_LAMBDA_TELEMETRY_LOG_FD", None)
        self.descriptor = -1 if fd is None else int(fd)
        if fd is None:
            self.sink = StreamSink(sys.stdout)
        else:
            os.set_inheritable(int(fd), False)
            self.sink = FrameSink(int(fd))
            sys.stdout = LineStream(sys.stdout, self.sink)
            sys.stderr = LineStream(sys.stderr, self.sink)
        self._streams = [s for s in (sys.stdout, sys.stderr) if isinstance(s, LineStream)]
        self._set_up_logging(environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper())

    def _set_up_logging(self, level):
        logging.Formatter.converter = time.gmtime
        handler = _Handler(self.sink, self.json_format)
        if self.json_format:
            handler.setFormatter(JsonFormatter())
        else:
            handler.setFormatter(
                logging.Formatter(
                    "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n",
                    "%Y-%m-%dT%H:%M:%S",
                )
            )
        handler.addFilter(_Filter())
        root = logging.getLogger()
        root.addHandler(handler)
        level = {"TRACE": "DEBUG", "WARN": "WARNING", "FATAL": "CRITICAL"}.get(level, level)
        if level in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
            root.setLevel(level)

    def end_lines(self):
        """Hands over what was printed without a newline."""
        for stream in self._streams:
            stream.end_line()

    def error(self, error, to_json):
        """Logs an error object ({"errorMessage", "errorType", ...}) as one event."""
        self.end_lines()
        if self.json_format:
            now = time.time()
            event = {"timestamp": _utc(now, now % 1 * 1000), "level": "ERROR"}
            event.update(error)
            self.sink.log_error(to_json(event), _JSON | _LEVEL_BITS[40])
            return
        description = "[ERROR]"
        if error["errorType"]:
            description += " " + error["errorType"]
        if error["errorMessage"]:
            description += (": " if error["errorType"] else " ") + error["errorMessage"]
        lines = [description, "Traceback (most recent call last):"]
        for element in error["stackTrace"]:
            for line in element.splitlines() or [""]:
                text = line.lstrip(" ")
                # No-break spaces: log viewers strip or merge plain ones at the start of a line.
                lines.append("\u00a0" * (len(line) - len(text)) + text)
        self.sink.log_error("\n".join(lines), _TEXT | _LEVEL_BITS[40])

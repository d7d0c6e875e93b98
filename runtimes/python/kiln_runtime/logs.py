# SPDX-License-Identifier: Apache-2.0
"""Function logs: frames for events with many lines, and the root logger's AWS formats.

A frame on the descriptor in _LAMBDA_TELEMETRY_LOG_FD is: type 0xA55A0003, length, time in
microseconds (4, 4 and 8 bytes, big endian), then the text. Without the descriptor text goes to
standard output.
https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
"""

import json
import logging
import os
import struct
import sys
import time
import traceback

_FRAME = struct.Struct(">IIQ")
_FRAME_TYPE = 0xA55A0003
_LEVELS = {"TRACE": 5, "DEBUG": 10, "INFO": 20, "WARN": 30, "ERROR": 40, "FATAL": 50}

# The running invocation's id; None during initialisation.
request_id = None


def _open_frames():
    descriptor = os.environ.pop("_LAMBDA_TELEMETRY_LOG_FD", None)
    if descriptor is None:
        return None
    os.set_inheritable(int(descriptor), False)
    return int(descriptor)


_frames = _open_frames()


def write_event(text):
    """Writes `text` as one log event."""
    if _frames is None:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()
        return
    data = text.encode("utf-8", "replace")
    data = _FRAME.pack(_FRAME_TYPE, len(data), time.time_ns() // 1000) + data
    while data:
        data = data[os.write(_frames, data) :]


def _utc(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


class TextFormatter(logging.Formatter):
    def format(self, record):
        text = super().format(record)  # the message, with a traceback below it when there is one
        stamp = f"{_utc(record.created)}.{int(record.msecs):03d}Z"
        return f"[{record.levelname}]\t{stamp}\t{request_id or ''}\t{text}\n"


class JsonFormatter(logging.Formatter):
    _standard = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

    def format(self, record):
        out = {
            "timestamp": _utc(record.created) + "Z",
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info and record.exc_info[0]:
            kind, value, trace = record.exc_info
            out["stackTrace"] = traceback.format_exception(kind, value, trace)
            out["errorType"] = kind.__name__
            out["errorMessage"] = str(value)
            out["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
        if request_id:
            out["requestId"] = request_id
        for name, value in vars(record).items():
            if name not in self._standard and name not in out:
                out[name] = value
        return json.dumps(out, default=str, ensure_ascii=False) + "\n"


class EventHandler(logging.Handler):
    def emit(self, record):
        write_event(self.format(record))


def as_json():
    return os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"


def install():
    """Puts AWS's handler on the root logger."""
    handler = EventHandler()
    handler.setFormatter(JsonFormatter() if as_json() else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    if as_json() and level in _LEVELS:
        root.setLevel(_LEVELS[level])


def log_error(fault):
    """Writes a fault (errorMessage, errorType, stackTrace) as one event."""
    if as_json():
        record = {
            "timestamp": _utc(time.time()) + "Z",
            "log_level": "ERROR",
            "errorType": fault["errorType"],
            "errorMessage": fault["errorMessage"],
            "requestId": fault["requestId"],
            "stackTrace": fault["stackTrace"],
        }
        write_event(json.dumps(record, ensure_ascii=False) + "\n")
        return
    lines = [f"[ERROR] {fault['errorType']}: {fault['errorMessage']}"]
    if fault["stackTrace"]:
        lines.append("Traceback (most recent call last):")
    for element in fault["stackTrace"]:
        for line in element.splitlines():
            # CloudWatch's page trims leading blanks; AWS writes no-break spaces instead.
            text = line.lstrip(" ")
            lines.append("\u00a0" * (len(line) - len(text)) + text)
    write_event("\n".join(lines) + "\n")

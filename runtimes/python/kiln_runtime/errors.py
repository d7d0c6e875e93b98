# SPDX-License-Identifier: Apache-2.0
"""Error objects as AWS reports them."""
import os
import sys

_OWN_DIRECTORY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Fault(Exception):
    """An error that the runtime found, with AWS's type for it."""

    def __init__(self, error_type, message, trace=None):
        Exception.__init__(self, message)
        self.error_type = error_type
        self.message = message
        self.trace = trace or []


def error_object(message, error_type, stack_trace, request_id=""):
    return {
        "errorMessage": message or "",
        "errorType": error_type or "",
        "requestId": request_id,
        "stackTrace": stack_trace,
    }


def _user_frames(tb):
    """The trace without our own frames at its start."""
    import traceback

    frames = [(f.filename, f.lineno, f.name, f.line) for f in traceback.extract_tb(tb)]
    for index, frame in enumerate(frames):
        if not frame[0].startswith(_OWN_DIRECTORY):
            return frames[index:]
    return frames


def describe_current_exception(request_id=""):
    """(error object, X-Ray cause) of the exception that is being handled."""
    error_class, value, tb = sys.exc_info()
    if isinstance(value, Fault):
        error = error_object(value.message, value.error_type, value.trace, request_id)
        return error, _cause("LambdaValidationError", value.message, [])
    import traceback

    frames = _user_frames(tb)
    error = error_object(
        str(value), error_class.__name__, traceback.format_list(frames), request_id
    )
    return error, _cause(error_class.__name__, str(value), frames)


def _cause(error_type, message, frames):
    stack = [{"label": name, "path": path, "line": line} for path, line, name, _ in frames]
    return {
        "working_directory": os.getcwd(),
        "exceptions": [{"message": message, "type": error_type, "stack": stack}],
        "paths": sorted({frame["path"] for frame in stack}),
    }

# SPDX-License-Identifier: Apache-2.0
"""Finds the function's handler and says, in AWS's words, why it can't."""

import importlib
import sys
import traceback


class Fault(Exception):
    """What the platform reports instead of a result."""

    def __init__(self, error_type, message, stack_trace=()):
        super().__init__(message)
        self.error_type = error_type
        self.message = message
        self.stack_trace = list(stack_trace)

    def as_dict(self, request_id=""):
        return {
            "errorMessage": self.message,
            "errorType": self.error_type,
            "requestId": request_id,
            "stackTrace": self.stack_trace,
        }


def fault_of_exception(skip_frames):
    """A Fault for the exception being handled, without the client's own outer frames."""
    kind, value, trace = sys.exc_info()
    for _ in range(skip_frames):
        trace = trace.tb_next if trace and trace.tb_next else trace
    return Fault(kind.__name__, str(value), traceback.format_list(traceback.extract_tb(trace)))


def load(name):
    """The callable of a handler name like "folder/module.function". Raises Fault."""
    try:
        module_name, function_name = name.rsplit(".", 1)
    except ValueError as error:
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{name}': {error}") from None
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from None
    except SyntaxError as error:
        where = f'  File "{error.filename}" Line {error.lineno}\n    {error.text}'
        message = f"Syntax error in module '{module_name}': {error}"
        raise Fault("Runtime.UserCodeSyntaxError", message, [where]) from None
    except Exception:
        # This frame and importlib's are the client's, not the function's.
        fault = fault_of_exception(1)
        fault.stack_trace = [line for line in fault.stack_trace if "importlib" not in line]
        raise fault from None
    try:
        return getattr(module, function_name)
    except AttributeError:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise Fault("Runtime.HandlerNotFound", message) from None

# SPDX-License-Identifier: Apache-2.0
"""Loads the handler and serves invocations until the Runtime API goes away."""
import importlib
import os
import sys

from .client import ConnectionClosed, RuntimeClient
from .context import LambdaContext
from .errors import Fault, describe_current_exception
from .logs import Current, Logs
from .marshal_json import JsonCodec


# Answers what the function has loaded of what a zygote had ready: what waits for it the next time will be.
loaded_ahead = list


def load_handler(name):
    try:
        module_name, function_name = name.rsplit(".", 1)
    except ValueError as error:
        raise Fault("Runtime.MalformedHandlerName", "Bad handler '%s': %s" % (name, error))
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault(
            "Runtime.BuiltInModuleConflict",
            "Cannot use built-in module %s as a handler module" % module_name,
        )
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault(
            "Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module_name, error)
        )
    except SyntaxError as error:
        trace = ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)]
        message = "Syntax error in module '%s': %s" % (module_name, error)
        raise Fault("Runtime.UserCodeSyntaxError", message, trace)
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise Fault(
            "Runtime.HandlerNotFound",
            "Handler '%s' missing on module '%s'" % (function_name, module_name),
        )


def _initialize(client, logs, codec):
    try:
        return load_handler(os.environ.get("_HANDLER", ""))
    except Exception:
        error, _ = describe_current_exception()
        logs.error(error, codec.encode)
        client.report_init_error(codec.encode(error).encode("utf-8"), error["errorType"])
        sys.exit(1)


def _call(handler, headers, body, codec):
    context = LambdaContext(
        headers,
        codec.parse_header(headers.get("lambda-runtime-client-context"), "Client Context"),
        codec.parse_header(headers.get("lambda-runtime-cognito-identity"), "Cognito Identity"),
    )
    return codec.marshal_response(handler(codec.unmarshal_event(body), context))


def _serve_one(client, logs, codec, handler):
    headers, body = client.next()
    request_id = headers["lambda-runtime-aws-request-id"]
    Current.request_id = request_id
    Current.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
    trace_id = headers.get("lambda-runtime-trace-id")
    if trace_id:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id
    else:
        os.environ.pop("_X_AMZN_TRACE_ID", None)
    try:
        result, content_type = _call(handler, headers, body, codec)
    except Exception:
        error, cause = describe_current_exception(request_id)
        logs.error(error, codec.encode)
        client.report_error(
            request_id, codec.encode(error).encode("utf-8"), error["errorType"], codec.encode(cause)
        )
    else:
        logs.end_lines()
        client.respond(request_id, result, content_type)


def run():
    client = RuntimeClient()
    logs = Logs()
    codec = JsonCodec()
    snapshot = os.environ.pop("_KILN_SNAPSHOT", None)
    try:
        handler = _initialize(client, logs, codec)
        client.loaded = ",".join(loaded_ahead())
        if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
            from . import snap_start

            snap_start.hand_over(client, logs, codec, snapshot)
        while True:
            _serve_one(client, logs, codec, handler)
    except (ConnectionClosed, BrokenPipeError, ConnectionResetError):
        os._exit(1)
    finally:
        logs.end_lines()

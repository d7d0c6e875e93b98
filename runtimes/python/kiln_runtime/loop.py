# SPDX-License-Identifier: Apache-2.0
"""Serves invocations: next event, handler, answer, again."""

import decimal
import json
import os
import sys

from . import handler as handlers
from . import logs
from .client import RuntimeClient
from .context import LambdaContext


class _Encoder(json.JSONEncoder):
    def default(self, o):
        if isinstance(o, decimal.Decimal):
            return int(o) if o == o.to_integral_value() else float(o)
        return super().default(o)


# AWS's client writes non-ASCII characters as they are from Python 3.12 on.
_encoder = _Encoder(ensure_ascii=sys.version_info < (3, 12))


def _decode(body):
    try:
        return json.loads(body)
    except ValueError as error:
        raise handlers.Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None


def _encode(value):
    try:
        return _encoder.encode(value).encode("utf-8", "surrogatepass")
    except Exception as error:
        raise handlers.Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


def _set_trace(headers):
    trace = headers.get("lambda-runtime-trace-id")
    if trace:
        os.environ["_X_AMZN_TRACE_ID"] = trace
    else:
        os.environ.pop("_X_AMZN_TRACE_ID", None)


def _call(handler, invocation):
    event = _decode(invocation.body)
    context = LambdaContext(invocation.headers, logs.write_event)
    try:
        result = handler(event, context)
    except Exception:
        raise handlers.fault_of_exception(1) from None
    return _encode(result)


def _send_fault(post, fault, request_id):
    report = fault.as_dict(request_id)
    logs.log_error(report)
    post(json.dumps(report, ensure_ascii=False).encode("utf-8", "replace"), fault.error_type)


def run():
    logs.install()
    client = RuntimeClient(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = handlers.load(os.environ.get("_HANDLER", ""))
    except handlers.Fault as fault:
        _send_fault(client.fail_init, fault, "")
        sys.exit(1)
    while True:
        invocation = client.next()
        request_id = logs.request_id = invocation.request_id
        _set_trace(invocation.headers)
        try:
            answer = _call(handler, invocation)
        except handlers.Fault as fault:
            _send_fault(lambda body, kind: client.fail(request_id, body, kind), fault, request_id)
            continue
        client.respond(request_id, answer)

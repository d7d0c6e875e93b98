# SPDX-License-Identifier: Apache-2.0
"""JSON in and out as AWS's Python runtimes do it."""
import json
import os
import sys

from .errors import Fault


def _escapes_unicode():
    # From python3.12 on AWS writes non-ASCII characters as they are.
    family, _, minor = os.environ.get("AWS_EXECUTION_ENV", "").partition("3.")
    return family == "AWS_Lambda_python" and minor.isdecimal() and int(minor) < 12


class JsonCodec:
    def __init__(self):
        self._decimals = []
        # A text that no value of the function can guess: it marks where a Decimal goes.
        self._mark = "decimal-" + os.urandom(12).hex() + "-"
        self._encode = json.JSONEncoder(
            ensure_ascii=_escapes_unicode(), default=self._encode_other
        ).encode

    def _encode_other(self, value):
        decimal = sys.modules.get("decimal")
        if decimal is not None and isinstance(value, decimal.Decimal):
            if value.is_nan():
                return float("nan")
            self._decimals.append(str(value))
            return self._mark + str(len(self._decimals) - 1)
        raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)

    def encode(self, value):
        text = self._encode(value)
        if self._decimals:
            decimals, self._decimals = self._decimals, []
            # Not a regular expression: compiling it would cost each function 0.3 MiB of its own.
            first, *others = text.split('"' + self._mark)
            pieces = [first]
            for each in others:
                index, _, rest = each.partition('"')
                pieces += (decimals[int(index)], rest)
            text = "".join(pieces)
        return text

    def marshal_response(self, response):
        """(bytes, content type)"""
        if isinstance(response, bytes):
            return response, "application/unknown"
        try:
            return self.encode(response).encode("utf-8"), "application/json"
        except Exception as error:
            self._decimals = []
            raise Fault("Runtime.MarshalError", "Unable to marshal response: %s" % error)

    def unmarshal_event(self, body):
        try:
            return json.loads(body.decode("utf-8"))
        except Exception as error:
            raise Fault("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error)

    def parse_header(self, text, name):
        if not text:
            return None
        try:
            # Header fields arrive as latin-1; what was sent in them is UTF-8.
            return json.loads(text.encode("latin-1").decode("utf-8"))
        except Exception as error:
            raise Fault(
                "Runtime.LambdaContextUnmarshalError", "Unable to parse %s JSON: %s" % (name, error)
            )

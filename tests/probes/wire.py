# SPDX-License-Identifier: Apache-2.0
"""Probes as signed HTTP requests, and answers judged by the protocol they came in.

botocore's serializers are not used: they refuse or repair what a probe is about. Its signer is.
"""

import datetime
import http.client
import json
import re
import urllib.parse
import xml.etree.ElementTree

import botocore.auth
import botocore.awsrequest
import botocore.credentials

TIMEOUT = 15
# What any operation may answer beside its own errors.
COMMON_ERRORS = set("""
    AccessDeniedException AccessDenied ValidationException ValidationError SerializationException MalformedInput
    InvalidRequestContentException InvalidParameterException InvalidParameterValueException ResourceNotFoundException
    MalformedQueryString MissingParameter InvalidParameterCombination RequestEntityTooLargeException
    RequestTooLargeException NoSuchEntity InvalidInput InvalidParameterValue
""".split())
# What says that the form of a request is wrong, by protocol.
FORM_ERRORS = {
    "json": {"SerializationException"},
    "rest-json": {"SerializationException", "InvalidRequestContentException"},
    "query": {"MalformedInput", "MalformedQueryString", "ValidationError"},
}
CONSTRAINT_ERRORS = {"lambda": "ValidationException", "logs": "InvalidParameterException", "query": "ValidationError"}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def query_text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def form(shape, value, prefix=""):
    """Parameters of the query protocol, by the model's names."""
    join = f"{prefix}." if prefix else ""
    if isinstance(value, dict) and shape is not None and shape.type_name == "map":
        for n, (key, item) in enumerate(value.items(), 1):
            entry = f"{join}{n}" if shape.serialization.get("flattened") else f"{join}entry.{n}"
            yield f"{entry}.{shape.key.serialization.get('name', 'key')}", key
            yield from form(shape.value, item, f"{entry}.{shape.value.serialization.get('name', 'value')}")
    elif isinstance(value, dict):
        for name, item in value.items():
            member = shape.members.get(name) if shape is not None and shape.type_name == "structure" else None
            wire = member.serialization.get("name", name) if member is not None else name
            yield from form(member, item, join + wire)
    elif isinstance(value, list):
        if not value:
            yield prefix, ""
        flat = shape.serialization.get("flattened")
        for n, item in enumerate(value, 1):
            element = shape.member.serialization.get("name", "member")
            yield from form(shape.member, item, f"{join}{n}" if flat else f"{join}{element}.{n}")
    elif value is not None:
        if shape is not None and shape.type_name == "timestamp" and not isinstance(value, str):
            value = datetime.datetime.fromtimestamp(value, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        yield prefix, query_text(value)


def rest_parts(operation, parameters):
    """(path, query pairs, headers, body value) of a REST request."""
    shape = operation.input_shape
    path, query, headers, body = operation.http["requestUri"], [], {}, {}
    for name, value in parameters.items():
        member = shape.members.get(name) if shape else None
        place = member.serialization.get("location") if member is not None else None
        wire = member.serialization.get("name", name) if member is not None else name
        if place == "uri":
            path = re.sub(r"\{%s\+?\}" % re.escape(wire), lambda _: urllib.parse.quote(query_text(value), safe=""), path)
        elif place == "querystring":
            query += [(wire, query_text(v)) for v in (value if isinstance(value, list) else [value])]
        elif place == "header":
            headers[wire] = query_text(value)
        else:
            body[wire] = value
    path, _, fixed = path.partition("?")
    query += urllib.parse.parse_qsl(fixed, keep_blank_values=True)
    return path, query, headers, body


def request_of(probe, host):
    """An unsigned AWSRequest."""
    operation = probe.operation
    metadata = operation.service_model.metadata
    protocol, headers, path, query = metadata["protocol"], {"Host": host}, "/", []
    method = operation.http.get("method", "POST")
    if protocol == "query":
        pairs = [("Action", operation.name), ("Version", metadata["apiVersion"]),
                 *form(operation.input_shape, probe.parameters)]
        body = urllib.parse.urlencode(pairs).encode()
        headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
    elif protocol == "json":
        body = json.dumps(probe.parameters).encode()
        headers["Content-Type"] = f"application/x-amz-json-{metadata['jsonVersion']}"
        headers["X-Amz-Target"] = f"{metadata['targetPrefix']}.{operation.name}"
    else:
        path, query, more, value = rest_parts(operation, probe.parameters)
        headers |= more
        payload = operation.input_shape is not None and operation.input_shape.serialization.get("payload")
        body = json.dumps(value[payload] if payload in value else value).encode() if value else b""
        if body:
            headers["Content-Type"] = "application/json"
    if probe.body is not None:
        body = probe.body
    url = f"http://{host}{path}" + (f"?{urllib.parse.urlencode(query, quote_via=urllib.parse.quote)}" if query else "")
    return botocore.awsrequest.AWSRequest(method=method, url=url, data=body, headers=headers)


class Caller:
    """Signs requests and sends them over one connection."""

    def __init__(self, port, region="us-east-1"):
        self.host = f"127.0.0.1:{port}"
        self.region = region
        self.credentials = botocore.credentials.Credentials("test", "test")
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)

    def send(self, probe):
        """(status, headers, body)"""
        service = probe.operation.service_model
        request = request_of(probe, self.host)
        botocore.auth.SigV4Auth(self.credentials, service.signing_name, self.region).add_auth(request)
        prepared = request.prepare()
        target = prepared.url.removeprefix(f"http://{self.host}")
        try:
            self.connection.request(prepared.method, target, body=prepared.body, headers=dict(prepared.headers.items()))
            answer = self.connection.getresponse()
            return answer.status, {n.lower(): v for n, v in answer.getheaders()}, answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise


def strip_namespaces(root):
    for element in root.iter():
        element.tag = element.tag.partition("}")[2] or element.tag
    return root


def read_error(protocol, headers, body):
    """(code, message, fault): the first thing wrong with the form of an error answer, or None."""
    kind = headers.get("content-type", "")
    if protocol == "query":
        if not kind.startswith("text/xml"):
            return "", "", f"content type {kind!r}"
        root = strip_namespaces(xml.etree.ElementTree.fromstring(body))
        code, message = root.findtext("Error/Code", ""), root.findtext("Error/Message", "")
        if root.tag != "ErrorResponse" or root.findtext("Error/Type") not in ("Sender", "Receiver"):
            return code, message, "no ErrorResponse/Error/Type"
        if root.findtext("RequestId") != headers.get("x-amzn-requestid"):
            return code, message, "RequestId differs from the header"
        return code, message, None
    value = json.loads(body)
    message = value.get("message", value.get("Message", ""))
    if protocol == "rest-json":
        code = headers.get("x-amzn-errortype", "")
        return code, message, None if kind == "application/json" and code else f"content type {kind!r}, code {code!r}"
    code = value.get("__type", "").split("#")[-1]
    good = kind.startswith("application/x-amz-json-1.") and code
    return code, message, None if good else f"content type {kind!r}, code {code!r}"


def judge(probe, status, headers, body):
    """Why the answer deviates, or None."""
    service = probe.operation.service_model
    protocol = service.metadata["protocol"]
    if not UUID.fullmatch(headers.get("x-amzn-requestid", "")):
        return "no x-amzn-RequestId"
    if status >= 500:
        return f"status {status}"
    if 200 <= status < 300:
        return None if probe.expect in ("any", "fine") else f"taken with {status}"
    try:
        code, message, fault = read_error(protocol, headers, body)
    except (ValueError, AttributeError, xml.etree.ElementTree.ParseError) as error:
        return f"error body: {error}"
    if fault:
        return fault
    known = {shape.error_code for shape in probe.operation.error_shapes} | \
            {shape.name for shape in probe.operation.error_shapes} | COMMON_ERRORS
    if code not in known:
        return f"code {code} is neither modelled nor common"
    if probe.expect == "type":
        return None if code in FORM_ERRORS[protocol] else f"{code}: {message[:120]}"
    constraint = CONSTRAINT_ERRORS.get(service.service_name, CONSTRAINT_ERRORS.get(protocol, "ValidationException"))
    if probe.expect == "any":
        return None
    if probe.expect == "fine":
        faulted = code in FORM_ERRORS[protocol] - {constraint} or "validation error" in message
        return f"{code}: {message[:120]}" if faulted else None
    if code != constraint or status != 400:
        return f"{status} {code}: {message[:120]}"
    if not re.match(r"1 validation error detected: |\d+ validation errors detected: ", message):
        return f"message: {message[:120]}"
    return None if probe.text in message else f"message: {message[:200]}"

# SPDX-License-Identifier: Apache-2.0
"""Who signed a request, and everything that may be wrong with it."""

import hashlib
import re

import pytest

from wire.raw import EMPTY, amz_date, ask, json_call, message, signed, signed_headers

LIST = "/2015-03-31/functions/"
GROUPS = "Logs_20140328.DescribeLogGroups"
BAD_SIGNATURE = ("The request signature we calculated does not match the signature you provided. Check your AWS Secret "
                 "Access Key and signing method. Consult the service documentation for details.")


def query_call(**arguments):
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    return signed("POST", "/", body, "sts", more={"Content-Type": "application/x-www-form-urlencoded"}, **arguments)


def test_good_signatures_pass_in_each_protocol(server):
    assert ask(server.port, signed("GET", LIST)).status == 200
    assert ask(server.port, json_call("logs", GROUPS, {})).status == 200
    assert ask(server.port, query_call()).status == 200


@pytest.mark.parametrize("make,code,status", [
    (lambda **a: signed("GET", LIST, **a), "InvalidSignatureException", 403),
    (lambda **a: json_call("logs", GROUPS, {}, **a), "InvalidSignatureException", 400),
    (query_call, "SignatureDoesNotMatch", 403),
])
def test_wrong_secret(server, make, code, status):
    reply = ask(server.port, make(secret="wrong"))
    assert (reply.error, reply.status) == (code, status)
    assert BAD_SIGNATURE.encode() in reply.body


@pytest.mark.parametrize("make,code,status", [
    (lambda **a: signed("GET", LIST, **a), "UnrecognizedClientException", 403),
    (lambda **a: json_call("logs", GROUPS, {}, **a), "UnrecognizedClientException", 400),
    (query_call, "InvalidClientTokenId", 403),
])
def test_unknown_key(server, make, code, status):
    reply = ask(server.port, make(key="AKIAQQQQQQQQQQQQQQQQ"))
    assert (reply.error, reply.status) == (code, status)
    assert b"The security token included in the request is invalid." in reply.body


@pytest.mark.parametrize("data,code,status,text", [
    (message("GET", LIST, {"Host": "127.0.0.1"}), "MissingAuthenticationTokenException", 403, b"Missing Authentication Token"),
    (message("POST", "/", {"Host": "127.0.0.1", "X-Amz-Target": GROUPS, "Content-Type": "application/x-amz-json-1.1"}, b"{}"),
     "MissingAuthenticationTokenException", 400, b"Request is missing Authentication Token"),
    (message("POST", "/", {"Host": "sts.us-east-1.localhost", "Content-Type": "application/x-www-form-urlencoded"},
             b"Action=GetCallerIdentity&Version=2011-06-15"),
     "MissingAuthenticationToken", 403, b"Request is missing Authentication Token"),
])
def test_no_credentials(server, data, code, status, text):
    reply = ask(server.port, data)
    assert (reply.error, reply.status) == (code, status)
    assert text in reply.body


@pytest.mark.parametrize("offset,text", [
    (-16 * 60, r"Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 15 min\.\)"),
    (16 * 60, r"Signature not yet current: \d{8}T\d{6}Z is still later than \d{8}T\d{6}Z \(\d{8}T\d{6}Z \+ 15 min\.\)"),
])
def test_clock_skew_beyond_fifteen_minutes(server, offset, text):
    reply = ask(server.port, signed("GET", LIST, date=amz_date(offset)))
    assert (reply.error, reply.status) == ("InvalidSignatureException", 403)
    assert re.fullmatch(text, reply.json.get("message") or reply.json["Message"])


@pytest.mark.parametrize("offset", [-14 * 60, 14 * 60])
def test_clock_skew_within_fifteen_minutes(server, offset):
    assert ask(server.port, signed("GET", LIST, date=amz_date(offset))).status == 200


def test_scope_of_another_service(server):
    reply = ask(server.port, json_call("lambda", GROUPS, {}))
    assert (reply.error, reply.status) == ("InvalidSignatureException", 400)
    assert reply.json["message"] == "Credential should be scoped to correct service: 'logs'. "


def test_scope_of_another_day(server):
    headers = signed_headers("GET", LIST, date=amz_date())
    headers["Authorization"] = re.sub(r"/\d{8}/", "/20150101/", headers["Authorization"])
    reply = ask(server.port, message("GET", LIST, headers))
    assert reply.error == "InvalidSignatureException"
    assert b"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150101'" in reply.body


@pytest.mark.parametrize("change,code", [
    (lambda h: h | {"Authorization": h["Authorization"].replace("Signature=", "Sig=")}, "IncompleteSignatureException"),
    (lambda h: h | {"Authorization": h["Authorization"].replace("/aws4_request", "")}, "IncompleteSignatureException"),
    (lambda h: h | {"Authorization": h["Authorization"].replace("HMAC-SHA256", "HMAC-SHA512")}, "IncompleteSignatureException"),
    (lambda h: {n: v for n, v in h.items() if n != "X-Amz-Date"}, "IncompleteSignatureException"),
    (lambda h: h | {"X-Amz-Date": "yesterday"}, "IncompleteSignatureException"),
    (lambda h: h | {"Authorization": h["Authorization"].replace("host;", "")}, "InvalidSignatureException"),
    (lambda h: h | {"Authorization": "Bearer x"}, "MissingAuthenticationTokenException"),
    (lambda h: h | {"Authorization": "AWS4-HMAC-SHA256 " + "," * 5000}, "IncompleteSignatureException"),
])
def test_incomplete_authorization(server, change, code):
    reply = ask(server.port, message("GET", LIST, change(signed_headers("GET", LIST))))
    assert (reply.error, reply.status) == (code, 403)


def test_changed_parts_of_the_request_break_the_signature(server):
    create = b'{"logGroupName": "mine"}'
    target = {"X-Amz-Target": "Logs_20140328.CreateLogGroup", "Content-Type": "application/x-amz-json-1.1"}
    headers = signed_headers("POST", "/", create, "logs", more=target)
    for data in (message("POST", "/", headers, b'{"logGroupName": "evil"}'),
                 message("POST", "/?a=b", headers, create),
                 message("POST", "/", headers | {"X-Amz-Target": "Logs_20140328.DeleteLogGroup"}, create)):
        reply = ask(server.port, data)
        assert (reply.error, reply.status) == ("InvalidSignatureException", 400)
    assert ask(server.port, message("POST", "/", headers, create)).status == 200


def test_announced_body_hash_must_be_that_of_the_body(server):
    body = b"{}"
    arguments = dict(more={"X-Amz-Target": GROUPS, "Content-Type": "application/x-amz-json-1.1",
                           "X-Amz-Content-Sha256": EMPTY}, body_hash=EMPTY)
    headers = signed_headers("POST", "/", body, "logs", **arguments)
    assert ask(server.port, message("POST", "/", headers, body)).error == "InvalidSignatureException"
    right = hashlib.sha256(body).hexdigest()
    arguments["more"]["X-Amz-Content-Sha256"] = right
    headers = signed_headers("POST", "/", body, "logs", **arguments | {"body_hash": right})
    assert ask(server.port, message("POST", "/", headers, body)).status == 200


def test_the_faults_come_in_order(server):
    """Scope before key, key before signature, all before the input."""
    reply = ask(server.port, json_call("lambda", GROUPS, b"{", key="AKIAQQQQQQQQQQQQQQQQ", secret="wrong"))
    assert b"correct service" in reply.body
    reply = ask(server.port, json_call("logs", GROUPS, b"{", key="AKIAQQQQQQQQQQQQQQQQ", secret="wrong"))
    assert reply.error == "UnrecognizedClientException"
    assert ask(server.port, json_call("logs", GROUPS, b"{", secret="wrong")).error == "InvalidSignatureException"
    assert ask(server.port, json_call("logs", GROUPS, b"{")).error == "SerializationException"


def test_signed_path_and_query_are_encoded_as_clients_do(server):
    import boto3  # noqa: F401  the client signs, this test only looks at odd names

    awslambda = server.client("lambda")
    for name in ("a b", "a/b", "a%2Fb", "ü", "a+b"):
        try:
            awslambda.get_function(FunctionName=name)
        except awslambda.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] != "InvalidSignatureException", name

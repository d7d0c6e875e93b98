# SPDX-License-Identifier: Apache-2.0
"""Presigned URLs as botocore makes them, sent by a client that knows no AWS."""

import hashlib
import json
import re
import urllib.error
import urllib.parse
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from wire.raw import Wire, amz_date, ask, message, signature, signed_headers

JSON = "application/x-amz-json-1.1"


def fetch(url, method="GET", body=None, headers=None):
    """(status, body): urllib adds no header that matters."""
    request = urllib.request.Request(url, body, headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def presign(server, service, path, token=None, key="test", secret="test"):
    """The URL that botocore's generic query signer makes."""
    request = botocore.awsrequest.AWSRequest("GET", server.endpoint + path)
    credentials = botocore.credentials.Credentials(key, secret, token)
    botocore.auth.SigV4QueryAuth(credentials, service, "us-east-1", expires=60).add_auth(request)
    return request.url


def hand_made(server, age=0, expires=60, path="/2015-03-31/functions/", service="lambda", secret="test", change=None,
              method="GET", body=b""):
    """A URL of any age; `change` works on its parameters before they are signed."""
    date = amz_date(-age)
    scope = f"{date[:8]}/us-east-1/{service}/aws4_request"
    parameters = {"X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": f"test/{scope}", "X-Amz-Date": date,
                  "X-Amz-Expires": str(expires), "X-Amz-SignedHeaders": "host"}
    if change:
        change(parameters)
    query = "&".join(f"{name}={urllib.parse.quote(value, safe='-_.~')}" for name, value in sorted(parameters.items()))
    canonical = (f"{method}\n{path}\n{query}\nhost:127.0.0.1:{server.port}\n\nhost\n"
                 f"{hashlib.sha256(body).hexdigest()}")
    to_sign = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return (f"{server.endpoint}{path}?{query}&X-Amz-Signature="
            f"{signature(secret, date, 'us-east-1', service, to_sign)}")


def test_boto3_presigns_get_function(server, awslambda):
    url = awslambda.generate_presigned_url("get_function", {"FunctionName": "presigned-nobody"})
    status, body = fetch(url)
    assert (status, json.loads(body)["Message"]) == (
        404, "Function not found: arn:aws:lambda:us-east-1:000000000000:function:presigned-nobody")
    assert fetch(url.replace("presigned-nobody", "presigned-somebody"))[0] == 403


def test_boto3_presigns_get_caller_identity(server):
    url = server.client("sts").generate_presigned_url("get_caller_identity", HttpMethod="GET")
    status, body = fetch(url)
    assert status == 200
    assert b"<Account>000000000000</Account>" in body


def test_parameters_of_a_presigned_query_call_are_its_input(server):
    role = urllib.parse.quote("arn:aws:iam::000000000000:role/presigned-nobody", safe="")
    status, body = fetch(presign(server, "sts", f"/?Action=AssumeRole&Version=2011-06-15&RoleArn={role}&RoleSessionName=x"))
    assert status == 400
    assert b"at 'roleSessionName' failed to satisfy constraint" in body


def test_session_tokens_go_in_the_url(server):
    iam, sts = server.client("iam"), server.client("sts")
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}]}
    arn = iam.create_role(RoleName="presigned", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    got = sts.assume_role(RoleArn=arn, RoleSessionName="presigned-session")["Credentials"]
    call = dict(path="/?Action=GetCallerIdentity&Version=2011-06-15", key=got["AccessKeyId"], secret=got["SecretAccessKey"])
    status, body = fetch(presign(server, "sts", token=got["SessionToken"], **call))
    assert status == 200
    assert b"assumed-role/presigned/presigned-session" in body
    status, body = fetch(presign(server, "sts", **call))
    assert status == 403
    assert b"<Code>InvalidClientTokenId</Code>" in body
    status, body = fetch(presign(server, "sts", token=got["SessionToken"][:-8] + "AAAAAAAA", **call))
    assert status == 403
    assert b"<Code>InvalidClientTokenId</Code>" in body


def test_the_body_of_a_presigned_post_is_signed(server):
    headers = {"X-Amz-Target": "Logs_20140328.DescribeLogGroups", "Content-Type": JSON}
    body = b'{"limit": 1}'
    url = hand_made(server, path="/", service="logs", method="POST", body=body)
    assert fetch(url, "POST", body, headers)[0] == 200
    status, reply = fetch(url, "POST", b'{"limit": 2}', headers)
    assert (status, json.loads(reply)["__type"].split("#")[-1]) == (400, "InvalidSignatureException")


@pytest.mark.parametrize("expires,seconds,text", [
    (60, 61, r"Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 1 min\.\)"),
    (3600, 3601, r"Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 60 min\.\)"),
    (3600, -16 * 60, r"Signature not yet current: \d{8}T\d{6}Z is still later than \d{8}T\d{6}Z \(\d{8}T\d{6}Z \+ 15 min\.\)"),
    (60, 30, None),
    (3600, 3000, None),
    (3600, -14 * 60, None),
])
def test_life_of_a_url(server, expires, seconds, text):
    url = hand_made(server, age=seconds, expires=expires)
    status, body = fetch(url)
    if text is None:
        assert status == 200, body
        return
    assert status == 403
    assert re.fullmatch(text, json.loads(body).get("message") or json.loads(body)["Message"])


@pytest.mark.parametrize("change,code", [
    (lambda p: p.pop("X-Amz-Credential"), "IncompleteSignatureException"),
    (lambda p: p.pop("X-Amz-Date"), "IncompleteSignatureException"),
    (lambda p: p.update({"X-Amz-Date": "yesterday"}), "IncompleteSignatureException"),
    (lambda p: p.update({"X-Amz-Expires": "604801"}), "IncompleteSignatureException"),
    (lambda p: p.update({"X-Amz-Expires": "0"}), "IncompleteSignatureException"),
    (lambda p: p.update({"X-Amz-Expires": "-5"}), "IncompleteSignatureException"),
    (lambda p: p.update({"X-Amz-Expires": "soon"}), "IncompleteSignatureException"),
    (lambda p: p.update({"X-Amz-Algorithm": "AWS4-ECDSA-P256-SHA256"}), "IncompleteSignatureException"),
    (lambda p: p.update({"X-Amz-SignedHeaders": "range"}), "InvalidSignatureException"),
])
def test_parameters_out_of_shape(server, change, code):
    reply = ask(server.port, message("GET", hand_made(server, change=change).removeprefix(server.endpoint),
                                     {"Host": f"127.0.0.1:{server.port}"}))
    assert (reply.status, reply.error) == (403, code)


def test_header_and_query_at_once(server):
    path = hand_made(server).removeprefix(server.endpoint)
    reply = ask(server.port, message("GET", path, signed_headers("GET", "/2015-03-31/functions/")))
    assert (reply.status, reply.error) == (403, "InvalidSignatureException")
    assert b"Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header." in reply.body


def test_a_wrong_secret(server):
    status, body = fetch(hand_made(server, secret="wrong"))
    assert status == 403
    assert b"The request signature we calculated does not match" in body


def test_a_long_url_is_no_way_around_the_limits(server):
    with Wire(server.port) as wire:
        wire.send(message("GET", hand_made(server).removeprefix(server.endpoint) + "&a" * 40_000, {"Host": "localhost"}))
        assert wire.receive().status == 431

# SPDX-License-Identifier: Apache-2.0
"""Pages of other origins: a bucket's CORS rules, preflights, and what browsers read in answers."""

import http.client
import uuid
import xml.etree.ElementTree as xml

import pytest
from conftest import refusal

RULES = [{"AllowedOrigins": ["https://app.example.com", "http://*.test"], "AllowedMethods": ["GET", "PUT"],
          "AllowedHeaders": ["x-amz-*", "Content-Type"], "ExposeHeaders": ["ETag", "x-amz-version-id"], "MaxAgeSeconds": 3000, "ID": "one"},
         {"AllowedOrigins": ["*"], "AllowedMethods": ["HEAD"]}]
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"


@pytest.fixture
def bucket(s3):
    name = f"b-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"hello")
    return name


def send(server, method, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        reply = connection.getresponse()
        return reply.status, {n.lower(): v for n, v in reply.getheaders()}, reply.read()
    finally:
        connection.close()


def preflight(server, path, origin="https://app.example.com", method="PUT", **headers):
    return send(server, "OPTIONS", path, Origin=origin, Access_Control_Request_Method=method, **headers)


def said(body):
    return {element.tag: element.text for element in xml.fromstring(body)}


def cors_of(headers):
    return {name.removeprefix("access-control-"): value for name, value in headers.items() if name.startswith("access-control-")}


def test_rules_are_kept_as_sent(s3, bucket):
    assert refusal(s3.get_bucket_cors, Bucket=bucket)[:2] == (404, "NoSuchCORSConfiguration")
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": RULES})
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == RULES
    s3.delete_bucket_cors(Bucket=bucket)
    s3.delete_bucket_cors(Bucket=bucket)
    assert refusal(s3.get_bucket_cors, Bucket=bucket)[:2] == (404, "NoSuchCORSConfiguration")


@pytest.mark.parametrize("change, message", [
    ({"AllowedMethods": ["PATCH"]}, "Found unsupported HTTP method in CORS config. Unsupported method is PATCH"),
    ({"AllowedOrigins": ["*a*"]}, 'AllowedOrigin "*a*" can not have more than one wildcard.'),
    ({"AllowedHeaders": ["x-*-*"]}, 'AllowedHeader "x-*-*" can not have more than one wildcard.'),
    ({"ExposeHeaders": ["x-*"]}, 'ExposeHeader "x-*" contains wildcard. We currently do not support wildcard for ExposeHeader.'),
])
def test_rules_that_are_refused(s3, bucket, change, message):
    rule = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]} | change
    assert refusal(s3.put_bucket_cors, Bucket=bucket, CORSConfiguration={"CORSRules": [rule]}) == (400, "InvalidRequest", message)


def test_a_configuration_needs_rules(s3, bucket):
    assert refusal(s3.put_bucket_cors, Bucket=bucket, CORSConfiguration={"CORSRules": []})[:2] == (400, "MalformedXML")


def test_a_preflight_is_answered_by_the_rule_that_fits(server, s3, bucket):
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": RULES})
    status, headers, body = preflight(server, f"/{bucket}/k", Access_Control_Request_Headers="X-Amz-Date,content-type")
    assert (status, body) == (200, b"")
    assert cors_of(headers) == {
        "allow-origin": "https://app.example.com", "allow-methods": "GET, PUT", "allow-headers": "x-amz-date, content-type",
        "expose-headers": "ETag, x-amz-version-id", "max-age": "3000", "allow-credentials": "true"}
    assert headers["vary"] == VARY
    assert cors_of(preflight(server, f"/{bucket}", "http://a.b.test", "GET")[1])["allow-origin"] == "http://a.b.test"
    status, headers, _ = preflight(server, f"/{bucket}/none", "https://else.where", "HEAD")
    assert (status, cors_of(headers)) == (200, {"allow-origin": "*", "allow-methods": "HEAD"})


@pytest.mark.parametrize("origin, method, headers", [
    ("https://app.example.com", "DELETE", {}), ("https://app.example.com/", "GET", {}), ("https://test", "GET", {}),
    ("https://app.example.com", "PUT", {"Access_Control_Request_Headers": "authorization"}),
    ("https://else.where", "HEAD", {"Access_Control_Request_Headers": "content-type"}),
])
def test_a_preflight_that_no_rule_fits_is_forbidden(server, s3, bucket, origin, method, headers):
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": RULES})
    status, answered, body = preflight(server, f"/{bucket}/k", origin, method, **headers)
    error = said(body)
    assert (status, error["Code"], error["Method"], error["ResourceType"]) == (403, "AccessForbidden", method, "OBJECT")
    assert error["Message"].startswith("CORSResponse: This CORS request is not allowed. This is usually because the evalution of")
    assert not cors_of(answered)


def test_preflights_without_rules_origin_or_bucket(server, s3, bucket):
    status, _, body = preflight(server, f"/{bucket}/k")
    assert (status, said(body)["Message"], said(body)["ResourceType"]) == (403, "CORSResponse: CORS is not enabled for this bucket.", "BUCKET")
    status, _, body = send(server, "OPTIONS", f"/{bucket}/k")
    assert (status, said(body)["Code"], said(body)["Message"]) == (400, "BadRequest", "Insufficient information. Origin request header needed.")
    status, _, body = preflight(server, "/k", Host=f"none-{bucket}.s3.localhost:{server.port}")
    assert (status, said(body)["Message"]) == (403, "CORSResponse: Bucket not found")


def test_addresses_that_name_the_bucket_in_the_host(server, s3, bucket):
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": RULES})
    for host in (f"{bucket}.s3.localhost", f"{bucket}.localhost", f"{bucket}.s3.us-east-1.localhost"):
        status, headers, _ = preflight(server, "/k", Host=f"{host}:{server.port}")
        assert (status, cors_of(headers)["allow-methods"]) == (200, "GET, PUT"), host


def test_answers_tell_the_page_what_it_may_read(server, s3, bucket):
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": RULES})
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    path = url.split(str(server.port), 1)[1]
    status, headers, body = send(server, "GET", path, Origin="https://app.example.com")
    assert (status, body, headers["vary"]) == (200, b"hello", VARY)
    assert cors_of(headers) == {"allow-origin": "https://app.example.com", "allow-methods": "GET, PUT", "max-age": "3000",
                                "expose-headers": "ETag, x-amz-version-id", "allow-credentials": "true"}
    # The announced method decides, and refusals carry the headers too.
    assert not cors_of(send(server, "GET", path, Origin="https://app.example.com", Access_Control_Request_Method="DELETE")[1])
    status, headers, _ = send(server, "GET", f"/{bucket}/k", Origin="https://app.example.com")
    assert (status, cors_of(headers)["allow-origin"]) == (403, "https://app.example.com")
    status, headers, _ = send(server, "GET", path)
    assert status == 200 and not cors_of(headers) and "vary" not in headers


def test_a_page_uploads_with_a_presigned_url(server, s3, bucket):
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": RULES})
    url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "up"})
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("PUT", url.split(str(server.port), 1)[1], b"from a page", {"Origin": "http://my.test"})
    reply = connection.getresponse()
    assert (reply.status, reply.getheader("Access-Control-Allow-Origin")) == (200, "http://my.test")
    assert s3.get_object(Bucket=bucket, Key="up")["Body"].read() == b"from a page"


def test_pages_that_no_rule_names_reach_nothing(server, s3, bucket):
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    path = url.split(str(server.port), 1)[1]
    assert send(server, "GET", path, Origin="https://evil.example")[0] == 403
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": RULES[:1]})
    assert send(server, "GET", path, Origin="https://evil.example")[0] == 403
    assert send(server, "GET", path, Origin="http://localhost:3000")[0] == 200
    assert send(server, "GET", "/2015-03-31/functions/", Origin="https://app.example.com")[0] == 403
    assert send(server, "GET", path, Origin="https://app.example.com", Host="evil.example")[0] == 403
    assert preflight(server, f"/{bucket}/k", Host="evil.example")[0] == 403

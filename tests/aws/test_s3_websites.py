# SPDX-License-Identifier: Apache-2.0
"""Buckets as websites: index and error documents, redirects, and pages that tell of errors."""

import http.client
import json
import uuid

import pytest
from conftest import refusal


@pytest.fixture
def site(s3):
    """A bucket that everybody may read and list, with a few pages."""
    name = f"w-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    s3.delete_public_access_block(Bucket=name)
    open_to_all(s3, name, "s3:GetObject", "s3:ListBucket")
    for key in ("index.html", "docs/index.html", "error.html", "a b/ü.txt"):
        s3.put_object(Bucket=name, Key=key, Body=f"page {key}".encode(), ContentType="text/html")
    s3.put_bucket_website(Bucket=name, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    return name


def open_to_all(s3, bucket, *actions):
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": list(actions), "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]}]}))


def browse(server, bucket, path="/", method="GET", domain="s3-website-us-east-1.localhost", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers={"Host": f"{bucket}.{domain}:{server.port}"} | names)
        reply = connection.getresponse()
        return reply.status, {n.lower(): v for n, v in reply.getheaders()}, reply.read().decode()
    finally:
        connection.close()


def test_documents_are_kept_as_sent(s3, site):
    rules = [{"Condition": {"KeyPrefixEquals": "old/"}, "Redirect": {"ReplaceKeyPrefixWith": "docs/"}},
             {"Condition": {"HttpErrorCodeReturnedEquals": "404"}, "Redirect": {"HostName": "h", "Protocol": "https", "HttpRedirectCode": "302", "ReplaceKeyWith": "k"}},
             {"Redirect": {"HostName": "other"}}]
    sent = {"IndexDocument": {"Suffix": "i.html"}, "ErrorDocument": {"Key": "e.html"}, "RoutingRules": rules}
    for document in (sent, {"RedirectAllRequestsTo": {"HostName": "example.com", "Protocol": "https"}}):
        s3.put_bucket_website(Bucket=site, WebsiteConfiguration=document)
        got = s3.get_bucket_website(Bucket=site)
        del got["ResponseMetadata"]
        assert got == document
    s3.delete_bucket_website(Bucket=site)
    s3.delete_bucket_website(Bucket=site)
    assert refusal(s3.get_bucket_website, Bucket=site)[:2] == (404, "NoSuchWebsiteConfiguration")


@pytest.mark.parametrize("bad, code", [
    ({}, "InvalidArgument"), ({"ErrorDocument": {"Key": "e"}}, "InvalidArgument"), ({"IndexDocument": {"Suffix": "a/b"}}, "InvalidArgument"),
    ({"IndexDocument": {"Suffix": ""}}, "InvalidArgument"),
    ({"IndexDocument": {"Suffix": "i"}, "RedirectAllRequestsTo": {"HostName": "h"}}, "InvalidArgument"),
    ({"IndexDocument": {"Suffix": "i"}, "RoutingRules": [{"Redirect": {"HttpRedirectCode": "200"}}]}, "InvalidRequest"),
    ({"IndexDocument": {"Suffix": "i"}, "RoutingRules": [{"Redirect": {"ReplaceKeyWith": "a", "ReplaceKeyPrefixWith": "b"}}]}, "InvalidRequest"),
    ({"IndexDocument": {"Suffix": "i"}, "RoutingRules": [{"Condition": {"HttpErrorCodeReturnedEquals": "302"}, "Redirect": {"HostName": "h"}}]}, "InvalidRequest"),
])
def test_documents_that_are_refused(s3, site, bad, code):
    assert refusal(s3.put_bucket_website, Bucket=site, WebsiteConfiguration=bad)[:2] == (400, code)


def test_pages_and_folders(server, site):
    for domain in ("s3-website-us-east-1.localhost", "s3-website.eu-west-1.localhost", "s3-website.localhost"):
        status, headers, body = browse(server, site, domain=domain)
        assert (status, body, headers["content-type"]) == (200, "page index.html", "text/html"), domain
    assert browse(server, site, "/docs/")[2] == "page docs/index.html"
    status, headers, _ = browse(server, site, "/docs")
    assert (status, headers["location"]) == (302, "/docs/")
    assert browse(server, site, "/a%20b/%C3%BC.txt?x=y")[2] == "page a b/ü.txt"
    status, headers, body = browse(server, site, "/index.html", "HEAD")
    assert (status, headers["content-length"], body) == (200, "15", "")
    etag = browse(server, site, "/index.html")[1]["etag"]
    assert browse(server, site, "/index.html", If_None_Match=etag)[0] == 304
    assert browse(server, site, "/index.html", Range="bytes=0-3")[::2] == (206, "page")


def test_errors_are_pages(server, s3, site):
    status, headers, body = browse(server, site, "/none<b>")
    assert (status, headers["content-type"], headers["x-amz-error-code"]) == (404, "text/html; charset=utf-8", "NoSuchKey")
    assert "<h1>404 Not Found</h1>" in body and "<li>Code: NoSuchKey</li>" in body and "<li>Key: none&lt;b&gt;</li>" in body
    assert browse(server, site, "/", "POST")[0] == 405
    assert "<li>Code: NoSuchBucket</li>" in browse(server, f"none-{site}")[2]
    s3.put_bucket_website(Bucket=site, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}})
    assert browse(server, site, "/none")[::2] == (404, "page error.html")
    s3.delete_object(Bucket=site, Key="error.html")
    body = browse(server, site, "/none")[2]
    assert "Retrieve a Custom Error Document" in body and "<li>Key: error.html</li>" in body
    s3.delete_bucket_website(Bucket=site)
    assert "<li>Code: NoSuchWebsiteConfiguration</li>" in browse(server, site)[2]


def test_only_what_is_public_is_shown(server, s3, site):
    open_to_all(s3, site, "s3:GetObject")
    assert browse(server, site)[0] == 200
    assert browse(server, site, "/none")[0] == 403  # whoever may not list is not told what is missing
    s3.delete_bucket_policy(Bucket=site)
    status, headers, body = browse(server, site)
    assert (status, headers["x-amz-error-code"]) == (403, "AccessDenied") and "<h1>403 Forbidden</h1>" in body


def test_redirects(server, s3, site):
    def rules(*rules):
        s3.put_bucket_website(Bucket=site, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}, "RoutingRules": list(rules)})
    host = f"{site}.s3-website-us-east-1.localhost:{server.port}"
    rules({"Condition": {"KeyPrefixEquals": "old/"}, "Redirect": {"ReplaceKeyPrefixWith": "docs/"}},
          {"Condition": {"HttpErrorCodeReturnedEquals": "404", "KeyPrefixEquals": "gone/"},
           "Redirect": {"HostName": "example.com", "Protocol": "https", "HttpRedirectCode": "302", "ReplaceKeyWith": "sorry page"}})
    assert browse(server, site, "/old/index.html")[0] == 301
    assert browse(server, site, "/old/index.html")[1]["location"] == f"http://{host}/docs/index.html"
    status, headers, _ = browse(server, site, "/gone/x")
    assert (status, headers["location"]) == (302, "https://example.com/sorry%20page")
    assert browse(server, site, "/missing")[0] == 404
    s3.put_object(Bucket=site, Key="moved", WebsiteRedirectLocation="/docs/index.html")
    status, headers, _ = browse(server, site, "/moved")
    assert (status, headers["location"]) == (301, "/docs/index.html")
    s3.put_bucket_website(Bucket=site, WebsiteConfiguration={"RedirectAllRequestsTo": {"HostName": "example.com"}})
    status, headers, _ = browse(server, site, "/a%20b")
    assert (status, headers["location"]) == (301, "http://example.com/a%20b")


def test_pages_of_other_origins_read_by_the_rules(server, s3, site):
    s3.put_bucket_cors(Bucket=site, CORSConfiguration={"CORSRules": [{"AllowedOrigins": ["https://app.example.com"], "AllowedMethods": ["GET"]}]})
    status, headers, _ = browse(server, site, Origin="https://app.example.com")
    assert (status, headers["access-control-allow-origin"]) == (200, "https://app.example.com")
    status, headers, _ = browse(server, site, method="OPTIONS", Origin="https://app.example.com", Access_Control_Request_Method="GET")
    assert (status, headers["access-control-allow-methods"]) == (200, "GET")
    assert "access-control-allow-origin" not in browse(server, site, Origin="https://evil.example")[1]

# SPDX-License-Identifier: Apache-2.0
"""Bytes that no client should send to a function URL: anybody may send them, without a key."""

import json

import pytest

from aws.test_lambda_urls import ECHO, make_url, url_id
from conftest import create_function
from wire.raw import ask


@pytest.fixture(scope="module")
def host(server, awslambda):
    create_function(awslambda, "url-wire", ECHO)
    return f"{url_id(make_url(awslambda, 'url-wire'))}.lambda-url.us-east-1.localhost".encode()


def get(server, host, target=b"/", fields=b""):
    return ask(server.port, b"GET " + target + b" HTTP/1.1\r\nHost: " + host + b"\r\n" + fields + b"\r\n")


def test_bad_escapes_reach_the_function_as_they_were_sent(server, host):
    event = json.loads(get(server, host, b"/%zz/%/..//%00?a=%&%=%f&=x&&b").body)
    assert event["rawPath"] == "/%zz/%/..//%00"
    assert event["queryStringParameters"] == {"a": "%", "%": "%f", "": "x", "b": ""}


def test_bytes_that_are_no_text_become_replacement_characters(server, host):
    event = json.loads(get(server, host, b"/?a=%ff", b"X-Odd: caf\xe9\r\nCookie: a=\xff\r\n").body)
    assert event["queryStringParameters"] == {"a": "\ufffd"}
    assert event["headers"]["x-odd"] == "caf\ufffd"
    assert event["cookies"] == ["a=\ufffd"]


def test_huge_heads_are_refused(server, host):
    assert get(server, host, fields=b"X-A: " + b"x" * 70_000 + b"\r\n").status == 431
    assert get(server, host, fields=b"".join(b"X-%d: y\r\n" % i for i in range(300))).status == 431
    assert get(server, host, b"/?" + b"a&" * 30_000).status == 200


@pytest.mark.parametrize("fields", [
    b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", b"Content-Length: 3\r\nContent-Length: 4\r\n",
    b"Content-Length: +3\r\n", b"Host: other.example\r\n", b"X-A: b\r\n folded\r\n", b"X A: b\r\n"])
def test_heads_that_two_servers_could_read_differently_are_refused(server, host, fields):
    assert get(server, host, fields=fields).status == 400


def test_bodies_over_the_limit_are_refused_by_their_head(server, host):
    assert get(server, host, fields=b"Content-Length: 6291457\r\n").status == 413
    assert get(server, host, fields=b"Content-Length: 99999999999\r\nExpect: 100-continue\r\n").status == 413


def test_names_that_only_look_like_a_url_are_no_way_in(server, host):
    for other in (host + b".evil.example", b"x" + host, host.replace(b".localhost", b".example.com"), b"[" + host):
        assert get(server, other).status in (400, 403, 404)
    assert get(server, b"evil.example", b"/_kiln/url/" + host[:32] + b"/").status == 403

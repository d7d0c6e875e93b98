# SPDX-License-Identifier: Apache-2.0
"""Requests that botocore signs for S3: past the signature they do what they ask.

What the framing carries is verified on the way, so a wrong chunk, trailer or checksum stores nothing.
"""

import base64
import hashlib
import io
import zlib

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.exceptions
import pytest

from wire.raw import EMPTY, Wire, amz_date, ask, message, signed_headers, signature

PATH = "/bucket/a%20b//c/../d"
BODY = b"hello world"


def send(server, request):
    """Sends a prepared botocore request; answers the reply."""
    prepared = request.prepare()
    target = prepared.url.removeprefix(server.endpoint)
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in prepared.headers.items()}
    headers.setdefault("Host", f"127.0.0.1:{server.port}")
    body = prepared.body or b""
    return ask(server.port, message(prepared.method, target, headers, body if isinstance(body, bytes) else body.read()))


def past_the_signature(reply):
    return reply.status < 300 or code_of(reply) in ("NoSuchKey", "InvalidURI", "InvalidArgument")


def code_of(reply):
    return "" if reply.status < 300 else reply.error


@pytest.fixture(autouse=True, scope="module")
def bucket(server):
    server.client("s3", s3={"addressing_style": "path"}).create_bucket(Bucket="bucket")


def signed_request(server, auth, method="PUT", path=PATH, body=BODY, headers=None, secret="test", **arguments):
    credentials = botocore.credentials.Credentials("test", secret)
    request = botocore.awsrequest.AWSRequest(method, server.endpoint + path, headers or {}, body)
    request.context["signing"] = {}
    auth(credentials, "s3", "us-east-1", **arguments).add_auth(request)
    return request


@pytest.mark.parametrize("method,path,body", [
    ("GET", "/", b""), ("GET", "/bucket?list-type=2&prefix=a%2Fb%2Bc", b""), ("PUT", PATH, BODY), ("GET", "/bucket/%C3%BC%FF", b""),
    ("PUT", "/bucket/key", b"x" * 200_000), ("DELETE", "/bucket/key?versionId=null", b""), ("GET", "/bucket/a%3Db%26c%3Bd", b""),
])
def test_header_form(server, method, path, body):
    request = signed_request(server, botocore.auth.S3SigV4Auth, method, path, body)
    assert past_the_signature(send(server, request))
    reply = send(server, signed_request(server, botocore.auth.S3SigV4Auth, method, path, body, secret="wrong"))
    assert (reply.status, reply.error) == (403, "SignatureDoesNotMatch")
    for part in (b"<AWSAccessKeyId>test</AWSAccessKeyId>", b"<StringToSign>AWS4-HMAC-SHA256", b"<SignatureProvided>",
                 b"<StringToSignBytes>41 57 53 34", b"<CanonicalRequest>" + method.encode(), b"<CanonicalRequestBytes>"):
        assert part in reply.body


@pytest.mark.parametrize("method,path", [("GET", PATH), ("PUT", PATH), ("GET", "/bucket?list-type=2"), ("HEAD", "/bucket/key")])
def test_query_form(server, method, path):
    request = signed_request(server, botocore.auth.S3SigV4QueryAuth, method, path, b"", expires=60)
    target = request.url.removeprefix(server.endpoint)
    with Wire(server.port) as wire:
        body = b"any body: it is not signed" if method == "PUT" else b""
        data = message(method, target, {"Host": f"127.0.0.1:{server.port}", "Connection": "close"}, body)
        wire.send(data)
        assert wire._until(b"\r\n").startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 404 "))
    other = message(method, target.replace("/bucket", "/basket"), {"Host": f"127.0.0.1:{server.port}", "Connection": "close"})
    with Wire(server.port) as wire:
        wire.send(other)
        assert wire._until(b"\r\n").startswith(b"HTTP/1.1 403 ")


def by_hand(server, method="PUT", path="/bucket/key", body=BODY, sha=None, more=None, **arguments):
    host = f"127.0.0.1:{server.port}"
    sha = sha or hashlib.sha256(body).hexdigest()
    return signed_headers(method, path, service="s3", host=host, body_hash=sha,
                          more={"X-Amz-Content-Sha256": sha} | (more or {}), **arguments)


def put(server, body=BODY, sha=None, more=None, unsigned=None, offset=0, **arguments):
    headers = by_hand(server, body=body, sha=sha, more=more, date=amz_date(offset), **arguments) | (unsigned or {})
    return ask(server.port, message("PUT", "/bucket/key", headers, body))


@pytest.mark.parametrize("arguments,status,code", [
    (dict(sha="UNSIGNED-PAYLOAD"), 200, ""),
    (dict(sha=hashlib.sha256(b"other").hexdigest()), 400, "XAmzContentSHA256Mismatch"),
    (dict(sha="STREAMING"), 400, "InvalidArgument"),
    (dict(sha="STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"), 400, "InvalidRequest"),
    (dict(sha="STREAMING-UNSIGNED-PAYLOAD-TRAILER"), 411, "MissingContentLength"),
    (dict(key="AKIAQQQQQQQQQQQQQQQQ"), 403, "InvalidAccessKeyId"),
    (dict(offset=-16 * 60), 403, "RequestTimeTooSkewed"),
    (dict(offset=16 * 60), 403, "RequestTimeTooSkewed"),
    (dict(unsigned={"X-Amz-Acl": "public-read"}), 403, "AccessDenied"),
    (dict(more={"Content-MD5": base64.b64encode(hashlib.md5(BODY).digest()).decode()}), 200, ""),
    (dict(more={"Content-MD5": base64.b64encode(hashlib.md5(b"other").digest()).decode()}), 400, "BadDigest"),
    (dict(more={"Content-MD5": "AAAA"}), 400, "InvalidDigest"),
    (dict(more={"X-Amz-Checksum-Crc32": base64.b64encode(zlib.crc32(BODY).to_bytes(4, "big")).decode()}), 200, ""),
    (dict(more={"X-Amz-Checksum-Crc32": "AAAAAA=="}), 400, "BadDigest"),
    (dict(more={"X-Amz-Checksum-Sha256": base64.b64encode(hashlib.sha256(BODY).digest()).decode()}), 200, ""),
    (dict(more={"X-Amz-Checksum-Sha1": "AAAA"}), 400, "InvalidRequest"),
])
def test_what_s3_says_of_a_head_or_its_body(server, arguments, status, code):
    reply = put(server, **arguments)
    assert (reply.status, code_of(reply)) == (status, code), reply.body


def test_requests_without_the_hash_header_are_refused(server):
    headers = signed_headers("GET", "/bucket", service="s3", host=f"127.0.0.1:{server.port}")
    reply = ask(server.port, message("GET", "/bucket", headers))
    assert (reply.status, reply.error) == (400, "InvalidRequest")
    assert b"Missing required header for this request: x-amz-content-sha256" in reply.body


def test_the_old_signature_version_is_refused(server):
    reply = ask(server.port, message("GET", "/bucket/key", {"Host": "s3.localhost", "Authorization": "AWS AKIA:c2ln"}))
    assert reply.status in (400, 403, 404)


# --- aws-chunked ---

class Chunks:
    """Signs the chunks of a body behind a signed head."""

    def __init__(self, server, payload="STREAMING-AWS4-HMAC-SHA256-PAYLOAD", length=None, trailer=None):
        self.server, self.date = server, amz_date()
        more = {"X-Amz-Decoded-Content-Length": str(length), "Content-Encoding": "aws-chunked"}
        if trailer:
            more["X-Amz-Trailer"] = trailer
        self.headers = by_hand(server, sha=payload, more=more, date=self.date)
        self.previous = self.headers["Authorization"].rpartition("=")[2]
        self.scope = f"{self.date[:8]}/us-east-1/s3/aws4_request"

    def sign(self, algorithm, *hashes):
        text = "\n".join([algorithm, self.date, self.scope, self.previous, *hashes])
        self.previous = signature("test", self.date, "us-east-1", "s3", text)
        return self.previous.encode()

    def chunk(self, data):
        sign = self.sign("AWS4-HMAC-SHA256-PAYLOAD", EMPTY, hashlib.sha256(data).hexdigest())
        return b"%x;chunk-signature=%s\r\n%s" % (len(data), sign, data + b"\r\n" if data else b"")

    def trailer(self, name, value):
        sign = self.sign("AWS4-HMAC-SHA256-TRAILER", hashlib.sha256(f"{name}:{value}\n".encode()).hexdigest())
        return f"{name}:{value}\r\nx-amz-trailer-signature:".encode() + sign + b"\r\n\r\n"

    def put(self, body):
        return ask(self.server.port, message("PUT", "/bucket/key", self.headers, body))


PIECES = [b"a" * 65_536, b"b" * 10_000, b"c" * 3]
WHOLE = b"".join(PIECES)
CRC = base64.b64encode(zlib.crc32(WHOLE).to_bytes(4, "big")).decode()


def test_signed_chunks(server):
    chunks = Chunks(server, length=len(WHOLE))
    assert past_the_signature(chunks.put(b"".join(chunks.chunk(piece) for piece in PIECES + [b""]) + b"\r\n"))


@pytest.mark.parametrize("change,code", [
    (lambda b: b.replace(b"ccc", b"ccd"), "SignatureDoesNotMatch"),
    (lambda b: b.replace(b"a" * 100, b"b" * 100, 1), "SignatureDoesNotMatch"),
    (lambda b: b[:-90], "IncompleteBody"),
    (lambda b: b[:40_000], "IncompleteBody"),
    (lambda b: b + b"x", "InvalidRequest"),
    (lambda b: b.replace(b";chunk-signature=", b";other=", 1), "InvalidRequest"),
])
def test_signed_chunks_that_were_changed(server, change, code):
    chunks = Chunks(server, length=len(WHOLE))
    reply = chunks.put(change(b"".join(chunks.chunk(piece) for piece in PIECES + [b""]) + b"\r\n"))
    assert reply.error == code, reply.body


@pytest.mark.parametrize("length", [len(WHOLE) - 1, len(WHOLE) + 1, 0])
def test_the_announced_length_is_that_of_the_payload(server, length):
    chunks = Chunks(server, length=length)
    reply = chunks.put(b"".join(chunks.chunk(piece) for piece in PIECES + [b""]) + b"\r\n")
    assert (reply.status, reply.error) == (400, "IncompleteBody")


@pytest.mark.parametrize("value,code", [(CRC, ""), ("AAAAAA==", "BadDigest"), ("!", "InvalidRequest")])
def test_signed_chunks_with_a_trailer(server, value, code):
    chunks = Chunks(server, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", len(WHOLE), "x-amz-checksum-crc32")
    body = b"".join(chunks.chunk(piece) for piece in PIECES + [b""])
    assert code_of(chunks.put(body + chunks.trailer("x-amz-checksum-crc32", value))) == code


@pytest.mark.parametrize("trailer,code", [
    (f"x-amz-checksum-crc32:{CRC}\r\n\r\n", ""),
    ("x-amz-checksum-crc32:AAAAAA==\r\n\r\n", "BadDigest"),
    ("\r\n", "MalformedTrailerError"),
    ("x-amz-checksum-sha1:AAAA\r\n\r\n", "MalformedTrailerError"),
    ("x" * 50_000, "MalformedTrailerError"),
])
def test_unsigned_chunks_with_a_trailer(server, trailer, code):
    chunks = Chunks(server, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", len(WHOLE), "x-amz-checksum-crc32")
    body = b"%x\r\n%s\r\n0\r\n" % (len(WHOLE), WHOLE)
    assert code_of(chunks.put(body + trailer.encode())) == code


def reflected_crc(data, bits, polynomial):
    crc = ones = (1 << bits) - 1
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (polynomial if crc & 1 else 0)
    return base64.b64encode((crc ^ ones).to_bytes(bits // 8, "big")).decode()


@pytest.mark.parametrize("name,value", [
    ("crc32c", reflected_crc(BODY, 32, 0x82F63B78)), ("crc64nvme", reflected_crc(BODY, 64, 0x9A6C9329AC4BC9B5)),
    ("sha1", base64.b64encode(hashlib.sha1(BODY).digest()).decode()),
    ("sha256", base64.b64encode(hashlib.sha256(BODY).digest()).decode()),
])
def test_each_checksum_in_a_trailer_and_in_the_head(server, name, value):
    """By hand: botocore computes two of them only with a library of its own."""
    wrong = base64.b64encode(bytes(len(base64.b64decode(value)))).decode()
    for sent, code in ((value, ""), (wrong, "BadDigest")):
        chunks = Chunks(server, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", len(BODY), f"x-amz-checksum-{name}")
        body = b"%x\r\n%s\r\n0\r\n" % (len(BODY), BODY)
        assert code_of(chunks.put(body + f"x-amz-checksum-{name}:{sent}\r\n\r\n".encode())) == code
        assert code_of(put(server, more={f"X-Amz-Checksum-{name}": sent})) == code


def test_small_chunks_before_the_last_are_refused(server):
    chunks = Chunks(server, length=6)
    reply = chunks.put(b"".join(chunks.chunk(piece) for piece in (b"abc", b"def", b"")) + b"\r\n")
    assert (reply.status, reply.error) == (403, "InvalidChunkSizeError")
    assert b"<BadChunkSize>3</BadChunkSize>" in reply.body


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
@pytest.mark.parametrize("stream", [True, False])
def test_boto3_uploads_with_each_checksum(server, algorithm, stream):
    """A stream goes out in aws-chunked form where the SDK knows how to compute the checksum."""
    s3 = server.client("s3", s3={"addressing_style": "path"})
    try:
        s3.put_object(Bucket="bucket", Key="key", Body=io.BytesIO(WHOLE) if stream else WHOLE, ChecksumAlgorithm=algorithm)
    except (botocore.exceptions.MissingDependencyException, botocore.exceptions.FlexibleChecksumError) as error:
        pytest.skip(str(error))


def test_a_url_that_boto3_presigned(server):
    s3 = server.client("s3", s3={"addressing_style": "path"}, signature_version="s3v4")
    url = s3.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "a b/ü"}, ExpiresIn=60)
    reply = ask(server.port, message("GET", url.removeprefix(server.endpoint), {"Host": f"127.0.0.1:{server.port}"}))
    assert past_the_signature(reply)
    expired = url.replace("X-Amz-Expires=60", "X-Amz-Expires=604801")
    reply = ask(server.port, message("GET", expired.removeprefix(server.endpoint), {"Host": f"127.0.0.1:{server.port}"}))
    assert (reply.status, reply.error) == (400, "AuthorizationQueryParametersError")

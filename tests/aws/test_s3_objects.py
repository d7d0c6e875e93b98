# SPDX-License-Identifier: Apache-2.0
"""Buckets and objects, as boto3 sees them."""

import base64
import datetime
import hashlib
import os
import socket
import uuid
import zlib

import boto3
import botocore.config
import botocore.handlers
import pytest
from conftest import refusal


@pytest.fixture
def bucket(s3):
    name = f"b-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    return name


def keys(reply):
    return [entry["Key"] for entry in reply.get("Contents", [])]


# --- buckets ---

def test_a_bucket_is_made_found_and_removed(s3):
    name = f"b-{uuid.uuid4()}"
    assert refusal(s3.head_bucket, Bucket=name)[:2] == (404, "404")
    assert s3.create_bucket(Bucket=name)["Location"] == f"/{name}"
    s3.get_waiter("bucket_exists").wait(Bucket=name)
    assert s3.head_bucket(Bucket=name)["BucketRegion"] == "us-east-1"
    assert name in [b["Name"] for b in s3.list_buckets()["Buckets"]]
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] is None
    s3.create_bucket(Bucket=name)  # us-east-1 answers as if it were new
    s3.delete_bucket(Bucket=name)
    s3.get_waiter("bucket_not_exists").wait(Bucket=name)
    assert refusal(s3.delete_bucket, Bucket=name) == (404, "NoSuchBucket", "The specified bucket does not exist")


def test_buckets_have_a_region(server):
    west = server.client("s3", region="eu-west-1")
    name = f"b-{uuid.uuid4()}"
    assert refusal(west.create_bucket, Bucket=name)[:2] == (400, "IllegalLocationConstraintException")
    west.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert west.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"
    assert west.head_bucket(Bucket=name)["BucketRegion"] == "eu-west-1"
    assert refusal(west.create_bucket, Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})[:2] \
        == (409, "BucketAlreadyOwnedByYou")


def test_bucket_names_are_of_all_accounts(server, s3, bucket):
    other = server.client("s3", account="111111111111")
    assert refusal(other.create_bucket, Bucket=bucket)[:2] == (409, "BucketAlreadyExists")
    assert bucket not in [b["Name"] for b in other.list_buckets()["Buckets"]]


@pytest.mark.parametrize("name", ["ab", "Upper", "a..b", "a_b", "xn--abc", "1.2.3.4", "abc-", "a" * 64])
def test_bad_bucket_names(server, name):
    client = server.client("s3", parameter_validation=False, s3={"addressing_style": "path"})
    client.meta.events.unregister("before-parameter-build.s3", botocore.handlers.validate_bucket_name)
    assert refusal(client.create_bucket, Bucket=name)[:2] == (400, "InvalidBucketName")


def test_a_bucket_with_objects_is_not_removed(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert refusal(s3.delete_bucket, Bucket=bucket) == (409, "BucketNotEmpty", "The bucket you tried to delete is not empty")
    s3.put_object(Bucket=bucket, Key="k2", Body=b"x")  # it is open again
    for key in ("k", "k2"):
        s3.delete_object(Bucket=bucket, Key=key)
    s3.delete_bucket(Bucket=bucket)


def test_the_expected_owner_is_checked(s3, bucket):
    s3.head_bucket(Bucket=bucket, ExpectedBucketOwner="000000000000")
    assert refusal(s3.list_objects_v2, Bucket=bucket, ExpectedBucketOwner="111111111111")[:2] == (403, "AccessDenied")


def test_list_buckets_in_pages(server):
    s3 = server.client("s3", account="222222222222")
    names = sorted(f"page-{uuid.uuid4()}" for _ in range(5))
    for name in names:
        s3.create_bucket(Bucket=name)
    s3.create_bucket(Bucket=f"other-{uuid.uuid4()}")
    pages = list(s3.get_paginator("list_buckets").paginate(Prefix="page-", PaginationConfig={"PageSize": 2}))
    assert [b["Name"] for page in pages for b in page["Buckets"]] == names
    assert len(pages) == 3


# --- objects ---

@pytest.mark.parametrize("size", [0, 1, 32 * 1024, 32 * 1024 + 1, 64 * 1024 + 1, 3_000_001])
def test_bytes_come_back_as_they_were_sent(s3, bucket, size):
    body = os.urandom(size)
    reply = s3.put_object(Bucket=bucket, Key="a/b c+d?é", Body=body)
    assert reply["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    assert reply["ServerSideEncryption"] == "AES256"
    got = s3.get_object(Bucket=bucket, Key="a/b c+d?é")
    assert got["Body"].read() == body
    assert (got["ContentLength"], got["ETag"], got["AcceptRanges"]) == (size, reply["ETag"], "bytes")
    head = s3.head_object(Bucket=bucket, Key="a/b c+d?é")
    assert (head["ContentLength"], head["ETag"], head["ContentType"]) == (size, reply["ETag"], "binary/octet-stream")


def test_headers_and_metadata_are_kept(s3, bucket):
    sent = dict(ContentType="text/plain", CacheControl="max-age=5", ContentDisposition="attachment", ContentEncoding="gzip",
                ContentLanguage="de", Expires=datetime.datetime(2030, 1, 2, tzinfo=datetime.timezone.utc),
                WebsiteRedirectLocation="/other", Metadata={"Colour": "blue", "n": "1"}, StorageClass="STANDARD_IA")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", **sent)
    got = s3.get_object(Bucket=bucket, Key="k")
    assert {name: got[name] for name in sent if name != "Metadata"} == {n: v for n, v in sent.items() if n != "Metadata"}
    assert got["Metadata"] == {"colour": "blue", "n": "1"}
    got = s3.get_object(Bucket=bucket, Key="k", ResponseContentType="image/png", ResponseCacheControl="no-cache")
    assert (got["ContentType"], got["CacheControl"]) == ("image/png", "no-cache")


@pytest.mark.parametrize("sent,expected", [
    ("bytes=0-4", (0, 5)), ("bytes=5-", (5, 10)), ("bytes=-3", (7, 10)), ("bytes=2-100", (2, 10)), ("bytes=-100", (0, 10)),
])
@pytest.mark.parametrize("scale", [1, 20_000])
def test_ranges(s3, bucket, sent, expected, scale):
    body = b"".join(bytes([65 + i]) * scale for i in range(10))
    s3.put_object(Bucket=bucket, Key="k", Body=body)
    unit, _, numbers = sent.partition("=")
    first, _, last = numbers.partition("-")
    first, last = (str(int(v) * scale) if v else "" for v in (first, last))
    if first and last:
        last = str((int(last) // scale + 1) * scale - 1)
    got = s3.get_object(Bucket=bucket, Key="k", Range=f"{unit}={first}-{last}")
    assert got["Body"].read() == body[expected[0] * scale:expected[1] * scale]
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert got["ContentRange"] == f"bytes {expected[0] * scale}-{expected[1] * scale - 1}/{10 * scale}"


def test_ranges_that_cannot_be(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    assert refusal(s3.get_object, Bucket=bucket, Key="k", Range="bytes=10-")[:2] == (416, "InvalidRange")
    for ignored in ("bytes=5-2", "lines=1-2", "bytes=0-1,3-4"):
        assert s3.get_object(Bucket=bucket, Key="k", Range=ignored)["Body"].read() == b"0123456789"


def test_conditional_reads(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    past = datetime.datetime(2020, 1, 1)
    future = datetime.datetime(2099, 1, 1)
    s3.get_object(Bucket=bucket, Key="k", IfMatch=etag, IfUnmodifiedSince=past)
    assert refusal(s3.get_object, Bucket=bucket, Key="k", IfMatch='"no"')[:2] == (412, "PreconditionFailed")
    assert refusal(s3.get_object, Bucket=bucket, Key="k", IfUnmodifiedSince=past)[:2] == (412, "PreconditionFailed")
    assert refusal(s3.get_object, Bucket=bucket, Key="k", IfNoneMatch=etag)[0] == 304
    assert refusal(s3.head_object, Bucket=bucket, Key="k", IfModifiedSince=future)[0] == 304
    s3.get_object(Bucket=bucket, Key="k", IfNoneMatch='"no"', IfModifiedSince=future)


def test_conditional_writes(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    assert refusal(s3.put_object, Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")[:2] == (412, "PreconditionFailed")
    assert refusal(s3.put_object, Bucket=bucket, Key="k", Body=b"2", IfMatch='"no"')[:2] == (412, "PreconditionFailed")
    assert refusal(s3.put_object, Bucket=bucket, Key="none", Body=b"2", IfMatch=etag)[:2] == (404, "NoSuchKey")
    s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch=etag)
    assert refusal(s3.delete_object, Bucket=bucket, Key="k", IfMatch=etag)[:2] == (412, "PreconditionFailed")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2"


def test_checksums_are_verified_kept_and_answered(s3, bucket):
    body = b"hello"
    crc = base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
    reply = s3.put_object(Bucket=bucket, Key="k", Body=body, ChecksumAlgorithm="CRC32")
    assert (reply["ChecksumCRC32"], reply["ChecksumType"]) == (crc, "FULL_OBJECT")
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert got["ChecksumCRC32"] == crc
    assert "ChecksumCRC32" not in s3.head_object(Bucket=bucket, Key="k")
    sha = base64.b64encode(hashlib.sha256(body).digest()).decode()
    assert s3.put_object(Bucket=bucket, Key="k", Body=body, ChecksumSHA256=sha)["ChecksumSHA256"] == sha
    assert s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")["ChecksumSHA256"] == sha
    wrong = base64.b64encode(bytes(32)).decode()
    assert refusal(s3.put_object, Bucket=bucket, Key="k", Body=body, ChecksumSHA256=wrong)[:2] == (400, "BadDigest")
    md5 = base64.b64encode(bytes(16)).decode()
    assert refusal(s3.put_object, Bucket=bucket, Key="k", Body=body, ContentMD5=md5)[:2] == (400, "BadDigest")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == body
    assert s3.list_objects_v2(Bucket=bucket)["Contents"][0]["ChecksumAlgorithm"] == ["SHA256"]


def test_s3_vouches_for_what_clients_do_not(server, bucket):
    s3 = server.client("s3", request_checksum_calculation="when_required")
    reply = s3.put_object(Bucket=bucket, Key="k", Body=b"123456789")
    assert reply["ChecksumCRC64NVME"] == base64.b64encode((0xAE8B14860A799888).to_bytes(8, "big")).decode()


def test_what_is_not_there(s3, bucket):
    assert refusal(s3.get_object, Bucket=bucket, Key="none") == (404, "NoSuchKey", "The specified key does not exist.")
    assert refusal(s3.head_object, Bucket=bucket, Key="none")[:2] == (404, "404")
    assert refusal(s3.get_object, Bucket="no-such-bucket-here", Key="k")[1] == "NoSuchBucket"
    assert refusal(s3.put_object, Bucket="no-such-bucket-here", Key="k", Body=b"x")[1] == "NoSuchBucket"
    s3.delete_object(Bucket=bucket, Key="none")


@pytest.mark.parametrize("arguments,code", [
    (dict(Key="k" * 1025), "KeyTooLongError"), (dict(StorageClass="COLD"), "InvalidStorageClass"),
    (dict(Metadata={"a": "b" * 2048}), "MetadataTooLarge"), (dict(Tagging="a=1&a=2"), "InvalidArgument"),
    (dict(Tagging="&".join(f"k{i}=v" for i in range(11))), "BadRequest"), (dict(ServerSideEncryption="aws:kms"), "NotImplemented"),
    (dict(ServerSideEncryption="rot13"), "InvalidEncryptionAlgorithmError"), (dict(ObjectLockLegalHoldStatus="ON"), "InvalidRequest"),
    (dict(IfNoneMatch='"etag"'), "NotImplemented"), (dict(ACL="public-read"), "AccessControlListNotSupported"),
])
def test_requests_that_are_refused(s3, bucket, arguments, code):
    assert refusal(s3.put_object, **(dict(Bucket=bucket, Key="k", Body=b"x") | arguments))[1] == code


def test_overwriting_and_deleting(s3, bucket):
    for body in (b"1" * 100_000, b"2", b"3" * 100_000):
        s3.put_object(Bucket=bucket, Key="k", Body=body)
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == body
    s3.delete_object(Bucket=bucket, Key="k")
    assert refusal(s3.get_object, Bucket=bucket, Key="k")[1] == "NoSuchKey"


def test_an_object_that_is_removed_is_read_to_its_end(s3, bucket):
    body = os.urandom(20_000_000)
    s3.put_object(Bucket=bucket, Key="k", Body=body)
    stream = s3.get_object(Bucket=bucket, Key="k")["Body"]
    first = stream.read(1000)
    s3.delete_object(Bucket=bucket, Key="k")
    assert first + stream.read() == body


def test_delete_objects(s3, bucket):
    for key in "abc":
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    reply = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a"}, {"Key": "none"}, {"Key": "b", "ETag": '"no"'}]})
    assert [d["Key"] for d in reply["Deleted"]] == ["a", "none"]
    assert [(e["Key"], e["Code"]) for e in reply["Errors"]] == [("b", "PreconditionFailed")]
    reply = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": k} for k in "bc"], "Quiet": True})
    assert "Deleted" not in reply
    assert keys(s3.list_objects_v2(Bucket=bucket)) == []
    assert refusal(s3.delete_objects, Bucket=bucket, Delete={"Objects": []})[1] == "MalformedXML"
    assert refusal(s3.delete_objects, Bucket=bucket, Delete={"Objects": [{"Key": "k"}] * 1001})[1] == "MalformedXML"


# --- lists ---

@pytest.fixture(scope="module")
def tree(s3):
    name = f"tree-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    for key in TREE:
        s3.put_object(Bucket=name, Key=key, Body=key.encode())
    return name


TREE = ["a/1", "a/2", "a/b/3", "b", "b/1", "c d+e", "é", "z\U0001F600", "zz/1", "zz/2"]


def test_keys_are_listed_in_the_order_of_their_bytes(s3, tree):
    expected = sorted(TREE, key=str.encode)
    assert keys(s3.list_objects_v2(Bucket=tree)) == expected
    assert keys(s3.list_objects(Bucket=tree)) == expected
    for name in ("list_objects", "list_objects_v2"):
        pages = s3.get_paginator(name).paginate(Bucket=tree, PaginationConfig={"PageSize": 3})
        assert [key for page in pages for key in keys(page)] == expected
    assert s3.list_objects_v2(Bucket=tree, MaxKeys=0)["KeyCount"] == 0


@pytest.mark.parametrize("size", [1, 2, 1000])
@pytest.mark.parametrize("prefix,delimiter,expected_keys,expected_prefixes", [
    ("", "/", ["b", "c d+e", "z\U0001F600", "é"], ["a/", "b/", "zz/"]), ("a/", "/", ["a/1", "a/2"], ["a/b/"]),
    ("zz", "/", [], ["zz/"]), ("a", "b", ["a/1", "a/2"], ["a/b"]), ("none", "/", [], []),
])
def test_prefixes_and_delimiters(s3, tree, size, prefix, delimiter, expected_keys, expected_prefixes):
    for name in ("list_objects", "list_objects_v2"):
        pages = list(s3.get_paginator(name).paginate(Bucket=tree, Prefix=prefix, Delimiter=delimiter,
                                                     PaginationConfig={"PageSize": size}))
        assert sorted(key for page in pages for key in keys(page)) == sorted(expected_keys)
        assert [p["Prefix"] for page in pages for p in page.get("CommonPrefixes", [])] == expected_prefixes


def test_where_a_list_begins(s3, tree):
    assert keys(s3.list_objects_v2(Bucket=tree, StartAfter="b"))[0] == "b/1"
    assert keys(s3.list_objects(Bucket=tree, Marker="b"))[0] == "b/1"
    reply = s3.list_objects_v2(Bucket=tree, StartAfter="a/", Delimiter="/")
    assert [p["Prefix"] for p in reply["CommonPrefixes"]] == ["b/", "zz/"]
    assert refusal(s3.list_objects_v2, Bucket=tree, ContinuationToken="+")[:2] == (400, "InvalidArgument")
    entry = s3.list_objects_v2(Bucket=tree, FetchOwner=True, MaxKeys=1)["Contents"][0]
    assert (entry["Size"], entry["StorageClass"], len(entry["Owner"]["ID"])) == (3, "STANDARD", 64)


@pytest.fixture
def every_name_is_here(monkeypatch):
    """Hosts below .localhost are loopback by RFC 6761; not every resolver knows."""
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: resolve("127.0.0.1", *rest, **more))


def test_addressing_by_host_name(server, every_name_is_here):
    s3 = boto3.client("s3", endpoint_url=f"http://s3.localhost:{server.port}", region_name="us-east-1", aws_access_key_id="test",
                      aws_secret_access_key="test", config=botocore.config.Config(s3={"addressing_style": "virtual"}))
    name = f"host-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="/a//b/", Body=b"x")
    assert keys(s3.list_objects_v2(Bucket=name)) == ["/a//b/"]
    assert s3.get_object(Bucket=name, Key="/a//b/")["Body"].read() == b"x"

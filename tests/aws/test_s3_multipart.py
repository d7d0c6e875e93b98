# SPDX-License-Identifier: Apache-2.0
"""Uploads in parts, copies, attributes and tags."""

import base64
import hashlib
import os
import uuid
import zlib

import boto3.s3.transfer
import pytest
from conftest import refusal

MIB = 1024 * 1024


@pytest.fixture
def bucket(s3):
    name = f"b-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    return name


def upload(s3, bucket, key, parts, numbers=None, **create):
    created = s3.create_multipart_upload(Bucket=bucket, Key=key, **create)
    sent = []
    for number, body in zip(numbers or range(1, len(parts) + 1), parts):
        reply = s3.upload_part(Bucket=bucket, Key=key, UploadId=created["UploadId"], PartNumber=number, Body=body,
                               **({"ChecksumAlgorithm": create["ChecksumAlgorithm"]} if "ChecksumAlgorithm" in create else {}))
        sent.append({"PartNumber": number, "ETag": reply["ETag"]} | {n: v for n, v in reply.items() if n.startswith("Checksum")})
    return created["UploadId"], sent


def complete(s3, bucket, key, upload_id, parts, **more):
    return s3.complete_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": parts}, **more)


PARTS = [os.urandom(5 * MIB), os.urandom(5 * MIB + 1), os.urandom(1000)]
WHOLE = b"".join(PARTS)
ETAG = '"' + hashlib.md5(b"".join(hashlib.md5(p).digest() for p in PARTS)).hexdigest() + '-3"'


def test_an_upload_in_parts(s3, bucket):
    upload_id, parts = upload(s3, bucket, "k", PARTS, numbers=[1, 5, 7], ContentType="text/x", Metadata={"a": "b"}, Tagging="t=1")
    assert refusal(s3.get_object, Bucket=bucket, Key="k")[1] == "NoSuchKey"
    assert [u["Key"] for u in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == ["k"]
    pages = list(s3.get_paginator("list_parts").paginate(Bucket=bucket, Key="k", UploadId=upload_id, PaginationConfig={"PageSize": 2}))
    assert [(p["PartNumber"], p["Size"]) for page in pages for p in page["Parts"]] == [(1, 5 * MIB), (5, 5 * MIB + 1), (7, 1000)]
    assert complete(s3, bucket, "k", upload_id, parts)["ETag"] == ETAG
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == WHOLE
    assert (got["ETag"], got["ContentType"], got["Metadata"], got["TagCount"]) == (ETAG, "text/x", {"a": "b"}, 1)
    for first, last in ((0, 0), (5 * MIB - 1, 5 * MIB), (100, len(WHOLE) - 100), (len(WHOLE) - 5, len(WHOLE) - 1)):
        assert s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={first}-{last}")["Body"].read() == WHOLE[first:last + 1]
    got = s3.get_object(Bucket=bucket, Key="k", PartNumber=5)
    assert (got["Body"].read(), got["PartsCount"]) == (PARTS[1], 3)
    assert refusal(s3.head_object, Bucket=bucket, Key="k", PartNumber=2)[0] == 416
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    assert complete(s3, bucket, "k", upload_id, parts)["ETag"] == ETAG  # an answer that was lost
    s3.delete_object(Bucket=bucket, Key="k")
    assert refusal(complete, s3, bucket, "k", upload_id, parts)[1] == "NoSuchUpload"


def test_what_completing_refuses(s3, bucket):
    upload_id, parts = upload(s3, bucket, "k", [b"1" * 1000, b"2" * 1000])
    assert refusal(complete, s3, bucket, "k", upload_id, parts)[1] == "EntityTooSmall"
    assert refusal(complete, s3, bucket, "k", upload_id, parts[::-1])[1] == "InvalidPartOrder"
    assert refusal(complete, s3, bucket, "k", upload_id, [parts[0] | {"PartNumber": 3}])[1] == "InvalidPart"
    assert refusal(complete, s3, bucket, "k", upload_id, [parts[0] | {"ETag": '"no"'}])[1] == "InvalidPart"
    assert refusal(complete, s3, bucket, "k", upload_id, [])[1] == "MalformedXML"
    assert refusal(complete, s3, bucket, "other", upload_id, parts)[1] == "NoSuchUpload"
    assert refusal(s3.upload_part, Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=10_001, Body=b"")[1] == "InvalidArgument"
    assert refusal(complete, s3, bucket, "k", upload_id, parts[:1], MpuObjectSize=5)[1] == "InvalidRequest"
    assert complete(s3, bucket, "k", upload_id, parts[:1], MpuObjectSize=1000)["ETag"].endswith('-1"')
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"1" * 1000


def test_a_part_is_replaced_and_an_upload_aborted(s3, bucket):
    upload_id, _ = upload(s3, bucket, "k", [b"1"])
    reply = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=1, Body=b"22")
    complete(s3, bucket, "k", upload_id, [{"PartNumber": 1, "ETag": reply["ETag"]}])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"22"
    upload_id, _ = upload(s3, bucket, "k", [b"3"])
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload_id)
    assert refusal(s3.list_parts, Bucket=bucket, Key="k", UploadId=upload_id)[1] == "NoSuchUpload"
    assert refusal(s3.abort_multipart_upload, Bucket=bucket, Key="k", UploadId=upload_id)[1] == "NoSuchUpload"


def b64(digest):
    return base64.b64encode(digest).decode()


def test_checksums_of_parts_and_whole(s3, bucket):
    upload_id, parts = upload(s3, bucket, "k", PARTS, ChecksumAlgorithm="SHA256")
    expected = b64(hashlib.sha256(b"".join(hashlib.sha256(p).digest() for p in PARTS)).digest()) + "-3"
    reply = complete(s3, bucket, "k", upload_id, parts)
    assert (reply["ChecksumSHA256"], reply["ChecksumType"]) == (expected, "COMPOSITE")
    attributes = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ETag", "Checksum", "ObjectParts", "ObjectSize"])
    assert (attributes["ETag"], attributes["ObjectSize"]) == (ETAG.strip('"'), len(WHOLE))
    assert [p["ChecksumSHA256"] for p in attributes["ObjectParts"]["Parts"]] == [b64(hashlib.sha256(p).digest()) for p in PARTS]
    upload_id, parts = upload(s3, bucket, "k", PARTS, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    whole = b64(zlib.crc32(WHOLE).to_bytes(4, "big"))
    assert refusal(complete, s3, bucket, "k", upload_id, parts, ChecksumCRC32="AAAAAA==", ChecksumType="FULL_OBJECT")[1] == "BadDigest"
    assert complete(s3, bucket, "k", upload_id, parts, ChecksumCRC32=whole, ChecksumType="FULL_OBJECT")["ChecksumCRC32"] == whole
    assert s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")["ChecksumCRC32"] == whole
    assert refusal(s3.create_multipart_upload, Bucket=bucket, Key="k", ChecksumAlgorithm="SHA1", ChecksumType="FULL_OBJECT")[1] \
        == "InvalidRequest"


def test_list_uploads(s3, bucket):
    ids = {key: s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"] for key in ("a/1", "a/2", "b", "c/1")}
    twice = s3.create_multipart_upload(Bucket=bucket, Key="b")["UploadId"]
    pages = list(s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2}))
    listed = [(u["Key"], u["UploadId"]) for page in pages for u in page["Uploads"]]
    assert sorted(listed) == sorted([*ids.items(), ("b", twice)])
    assert [key for key, _ in listed] == ["a/1", "a/2", "b", "b", "c/1"]
    reply = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [p["Prefix"] for p in reply["CommonPrefixes"]] == ["a/", "c/"]
    s3.delete_bucket(Bucket=bucket)  # uploads under way do not keep it


@pytest.mark.parametrize("size", [0, 10, 100_000])
def test_copies(s3, bucket, size):
    body = os.urandom(size)
    put = s3.put_object(Bucket=bucket, Key="a b+c/é", Body=body, ContentType="text/x", Metadata={"a": "b"}, Tagging="t=1")
    reply = s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "a b+c/é"})
    assert reply["CopyObjectResult"]["ETag"] == put["ETag"]
    s3.delete_object(Bucket=bucket, Key="a b+c/é")
    got = s3.get_object(Bucket=bucket, Key="copy")
    assert (got["Body"].read(), got["ContentType"], got["Metadata"], got["TagCount"]) == (body, "text/x", {"a": "b"}, 1)
    assert refusal(s3.copy_object, Bucket=bucket, Key="copy", CopySource=f"{bucket}/copy")[1] == "InvalidRequest"
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/copy", MetadataDirective="REPLACE", Metadata={"n": "1"})
    got = s3.get_object(Bucket=bucket, Key="copy")
    assert (got["Body"].read(), got["ContentType"], got["Metadata"]) == (body, "binary/octet-stream", {"n": "1"})


def test_copies_that_are_refused(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    copy = dict(Bucket=bucket, Key="to", CopySource=f"{bucket}/k")
    assert refusal(s3.copy_object, **copy, CopySourceIfNoneMatch=etag)[:2] == (412, "PreconditionFailed")
    assert refusal(s3.copy_object, **copy, CopySourceIfMatch='"no"')[:2] == (412, "PreconditionFailed")
    assert refusal(s3.copy_object, **(copy | {"CopySource": f"{bucket}/none"}))[1] == "NoSuchKey"
    assert refusal(s3.copy_object, **(copy | {"CopySource": "nothing"}))[1] == "InvalidArgument"


def test_parts_copied_from_an_object(s3, bucket):
    upload_id, parts = upload(s3, bucket, "k", PARTS)
    complete(s3, bucket, "k", upload_id, parts)
    copy = s3.create_multipart_upload(Bucket=bucket, Key="copy")["UploadId"]
    ends = [(0, 6 * MIB - 1), (6 * MIB, len(WHOLE) - 1)]
    parts = []
    for number, (first, last) in enumerate(ends, 1):
        reply = s3.upload_part_copy(Bucket=bucket, Key="copy", UploadId=copy, PartNumber=number, CopySource=f"{bucket}/k",
                                    CopySourceRange=f"bytes={first}-{last}")["CopyPartResult"]
        assert reply["ETag"] == f'"{hashlib.md5(WHOLE[first:last + 1]).hexdigest()}"'
        parts.append({"PartNumber": number, "ETag": reply["ETag"]})
    bad = dict(Bucket=bucket, Key="copy", UploadId=copy, PartNumber=9, CopySource=f"{bucket}/k")
    for text in ("bytes=0-", f"bytes=0-{len(WHOLE)}", "0-1"):
        assert refusal(s3.upload_part_copy, **bad, CopySourceRange=text)[1] == "InvalidArgument"
    complete(s3, bucket, "copy", copy, parts)
    s3.delete_object(Bucket=bucket, Key="k")
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == WHOLE
    # A copy of what came in parts is one part, whose ETag is that of its bytes.
    reply = s3.copy_object(Bucket=bucket, Key="once", CopySource=f"{bucket}/copy")
    assert reply["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(WHOLE).hexdigest()}"'


def test_the_transfer_manager(s3, bucket, tmp_path):
    body = os.urandom(30 * MIB)
    (tmp_path / "up").write_bytes(body)
    config = boto3.s3.transfer.TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=6 * MIB)
    s3.upload_file(str(tmp_path / "up"), bucket, "k", Config=config)
    assert s3.head_object(Bucket=bucket, Key="k")["ETag"].endswith('-5"')
    s3.download_file(bucket, "k", str(tmp_path / "down"), Config=config)
    assert (tmp_path / "down").read_bytes() == body
    s3.copy({"Bucket": bucket, "Key": "k"}, bucket, "copy", Config=config)
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == body


def test_tags(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}]
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": tags})
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == tags
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    assert refusal(s3.put_object_tagging, Bucket=bucket, Key="k", Tagging={"TagSet": tags[:1] * 2})[1] == "InvalidTag"
    assert refusal(s3.get_bucket_tagging, Bucket=bucket)[:2] == (404, "NoSuchTagSet")
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == tags
    s3.delete_bucket_tagging(Bucket=bucket)
    assert refusal(s3.get_bucket_tagging, Bucket=bucket)[1] == "NoSuchTagSet"

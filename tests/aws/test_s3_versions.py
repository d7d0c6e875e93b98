# SPDX-License-Identifier: Apache-2.0
"""Versions of objects and delete markers."""

import uuid

import pytest
from conftest import refusal


@pytest.fixture
def plain(s3):
    name = f"b-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def bucket(s3, plain):
    s3.put_bucket_versioning(Bucket=plain, VersioningConfiguration={"Status": "Enabled"})
    return plain


def put(s3, bucket, body, key="k"):
    return s3.put_object(Bucket=bucket, Key=key, Body=body).get("VersionId")


def read(s3, bucket, version=None, key="k"):
    return s3.get_object(Bucket=bucket, Key=key, **({"VersionId": version} if version else {}))["Body"].read()


def history(s3, bucket, **more):
    """(key, version, is it the latest) of versions and markers."""
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, **more)
    return [(v["Key"], v["VersionId"], v["IsLatest"]) for page in pages for v in page.get("Versions", []) + page.get("DeleteMarkers", [])]


def test_versions_are_kept(s3, bucket):
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    first, second = put(s3, bucket, b"1"), put(s3, bucket, b"2" * 100_000)
    assert first != second and len(first) == 32
    assert (read(s3, bucket), read(s3, bucket, first), read(s3, bucket, second)) == (b"2" * 100_000, b"1", b"2" * 100_000)
    assert history(s3, bucket) == [("k", second, True), ("k", first, False)]
    assert s3.head_object(Bucket=bucket, Key="k")["VersionId"] == second


def test_a_delete_marker_hides_and_its_removal_shows(s3, bucket):
    first = put(s3, bucket, b"1")
    reply = s3.delete_object(Bucket=bucket, Key="k")
    marker = reply["VersionId"]
    assert reply["DeleteMarker"] is True
    assert refusal(s3.get_object, Bucket=bucket, Key="k")[:2] == (404, "NoSuchKey")
    assert refusal(s3.get_object, Bucket=bucket, Key="k", VersionId=marker)[:2] == (405, "MethodNotAllowed")
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    assert sorted(history(s3, bucket)) == sorted([("k", marker, True), ("k", first, False)])
    assert refusal(s3.delete_bucket, Bucket=bucket)[1] == "BucketNotEmpty"
    reply = s3.delete_object(Bucket=bucket, Key="k", VersionId=marker)
    assert (reply["DeleteMarker"], reply["VersionId"]) == (True, marker)
    assert read(s3, bucket) == b"1"
    assert history(s3, bucket) == [("k", first, True)]


def test_removing_the_current_version_brings_back_the_one_before(s3, bucket):
    first, second, third = (put(s3, bucket, body) for body in (b"1", b"2", b"3"))
    s3.delete_object(Bucket=bucket, Key="k", VersionId=third)
    assert read(s3, bucket) == b"2"
    s3.delete_object(Bucket=bucket, Key="k", VersionId=first)
    assert history(s3, bucket) == [("k", second, True)]
    s3.delete_object(Bucket=bucket, Key="k", VersionId=first)  # it is gone: fine
    s3.delete_object(Bucket=bucket, Key="k", VersionId=second)
    assert history(s3, bucket) == []
    s3.delete_bucket(Bucket=bucket)


def test_the_null_version(s3, plain):
    assert put(s3, plain, b"0") is None
    s3.put_bucket_versioning(Bucket=plain, VersioningConfiguration={"Status": "Enabled"})
    first = put(s3, plain, b"1")
    assert history(s3, plain) == [("k", first, True), ("k", "null", False)]
    assert read(s3, plain, "null") == b"0"
    s3.put_bucket_versioning(Bucket=plain, VersioningConfiguration={"Status": "Suspended"})
    assert put(s3, plain, b"2") == "null"
    assert history(s3, plain) == [("k", "null", True), ("k", first, False)]
    assert put(s3, plain, b"3") == "null"
    assert (read(s3, plain), read(s3, plain, "null"), read(s3, plain, first)) == (b"3", b"3", b"1")
    reply = s3.delete_object(Bucket=plain, Key="k")
    assert (reply["DeleteMarker"], reply["VersionId"]) == (True, "null")
    assert sorted(history(s3, plain)) == sorted([("k", "null", True), ("k", first, False)])
    s3.delete_object(Bucket=plain, Key="k", VersionId="null")
    assert history(s3, plain) == [("k", first, True)]
    assert read(s3, plain) == b"1"


def test_bad_version_ids(s3, bucket):
    version = put(s3, bucket, b"1")
    assert refusal(s3.get_object, Bucket=bucket, Key="k", VersionId="no")[:2] == (400, "InvalidArgument")
    other = version[:-1] + ("A" if version[-1] != "A" else "B")
    assert refusal(s3.get_object, Bucket=bucket, Key="k", VersionId=other)[:2] == (404, "NoSuchVersion")
    assert refusal(s3.get_object, Bucket=bucket, Key="k", VersionId="null")[:2] == (404, "NoSuchVersion")


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_histories_in_pages(s3, plain, size):
    put(s3, plain, b"0", "b")
    s3.put_bucket_versioning(Bucket=plain, VersioningConfiguration={"Status": "Enabled"})
    expected = {"a": [put(s3, plain, b"1", "a"), put(s3, plain, b"2", "a")], "b": ["null", put(s3, plain, b"1", "b")],
                "c/d": [put(s3, plain, b"1", "c/d")]}
    expected["c/d"].append(s3.delete_object(Bucket=plain, Key="c/d")["VersionId"])
    wanted = sorted((key, version, version == versions[-1]) for key, versions in expected.items() for version in versions)
    assert sorted(history(s3, plain, PaginationConfig={"PageSize": size})) == wanted
    grouped = list(s3.get_paginator("list_object_versions").paginate(Bucket=plain, Delimiter="/", PaginationConfig={"PageSize": size}))
    assert [p["Prefix"] for page in grouped for p in page.get("CommonPrefixes", [])] == ["c/"]
    assert sum(len(page.get("Versions", [])) for page in grouped) == 4


def test_delete_objects_with_versions(s3, bucket):
    first, second = put(s3, bucket, b"1"), put(s3, bucket, b"2")
    reply = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k", "VersionId": first}, {"Key": "k"}]})
    assert reply["Deleted"][0] == {"Key": "k", "VersionId": first}
    assert reply["Deleted"][1]["DeleteMarker"] is True
    assert read(s3, bucket, second) == b"2"


def test_tags_and_copies_of_a_version(s3, bucket):
    first, _ = put(s3, bucket, b"1"), put(s3, bucket, b"2")
    s3.put_object_tagging(Bucket=bucket, Key="k", VersionId=first, Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    assert s3.get_object_tagging(Bucket=bucket, Key="k", VersionId=first)["TagSet"] == [{"Key": "a", "Value": "1"}]
    reply = s3.copy_object(Bucket=bucket, Key="k", CopySource={"Bucket": bucket, "Key": "k", "VersionId": first})
    assert reply["CopySourceVersionId"] == first and reply["VersionId"] != first
    assert read(s3, bucket) == b"1"

# SPDX-License-Identifier: Apache-2.0
"""Presigned URLs as boto3 makes them: by Signature Version 2 unless told, and by Version 4."""

import datetime
import hashlib
import http.client
import urllib.parse
import uuid
import xml.etree.ElementTree as xml

import pytest


@pytest.fixture(scope="module", params=[{}, {"signature_version": "s3v4"}], ids=["v2", "v4"])
def s3(server, request):
    return server.client("s3", **request.param)


@pytest.fixture
def bucket(s3):
    name = f"b-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="a b/ü", Body=b"hello")
    return name


def send(url, method="GET", body=None, **headers):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, f"{parts.path}?{parts.query}", body, names)
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read()
    finally:
        connection.close()


def code_of(reply):
    return reply[0], xml.fromstring(reply[2]).findtext("Code")


def test_reads(s3, bucket):
    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a b/ü", "ResponseContentType": "text/x; a=b",
                                                   "ResponseContentDisposition": 'attachment; filename="a b"'})
    status, headers, body = send(url)
    assert (status, body, headers["Content-Type"], headers["Content-Disposition"]) == (200, b"hello", "text/x; a=b", 'attachment; filename="a b"')
    assert send(url, Range="bytes=1-2")[2] == b"el"
    assert send(s3.generate_presigned_url("head_object", {"Bucket": bucket, "Key": "a b/ü"}), "HEAD")[0] == 200
    listed = xml.fromstring(send(s3.generate_presigned_url("list_objects_v2", {"Bucket": bucket, "Prefix": "a "}))[2])
    assert listed.findtext("{*}KeyCount") == "1"


def test_writes(s3, bucket):
    url = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "up", "ContentType": "text/plain", "Metadata": {"who": "ann"}})
    headers = {} if "AWSAccessKeyId" in url else {"x_amz_meta_who": "ann"}
    assert send(url, "PUT", b"x" * 100_000, Content_Type="text/plain", **headers)[0] == 200
    got = s3.get_object(Bucket=bucket, Key="up")
    assert (got["Body"].read(), got["ContentType"], got["Metadata"]) == (b"x" * 100_000, "text/plain", {"who": "ann"})
    assert code_of(send(url, "PUT", b"x", Content_Type="text/html", **headers)) == (403, "SignatureDoesNotMatch")
    assert send(s3.generate_presigned_url("delete_object", {"Bucket": bucket, "Key": "up"}), "DELETE")[0] == 204
    assert "up" not in str(s3.list_objects_v2(Bucket=bucket)["Contents"])


def test_versions_and_parts(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=bucket, Key="v", Body=b"one")["VersionId"]
    s3.put_object(Bucket=bucket, Key="v", Body=b"two")
    assert send(s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "v", "VersionId": first}))[2] == b"one"
    upload = s3.create_multipart_upload(Bucket=bucket, Key="m")["UploadId"]
    url = s3.generate_presigned_url("upload_part", {"Bucket": bucket, "Key": "m", "UploadId": upload, "PartNumber": 1})
    etag = send(url, "PUT", b"part")[1]["ETag"]
    assert etag == '"%s"' % hashlib.md5(b"part").hexdigest()
    s3.complete_multipart_upload(Bucket=bucket, Key="m", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})


def test_urls_that_are_refused(server, s3, bucket):
    params = {"Bucket": bucket, "Key": "a b/ü"}
    url = s3.generate_presigned_url("get_object", params)
    assert code_of(send(url.replace("%C3%BC", "k")))[0] == 403
    assert code_of(send(url, "DELETE")) == (403, "SignatureDoesNotMatch")
    assert code_of(send(url + "&versionId=null")) == (403, "SignatureDoesNotMatch")
    stranger = server.client("s3", account="AKIAUNKNOWN000000000")
    assert code_of(send(stranger.generate_presigned_url("get_object", params))) == (403, "InvalidAccessKeyId")
    wrong = server.client("s3", secret="wrong")
    assert code_of(send(wrong.generate_presigned_url("get_object", params))) == (403, "SignatureDoesNotMatch")
    assert code_of(send(s3.generate_presigned_url("get_object", params, ExpiresIn=-100)))[0] in (400, 403)


def test_a_session_makes_urls(server, s3, bucket):
    role = server.client("iam").create_role(RoleName=f"r-{uuid.uuid4()}", AssumeRolePolicyDocument=(
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'))["Role"]["Arn"]
    session = server.client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    import boto3
    client = boto3.client("s3", endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id=session["AccessKeyId"],
                          aws_secret_access_key=session["SecretAccessKey"], aws_session_token=session["SessionToken"],
                          config=s3.meta.config)
    assert session["Expiration"] > datetime.datetime.now(datetime.timezone.utc)
    assert send(client.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a b/ü"}))[2] == b"hello"

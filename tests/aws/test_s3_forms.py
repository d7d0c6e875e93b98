# SPDX-License-Identifier: Apache-2.0
"""Browser uploads: presigned POST forms, as boto3 makes them and browsers send them."""

import base64
import datetime
import hashlib
import hmac
import http.client
import json
import os
import shutil
import subprocess
import urllib.parse
import uuid
import xml.etree.ElementTree as xml
import zlib

import pytest


# boto3 signs forms by Signature Version 2 unless told.
@pytest.fixture(scope="module", params=[{}, {"signature_version": "s3v4"}], ids=["v2", "v4"])
def s3(server, request):
    return server.client("s3", **request.param)


@pytest.fixture
def bucket(s3):
    name = f"b-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    return name


def form_of(fields, data, filename="photo.jpg", after=()):
    boundary = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields]
    if data is not None:
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
                     "Content-Type: image/jpeg\r\n\r\n".encode() + data + b"\r\n")
    parts += [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in after]
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def post(server, bucket, fields, data=b"hello", host=None, origin=None, **more):
    body, content_type = form_of(list(fields.items()) if isinstance(fields, dict) else fields, data, **more)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        headers = {"Content-Type": content_type} | ({"Host": host} if host else {}) | ({"Origin": origin} if origin else {})
        connection.request("POST", "/" if host else f"/{bucket}", body, headers)
        reply = connection.getresponse()
        return reply.status, {n.lower(): v for n, v in reply.getheaders()}, reply.read()
    finally:
        connection.close()


def error_of(reply):
    status, _, body = reply
    root = xml.fromstring(body)
    return status, root.findtext("Code"), root.findtext("Message")


def signed(policy, secret="test", key="test", date=None, more=()):
    """A form signed by hand: whatever the policy says."""
    now = date or datetime.datetime.now(datetime.timezone.utc)
    day = now.strftime("%Y%m%d")
    own = {"x-amz-algorithm": "AWS4-HMAC-SHA256", "x-amz-credential": f"{key}/{day}/us-east-1/s3/aws4_request",
           "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ")}
    if isinstance(policy, dict):
        policy = json.dumps({"expiration": (now + datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")} | policy |
                            {"conditions": policy.get("conditions", []) + [{n: v} for n, v in own.items()]})
    encoded = base64.b64encode(policy.encode()).decode()
    digest = ("AWS4" + secret).encode()
    for part in (day, "us-east-1", "s3", "aws4_request", encoded):
        digest = hmac.new(digest, part.encode(), hashlib.sha256).digest()
    return dict(more) | own | {"policy": encoded, "x-amz-signature": digest.hex()}


def test_a_form_that_boto3_made(server, s3, bucket):
    made = s3.generate_presigned_post(bucket, "pictures/${filename}", {"acl": "private", "Content-Type": "image/png", "x-amz-meta-who": "ann"},
                                      [{"acl": "private"}, ["starts-with", "$Content-Type", "image/"], {"x-amz-meta-who": "ann"},
                                       ["content-length-range", 1, 1000]])
    status, headers, body = post(server, bucket, made["fields"], b"picture", filename="a cat.png")
    assert (status, body, headers["etag"]) == (204, b"", '"%s"' % hashlib.md5(b"picture").hexdigest())
    assert headers["location"] == f"http://127.0.0.1:{server.port}/{bucket}/pictures/a%20cat.png"
    got = s3.get_object(Bucket=bucket, Key="pictures/a cat.png")
    assert (got["Body"].read(), got["ContentType"], got["Metadata"]) == (b"picture", "image/png", {"who": "ann"})


def test_a_large_file_goes_through_the_disk(server, s3, bucket):
    data = os.urandom(20_000_000)
    made = s3.generate_presigned_post(bucket, "large", Conditions=[["content-length-range", 0, 30_000_000]])
    assert post(server, bucket, made["fields"], data)[0] == 204
    assert hashlib.md5(s3.get_object(Bucket=bucket, Key="large")["Body"].read()).digest() == hashlib.md5(data).digest()


def test_what_a_form_asks_as_answer(server, s3, bucket):
    def made(**fields):
        return s3.generate_presigned_post(bucket, "k&<", fields, [{name: value} for name, value in fields.items()])["fields"]
    status, headers, body = post(server, bucket, made(success_action_status="201"))
    root = xml.fromstring(body)
    etag = '"%s"' % hashlib.md5(b"hello").hexdigest()
    assert (status, headers["content-type"]) == (201, "application/xml")
    assert [(e.tag, e.text) for e in root] == [("Location", f"http://127.0.0.1:{server.port}/{bucket}/k%26%3C"), ("Bucket", bucket),
                                               ("Key", "k&<"), ("ETag", etag)]
    assert post(server, bucket, made(success_action_status="200"))[0] == 200
    assert post(server, bucket, made(success_action_status="418"))[0] == 204
    for target, mark in (("http://localhost:3000/done", "?"), ("http://localhost:3000/done?a=b", "&")):
        status, headers, _ = post(server, bucket, made(success_action_redirect=target))
        assert (status, headers["location"]) == (303, f"{target}{mark}bucket={bucket}&key=k%26%3C&etag={urllib.parse.quote(etag)}")


@pytest.mark.parametrize("fields, conditions, refusal", [
    ({"acl": "public-read"}, [{"acl": "private"}], 'Policy Condition failed: ["eq","$acl","private"]'),
    ({"Content-Type": "text/html"}, [["starts-with", "$Content-Type", "image/"]], 'Policy Condition failed: ["starts-with","$content-type","image/"]'),
    ({"Content-Type": "image/png,text/html"}, [["starts-with", "$Content-Type", "image/"]], 'Policy Condition failed: ["starts-with","$content-type","image/"]'),
    ({"x-amz-meta-a": "1"}, [], "Extra input fields: x-amz-meta-a"),
    ({}, [["eq", "$x-amz-meta-a", "1"]], 'Policy Condition failed: ["eq","$x-amz-meta-a","1"]'),
])
def test_forms_that_their_policy_does_not_allow(server, s3, bucket, fields, conditions, refusal):
    made = s3.generate_presigned_post(bucket, "k", None, list(conditions))["fields"] | fields
    assert error_of(post(server, bucket, made)) == (403, "AccessDenied", "Invalid according to Policy: " + refusal)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_fields_that_need_no_condition(server, s3, bucket):
    made = s3.generate_presigned_post(bucket, "k")["fields"] | {"x-ignore-button": "Send"}
    assert post(server, bucket, made, after=[("submit", "Send")])[0] == 204


def test_a_policy_is_for_one_bucket_and_one_time(server, s3, bucket):
    other = f"{bucket}-2"
    s3.create_bucket(Bucket=other)
    made = s3.generate_presigned_post(bucket, "k")["fields"]
    assert error_of(post(server, other, made))[:2] == (403, "AccessDenied")
    old = signed({"expiration": "2020-01-01T00:00:00Z", "conditions": [{"bucket": bucket}, {"key": "k"}]}, more={"key": "k"})
    assert error_of(post(server, bucket, old)) == (403, "AccessDenied", "Invalid according to Policy: Policy expired.")


def test_the_size_of_the_file_is_limited(server, s3, bucket):
    made = s3.generate_presigned_post(bucket, "k", None, [["content-length-range", 10, 100_000]])["fields"]
    assert error_of(post(server, bucket, made, b"x" * 9)) == (400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
    status, _, body = reply = post(server, bucket, made, b"x" * 100_001)
    assert error_of(reply) == (400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
    assert xml.fromstring(body).findtext("MaxSizeAllowed") == "100000"
    assert post(server, bucket, made, b"x" * 100_000)[0] == 204
    assert s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == 100_000


@pytest.mark.parametrize("policy, message", [
    ("{", "Invalid Policy: Invalid JSON."), ("[]", "Invalid Policy: Invalid JSON."),
    ('{"conditions": []}', "Invalid Policy: Policy missing expiration."),
    ('{"expiration": "soon", "conditions": []}', "Invalid Policy: Invalid 'expiration' value: 'soon'"),
    ('{"expiration": "2099-01-01T00:00:00Z"}', "Invalid Policy: Policy missing conditions."),
    ('{"expiration": "2099-01-01T00:00:00Z", "conditions": [{"a": "b", "c": "d"}]}',
     "Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."),
])
def test_documents_that_are_no_policy(server, bucket, policy, message):
    assert error_of(post(server, bucket, signed(policy, more={"key": "k"}))) == (400, "InvalidPolicyDocument", message)


def test_who_signed(server, s3, bucket):
    conditions = {"conditions": [{"bucket": bucket}, {"key": "k"}]}
    assert post(server, bucket, signed(conditions, more={"key": "k"}))[0] == 204
    assert error_of(post(server, bucket, signed(conditions, secret="wrong", more={"key": "k"})))[:2] == (403, "SignatureDoesNotMatch")
    assert error_of(post(server, bucket, signed(conditions, key="AKIAUNKNOWN000000000", more={"key": "k"})))[:2] == (403, "InvalidAccessKeyId")
    assert error_of(post(server, bucket, {"key": "k"}))[:2] == (403, "AccessDenied")
    whole = signed(conditions, more={"key": "k"})
    del whole["x-amz-signature"]
    assert error_of(post(server, bucket, whole))[:2] == (400, "InvalidArgument")


def test_everybody_may_upload_where_the_bucket_lets_them(server, s3, bucket):
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/in/*"}]}))
    assert post(server, bucket, {"key": "in/a"}, b"free")[0] == 204
    assert error_of(post(server, bucket, {"key": "out/a"}, b"free"))[:2] == (403, "AccessDenied")
    assert s3.get_object(Bucket=bucket, Key="in/a")["Body"].read() == b"free"


def test_forms_that_are_broken(server, s3, bucket):
    made = s3.generate_presigned_post(bucket, "k")["fields"]
    no_key = {name: value for name, value in made.items() if name != "key"}
    assert error_of(post(server, bucket, no_key))[:2] == (400, "InvalidArgument")
    assert error_of(post(server, bucket, made, None)) == (400, "InvalidArgument", "POST requires exactly one file upload per request.")
    assert error_of(post(server, bucket, [("x-ignore-much", "x" * 21_000)]))[:2] == (400, "MaxPostPreDataLengthExceeded")
    body, content_type = form_of(list(made.items()), b"hello")
    for bad_body, bad_type in ((body[:-40], content_type), (b"nothing", content_type), (body, "multipart/form-data")):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("POST", f"/{bucket}", bad_body, {"Content-Type": bad_type})
        reply = connection.getresponse()
        assert error_of((reply.status, None, reply.read()))[:2] == (400, "MalformedPOSTRequest")
        connection.close()
    assert error_of(post(server, bucket, [("x-amz-meta-a", "1\r\nSet-Cookie: a=b")] + list(made.items())))[0] in (400, 403)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_tags_checksums_and_storage_class(server, s3, bucket):
    tags = "<Tagging><TagSet><Tag><Key>a b</Key><Value>1&amp;2</Value></Tag></TagSet></Tagging>"
    crc = base64.b64encode(zlib.crc32(b"hello").to_bytes(4, "big")).decode()
    fields = {"tagging": tags, "x-amz-checksum-crc32": crc, "x-amz-storage-class": "STANDARD_IA"}
    made = s3.generate_presigned_post(bucket, "k", fields, [{name: value} for name, value in fields.items()])["fields"]
    assert post(server, bucket, made)[0] == 204
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "a b", "Value": "1&2"}]
    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert (head["StorageClass"], head["ChecksumCRC32"]) == ("STANDARD_IA", crc)
    assert error_of(post(server, bucket, made, b"other"))[:2] == (400, "BadDigest")


def test_addresses_versions_and_pages(server, s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    made = s3.generate_presigned_post(bucket, "k")["fields"]
    status, headers, _ = post(server, bucket, made, host=f"{bucket}.s3.localhost:{server.port}", origin="http://localhost:3000")
    assert (status, headers["location"]) == (204, f"http://{bucket}.s3.localhost:{server.port}/k")
    assert headers["x-amz-version-id"] == s3.head_object(Bucket=bucket, Key="k")["VersionId"]
    assert post(server, bucket, made, origin="https://app.example.com")[0] == 403
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [{"AllowedOrigins": ["https://app.example.com"], "AllowedMethods": ["POST"]}]})
    status, headers, _ = post(server, bucket, made, origin="https://app.example.com")
    assert (status, headers["access-control-allow-origin"]) == (204, "https://app.example.com")


def test_the_event_of_a_form(server, s3, bucket):
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName=bucket)["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:000000000000:{bucket}"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}]})})
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={
        "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:Post"]}]})
    s3.put_object(Bucket=bucket, Key="other", Body=b"")
    assert post(server, bucket, s3.generate_presigned_post(bucket, "k")["fields"])[0] == 204
    seen = []
    while not seen:
        for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5, MaxNumberOfMessages=10).get("Messages", []):
            seen += json.loads(message["Body"]).get("Records", [])
    assert [(r["eventName"], r["s3"]["object"]["key"]) for r in seen] == [("ObjectCreated:Post", "k")]


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl on this host")
def test_curl_sends_a_form(s3, bucket, tmp_path):
    made = s3.generate_presigned_post(bucket, "from/${filename}", {"success_action_status": "201"}, [{"success_action_status": "201"}])
    (tmp_path / "a b.bin").write_bytes(os.urandom(300_000))
    fields = [part for name, value in made["fields"].items() for part in ("-F", f"{name}={value}")]
    done = subprocess.run(["curl", "-sS", *fields, "-F", f"file=@{tmp_path}/a b.bin", made["url"]], capture_output=True, text=True, timeout=60)
    assert xml.fromstring(done.stdout).findtext("Key") == "from/a b.bin", done
    assert s3.get_object(Bucket=bucket, Key="from/a b.bin")["Body"].read() == (tmp_path / "a b.bin").read_bytes()

# SPDX-License-Identifier: Apache-2.0
"""Lifecycle rules: kept as sent, told in headers, and acted on when their time comes."""

import datetime
import json
import subprocess

import pytest
from conftest import KILN, eventually, refusal

DAY = datetime.timedelta(days=1)


def rule(**more):
    return {"ID": "r", "Status": "Enabled", "Filter": {}} | more


def put(s3, bucket, *rules):
    return s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": list(rules)})


def midnight_after(time, days):
    due = time + days * DAY
    floor = due.replace(hour=0, minute=0, second=0, microsecond=0)
    return due if due == floor else floor + DAY


@pytest.fixture
def s3(server):
    return server.client("s3")


@pytest.fixture
def bucket(s3, request):
    name = "l-" + str(abs(hash(request.node.name)))
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def moved(start_server):
    """A server of its own, whose clock the test moves."""
    server = start_server()
    server.advance = lambda time: subprocess.run([str(KILN), "clock", "advance", time], check=True, timeout=60,
                                                 env=server.environment(), capture_output=True)
    return server


def keys(s3, bucket):
    return [o["Key"] for o in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


# --- the document ---

def test_rules_are_kept_as_sent(s3, bucket):
    rules = [
        rule(ID="a", Filter={"Prefix": "logs/"}, Expiration={"Days": 40},
             Transitions=[{"Days": 30, "StorageClass": "STANDARD_IA"}]),
        rule(ID="b", Filter={"And": {"Prefix": "x", "Tags": [{"Key": "k", "Value": "v"}], "ObjectSizeGreaterThan": 10, "ObjectSizeLessThan": 99}},
             Expiration={"Date": datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)}),
        rule(ID="c", Status="Disabled", Filter={"Tag": {"Key": "k", "Value": "v"}}, Expiration={"Days": 1}),
        rule(ID="d", NoncurrentVersionExpiration={"NoncurrentDays": 5, "NewerNoncurrentVersions": 2}, Expiration={"ExpiredObjectDeleteMarker": True},
             AbortIncompleteMultipartUpload={"DaysAfterInitiation": 7}),
        {"ID": "e", "Status": "Enabled", "Prefix": "old/", "Expiration": {"Days": 3}},
    ]
    assert refusal(s3.get_bucket_lifecycle_configuration, Bucket=bucket)[:2] == (404, "NoSuchLifecycleConfiguration")
    assert put(s3, bucket, *rules)["TransitionDefaultMinimumObjectSize"] == "all_storage_classes_128K"
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == rules
    put(s3, bucket, {key: value for key, value in rules[0].items() if key != "ID"})
    assert len(s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]["ID"]) >= 16
    s3.delete_bucket_lifecycle(Bucket=bucket)
    s3.delete_bucket_lifecycle(Bucket=bucket)
    assert refusal(s3.get_bucket_lifecycle_configuration, Bucket=bucket)[:2] == (404, "NoSuchLifecycleConfiguration")


@pytest.mark.parametrize("bad, code", [
    ([rule()], "InvalidRequest"),
    ([rule(Status="enabled", Expiration={"Days": 1})], "MalformedXML"),
    ([rule(Prefix="a", Expiration={"Days": 1})], "MalformedXML"),
    ([{"ID": "r", "Status": "Enabled", "Expiration": {"Days": 1}}], "MalformedXML"),
    ([rule(Filter={"Prefix": "a", "ObjectSizeGreaterThan": 1}, Expiration={"Days": 1})], "MalformedXML"),
    ([rule(Filter={"And": {"Prefix": "a"}}, Expiration={"Days": 1})], "MalformedXML"),
    ([rule(Expiration={"Days": 0})], "InvalidArgument"),
    ([rule(Expiration={"Days": 1, "ExpiredObjectDeleteMarker": True})], "MalformedXML"),
    ([rule(Expiration={"Date": datetime.datetime(2030, 1, 1, 5, tzinfo=datetime.timezone.utc)})], "InvalidArgument"),
    ([rule(Filter={"Tag": {"Key": "a", "Value": "b"}}, Expiration={"ExpiredObjectDeleteMarker": True})], "InvalidRequest"),
    ([rule(Filter={"Tag": {"Key": "a", "Value": "b"}}, AbortIncompleteMultipartUpload={"DaysAfterInitiation": 1})], "InvalidRequest"),
    ([rule(Expiration={"Days": 1}), rule(Expiration={"Days": 2})], "InvalidArgument"),
    ([rule(ID="x" * 256, Expiration={"Days": 1})], "InvalidArgument"),
    ([rule(NoncurrentVersionExpiration={"NoncurrentDays": 1, "NewerNoncurrentVersions": 101})], "InvalidArgument"),
    ([rule(Transitions=[{"Days": 29, "StorageClass": "STANDARD_IA"}])], "InvalidArgument"),
    ([rule(Transitions=[{"Days": 40, "StorageClass": "STANDARD_IA"}], Expiration={"Days": 40})], "InvalidArgument"),
    ([rule(Transitions=[{"Days": 40, "StorageClass": "FAST"}])], "MalformedXML"),
    ([rule(Transitions=[{"Days": 40, "StorageClass": "GLACIER"}])], "NotImplemented"),
])
def test_rules_that_are_refused(s3, bucket, bad, code):
    status, refused, _ = refusal(put, s3, bucket, *bad)
    assert (status, refused) == (501 if code == "NotImplemented" else 400, code)


def test_answers_say_when_an_object_ends(s3, bucket):
    put(s3, bucket, rule(ID="short ü", Filter={"Prefix": "a/"}, Expiration={"Days": 2}), rule(ID="long", Expiration={"Days": 9}),
        rule(ID="aborts", AbortIncompleteMultipartUpload={"DaysAfterInitiation": 3}))
    answered = s3.put_object(Bucket=bucket, Key="a/k", Body=b"x")["Expiration"]
    head = s3.head_object(Bucket=bucket, Key="a/k")
    date = midnight_after(head["LastModified"], 2).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert head["Expiration"] == answered == f'expiry-date="{date}", rule-id="short%20%C3%BC"'
    s3.copy_object(Bucket=bucket, Key="b", CopySource=f"{bucket}/a/k")
    assert 'rule-id="long"' in s3.get_object(Bucket=bucket, Key="b")["Expiration"]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="m")
    assert upload["AbortRuleId"] == "aborts"
    now = datetime.datetime.now(datetime.timezone.utc)
    assert upload["AbortDate"] in (midnight_after(now, 3), midnight_after(now - datetime.timedelta(seconds=9), 3))
    s3.delete_bucket_lifecycle(Bucket=bucket)
    assert "Expiration" not in s3.head_object(Bucket=bucket, Key="a/k")


# --- acting ---

def test_objects_end_by_prefix_tag_and_size(moved):
    s3 = moved.client("s3")
    s3.create_bucket(Bucket="bbb")
    for key, more in {"logs/1": {}, "logs/2": {}, "kept": {}, "tagged": {"Tagging": "temp=yes"}, "other": {"Tagging": "temp=no"},
                      "big": {"Body": b"x" * 100_000}, "off/1": {}}.items():
        s3.put_object(Bucket="bbb", Key=key, **({"Body": b"x"} | more))
    put(s3, "bbb", rule(ID="1", Filter={"Prefix": "logs/"}, Expiration={"Days": 1}),
        rule(ID="2", Filter={"Tag": {"Key": "temp", "Value": "yes"}}, Expiration={"Days": 1}),
        rule(ID="3", Filter={"ObjectSizeGreaterThan": 99_999}, Expiration={"Days": 1}),
        rule(ID="4", Status="Disabled", Filter={"Prefix": "off/"}, Expiration={"Days": 1}))
    moved.advance("49h")
    eventually(lambda: keys(s3, "bbb") == ["kept", "off/1", "other"])
    # Three days more, and nothing else goes.
    s3.put_object(Bucket="bbb", Key="logs/new", Body=b"x")
    moved.advance("1h")
    assert keys(s3, "bbb") == ["kept", "logs/new", "off/1", "other"]


def test_versions_and_markers_end(moved):
    s3 = moved.client("s3")
    s3.create_bucket(Bucket="vvv")
    s3.put_bucket_versioning(Bucket="vvv", VersioningConfiguration={"Status": "Enabled"})
    for number in range(5):
        s3.put_object(Bucket="vvv", Key="k", Body=b"%d" % number)
    s3.put_object(Bucket="vvv", Key="ends", Body=b"x")
    put(s3, "vvv", rule(ID="1", NoncurrentVersionExpiration={"NoncurrentDays": 1, "NewerNoncurrentVersions": 2}),
        rule(ID="2", Filter={"Prefix": "ends"}, Expiration={"Days": 1}, NoncurrentVersionExpiration={"NoncurrentDays": 1}))

    def state(key):
        listed = s3.list_object_versions(Bucket="vvv", Prefix=key)
        return len(listed.get("Versions", [])), len(listed.get("DeleteMarkers", []))
    moved.advance("49h")
    eventually(lambda: state("k") == (3, 0) and state("ends") == (1, 1))
    assert s3.get_object(Bucket="vvv", Key="k")["Body"].read() == b"4"
    # The marker's version goes a day later, and then the marker, which hides nothing any more.
    moved.advance("49h")
    eventually(lambda: state("ends")[0] == 0)
    moved.advance("49h")
    eventually(lambda: state("ends") == (0, 0))
    assert state("k") == (3, 0)


def test_uploads_are_aborted(moved):
    s3 = moved.client("s3")
    s3.create_bucket(Bucket="uuu")
    for key in ("tmp/1", "stays"):
        upload = s3.create_multipart_upload(Bucket="uuu", Key=key)["UploadId"]
        s3.upload_part(Bucket="uuu", Key=key, UploadId=upload, PartNumber=1, Body=b"x" * 100_000)
    put(s3, "uuu", rule(Filter={"Prefix": "tmp/"}, AbortIncompleteMultipartUpload={"DaysAfterInitiation": 2}))
    moved.advance("25h")
    assert len(s3.list_multipart_uploads(Bucket="uuu")["Uploads"]) == 2
    moved.advance("48h")
    eventually(lambda: [u["Key"] for u in s3.list_multipart_uploads(Bucket="uuu")["Uploads"]] == ["stays"])


def test_versions_move_to_other_classes(moved):
    s3 = moved.client("s3")
    s3.create_bucket(Bucket="ttt")
    s3.put_object(Bucket="ttt", Key="large", Body=b"x" * 200_000)
    s3.put_object(Bucket="ttt", Key="small", Body=b"x")
    put(s3, "ttt", rule(Transitions=[{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 60, "StorageClass": "GLACIER_IR"}]))
    moved.advance("750h")
    eventually(lambda: s3.head_object(Bucket="ttt", Key="large").get("StorageClass") == "STANDARD_IA")
    moved.advance("750h")
    eventually(lambda: s3.head_object(Bucket="ttt", Key="large").get("StorageClass") == "GLACIER_IR")
    assert "StorageClass" not in s3.head_object(Bucket="ttt", Key="small")
    assert s3.get_object(Bucket="ttt", Key="large")["Body"].read() == b"x" * 200_000


def test_events_of_what_ended(moved):
    s3, sqs = moved.client("s3"), moved.client("sqs")
    url = sqs.create_queue(QueueName="ended")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:000000000000:ended"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}]})})
    for bucket, status in (("ee1", None), ("ee2", "Enabled")):
        s3.create_bucket(Bucket=bucket)
        if status:
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:LifecycleExpiration:*", "s3:ObjectRemoved:*"]}]})
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        put(s3, bucket, rule(Expiration={"Days": 1}))
    moved.advance("49h")
    seen = {}

    def both():
        for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1, MaxNumberOfMessages=10).get("Messages", []):
            for record in json.loads(message["Body"]).get("Records", []):
                seen[record["s3"]["bucket"]["name"]] = (record["eventName"], record["eventVersion"], record["userIdentity"]["principalId"])
        return len(seen) == 2
    eventually(both, 20)
    assert seen == {"ee1": ("LifecycleExpiration:Delete", "2.3", "s3.amazonaws.com"),
                    "ee2": ("LifecycleExpiration:DeleteMarkerCreated", "2.3", "s3.amazonaws.com")}


def test_rules_are_still_there_after_a_crash(moved):
    s3 = moved.client("s3")
    s3.create_bucket(Bucket="ccc")
    s3.put_object(Bucket="ccc", Key="k", Body=b"x")
    put(s3, "ccc", rule(Expiration={"Date": datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)}))
    moved.kill()
    moved.start()
    # A server that starts looks at once.
    eventually(lambda: keys(moved.client("s3"), "ccc") == [])

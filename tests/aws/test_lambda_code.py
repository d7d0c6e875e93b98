# SPDX-License-Identifier: Apache-2.0
"""Deployment packages through boto3: download, hashes, zips that are refused, size limits, memory."""

import base64
import hashlib
import io
import os
import re
import stat
import urllib.error
import urllib.request
import zipfile

import pytest

from conftest import ROLE, create_function, invoke, make_zip, refusal

MIB = 1024 * 1024
MAX_ZIPPED = 50 * MIB
SOURCE = {"app.py": "def handler(e, c):\n    return 'ok'\n"}
UNZIP_FAILED = (400, "InvalidParameterValueException",
                "Could not unzip uploaded file. Please check your file, then try to upload again.")


def create(client, name, package):
    return client.create_function(FunctionName=name, Runtime="python3.11", Role=ROLE, Handler="app.handler",
                                  Code={"ZipFile": package})


def zip_of(entries):
    """A zip of (name or ZipInfo, bytes) as they are, in order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def padded(size):
    """A valid function whose zip has exactly `size` bytes."""
    def build(stuffing):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("app.py", SOURCE["app.py"])
            archive.writestr("stuffing", stuffing)
        return out.getvalue()
    block = os.urandom(MIB)
    stuffing = block * (size // MIB + 1)
    return build(stuffing[:size - len(build(b""))])


def get(url):
    with urllib.request.urlopen(url) as reply:
        return reply.read()


def denied(url):
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(url)
    return caught.value.code, re.findall("<Code>(.*)</Code>", caught.value.read().decode())


def test_location_downloads_what_was_uploaded(awslambda):
    package = make_zip(SOURCE)
    reply = create(awslambda, "code-download", package)
    assert reply["CodeSize"] == len(package)
    assert reply["CodeSha256"] == base64.b64encode(hashlib.sha256(package).digest()).decode()
    code = awslambda.get_function(FunctionName="code-download")["Code"]
    assert code["RepositoryType"] == "S3"
    assert get(code["Location"]) == package


def test_a_tampered_location_is_denied(awslambda):
    create(awslambda, "code-tampered", make_zip(SOURCE))
    url = awslambda.get_function(FunctionName="code-tampered")["Code"]["Location"]
    expires = int(re.search(r"expires=(\d+)", url).group(1))
    other = hashlib.sha256(b"other").hexdigest()
    for bad in (url[:-1] + ("0" if url[-1] != "0" else "1"), url.replace(str(expires), str(expires + 3600)),
                url.split("?")[0], re.sub("[0-9a-f]{64}", other, url, count=1)):
        assert denied(bad) == (403, ["AccessDenied"])


def test_update_code_changes_hash_and_size_and_dry_run_does_not(awslambda):
    create_function(awslambda, "code-update", SOURCE)
    before = awslambda.get_function_configuration(FunctionName="code-update")
    package = make_zip({"app.py": "def handler(e, c):\n    return 'other'\n"})
    expected = base64.b64encode(hashlib.sha256(package).digest()).decode()
    dry = awslambda.update_function_code(FunctionName="code-update", ZipFile=package, DryRun=True)
    assert dry["CodeSha256"] == expected
    assert awslambda.get_function_configuration(FunctionName="code-update") | {"ResponseMetadata": 0} == (
        before | {"ResponseMetadata": 0})
    assert awslambda.update_function_code(FunctionName="code-update", ZipFile=package)["CodeSha256"] == expected


@pytest.mark.parametrize("name,package", [
    ("text", b"this is not a zip"),
    ("truncated", make_zip(SOURCE)[:-10]),
    ("cut", make_zip({"app.py": "x = 1\n" * 1000})[:60]),
    ("gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
    ("traversal", zip_of([("app.py", b""), ("../../escaped.py", b"x")])),
    ("absolute", zip_of([("/tmp/kiln-escaped.py", b"x"), ("a/../../b", b"")])),
])
def test_packages_that_are_not_sound_zips_are_refused(awslambda, name, package):
    assert refusal(create, awslambda, f"code-{name}", package) == UNZIP_FAILED
    assert refusal(awslambda.get_function, FunctionName=f"code-{name}")[0] == 404


def test_a_link_out_of_the_package_is_refused_or_leads_nowhere(awslambda):
    link = zipfile.ZipInfo("link")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    package = zip_of([("app.py", SOURCE["app.py"]), (link, b"/tmp"), ("link/kiln-escaped.txt", b"x")])
    assert refusal(create, awslambda, "code-link", package) == UNZIP_FAILED
    assert not os.path.exists("/tmp/kiln-escaped.txt")


def test_an_empty_package_is_refused(awslambda):
    assert refusal(create, awslambda, "code-empty", zip_of([])) == (
        400, "InvalidParameterValueException", "Uploaded file must be a non-empty zip")


def test_a_package_that_unzips_to_too_much_is_refused(awslambda):
    bomb = zip_of([("app.py", b"")] + [(f"zeros/{n}", bytes(32 * MIB)) for n in range(8)])
    assert refusal(create, awslambda, "code-bomb", bomb) == (
        400, "InvalidParameterValueException", "Unzipped size must be smaller than 262144000 bytes")


def test_a_bad_update_leaves_the_function_as_it_was(awslambda):
    create_function(awslambda, "code-bad-update", SOURCE)
    assert refusal(awslambda.update_function_code, FunctionName="code-bad-update", ZipFile=b"junk") == UNZIP_FAILED
    configuration = awslambda.get_function_configuration(FunctionName="code-bad-update")
    assert configuration["LastUpdateStatus"] == "Successful"
    assert invoke(awslambda, "code-bad-update")[0] == "ok"


def test_sources_other_than_one_zip(awslambda):
    def source(**code):
        return refusal(awslambda.create_function, FunctionName="code-source", Runtime="python3.11", Role=ROLE,
                       Handler="app.handler", Code=code)[1:]
    assert source() == ("InvalidParameterValueException", "Please provide a source for function code.")
    assert source(ZipFile=make_zip(SOURCE), S3Bucket="bucket", S3Key="key") == (
        "InvalidParameterValueException",
        "Please do not provide other FunctionCode parameters when providing a ZipFile.")
    assert source(S3Bucket="bucket", S3Key="key") == (
        "InvalidParameterValueException", "Error occurred while GetObject. S3 Error Code: NoSuchBucket. "
        "S3 Error Message: The specified bucket does not exist")
    create_function(awslambda, "code-zip", SOURCE)
    assert refusal(awslambda.update_function_code, FunctionName="code-zip", ImageUri="a.dkr.ecr/x:1")[2] == (
        "Please don't provide ImageUri when updating a function with packageType Zip.")


def test_fifty_megabytes_pass_in_bounded_memory_and_more_do_not(start_server):
    server = start_server()
    client = server.client("lambda")
    package = padded(MAX_ZIPPED)

    def peak_mib():
        with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmHWM:\s+(\d+) kB", status.read()).group(1)) / 1024

    create_function(client, "warm-up", SOURCE)
    idle = peak_mib()
    assert create(client, "large", package)["CodeSize"] == MAX_ZIPPED
    client.get_waiter("function_active_v2").wait(FunctionName="large", WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
    grown = peak_mib() - idle
    print(f"a 50 MiB package adds {grown:.0f} MiB to {idle:.0f} MiB")
    # The mapped request (67 MiB of page cache) and the decoded zip (50 MiB), each once.
    assert grown < 140
    assert invoke(client, "large")[0] == "ok"
    assert get(client.get_function(FunctionName="large")["Code"]["Location"]) == package
    assert refusal(create, client, "larger", package + b"x") == (
        413, "RequestEntityTooLargeException", "Zipped size must be smaller than 52428800 bytes")
    assert refusal(create, client, "largest", package + bytes(MIB)) == (
        413, "RequestEntityTooLargeException",
        "Request must be smaller than 70167211 bytes for the CreateFunction operation")
    assert peak_mib() - idle < 140

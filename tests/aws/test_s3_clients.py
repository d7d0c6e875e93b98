# SPDX-License-Identifier: Apache-2.0
"""The `aws` command, s3cmd and rclone against buckets."""

import filecmp
import json
import os
import shutil
import subprocess
import urllib.request
import uuid

import pytest


def run(server, *command, cwd=None, **environment):
    done = subprocess.run(command, env=server.environment() | environment, cwd=cwd, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture
def tree(tmp_path):
    """A folder with a few files, one of them large enough to go up in parts."""
    root = tmp_path / "tree"
    (root / "sub dir").mkdir(parents=True)
    (root / "a.txt").write_text("a")
    (root / "sub dir" / "b+c é.txt").write_text("b")
    (root / "large").write_bytes(os.urandom(20 * 1024 * 1024))
    return root


def same(left, right):
    compared = filecmp.dircmp(left, right)
    assert not (compared.left_only or compared.right_only or compared.diff_files), (
        compared.left_only, compared.right_only, compared.diff_files)
    for name in compared.common_dirs:
        same(left / name, right / name)


def needs(program):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed: tools/setup.sh test installs it")


@needs("aws")
def test_the_aws_command(server, tree, tmp_path):
    bucket = f"b-{uuid.uuid4()}"
    run(server, "aws", "s3", "mb", f"s3://{bucket}")
    run(server, "aws", "s3", "cp", "--recursive", str(tree), f"s3://{bucket}/copy")
    run(server, "aws", "s3", "cp", "--recursive", f"s3://{bucket}/copy", str(tmp_path / "back"))
    same(tree, tmp_path / "back")
    (tree / "a.txt").write_text("changed")
    (tree / "large").unlink()
    out = run(server, "aws", "s3", "sync", "--delete", str(tree), f"s3://{bucket}/copy")
    assert "upload:" in out and "delete:" in out and "sub dir" not in out
    run(server, "aws", "s3", "sync", f"s3://{bucket}/copy", f"s3://{bucket}/other")
    assert "other/" in run(server, "aws", "s3", "ls", f"s3://{bucket}")
    run(server, "aws", "s3", "mv", f"s3://{bucket}/copy/a.txt", f"s3://{bucket}/moved.txt")
    # In the form of Signature Version 2 unless told.
    (tmp_path / "config").write_text("[default]\ns3 =\n    signature_version = s3v4\n")
    for more in ({}, {"AWS_CONFIG_FILE": str(tmp_path / "config")}):
        url = run(server, "aws", "s3", "presign", f"s3://{bucket}/moved.txt", **more).strip()
        with urllib.request.urlopen(url, timeout=10) as reply:
            assert reply.read() == b"changed"
    run(server, "aws", "s3", "rb", "--force", f"s3://{bucket}")


@needs("s3cmd")
def test_s3cmd(server, tree, tmp_path):
    config = tmp_path / "s3cfg"
    host = f"127.0.0.1:{server.port}"
    config.write_text(f"[default]\naccess_key = test\nsecret_key = test\nhost_base = {host}\nhost_bucket = {host}\nuse_https = False\n"
                      "multipart_chunk_size_mb = 5\nsignature_v2 = False\n")
    bucket = f"s3://b-{uuid.uuid4()}"
    s3cmd = ["s3cmd", "-c", str(config), "--no-progress"]
    run(server, *s3cmd, "mb", bucket)
    run(server, *s3cmd, "sync", f"{tree}/", f"{bucket}/copy/")
    assert "large" in run(server, *s3cmd, "ls", "--recursive", bucket)
    (tmp_path / "back").mkdir()
    run(server, *s3cmd, "sync", f"{bucket}/copy/", f"{tmp_path}/back/")
    same(tree, tmp_path / "back")
    run(server, *s3cmd, "del", "--recursive", "--force", bucket)
    run(server, *s3cmd, "rb", bucket)


@needs("rclone")
def test_rclone(server, tree, tmp_path):
    config = tmp_path / "rclone.conf"
    config.write_text(f"[kiln]\ntype = s3\nprovider = Other\naccess_key_id = test\nsecret_access_key = test\nregion = us-east-1\n"
                      f"endpoint = {server.endpoint}\nchunk_size = 5M\nupload_cutoff = 8M\n")
    bucket = f"kiln:b-{uuid.uuid4()}"
    rclone = ["rclone", "--config", str(config)]
    run(server, *rclone, "mkdir", bucket)
    run(server, *rclone, "copy", str(tree), f"{bucket}/copy")
    run(server, *rclone, "check", str(tree), f"{bucket}/copy")
    run(server, *rclone, "copy", f"{bucket}/copy", str(tmp_path / "back"))
    same(tree, tmp_path / "back")
    run(server, *rclone, "purge", bucket)


@needs("aws")
def test_the_aws_command_sets_up_a_bucket(server):
    bucket = f"b-{uuid.uuid4()}"

    def api(name, *more):
        return run(server, "aws", "s3api", name, "--bucket", bucket, *more)
    run(server, "aws", "s3", "mb", f"s3://{bucket}")
    run(server, "aws", "s3", "website", f"s3://{bucket}", "--index-document", "i.html", "--error-document", "e.html")
    assert json.loads(api("get-bucket-website")) == {"IndexDocument": {"Suffix": "i.html"}, "ErrorDocument": {"Key": "e.html"}}
    cors = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAgeSeconds": 5}]}
    api("put-bucket-cors", "--cors-configuration", json.dumps(cors))
    assert json.loads(api("get-bucket-cors")) == cors
    rules = {"Rules": [{"ID": "r", "Filter": {"Prefix": "a/"}, "Status": "Enabled", "Expiration": {"Days": 3}}]}
    api("put-bucket-lifecycle-configuration", "--lifecycle-configuration", json.dumps(rules))
    assert json.loads(api("get-bucket-lifecycle-configuration"))["Rules"] == [rules["Rules"][0]]
    api("put-bucket-ownership-controls", "--ownership-controls", "Rules=[{ObjectOwnership=ObjectWriter}]")
    api("put-bucket-acl", "--acl", "private")
    assert len(json.loads(api("get-bucket-acl"))["Grants"]) == 1

# SPDX-License-Identifier: Apache-2.0
"""Layers, seen by functions that import from them."""

import base64
import hashlib
import io
import urllib.request
import zipfile

import pytest

from conftest import ROLE, create_function, eventually, invoke, make_zip, refusal

ACCOUNT, OTHER = "100000000031", "100000000032"
ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:layer:"
IMPORTS = {"app.py": """
import os, sys
def handler(event, context):
    if "path" in event:
        with open(event["path"]) as file:
            return file.read()
    import shared
    return shared.WHO
"""}
UPDATED = {"Delay": 0.05, "MaxAttempts": 200}


@pytest.fixture(scope="module")
def client(server):
    return server.client("lambda", account=ACCOUNT)


@pytest.fixture(scope="module")
def other(server):
    return server.client("lambda", account=OTHER)


def publish(client, name, files, **settings):
    return client.publish_layer_version(LayerName=name, Content={"ZipFile": make_zip(files)}, **settings)


def executable(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, text)
    return out.getvalue()


def module(who):
    return {"python/shared.py": f"WHO = {who!r}\n"}


def set_layers(client, function, *arns):
    client.update_function_configuration(FunctionName=function, Layers=list(arns))
    client.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig=UPDATED)


def test_versions_are_numbered_described_and_never_numbered_again(client):
    package = make_zip(module("one"))
    first = client.publish_layer_version(
        LayerName="numbered", Description="words", LicenseInfo="MIT", Content={"ZipFile": package},
        CompatibleRuntimes=["python3.11", "nodejs22.x"], CompatibleArchitectures=["x86_64"])
    assert first["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (first["LayerArn"], first["LayerVersionArn"], first["Version"]) == (ARN + "numbered", ARN + "numbered:1", 1)
    assert (first["Description"], first["LicenseInfo"]) == ("words", "MIT")
    assert first["CompatibleRuntimes"] == ["python3.11", "nodejs22.x"]
    assert first["CompatibleArchitectures"] == ["x86_64"]
    assert first["Content"]["CodeSize"] == len(package)
    assert first["Content"]["CodeSha256"] == base64.b64encode(hashlib.sha256(package).digest()).decode()
    assert publish(client, "numbered", module("two"))["Version"] == 2
    read = client.get_layer_version(LayerName="numbered", VersionNumber=1)
    with urllib.request.urlopen(read["Content"]["Location"]) as reply:
        assert reply.read() == package
    for each in (read, client.get_layer_version_by_arn(Arn=ARN + "numbered:1"),
                 client.get_layer_version(LayerName=ARN + "numbered", VersionNumber=1)):
        assert {k: v for k, v in each.items() if k not in ("ResponseMetadata", "Content")} == {
            k: v for k, v in first.items() if k not in ("ResponseMetadata", "Content")}
    client.delete_layer_version(LayerName="numbered", VersionNumber=2)
    assert client.delete_layer_version(LayerName="numbered", VersionNumber=2)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert publish(client, "numbered", module("three"))["Version"] == 3


def test_lists_show_what_fits_the_newest_first(client):
    for name in ("list-a", "list-b"):
        publish(client, name, module(name), CompatibleRuntimes=["python3.11"])
        publish(client, name, module(name), CompatibleRuntimes=["python3.12"], CompatibleArchitectures=["arm64"])
    publish(client, "list-c", module("c"))

    def versions(**filters):
        pages = client.get_paginator("list_layers").paginate(PaginationConfig={"PageSize": 1}, **filters)
        return {layer["LayerName"]: layer["LatestMatchingVersion"]["Version"] for page in pages
                for layer in page["Layers"] if layer["LayerName"].startswith("list-")}
    assert versions() == {"list-a": 2, "list-b": 2, "list-c": 1}
    assert versions(CompatibleRuntime="python3.11") == {"list-a": 1, "list-b": 1}
    assert versions(CompatibleArchitecture="arm64") == {"list-a": 2, "list-b": 2}
    pages = list(client.get_paginator("list_layer_versions").paginate(
        LayerName="list-a", PaginationConfig={"PageSize": 1}))
    assert [version["Version"] for page in pages for version in page["LayerVersions"]] == [2, 1]
    client.delete_layer_version(LayerName="list-c", VersionNumber=1)
    assert "list-c" not in versions()


def test_refusals_have_awss_words(client):
    publish(client, "refused", module("x"))
    call = client.get_layer_version
    assert refusal(call, LayerName="nobody", VersionNumber=1) == (
        404, "ResourceNotFoundException", "The resource you requested does not exist.")
    assert refusal(call, LayerName="refused", VersionNumber=0) == (
        400, "InvalidParameterValueException", "Layer Version Cannot be less than 1.")
    assert refusal(client.publish_layer_version, LayerName="refused", Content={"ZipFile": b"junk"})[2] == (
        "Could not unzip uploaded file. Please check your file, then try to upload again.")
    assert refusal(client.publish_layer_version, LayerName="refused", Content={"S3Bucket": "bucket", "S3Key": "key"})[2] == (
        "Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not "
        "exist")
    assert refusal(client.publish_layer_version, LayerName="refused", Content={"ZipFile": make_zip(module("x"))},
                   CompatibleRuntimes=["cobol1.0"])[:2] == (400, "ValidationException")

    def create(*layers):
        return refusal(client.create_function, FunctionName="layers-refused", Runtime="python3.11", Role=ROLE,
                       Handler="app.handler", Code={"ZipFile": make_zip(IMPORTS)}, Layers=list(layers))[2]
    for name in "abcdef":
        publish(client, "refused-" + name, module(name))
    publish(client, "refused", module("y"))
    assert create(ARN + "missing:7") == f"Layer version {ARN}missing:7 does not exist."
    assert create(*[ARN + f"refused-{name}:1" for name in "abcdef"]) == "Cannot reference more than 5 layers."
    assert create(ARN + "refused:1", ARN + "refused:2") == (
        "Two different versions of the same layer are not allowed to be referenced in the same function. "
        f"{ARN}refused:1 and {ARN}refused:2 are versions of the same layer.")
    assert create(ARN.replace("us-east-1", "eu-west-1") + "refused:1") == (
        "Layers are not in the same region as the function. Layers are expected to be in region us-east-1.")


def test_a_python_function_imports_from_its_layer(client, server):
    arn = publish(client, "python", module("layer"))["LayerVersionArn"]
    create_function(client, "layers-python", IMPORTS, Layers=[arn])
    assert invoke(client, "layers-python")[0] == "layer"
    if server.isolation in ("root", "userns"):
        assert invoke(client, "layers-python", {"path": "/opt/python/shared.py"})[0] == "WHO = 'layer'\n"
    layers = client.get_function_configuration(FunctionName="layers-python")["Layers"]
    assert [layer["Arn"] for layer in layers] == [arn] and layers[0]["CodeSize"] > 0
    set_layers(client, "layers-python")
    assert "Layers" not in client.get_function_configuration(FunctionName="layers-python")
    assert invoke(client, "layers-python")[0]["errorType"] == "ModuleNotFoundError"


def test_packages_of_a_versioned_folder_are_found(client):
    files = {"python/lib/python3.11/site-packages/shared.py": "WHO = 'site-packages'\n"}
    arn = publish(client, "site-packages", files)["LayerVersionArn"]
    create_function(client, "layers-site-packages", IMPORTS, Layers=[arn])
    assert invoke(client, "layers-site-packages")[0] == "site-packages"


def test_the_sdk_of_a_layer_hides_the_bundled_one(client):
    files = {"python/boto3/__init__.py": "__version__ = 'of the layer'\n"}
    arn = publish(client, "sdk", files)["LayerVersionArn"]
    source = {"app.py": "import boto3\ndef handler(event, context):\n    return boto3.__version__\n"}
    create_function(client, "layers-sdk", source, Layers=[arn])
    assert invoke(client, "layers-sdk")[0] == "of the layer"


@pytest.mark.parametrize("folder", ["nodejs/node_modules", "nodejs/node22/node_modules"])
def test_a_nodejs_function_requires_from_its_layer(client, folder):
    name = "layers-" + folder.split("/")[-2]
    arn = publish(client, name, {f"{folder}/shared/index.js": "exports.who = 'layer';\n"})["LayerVersionArn"]
    source = {"app.js": "const {who} = require('shared');\nexports.handler = async () => who;\n"}
    create_function(client, name, source, runtime="nodejs22.x", Layers=[arn])
    assert invoke(client, name)[0] == "layer"


def test_a_layer_can_be_the_custom_runtime(client):
    bootstrap = """#!/bin/sh
api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation
while true; do
  id=$(curl -sS -D - -o /dev/null "$api/next" | tr -d '\\r' | sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: //p')
  curl -sS -o /dev/null -X POST "$api/$id/response" -d "\\"$(helper)\\""
done
"""
    files = {"bootstrap": bootstrap, "bin/helper": "#!/bin/sh\necho from bin\n"}
    arn = client.publish_layer_version(LayerName="custom", Content={"ZipFile": executable(files)})["LayerVersionArn"]
    create_function(client, "layers-custom", {"nothing": ""}, runtime="provided.al2023", Layers=[arn])
    assert invoke(client, "layers-custom")[0] == "from bin"


def test_later_layers_hide_earlier_ones(client):
    low = publish(client, "low", module("low") | {"data/low": "l", "data/both": "low", "kind": "file"})["LayerVersionArn"]
    high = publish(client, "high", module("high") | {"data/high": "h", "data/both": "high", "kind/inner": "folder"})[
        "LayerVersionArn"]
    create_function(client, "layers-order", IMPORTS | {"list.py": """
import os
def handler(event, context):
    opt = os.path.dirname(next(p for p in __import__("sys").path if p.endswith("/python") and os.path.isdir(p)))
    return {name: open(os.path.join(opt, name)).read() for name in event}
"""}, Layers=[low, high])
    assert invoke(client, "layers-order")[0] == "high"
    client.update_function_configuration(FunctionName="layers-order", Handler="list.handler")
    client.get_waiter("function_updated_v2").wait(FunctionName="layers-order", WaiterConfig=UPDATED)
    assert invoke(client, "layers-order", ["data/low", "data/high", "data/both", "kind/inner"])[0] == {
        "data/low": "l", "data/high": "h", "data/both": "high", "kind/inner": "folder"}
    client.update_function_configuration(FunctionName="layers-order", Layers=[high, low])
    client.get_waiter("function_updated_v2").wait(FunctionName="layers-order", WaiterConfig=UPDATED)
    assert invoke(client, "layers-order", ["data/low", "data/high", "data/both", "kind"])[0] == {
        "data/low": "l", "data/high": "h", "data/both": "low", "kind": "file"}


def test_a_deleted_version_goes_on_working_for_who_has_it(client):
    arn = publish(client, "deleted", module("deleted"))["LayerVersionArn"]
    create_function(client, "layers-deleted", IMPORTS, Layers=[arn])
    client.delete_layer_version(LayerName="deleted", VersionNumber=1)
    assert invoke(client, "layers-deleted")[0] == "deleted"
    client.update_function_configuration(FunctionName="layers-deleted", MemorySize=256)
    client.get_waiter("function_updated_v2").wait(FunctionName="layers-deleted", WaiterConfig=UPDATED)
    assert invoke(client, "layers-deleted")[0] == "deleted"
    assert refusal(client.update_function_configuration, FunctionName="layers-deleted", Layers=[arn])[2] == (
        f"Layer version {arn} does not exist.")


def test_code_and_layers_together_have_one_limit(client):
    def package(megabytes):
        return make_zip({"data": "0" * (megabytes * 1024 * 1024)})
    arns = [client.publish_layer_version(LayerName=f"large-{n}", Content={"ZipFile": package(120)})["LayerVersionArn"]
            for n in range(2)]
    create_function(client, "layers-large", {"app.py": IMPORTS["app.py"], "data": "0" * (20 * 1024 * 1024)})
    status, code, message = refusal(client.update_function_configuration, FunctionName="layers-large", Layers=arns)
    size = 2 * 120 * 1024 * 1024 + 20 * 1024 * 1024 + len(IMPORTS["app.py"])
    assert (status, code) == (400, "InvalidParameterValueException")
    assert message == ("Function code combined with layers exceeds the maximum allowed size of 262144000 bytes. "
                       f"The actual size is {size} bytes.")
    set_layers(client, "layers-large", arns[0])
    assert refusal(client.update_function_code, FunctionName="layers-large", ZipFile=package(131))[2].startswith(
        "Function code combined with layers exceeds")
    for n in range(2):
        client.delete_layer_version(LayerName=f"large-{n}", VersionNumber=1)
    client.delete_function(FunctionName="layers-large")


def test_an_extension_of_a_layer_runs_beside_the_function(client, server):
    extension = """#!/usr/bin/env python3
import json, os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2020-01-01/extension"
def call(path, headers, body=None):
    with urllib.request.urlopen(urllib.request.Request(api + path, data=body, headers=headers)) as reply:
        return reply.headers, json.loads(reply.read())
headers, _ = call("/register", {"Lambda-Extension-Name": os.path.basename(__file__)},
                  json.dumps({"events": ["INVOKE"]}).encode())
identity = {"Lambda-Extension-Identifier": headers["Lambda-Extension-Identifier"]}
while True:
    _, event = call("/event/next", identity)
    print("extension saw", event["requestId"], flush=True)
"""
    arn = client.publish_layer_version(LayerName="extension", Content={
        "ZipFile": executable({"extensions/watcher": extension})})["LayerVersionArn"]
    low = publish(client, "beside", module("beside"))["LayerVersionArn"]
    create_function(client, "layers-extension", IMPORTS, Layers=[arn, low], Timeout=20)
    value, reply = invoke(client, "layers-extension")
    assert value == "beside", value
    logs = server.client("logs", account=ACCOUNT)

    def seen():
        events = logs.filter_log_events(logGroupName="/aws/lambda/layers-extension")["events"]
        return [e["message"] for e in events if "extension saw " + reply["ResponseMetadata"]["RequestId"] in e["message"]]
    assert eventually(seen)


def test_other_accounts_need_a_permission(client, other):
    arn = publish(client, "shared", module("shared"))["LayerVersionArn"]
    policy = client.get_layer_version_policy

    def use(name):
        return create_function(other, name, IMPORTS, Layers=[arn])
    denied = (403, "AccessDeniedException")
    assert refusal(policy, LayerName="shared", VersionNumber=1) == (
        404, "ResourceNotFoundException", "No policy is associated with the given resource.")
    assert refusal(other.get_layer_version_by_arn, Arn=arn)[:2] == denied
    status, code, message = refusal(use, "layers-shared")
    assert (status, code) == denied
    assert message == (f"User: arn:aws:iam::{OTHER}:root is not authorized to perform: lambda:GetLayerVersion on "
                       f"resource: {arn} because no resource-based policy allows the lambda:GetLayerVersion action")
    grant = dict(LayerName="shared", VersionNumber=1, StatementId="friend", Action="lambda:GetLayerVersion",
                 Principal=OTHER)
    added = client.add_layer_version_permission(**grant)
    assert refusal(client.add_layer_version_permission, **grant) == (
        409, "ResourceConflictException", "The statement id (friend) provided already exists. Please provide a new "
        "statement id, or remove the existing statement.")
    read = policy(LayerName="shared", VersionNumber=1)
    assert read["RevisionId"] == added["RevisionId"] and added["Statement"] in read["Policy"]
    use("layers-shared")
    assert invoke(other, "layers-shared")[0] == "shared"
    assert other.get_layer_version_by_arn(Arn=arn)["LayerVersionArn"] == arn
    # Not to change or delete it, and not for a third one.
    assert refusal(other.delete_layer_version, LayerName=arn[:-2], VersionNumber=1)[:2] == denied
    remove = dict(LayerName="shared", VersionNumber=1, StatementId="friend")
    assert refusal(client.remove_layer_version_permission, RevisionId="another", **remove)[:2] == (
        412, "PreconditionFailedException")
    client.remove_layer_version_permission(RevisionId=added["RevisionId"], **remove)
    assert refusal(other.get_layer_version_by_arn, Arn=arn)[:2] == denied
    assert refusal(client.remove_layer_version_permission, **remove)[:2] == (404, "ResourceNotFoundException")
    assert invoke(other, "layers-shared")[0] == "shared"


def test_layers_last_over_a_restart(start_server):
    server = start_server()
    client = server.client("lambda")
    arns = [publish(client, name, module(name))["LayerVersionArn"] for name in ("first", "second")]
    create_function(client, "layers-restart", IMPORTS, Layers=arns)
    client.delete_layer_version(LayerName="second", VersionNumber=1)
    server.kill()
    server.start()
    client = server.client("lambda")
    assert invoke(client, "layers-restart")[0] == "second"
    assert client.list_layer_versions(LayerName="first")["LayerVersions"][0]["Version"] == 1
    assert publish(client, "second", module("again"))["Version"] == 2


@pytest.mark.parametrize("level", ["confined", "none"])
def test_layers_without_mounts(start_server, level):
    client = start_server(arguments=["--isolation", level]).client("lambda")
    low = publish(client, "low", module("low") | {"python/low.py": "LOW = 'low'\n"})["LayerVersionArn"]
    high = publish(client, "high", module("high"))["LayerVersionArn"]
    source = {"app.py": "import low, shared\ndef handler(event, context):\n    return [low.LOW, shared.WHO]\n"}
    create_function(client, "layers-plain", source, Layers=[low, high])
    assert invoke(client, "layers-plain")[0] == ["low", "high"]

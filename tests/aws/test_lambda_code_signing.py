# SPDX-License-Identifier: Apache-2.0
"""Code signing configurations: real but for the check of signatures, which no package has."""

import re

import pytest

from conftest import ROLE, create_function, invoke, make_zip, refusal

ACCOUNT = "100000000041"
SOURCE = {"app.py": "def handler(event, context):\n    return 'old'\n"}
NEWER = make_zip({"app.py": "def handler(event, context):\n    return 'new'\n"})
PROFILE = f"arn:aws:signer:us-east-1:{ACCOUNT}:/signing-profiles/mine/AbCdEfGh12"
UPDATED = {"Delay": 0.05, "MaxAttempts": 200}


@pytest.fixture(scope="module")
def client(server):
    return server.client("lambda", account=ACCOUNT)


def create(client, policy=None, **settings):
    if policy:
        settings["CodeSigningPolicies"] = {"UntrustedArtifactOnDeployment": policy}
    return client.create_code_signing_config(
        AllowedPublishers={"SigningProfileVersionArns": [PROFILE]}, **settings)["CodeSigningConfig"]


def test_a_configuration_is_created_read_changed_and_deleted(client):
    config = create(client, Description="words")
    assert re.fullmatch(r"csc-[a-z0-9]{17}", config["CodeSigningConfigId"])
    arn = config["CodeSigningConfigArn"]
    assert arn == f"arn:aws:lambda:us-east-1:{ACCOUNT}:code-signing-config:{config['CodeSigningConfigId']}"
    assert config["AllowedPublishers"] == {"SigningProfileVersionArns": [PROFILE]}
    assert config["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Warn"}
    assert client.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"] == config
    changed = client.update_code_signing_config(
        CodeSigningConfigArn=arn, CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"})["CodeSigningConfig"]
    assert changed["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Enforce"}
    assert changed["Description"] == "words"
    others = {create(client)["CodeSigningConfigArn"] for _ in range(2)} | {arn}
    pages = list(client.get_paginator("list_code_signing_configs").paginate(PaginationConfig={"PageSize": 1})) \
        if client.can_paginate("list_code_signing_configs") else [client.list_code_signing_configs()]
    listed = [each["CodeSigningConfigArn"] for page in pages for each in page["CodeSigningConfigs"]]
    assert others <= set(listed) and len(listed) == len(set(listed))
    client.delete_code_signing_config(CodeSigningConfigArn=arn)
    for call in (client.get_code_signing_config, client.delete_code_signing_config,
                 client.list_functions_by_code_signing_config):
        assert refusal(call, CodeSigningConfigArn=arn) == (
            404, "ResourceNotFoundException", f"The Lambda code signing configuration {arn} can not be found.")


def test_lists_come_in_pages(client):
    arns = {create(client)["CodeSigningConfigArn"] for _ in range(3)}
    seen, marker = [], {}
    while True:
        page = client.list_code_signing_configs(MaxItems=2, **marker)
        assert len(page["CodeSigningConfigs"]) <= 2
        seen += [each["CodeSigningConfigArn"] for each in page["CodeSigningConfigs"]]
        if "NextMarker" not in page:
            break
        marker = {"Marker": page["NextMarker"]}
    assert arns <= set(seen) and len(seen) == len(set(seen))


def test_what_warns_lets_a_package_through_and_what_enforces_does_not(client):
    warn, enforce = (create(client, policy)["CodeSigningConfigArn"] for policy in ("Warn", "Enforce"))
    create_function(client, "signed", SOURCE, CodeSigningConfigArn=warn)
    assert client.get_function_code_signing_config(FunctionName="signed")["CodeSigningConfigArn"] == warn
    assert client.list_functions_by_code_signing_config(CodeSigningConfigArn=warn)["FunctionArns"] == [
        f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:signed"]
    client.update_function_code(FunctionName="signed", ZipFile=NEWER)
    client.get_waiter("function_updated_v2").wait(FunctionName="signed", WaiterConfig=UPDATED)
    assert invoke(client, "signed")[0] == "new"

    client.put_function_code_signing_config(FunctionName="signed", CodeSigningConfigArn=enforce)
    assert client.list_functions_by_code_signing_config(CodeSigningConfigArn=warn)["FunctionArns"] == []
    status, code, message = refusal(client.update_function_code, FunctionName="signed", ZipFile=make_zip(SOURCE))
    assert (status, code) == (400, "CodeVerificationFailedException")
    assert message.endswith("the code signing policy is set to ENFORCE. Lambda blocks the deployment.")
    assert invoke(client, "signed")[0] == "new"
    assert refusal(client.create_function, FunctionName="unsigned", Runtime="python3.11", Role=ROLE, Handler="app.handler",
                   Code={"ZipFile": NEWER}, CodeSigningConfigArn=enforce)[1] == "CodeVerificationFailedException"

    assert refusal(client.delete_code_signing_config, CodeSigningConfigArn=enforce)[:2] == (
        409, "ResourceConflictException")
    client.delete_function_code_signing_config(FunctionName="signed")
    assert "CodeSigningConfigArn" not in client.get_function_code_signing_config(FunctionName="signed")
    client.update_function_code(FunctionName="signed", ZipFile=make_zip(SOURCE))
    client.delete_code_signing_config(CodeSigningConfigArn=enforce)
    assert refusal(client.put_function_code_signing_config, FunctionName="signed", CodeSigningConfigArn=enforce) == (
        404, "CodeSigningConfigNotFoundException", "The code signing configuration cannot be found. Check that the "
        f"provided configuration is not deleted: {enforce}.")


def test_a_deleted_function_lets_go_of_its_configuration(client):
    arn = create(client)["CodeSigningConfigArn"]
    create_function(client, "leaves", SOURCE, CodeSigningConfigArn=arn)
    client.delete_function(FunctionName="leaves")
    assert client.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)["FunctionArns"] == []
    client.delete_code_signing_config(CodeSigningConfigArn=arn)


def test_configurations_have_tags(client):
    arn = create(client, Tags={"team": "blue"})["CodeSigningConfigArn"]
    client.tag_resource(Resource=arn, Tags={"stage": "test"})
    assert client.list_tags(Resource=arn)["Tags"] == {"team": "blue", "stage": "test"}
    client.untag_resource(Resource=arn, TagKeys=["team", "unknown"])
    assert client.list_tags(Resource=arn)["Tags"] == {"stage": "test"}
    too_many = {f"key-{n}": "" for n in range(50)}
    assert refusal(client.tag_resource, Resource=arn, Tags=too_many) == (
        400, "InvalidParameterValueException", "Number of tags exceeds resource tag limit.")
    assert client.list_tags(Resource=arn)["Tags"] == {"stage": "test"}
    missing = arn[:-4] + "0000"
    assert refusal(client.tag_resource, Resource=missing, Tags={"a": "b"})[:2] == (404, "ResourceNotFoundException")

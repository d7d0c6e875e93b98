# SPDX-License-Identifier: Apache-2.0
"""Tags of what Lambda keeps, by ARN."""

from conftest import create_function, refusal

ACCOUNT = "100000000061"
SOURCE = {"app.py": "def handler(event, context):\n    return 'ok'\n"}


def test_event_source_mappings_have_tags(server):
    client, sqs = server.client("lambda"), server.client("sqs")
    sqs.create_queue(QueueName="tagged")
    create_function(client, "tagged", SOURCE)
    mapping = client.create_event_source_mapping(
        FunctionName="tagged", EventSourceArn="arn:aws:sqs:us-east-1:000000000000:tagged", Enabled=False, Tags={"team": "blue"})
    arn = mapping["EventSourceMappingArn"]
    client.tag_resource(Resource=arn, Tags={"stage": "test"})
    assert client.list_tags(Resource=arn)["Tags"] == {"team": "blue", "stage": "test"}
    client.untag_resource(Resource=arn, TagKeys=["team"])
    assert client.list_tags(Resource=arn)["Tags"] == {"stage": "test"}
    assert refusal(client.tag_resource, Resource=arn, Tags={f"key-{n}": "" for n in range(50)}) == (
        400, "InvalidParameterValueException", "Number of tags exceeds resource tag limit.")
    assert refusal(client.list_tags, Resource=arn[:-4] + "0000")[:2] == (404, "ResourceNotFoundException")
    other = server.client("lambda", account="100000000062")
    assert refusal(other.list_tags, Resource=arn)[:2] in ((403, "AccessDeniedException"), (404, "ResourceNotFoundException"))
    client.delete_event_source_mapping(UUID=mapping["UUID"])


def test_what_has_no_tags_says_so(server):
    client = server.client("lambda", account=ACCOUNT)
    layer = f"arn:aws:lambda:us-east-1:{ACCOUNT}:layer:x"
    assert refusal(client.tag_resource, Resource=layer, Tags={"a": "b"})[0] == 400

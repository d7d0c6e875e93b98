# SPDX-License-Identifier: Apache-2.0
"""Settings of functions beside code and configuration."""

import base64
import threading

import pytest

from conftest import ROLE, create_function, eventually, invoke, make_zip, refusal

ACCOUNT = "100000000021"
SOURCE = {"app.py": "def handler(event, context):\n    return 'ok'\n"}


@pytest.fixture(scope="module")
def client(server):
    return server.client("lambda", account=ACCOUNT)


@pytest.fixture
def function(client, request):
    name = request.node.name.replace("_", "-")[:60]
    create_function(client, name, SOURCE)
    yield name
    client.delete_function(FunctionName=name)


def test_loops_are_stopped_unless_allowed(client, function):
    def setting():
        reply = client.get_function_recursion_config(FunctionName=function)
        return reply["RecursiveLoop"]
    assert setting() == "Terminate"
    for value in ("Allow", "Terminate"):
        assert client.put_function_recursion_config(FunctionName=function, RecursiveLoop=value)["RecursiveLoop"] == value
        assert setting() == value
    assert refusal(client.put_function_recursion_config, FunctionName="nobody", RecursiveLoop="Allow")[:2] == (
        404, "ResourceNotFoundException")


def test_a_runtime_version_is_pinned_only_as_it_is(client, function):
    get, put = client.get_runtime_management_config, client.put_runtime_management_config
    reply = get(FunctionName=function)
    assert (reply["UpdateRuntimeOn"], "RuntimeVersionArn" in reply) == ("Auto", False)
    assert reply["FunctionArn"].endswith(f":function:{function}:$LATEST")
    version = client.get_function_configuration(FunctionName=function)["RuntimeVersionConfig"]["RuntimeVersionArn"]
    assert put(FunctionName=function, UpdateRuntimeOn="Manual", RuntimeVersionArn=version)["RuntimeVersionArn"] == version
    assert get(FunctionName=function)["UpdateRuntimeOn"] == "Manual"
    for wrong in ({"UpdateRuntimeOn": "Manual"}, {"UpdateRuntimeOn": "Auto", "RuntimeVersionArn": version},
                  {"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": version[:-4] + "0000"}):
        assert refusal(put, FunctionName=function, **wrong)[:2] == (400, "InvalidParameterValueException")
    put(FunctionName=function, UpdateRuntimeOn="FunctionUpdate")
    reply = get(FunctionName=function, Qualifier="$LATEST")
    assert (reply["UpdateRuntimeOn"], "RuntimeVersionArn" in reply) == ("FunctionUpdate", False)


def test_versions_have_a_runtime_management_of_their_own(client, function):
    number = client.publish_version(FunctionName=function)["Version"]
    put, get = client.put_runtime_management_config, client.get_runtime_management_config
    reply = put(FunctionName=function, Qualifier=number, UpdateRuntimeOn="FunctionUpdate")
    assert reply["FunctionArn"].endswith(f":function:{function}:{number}")
    assert get(FunctionName=function, Qualifier=number)["UpdateRuntimeOn"] == "FunctionUpdate"
    assert get(FunctionName=function)["UpdateRuntimeOn"] == "Auto"
    assert refusal(put, FunctionName=function, Qualifier="77", UpdateRuntimeOn="Auto")[:2] == (
        404, "ResourceNotFoundException")


def test_the_log_names_the_runtime_version_that_is_configured(client, server, function):
    version = client.get_function_configuration(FunctionName=function)["RuntimeVersionConfig"]["RuntimeVersionArn"]
    invoke(client, function)
    logs = server.client("logs", account=ACCOUNT)

    def started():
        events = logs.filter_log_events(logGroupName="/aws/lambda/" + function, filterPattern="INIT_START")["events"]
        return [event["message"] for event in events]
    assert version in eventually(started)[0]


def test_dead_letters_go_where_the_role_may_send(client, server):
    def create(target):
        return refusal(client.create_function, FunctionName="letters", Runtime="python3.11", Role=ROLE,
                       Handler="app.handler", Code={"ZipFile": make_zip(SOURCE)}, DeadLetterConfig={"TargetArn": target})
    invalid = (400, "InvalidParameterValueException")
    assert create(f"arn:aws:sqs:us-east-1:{ACCOUNT}:missing") == (
        *invalid, "The provided execution role does not have permissions to call SendMessage on SQS")
    assert create(f"arn:aws:sns:us-east-1:{ACCOUNT}:missing") == (
        *invalid, "The provided execution role does not have permissions to call Publish on SNS")
    assert create(f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/x")[:2] == invalid


def test_no_key_of_another_service_encrypts_variables(client):
    key = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"
    status, code, message = refusal(
        client.create_function, FunctionName="key", Runtime="python3.11", Role=ROLE, Handler="app.handler",
        Code={"ZipFile": make_zip(SOURCE)}, KMSKeyArn=key)
    assert (status, code) == (400, "InvalidParameterValueException")
    assert message.startswith("Lambda was unable to configure access to your environment variables because the KMS key")
    assert key in message


TRACED = {"app.py": """
import os
def handler(event, context):
    return os.environ["_X_AMZN_TRACE_ID"]
"""}


def fields(trace):
    return dict(part.split("=", 1) for part in trace.split(";"))


def test_active_tracing_samples_and_the_log_leads_to_the_trace(client, server):
    create_function(client, "traced", TRACED, TracingConfig={"Mode": "Active"})
    assert client.get_function_configuration(FunctionName="traced")["TracingConfig"] == {"Mode": "Active"}
    trace, reply = invoke(client, "traced", LogType="Tail")
    assert fields(trace)["Sampled"] == "1"
    tail = base64.b64decode(reply["LogResult"]).decode()
    assert f"XRAY TraceId: {fields(trace)['Root']}\tSegmentId: {fields(trace)['Parent']}\tSampled: true\t\n" in tail
    client.update_function_configuration(FunctionName="traced", TracingConfig={"Mode": "PassThrough"})
    client.get_waiter("function_updated_v2").wait(FunctionName="traced", WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
    trace, reply = invoke(client, "traced", LogType="Tail")
    assert fields(trace)["Sampled"] == "0"
    assert b"XRAY" not in base64.b64decode(reply["LogResult"])


def test_a_callers_trace_is_passed_on(server):
    client = server.client("lambda", account=ACCOUNT)
    root = "Root=1-5e1b4151-5ac6c58d3b1c5b6e7f8a9b0c"
    header = {"value": root + ";Parent=53995c3f42cd8ad8;Sampled=1"}
    client.meta.events.register("before-send.lambda.Invoke", lambda request, **_: request.headers.__setitem__(
        "X-Amzn-Trace-Id", header["value"]))
    for mode in ("PassThrough", "Active"):
        create_function(client, "passes-" + mode, TRACED, TracingConfig={"Mode": mode})
        header["value"] = root + ";Parent=53995c3f42cd8ad8;Sampled=1"
        # Recursion detection adds its own field.
        assert invoke(client, "passes-" + mode)[0].split(";Lineage=")[0] == header["value"]
    header["value"] = root
    completed = fields(invoke(client, "passes-Active")[0])
    assert completed["Root"] == root[5:] and completed["Sampled"] == "1" and len(completed["Parent"]) == 16


TENANTS = {"app.py": """
import os
SEEN = []
def handler(event, context):
    SEEN.append(context.tenant_id)
    kept = "/tmp/tenant"
    if event.get("keep"):
        open(kept, "w").write(context.tenant_id)
    return {"seen": SEEN, "kept": os.path.exists(kept) and open(kept).read()}
""", "app.js": "exports.handler = async (event, context) => context.tenantId;\n"}


def test_an_environment_serves_one_tenant(client):
    reply = create_function(client, "tenants", TENANTS, TenancyConfig={"TenantIsolationMode": "PER_TENANT"})
    assert reply["TenancyConfig"] == {"TenantIsolationMode": "PER_TENANT"}
    for tenant in ["blue", "green"] * 3 + ["blue", "red/1@x y"]:
        value = invoke(client, "tenants", TenantId=tenant)[0]
        assert set(value["seen"]) == {tenant}
    # The environment of a tenant is kept for it.
    assert len(invoke(client, "tenants", TenantId="blue")[0]["seen"]) == 5
    invalid = (400, "InvalidParameterValueException")
    assert refusal(client.invoke, FunctionName="tenants") == (
        *invalid, "The invoked function is enabled with tenant isolation. Add a valid tenant ID in your request and try "
        "again.")
    create_function(client, "tenantless", SOURCE)
    assert refusal(client.invoke, FunctionName="tenantless", TenantId="blue")[:2] == invalid
    assert refusal(client.invoke, FunctionName="tenants", TenantId="no;no")[:2] == (400, "ValidationException")


def test_what_cannot_name_a_tenant_is_refused(client, server):
    create_function(client, "tenants-only", TENANTS, Publish=True, TenancyConfig={"TenantIsolationMode": "PER_TENANT"})

    def refused(what, call, **arguments):
        assert refusal(call, FunctionName="tenants-only", **arguments) == (
            400, "InvalidParameterValueException",
            f"{what} are not supported for functions that are enabled with tenant isolation.")

    queue = server.client("sqs", account=ACCOUNT)
    queue.create_queue(QueueName="tenants-only")
    refused("Function URLs", client.create_function_url_config, AuthType="NONE")
    refused("Provisioned Concurrency Configs", client.put_provisioned_concurrency_config, Qualifier="1",
            ProvisionedConcurrentExecutions=1)
    refused("Function scaling configurations", client.put_function_scaling_config, Qualifier="1",
            FunctionScalingConfig={"MaxExecutionEnvironments": 1})
    refused("Event source mappings", client.create_event_source_mapping,
            EventSourceArn=f"arn:aws:sqs:us-east-1:{ACCOUNT}:tenants-only")
    assert client.list_provisioned_concurrency_configs(FunctionName="tenants-only")["ProvisionedConcurrencyConfigs"] == []


def test_an_event_keeps_its_tenant(client, server):
    create_function(client, "tenants-event", {"app.py": """
def handler(event, context):
    print("tenant", context.tenant_id)
"""}, TenancyConfig={"TenantIsolationMode": "PER_TENANT"})
    assert client.invoke(FunctionName="tenants-event", InvocationType="Event", TenantId="blue")["StatusCode"] == 202
    logs = server.client("logs", account=ACCOUNT)

    def written():
        try:
            events = logs.filter_log_events(logGroupName="/aws/lambda/tenants-event", filterPattern="tenant")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"].strip() for event in events]
    assert eventually(written) == ["tenant blue"]
    for call, arguments in ((client.invoke, {"InvocationType": "Event"}), (client.invoke_async, {"InvokeArgs": b"{}"})):
        assert refusal(call, FunctionName="tenants-event", **arguments)[:2] == (400, "InvalidParameterValueException")


def test_tenants_stay_apart_under_load(client):
    create_function(client, "tenants-load", TENANTS, TenancyConfig={"TenantIsolationMode": "PER_TENANT"})
    wrong, calls = [], []

    def call(tenant):
        for _ in range(10):
            seen = invoke(client, "tenants-load", TenantId=tenant)[0]["seen"]
            calls.append(tenant)
            if set(seen) != {tenant}:
                wrong.append((tenant, seen))
    threads = [threading.Thread(target=call, args=(f"tenant-{n % 4}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (wrong, len(calls)) == ([], 80)


def test_a_nodejs_function_knows_its_tenant(client):
    create_function(client, "tenants-node", TENANTS, runtime="nodejs22.x",
                    TenancyConfig={"TenantIsolationMode": "PER_TENANT"})
    assert invoke(client, "tenants-node", TenantId="blue")[0] == "blue"

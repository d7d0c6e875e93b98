# SPDX-License-Identifier: Apache-2.0
"""Every call is judged by the policies of its caller: `kiln serve` refuses, `kiln dev` tells."""

import json
import re
import subprocess

import boto3
import botocore.config
import botocore.exceptions
import pytest

from conftest import KILN, Server, eventually, invoke, make_zip, refusal

ACCOUNT = "000000000000"
MANAGED = "arn:aws:iam::aws:policy/"
LAMBDA_ROLE = "enforced-function"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*"} | s for s in statements]})


def trust(principal):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]})


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("enforced") / "state", verb="serve")
    yield server
    assert server.stop() == 0


class Admin:
    def __init__(self, server):
        text = (server.data_dir / "credentials").read_text()
        self.server = server
        self.keys = dict(re.findall(r"^(aws_\w+) = (\S+)$", text, re.MULTILINE))

    def client(self, service):
        return self.server.client(service, account=self.keys["aws_access_key_id"],
                                  secret=self.keys["aws_secret_access_key"])


@pytest.fixture(scope="module")
def admin(serving):
    admin = Admin(serving)
    admin.client("iam").create_role(RoleName=LAMBDA_ROLE, AssumeRolePolicyDocument=trust({"Service": "lambda.amazonaws.com"}))
    return admin


class Caller:
    """A user with a key, or a session of a role."""

    def __init__(self, admin, kind, name, managed=(), **inline):
        self.iam, self.server, self.kind, self.name = admin.client("iam"), admin.server, kind, name
        if kind == "user":
            self.iam.create_user(UserName=name)
            key = self.iam.create_access_key(UserName=name)["AccessKey"]
            self.keys = key["AccessKeyId"], key["SecretAccessKey"], None
            self.arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
        else:
            role = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))["Role"]
            got = admin.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="one")["Credentials"]
            self.keys = got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"]
            self.arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/one"
        for arn in managed:
            getattr(self.iam, f"attach_{kind}_policy")(PolicyArn=arn, **self.named)
        for policy, text in inline.items():
            self.put(policy, text)

    @property
    def named(self):
        return {"UserName" if self.kind == "user" else "RoleName": self.name}

    def put(self, policy, text):
        getattr(self.iam, f"put_{self.kind}_policy")(PolicyName=policy, PolicyDocument=text, **self.named)

    def client(self, service):
        key, secret, token = self.keys
        return boto3.client(
            service, endpoint_url=self.server.endpoint, region_name="us-east-1", aws_access_key_id=key,
            aws_secret_access_key=secret, aws_session_token=token,
            config=botocore.config.Config(retries={"total_max_attempts": 1}, parameter_validation=False))


def denied(call, **arguments):
    """The message of the refusal that `call` must meet."""
    status, code, message = refusal(call, **arguments)
    assert code in ("AccessDenied", "AccessDeniedException"), (code, message)
    assert status in (400, 403)
    return message


def passed(call, **arguments):
    """That IAM does not stop `call`: whatever else becomes of it."""
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        assert "AccessDenied" not in error.response["Error"]["Code"], error


# What each managed policy lets its holder do, and what not: (service, method, arguments).
FUNCTION = {"FunctionName": "nothing-here"}
GROUP = {"logGroupName": "/enforced/g"}
POLICIES = {
    "AWSLambda_FullAccess": (
        [("lambda", "list_functions", {}), ("lambda", "get_function", FUNCTION), ("lambda", "delete_function", FUNCTION),
         ("lambda", "list_layers", {}), ("iam", "list_roles", {}), ("iam", "get_role", {"RoleName": LAMBDA_ROLE}),
         ("logs", "describe_log_groups", {}), ("logs", "get_log_events", {"logGroupName": "/aws/lambda/x", "logStreamName": "s"}),
         ("logs", "filter_log_events", {"logGroupName": "/aws/lambda/x"}), ("sts", "get_caller_identity", {})],
        [("logs", "create_log_group", GROUP), ("logs", "filter_log_events", GROUP), ("logs", "start_query", {}),
         ("iam", "create_role", {"RoleName": "x", "AssumeRolePolicyDocument": "{}"}),
         ("iam", "delete_role", {"RoleName": LAMBDA_ROLE}), ("iam", "create_saml_provider", {})]),
    "service-role/AWSLambdaBasicExecutionRole": (
        [("logs", "create_log_group", GROUP), ("logs", "create_log_stream", GROUP | {"logStreamName": "s"}),
         ("logs", "put_log_events", GROUP | {"logStreamName": "s", "logEvents": [{"timestamp": 1, "message": "m"}]})],
        [("logs", "describe_log_groups", {}), ("logs", "delete_log_group", GROUP), ("lambda", "list_functions", {}),
         ("lambda", "invoke", FUNCTION), ("iam", "list_roles", {})]),
    "AmazonS3FullAccess": (
        [("s3", "list_buckets", {}), ("s3", "get_object", {"Bucket": "b", "Key": "k"}), ("sts", "get_caller_identity", {})],
        [("lambda", "list_functions", {}), ("logs", "describe_log_groups", {}), ("iam", "list_roles", {}),
         ("lambda", "invoke", FUNCTION), ("logs", "create_log_group", GROUP), ("dynamodb", "list_tables", {})]),
    "AmazonDynamoDBFullAccess": (
        [("dynamodb", "list_tables", {}), ("lambda", "list_functions", {}), ("lambda", "delete_function", FUNCTION),
         ("lambda", "get_function_configuration", FUNCTION), ("iam", "list_roles", {}),
         ("iam", "get_role", {"RoleName": LAMBDA_ROLE})],
        [("lambda", "get_function", FUNCTION), ("lambda", "invoke", FUNCTION), ("lambda", "tag_resource", {
            "Resource": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:x", "Tags": {"a": "b"}}),
         ("iam", "create_role", {"RoleName": "x", "AssumeRolePolicyDocument": "{}"}),
         ("s3", "get_object", {"Bucket": "b", "Key": "k"}), ("sqs", "send_message", {"QueueUrl": "x", "MessageBody": "m"}),
         ("logs", "describe_log_groups", {}), ("logs", "create_log_group", GROUP)]),
}


@pytest.mark.parametrize("kind", ["role", "user"])
@pytest.mark.parametrize("policy", POLICIES)
def test_a_managed_policy_gives_what_it_names_and_nothing_else(admin, kind, policy):
    caller = Caller(admin, kind, f"{kind}-{policy.split('/')[-1]}", [MANAGED + policy])
    may, may_not = POLICIES[policy]
    for service, method, arguments in may:
        passed(getattr(caller.client(service), method), **arguments)
    for service, method, arguments in may_not:
        message = denied(getattr(caller.client(service), method), **arguments)
        assert message.startswith(f"User: {caller.arn} is not authorized to perform: {service}:"), message
        assert "because no identity-based policy allows the" in message


def test_without_policies_only_the_own_identity_is_told(admin):
    caller = Caller(admin, "role", "bare")
    assert caller.client("sts").get_caller_identity()["Arn"] == caller.arn
    assert denied(caller.client("lambda").list_functions) == (
        f"User: {caller.arn} is not authorized to perform: lambda:ListFunctions on resource: * because no "
        "identity-based policy allows the lambda:ListFunctions action")


def test_an_operation_that_is_not_built_is_refused_before_it_is_missing(admin):
    caller = Caller(admin, "role", "curious", own=document({"Action": "lambda:ListCapacityProviders"}))
    assert refusal(caller.client("lambda").list_capacity_providers)[1] == "NotImplemented"
    denied(caller.client("lambda").get_capacity_provider, CapacityProviderName="x")


def test_a_change_counts_from_the_next_call_on(admin):
    caller = Caller(admin, "role", "changing", own=document({"Action": "lambda:*"}))
    client = caller.client("lambda")
    client.list_functions()
    caller.put("own", document({"Action": "lambda:*"}, {"Effect": "Deny", "Action": "lambda:List*"}))
    assert denied(client.list_functions).endswith("with an explicit deny in an identity-based policy")
    caller.iam.delete_role_policy(RoleName="changing", PolicyName="own")
    denied(client.get_account_settings)
    caller.put("own", document({"Action": "lambda:*"}))
    client.list_functions()


def test_a_boundary_limits_what_policies_give(admin):
    caller = Caller(admin, "role", "bounded", own=document({"Action": "*"}))
    caller.iam.put_role_permissions_boundary(RoleName="bounded", PermissionsBoundary=MANAGED + "AmazonS3FullAccess")
    assert "because no permissions boundary allows the lambda:ListFunctions action" in denied(
        caller.client("lambda").list_functions)
    caller.iam.delete_role_permissions_boundary(RoleName="bounded")
    caller.client("lambda").list_functions()


def test_a_session_policy_limits_the_session(admin):
    Caller(admin, "role", "narrowed", own=document({"Action": "*"}))
    got = admin.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/narrowed", RoleSessionName="one",
        Policy=document({"Action": "iam:ListRoles"}))["Credentials"]
    session = boto3.session.Session(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"], "us-east-1")
    session.client("iam", endpoint_url=admin.server.endpoint).list_roles()
    assert "because no session policy allows the lambda:ListFunctions action" in denied(
        session.client("lambda", endpoint_url=admin.server.endpoint).list_functions)


def test_conditions_and_resources(admin):
    caller = Caller(admin, "role", "conditional", own=document(
        {"Action": "lambda:ListFunctions", "Condition": {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}},
        {"Action": "lambda:GetAccountSettings", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
        {"Action": "logs:*", "Resource": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/mine/*"}))
    caller.client("lambda").list_functions()
    denied(caller.client("lambda").get_account_settings)
    caller.client("logs").create_log_group(logGroupName="/mine/a")
    denied(caller.client("logs").create_log_group, logGroupName="/yours/a")


@pytest.mark.parametrize("pattern", ["", ":*", "*"])
def test_a_log_group_may_be_written_both_ways(admin, pattern):
    name = f"both-ways-{len(pattern)}-{'x' if pattern == '*' else 'y'}"
    group = f"/ways/{name}"
    caller = Caller(admin, "role", name, own=document(
        {"Action": "logs:*", "Resource": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}{pattern}"}))
    logs = caller.client("logs")
    logs.create_log_group(logGroupName=group)
    logs.describe_log_streams(logGroupName=group)
    denied(logs.describe_log_streams, logGroupName="/ways/other")


def new_function(client, name, role=LAMBDA_ROLE, source="def handler(e, c):\n    return 1\n", **settings):
    return client.create_function(
        FunctionName=name, Runtime="python3.11", Handler="app.handler", Role=f"arn:aws:iam::{ACCOUNT}:role/{role}",
        Code={"ZipFile": make_zip({"app.py": source})}, **settings)


def test_a_role_is_given_to_a_function_by_those_who_may_pass_it(admin):
    caller = Caller(admin, "role", "deployer", own=document({"Action": "lambda:*"}))
    client = caller.client("lambda")
    role = f"arn:aws:iam::{ACCOUNT}:role/{LAMBDA_ROLE}"
    expected = (f"User: {caller.arn} is not authorized to perform: iam:PassRole on resource: {role} because no "
                "identity-based policy allows the iam:PassRole action")
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        new_function(client, "passed")
    assert caught.value.response["Error"]["Message"] == expected
    passing = {"Action": "iam:PassRole", "Resource": role}
    elsewhere = {"Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}
    caller.put("pass", document(passing | elsewhere))
    with pytest.raises(botocore.exceptions.ClientError):
        new_function(client, "passed")
    here = {"Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}}
    caller.put("pass", document(passing | here))
    new_function(client, "passed")
    client.get_waiter("function_active_v2").wait(FunctionName="passed", WaiterConfig={"Delay": 0.05})
    client.update_function_configuration(FunctionName="passed", Description="needs no role")
    caller.iam.delete_role_policy(RoleName="deployer", PolicyName="pass")
    assert denied(client.update_function_configuration, FunctionName="passed", Role=role) == expected
    assert invoke(client, "passed")[0] == 1


ASKING = """
import boto3, botocore.exceptions
def handler(event, context):
    try:
        getattr(boto3.client(event["service"]), event["method"])(**event.get("arguments", {}))
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    return ["", ""]
"""


def test_a_function_may_what_its_role_may(admin):
    iam, client = admin.client("iam"), admin.client("lambda")
    iam.create_role(RoleName="asking", AssumeRolePolicyDocument=trust({"Service": "lambda.amazonaws.com"}))
    new_function(client, "asking", role="asking", source=ASKING, Timeout=30)
    client.get_waiter("function_active_v2").wait(FunctionName="asking", WaiterConfig={"Delay": 0.05})
    reads = {"service": "logs", "method": "describe_log_groups"}
    code, message = invoke(client, "asking", reads)[0]
    assert code == "AccessDeniedException"
    assert message.startswith(f"User: arn:aws:sts::{ACCOUNT}:assumed-role/asking/asking is not authorized to perform: "
                              "logs:DescribeLogGroups")
    gets = {"service": "s3", "method": "get_object", "arguments": {"Bucket": "b", "Key": "k"}}
    code, message = invoke(client, "asking", gets)[0]
    assert code == "AccessDenied" and "s3:GetObject" in message, (code, message)
    iam.put_role_policy(RoleName="asking", PolicyName="p", PolicyDocument=document({"Action": "logs:DescribeLogGroups"}))
    assert invoke(client, "asking", reads)[0] == ["", ""]


def suggestion(server, name, environment):
    command = [str(KILN), "iam", "suggest", name, "--endpoint", server.endpoint]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_dev_tells_what_would_be_denied_and_what_would_be_enough(start_server):
    server = start_server("audit")
    iam = server.client("iam")
    iam.create_role(RoleName="watched", AssumeRolePolicyDocument=trust({"Service": "lambda.amazonaws.com"}))
    iam.put_role_policy(RoleName="watched", PolicyName="p", PolicyDocument=document({"Action": "logs:Describe*"}))
    client = server.client("lambda")
    new_function(client, "watched", role="watched", source=ASKING, Timeout=30)
    client.get_waiter("function_active_v2").wait(FunctionName="watched", WaiterConfig={"Delay": 0.05})
    for service, method, arguments in [("logs", "describe_log_groups", {}), ("lambda", "list_functions", {}),
                                       ("logs", "create_log_group", {"logGroupName": "/new"})] * 2:
        event = {"service": service, "method": method, "arguments": arguments}
        assert invoke(client, "watched", event)[0][0] in ("", "ResourceAlreadyExistsException")
    role = f"arn:aws:iam::{ACCOUNT}:role/watched"
    log = (server.data_dir.parent / f"{server.data_dir.name}.log").read_text()
    lines = [line for line in log.splitlines() if "would deny" in line and role in line]
    assert len(lines) == 2, log
    assert 'missing: {"Effect":"Allow","Action":"lambda:ListFunctions","Resource":"*"}' in "".join(lines)
    for name in ("watched", role):
        shown = suggestion(server, name, server.environment())
        assert shown.returncode == 0, shown.stderr
        policy = json.loads(shown.stdout)
        assert policy["Statement"] == [
            {"Effect": "Allow", "Action": ["lambda:ListFunctions", "logs:DescribeLogGroups"], "Resource": "*"},
            {"Effect": "Allow", "Action": "logs:CreateLogGroup",
             "Resource": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/new:*"}] or policy
    missing = suggestion(server, "nobody", server.environment())
    assert missing.returncode == 1 and "Nothing was observed" in missing.stderr


def test_suggestions_are_for_administrators(admin):
    caller = Caller(admin, "role", "nosy", own=document({"Action": "iam:*"}))
    key, secret, token = caller.keys
    environment = admin.server.environment() | {
        "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}
    refused = suggestion(admin.server, "nosy", environment)
    assert refused.returncode == 1 and "kiln:SuggestPolicy" in refused.stderr
    keys = {name.upper(): value for name, value in admin.keys.items()}
    caller.client("iam").list_roles()
    assert suggestion(admin.server, "nosy", admin.server.environment() | keys).returncode == 0


@pytest.mark.parametrize("mode, allowed", [("off", True), ("audit", True), ("enforce", False)])
def test_the_mode_can_be_chosen(start_server, mode, allowed):
    server = start_server(mode, arguments=["--iam", mode])
    iam = server.client("iam")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))
    got = server.client("sts").assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/r", RoleSessionName="one")["Credentials"]
    session = boto3.session.Session(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"], "us-east-1")
    client = session.client("lambda", endpoint_url=server.endpoint)
    (passed if allowed else denied)(client.list_functions)


def test_policies_name_entities_by_path_and_by_tag(admin):
    iam = admin.client("iam")
    for name, path, team in (("ann", "/staff/", "red"), ("bob", "/guests/", "blue")):
        iam.create_user(UserName="named-" + name, Path=path, Tags=[{"Key": "team", "Value": team}])
    users = f"arn:aws:iam::{ACCOUNT}:user"
    by_path = Caller(admin, "user", "names-paths", reads=document(
        {"Action": "iam:GetUser", "Resource": users + "/staff/*"}))
    by_tag = Caller(admin, "user", "names-tags", reads=document(
        {"Action": "iam:GetUser", "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}))
    for caller, allowed, refused in ((by_path, "ann", "bob"), (by_tag, "bob", "ann")):
        client = caller.client("iam")
        assert client.get_user(UserName="named-" + allowed)["User"]["UserName"] == "named-" + allowed
        assert refusal(client.get_user, UserName="named-" + refused)[1] == "AccessDenied"

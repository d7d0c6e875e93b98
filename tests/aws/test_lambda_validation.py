# SPDX-License-Identifier: Apache-2.0
"""What CreateFunction and UpdateFunctionConfiguration refuse, in AWS's words."""

import json
import re
import urllib.error
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from conftest import ROLE, Server, create_function, make_zip, refusal

PACKAGE = make_zip({"app.py": "def handler(e, c):\n    return 1\n"})
MISSING = object()
UNABLE = ("Lambda was unable to configure your environment variables because the environment variables you have "
          "provided ")


@pytest.fixture(scope="module")
def unchecked(server):
    """A client that sends what boto3 would refuse itself."""
    return server.client("lambda", parameter_validation=False)


@pytest.fixture
def refused(unchecked):
    """Calls CreateFunction with good arguments but for the ones given: (status, code, message)."""
    def call(**changes):
        arguments = {"FunctionName": "never", "Runtime": "python3.11", "Role": ROLE, "Handler": "app.handler",
                     "Code": {"ZipFile": PACKAGE}} | changes
        return refusal(unchecked.create_function, **{k: v for k, v in arguments.items() if v is not MISSING})
    return call


def invalid(message):
    return (400, "InvalidParameterValueException", message)


def constraint(value, place, text):
    return (400, "ValidationException",
            f"1 validation error detected: Value '{value}' at '{place}' failed to satisfy constraint: {text}")


def test_missing_members(refused):
    assert refused(Role=MISSING) == (
        400, "ValidationException",
        "1 validation error detected: Value null at 'role' failed to satisfy constraint: Member must not be null")
    both = invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")
    assert refused(Runtime=MISSING) == both
    assert refused(Handler=MISSING) == both


@pytest.mark.parametrize("changes,place,value,text", [
    ({"MemorySize": 127}, "memorySize", 127, "Member must have value greater than or equal to 128"),
    ({"Timeout": 0}, "timeout", 0, "Member must have value greater than or equal to 1"),
    ({"Timeout": 901}, "timeout", 901, "Member must have value less than or equal to 900"),
    ({"EphemeralStorage": {"Size": 511}}, "ephemeralStorage.size", 511,
     "Member must have value greater than or equal to 512"),
    ({"EphemeralStorage": {"Size": 10241}}, "ephemeralStorage.size", 10241,
     "Member must have value less than or equal to 10240"),
    ({"Description": "d" * 257}, "description", "d" * 257, "Member must have length less than or equal to 256"),
    ({"Handler": "h" * 129}, "handler", "h" * 129, "Member must have length less than or equal to 128"),
    ({"Handler": "a b"}, "handler", "a b", r"Member must satisfy regular expression pattern: [^\s]+"),
    ({"Role": "admin"}, "role", "admin", "Member must satisfy regular expression pattern: "
     r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"),
    ({"PackageType": "Tar"}, "packageType", "Tar", "Member must satisfy enum value set: [Zip, Image]"),
])
def test_constraints_of_one_member(refused, changes, place, value, text):
    assert refused(**changes) == constraint(value, place, text)


def test_two_violations_are_told_at_once(refused):
    status, code, message = refused(MemorySize=1, Timeout=0)
    assert (status, code) == (400, "ValidationException")
    assert message.startswith("2 validation errors detected: Value ")
    assert "Value '1' at 'memorySize'" in message and "Value '0' at 'timeout'" in message and "; " in message


@pytest.mark.parametrize("name", ["with space", "with.dot", "ünïcode", "a/b", "arn:aws:s3:::bucket"])
def test_bad_names(refused, name):
    status, code, message = refused(FunctionName=name)
    assert (status, code) == (400, "ValidationException")
    assert message.startswith(f"1 validation error detected: Value '{name}' at 'functionName' failed to satisfy "
                              "constraint: Member must satisfy regular expression pattern: ")


def test_names_end_at_64_characters(awslambda, refused):
    create_function(awslambda, "n" * 64, {"app.py": "x = 1\n"}, wait=False)
    status, _, message = refused(FunctionName="n" * 65)
    assert status == 400
    assert message.endswith("at 'functionName' failed to satisfy constraint: "
                            "Member must have length less than or equal to 64")


def test_memory_over_ten_gigabytes(refused):
    assert refused(MemorySize=10241)[0] == 400
    assert refused(MemorySize=10241)[2].endswith("Member must have value less than or equal to 10240")


def test_unknown_runtimes_are_told_the_known_ones(refused):
    status, code, message = refused(Runtime="python2.99")
    assert (status, code) == (400, "InvalidParameterValueException")
    assert message.startswith(
        "Value python2.99 at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [")
    assert message.endswith("] or be a valid ARN")
    assert "nodejs26.x" in message and "python3.15" in message and "go1.x" not in message


@pytest.mark.parametrize("runtime", ["nodejs26.x", "python3.15", "java11.al2023", "ruby4.0", "go1.x"])
def test_current_runtimes_are_taken_and_in_dev_retired_ones(awslambda, runtime):
    name = "runtime-" + runtime.replace(".", "-")
    assert create_function(awslambda, name, {"f": ""}, runtime=runtime, wait=False)["Runtime"] == runtime


def test_reserved_variables(refused):
    assert refused(Environment={"Variables": {"AWS_REGION": "x", "OK": "y", "LAMBDA_TASK_ROOT": "/"}}) == invalid(
        UNABLE + "contains reserved keys that are currently not supported for modification. "
        "Reserved keys used in this request: AWS_REGION, LAMBDA_TASK_ROOT")


def test_variables_end_at_four_kilobytes(awslambda, refused):
    variables = {"BIG": "x" * 4096}
    measured = json.dumps(variables, separators=(",", ":"))
    assert refused(Environment={"Variables": variables}) == invalid(
        UNABLE + "exceeded the 4KB limit. String measured: " + measured)
    room = 4096 - len(json.dumps({"BIG": ""}, separators=(",", ":")))
    create_function(awslambda, "variables-fit", {"app.py": "x = 1\n"}, wait=False,
                    Environment={"Variables": {"BIG": "x" * room}})


@pytest.mark.parametrize("name", ["1ST", "A", "WITH-DASH", "_X"])
def test_names_of_variables(refused, name):
    status, code, message = refused(Environment={"Variables": {name: "x"}})
    assert (status, code) == (400, "ValidationException")
    assert "at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: [" in message
    assert r"Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+" in message


@pytest.mark.parametrize("setting,value,named", [
    ("FileSystemConfigs", [{"Arn": "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-"
                            "01234567890123456", "LocalMountPath": "/mnt/x"}], "FileSystemConfigs"),
    ("PackageType", "Image", "PackageType Image"),
    ("Architectures", ["arm64"], "arm64"),
])
def test_what_is_not_honoured_yet_is_refused_by_name(refused, setting, value, named):
    status, code, message = refused(**{setting: value})
    assert (status, code) == (400, "InvalidParameterValueException")
    assert named in message and "is not supported by this" in message


def test_log_levels_need_json(refused):
    assert refused(LoggingConfig={"LogFormat": "Text", "ApplicationLogLevel": "DEBUG"}) == invalid(
        'LogLevel is not supported when LogFormat is set to "Text". Remove LogLevel from your request or change the '
        'LogFormat to "JSON" and try again.')


def test_nothing_refused_was_created(awslambda, refused):
    refused(MemorySize=1)
    assert refusal(awslambda.get_function, FunctionName="never")[0] == 404


def test_update_refuses_by_the_same_rules_and_changes_nothing(awslambda, unchecked):
    create_function(awslambda, "validation-update", {"app.py": "x = 1\n"})
    before = awslambda.get_function_configuration(FunctionName="validation-update")
    for change in ({"Timeout": 901}, {"MemorySize": 64}, {"Runtime": "python2.99"}, {"Description": "d" * 257},
                   {"Environment": {"Variables": {"AWS_REGION": "x"}}}):
        assert refusal(unchecked.update_function_configuration, FunctionName="validation-update", **change)[0] == 400
    after = awslambda.get_function_configuration(FunctionName="validation-update")
    assert after | {"ResponseMetadata": 0} == before | {"ResponseMetadata": 0}


def test_a_body_that_is_not_json(server):
    url = f"{server.endpoint}/2015-03-31/functions"
    request = botocore.awsrequest.AWSRequest("POST", url, data=b'{"FunctionName": ')
    botocore.auth.SigV4Auth(botocore.credentials.Credentials("test", "test"), "lambda", "us-east-1").add_auth(request)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(url, request.data, dict(request.headers)))
    assert (caught.value.code, caught.value.headers["x-amzn-ErrorType"]) == (400, "InvalidRequestContentException")


def test_invoke_refuses_what_only_other_kinds_of_functions_take(awslambda):
    create_function(awslambda, "validation-invoke", {"app.py": "x = 1\n"}, wait=False)
    for argument in ("TenantId", "DurableExecutionName"):
        status, code, message = refusal(awslambda.invoke, FunctionName="validation-invoke", **{argument: "blue"})
        assert (status, code) == (400, "InvalidParameterValueException")
        assert "Remove the" in message


@pytest.mark.parametrize("changes,violation", [
    ({"MaxItems": 0}, "Value '0' at 'maxItems' failed to satisfy constraint: Member must have value greater than or equal to 1"),
    ({"MaxItems": 10001}, "Value '10001' at 'maxItems' failed to satisfy constraint: Member must have value less than or "
     "equal to 10000"),
    ({"FunctionVersion": "X"}, "Value 'X' at 'functionVersion' failed to satisfy constraint: Member must satisfy enum value "
     "set: [ALL]"),
])
def test_constraints_of_lists(unchecked, changes, violation):
    assert refusal(unchecked.list_functions, **changes) == (
        400, "ValidationException", f"1 validation error detected: {violation}")


def test_wrong_types_are_a_serialization_exception(refused):
    assert refused(Timeout="5") == (400, "SerializationException", "STRING_VALUE can not be converted to Integer")


def test_tags_of_the_creation_follow_the_tag_rules(refused):
    assert refused(Tags={f"k{n}": "v" for n in range(51)}) == invalid("Number of tags exceeds resource tag limit.")
    assert refused(Tags={"aws:x": "y"})[:2] == (400, "InvalidParameterValueException")


@pytest.fixture(scope="module")
def production(tmp_path_factory):
    """A client of a `kiln serve`, with its administrator's keys."""
    server = Server(tmp_path_factory.mktemp("serve") / "state", verb="serve")
    keys = dict(re.findall(r"(\w+) = (\S+)", (server.data_dir / "credentials").read_text()))
    yield server.client("lambda", account=keys["aws_access_key_id"], secret=keys["aws_secret_access_key"])
    assert server.stop() == 0


def test_production_refuses_retired_runtimes_and_roles_that_lambda_may_not_have(production):
    def call(**changes):
        arguments = {"FunctionName": "never", "Runtime": "python3.11", "Role": ROLE, "Handler": "app.handler",
                     "Code": {"ZipFile": PACKAGE}} | changes
        return refusal(production.create_function, **arguments)
    assert call(Runtime="go1.x") == invalid(
        "The runtime parameter of go1.x is no longer supported for creating or updating AWS Lambda functions. We "
        "recommend you use a supported runtime while creating or updating functions.")
    assert call() == invalid("The role defined for the function cannot be assumed by Lambda.")
    assert call(Role="arn:aws:iam::999999999999:role/other") == (
        403, "AccessDeniedException", "Cross-account pass role is not allowed.")

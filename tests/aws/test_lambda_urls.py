# SPDX-License-Identifier: Apache-2.0
"""Function URLs: their configuration through boto3, requests through plain HTTP."""

import base64
import http.client
import json
import re
import subprocess
import urllib.parse
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from conftest import Server, create_function, refusal

ECHO = {"app.py": "def handler(event, context):\n    return event\n"}
# Answers what the request's body says.
SAY = {"app.py": "import base64, json\ndef handler(event, context):\n    body = event.get('body', 'null')\n"
                 "    if event['isBase64Encoded']: body = base64.b64decode(body)\n    return json.loads(body)\n"}


def make_url(awslambda, name, auth="NONE", qualifier=None, **config):
    arguments = {"Qualifier": qualifier} if qualifier else {}
    return awslambda.create_function_url_config(FunctionName=name, AuthType=auth, **arguments, **config)["FunctionUrl"]


def send(url, method="GET", path="", body=None, headers=None, by_host=None):
    """The http.client response with its body in .data; by_host: (id, region) goes into Host instead."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=20)
    target = (parts.path.rstrip("/") if by_host is None else "") + (path or "/")
    host = parts.netloc if by_host is None else f"{by_host[0]}.lambda-url.{by_host[1]}.localhost:{parts.port}"
    connection.request(method, target, body, {"Host": host, **(headers or {})})
    response = connection.getresponse()
    response.data = response.read()
    connection.close()
    return response


def url_id(url):
    return re.search(r"[a-z2-7]{32}", url).group()


@pytest.fixture(scope="module")
def echo(awslambda):
    create_function(awslambda, "url-echo", ECHO)
    return make_url(awslambda, "url-echo")


@pytest.fixture(scope="module")
def say(awslambda):
    create_function(awslambda, "url-say", SAY)
    return make_url(awslambda, "url-say")


def answer(say, value, **arguments):
    return send(say, "POST", body=json.dumps(value), headers={"Content-Type": "application/json"}, **arguments)


def test_the_url_that_is_answered_works_as_it_is(echo):
    with urllib.request.urlopen(echo + "some/path/?a=1&a=2", timeout=20) as reply:
        event = json.load(reply)
    assert event["rawPath"] == "/some/path/"
    assert event["queryStringParameters"] == {"a": "1,2"}
    assert event["requestContext"]["http"]["method"] == "GET"


def test_curl_reaches_it_by_name(echo, server):
    name = f"http://{url_id(echo)}.lambda-url.us-east-1.localhost:{server.port}/x?q=1"
    out = subprocess.run(["curl", "-s", "-S", "-X", "PUT", "--data-binary", "@-", "-H", "Content-Type: image/png", name],
                         input=b"\x00\xff\x01", stdout=subprocess.PIPE, check=True, timeout=20).stdout
    event = json.loads(out)
    assert base64.b64decode(event["body"]) == b"\x00\xff\x01"
    assert event["isBase64Encoded"] is True
    assert event["rawPath"] == "/x"
    assert event["requestContext"]["domainName"] == f"{url_id(echo)}.lambda-url.us-east-1.localhost"


def test_the_event_is_format_2(echo):
    reply = send(echo, "POST", "/a%20b?x=%2F", b"{}", {"Content-Type": "application/json", "Cookie": "c=1; d=2",
                                                    "X-Upper": "V", "User-Agent": "me"}, (url_id(echo), "us-east-1"))
    event = json.loads(reply.data)
    assert event["version"] == "2.0"
    assert event["rawPath"] == "/a%20b"
    assert event["rawQueryString"] == "x=%2F"
    assert event["queryStringParameters"] == {"x": "/"}
    assert event["cookies"] == ["c=1", "d=2"]
    assert event["headers"]["x-upper"] == "V"
    assert "cookie" not in event["headers"]
    assert event["body"] == "{}" and event["isBase64Encoded"] is False
    context = event["requestContext"]
    assert context["accountId"] == "anonymous"
    assert context["apiId"] == context["domainPrefix"] == url_id(echo)
    assert context["requestId"] == reply.headers["x-amzn-RequestId"]
    assert context["http"]["userAgent"] == "me"
    assert event["headers"]["x-amzn-trace-id"] == reply.headers["X-Amzn-Trace-Id"]


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "OPTIONS", "PUT"])
def test_methods_are_the_functions_own(echo, method):
    assert json.loads(send(echo, method).data)["requestContext"]["http"]["method"] == method


def test_head_has_no_body(say):
    reply = send(say, "HEAD")
    assert (reply.status, reply.data) == (200, b"")
    assert reply.headers["Content-Length"] == "4"  # of "null"


def test_inferred_responses(say):
    for value, body in [({"a": 1}, b'{"a": 1}'), ("hello", b"hello"), ([1, "x"], b'[1, "x"]'), (True, b"true"), (3, b"3")]:
        reply = answer(say, value)
        assert (reply.status, reply.data) == (200, body)
        assert reply.headers["Content-Type"] == "application/json"


def test_formed_responses(say):
    reply = answer(say, {"statusCode": 201, "headers": {"X-A": "b", "Content-Type": "text/css"}, "body": "p{}",
                         "cookies": ["a=1; Secure", "b=2"]})
    assert (reply.status, reply.data) == (201, b"p{}")
    assert reply.headers["X-A"] == "b"
    assert reply.headers["Content-Type"] == "text/css"
    assert reply.headers.get_all("Set-Cookie") == ["a=1; Secure", "b=2"]
    reply = answer(say, {"statusCode": 200, "isBase64Encoded": True, "body": base64.b64encode(b"\0\1\xff").decode()})
    assert reply.data == b"\0\1\xff"
    assert answer(say, {"statusCode": 302, "headers": {"Location": "/x"}}).headers["Location"] == "/x"
    assert answer(say, {"statusCode": 204}).status == 204


def test_function_errors_are_502(awslambda, say):
    for bad in ({"statusCode": "x"}, {"statusCode": 200, "headers": {"a": "b\r\nc: d"}}):
        reply = answer(say, bad)
        assert (reply.status, reply.data) == (502, b"Internal Server Error")
    reply = send(say, "POST", body="no json")  # the handler raises
    assert (reply.status, reply.data) == (502, b"Internal Server Error")
    create_function(awslambda, "url-slow", {"app.py": "import time\ndef handler(e, c):\n    time.sleep(9)\n"}, Timeout=1)
    reply = send(make_url(awslambda, "url-slow"))
    assert (reply.status, reply.data) == (502, b"Internal Server Error")


def test_throttles_are_429(awslambda):
    create_function(awslambda, "url-off", ECHO)
    url = make_url(awslambda, "url-off")
    awslambda.put_function_concurrency(FunctionName="url-off", ReservedConcurrentExecutions=0)
    reply = send(url)
    assert reply.status == 429
    assert reply.headers["x-amzn-ErrorType"] == "TooManyRequestsException"
    assert json.loads(reply.data)["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_bodies_end_at_6_mb(echo):
    reply = send(echo, "POST", body=b"x" * (6 * 1024 * 1024 + 1), headers={"Content-Type": "text/plain"})
    assert reply.status == 413
    # Fits as it is, but not as base64 in an event.
    reply = send(echo, "POST", body=b"\xff" * (5 * 1024 * 1024))
    assert reply.status == 413
    reply = send(echo, "POST", body=b"\xff" * (4 * 1024 * 1024))
    assert reply.status == 200


def test_unknown_urls_are_forbidden(server, echo):
    for host in (("a" * 32, "us-east-1"), (url_id(echo), "eu-west-1")):
        reply = send(server.endpoint, by_host=host)
        assert (reply.status, reply.data) == (403, b'{"Message":null}')
        assert reply.headers["x-amzn-ErrorType"] == "AccessDeniedException"
    assert send(server.endpoint + "/_kiln/url/nobody/").status == 403


def test_the_configuration_is_kept_and_changed(awslambda):
    create_function(awslambda, "url-config", ECHO)
    cors = {"AllowCredentials": False, "AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "MaxAge": 5}
    made = awslambda.create_function_url_config(FunctionName="url-config", AuthType="NONE", Cors=cors)
    assert made["FunctionArn"] == "arn:aws:lambda:us-east-1:000000000000:function:url-config"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", made["CreationTime"])
    assert made["Cors"] == cors
    assert "InvokeMode" not in made
    changed = awslambda.update_function_url_config(FunctionName="url-config", AuthType="AWS_IAM", Cors={}, InvokeMode="BUFFERED")
    assert changed["FunctionUrl"] == made["FunctionUrl"]
    assert changed["Cors"] == {}
    got = awslambda.get_function_url_config(FunctionName="url-config")
    assert (got["AuthType"], got["InvokeMode"], got["CreationTime"]) == ("AWS_IAM", "BUFFERED", made["CreationTime"])
    assert send(made["FunctionUrl"]).status == 403
    listed = awslambda.list_function_url_configs(FunctionName="url-config")["FunctionUrlConfigs"]
    assert [config["FunctionUrl"] for config in listed] == [made["FunctionUrl"]]


def test_a_deleted_url_is_gone_for_good(awslambda):
    create_function(awslambda, "url-gone", ECHO)
    first = make_url(awslambda, "url-gone")
    assert send(first).status == 200
    awslambda.delete_function_url_config(FunctionName="url-gone")
    assert send(first).status == 403
    second = make_url(awslambda, "url-gone")
    assert second != first
    awslambda.delete_function(FunctionName="url-gone")
    assert send(second).status == 403
    create_function(awslambda, "url-gone", ECHO)
    assert send(second).status == 403
    assert awslambda.list_function_url_configs(FunctionName="url-gone")["FunctionUrlConfigs"] == []


def test_refusals(awslambda):
    create_function(awslambda, "url-twice", ECHO)
    make_url(awslambda, "url-twice")
    assert refusal(make_url, awslambda, "url-twice") == (
        409, "ResourceConflictException",
        "Failed to create function url config for [functionArn = arn:aws:lambda:us-east-1:000000000000:function:url-twice]. "
        "Error message:  FunctionUrlConfig exists for this Lambda function")
    missing = (404, "ResourceNotFoundException")
    assert refusal(make_url, awslambda, "url-nobody") == (*missing, "Function does not exist")
    assert refusal(make_url, awslambda, "url-twice", qualifier="nothing") == (*missing, "Function does not exist")
    for call in (awslambda.get_function_url_config, awslambda.update_function_url_config, awslambda.delete_function_url_config):
        assert refusal(call, FunctionName="url-nobody") == (*missing, "The resource you requested does not exist.")
    assert refusal(awslambda.get_function_url_config, FunctionName="url-twice", Qualifier="1")[1] == "ValidationException"
    assert refusal(awslambda.get_function_url_config, FunctionName="url-twice:$LATEST")[1] == "ValidationException"


def signed(url, credentials, method="POST", body=b"{}", service="lambda", **headers):
    request = botocore.awsrequest.AWSRequest(method, url, headers={"Content-Type": "application/json", **headers}, data=body)
    botocore.auth.SigV4Auth(credentials, service, "us-east-1").add_auth(request)
    return {name: value for name, value in request.headers.items()}


def test_iam_urls_want_a_signature(awslambda):
    create_function(awslambda, "url-iam", ECHO)
    url = make_url(awslambda, "url-iam", "AWS_IAM")
    reply = send(url)
    assert (reply.status, reply.data) == (403, b'{"Message":"Forbidden"}')
    assert reply.headers["x-amzn-ErrorType"] == "AccessDeniedException"
    root = botocore.credentials.Credentials("test", "test")
    reply = send(url, "POST", body=b"{}", headers=signed(url, root))
    assert reply.status == 200
    event = json.loads(reply.data)
    assert event["requestContext"]["accountId"] == "000000000000"
    assert event["requestContext"]["authorizer"]["iam"] == {
        "accessKey": "test", "accountId": "000000000000", "callerId": "000000000000", "cognitoIdentity": None,
        "principalOrgId": None, "userArn": "arn:aws:iam::000000000000:root", "userId": "000000000000"}
    assert "authorization" not in event["headers"]
    # Another body, another service, another secret.
    assert send(url, "POST", body=b"[]", headers=signed(url, root)).status == 403
    assert send(url, "POST", body=b"{}", headers=signed(url, root, service="s3")).status == 403
    wrong = botocore.credentials.Credentials("test", "guess")
    reply = send(url, "POST", body=b"{}", headers=signed(url, wrong))
    assert reply.status == 403
    assert reply.headers["x-amzn-ErrorType"] == "InvalidSignatureException"


def test_cors_as_a_browser_asks(awslambda):
    create_function(awslambda, "url-cors", {"app.py": "def handler(e, c):\n    return {'statusCode': 200, 'body': 'ran',"
                                                      " 'headers': {'Access-Control-Allow-Origin': 'mine'}}\n"})
    url = make_url(awslambda, "url-cors", Cors={"AllowOrigins": ["https://shop.example"], "AllowMethods": ["PUT"],
                                                "AllowHeaders": ["x-token"], "ExposeHeaders": ["x-left"], "MaxAge": 300})
    ask = {"Origin": "https://shop.example", "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-token"}
    reply = send(url, "OPTIONS", headers=ask)
    assert (reply.status, reply.data) == (200, b"")
    assert reply.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert reply.headers["Access-Control-Allow-Methods"] == "PUT"
    assert reply.headers["Access-Control-Allow-Headers"] == "x-token"
    assert reply.headers["Access-Control-Max-Age"] == "300"
    # The function's own come beside, as AWS sends them.
    reply = send(url, "PUT", headers={"Origin": "https://shop.example"})
    assert reply.data == b"ran"
    assert reply.headers.get_all("Access-Control-Allow-Origin") == ["mine", "https://shop.example"]
    assert reply.headers["Access-Control-Expose-Headers"] == "x-left"
    for other in ({**ask, "Origin": "https://evil.example"}, {**ask, "Access-Control-Request-Method": "GET"}):
        reply = send(url, "OPTIONS", headers=other)
        assert "Access-Control-Allow-Origin" not in reply.headers
        assert reply.data == b""


def test_without_cors_the_function_answers_preflights(echo):
    reply = send(echo, "OPTIONS", headers={"Origin": "https://shop.example", "Access-Control-Request-Method": "PUT"})
    assert json.loads(reply.data)["requestContext"]["http"]["method"] == "OPTIONS"
    assert "Access-Control-Allow-Origin" not in reply.headers


def test_urls_outlive_a_restart_and_answer_under_a_domain(start_server):
    server = start_server(arguments=["--url-domain", "kiln.test"])
    awslambda = server.client("lambda")
    create_function(awslambda, "url-kept", ECHO)
    url = make_url(awslambda, "url-kept")
    port = server.port
    assert re.fullmatch(rf"http://[a-z2-7]{{32}}\.lambda-url\.us-east-1\.kiln\.test:{port}/", url)
    server.kill()
    server.start()
    url = server.client("lambda").get_function_url_config(FunctionName="url-kept")["FunctionUrl"]
    event = json.loads(send(url).data)
    assert event["requestContext"]["domainName"] == urllib.parse.urlsplit(url).hostname


@pytest.fixture(scope="module")
def enforcing(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("urls") / "state", arguments=["--iam", "enforce"])
    server.client("iam").create_role(RoleName="test-role", AssumeRolePolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                 "Principal": {"Service": "lambda.amazonaws.com"}}]}))
    yield server
    assert server.stop() == 0


def permit(awslambda, name, principal="*", auth="NONE"):
    awslambda.add_permission(FunctionName=name, StatementId="url", Action="lambda:InvokeFunctionUrl", Principal=principal,
                             FunctionUrlAuthType=auth)
    awslambda.add_permission(FunctionName=name, StatementId="invoke", Action="lambda:InvokeFunction", Principal=principal,
                             InvokedViaFunctionUrl=True)


def test_everybody_needs_the_functions_policy(enforcing):
    awslambda = enforcing.client("lambda")
    create_function(awslambda, "url-public", ECHO)
    url = make_url(awslambda, "url-public")
    reply = send(url)
    assert (reply.status, reply.data) == (403, b'{"Message":"Forbidden"}')
    permit(awslambda, "url-public")
    assert send(url).status == 200
    for sid in ("url", "invoke"):  # both are needed
        awslambda.remove_permission(FunctionName="url-public", StatementId=sid)
        assert send(url).status == 403
        awslambda.remove_permission(FunctionName="url-public", StatementId={"url": "invoke", "invoke": "url"}[sid])
        permit(awslambda, "url-public")
    # The condition of the statement is about NONE.
    awslambda.update_function_url_config(FunctionName="url-public", AuthType="AWS_IAM")
    assert send(url).status == 403


def test_a_user_needs_both_actions(enforcing):
    awslambda, iam = enforcing.client("lambda"), enforcing.client("iam")
    create_function(awslambda, "url-users", ECHO)
    url = make_url(awslambda, "url-users", "AWS_IAM")
    iam.create_user(UserName="caller")
    key = iam.create_access_key(UserName="caller")["AccessKey"]
    user = botocore.credentials.Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    def call():
        return send(url, "POST", body=b"{}", headers=signed(url, user))

    assert call().data == b'{"Message":"Forbidden"}'
    arn = "arn:aws:lambda:us-east-1:000000000000:function:url-users"
    iam.put_user_policy(UserName="caller", PolicyName="url", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "lambda:InvokeFunctionUrl", "Resource": arn,
         "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}},
        {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": arn,
         "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}}]}))
    reply = call()
    assert reply.status == 200
    assert json.loads(reply.data)["requestContext"]["authorizer"]["iam"]["userArn"].endswith(":user/caller")
    direct = enforcing.client("lambda", key["AccessKeyId"], secret=key["SecretAccessKey"])
    assert refusal(direct.invoke, FunctionName="url-users")[0] == 403


def test_another_account_needs_the_functions_policy(enforcing):
    awslambda = enforcing.client("lambda")
    create_function(awslambda, "url-shared", ECHO)
    url = make_url(awslambda, "url-shared", "AWS_IAM")
    other = botocore.credentials.Credentials("111122223333", "test")
    assert send(url, "POST", body=b"{}", headers=signed(url, other)).status == 403
    permit(awslambda, "url-shared", "111122223333", "AWS_IAM")
    reply = send(url, "POST", body=b"{}", headers=signed(url, other))
    assert json.loads(reply.data)["requestContext"]["authorizer"]["iam"]["accountId"] == "111122223333"

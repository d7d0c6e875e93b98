# SPDX-License-Identifier: Apache-2.0
"""CloudWatch Logs, and what functions write to it, seen through boto3 and the aws command."""

import json
import re
import subprocess
import threading
import time

import botocore.exceptions
import pytest

from conftest import create_function, eventually, invoke

SYSTEM_AWS = "/usr/bin/aws"


@pytest.fixture(scope="module")
def logs(server):
    return server.client("logs")


def now_ms():
    return int(time.time() * 1000)


def refused(call, code, message=None, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    assert error["Code"] == code
    if message is not None:
        assert error["Message"] == message
    return caught.value.response


def filled(logs, group, messages, stream="s"):
    """A group with one stream that holds `messages`, one millisecond apart; answers the first time."""
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    start = now_ms() - 60_000
    logs.put_log_events(logGroupName=group, logStreamName=stream,
                        logEvents=[{"timestamp": start + n, "message": m} for n, m in enumerate(messages)])
    return start


def messages_of(logs, function):
    """Every message of a function's group, oldest first."""
    try:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{function}")
        return [e["message"] for page in pages for e in page["events"]]
    except logs.exceptions.ResourceNotFoundException:
        return []


def test_groups_are_created_described_and_deleted(logs):
    before = now_ms()
    logs.create_log_group(logGroupName="life/a", tags={"team": "x"})
    logs.create_log_group(logGroupName="life/b")
    refused(logs.create_log_group, "ResourceAlreadyExistsException", "The specified log group already exists",
            logGroupName="life/a")
    a, b = logs.describe_log_groups(logGroupNamePrefix="life/")["logGroups"]
    assert a["logGroupName"] == "life/a"
    assert a["arn"] == "arn:aws:logs:us-east-1:000000000000:log-group:life/a:*"
    assert a["logGroupArn"] == "arn:aws:logs:us-east-1:000000000000:log-group:life/a"
    assert before - 1000 <= a["creationTime"] <= now_ms() + 1000
    assert (a["metricFilterCount"], a["storedBytes"], a["logGroupClass"]) == (0, 0, "STANDARD")
    assert "retentionInDays" not in a
    logs.delete_log_group(logGroupName="life/a")
    refused(logs.delete_log_group, "ResourceNotFoundException", "The specified log group does not exist.",
            logGroupName="life/a")
    assert [g["logGroupName"] for g in logs.describe_log_groups(logGroupNamePrefix="life/")["logGroups"]] == ["life/b"]


def test_group_pages_hold_what_was_asked_for(logs):
    for n in range(7):
        logs.create_log_group(logGroupName=f"pages/{n}")
    pages = list(logs.get_paginator("describe_log_groups").paginate(
        logGroupNamePrefix="pages/", PaginationConfig={"PageSize": 3}))
    assert [len(page["logGroups"]) for page in pages] == [3, 3, 1]
    assert [g["logGroupName"] for page in pages for g in page["logGroups"]] == [f"pages/{n}" for n in range(7)]
    refused(logs.describe_log_groups, "InvalidParameterException", nextToken="not a token")


def test_streams_are_created_described_in_both_orders_and_deleted(logs):
    logs.create_log_group(logGroupName="streams")
    for name, age in (("a", 1_000), ("b", 3_000), ("c", 2_000)):
        logs.create_log_stream(logGroupName="streams", logStreamName=name)
        logs.put_log_events(logGroupName="streams", logStreamName=name,
                            logEvents=[{"timestamp": now_ms() - age, "message": "x"}])
    def names(**arguments):
        found = logs.describe_log_streams(logGroupName="streams", **arguments)["logStreams"]
        return "".join(s["logStreamName"] for s in found)
    assert names() == "abc"
    assert names(descending=True) == "cba"
    assert names(orderBy="LastEventTime", descending=True) == "acb"
    assert names(logStreamNamePrefix="b") == "b"
    pages = logs.get_paginator("describe_log_streams").paginate(
        logGroupName="streams", orderBy="LastEventTime", PaginationConfig={"PageSize": 1})
    assert "".join(s["logStreamName"] for page in pages for s in page["logStreams"]) == "bca"
    stream = logs.describe_log_streams(logGroupName="streams", logStreamNamePrefix="a")["logStreams"][0]
    assert stream["arn"] == "arn:aws:logs:us-east-1:000000000000:log-group:streams:log-stream:a"
    assert stream["firstEventTimestamp"] == stream["lastEventTimestamp"] <= stream["lastIngestionTime"]
    refused(logs.create_log_stream, "ResourceAlreadyExistsException", "The specified log stream already exists",
            logGroupName="streams", logStreamName="a")
    refused(logs.create_log_stream, "ResourceNotFoundException", "The specified log group does not exist.",
            logGroupName="no-such-group", logStreamName="a")
    logs.delete_log_stream(logGroupName="streams", logStreamName="a")
    refused(logs.delete_log_stream, "ResourceNotFoundException", "The specified log stream does not exist.",
            logGroupName="streams", logStreamName="a")
    assert names() == "bc"


def test_events_are_read_forward_and_backward_by_tokens(logs):
    filled(logs, "tokens", [str(n) for n in range(10)])
    read = lambda **more: logs.get_log_events(logGroupName="tokens", logStreamName="s", limit=4, **more)
    first = read(startFromHead=True)
    second = read(nextToken=first["nextForwardToken"])
    third = read(nextToken=second["nextForwardToken"])
    assert ["".join(e["message"] for e in page["events"]) for page in (first, second, third)] == ["0123", "4567", "89"]
    end = read(nextToken=third["nextForwardToken"])
    assert end["events"] == []
    assert end["nextForwardToken"] == third["nextForwardToken"]
    assert "".join(e["message"] for e in read(nextToken=third["nextBackwardToken"])["events"]) == "4567"
    assert "".join(e["message"] for e in read()["events"]) == "6789"
    assert re.fullmatch(r"f/\d{56}/s", first["nextForwardToken"])
    refused(read, "InvalidParameterException", "The specified nextToken is invalid.", nextToken="f/1/s")


def test_time_ranges_take_the_start_and_filter_takes_the_end_too(logs):
    start = filled(logs, "ranges", list("abcde"))
    got = logs.get_log_events(logGroupName="ranges", logStreamName="s", startFromHead=True,
                              startTime=start + 1, endTime=start + 3)["events"]
    assert [e["message"] for e in got] == ["b", "c"]
    found = logs.filter_log_events(logGroupName="ranges", startTime=start + 1, endTime=start + 3)["events"]
    assert [e["message"] for e in found] == ["b", "c", "d"]


@pytest.mark.parametrize("pattern,expected", [
    ("ERROR", ["ERROR one", "ERROR two fatal", '{"level": "ERROR", "code": 500, "user": {"name": "Ann"}}']),
    ("ERROR fatal", ["ERROR two fatal"]),
    ("?one ?fatal", ["ERROR one", "ERROR two fatal"]),
    ("ERROR -fatal -level", ["ERROR one"]),
    ('"two fatal"', ["ERROR two fatal"]),
    ("error", []),
    ("{ $.code = 500 }", ['{"level": "ERROR", "code": 500, "user": {"name": "Ann"}}']),
    ("{ $.code > 400 && $.user.name = \"A*\" }", ['{"level": "ERROR", "code": 500, "user": {"name": "Ann"}}']),
    ("{ $.level IS NULL }", []),
    ("{ $.code NOT EXISTS }", ['{"level": "INFO", "user": null}']),
    ("[ip, user, status=4*]", ["127.0.0.1 ann 404"]),
    ("[ip=127.*, user, status!=404]", ["127.0.0.1 bob 200"]),
    ("%ERR.R o%", ["ERROR one"]),
])
def test_filter_patterns_select(logs, pattern, expected):
    group = "patterns"
    if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        filled(logs, group, ["ERROR one", "ERROR two fatal", "127.0.0.1 ann 404", "127.0.0.1 bob 200",
                             '{"level": "ERROR", "code": 500, "user": {"name": "Ann"}}',
                             '{"level": "INFO", "user": null}'])
    found = logs.filter_log_events(logGroupName=group, filterPattern=pattern)["events"]
    assert [e["message"] for e in found] == expected


def test_bad_filter_pattern_is_refused(logs):
    filled(logs, "bad-pattern", ["x"])
    refused(logs.filter_log_events, "InvalidParameterException", logGroupName="bad-pattern", filterPattern="{ $.a = ")


def test_filter_merges_streams_by_time_in_pages(logs):
    logs.create_log_group(logGroupName="merge")
    start = now_ms() - 60_000
    for stream in ("even", "odd"):
        logs.create_log_stream(logGroupName="merge", logStreamName=stream)
        first = 0 if stream == "even" else 1
        logs.put_log_events(logGroupName="merge", logStreamName=stream, logEvents=[
            {"timestamp": start + n, "message": str(n)} for n in range(first, 10, 2)])
    pages = list(logs.get_paginator("filter_log_events").paginate(
        logGroupName="merge", PaginationConfig={"PageSize": 3}))
    events = [e for page in pages for e in page["events"]]
    assert [e["message"] for e in events] == [str(n) for n in range(10)]
    assert {e["logStreamName"] for e in events} == {"even", "odd"}
    assert len({e["eventId"] for e in events}) == 10
    assert all(e["ingestionTime"] >= e["timestamp"] for e in events)
    one = logs.filter_log_events(logGroupName="merge", logStreamNames=["odd"])["events"]
    assert [e["message"] for e in one] == list("13579")
    prefix = logs.filter_log_events(logGroupName="merge", logStreamNamePrefix="ev")["events"]
    assert [e["message"] for e in prefix] == list("02468")
    refused(logs.filter_log_events, "ResourceNotFoundException", "The specified log stream does not exist.",
            logGroupName="merge", logStreamNames=["none"])
    refused(logs.filter_log_events, "InvalidParameterException", logGroupName="merge", logStreamNames=["odd"],
            logStreamNamePrefix="e")


def test_put_log_events_keeps_the_rules_of_a_batch(logs):
    filled(logs, "rules", ["x"])
    put = lambda events: logs.put_log_events(logGroupName="rules", logStreamName="s", logEvents=events)
    now = now_ms()
    refused(put, "InvalidParameterException",
            "Log events in a single PutLogEvents request must be in chronological order.",
            events=[{"timestamp": now, "message": "b"}, {"timestamp": now - 1, "message": "a"}])
    refused(put, "InvalidParameterException",
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
            events=[{"timestamp": now - 25 * 3_600_000, "message": "a"}, {"timestamp": now, "message": "b"}])
    day = 24 * 3_600_000
    reply = put([{"timestamp": now - 15 * day, "message": "old"}, {"timestamp": now, "message": "kept"},
                 {"timestamp": now + 3 * 3_600_000, "message": "new"}])
    assert reply["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 2}
    kept = logs.get_log_events(logGroupName="rules", logStreamName="s", startFromHead=True)["events"]
    assert [e["message"] for e in kept] == ["x", "kept"]
    refused(logs.put_log_events, "ResourceNotFoundException", "The specified log stream does not exist.",
            logGroupName="rules", logStreamName="none", logEvents=[{"timestamp": now, "message": "a"}])
    # 1 MiB a request, each event counted with 26 bytes.
    big = [{"timestamp": now, "message": "m" * 200_000}] * 6
    refused(put, "InvalidParameterException", events=big)
    put([{"timestamp": now, "message": "m" * 250_000}])
    assert logs.get_log_events(logGroupName="rules", logStreamName="s", limit=1)["events"][0]["message"] == "m" * 250_000


def test_unicode_and_control_characters_come_back(logs):
    text = "ünï ☃ 😀 tab\t newline\n quote\" backslash\\ nul\\u0000"
    filled(logs, "unicode", [text])
    assert logs.get_log_events(logGroupName="unicode", logStreamName="s")["events"][0]["message"] == text


def test_retention_is_set_changed_and_taken_away(logs):
    filled(logs, "kept", ["x"])
    logs.put_retention_policy(logGroupName="kept", retentionInDays=7)
    assert logs.describe_log_groups(logGroupNamePrefix="kept")["logGroups"][0]["retentionInDays"] == 7
    refused(logs.put_retention_policy, "InvalidParameterException", logGroupName="kept", retentionInDays=8)
    refused(logs.put_retention_policy, "ResourceNotFoundException", "The specified log group does not exist.",
            logGroupName="no-such", retentionInDays=7)
    logs.delete_retention_policy(logGroupName="kept")
    assert "retentionInDays" not in logs.describe_log_groups(logGroupNamePrefix="kept")["logGroups"][0]


def test_retention_hides_events_that_are_older(logs):
    logs.create_log_group(logGroupName="aged")
    logs.create_log_stream(logGroupName="aged", logStreamName="s")
    old, young = now_ms() - 2 * 24 * 3_600_000, now_ms()
    for when in (old, young):
        logs.put_log_events(logGroupName="aged", logStreamName="s", logEvents=[{"timestamp": when, "message": str(when)}])
    logs.put_retention_policy(logGroupName="aged", retentionInDays=1)
    assert [e["timestamp"] for e in logs.filter_log_events(logGroupName="aged")["events"]] == [young]
    reply = logs.put_log_events(logGroupName="aged", logStreamName="s", logEvents=[{"timestamp": old, "message": "x"}])
    assert reply["rejectedLogEventsInfo"] == {"expiredLogEventEndIndex": 1}


def test_tags_by_arn_and_by_name(logs):
    logs.create_log_group(logGroupName="tagged", tags={"a": "1"})
    arn = "arn:aws:logs:us-east-1:000000000000:log-group:tagged"
    logs.tag_resource(resourceArn=arn, tags={"b": "2"})
    logs.tag_log_group(logGroupName="tagged", tags={"c": "3"})
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "1", "b": "2", "c": "3"}
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    logs.untag_log_group(logGroupName="tagged", tags=["b"])
    assert logs.list_tags_log_group(logGroupName="tagged")["tags"] == {"c": "3"}
    refused(logs.list_tags_for_resource, "ResourceNotFoundException", resourceArn=arn + "-not")


@pytest.mark.parametrize("name", ["with space", "a" * 513, "semi;colon"])
def test_bad_group_names_are_refused(logs, name):
    refused(logs.create_log_group, "InvalidParameterException", logGroupName=name)


def test_operation_that_is_not_built_answers_501_and_names_itself(logs):
    reply = refused(logs.describe_queries, "NotImplemented")
    assert reply["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert "DescribeQueries" in reply["Error"]["Message"]


def test_function_lines_are_to_the_letter(server, awslambda, logs):
    create_function(awslambda, "lines", {"app.py": "def handler(e, c):\n    print('hello')\n"}, MemorySize=256)
    request_ids = [invoke(awslambda, "lines")[1]["ResponseMetadata"]["RequestId"] for _ in range(2)]
    lines = eventually(lambda: (found := messages_of(logs, "lines")) and len(found) == 9 and found)
    assert re.fullmatch(r"INIT_START Runtime Version: python:3\.\d+\.\S+\t"
                        r"Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}\n", lines[0])
    for cold, (request_id, four) in enumerate(zip(request_ids, (lines[1:5], lines[5:9]))):
        assert four[0] == f"START RequestId: {request_id} Version: $LATEST\n"
        assert four[1] == "hello\n"
        assert four[2] == f"END RequestId: {request_id}\n"
        match = re.fullmatch(
            rf"REPORT RequestId: {request_id}\tDuration: (\d+\.\d\d) ms\tBilled Duration: (\d+) ms\t"
            r"Memory Size: 256 MB\tMax Memory Used: \d+ MB\t(Init Duration: (\d+\.\d\d) ms\t)?\n", four[3])
        assert match, four[3]
        assert (match[3] is not None) == (cold == 0)
        total = float(match[1]) + float(match[4] or 0)
        assert total <= int(match[2]) <= total + 1.01
    stream = logs.describe_log_streams(logGroupName="/aws/lambda/lines")["logStreams"][0]["logStreamName"]
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", stream)


def test_multi_line_messages_of_the_logging_module_are_one_event(awslambda, logs):
    source = """
import logging
def handler(event, context):
    logging.getLogger().error("first\\nsecond\\nthird")
    try:
        {}["missing"]
    except KeyError:
        logging.getLogger().exception("trace")
"""
    create_function(awslambda, "multi", {"app.py": source})
    invoke(awslambda, "multi")
    lines = eventually(lambda: (found := messages_of(logs, "multi")) and found[-1].startswith("REPORT") and found)
    assert any(re.fullmatch(r"\[ERROR\]\t\S+Z\t[0-9a-f-]{36}\tfirst\nsecond\nthird\n?", m) for m in lines), lines
    assert any("trace\nTraceback (most recent call last):" in m and "KeyError: 'missing'" in m for m in lines), lines


def test_node_console_lines_have_time_request_and_level(awslambda, logs):
    source = "exports.handler = async () => { console.log('one\\ntwo'); console.error('bad'); console.info({a: 1}) }"
    create_function(awslambda, "node-lines", {"index.js": source}, runtime="nodejs22.x", handler="index.handler")
    request_id = invoke(awslambda, "node-lines")[1]["ResponseMetadata"]["RequestId"]
    lines = eventually(lambda: (f := messages_of(logs, "node-lines")) and f[-1].startswith("REPORT") and f)
    time_pattern = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    assert re.fullmatch(rf"{time_pattern}\t{request_id}\tINFO\tone\ntwo\n?", lines[2]), lines
    assert re.fullmatch(rf"{time_pattern}\t{request_id}\tERROR\tbad\n", lines[3]), lines
    assert re.fullmatch(rf"{time_pattern}\t{request_id}\tINFO\t{{ a: 1 }}\n", lines[4]), lines


def test_json_format_and_levels(awslambda, logs):
    source = """
import logging
log = logging.getLogger()
def handler(event, context):
    log.debug("quiet")
    log.warning("loud %s", 1, extra={"order": 7})
"""
    create_function(awslambda, "json", {"app.py": source},
                    LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "WARN", "SystemLogLevel": "INFO"})
    request_id = invoke(awslambda, "json")[1]["ResponseMetadata"]["RequestId"]
    lines = eventually(lambda: (f := messages_of(logs, "json")) and "platform.report" in f[-1] and f)
    records = [json.loads(line) for line in lines]
    kinds = [r.get("type", r.get("level")) for r in records]
    assert kinds == ["platform.initStart", "platform.start", "WARN", "platform.report"] or kinds == [
        "platform.initStart", "platform.start", "WARNING", "platform.report"], kinds
    loud = records[2]
    assert loud["message"] == "loud 1"
    assert loud["requestId"] == request_id
    assert records[1]["record"] == {
        "requestId": request_id, "functionArn": "arn:aws:lambda:us-east-1:000000000000:function:json",
        "version": "$LATEST"}
    metrics = records[3]["record"]["metrics"]
    assert {"durationMs", "billedDurationMs", "memorySizeMB", "maxMemoryUsedMB", "initDurationMs"} <= set(metrics)
    assert records[3]["record"]["status"] == "success"


def test_function_logs_to_the_group_it_names(awslambda, logs):
    create_function(awslambda, "elsewhere", {"app.py": "def handler(e, c):\n    return c.log_group_name\n"},
                    LoggingConfig={"LogGroup": "/my/group"})
    assert invoke(awslambda, "elsewhere")[0] == "/my/group"
    eventually(lambda: any(g["logGroupName"] == "/my/group" for g in
                           logs.describe_log_groups(logGroupNamePrefix="/my")["logGroups"]))
    assert messages_of(logs, "elsewhere") == []


def test_aws_logs_tail_follow_shows_new_events(server, awslambda):
    create_function(awslambda, "followed", {"app.py": "def handler(e, c):\n    print('seen', e['n'])\n"})
    invoke(awslambda, "followed", {"n": "first"})
    follow = subprocess.Popen([SYSTEM_AWS, "--endpoint-url", server.endpoint, "logs", "tail", "/aws/lambda/followed",
                               "--follow", "--format", "short"],
                              env=server.environment() | {"PYTHONUNBUFFERED": "1"},  # it buffers into a pipe
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    seen = []
    reader = threading.Thread(target=lambda: seen.extend(iter(follow.stdout.readline, "")), daemon=True)
    reader.start()
    try:
        eventually(lambda: any("seen first" in line for line in seen), 30)
        invoke(awslambda, "followed", {"n": "second"})
        eventually(lambda: any("seen second" in line for line in seen), 30)
        assert sum("seen first" in line for line in seen) == 1
    finally:
        follow.kill()
        follow.wait()


def test_logs_are_there_after_a_restart(start_server):
    server = start_server()
    create_function(server.client("lambda"), "kept", {"app.py": "def handler(e, c):\n    print('remember me')\n"})
    invoke(server.client("lambda"), "kept")
    assert server.stop() == 0
    server.start()
    assert "remember me\n" in messages_of(server.client("logs"), "kept")


def test_put_log_events_survive_kill(start_server):
    server = start_server()
    logs = server.client("logs")
    logs.create_log_group(logGroupName="kill")
    acknowledged = []

    def write(worker):
        stream = f"s{worker}"
        client = server.client("logs")
        try:
            client.create_log_stream(logGroupName="kill", logStreamName=stream)
            for n in range(100_000):
                message = f"{worker}-{n}"
                client.put_log_events(logGroupName="kill", logStreamName=stream,
                                      logEvents=[{"timestamp": now_ms(), "message": message}])
                acknowledged.append(message)
        except Exception:
            return  # the server is gone

    threads = [threading.Thread(target=write, args=(w,)) for w in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.7)
    server.kill()
    for thread in threads:
        thread.join()
    server.start()
    pages = server.client("logs").get_paginator("filter_log_events").paginate(logGroupName="kill")
    there = {e["message"] for page in pages for e in page["events"]}
    assert len(acknowledged) > 20
    assert set(acknowledged) <= there


def test_search_of_a_busy_function_takes_seconds_not_minutes(awslambda, logs):
    source = "import time\ndef handler(e, c):\n    end = time.time() + 1\n    while time.time() < end: print('x' * 1000)\n"
    create_function(awslambda, "flood", {"app.py": source}, Timeout=10)
    invoke(awslambda, "flood")
    started = time.monotonic()
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/aws/lambda/flood", filterPattern="REPORT")
    found = [e["message"] for page in pages for e in page["events"]]
    assert len(found) == 1
    assert time.monotonic() - started < 5

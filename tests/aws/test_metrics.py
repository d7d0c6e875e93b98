# SPDX-License-Identifier: Apache-2.0
"""CloudWatch metrics: those of functions, those in their logs, and users' own."""

import concurrent.futures
import datetime
import json
import subprocess
import time
import urllib.error
import urllib.request

import pytest
from conftest import KILN, create_function, eventually, refusal
from metrics import statistics

CODE = {"app.py": """
import json, time
def handler(event, context):
    time.sleep(event.get("sleep", 0))
    if event.get("fail"):
        raise ValueError("no")
    if event.get("orders"):
        print(json.dumps({"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [
            {"Namespace": "shop", "Dimensions": [["service"]], "Metrics": [{"Name": "orders", "Unit": "Count"}]}]},
            "service": "checkout", "orders": event["orders"]}))
    return 1
"""}


@pytest.fixture(scope="module")
def cloudwatch(server):
    return server.client("cloudwatch")


def test_invocations_errors_and_durations_are_counted(awslambda, cloudwatch):
    create_function(awslambda, "metered", CODE)
    for payload in ({}, {}, {"fail": True}):
        awslambda.invoke(FunctionName="metered", Payload=json.dumps(payload))
    by_function = {"FunctionName": "metered"}
    assert statistics(cloudwatch, "Invocations", by_function)["Sum"] == 3
    assert statistics(cloudwatch, "Errors", by_function)["Sum"] == 1
    assert statistics(cloudwatch, "Duration", by_function)["SampleCount"] == 3
    assert statistics(cloudwatch, "ConcurrentExecutions", by_function)["Maximum"] >= 1
    assert statistics(cloudwatch, "Invocations", by_function | {"Resource": "metered"})["Sum"] == 3
    now = datetime.datetime.now(datetime.timezone.utc)
    query = {"Id": "d", "MetricStat": {"Metric": {
        "Namespace": "AWS/Lambda", "MetricName": "Duration",
        "Dimensions": [{"Name": "FunctionName", "Value": "metered"}]}, "Period": 300, "Stat": "p90"}}
    result = cloudwatch.get_metric_data(MetricDataQueries=[query], StartTime=now - datetime.timedelta(minutes=10),
                                        EndTime=now + datetime.timedelta(minutes=1))["MetricDataResults"][0]
    assert result["StatusCode"] == "Complete" and 0 < max(result["Values"]) < 10_000


def test_throttles_are_no_invocations(awslambda, cloudwatch):
    create_function(awslambda, "throttled-metric", CODE)
    awslambda.put_function_concurrency(FunctionName="throttled-metric", ReservedConcurrentExecutions=0)
    for _ in range(2):
        with pytest.raises(awslambda.exceptions.TooManyRequestsException):
            awslambda.invoke(FunctionName="throttled-metric")
    assert statistics(cloudwatch, "Throttles", {"FunctionName": "throttled-metric"})["Sum"] == 2
    assert statistics(cloudwatch, "Invocations", {"FunctionName": "throttled-metric"})["Sum"] == 0


def at_once(client, calls):
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda call: client.invoke(Payload=json.dumps({"sleep": 0.5}), **call), calls))


def test_concurrency_of_the_account_has_a_part_that_nobody_reserved(server):
    client, cloudwatch = (server.client(name, account="777777777777") for name in ("lambda", "cloudwatch"))
    for name in ("reserving", "sharing"):
        create_function(client, name, CODE)
    client.put_function_concurrency(FunctionName="reserving", ReservedConcurrentExecutions=3)
    at_once(client, [{"FunctionName": "reserving"}] * 2 + [{"FunctionName": "sharing"}] * 3)
    assert statistics(cloudwatch, "ConcurrentExecutions", {})["Maximum"] == 5
    assert statistics(cloudwatch, "ConcurrentExecutions", {"FunctionName": "reserving"})["Maximum"] == 2
    assert statistics(cloudwatch, "UnreservedConcurrentExecutions", {})["Maximum"] == 3


def test_provisioned_concurrency_is_seen_in_use_and_spilling_over(awslambda, cloudwatch, server):
    create_function(awslambda, "provided", CODE, Publish=True, MemorySize=512)
    awslambda.create_alias(FunctionName="provided", Name="live", FunctionVersion="1")
    of = {"FunctionName": "provided", "Qualifier": "live"}
    awslambda.put_provisioned_concurrency_config(**of, ProvisionedConcurrentExecutions=2)
    eventually(lambda: awslambda.get_provisioned_concurrency_config(**of)["Status"] == "READY", 30)
    awslambda.invoke(**of)
    at_once(awslambda, [of] * 3)
    alias = {"FunctionName": "provided", "Resource": "provided:live"}
    assert statistics(cloudwatch, "ProvisionedConcurrencyInvocations", alias)["Sum"] == 3
    assert statistics(cloudwatch, "ProvisionedConcurrencySpilloverInvocations", alias)["Sum"] == 1
    assert statistics(cloudwatch, "ProvisionedConcurrentExecutions", alias)["Maximum"] == 2
    used = statistics(cloudwatch, "ProvisionedConcurrencyUtilization", alias, stats=("Maximum", "Minimum"))
    assert used == {"Maximum": 1, "Minimum": 0.5}
    # What they cost while they wait, and while they run, are lines of their own.
    priced = lambda: subprocess.run([KILN, "cost", "--by-function"], env=server.environment(), capture_output=True, text=True)
    part = eventually(lambda: (text := priced().stdout)[text.index("provided (x86_64)"):])
    assert "Provisioned concurrency " in part and "Duration on provisioned concurrency" in part
    awslambda.delete_provisioned_concurrency_config(**of)


def test_requests_to_function_urls_are_counted_by_status(awslambda, cloudwatch):
    create_function(awslambda, "url-metered", {"app.py": "import json\ndef handler(event, context):\n"
                    "    if event['rawPath'] == '/fail': raise ValueError\n"
                    "    return {'statusCode': int(event['rawPath'][1:])}\n"})
    url = awslambda.create_function_url_config(FunctionName="url-metered", AuthType="NONE")["FunctionUrl"]
    answers = []
    for path in ("200", "201", "404", "fail"):
        try:
            answers.append(urllib.request.urlopen(url + path).status)
        except urllib.error.HTTPError as error:
            answers.append(error.code)
    assert answers == [200, 201, 404, 502]
    of = {"FunctionName": "url-metered"}
    assert statistics(cloudwatch, "UrlRequestCount", of)["Sum"] == 4
    assert statistics(cloudwatch, "Url4xxCount", of)["Sum"] == 1
    assert statistics(cloudwatch, "Url5xxCount", of)["Sum"] == 1
    latency = statistics(cloudwatch, "UrlRequestLatency", of)
    assert latency["SampleCount"] == 4 and 0 < latency["Maximum"] < 60_000


def test_asynchronous_events_are_counted_by_what_becomes_of_them(start_server):
    server = start_server()
    client, cloudwatch = (server.client(name, account="000000000000") for name in ("lambda", "cloudwatch"))
    sqs = server.client("sqs", account="000000000000")
    queue = sqs.create_queue(QueueName="gone")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:000000000000:gone"
    create_function(client, "events", CODE, DeadLetterConfig={"TargetArn": arn})
    client.put_function_event_invoke_config(FunctionName="events", MaximumRetryAttempts=0,
                                            DestinationConfig={"OnFailure": {"Destination": arn}})
    sqs.delete_queue(QueueUrl=queue)
    for event in ({}, {"fail": True}):
        client.invoke(FunctionName="events", InvocationType="Event", Payload=json.dumps(event))
    of = {"FunctionName": "events"}
    seen = lambda name, stat="Sum": statistics(cloudwatch, name, of)[stat]
    eventually(lambda: seen("AsyncEventsDropped") == 1)
    assert seen("AsyncEventsReceived") == 2
    assert seen("AsyncEventAge", "SampleCount") == 2 and 0 <= seen("AsyncEventAge", "Maximum") < 60_000
    assert seen("Errors") == 1
    # The queue is gone, so neither the dead letter nor the record can ever be delivered.
    eventually(lambda: (seen("DeadLetterErrors"), seen("DestinationDeliveryFailures")) == (1, 1))


def test_metrics_in_log_lines_are_kept(awslambda, cloudwatch):
    create_function(awslambda, "embedded", CODE)
    for orders in (2, 5):
        awslambda.invoke(FunctionName="embedded", Payload=json.dumps({"orders": orders}))
    assert statistics(cloudwatch, "orders", {"service": "checkout"}, "shop") == {
        "Sum": 7, "SampleCount": 2, "Maximum": 5}


def test_own_metrics_are_listed_and_survive_a_kill(start_server):
    server = start_server()
    cloudwatch = server.client("cloudwatch")
    cloudwatch.put_metric_data(Namespace="mine", MetricData=[
        {"MetricName": "m", "Dimensions": [{"Name": "d", "Value": str(i)}], "Value": i, "Unit": "Bytes"} for i in (1, 2)])
    cloudwatch.put_metric_data(Namespace="mine", MetricData=[{"MetricName": "v", "Values": [1, 10], "Counts": [9, 1]}])
    server.kill()
    server.start()
    cloudwatch = server.client("cloudwatch")
    found = cloudwatch.list_metrics(Namespace="mine", MetricName="m")["Metrics"]
    assert [metric["Dimensions"] for metric in found] == [[{"Name": "d", "Value": "1"}], [{"Name": "d", "Value": "2"}]]
    assert statistics(cloudwatch, "m", {"d": "2"}, "mine")["Sum"] == 2
    assert statistics(cloudwatch, "v", {}, "mine") == {"Sum": 19, "SampleCount": 10, "Maximum": 10}


@pytest.fixture(scope="module")
def counted(cloudwatch):
    """Values of minutes long past, so that no minute is half over: [(name, {minute: value})]; the first minute."""
    first = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0) - datetime.timedelta(minutes=30)
    for name, values in (("good", {0: 6, 1: 8, 3: 10}), ("bad", {0: 2, 1: 0, 2: 5, 3: 10})):
        cloudwatch.put_metric_data(Namespace="math", MetricData=[
            {"MetricName": name, "Timestamp": first + datetime.timedelta(minutes=at), "Value": value}
            for at, value in values.items()])
    return first


def evaluate(cloudwatch, first, *expressions, **more):
    """{label: {minute: value}} of the results of `expressions` over m1 (good) and m2 (bad)."""
    queries = [{"Id": f"m{i}", "ReturnData": False, "MetricStat": {
        "Metric": {"Namespace": "math", "MetricName": name}, "Period": 60, "Stat": "Sum"}}
        for i, name in ((1, "good"), (2, "bad"))]
    queries += [{"Id": f"e{i}", "Expression": text, **more} for i, text in enumerate(expressions)]
    reply = cloudwatch.get_metric_data(MetricDataQueries=queries, StartTime=first, ScanBy="TimestampAscending",
                                       EndTime=first + datetime.timedelta(minutes=4))
    return {result["Label"]: {int((at - first).total_seconds() // 60): value
                              for at, value in zip(result["Timestamps"], result["Values"])}
            for result in reply["MetricDataResults"]}


def test_metric_math_is_evaluated(cloudwatch, counted):
    found = evaluate(cloudwatch, counted, "100 * m2 / (m1 + m2)", "FILL(m1, 0)", "IF(e0 > 30, 1, 0)", "SUM(METRICS())",
                     "RATE(m2)", "m1 / MAX(m1)")
    assert found["e0"] == {0: 25, 1: 0, 3: 50}
    assert found["e1"] == {0: 6, 1: 8, 2: 0, 3: 10}
    assert found["e2"] == {0: 0, 1: 0, 3: 1}
    assert found["e3"] == {0: 8, 1: 8, 2: 5, 3: 20}
    assert found["e4"] == pytest.approx({1: -2 / 60, 2: 5 / 60, 3: 5 / 60})
    assert found["e5"] == pytest.approx({0: 0.6, 1: 0.8, 3: 1})
    # A list of series has a result each.
    assert evaluate(cloudwatch, counted, "METRICS() * 2") == {
        "good": {0: 12, 1: 16, 3: 20}, "bad": {0: 4, 1: 0, 2: 10, 3: 20}}
    assert set(evaluate(cloudwatch, counted, "m1 + 1", Label="one more")) == {"one more"}


def test_expressions_refer_to_each_other_in_bounds(cloudwatch, counted):
    chain = [f"e{i + 1} + 1" for i in range(7)] + ["m1"]
    assert evaluate(cloudwatch, counted, *chain)["e0"] == {0: 13, 1: 15, 3: 17}
    chain = [f"e{i + 1} + 1" for i in range(400)] + ["m1"]
    assert refusal(evaluate, cloudwatch, counted, *chain) == (
        400, "ValidationError", "Error in expression 'e0': expressions refer to each other too deep.")


def test_metrics_are_searched(awslambda, cloudwatch, counted):
    assert evaluate(cloudwatch, counted, "SEARCH('{math} MetricName=(\"good\" OR \"bad\")', 'Sum', 60)") == {
        "good": {0: 6, 1: 8, 3: 10}, "bad": {0: 2, 1: 0, 2: 5, 3: 10}}
    assert evaluate(cloudwatch, counted, "SUM(SEARCH('Namespace=\"math\" NOT bad', 'Sum', 60))")["e0"] == {
        0: 6, 1: 8, 3: 10}
    for name, calls in (("searched-one", 1), ("searched-two", 3)):
        create_function(awslambda, name, CODE)
        for _ in range(calls):
            awslambda.invoke(FunctionName=name)
    now = datetime.datetime.now(datetime.timezone.utc)
    query = {"Id": "e1", "Expression": "SEARCH('{AWS/Lambda,FunctionName} searched MetricName=\"Invocations\"', 'Sum', 3600)"}
    results = cloudwatch.get_metric_data(MetricDataQueries=[query], StartTime=now - datetime.timedelta(hours=1),
                                         EndTime=now + datetime.timedelta(minutes=1))["MetricDataResults"]
    assert {result["Label"]: sum(result["Values"]) for result in results} == {
        "searched-one Invocations": 1, "searched-two Invocations": 3}


@pytest.mark.parametrize("expression, why", [
    ("m9 + 1", "there is no query with the id 'm9'"),
    ("e0 + 1", "'e0' refers to itself"),
    ("m1 +", "it ends too early"),
    ("SUM(m1)", "it results in a number, and must result in a time series"),
    ("SEARCH('{math} good', 'Sum')", "SEARCH takes a search, a statistic and a period in seconds"),
    ("SEARCH('{math', 'Sum', 60)", "SEARCH: a '}' is missing"),
    ("ANOMALY_DETECTION_BAND(m1)", "the function ANOMALY_DETECTION_BAND is not supported here"),
    ("SELECT AVG(good) FROM math", "Metrics Insights (SELECT) is not supported here"),
])
def test_expressions_that_cannot_be_evaluated_are_refused(cloudwatch, counted, expression, why):
    assert refusal(evaluate, cloudwatch, counted, expression) == (
        400, "ValidationError", f"Error in expression 'e0': {why}.")


def test_periods_and_extended_statistics(cloudwatch):
    start = datetime.datetime.now(datetime.timezone.utc).replace(minute=0, second=0, microsecond=0)
    start -= datetime.timedelta(hours=2)
    cloudwatch.put_metric_data(Namespace="periods", MetricData=[
        {"MetricName": "m", "Timestamp": start + datetime.timedelta(minutes=minute), "Values": [float(v) for v in range(1, 101)]}
        for minute in (0, 1, 6)])

    def query(period, **wanted):
        points = cloudwatch.get_metric_statistics(Namespace="periods", MetricName="m", StartTime=start, Period=period,
                                                  EndTime=start + datetime.timedelta(hours=1), **wanted)["Datapoints"]
        return sorted(points, key=lambda point: point["Timestamp"])

    for period, counts in ((60, [100, 100, 100]), (300, [200, 100]), (3600, [300])):
        assert [point["SampleCount"] for point in query(period, Statistics=["SampleCount"])] == counts
    wanted = {"p50": 50, "p99": 99, "p99.9": 100, "tm90": 45.5, "tc90": 270, "wm90": 49.95, "PR(:25)": 25, "TM(10%:90%)": 50.5}
    found = query(3600, ExtendedStatistics=list(wanted))[0]["ExtendedStatistics"]
    assert found == pytest.approx(wanted, rel=0.03)
    assert refusal(query, 90, Statistics=["Sum"])[1] == "InvalidParameterValue"
    assert refusal(query, 60, ExtendedStatistics=["p101"])[1] == "InvalidParameterValue"


@pytest.mark.parametrize("change, code", [
    ({"Namespace": "AWS/Lambda"}, "InvalidParameterValue"),
    ({"MetricData": [{"MetricName": "m", "Value": 1, "StatisticValues": {
        "SampleCount": 1, "Sum": 1, "Minimum": 1, "Maximum": 1}}]}, "InvalidParameterCombination"),
    ({"MetricData": [{"MetricName": "m"}]}, "MissingParameter"),
    ({"MetricData": [{"MetricName": "m", "Value": 1, "Timestamp": 0}]}, "InvalidParameterValue"),
])
def test_bad_values_have_cloudwatchs_codes(cloudwatch, change, code):
    with pytest.raises(cloudwatch.exceptions.ClientError) as refused:
        cloudwatch.put_metric_data(**({"Namespace": "mine", "MetricData": [{"MetricName": "m", "Value": 1}]} | change))
    assert refused.value.response["Error"]["Code"] == code

# SPDX-License-Identifier: Apache-2.0
"""CloudWatch metrics: those of functions, those in their logs, and users' own."""

import datetime
import json

import pytest
from conftest import create_function

CODE = {"app.py": """
import json, time
def handler(event, context):
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


def statistics(cloudwatch, name, dimensions, space="AWS/Lambda", stats=("Sum", "SampleCount", "Maximum")):
    now = datetime.datetime.now(datetime.timezone.utc)
    points = cloudwatch.get_metric_statistics(
        Namespace=space, MetricName=name, Dimensions=[{"Name": k, "Value": v} for k, v in dimensions.items()],
        StartTime=now - datetime.timedelta(minutes=5), EndTime=now + datetime.timedelta(minutes=1), Period=60,
        Statistics=list(stats))["Datapoints"]
    return {stat: sum(point[stat] for point in points) for stat in stats}


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

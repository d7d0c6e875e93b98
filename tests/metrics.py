# SPDX-License-Identifier: Apache-2.0
"""What CloudWatch has of one series."""

import datetime


def statistics(cloudwatch, name, dimensions, space="AWS/Lambda", stats=("Sum", "SampleCount", "Maximum")):
    now = datetime.datetime.now(datetime.timezone.utc)
    points = cloudwatch.get_metric_statistics(
        Namespace=space, MetricName=name, Dimensions=[{"Name": k, "Value": v} for k, v in dimensions.items()],
        StartTime=now - datetime.timedelta(minutes=5), EndTime=now + datetime.timedelta(minutes=1), Period=60,
        Statistics=list(stats))["Datapoints"]
    return {stat: sum(point[stat] for point in points) for stat in stats}

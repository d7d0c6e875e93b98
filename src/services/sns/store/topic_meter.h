// SPDX-License-Identifier: Apache-2.0
#pragma once
// TopicMeter counts what happens to a topic's messages, as the metrics of AWS/SNS by TopicName:
// NumberOfMessagesPublished, PublishSize, NumberOfNotificationsDelivered, ...Failed,
// ...FilteredOut (and what a filter looked at), ...RedrivenToDlq, ...FailedToRedriveToDlq.
// https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
// Bounds are those of MetricStore. Threads: one loop.

#include "async/clock.h"
#include "metering/metric_store.h"
#include "services/sns/model/names.h"

#include <string>

namespace kiln::sns {

class TopicMeter {
 public:
  // Both outlive *this.
  TopicMeter(metering::MetricStore& store, Clock& clock) : store_(store), clock_(clock) {}

  void count(const TopicName& topic, std::string metric) {
    add(topic, std::move(metric), 1, "Count");
  }
  void published(const TopicName& topic, std::size_t bytes) {
    count(topic, "NumberOfMessagesPublished");
    add(topic, "PublishSize", static_cast<double>(bytes), "Bytes");
  }

 private:
  void add(const TopicName& topic, std::string metric, double value, const char* unit) {
    metering::Datapoint point;
    point.unit = unit;
    point.add(value);
    store_.add(
        {topic.account, topic.region, "AWS/SNS", std::move(metric), {{"TopicName", topic.name}}},
        clock_.wall(), point);
  }

  metering::MetricStore& store_;
  Clock& clock_;
};

}  // namespace kiln::sns

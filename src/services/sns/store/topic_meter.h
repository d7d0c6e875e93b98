// SPDX-License-Identifier: Apache-2.0
#pragma once
// TopicMeter counts what happens to a topic's messages, as the metrics of AWS/SNS by TopicName:
// NumberOfMessagesPublished, PublishSize, NumberOfNotificationsDelivered, ...Failed,
// ...FilteredOut (and what a filter looked at), ...RedrivenToDlq, ...FailedToRedriveToDlq.
// https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
// Threads: one loop.

#include "metering/resource_meter.h"
#include "services/sns/model/names.h"

#include <cstddef>
#include <string_view>

namespace kiln::sns {

class TopicMeter {
 public:
  // `store` outlives *this.
  explicit TopicMeter(metering::MetricStore& store) : meter_(store, "AWS/SNS", "TopicName") {}

  void count(const TopicName& topic, std::string_view metric) { meter_.count(of(topic), metric); }
  void published(const TopicName& topic, std::size_t bytes) {
    count(topic, "NumberOfMessagesPublished");
    meter_.add(of(topic), "PublishSize", static_cast<double>(bytes), "Bytes");
  }

 private:
  static metering::ResourceMeter::Resource of(const TopicName& topic) {
    return {topic.account, topic.region, topic.name};
  }
  metering::ResourceMeter meter_;
};

}  // namespace kiln::sns

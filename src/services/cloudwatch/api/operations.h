// SPDX-License-Identifier: Apache-2.0
#pragma once
// CloudWatch's operations. One file defines one; this is their one list.

#include "aws/operation.h"

namespace kiln::gen::cloudwatch {
struct GetMetricData;
struct GetMetricStatistics;
struct ListMetrics;
struct PutMetricData;
}  // namespace kiln::gen::cloudwatch

namespace kiln::cloudwatch {

struct Service;

extern const aws::Operation<gen::cloudwatch::GetMetricData, Service> kGetMetricData;
extern const aws::Operation<gen::cloudwatch::GetMetricStatistics, Service> kGetMetricStatistics;
extern const aws::Operation<gen::cloudwatch::ListMetrics, Service> kListMetrics;
extern const aws::Operation<gen::cloudwatch::PutMetricData, Service> kPutMetricData;

}  // namespace kiln::cloudwatch

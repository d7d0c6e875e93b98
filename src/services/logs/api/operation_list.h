// SPDX-License-Identifier: Apache-2.0
#pragma once
// The operations, each defined in the file of its name. Only api/ includes this.

#include "aws/operation.h"
#include "services/logs/service.h"

namespace kiln::gen::logs {
struct CreateLogGroup;
struct DeleteLogGroup;
struct DescribeLogGroups;
struct CreateLogStream;
struct DeleteLogStream;
struct DescribeLogStreams;
struct PutLogEvents;
struct GetLogEvents;
struct FilterLogEvents;
struct PutRetentionPolicy;
struct DeleteRetentionPolicy;
struct TagResource;
struct UntagResource;
struct ListTagsForResource;
struct TagLogGroup;
struct UntagLogGroup;
struct ListTagsLogGroup;
}  // namespace kiln::gen::logs

namespace kiln::logs {

extern const aws::Operation<gen::logs::CreateLogGroup, Service> kCreateLogGroup;
extern const aws::Operation<gen::logs::DeleteLogGroup, Service> kDeleteLogGroup;
extern const aws::Operation<gen::logs::DescribeLogGroups, Service> kDescribeLogGroups;
extern const aws::Operation<gen::logs::CreateLogStream, Service> kCreateLogStream;
extern const aws::Operation<gen::logs::DeleteLogStream, Service> kDeleteLogStream;
extern const aws::Operation<gen::logs::DescribeLogStreams, Service> kDescribeLogStreams;
extern const aws::Operation<gen::logs::PutLogEvents, Service> kPutLogEvents;
extern const aws::Operation<gen::logs::GetLogEvents, Service> kGetLogEvents;
extern const aws::Operation<gen::logs::FilterLogEvents, Service> kFilterLogEvents;
extern const aws::Operation<gen::logs::PutRetentionPolicy, Service> kPutRetentionPolicy;
extern const aws::Operation<gen::logs::DeleteRetentionPolicy, Service> kDeleteRetentionPolicy;
extern const aws::Operation<gen::logs::TagResource, Service> kTagResource;
extern const aws::Operation<gen::logs::UntagResource, Service> kUntagResource;
extern const aws::Operation<gen::logs::ListTagsForResource, Service> kListTagsForResource;
extern const aws::Operation<gen::logs::TagLogGroup, Service> kTagLogGroup;
extern const aws::Operation<gen::logs::UntagLogGroup, Service> kUntagLogGroup;
extern const aws::Operation<gen::logs::ListTagsLogGroup, Service> kListTagsLogGroup;

}  // namespace kiln::logs

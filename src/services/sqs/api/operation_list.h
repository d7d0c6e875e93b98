// SPDX-License-Identifier: Apache-2.0
#pragma once
// The operations, each defined in the file of its name. Only api/ includes this.

#include "aws/operation.h"
#include "services/sqs/service.h"

namespace kiln::gen::sqs {
struct CreateQueue;
struct GetQueueUrl;
struct ListQueues;
struct DeleteQueue;
struct GetQueueAttributes;
struct SetQueueAttributes;
struct SendMessage;
struct SendMessageBatch;
struct ReceiveMessage;
struct DeleteMessage;
struct DeleteMessageBatch;
struct ChangeMessageVisibility;
struct ChangeMessageVisibilityBatch;
struct PurgeQueue;
struct AddPermission;
struct RemovePermission;
struct TagQueue;
struct UntagQueue;
struct ListQueueTags;
struct ListDeadLetterSourceQueues;
struct StartMessageMoveTask;
struct CancelMessageMoveTask;
struct ListMessageMoveTasks;
}  // namespace kiln::gen::sqs

namespace kiln::sqs {

extern const aws::Operation<gen::sqs::CreateQueue, Service> kCreateQueue;
extern const aws::Operation<gen::sqs::GetQueueUrl, Service> kGetQueueUrl;
extern const aws::Operation<gen::sqs::ListQueues, Service> kListQueues;
extern const aws::Operation<gen::sqs::DeleteQueue, Service> kDeleteQueue;
extern const aws::Operation<gen::sqs::GetQueueAttributes, Service> kGetQueueAttributes;
extern const aws::Operation<gen::sqs::SetQueueAttributes, Service> kSetQueueAttributes;
extern const aws::Operation<gen::sqs::SendMessage, Service> kSendMessage;
extern const aws::Operation<gen::sqs::SendMessageBatch, Service> kSendMessageBatch;
extern const aws::Operation<gen::sqs::ReceiveMessage, Service> kReceiveMessage;
extern const aws::Operation<gen::sqs::DeleteMessage, Service> kDeleteMessage;
extern const aws::Operation<gen::sqs::DeleteMessageBatch, Service> kDeleteMessageBatch;
extern const aws::Operation<gen::sqs::ChangeMessageVisibility, Service> kChangeMessageVisibility;
extern const aws::Operation<gen::sqs::ChangeMessageVisibilityBatch, Service>
    kChangeMessageVisibilityBatch;
extern const aws::Operation<gen::sqs::PurgeQueue, Service> kPurgeQueue;
extern const aws::Operation<gen::sqs::AddPermission, Service> kAddPermission;
extern const aws::Operation<gen::sqs::RemovePermission, Service> kRemovePermission;
extern const aws::Operation<gen::sqs::TagQueue, Service> kTagQueue;
extern const aws::Operation<gen::sqs::UntagQueue, Service> kUntagQueue;
extern const aws::Operation<gen::sqs::ListQueueTags, Service> kListQueueTags;
extern const aws::Operation<gen::sqs::ListDeadLetterSourceQueues, Service>
    kListDeadLetterSourceQueues;
extern const aws::Operation<gen::sqs::StartMessageMoveTask, Service> kStartMessageMoveTask;
extern const aws::Operation<gen::sqs::CancelMessageMoveTask, Service> kCancelMessageMoveTask;
extern const aws::Operation<gen::sqs::ListMessageMoveTasks, Service> kListMessageMoveTasks;

}  // namespace kiln::sqs

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The operations of SNS, each defined in its own file.

#include "aws/operation.h"
#include "services/sns/service.h"

namespace kiln::gen::sns {
struct AddPermission;
struct ConfirmSubscription;
struct CreateTopic;
struct DeleteTopic;
struct GetSubscriptionAttributes;
struct GetTopicAttributes;
struct ListSubscriptions;
struct ListSubscriptionsByTopic;
struct ListTagsForResource;
struct ListTopics;
struct Publish;
struct PublishBatch;
struct RemovePermission;
struct SetSubscriptionAttributes;
struct SetTopicAttributes;
struct Subscribe;
struct TagResource;
struct Unsubscribe;
struct UntagResource;
}  // namespace kiln::gen::sns

namespace kiln::sns {

extern const aws::Operation<gen::sns::CreateTopic, Service> kCreateTopic;
extern const aws::Operation<gen::sns::DeleteTopic, Service> kDeleteTopic;
extern const aws::Operation<gen::sns::ListTopics, Service> kListTopics;
extern const aws::Operation<gen::sns::GetTopicAttributes, Service> kGetTopicAttributes;
extern const aws::Operation<gen::sns::SetTopicAttributes, Service> kSetTopicAttributes;
extern const aws::Operation<gen::sns::Subscribe, Service> kSubscribe;
extern const aws::Operation<gen::sns::ConfirmSubscription, Service> kConfirmSubscription;
extern const aws::Operation<gen::sns::Unsubscribe, Service> kUnsubscribe;
extern const aws::Operation<gen::sns::ListSubscriptions, Service> kListSubscriptions;
extern const aws::Operation<gen::sns::ListSubscriptionsByTopic, Service> kListSubscriptionsByTopic;
extern const aws::Operation<gen::sns::GetSubscriptionAttributes, Service>
    kGetSubscriptionAttributes;
extern const aws::Operation<gen::sns::SetSubscriptionAttributes, Service>
    kSetSubscriptionAttributes;
extern const aws::Operation<gen::sns::Publish, Service> kPublish;
extern const aws::Operation<gen::sns::PublishBatch, Service> kPublishBatch;
extern const aws::Operation<gen::sns::TagResource, Service> kTagResource;
extern const aws::Operation<gen::sns::UntagResource, Service> kUntagResource;
extern const aws::Operation<gen::sns::ListTagsForResource, Service> kListTagsForResource;
extern const aws::Operation<gen::sns::AddPermission, Service> kAddPermission;
extern const aws::Operation<gen::sns::RemovePermission, Service> kRemovePermission;

}  // namespace kiln::sns

// SPDX-License-Identifier: Apache-2.0
#include "services/sns/api/operations.h"

#include "gen/sns/add_permission.h"
#include "gen/sns/confirm_subscription.h"
#include "gen/sns/create_topic.h"
#include "gen/sns/delete_topic.h"
#include "gen/sns/get_subscription_attributes.h"
#include "gen/sns/get_topic_attributes.h"
#include "gen/sns/list_subscriptions.h"
#include "gen/sns/list_subscriptions_by_topic.h"
#include "gen/sns/list_tags_for_resource.h"
#include "gen/sns/list_topics.h"
#include "gen/sns/publish.h"
#include "gen/sns/publish_batch.h"
#include "gen/sns/remove_permission.h"
#include "gen/sns/set_subscription_attributes.h"
#include "gen/sns/set_topic_attributes.h"
#include "gen/sns/subscribe.h"
#include "gen/sns/tag_resource.h"
#include "gen/sns/unsubscribe.h"
#include "gen/sns/untag_resource.h"
#include "services/sns/api/operation_list.h"

namespace kiln::sns {

void register_operations(aws::Registry& registry, Service& service) {
  registry.add(service, kCreateTopic);
  registry.add(service, kDeleteTopic);
  registry.add(service, kListTopics);
  registry.add(service, kGetTopicAttributes);
  registry.add(service, kSetTopicAttributes);
  registry.add(service, kSubscribe);
  registry.add(service, kConfirmSubscription);
  registry.add(service, kUnsubscribe);
  registry.add(service, kListSubscriptions);
  registry.add(service, kListSubscriptionsByTopic);
  registry.add(service, kGetSubscriptionAttributes);
  registry.add(service, kSetSubscriptionAttributes);
  registry.add(service, kPublish);
  registry.add(service, kPublishBatch);
  registry.add(service, kTagResource);
  registry.add(service, kUntagResource);
  registry.add(service, kListTagsForResource);
  registry.add(service, kAddPermission);
  registry.add(service, kRemovePermission);
}

}  // namespace kiln::sns

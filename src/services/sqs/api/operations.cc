// SPDX-License-Identifier: Apache-2.0
#include "services/sqs/api/operations.h"

#include "gen/sqs/add_permission.h"
#include "gen/sqs/cancel_message_move_task.h"
#include "gen/sqs/change_message_visibility.h"
#include "gen/sqs/change_message_visibility_batch.h"
#include "gen/sqs/create_queue.h"
#include "gen/sqs/delete_message.h"
#include "gen/sqs/delete_message_batch.h"
#include "gen/sqs/delete_queue.h"
#include "gen/sqs/get_queue_attributes.h"
#include "gen/sqs/get_queue_url.h"
#include "gen/sqs/list_dead_letter_source_queues.h"
#include "gen/sqs/list_message_move_tasks.h"
#include "gen/sqs/list_queue_tags.h"
#include "gen/sqs/list_queues.h"
#include "gen/sqs/purge_queue.h"
#include "gen/sqs/receive_message.h"
#include "gen/sqs/remove_permission.h"
#include "gen/sqs/send_message.h"
#include "gen/sqs/send_message_batch.h"
#include "gen/sqs/set_queue_attributes.h"
#include "gen/sqs/start_message_move_task.h"
#include "gen/sqs/tag_queue.h"
#include "gen/sqs/untag_queue.h"
#include "services/sqs/api/operation_list.h"

namespace kiln::sqs {

void register_operations(aws::Registry& registry, Service& service) {
  registry.add(service, kCreateQueue);
  registry.add(service, kGetQueueUrl);
  registry.add(service, kListQueues);
  registry.add(service, kDeleteQueue);
  registry.add(service, kGetQueueAttributes);
  registry.add(service, kSetQueueAttributes);
  registry.add(service, kSendMessage);
  registry.add(service, kSendMessageBatch);
  registry.add(service, kReceiveMessage);
  registry.add(service, kDeleteMessage);
  registry.add(service, kDeleteMessageBatch);
  registry.add(service, kChangeMessageVisibility);
  registry.add(service, kChangeMessageVisibilityBatch);
  registry.add(service, kPurgeQueue);
  registry.add(service, kAddPermission);
  registry.add(service, kRemovePermission);
  registry.add(service, kTagQueue);
  registry.add(service, kUntagQueue);
  registry.add(service, kListQueueTags);
  registry.add(service, kListDeadLetterSourceQueues);
  registry.add(service, kStartMessageMoveTask);
  registry.add(service, kCancelMessageMoveTask);
  registry.add(service, kListMessageMoveTasks);
}

}  // namespace kiln::sqs

// SPDX-License-Identifier: Apache-2.0
#include "gen/sqs/send_message.h"

#include "services/sqs/api/common.h"
#include "services/sqs/api/operation_list.h"
#include "services/sqs/api/sending.h"

#include <utility>

namespace kiln::sqs {

namespace {

using gen::sqs::SendMessage;

aws::Authorization authorize(const aws::RequestContext& context, const SendMessage::Input& input) {
  return on_url(context, "SendMessage", input.queue_url);
}

Task<aws::ApiResult<SendMessage::Output>> handle(Service& service, aws::RequestContext context,
                                                 SendMessage::Input input) {
  auto finding = find_queue(service, context, std::move(input.queue_url));
  const auto queue = co_await finding;
  if (!queue) co_return aws::fail(queue.error());
  auto outgoing = make_outgoing(**queue, context, send_fields(input));
  if (!outgoing) co_return aws::fail(std::move(outgoing.error()));
  std::vector<Outgoing> messages;
  messages.push_back(*outgoing);
  auto sending = service.messages.send(*queue, std::move(messages));
  KILN_API_TRY(const auto accepted, kRoom, co_await sending);
  SendMessage::Output output;
  describe_sent(**queue, *outgoing, accepted.front(), output);
  co_return output;
}

}  // namespace

const aws::Operation<SendMessage, Service> kSendMessage{authorize, handle};

}  // namespace kiln::sqs

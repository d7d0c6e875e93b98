// SPDX-License-Identifier: Apache-2.0
#include "server/outbox_deliverer.h"

#include "aws/arn.h"
#include "base/log.h"

#include <utility>

namespace kiln::server {

Task<Status> OutboxDeliverer::deliver(queue::Delivery delivery) {
  auto event = aws::decode_event(delivery.payload);
  // An entry that nobody can read never will be.
  if (!event) co_return fail(ErrorCode::kInvalidArgument, std::move(event.error().message));
  event->id = std::move(delivery.id);
  event->target_arn = std::move(delivery.target);
  auto delivering = targets_.deliver(std::move(*event));
  co_return co_await delivering;
}

Task<Status> OutboxDeliverer::dead_letter(queue::Delivery delivery, Error last) {
  const auto event = aws::decode_event(delivery.payload);
  if (event && observer_ && event->service == "lambda.amazonaws.com") {
    const auto function = aws::parse_arn(event->source_arn).value_or(aws::Arn{});
    constexpr std::string_view kPrefix = "function:";
    const std::string name = function.resource.starts_with(kPrefix)
                                 ? function.resource.substr(kPrefix.size())
                                 : function.resource;
    const invoke::AsyncResource of{{function.account, function.region, name}, ""};
    if (event->attributes.contains("ErrorCode")) {
      observer_->dead_letter_failed(of);
    } else {
      observer_->destination_failed(of);
    }
  }
  log::warn("server", "an event for " + delivery.target + " is given up after " +
                          std::to_string(delivery.attempt) + " attempts: " + last.message);
  co_return Status{};
}

}  // namespace kiln::server

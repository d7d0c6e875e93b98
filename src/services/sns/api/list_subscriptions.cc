// SPDX-License-Identifier: Apache-2.0
#include "gen/sns/list_subscriptions.h"

#include "services/sns/api/common.h"
#include "services/sns/api/listed.h"
#include "services/sns/api/operation_list.h"

#include <utility>

namespace kiln::sns {
namespace {

using gen::sns::ListSubscriptions;

aws::Authorization authorize(const aws::RequestContext& context, const ListSubscriptions::Input&) {
  return on("ListSubscriptions", "arn:aws:sns:" + context.region + ":" + context.account + ":*");
}

Task<aws::ApiResult<ListSubscriptions::Output>> handle(Service& service,
                                                       aws::RequestContext context,
                                                       ListSubscriptions::Input input) {
  auto after = read_page_token(input.next_token);
  if (!after) co_return aws::fail(std::move(after.error()));
  auto listing =
      service.catalog.list_owned({context.account, context.region}, std::move(*after), kPage);
  KILN_API_TRY(const auto page, kRoom, co_await listing);
  ListSubscriptions::Output output;
  output.subscriptions.emplace();
  for (const auto& item : page.items) {
    output.subscriptions->push_back(listed(item.name, item.subscription));
  }
  if (!page.next.empty()) output.next_token = page_token(page.next);
  co_return output;
}

}  // namespace

const aws::Operation<ListSubscriptions, Service> kListSubscriptions{authorize, handle};

}  // namespace kiln::sns

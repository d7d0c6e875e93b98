// SPDX-License-Identifier: Apache-2.0
#include "invoke/async_settings.h"

#include <utility>

namespace kiln::invoke {

Task<Result<AsyncSettings>> StoredAsyncSettings::find(lambda::FunctionKey function,
                                                      std::string qualifier) {
  auto finding = lambda::find_event_config(store_, std::move(function), std::move(qualifier));
  KILN_CO_TRY(const auto config, co_await finding);
  AsyncSettings out;
  if (!config) co_return out;
  if (config->max_retries) out.max_retries = *config->max_retries;
  if (config->max_age_s) out.max_age_s = *config->max_age_s;
  out.on_success = config->on_success;
  out.on_failure = config->on_failure;
  co_return out;
}

}  // namespace kiln::invoke

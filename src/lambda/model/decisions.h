// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a request makes of a function: pure, so that the table of AWS's rules is tested alone.
// Who stores the result gives it a revision id, a time and its code.

#include "aws/api_error.h"
#include "gen/lambda/create_function.h"
#include "gen/lambda/update_function_code.h"
#include "gen/lambda/update_function_configuration.h"
#include "lambda/keys.h"
#include "lambda/model/function.h"
#include "lambda/model/settings.h"

#include <optional>
#include <string>
#include <vector>

namespace kiln::lambda {

// The layers that a request's Layers stand for; nullopt when it has none to say.
using Layers = std::optional<std::vector<Layer>>;

// The function as CreateFunction asks for it, state Pending, without code.
aws::ApiResult<FunctionVersion> decide_create(const FunctionKey& key,
                                              const gen::lambda::CreateFunctionRequest& input,
                                              const SettingsPolicy& policy,
                                              const Layers& layers = std::nullopt);

// The settings of `input` on top of `function`.
aws::ApiResult<FunctionVersion> decide_configuration(
    FunctionVersion function, const gen::lambda::UpdateFunctionConfigurationRequest& input,
    const SettingsPolicy& policy, const Layers& layers = std::nullopt);

Check check_code_update(const gen::lambda::UpdateFunctionCodeRequest& input,
                        const SettingsPolicy& policy);

// Where a request says its code is: a zip, an object, or a place that this build cannot read.
struct CodeSource {
  const std::optional<std::string>& zip_file;
  const std::optional<std::string>& s3_bucket;
  const std::optional<std::string>& s3_key;
  const std::optional<std::string>& image_uri;
};
// ok: there is a zip in the request, or it names an object.
Check check_code_source(const CodeSource& source, bool updating);

// An update may begin: no other one is under way (409) and `revision_id`, when given, is the
// function's (412).
Check check_updatable(const FunctionVersion& function,
                      const std::optional<std::string>& revision_id);

// The function after an update has been accepted: in progress, with a new revision and time.
void begin_update(FunctionVersion& function, std::string revision_id, Timestamp now);

// What cannot name a tenant has no way to a function with tenant isolation. `feature`: "Function
// URLs", in the plural. https://docs.aws.amazon.com/lambda/latest/dg/tenant-isolation.html
Check check_no_tenants(const FunctionVersion& function, std::string_view feature);

// "The operation cannot be performed at this time. The function is currently in the following
// state: Pending"
aws::ApiError not_in_state_to_run(const FunctionVersion& function);

std::string_view to_text(State state);
std::string_view to_text(UpdateStatus status);

}  // namespace kiln::lambda

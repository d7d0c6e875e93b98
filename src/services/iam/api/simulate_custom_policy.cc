// SPDX-License-Identifier: Apache-2.0
// SimulateCustomPolicy: what policies given as texts would decide.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html
// Differs from AWS: matched statements are named by their policy, without positions.
#include "gen/iam/simulate_custom_policy.h"

#include "services/iam/api/common.h"
#include "services/iam/api/simulation.h"

namespace kiln::iam_api {
namespace {

using Op = gen::iam::SimulateCustomPolicy;

ApiResult<Op::Output> answer(const RequestContext& context, const Op::Input& input) {
  const auto page = page_request(input.marker, input.max_items);
  if (!page) return aws::fail(page.error());
  Simulation simulation;
  simulation.caller.kind = aws::Principal::Kind::kUser;
  simulation.caller.account = context.account;
  if (auto good = read_input(context, input, simulation); !good) return aws::fail(good.error());
  return simulation_page<Op::Output>(simulation, *page);
}

Task<ApiResult<Op::Output>> run(Service&, RequestContext context, Op::Input input) {
  co_return answer(context, input);
}

Authorization authorize(const RequestContext& context, const Op::Input& input) {
  return {"iam:SimulateCustomPolicy", "*"};
}

}  // namespace

extern const aws::Operation<Op, Service> kSimulateCustomPolicy{authorize, run};

}  // namespace kiln::iam_api

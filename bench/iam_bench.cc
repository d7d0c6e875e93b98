// SPDX-License-Identifier: Apache-2.0
// Nanoseconds that one decision of IAM takes, by itself: iam_bench
//
// root: nothing to look up. remembered: the decision is kept. condition: made anew each time, from
// AWSLambda_FullAccess and a policy with two conditions.

#include "iam/keys.h"
#include "iam/managed_policies.h"
#include "iam/policy_authorizer.h"
#include "iam/store_principal_policies.h"
#include "iam/test_store.h"

#include <chrono>
#include <cstdio>

namespace {

using namespace kiln;
using namespace kiln::iam;

constexpr int kRounds = 200'000;
constexpr const char* kAccount = "123456789012";
constexpr const char* kFunction = "arn:aws:lambda:us-east-1:123456789012:function:f";
constexpr const char* kConditions =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"lambda:*","Resource":"*",)"
    R"("Condition":{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","127.0.0.0/8"]},)"
    R"("StringLike":{"aws:userid":"AROA*"}}}]})";

aws::RequestContext caller(aws::Principal::Kind kind, const std::string& role) {
  aws::RequestContext c;
  c.service = "lambda";
  c.account = kAccount;
  c.region = "us-east-1";
  c.source_ip = "127.0.0.1";
  c.principal.kind = kind;
  c.principal.account = kAccount;
  c.principal.arn = "arn:aws:sts::123456789012:assumed-role/" + role + "/session";
  c.principal.role_arn = "arn:aws:iam::123456789012:role/" + role;
  c.principal.user_id = "AROA" + role + ":session";
  return c;
}

Task<void> repeat(Authorizer& authorizer, const aws::RequestContext& context, int& refused) {
  for (int i = 0; i < kRounds; ++i) {
    auto checking = authorizer.check(context, {"lambda:InvokeFunction", kFunction});
    const auto allowed = co_await std::move(checking);
    if (!allowed) ++refused;
  }
}

Task<void> put_role(store::Store& store, std::string name, bool with_conditions) {
  RoleRecord role;
  role.name = name;
  role.id = "AROA" + name;
  role.attached = {"arn:aws:iam::aws:policy/AWSLambda_FullAccess"};
  store::Batch batch;
  if (with_conditions) {
    role.inlines = {{"p", 100}};
    batch.put(keys::role_policy(kAccount, name, "p"), kConditions);
  }
  batch.put(keys::role(kAccount, name), encode(role));
  auto committing = store.commit(std::move(batch));
  (void)co_await std::move(committing);
}

}  // namespace

int main() {
  TestStore t;
  Metrics metrics;
  StorePrincipalPolicies policies(t.store());
  t.loop.run_until_complete(put_role(t.store(), "plain", false));
  t.loop.run_until_complete(put_role(t.store(), "conditional", true));
  PolicyAuthorizer authorizer(t.store(), t.loop, policies, metrics, IamMode::kEnforce);
  using Kind = aws::Principal::Kind;
  const std::pair<const char*, aws::RequestContext> cases[] = {
      {"root", caller(Kind::kRoot, "plain")},
      {"remembered", caller(Kind::kAssumedRole, "plain")},
      {"condition", caller(Kind::kAssumedRole, "conditional")}};
  int refused = 0;
  for (const auto& [label, context] : cases) {
    const auto began = std::chrono::steady_clock::now();
    t.loop.run_until_complete(repeat(authorizer, context, refused));
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
    std::printf("%-12s %6.0f ns\n", label, took.count() / kRounds);
  }
  if (refused != 0) std::printf("%d were refused\n", refused);
  return refused == 0 ? 0 : 1;
}

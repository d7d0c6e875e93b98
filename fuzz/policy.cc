// SPDX-License-Identifier: Apache-2.0
// Policy documents: the grammar, the decisions of IAM on them, and trust policies. Whatever the
// document, a deny wins and a boundary or session policy never adds anything.
#include "fuzz/fuzz.h"
#include "iam/evaluation.h"
#include "iam/policy_document.h"

#include <map>

namespace kiln::fuzz {
namespace {

class Keys final : public iam::ConditionKeys {
 public:
  std::optional<std::vector<std::string>> find(std::string_view key) const override {
    const auto found = values_.find(key);
    if (found == values_.end()) return std::nullopt;
    return found->second;
  }

 private:
  const std::map<std::string, std::vector<std::string>, std::less<>> values_{
      {"aws:username", {"ann*"}},
      {"aws:sourceip", {"10.1.2.3"}},
      {"aws:currenttime", {"2026-01-01T00:00:00Z"}},
      {"aws:principaltag/a", {"x1"}},
      {"aws:securetransport", {"true"}},
      {"s3:max-keys", {"5"}},
      {"aws:tagkeys", {"a", "b", ""}},
      {"aws:sourcearn", {"arn:aws:s3:::b"}},
  };
};

aws::Principal session_of_app() {
  aws::Principal caller;
  caller.kind = aws::Principal::Kind::kAssumedRole;
  caller.account = "123456789012";
  caller.arn = "arn:aws:sts::123456789012:assumed-role/app/session";
  caller.role_arn = "arn:aws:iam::123456789012:role/app";
  caller.user_id = "AROAEXAMPLEEXAMPLE123:session";
  return caller;
}

void decide(const iam::PolicyPtr& policy, const aws::Principal& caller) {
  static const auto kEverything = std::make_shared<const iam::Policy>(*iam::compile_policy(
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})"));
  const Keys keys;
  const iam::Question question{.principal = caller,
                               .action = "s3:getobject",
                               .resources = {"arn:aws:s3:::b/ann*/a?c"},
                               .owner = caller.account,
                               .keys = keys};
  const auto alone = iam::evaluate(question, {.identity = {policy}});
  const auto beside = iam::evaluate(question, {.identity = {policy, kEverything}});
  const auto bounded = iam::evaluate(question, {.identity = {policy}, .boundary = kEverything});
  const auto boundary = iam::evaluate(question, {.identity = {kEverything}, .boundary = policy});
  const auto session = iam::evaluate(
      question, {.identity = {kEverything}, .session = {policy}, .has_session = true});
  static_cast<void>(iam::evaluate(question, {.resource = policy}));
  FUZZ_CHECK(!(alone.allowed && alone.explicit_deny));
  FUZZ_CHECK(beside.allowed == !alone.explicit_deny);
  FUZZ_CHECK(bounded.allowed == alone.allowed);
  FUZZ_CHECK(boundary.allowed == alone.allowed && session.allowed == alone.allowed);
}

}  // namespace
}  // namespace kiln::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln;
  const std::string_view text = fuzz::text(data, size);
  const auto identity_fault = iam::policy_fault(text, iam::PolicyKind::kIdentity);
  const auto trust_fault = iam::policy_fault(text, iam::PolicyKind::kTrust);
  FUZZ_CHECK(!identity_fault || !identity_fault->empty());
  FUZZ_CHECK(!trust_fault || !trust_fault->empty());
  FUZZ_CHECK(iam::policy_size(text) <= text.size());
  const aws::Principal caller = fuzz::session_of_app();
  static_cast<void>(iam::trust_of(text, caller, {.external_id = "x", .session_name = "session"}));
  static_cast<void>(iam::trusts_service(text, "lambda.amazonaws.com"));
  auto compiled = iam::compile_policy(text);
  FUZZ_CHECK(compiled || (identity_fault && trust_fault));
  if (compiled && !identity_fault)
    fuzz::decide(std::make_shared<const iam::Policy>(std::move(*compiled)), caller);
  return 0;
}

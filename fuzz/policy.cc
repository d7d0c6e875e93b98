// SPDX-License-Identifier: Apache-2.0
// Policy documents: the grammar, and the reading of trust policies, whether they passed it or not.
#include "fuzz/fuzz.h"
#include "iam/policy_document.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln;
  const std::string_view text = fuzz::text(data, size);
  for (const auto kind : {iam::PolicyKind::kIdentity, iam::PolicyKind::kTrust}) {
    const auto fault = iam::policy_fault(text, kind);
    FUZZ_CHECK(!fault || !fault->empty());
  }
  FUZZ_CHECK(iam::policy_size(text) <= text.size());
  aws::Principal caller;
  caller.kind = aws::Principal::Kind::kAssumedRole;
  caller.account = "123456789012";
  caller.arn = "arn:aws:sts::123456789012:assumed-role/app/session";
  caller.role_arn = "arn:aws:iam::123456789012:role/app";
  caller.user_id = "AROAEXAMPLEEXAMPLE123:session";
  static_cast<void>(iam::trust_of(text, caller, {.external_id = "x", .session_name = "session"}));
  static_cast<void>(iam::trusts_service(text, "lambda.amazonaws.com"));
  return 0;
}

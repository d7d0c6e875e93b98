// SPDX-License-Identifier: Apache-2.0
#include "services/sts/api/operations.h"

#include "gen/sts/assume_role.h"
#include "gen/sts/decode_authorization_message.h"
#include "gen/sts/get_access_key_info.h"
#include "gen/sts/get_caller_identity.h"
#include "gen/sts/get_session_token.h"

namespace kiln::sts_api {

extern const aws::Operation<gen::sts::AssumeRole, Service> kAssumeRole;
extern const aws::Operation<gen::sts::DecodeAuthorizationMessage, Service>
    kDecodeAuthorizationMessage;
extern const aws::Operation<gen::sts::GetAccessKeyInfo, Service> kGetAccessKeyInfo;
extern const aws::Operation<gen::sts::GetCallerIdentity, Service> kGetCallerIdentity;
extern const aws::Operation<gen::sts::GetSessionToken, Service> kGetSessionToken;

void register_operations(aws::Registry& registry, Service& service) {
  registry.add(service, kAssumeRole);
  registry.add(service, kDecodeAuthorizationMessage);
  registry.add(service, kGetAccessKeyInfo);
  registry.add(service, kGetCallerIdentity);
  registry.add(service, kGetSessionToken);
}

}  // namespace kiln::sts_api

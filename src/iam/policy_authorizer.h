// SPDX-License-Identifier: Apache-2.0
#pragma once
// PolicyAuthorizer decides by the policies of principal and resource.
//
// Modes: kEnforce refuses; kAudit allows, and logs and counts what it would have refused, but
// refuses service principals and whom a closed resource policy keeps out (resource_policies.h);
// kOff asks nothing. Compiled policies are kept per principal, decisions per (principal, action,
// resource) as long as no condition or variable took part; any write to IAM's keys drops both, in
// this process before the writer's answer is sent, on other nodes when their watch fires.
//
// Threads: belongs to `home`. All ports outlive it.

#include "async/executor.h"
#include "base/metrics.h"
#include "iam/authorizer.h"
#include "iam/evaluation.h"
#include "iam/lru_cache.h"
#include "iam/observations.h"
#include "iam/principal_policies.h"
#include "iam/request_keys.h"
#include "iam/resource_policies.h"
#include "store/store.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace kiln::iam {

enum class IamMode : std::uint8_t { kEnforce, kAudit, kOff };

class PolicyAuthorizer final : public Authorizer {
 public:
  static constexpr std::size_t kCachedPrincipals = 1'024;
  static constexpr std::size_t kCachedPolicies = 1'024;  // those that several share, by text
  static constexpr std::size_t kCachedDecisions = 16'384;
  static constexpr std::size_t kRememberedDenials = 4'096;  // audit: each is logged once

  PolicyAuthorizer(store::Store& store, Executor& home, PrincipalPolicies& principals,
                   Metrics& metrics, IamMode mode);

  // `service` as in ARNs: "lambda", "s3", "iam". Before the first request.
  void add_resource_policies(std::string service, ResourcePolicies& policies);

  Task<aws::ApiResult<void>> check(const aws::RequestContext& context,
                                   aws::Authorization authorization) override;
  Task<aws::ApiResult<void>> check_unbuilt(const aws::RequestContext& context,
                                           std::string action) override;
  const Observations& observations() const { return observations_; }

 private:
  // Compiled; empty when the principal is gone.
  struct Grants {
    std::vector<PolicyPtr> identity;
    PolicyPtr boundary;
    TagMap tags;
  };
  using GrantsPtr = std::shared_ptr<const Grants>;
  struct Decision {
    Verdict verdict;
    bool remembered = false;
  };
  // One question on its way to a verdict.
  struct Asked {
    const aws::RequestContext& context;
    const aws::Permission& permission;
    bool any_resource = false;
    std::string action = {};                      // lower case
    std::string owner = {};                       // the account that has the resource
    std::string arn = {};                         // of the resource, in full
    std::optional<ResourcePolicy> resource = {};  // unset: it says nothing
  };

  bool asks_nothing(const aws::RequestContext& context, const aws::Permission& permission) const;
  Task<Result<Decision>> decide(Asked& asked);
  Task<Status> find_resource(Asked& asked);
  bool only_reported(const Asked& asked) const;
  Task<Result<GrantsPtr>> grants_of(aws::Principal principal);
  Task<Status> add_session_policies(const aws::Principal& principal, PolicySet& set);
  PolicyPtr compiled(const std::string& text);
  aws::ApiResult<void> conclude(const Asked& asked, const Decision& decision);
  void report(const Asked& asked, const Verdict& verdict);

  PrincipalPolicies& principals_;
  IamMode mode_;
  std::map<std::string, ResourcePolicies*, std::less<>> resources_;
  LruCache<GrantsPtr> grants_{kCachedPrincipals};
  LruCache<PolicyPtr> policies_{kCachedPolicies};
  LruCache<Verdict> decisions_{kCachedDecisions};
  LruCache<bool> reported_{kRememberedDenials};
  Observations observations_;
  std::uint64_t generation_ = 0;  // counts invalidations
  std::unique_ptr<store::Watch> watch_;
  Counter& asked_;
  Counter& remembered_;
  Counter& denied_;
  Counter& would_deny_;
};

}  // namespace kiln::iam

// SPDX-License-Identifier: Apache-2.0
#pragma once
// The operations on versions, aliases and the environments kept for them. One file defines one;
// this is their one list.

namespace kiln::gen::lambda {
struct PublishVersion;
struct ListVersionsByFunction;
struct CreateAlias;
struct GetAlias;
struct ListAliases;
struct UpdateAlias;
struct DeleteAlias;
struct PutProvisionedConcurrencyConfig;
struct GetProvisionedConcurrencyConfig;
struct ListProvisionedConcurrencyConfigs;
struct DeleteProvisionedConcurrencyConfig;
struct PutFunctionScalingConfig;
struct GetFunctionScalingConfig;
}  // namespace kiln::gen::lambda

namespace kiln::aws {
class Registry;
template <class Model, class Service>
struct Operation;
}  // namespace kiln::aws

namespace kiln::lambda {

struct Service;

extern const aws::Operation<gen::lambda::PublishVersion, Service> kPublishVersion;
extern const aws::Operation<gen::lambda::ListVersionsByFunction, Service> kListVersionsByFunction;
extern const aws::Operation<gen::lambda::CreateAlias, Service> kCreateAlias;
extern const aws::Operation<gen::lambda::GetAlias, Service> kGetAlias;
extern const aws::Operation<gen::lambda::ListAliases, Service> kListAliases;
extern const aws::Operation<gen::lambda::UpdateAlias, Service> kUpdateAlias;
extern const aws::Operation<gen::lambda::DeleteAlias, Service> kDeleteAlias;
extern const aws::Operation<gen::lambda::PutProvisionedConcurrencyConfig, Service>
    kPutProvisionedConcurrencyConfig;
extern const aws::Operation<gen::lambda::GetProvisionedConcurrencyConfig, Service>
    kGetProvisionedConcurrencyConfig;
extern const aws::Operation<gen::lambda::ListProvisionedConcurrencyConfigs, Service>
    kListProvisionedConcurrencyConfigs;
extern const aws::Operation<gen::lambda::DeleteProvisionedConcurrencyConfig, Service>
    kDeleteProvisionedConcurrencyConfig;
extern const aws::Operation<gen::lambda::PutFunctionScalingConfig, Service>
    kPutFunctionScalingConfig;
extern const aws::Operation<gen::lambda::GetFunctionScalingConfig, Service>
    kGetFunctionScalingConfig;

// `service` outlives `registry`.
void register_version_operations(aws::Registry& registry, Service& service);

}  // namespace kiln::lambda

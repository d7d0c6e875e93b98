// SPDX-License-Identifier: Apache-2.0
#pragma once
// The control plane's operations. One file defines one; this is their one list.

namespace kiln::gen::lambda {
struct CreateFunction;
struct GetFunction;
struct GetFunctionConfiguration;
struct ListFunctions;
struct UpdateFunctionCode;
struct UpdateFunctionConfiguration;
struct DeleteFunction;
struct TagResource;
struct UntagResource;
struct ListTags;
struct GetAccountSettings;
struct PutFunctionConcurrency;
struct GetFunctionConcurrency;
struct DeleteFunctionConcurrency;
struct PutFunctionRecursionConfig;
struct GetFunctionRecursionConfig;
struct PutRuntimeManagementConfig;
struct GetRuntimeManagementConfig;
struct AddPermission;
struct RemovePermission;
struct GetPolicy;
struct CreateFunctionUrlConfig;
struct GetFunctionUrlConfig;
struct UpdateFunctionUrlConfig;
struct DeleteFunctionUrlConfig;
struct ListFunctionUrlConfigs;
}  // namespace kiln::gen::lambda

namespace kiln::aws {
class Registry;
template <class Model, class Service>
struct Operation;
}  // namespace kiln::aws

namespace kiln::lambda {

struct Service;

extern const aws::Operation<gen::lambda::CreateFunction, Service> kCreateFunction;
extern const aws::Operation<gen::lambda::GetFunction, Service> kGetFunction;
extern const aws::Operation<gen::lambda::GetFunctionConfiguration, Service>
    kGetFunctionConfiguration;
extern const aws::Operation<gen::lambda::ListFunctions, Service> kListFunctions;
extern const aws::Operation<gen::lambda::UpdateFunctionCode, Service> kUpdateFunctionCode;
extern const aws::Operation<gen::lambda::UpdateFunctionConfiguration, Service>
    kUpdateFunctionConfiguration;
extern const aws::Operation<gen::lambda::DeleteFunction, Service> kDeleteFunction;
extern const aws::Operation<gen::lambda::TagResource, Service> kTagResource;
extern const aws::Operation<gen::lambda::UntagResource, Service> kUntagResource;
extern const aws::Operation<gen::lambda::ListTags, Service> kListTags;
extern const aws::Operation<gen::lambda::GetAccountSettings, Service> kGetAccountSettings;
extern const aws::Operation<gen::lambda::PutFunctionConcurrency, Service> kPutFunctionConcurrency;
extern const aws::Operation<gen::lambda::GetFunctionConcurrency, Service> kGetFunctionConcurrency;
extern const aws::Operation<gen::lambda::DeleteFunctionConcurrency, Service>
    kDeleteFunctionConcurrency;
extern const aws::Operation<gen::lambda::PutFunctionRecursionConfig, Service>
    kPutFunctionRecursionConfig;
extern const aws::Operation<gen::lambda::GetFunctionRecursionConfig, Service>
    kGetFunctionRecursionConfig;
extern const aws::Operation<gen::lambda::PutRuntimeManagementConfig, Service>
    kPutRuntimeManagementConfig;
extern const aws::Operation<gen::lambda::GetRuntimeManagementConfig, Service>
    kGetRuntimeManagementConfig;
extern const aws::Operation<gen::lambda::AddPermission, Service> kAddPermission;
extern const aws::Operation<gen::lambda::RemovePermission, Service> kRemovePermission;
extern const aws::Operation<gen::lambda::GetPolicy, Service> kGetPolicy;
extern const aws::Operation<gen::lambda::CreateFunctionUrlConfig, Service> kCreateFunctionUrlConfig;
extern const aws::Operation<gen::lambda::GetFunctionUrlConfig, Service> kGetFunctionUrlConfig;
extern const aws::Operation<gen::lambda::UpdateFunctionUrlConfig, Service> kUpdateFunctionUrlConfig;
extern const aws::Operation<gen::lambda::DeleteFunctionUrlConfig, Service> kDeleteFunctionUrlConfig;
extern const aws::Operation<gen::lambda::ListFunctionUrlConfigs, Service> kListFunctionUrlConfigs;

// `service` outlives `registry`.
void register_operations(aws::Registry& registry, Service& service);

}  // namespace kiln::lambda

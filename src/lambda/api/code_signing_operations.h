// SPDX-License-Identifier: Apache-2.0
#pragma once
// The operations on code signing configurations. One file defines one; this is their one list.

namespace kiln::gen::lambda {
struct CreateCodeSigningConfig;
struct GetCodeSigningConfig;
struct ListCodeSigningConfigs;
struct UpdateCodeSigningConfig;
struct DeleteCodeSigningConfig;
struct ListFunctionsByCodeSigningConfig;
struct PutFunctionCodeSigningConfig;
struct GetFunctionCodeSigningConfig;
struct DeleteFunctionCodeSigningConfig;
}  // namespace kiln::gen::lambda

namespace kiln::aws {
class Registry;
template <class Model, class Service>
struct Operation;
}  // namespace kiln::aws

namespace kiln::lambda {

struct Service;

extern const aws::Operation<gen::lambda::CreateCodeSigningConfig, Service> kCreateCodeSigningConfig;
extern const aws::Operation<gen::lambda::GetCodeSigningConfig, Service> kGetCodeSigningConfig;
extern const aws::Operation<gen::lambda::ListCodeSigningConfigs, Service> kListCodeSigningConfigs;
extern const aws::Operation<gen::lambda::UpdateCodeSigningConfig, Service> kUpdateCodeSigningConfig;
extern const aws::Operation<gen::lambda::DeleteCodeSigningConfig, Service> kDeleteCodeSigningConfig;
extern const aws::Operation<gen::lambda::ListFunctionsByCodeSigningConfig, Service>
    kListFunctionsByCodeSigningConfig;
extern const aws::Operation<gen::lambda::PutFunctionCodeSigningConfig, Service>
    kPutFunctionCodeSigningConfig;
extern const aws::Operation<gen::lambda::GetFunctionCodeSigningConfig, Service>
    kGetFunctionCodeSigningConfig;
extern const aws::Operation<gen::lambda::DeleteFunctionCodeSigningConfig, Service>
    kDeleteFunctionCodeSigningConfig;

// Part of register_operations().
void register_code_signing_operations(aws::Registry& registry, Service& service);

}  // namespace kiln::lambda

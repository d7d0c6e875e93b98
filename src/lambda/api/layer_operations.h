// SPDX-License-Identifier: Apache-2.0
#pragma once
// The operations on layers. One file defines one; this is their one list.

namespace kiln::gen::lambda {
struct PublishLayerVersion;
struct GetLayerVersion;
struct GetLayerVersionByArn;
struct ListLayers;
struct ListLayerVersions;
struct DeleteLayerVersion;
struct AddLayerVersionPermission;
struct GetLayerVersionPolicy;
struct RemoveLayerVersionPermission;
}  // namespace kiln::gen::lambda

namespace kiln::aws {
class Registry;
template <class Model, class Service>
struct Operation;
}  // namespace kiln::aws

namespace kiln::lambda {

struct Service;

extern const aws::Operation<gen::lambda::PublishLayerVersion, Service> kPublishLayerVersion;
extern const aws::Operation<gen::lambda::GetLayerVersion, Service> kGetLayerVersion;
extern const aws::Operation<gen::lambda::GetLayerVersionByArn, Service> kGetLayerVersionByArn;
extern const aws::Operation<gen::lambda::ListLayers, Service> kListLayers;
extern const aws::Operation<gen::lambda::ListLayerVersions, Service> kListLayerVersions;
extern const aws::Operation<gen::lambda::DeleteLayerVersion, Service> kDeleteLayerVersion;
extern const aws::Operation<gen::lambda::AddLayerVersionPermission, Service>
    kAddLayerVersionPermission;
extern const aws::Operation<gen::lambda::GetLayerVersionPolicy, Service> kGetLayerVersionPolicy;
extern const aws::Operation<gen::lambda::RemoveLayerVersionPermission, Service>
    kRemoveLayerVersionPermission;

// Part of register_operations().
void register_layer_operations(aws::Registry& registry, Service& service);

}  // namespace kiln::lambda

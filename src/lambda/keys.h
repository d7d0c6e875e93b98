// SPDX-License-Identifier: Apache-2.0
#pragma once
// Every key that this room keeps in the store. A partition is one account in one region.

#include "store/tuple.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace kiln::lambda {

struct FunctionKey {
  std::string account;
  std::string region;
  std::string name;
  auto operator<=>(const FunctionKey&) const = default;
};

struct LayerKey {
  std::string account;
  std::string region;
  std::string name;
  std::string arn() const;
  std::string version_arn(std::int64_t version) const;
  auto operator<=>(const LayerKey&) const = default;
};

namespace keys {

inline constexpr std::string_view kRoom = "lambda";

// -> FunctionRecord (store/function_codec.h). Written by the repository, scanned by ListFunctions.
inline std::string function(const FunctionKey& f) {
  return store::key(f.account, f.region, kRoom, "function", f.name);
}
inline std::string functions(std::string_view account, std::string_view region) {
  return store::key(account, region, kRoom, "function");
}

// What belongs to a function and goes with it. Its record guards all of them: each change writes it
// (store/function_transaction.h).
inline std::string parts(const FunctionKey& f) {
  return store::key(f.account, f.region, kRoom, "part", f.name);
}
// -> FunctionVersion (store/function_codec.h) of a published version.
inline std::string versions(const FunctionKey& f) {
  return store::key(f.account, f.region, kRoom, "part", f.name, "version");
}
inline std::string version(const FunctionKey& f, std::int64_t number) {
  return store::key(f.account, f.region, kRoom, "part", f.name, "version", number);
}
// -> Alias (store/part_repository.h).
inline std::string aliases(const FunctionKey& f) {
  return store::key(f.account, f.region, kRoom, "part", f.name, "alias");
}
inline std::string alias(const FunctionKey& f, std::string_view name) {
  return store::key(f.account, f.region, kRoom, "part", f.name, "alias", name);
}
// A kind of thing that the function itself (qualifier ""), a version or an alias may have. Those of
// a version or an alias go with it, so each kind is in kQualifiedKinds.
inline std::string qualified(const FunctionKey& f, std::string_view kind,
                             std::string_view qualifier) {
  return store::key(f.account, f.region, kRoom, "part", f.name, kind, qualifier);
}
inline constexpr std::string_view kQualifiedKinds[] = {"policy", "event-config"};
// -> JSON of the policy.
inline std::string policy(const FunctionKey& f, std::string_view qualifier) {
  return qualified(f, "policy", qualifier);
}

// -> empty, for each published version whose snapshot is to be taken. Scanned at start.
inline std::string snapshot(const FunctionKey& f, std::int64_t version) {
  return store::key(f.account, f.region, kRoom, "snapshot", f.name, version);
}
inline std::string all_snapshots(std::string_view account, std::string_view region) {
  return store::key(account, region, kRoom, "snapshot");
}

// -> empty, for each function of which environments are kept started. Scanned at start.
inline std::string provisioned(const FunctionKey& f) {
  return store::key(f.account, f.region, kRoom, "provisioned", f.name);
}
inline std::string all_provisioned(std::string_view account, std::string_view region) {
  return store::key(account, region, kRoom, "provisioned");
}

// -> the number of the newest version that a deleted function had: numbers are never given again.
inline std::string last_version(const FunctionKey& f) {
  return store::key(f.account, f.region, kRoom, "last-version", f.name);
}

// -> EventConfig (store/event_config.h) of $LATEST, a version or an alias.
inline std::string event_config(const FunctionKey& f, std::string_view qualifier) {
  return qualified(f, "event-config", qualifier);
}
inline std::string event_configs(const FunctionKey& f) {
  return store::key(f.account, f.region, kRoom, "part", f.name, "event-config");
}

// -> Usage of the partition: guards the code storage quota.
inline std::string usage(std::string_view account, std::string_view region) {
  return store::key(account, region, kRoom, "usage");
}

// -> empty, for each function whose creation or update is not finished. Scanned at start.
inline std::string pending(const FunctionKey& f) {
  return store::key(f.account, f.region, kRoom, "pending", f.name);
}
inline std::string all_pending(std::string_view account, std::string_view region) {
  return store::key(account, region, kRoom, "pending");
}

// -> the number of the layer's last version, which no later one gets again. Scanned by ListLayers.
inline std::string layer(const LayerKey& l) {
  return store::key(l.account, l.region, kRoom, "layer", l.name);
}
inline std::string layers(std::string_view account, std::string_view region) {
  return store::key(account, region, kRoom, "layer");
}

// -> LayerVersion (store/layer_codec.h). Scanned by ListLayerVersions.
inline std::string layer_version(const LayerKey& l, std::int64_t version) {
  return store::key(l.account, l.region, kRoom, "layer-version", l.name, version);
}
inline std::string layer_versions(const LayerKey& l) {
  return store::key(l.account, l.region, kRoom, "layer-version", l.name);
}

// -> CodeSigning (store/code_signing.h). Scanned by ListCodeSigningConfigs.
inline std::string code_signing(std::string_view account, std::string_view region,
                                std::string_view id) {
  return store::key(account, region, kRoom, "signing", id);
}
inline std::string code_signings(std::string_view account, std::string_view region) {
  return store::key(account, region, kRoom, "signing");
}
// -> empty: the function has the configuration `id`. Scanned by ListFunctionsByCodeSigningConfig.
inline std::string code_signing_users(std::string_view account, std::string_view region,
                                      std::string_view id) {
  return store::key(account, region, kRoom, "signed", id);
}
inline std::string code_signing_user(std::string_view account, std::string_view region,
                                     std::string_view id, std::string_view function) {
  return store::key(account, region, kRoom, "signed", id, function);
}

// -> empty: `owner` (a function's $LATEST, or a layer's version) uses the package, or the folder of
// layers merged under this name (layers_id). Scanned by the sweeper.
inline std::string code_reference(const FunctionKey& owner, std::string_view sha256_hex) {
  return store::key(owner.account, owner.region, kRoom, "code", sha256_hex, owner.name);
}
// The same for a published version.
inline std::string code_reference(const FunctionKey& owner, std::string_view sha256_hex,
                                  std::string_view version) {
  return store::key(owner.account, owner.region, kRoom, "code", sha256_hex, owner.name, version);
}
inline std::string code_references(std::string_view account, std::string_view region) {
  return store::key(account, region, kRoom, "code");
}

// -> FunctionUrl (store/url_repository.h) of the function ("" as qualifier) or of an alias. Scanned
// by ListFunctionUrlConfigs and by the function's deletion.
inline std::string url(const FunctionKey& f, std::string_view qualifier) {
  return store::key(f.account, f.region, kRoom, "url", f.name, qualifier);
}
inline std::string urls(const FunctionKey& f) {
  return store::key(f.account, f.region, kRoom, "url", f.name);
}

// -> the same FunctionUrl, by its id: a request to a URL names no account. Global, as ids are.
inline std::string url_id(std::string_view id) { return store::key("lambda-url", "", id); }
inline std::string url_ids() { return store::key("lambda-url", ""); }

// The partition of what a function's asynchronous events need: their queue (invoke/async_queue.h)
// and the outbox of their destinations.
inline std::string events(const FunctionKey& f) {
  return store::key(f.account, f.region, kRoom, "events", f.name);
}

}  // namespace keys
}  // namespace kiln::lambda

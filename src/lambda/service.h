// SPDX-License-Identifier: Apache-2.0
#pragma once
// Service is the control plane of one server: what the operations in api/ work with.
// Threads: one loop. Everything in Dependencies outlives it.

#include "async/blocking_pool.h"
#include "async/clock.h"
#include "async/executor.h"
#include "async/task.h"
#include "aws/event_target.h"
#include "base/random.h"
#include "blob/blob_store.h"
#include "iam/role_directory.h"
#include "lambda/activator.h"
#include "lambda/code/code_links.h"
#include "lambda/code/code_objects.h"
#include "lambda/code/code_store.h"
#include "lambda/function_directory_impl.h"
#include "lambda/lambda_resources.h"
#include "lambda/model/function_url.h"
#include "lambda/model/settings.h"
#include "lambda/provisioned_targets.h"
#include "lambda/snap_starter.h"
#include "lambda/store/code_signing.h"
#include "lambda/store/function_repository.h"
#include "lambda/store/layer_repository.h"
#include "lambda/store/part_repository.h"
#include "lambda/store/url_repository.h"
#include "lambda/tagged_resources.h"
#include "lambda/url_directory.h"
#include "store/store.h"

#include <cstdint>
#include <set>
#include <string>

namespace kiln::lambda {

struct Options {
  SettingsPolicy settings;
  std::string code_directory;  // for unpacked code: "<data>/code"
  std::string link_secret;     // at least 16 bytes, the same after a restart
  AccountLimits limits;
  CachedFunctionDirectory::Bounds directory;
  UrlNames url_names;
};

struct Dependencies {
  store::Store& store;
  blob::BlobStore& blobs;
  Clock& clock;
  Random& random;
  iam::RoleDirectory& roles;
  BlockingPool& pool;
  Executor& home;
  CodeObjects& objects;
  aws::EventTarget& targets;  // of dead letters and destinations
};

struct Service {
  Service(const Dependencies& dependencies, const Options& options);

  // Before the first operation. Goes on with functions whose creation had not ended.
  Task<Status> start();
  // Waits for background work.
  Task<void> stop();
  // What blob::BlobStore::sweep() must keep.
  Task<Result<std::set<std::string>>> referenced_blobs() { return repository.referenced_blobs(); }

  Clock& clock;
  Random& random;
  iam::RoleDirectory& roles;
  CodeObjects& objects;
  aws::EventTarget& targets;
  // Of the room above that keeps event source mappings; set before the first operation, or null.
  TaggedResources* mappings = nullptr;
  const SettingsPolicy settings;
  const AccountLimits limits;
  FunctionRepository repository;
  PartRepository parts;
  LayerRepository layers;
  CodeSigningRepository code_signing;
  CodeStore code;
  CodeLinks links;
  UrlNames url_names;
  UrlRepository urls;
  UrlDirectory url_directory;
  CachedFunctionDirectory directory;  // the FunctionDirectory for invoke
  ProvisionedTargets provisioned_targets;
  ProvisionedKeeper* provisioned = nullptr;  // set before the first request
  LambdaResources resources;                 // the iam::ResourcePolicies of "lambda"
  SnapStarter snap_starter;                  // started by who has the SnapshotTaker
  Activator activator;
};

}  // namespace kiln::lambda

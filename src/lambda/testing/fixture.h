// SPDX-License-Identifier: Apache-2.0
#pragma once
// A whole control plane on the memory store and a temporary folder, for tests.

#include "async/loop.h"
#include "base/metrics.h"
#include "lambda/api/common.h"
#include "lambda/service.h"
#include "lambda/testing/zip_builder.h"
#include "store/memory/memory_store.h"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

namespace kiln::lambda::testing {

class AnyRole final : public iam::RoleDirectory {
 public:
  Task<Result<std::optional<iam::RoleInfo>>> find_role(std::string role_arn) override {
    co_return std::optional<iam::RoleInfo>();
  }
  Task<Result<iam::PassRoleAnswer>> can_pass_to(std::string role_arn,
                                                std::string service) override {
    co_return role_arn.ends_with("/untrusted") ? iam::PassRoleAnswer::kNotTrusted
                                               : iam::PassRoleAnswer::kOk;
  }
};

// Takes everything but what its ARN calls closed.
class OpenTargets final : public aws::EventTarget {
 public:
  Task<Status> deliver(aws::TargetEvent event) override { return check(std::move(event)); }
  Task<Status> check(aws::TargetEvent event) override {
    if (event.target_arn.ends_with("closed")) {
      co_return fail(ErrorCode::kInvalidArgument, "the role may not");
    }
    co_return Status();
  }
};

struct World {
  World() {
    std::string pattern = (std::filesystem::temp_directory_path() / "kiln-lambda-XXXXXX").string();
    root = ::mkdtemp(pattern.data());
    blobs = std::move(*blob::open_file_blob_store(root + "/blobs", loop, pool, random));
    service = make_service();
  }
  ~World() { std::filesystem::remove_all(root); }

  std::unique_ptr<Service> make_service() {
    Options options;
    options.code_directory = root + "/code";
    options.link_secret = "a secret of the server";
    options.directory.activation_wait_ms = 5'000;
    return std::make_unique<Service>(
        Dependencies{*store, *blobs, loop.clock(), random, roles, pool, loop, objects, targets},
        options);
  }
  aws::RequestContext context(std::string region = "us-east-1") {
    aws::RequestContext out;
    out.account = "123456789012";
    out.region = std::move(region);
    out.host = "localhost:4566";
    out.principal.arn = "arn:aws:iam::123456789012:root";
    out.now = loop.clock().wall();
    return out;
  }

  Loop loop;
  Metrics metrics;
  BlockingPool pool{2, 64, metrics};
  SeededRandom random{1};
  AnyRole roles;
  NoCodeObjects objects;
  OpenTargets targets;
  std::unique_ptr<store::Store> store = store::make_memory_store(loop.clock(), loop);
  std::string root;
  std::unique_ptr<blob::BlobStore> blobs;
  std::unique_ptr<Service> service;
};

}  // namespace kiln::lambda::testing

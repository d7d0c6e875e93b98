// SPDX-License-Identifier: Apache-2.0
#pragma once
// FunctionVersion is one immutable snapshot of a function's code and configuration; "$LATEST" is
// replaced as a whole by each update. Rooms share it by shared_ptr<const FunctionVersion>.

#include "base/time.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::lambda {

enum class State : std::uint8_t { kPending, kActive, kInactive, kFailed };
enum class UpdateStatus : std::uint8_t { kSuccessful, kInProgress, kFailed };

struct Code {
  std::string sha256_hex;           // blob id of the zip
  std::string sha256_base64;        // CodeSha256
  std::int64_t size = 0;            // bytes of the zip
  std::int64_t unzipped_bytes = 0;  // 0: stored before it was counted
};

// A layer's version as its function needs it.
struct Layer {
  std::string arn;  // of the version
  Code code;
};

struct LoggingConfig {
  bool json = false;
  std::string application_level;  // "INFO" when json and unset; empty for text
  std::string system_level;
  std::string log_group;  // "/aws/lambda/<name>" unless configured
};

// Ids of the operator's making; see model/vpc.h. vpc_id is empty when both lists are: a function
// that has left its VPC.
struct Vpc {
  std::vector<std::string> subnet_ids;
  std::vector<std::string> security_group_ids;
  std::string vpc_id;
};

struct FunctionVersion {
  std::string account;
  std::string region;
  std::string name;
  std::string version = "$LATEST";
  // RevisionId: changes with everything that clients can change, the policy included.
  std::string revision_id;
  // Changes with code and configuration only: environments of an older one are retired. Empty in
  // records of older builds, where it is the revision.
  std::string deployment_id;
  std::string config_sha256;  // ConfigSha256
  std::string role;
  std::string runtime;  // "python3.12"; empty for images
  std::string handler;
  std::string description;
  int timeout_s = 3;
  int memory_mb = 128;
  int ephemeral_storage_mb = 512;
  std::map<std::string, std::string> environment;
  std::string kms_key_arn;
  std::string architecture = "x86_64";
  std::string tracing_mode = "PassThrough";
  std::string dead_letter_target;
  bool snap_start = false;        // ApplyOn: PublishedVersions
  bool tenant_isolation = false;  // environments serve one tenant each
  // UpdateRuntimeOn, and the version that Manual pins.
  std::string update_runtime_on = "Auto";
  std::string pinned_runtime_arn;
  LoggingConfig logging;
  std::optional<Vpc> vpc;
  Code code;
  std::vector<Layer> layers;  // in the order in which they are merged into /opt
  Timestamp last_modified;

  State state = State::kPending;
  std::string state_reason;
  std::string state_reason_code;
  UpdateStatus last_update_status = UpdateStatus::kSuccessful;
  std::string last_update_reason;
  std::string last_update_reason_code;

  bool unfinished() const {
    return state == State::kPending || last_update_status == UpdateStatus::kInProgress;
  }
  // SnapStart: initialised once, when it was published.
  bool starts_from_snapshot() const { return snap_start && version != "$LATEST"; }
  const std::string& deployment() const {
    return deployment_id.empty() ? revision_id : deployment_id;
  }
  // Another revision of the same deployment.
  void revise(std::string revision);
  // Another deployment, and so another revision.
  void redeploy(std::string revision);

  // "arn:aws:lambda:us-east-1:123456789012:function:name", without a version.
  std::string arn() const;
  std::string qualified_arn() const;  // arn() + ":" + version
};
// Of a runtime as it runs here; the same in INIT_START and in RuntimeVersionConfig.
std::string runtime_version_arn(std::string_view region, std::string_view runtime);

using FunctionVersionPtr = std::shared_ptr<const FunctionVersion>;

}  // namespace kiln::lambda

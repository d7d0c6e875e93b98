// SPDX-License-Identifier: Apache-2.0
#pragma once
// ServerConfig is everything `kiln dev` and `kiln serve` decide before the server starts.

#include "base/product.h"
#include "iam/policy_authorizer.h"
#include "invoke/response_stream.h"
#include "invoke/runtime_catalog.h"
#include "lambda/model/vpc.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kiln::sandbox {
struct StartedLauncher;
}

namespace kiln::server {

// The trust models: kDev takes well-known keys on loopback; kServe demands its own.
enum class TrustModel : std::uint8_t { kDev, kServe };

struct ServerConfig {
  TrustModel trust = TrustModel::kDev;
  std::string address = "127.0.0.1";
  int port = product::kDefaultPort;      // 0 picks one
  std::string data_dir;                  // absolute; created when missing
  std::vector<std::string> extra_hosts;  // names besides loopback ones that requests may carry
  // Function URLs are ID.lambda-url.REGION.DOMAIN; lower case; empty: "localhost".
  std::string url_domain;
  bool url_names_resolve = true;  // on this machine
  bool ephemeral = false;         // memory store; data_dir is a temporary folder
  std::string store_url;          // postgres://…; empty: RocksDB in data_dir. A secret
  bool allow_deprecated_runtimes = true;
  std::int32_t account_concurrency = 1'000;  // invocations at once, per account and region
  // Unset: kDev audits, kServe enforces.
  std::optional<iam::IamMode> iam_mode;
  // "auto": the strongest level that the host allows (kServe demands root or userns); "root",
  // "userns", "confined", "none".
  std::string isolation = "auto";
  // A launcher that was started before root was given up; the App takes it. Without it, and with a
  // reason why not, the App looks for a weaker level.
  std::shared_ptr<sandbox::StartedLauncher> launcher;
  std::string why_no_launcher;
  std::string programs;  // absolute: the folder of kiln-launcher and kiln-init
  std::string smtp_url;  // relay of SNS's e-mail: smtp://[user:password@]host:port; empty: none
  std::string mail_from = "no-reply@sns.localhost";
  // New environments of one function within 10 seconds; from 10 on.
  std::int64_t environment_creations = 1'000;
  std::int64_t idle_environment_ms = 10 * 60 * 1000;
  std::int64_t freeze_after_ms = 50;  // from the last response; -1: never
  // Of responses that stream, past their first 6 MiB; 0: as fast as it goes.
  std::int64_t stream_bytes_per_second = invoke::StreamPace::kDefaultBytesPerSecond;
  lambda::VpcDirectory vpcs;  // what functions with a VpcConfig reach
  invoke::RuntimeLocations runtimes;
};

}  // namespace kiln::server

// SPDX-License-Identifier: Apache-2.0
// `kiln dev` and `kiln serve`: run the server in the foreground.

#include "base/log.h"
#include "cli/command.h"
#include "cli/privileges.h"
#include "cli/runtime_locations.h"
#include "lambda/model/vpc.h"
#include "os/fd.h"
#include "os/files.h"
#include "sandbox/isolated/isolated_sandbox.h"
#include "server/app.h"
#include "store/postgres/postgres_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <stdlib.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace kiln::cli {
namespace {

using server::App;
using server::ServerConfig;
using server::TrustModel;

struct Options {
  ServerConfig config;
  std::string user;
  std::string egress;  // file
  bool verbose = false;
};

// Whether programs of this machine can call NAME.localhost. The C library alone can't; two of its
// modules can, without asking any server. (Browsers and curl always can.)
bool resolves_localhost_names() {
  std::ifstream file("/etc/nsswitch.conf");
  for (std::string line; std::getline(file, line);) {
    line.resize(std::min(line.size(), line.find('#')));
    if (!line.starts_with("hosts:")) continue;
    return line.find("myhostname") != std::string::npos ||
           line.find("resolve") != std::string::npos;
  }
  return false;
}

Status write_admin_keys(const std::string& data_dir, const App::Started& started) {
  const std::string path = data_dir + "/credentials";
  const std::string text = "[default]\naws_access_key_id = " + started.new_access_key_id +
                           "\naws_secret_access_key = " + started.new_secret_access_key + "\n";
  // Renamed when complete: the file is never half written, nor readable by others.
  const std::string unfinished = path + ".new";
  ::unlink(unfinished.c_str());
  const Fd file(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fsync(file.get()) != 0 || ::rename(unfinished.c_str(), path.c_str()) != 0) {
    return fail_errno("write", path, errno);
  }
  return {};
}

std::string describe_state(const ServerConfig& config) {
  if (config.ephemeral) return "in memory";
  if (config.store_url.empty()) return config.data_dir;
  return store::describe_postgres_url(config.store_url).value_or("PostgreSQL") + ", bodies in " +
         config.data_dir;
}

Task<void> main_task(Loop& loop, App& app, const ServerConfig& config, int& exit_code) {
  auto started = co_await app.start();
  if (!started) {
    fmt::print(stderr, "error: {}\n", started.error().message);
    exit_code = 1;
    loop.stop();
    co_return;
  }
  fmt::print("Kiln {} listens on http://{}:{} (state: {}, isolation: {})\n", product::kVersion,
             config.address, started->port, describe_state(config), started->isolation_level);
  if (!started->new_access_key_id.empty()) {
    if (auto written = write_admin_keys(config.data_dir, *started); !written) {
      fmt::print(stderr, "error: {}\n", written.error().message);
    }
    const std::string endpoint =
        started->port == product::kDefaultPort
            ? ""
            : fmt::format(" --endpoint http://{}:{}", config.address, started->port);
    fmt::print(
        "Administrator keys are in {0}/credentials; use them: eval \"$(kiln env --data-dir "
        "{0}{1})\"\n",
        config.data_dir, endpoint);
  }
  std::fflush(stdout);
}

Task<void> stop_task(Loop& loop, App& app) {
  co_await app.stop();
  loop.stop();
}

// The launcher trusts its folder, so that it must not lie in one of a plain user.
constexpr const char* kLauncherState = "/var/lib/kiln-launcher";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// REQUIRES: one thread, and nothing of the state opened.
Status give_up_root(const Options& options, ServerConfig& config) {
  const bool serve = config.trust == TrustModel::kServe;
  KILN_TRY(const auto account, choose_account({.requested = options.user,
                                               .serve = serve,
                                               .running_as = ::geteuid(),
                                               .sudo_uid = variable("SUDO_UID"),
                                               .sudo_gid = variable("SUDO_GID")}));
  if (!account) {
    if (::geteuid() == 0 && options.user.empty()) {
      log::write(serve ? log::Level::kWarn : log::Level::kDebug, "server",
                 "the server runs as root: --user NAME makes it a plain user's");
    }
    return {};
  }
  KILN_TRY_VOID(give_directory(config.data_dir, *account));
  if (config.isolation == "auto" || config.isolation == "root") {
    auto started = sandbox::start_isolation({.launcher = config.programs + "/kiln-launcher",
                                             .init = config.programs + "/kiln-init",
                                             .state_directory = kLauncherState,
                                             .level = "root",
                                             .endpoint_connection = {}});
    if (started) {
      config.launcher = std::make_shared<sandbox::StartedLauncher>(std::move(*started));
    } else if (config.isolation == "root") {
      return std::unexpected(std::move(started.error()));
    } else {
      config.why_no_launcher = started.error().message;
    }
  }
  KILN_TRY_VOID(become(*account));
  if (::access(config.data_dir.c_str(), R_OK | W_OK | X_OK) != 0) {
    return fail(ErrorCode::kInvalidArgument,
                account->name + " cannot enter " + config.data_dir +
                    ": a folder above it is closed to others (chmod o+x), or give --data-dir");
  }
  return {};
}

Status read_egress(const std::string& path, ServerConfig& config) {
  if (path.empty()) return {};
  KILN_TRY(const std::string text, read_file(path));
  auto vpcs = lambda::VpcDirectory::parse(text);
  if (!vpcs) return std::unexpected(std::move(vpcs.error()).context("--egress " + path));
  config.vpcs = std::move(*vpcs);
  return {};
}

int serve(Options options) {
  auto& config = options.config;
  if (options.verbose) log::set_level(log::Level::kDebug);
  if (!config.store_url.empty()) {
    if (auto name = store::describe_postgres_url(config.store_url); !name || config.ephemeral) {
      fmt::print(stderr, "error: {}\n",
                 name ? "--store and --ephemeral exclude each other" : name.error().message);
      return 1;
    }
  }
  if (config.ephemeral) {
    char name[] = "/tmp/kiln-XXXXXX";
    if (!::mkdtemp(name)) {
      fmt::print(stderr, "error: cannot make a folder in /tmp\n");
      return 1;
    }
    config.data_dir = name;
  }
  config.data_dir = std::filesystem::absolute(config.data_dir).lexically_normal().string();
  for (std::string& host : config.extra_hosts) host = CLI::detail::to_lower(host);
  config.url_domain = CLI::detail::to_lower(config.url_domain);
  config.url_names_resolve = !config.url_domain.empty() || resolves_localhost_names();
  config.runtimes = find_runtime_locations();
  config.programs = find_programs();
  const bool loopback = config.address == "localhost" || config.address.starts_with("127.");
  if (!loopback) {
    fmt::print(stderr,
               "error: {} is not a loopback address, and this build has no TLS for others\n",
               config.address);
    return 1;
  }
  if (auto read = read_egress(options.egress, config); !read) {
    fmt::print(stderr, "error: {}\n", read.error().message);
    return 1;
  }
  // Code has to be readable by the users of the environments.
  ::umask(0022);
  if (auto ready = give_up_root(options, config); !ready) {
    fmt::print(stderr, "error: {}\n", ready.error().message);
    return 1;
  }
  Loop loop;
  App app(loop, config);
  int exit_code = 0;
  bool stopping = false;
  loop.on_termination_signal([&](int) {
    if (stopping) std::_Exit(130);  // a second Ctrl-C does not wait
    stopping = true;
    fmt::print(stderr, "Stopping\n");
    spawn(stop_task(loop, app));
  });
  loop.post([&] { spawn(main_task(loop, app, config, exit_code)); });
  loop.run();
  return exit_code;
}

void add_server_options(CLI::App& command, Options& options) {
  command.add_option("--port", options.config.port, "Port; 0 picks one and prints it")
      ->capture_default_str();
  command.add_option("--address", options.config.address, "Address to listen on")
      ->capture_default_str();
  command.add_option("--host", options.config.extra_hosts,
                     "A further name by which clients may call this server");
  command.add_option("--url-domain", options.config.url_domain,
                     "Function URLs are ID.lambda-url.REGION.DOMAIN, and names below DOMAIN lead "
                     "here (default: localhost, where this machine resolves its names)");
  command
      .add_option("--smtp", options.config.smtp_url,
                  "Relay for e-mail subscriptions of SNS: smtp://[user:password@]host:port")
      ->check(CLI::Validator(
          [](const std::string& url) {
            const bool known = url.starts_with("smtp://") || url.starts_with("smtps://");
            return known ? std::string() : "an address that begins with smtp:// or smtps://";
          },
          "URL"));
  command.add_option("--mail-from", options.config.mail_from, "Sender of SNS's e-mail")
      ->capture_default_str();
  command.add_option("--data-dir", options.config.data_dir, "Folder of the server's state")
      ->capture_default_str();
  command
      .add_option("--concurrency", options.config.account_concurrency,
                  "Invocations that may run at once, per account and region")
      ->check(CLI::Range(100, 100'000))
      ->capture_default_str();
  command
      .add_option("--creations", options.config.environment_creations,
                  "New execution environments of one function within 10 seconds")
      ->check(CLI::Range(10, 100'000))
      ->capture_default_str();
  static const std::map<std::string, iam::IamMode> kModes = {{"enforce", iam::IamMode::kEnforce},
                                                             {"audit", iam::IamMode::kAudit},
                                                             {"off", iam::IamMode::kOff}};
  command
      .add_option("--iam", options.config.iam_mode,
                  "enforce: policies decide; audit: what they would deny is logged; off. Without "
                  "it, dev audits and serve enforces")
      ->transform(CLI::CheckedTransformer(kModes))
      ->option_text("enforce|audit|off");
  command
      .add_option("--store", options.config.store_url,
                  "postgres://user@host/database that holds the state; several servers may share "
                  "it (default: RocksDB in the data folder)")
      ->envname("KILN_STORE");
  command
      .add_option("--isolation", options.config.isolation,
                  "How functions are kept apart; auto takes the strongest that this host allows")
      ->check(CLI::IsMember({"auto", "root", "userns", "confined", "none"}))
      ->capture_default_str();
  command.add_option("--egress", options.egress,
                     "File that says what functions in a VPC reach: subnets and security groups "
                     "with \"all\", \"none\" or networks (docs/egress.md)");
  command.add_option("--user", options.user,
                     "Started as root: whom the server becomes, and whose the state is (serve: "
                     "kiln when there is such a user; dev: who called sudo)");
  command
      .add_option("--freeze-after", options.config.freeze_after_ms,
                  "Milliseconds from a response until the environment is frozen; -1: never")
      ->check(CLI::Range(-1, 60'000))
      ->capture_default_str();
  command
      .add_option("--stream-bandwidth", options.config.stream_bytes_per_second,
                  "Bytes per second of a streamed response past its first 6 MiB; 0: no cap")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 40))
      ->capture_default_str();
  command.add_flag("-v,--verbose", options.verbose, "Log every refused request");
}

}  // namespace

void add_dev(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  options->config.data_dir = std::string(product::kStateDirectory);
  auto* command = app.add_subcommand(
      "dev", "Run a server for development: loopback, test keys, state in ./.kiln");
  add_server_options(*command, *options);
  command->add_flag("--ephemeral", options->config.ephemeral, "Keep no state");
  command->callback([options, &exit_code] { exit_code = serve(*options); });
}

void add_serve(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  options->config.trust = TrustModel::kServe;
  options->config.data_dir = "/var/lib/kiln";
  options->config.allow_deprecated_runtimes = false;
  auto* command = app.add_subcommand(
      "serve", "Run a server in production: its own keys, made at the first start");
  add_server_options(*command, *options);
  command->add_flag("--allow-deprecated-runtimes", options->config.allow_deprecated_runtimes,
                    "Also take runtimes that AWS has retired");
  command->callback([options, &exit_code] { exit_code = serve(*options); });
}

}  // namespace kiln::cli

// SPDX-License-Identifier: Apache-2.0
#include "server/app.h"

#include "async/blocking_pool.h"
#include "async/fault_points.h"
#include "async/movable_clock.h"
#include "aws/event_target.h"
#include "aws/operation.h"
#include "aws/protocol/router.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "blob/blob_store.h"
#include "gen/cloudwatch/service.h"
#include "gen/dynamodb/service.h"
#include "gen/iam/service.h"
#include "gen/kinesis/service.h"
#include "gen/lambda/service.h"
#include "gen/logs/service.h"
#include "gen/s3/service.h"
#include "gen/sns/service.h"
#include "gen/sqs/service.h"
#include "gen/sts/service.h"
#include "http/server.h"
#include "iam/credential_sources.h"
#include "iam/iam_resources.h"
#include "iam/policy_authorizer.h"
#include "iam/store_principal_policies.h"
#include "iam/store_role_directory.h"
#include "invoke/api/service.h"
#include "invoke/async_dispatcher.h"
#include "invoke/invoker_impl.h"
#include "invoke/lambda_event_target.h"
#include "lambda/api/operations.h"
#include "lambda/service.h"
#include "metering/async_meter.h"
#include "metering/lambda_meter.h"
#include "metering/metering_log_sink.h"
#include "os/files.h"
#include "queue/outbox.h"
#include "queue/store_queue.h"
#include "server/data_directory.h"
#include "server/function_url_endpoint.h"
#include "server/open_sandbox.h"
#include "server/outbox_deliverer.h"
#include "server/pipeline.h"
#include "server/private_routes.h"
#include "server/s3_front.h"
#include "server/signed_routes.h"
#include "server/usage_route.h"
#include "server/waiting_routes.h"
#include "services/cloudwatch/service.h"
#include "services/iam/api/operations.h"
#include "services/logs/api/operations.h"
#include "services/logs/service.h"
#include "services/s3/api/operations.h"
#include "services/s3/service.h"
#include "services/sns/api/operations.h"
#include "services/sns/service.h"
#include "services/sqs/api/operations.h"
#include "services/sts/api/operations.h"
#include "sources/service.h"
#include "store/memory/memory_store.h"
#include "store/postgres/postgres_store.h"
#include "store/rocksdb/rocksdb_store.h"

#include <algorithm>
#include <filesystem>
#include <optional>

namespace kiln::server {
namespace {

constexpr std::size_t kBlockingThreads = 4;
constexpr std::size_t kBlockingQueue = 10'000;
constexpr std::int64_t kSweepEveryMs = 10 * 60 * 1000;
constexpr std::int64_t kSweepGraceMs = 60 * 60 * 1000;
// What S3 takes at once and the framing around it; operations have bounds of their own.
constexpr std::uint64_t kMaxBodyBytes = 6ull * 1024 * 1024 * 1024;
// Of a request's body; senders below it would never end.
constexpr std::int64_t kMinBytesPerSecond = 1024;

// One secret in the store, one key for each use, so that no use can stand in for another.
std::string derive_key(const std::string& server_key, std::string_view use) {
  return std::string(as_view(hmac_sha256(server_key, use)));
}

std::shared_ptr<const lambda::VpcDirectory> vpcs_of(const ServerConfig& config,
                                                    const sandbox::Sandbox& sandbox) {
  auto vpcs = std::make_shared<lambda::VpcDirectory>(config.vpcs);
  const auto [reaches, restricts] = sandbox.egress_support();
  vpcs->set_abilities({reaches, restricts, std::string(sandbox.level())});
  return vpcs;
}

}  // namespace

// In order of construction; destroyed in reverse.
struct App::Parts {
  Parts(Loop& l, DataDirectory d)
      : loop(l), data(std::move(d)), pool(kBlockingThreads, kBlockingQueue, metrics) {}

  Loop& loop;
  MovableClock time{loop.clock()};  // of all that waits
  DataDirectory data;
  Metrics metrics;
  SystemRandom random;
  BlockingPool pool;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<blob::BlobStore> blobs;
  FaultPoints no_faults;
  std::unique_ptr<queue::StoreQueue> queue;
  std::unique_ptr<queue::Outbox> outbox;
  aws::EventTargets targets;
  OutboxDeliverer deliverer{targets};
  std::unique_ptr<queue::OutboxRelay> relay;
  bool relay_started = false;
  std::string server_key;
  std::optional<iam::SessionTokens> tokens;
  std::unique_ptr<iam::CredentialSource> credentials;
  std::unique_ptr<iam::StoreRoleDirectory> roles;
  std::unique_ptr<iam::IamResources> iam_resources;
  std::unique_ptr<iam::StorePrincipalPolicies> principal_policies;
  std::unique_ptr<iam::PolicyAuthorizer> authorizer;
  std::unique_ptr<iam_api::Service> iam;
  std::unique_ptr<sts_api::Service> sts;
  std::unique_ptr<logs::Service> logs;
  std::unique_ptr<metering::MetricStore> metric_store;
  std::unique_ptr<metering::LambdaMeter> meter;
  std::unique_ptr<metering::MeteringLogSink> log_sink;
  std::unique_ptr<cloudwatch::Service> cloudwatch;
  std::unique_ptr<s3::Service> s3;
  std::unique_ptr<sns::Service> sns;
  std::unique_ptr<sqs::Service> sqs;
  std::unique_ptr<lambda::Service> lambda;
  std::unique_ptr<sandbox::Sandbox> sandbox;
  std::optional<invoke::RuntimeCatalog> catalog;
  std::unique_ptr<invoke::InvokerImpl> invoker;
  std::unique_ptr<metering::AsyncMeter> async_meter;
  std::unique_ptr<invoke::StoredAsyncSettings> async_settings;
  std::unique_ptr<invoke::AsyncQueue> async_events;
  std::unique_ptr<invoke::AsyncDispatcher> async_dispatcher;
  std::unique_ptr<invoke::LambdaEventTarget> lambda_target;
  std::unique_ptr<invoke::Service> invoke;
  std::unique_ptr<metering::ResourceMeter> mapping_meter;
  std::unique_ptr<sources::Service> sources;
  aws::Registry registry;
  std::unique_ptr<aws::protocol::Router> router;
  std::unique_ptr<Pipeline> pipeline;
  std::unique_ptr<S3FormUpload> s3_forms;
  std::unique_ptr<S3Website> s3_websites;
  std::unique_ptr<S3Front> s3_front;
  std::unique_ptr<SignedRoutes> signed_routes;
  std::unique_ptr<PrivateRoutes> private_routes;
  std::unique_ptr<FunctionUrlEndpoint> function_urls;
  std::unique_ptr<http::Server> http;
  std::stop_source stopping;
  Gate background;

  Task<Status> open_state(const ServerConfig& config);
  Task<Result<Started>> make_identity(const ServerConfig& config);
  Task<Status> start_services(const ServerConfig& config);
  void connect_invoke_path(const ServerConfig& config, int port);
  Task<http::Response> answer(http::Request& request);
  Task<void> sweep_forever(Gate::Pass pass);
};

App::App(Loop& loop, ServerConfig config) : loop_(loop), config_(std::move(config)) {}
App::~App() = default;

Task<Result<App::Started>> App::start() {
  KILN_CO_TRY(auto data, DataDirectory::open(config_.data_dir));
  parts_ = std::make_unique<Parts>(loop_, std::move(data));
  auto& p = *parts_;
  KILN_CO_TRY_VOID(co_await p.open_state(config_));
  KILN_CO_TRY(Started started, co_await p.make_identity(config_));
  KILN_CO_TRY_VOID(co_await p.start_services(config_));
  p.http = std::make_unique<http::Server>(
      loop_, p.metrics, "kiln_http",
      http::ServerLimits{.body_bytes = kMaxBodyBytes,
                         .body_min_bytes_per_second = kMinBytesPerSecond},
      [&p](http::Request& request) { return p.answer(request); });
  KILN_CO_TRY(started.port, p.http->start(config_.address, config_.port));
  // Nothing below suspends, so no request is seen before the parts it needs are there.
  p.connect_invoke_path(config_, started.port);
  p.sources->start();
  p.relay->start();
  p.async_dispatcher->start();
  p.relay_started = true;
  p.sns->start();
  started.isolation_level = p.sandbox->level();
  spawn(p.sweep_forever(p.background.enter()));
  co_return started;
}

Task<Status> App::Parts::open_state(const ServerConfig& config) {
  if (config.ephemeral) {
    store = store::make_memory_store(loop.clock(), loop);
  } else {
    auto opened =
        config.store_url.empty()
            ? store::open_rocksdb_store(data.path("store"), loop, pool, loop.clock(), metrics)
            : store::open_postgres_store({.url = config.store_url}, loop, loop.clock(), random,
                                         metrics);
    if (!opened) co_return std::unexpected(std::move(opened.error()).context("open the state"));
    store = std::move(*opened);
  }
  auto opened = blob::open_file_blob_store(data.path("blob"), loop, pool, random);
  if (!opened) co_return std::unexpected(std::move(opened.error()).context("open the blobs"));
  blobs = std::move(*opened);
  queue = std::make_unique<queue::StoreQueue>(
      *store, loop, time, random, metrics, no_faults,
      queue::StoreQueueOptions{.other_nodes = !config.store_url.empty()});
  outbox = std::make_unique<queue::Outbox>(*store, *queue, time);
  relay =
      std::make_unique<queue::OutboxRelay>(*outbox, deliverer, time, random, metrics, no_faults);
  co_return Status{};
}

Task<Result<App::Started>> App::Parts::make_identity(const ServerConfig& config) {
  Started started;
  KILN_CO_TRY(server_key, co_await iam::load_or_create_server_key(*store, random));
  tokens.emplace(derive_key(server_key, "session-tokens"), random);
  const bool dev = config.trust == TrustModel::kDev;
  if (dev) {
    credentials = std::make_unique<iam::DevCredentialSource>(*store, *tokens, loop);
  } else {
    credentials = std::make_unique<iam::StoreCredentialSource>(*store, *tokens, loop);
    KILN_CO_TRY(auto made,
                co_await iam::ensure_administrator_key(
                    *store, random, std::string(product::kDefaultAccount), loop.clock().wall()));
    // A crash between the key's commit and its file must not lock the administrator out.
    if (!made && !std::filesystem::exists(data.path("credentials"))) {
      KILN_CO_TRY(made, co_await iam::find_administrator_key(*store));
    }
    if (made) {
      started.new_access_key_id = made->access_key_id;
      started.new_secret_access_key = made->secret_access_key;
    }
  }
  roles = std::make_unique<iam::StoreRoleDirectory>(*store, loop, dev);
  iam_resources = std::make_unique<iam::IamResources>(*roles, *store);
  principal_policies = std::make_unique<iam::StorePrincipalPolicies>(*store);
  const auto mode = config.iam_mode.value_or(dev ? iam::IamMode::kAudit : iam::IamMode::kEnforce);
  authorizer =
      std::make_unique<iam::PolicyAuthorizer>(*store, loop, *principal_policies, metrics, mode);
  authorizer->add_resource_policies("iam", *iam_resources);
  co_return started;
}

Task<Status> App::Parts::start_services(const ServerConfig& config) {
  iam = std::make_unique<iam_api::Service>(iam_api::Service{*store, random});
  sts = std::make_unique<sts_api::Service>(
      sts_api::Service{*store, *tokens, config.trust == TrustModel::kDev});
  logs = std::make_unique<logs::Service>(*store, loop.clock(), random, metrics);
  logs->start();
  metric_store = std::make_unique<metering::MetricStore>(*store, loop.clock(), random, metrics);
  meter =
      std::make_unique<metering::LambdaMeter>(*metric_store, *store, loop.clock(), random, metrics);
  log_sink = std::make_unique<metering::MeteringLogSink>(logs->ingest, *metric_store);
  cloudwatch =
      std::make_unique<cloudwatch::Service>(cloudwatch::Service{*metric_store, loop.clock()});
  metric_store->start();
  meter->start();
  sns = std::make_unique<sns::Service>(sns::Service::Ports{*store,
                                                           *queue,
                                                           time,
                                                           loop,
                                                           pool,
                                                           random,
                                                           metrics,
                                                           *metric_store,
                                                           targets,
                                                           *authorizer,
                                                           {config.smtp_url, config.mail_from}});
  authorizer->add_resource_policies("sns", sns->policies);
  targets.add("sns", sns->topics);
  sqs = std::make_unique<sqs::Service>(
      sqs::Service::Dependencies{*store, *queue, time, random, loop, metrics, *authorizer, *roles,
                                 *metric_store},
      sqs::Options{.cooldown_ms = config.trust == TrustModel::kDev ? 0 : 60'000});
  authorizer->add_resource_policies("sqs", sqs->policies);
  targets.add("sqs", sqs->target);
  sqs->start();
  KILN_CO_TRY(s3, s3::Service::open(data.path("objects"), {*store, loop, time, random, metrics,
                                                           *authorizer, *outbox, targets}));
  s3->start();
  authorizer->add_resource_policies("s3", s3->policies);
  targets.add("s3", s3->target);
  KILN_CO_TRY(sandbox, open_sandbox(config, loop, metrics, data, [this](Fd connection) {
                if (http) http->adopt(std::move(connection));
              }));
  lambda::Options options;
  options.settings.vpcs = vpcs_of(config, *sandbox);
  options.settings.allow_deprecated_runtimes = config.allow_deprecated_runtimes;
  options.settings.allow_foreign_roles = config.trust == TrustModel::kDev;
  options.code_directory = data.path("code");
  options.limits.concurrent_executions = config.account_concurrency;
  options.url_names = {.domain = config.url_domain, .resolvable = config.url_names_resolve};
  options.link_secret = derive_key(server_key, "code-links");
  lambda = std::make_unique<lambda::Service>(
      lambda::Dependencies{*store, *blobs, loop.clock(), random, *roles, pool, loop,
                           s3->code_objects, targets},
      options);
  authorizer->add_resource_policies("lambda", lambda->resources);
  KILN_CO_TRY_VOID(co_await lambda->start());
  catalog = invoke::RuntimeCatalog::discover(config.runtimes);
  router = std::make_unique<aws::protocol::Router>(std::vector<const aws::ServiceModel*>{
      &gen::lambda::service_model(), &gen::logs::service_model(), &gen::iam::service_model(),
      &gen::sts::service_model(), &gen::s3::service_model(), &gen::sqs::service_model(),
      &gen::sns::service_model(), &gen::dynamodb::service_model(), &gen::kinesis::service_model(),
      &gen::cloudwatch::service_model()});
  co_return Status{};
}

void App::Parts::connect_invoke_path(const ServerConfig& config, int port) {
  const std::string endpoint = "http://" + config.address + ":" + std::to_string(port);
  const invoke::StreamPace pace{&loop.clock(), config.stream_bytes_per_second};
  invoke::InvokerOptions options;
  options.observer = meter.get();
  options.creation_burst = config.environment_creations;
  options.creations_per_second = config.environment_creations / 10;
  options.pool.idle_ms = config.idle_environment_ms;
  options.pool.freeze_after_ms = config.freeze_after_ms;
  options.pool.available_bytes = [] { return host_memory().available; };
  options.pool.min_available_bytes =
      std::min(options.pool.min_available_bytes, host_memory().total / 8);
  options.pool.max_environments =
      std::max(options.pool.max_environments, config.account_concurrency);
  invoker = std::make_unique<invoke::InvokerImpl>(
      invoke::ColdStartPorts{.clock = loop.clock(),
                             .executor = loop,
                             .random = random,
                             .metrics = metrics,
                             .sandbox = *sandbox,
                             .runtime = invoke::runtime_api_factory(loop, metrics),
                             .logs = *log_sink,
                             .functions = lambda->directory,
                             .catalog = *catalog,
                             .tokens = *tokens,
                             .roles = *roles,
                             .endpoint = endpoint,
                             .vpcs = lambda->settings.vpcs.get()},
      options);
  lambda->provisioned = &invoker->provisioned();
  invoker->provisioned().start(lambda->provisioned_targets);
  lambda->snap_starter.start(invoker->snapshots());
  async_meter = std::make_unique<metering::AsyncMeter>(*meter);
  deliverer.set_observer(*async_meter);
  async_settings = std::make_unique<invoke::StoredAsyncSettings>(*store);
  async_events =
      std::make_unique<invoke::AsyncQueue>(*store, *queue, random, metrics, *async_meter);
  async_dispatcher = std::make_unique<invoke::AsyncDispatcher>(
      invoke::AsyncDispatcherPorts{*async_events, *invoker, lambda->directory, *async_settings,
                                   *outbox, *async_meter, time, random, metrics, no_faults});
  lambda_target = std::make_unique<invoke::LambdaEventTarget>(*async_events, lambda->directory,
                                                              *authorizer, loop.clock());
  targets.add("lambda", *lambda_target);
  invoke = std::make_unique<invoke::Service>(
      invoke::Service{*invoker, lambda->directory, *async_events, pace});

  mapping_meter = std::make_unique<metering::ResourceMeter>(*metric_store, "AWS/Lambda",
                                                            "EventSourceMappingUUID");
  sources = std::make_unique<sources::Service>(
      sources::Service::Dependencies{*store, loop,
                                     sources::PollerPorts{time, random, metrics, lambda->directory,
                                                          *invoker, mapping_meter.get()}});

  sources->sources.add("sqs", sqs->source);

  lambda::register_operations(registry, *lambda);
  invoke::register_operations(registry, *invoke);
  sources::register_operations(registry, *sources);
  lambda->mappings = &sources->tags;
  cloudwatch::register_operations(registry, *cloudwatch);
  logs::register_operations(registry, *logs);
  iam_api::register_operations(registry, *iam);
  sts_api::register_operations(registry, *sts);
  sns::register_operations(registry, *sns);
  sqs::register_operations(registry, *sqs);
  s3::register_operations(registry, *s3);

  pipeline = std::make_unique<Pipeline>(
      Pipeline::Parts{registry, *router, *credentials, *authorizer, loop.clock(), random, metrics,
                      loop, pool},
      PipelineOptions{.spool_dir = data.path("spool"), .extra_hosts = config.extra_hosts});
  s3_forms = std::make_unique<S3FormUpload>(S3FormUpload::Parts{
      registry, *credentials, *authorizer, loop.clock(), random, metrics, data.path("spool")});
  s3_websites = std::make_unique<S3Website>(
      S3Website::Parts{registry, s3->buckets, *authorizer, loop.clock(), random});
  s3_front = std::make_unique<S3Front>(S3Front::Parts{*s3, *pipeline, *s3_forms, *s3_websites,
                                                      *router, *credentials, loop.clock(), random},
                                       config.extra_hosts);
  function_urls = std::make_unique<FunctionUrlEndpoint>(
      FunctionUrlEndpoint::Parts{lambda->url_directory, lambda->directory, *invoker, *credentials,
                                 *authorizer, loop.clock(), random, metrics, *meter},
      FunctionUrlOptions{.spool_dir = data.path("spool"),
                         .extra_hosts = config.extra_hosts,
                         .domain = config.url_domain,
                         .pace = pace});
  signed_routes = std::make_unique<SignedRoutes>(*credentials, *authorizer, loop.clock());
  signed_routes->add("/_kiln/iam/suggest", suggest_route(*authorizer));
  signed_routes->add(std::string(kUsagePath), usage_route(*meter));
  signed_routes->add(std::string(kSettlePath), settle_route(*store, *queue, time, metrics,
                                                            {&sources->pending, &sns->pending}));
  signed_routes->add(std::string(kClockPath), clock_route(time, config.trust == TrustModel::kDev));
  private_routes = std::make_unique<PrivateRoutes>(metrics, lambda->links, *blobs, loop.clock(),
                                                   *signed_routes, config.extra_hosts);
}

Task<http::Response> App::Parts::answer(http::Request& request) {
  if (auto url = function_urls->find(request))
    return function_urls->handle(request, std::move(*url));
  if (PrivateRoutes::owns(request.target)) return private_routes->handle(request);
  if (sns::Signer::owns(request.target)) return sns->signer.answer(request.target);
  return s3_front->handle(request);
}

Task<void> App::Parts::sweep_forever(Gate::Pass) {
  while (co_await sleep_ms(loop.clock(), kSweepEveryMs, stopping.get_token()) == Woken::kDeadline) {
    auto referenced = co_await lambda->referenced_blobs();
    if (!referenced) {
      log::warn("server", "sweep: " + referenced.error().message);
      continue;
    }
    auto swept = co_await blobs->sweep(*referenced, kSweepGraceMs);
    if (!swept) log::warn("server", "sweep of blobs: " + swept.error().message);
    auto unpacked = co_await lambda->code.sweep(*referenced, kSweepGraceMs);
    if (!unpacked) log::warn("server", "sweep of code: " + unpacked.error().message);
  }
}

Task<void> App::stop() {
  if (!parts_) co_return;
  auto& p = *parts_;
  p.stopping.request_stop();
  if (p.sqs) p.sqs->end_waits();
  if (p.http) co_await p.http->stop();
  if (p.relay_started) co_await p.relay->stop();
  if (p.sns) co_await p.sns->stop();
  if (p.sources) p.sources->begin_stop();
  if (p.async_dispatcher) p.async_dispatcher->stop_claiming();
  if (p.invoker) co_await p.invoker->stop();
  if (p.sources) co_await p.sources->stop();
  if (p.async_dispatcher) co_await p.async_dispatcher->stop();
  if (p.sandbox) co_await p.sandbox->stop();
  auto drained = p.background.closed();
  co_await drained;
  if (p.lambda) co_await p.lambda->stop();
  if (p.meter) co_await p.meter->stop();
  if (p.metric_store) co_await p.metric_store->stop();
  if (p.s3) co_await p.s3->stop();
  if (p.logs) co_await p.logs->stop();
  if (p.sqs) co_await p.sqs->stop();
  if (p.queue) co_await p.queue->stop();
  if (p.store) {
    if (auto closed = co_await p.store->close(); !closed) {
      log::error("server", "close the state: " + closed.error().message);
    }
  }
  if (config_.ephemeral) p.data.remove_all();
}

}  // namespace kiln::server

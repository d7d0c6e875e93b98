// SPDX-License-Identifier: Apache-2.0
#include "lambda/service.h"

namespace kiln::lambda {

Service::Service(const Dependencies& d, const Options& options)
    : clock(d.clock),
      random(d.random),
      roles(d.roles),
      objects(d.objects),
      targets(d.targets),
      settings(options.settings),
      limits(options.limits),
      repository(d.store, options.limits,
                 [this](const FunctionKey& key) {
                   directory.invalidate(key);
                   if (provisioned) provisioned->changed(key);
                 }),
      parts(d.store),
      layers(d.store, options.limits),
      code_signing(d.store),
      code(d.blobs, d.pool, d.home, d.clock, d.random, options.code_directory),
      links(d.blobs, options.link_secret),
      url_names(options.url_names),
      urls(d.store),
      url_directory(d.store, urls, d.home),
      directory(d.store, repository, code, d.clock, d.random, d.home,
                options.limits.concurrent_executions, options.directory),
      provisioned_targets(repository, parts),
      resources(directory, layers),
      snap_starter(repository, parts, d.random),
      activator(repository, code, d.random, [this](const FunctionKey& key, std::int64_t version) {
        snap_starter.begin(key, version);
      }) {}

Task<Status> Service::start() {
  KILN_CO_TRY_VOID(co_await code.start());
  co_return co_await activator.start();
}

Task<void> Service::stop() {
  co_await activator.stop();
  co_await snap_starter.stop();
}

}  // namespace kiln::lambda

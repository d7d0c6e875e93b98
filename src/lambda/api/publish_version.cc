// SPDX-License-Identifier: Apache-2.0
// PublishVersion: a numbered copy of $LATEST that never changes.

#include "gen/lambda/publish_version.h"

#include "aws/operation.h"
#include "gen/lambda/errors.h"
#include "lambda/api/common.h"
#include "lambda/api/configuration.h"
#include "lambda/api/version_operations.h"
#include "lambda/model/decisions.h"
#include "lambda/model/versions.h"

#include <utility>

namespace kiln::lambda {
namespace {

using Model = gen::lambda::PublishVersion;

aws::Authorization authorize(const aws::RequestContext& context, const Model::Input& input) {
  return authorize_function(context, "PublishVersion", input.function_name);
}

struct Publication {
  const Model::Input& input;
  std::string revision;
  std::string latest_revision;
  std::optional<FunctionVersion> version;
};

Task<Result<aws::ApiResult<void>>> apply(FunctionTransaction& transaction,
                                         Publication& publication) {
  const Model::Input& input = publication.input;
  FunctionRecord& record = transaction.record();
  if (auto good = check_updatable(record.latest, input.revision_id); !good) {
    co_return std::move(good);
  }
  if (auto good = check_code_hash(record.latest, input.code_sha256); !good) {
    co_return std::move(good);
  }
  const auto last = record.last_version;
  auto publishing = transaction.publish(input.description, publication.revision);
  KILN_CO_TRY(publication.version, co_await std::move(publishing));
  if (record.last_version != last) record.latest.revise(publication.latest_revision);
  co_return aws::ApiResult<void>();
}

Task<aws::ApiResult<Model::Output>> handle(Service& service, aws::RequestContext context,
                                           Model::Input input) {
  const auto ref = parse_latest_ref(context, *input.function_name, "");
  if (!ref) co_return aws::fail(ref.error());
  if (input.publish_to) co_return aws::fail(not_supported("PublishTo"));
  Publication publication{.input = input,
                          .revision = service.random.uuid(),
                          .latest_revision = service.random.uuid(),
                          .version = std::nullopt};
  auto changing = service.repository.change(
      ref->key, function_not_found(*ref),
      [&publication](FunctionTransaction& transaction) { return apply(transaction, publication); });
  if (auto changed = co_await std::move(changing); !changed) {
    co_return aws::fail(std::move(changed.error()));
  }
  const FunctionVersion& version = *publication.version;
  if (version.starts_from_snapshot() && version.state == State::kPending) {
    service.snap_starter.begin(ref->key, version_number(version.version));
  }
  co_return to_configuration(version, Arn::kQualified);
}

}  // namespace

const aws::Operation<Model, Service> kPublishVersion{authorize, handle};

}  // namespace kiln::lambda

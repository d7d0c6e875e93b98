// SPDX-License-Identifier: Apache-2.0
#pragma once
// Signer signs what endpoints are sent, with a key that this store has made at its first use, and
// serves the certificate that proves it, at AWS's path.
// https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
// Threads: one loop; signing happens on the blocking pool.

#include "async/blocking_pool.h"
#include "async/clock.h"
#include "async/executor.h"
#include "async/task.h"
#include "base/signing_key.h"
#include "http/message.h"
#include "iam/lru_cache.h"
#include "services/sns/model/envelope.h"
#include "store/store.h"

#include <memory>
#include <string>
#include <string_view>

namespace kiln::sns {

class Signer {
 public:
  // All outlive *this.
  Signer(store::Store& store, BlockingPool& pool, Executor& home, Clock& clock)
      : store_(store), pool_(pool), home_(home), clock_(clock) {}

  // `version`: "1" or "2". A message's signature is made once for all of its subscriptions.
  Task<Result<Signature>> sign(Delivery delivery, std::string version);

  // GET /SimpleNotificationService-<hex>.pem
  static bool owns(std::string_view target);
  Task<http::Response> answer(std::string target);

 private:
  struct Key {
    RsaSigner signer;
    std::string certificate;
    std::string path;
  };
  using KeyPtr = std::shared_ptr<const Key>;
  Task<Result<KeyPtr>> key();
  Task<Result<KeyPtr>> load_key();

  store::Store& store_;
  BlockingPool& pool_;
  Executor& home_;
  Clock& clock_;
  KeyPtr key_;
  bool loading_ = false;
  iam::LruCache<std::string> signatures_{1'024};  // by message and version
};

}  // namespace kiln::sns

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Sender takes one delivery to its endpoint, once. When to try again is the worker's affair.

#include "async/task.h"
#include "services/sns/model/records.h"

#include <cstdint>
#include <stop_token>
#include <string>

namespace kiln::sns {

struct Parcel {
  Delivery delivery;
  Topic topic;
  Subscription subscription;  // empty for an UnsubscribeConfirmation
  std::string id;             // the same at each attempt
};

struct Outcome {
  enum class Kind : std::uint8_t {
    kDelivered,
    kRefused,  // by the endpoint's fault or settings: another attempt would not help
    kFailed,   // worth another attempt
    kLater,    // not attempted: its turn has not come
  };
  Kind kind = Kind::kDelivered;
  // Attributes ErrorCode and ErrorMessage of a dead letter.
  std::string code = {};
  std::string message = {};
};

class Sender {
 public:
  virtual ~Sender() = default;
  virtual Task<Outcome> send(Parcel parcel, std::stop_token stop) = 0;
};

}  // namespace kiln::sns

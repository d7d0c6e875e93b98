// SPDX-License-Identifier: Apache-2.0
#pragma once
// Deliveries to HTTP and HTTPS endpoints: signed JSON, or the bare message where it is raw.
// https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html
//
// 15 s for an answer. 2xx and 3xx (not followed) are success, 429 and 5xx worth another attempt,
// what else there is is the endpoint's refusal. User and password in the URL are sent as basic
// authentication. A subscription's maxReceivesPerSecond spaces its deliveries out.

#include "async/loop.h"
#include "http/client.h"
#include "services/sns/delivery/sender.h"
#include "services/sns/delivery/signer.h"

#include <cstdint>
#include <map>
#include <string>

namespace kiln::sns {

class WebSender final : public Sender {
 public:
  // Both outlive *this.
  WebSender(Loop& loop, Signer& signer);
  Task<Outcome> send(Parcel parcel, std::stop_token stop) override;

 private:
  std::int64_t turn_in_ms(const Parcel& parcel, std::int64_t per_second);

  Loop& loop_;
  Signer& signer_;
  http::Client client_;
  std::map<std::string, std::int64_t> next_turn_ns_;  // by subscription; those that are throttled
};

}  // namespace kiln::sns

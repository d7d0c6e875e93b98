// SPDX-License-Identifier: Apache-2.0
#pragma once
// Deliveries by e-mail, through the SMTP relay that the operator has set. libcurl speaks to it, on
// threads of its own.

#include "async/blocking_pool.h"
#include "async/executor.h"
#include "base/metrics.h"
#include "services/sns/delivery/sender.h"
#include "services/sns/delivery/signer.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace kiln::sns {

struct MailSettings {
  std::string relay;  // "smtp://[user:password@]host:port" or smtps://; empty: there is none
  std::string from = "no-reply@sns.localhost";
};

// The mail of a delivery with its headers, lines ended by CRLF. `text`: its body, UTF-8.
std::string compose_mail(const Parcel& parcel, std::string_view from, std::string_view text);

class MailSender final : public Sender {
 public:
  // Of their own: a relay may take a minute to answer.
  static constexpr std::size_t kThreads = 2;

  // All outlive *this.
  MailSender(Executor& home, Signer& signer, Metrics& metrics, MailSettings settings)
      : home_(home), signer_(signer), metrics_(metrics), settings_(std::move(settings)) {}
  bool has_relay() const { return !settings_.relay.empty(); }
  Task<Outcome> send(Parcel parcel, std::stop_token stop) override;

 private:
  Executor& home_;
  Signer& signer_;
  Metrics& metrics_;
  MailSettings settings_;
  std::unique_ptr<BlockingPool> pool_;  // made with the first mail
};

}  // namespace kiln::sns

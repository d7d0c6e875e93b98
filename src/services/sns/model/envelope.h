// SPDX-License-Identifier: Apache-2.0
#pragma once
// What endpoints are sent: the JSON of notifications and confirmations, Lambda's event, and the
// text that is signed. Pure.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
// https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html

#include "services/sns/model/records.h"

#include <optional>
#include <string>
#include <string_view>

namespace kiln::sns {

struct Signature {
  std::string version;  // "1": SHA1withRSA, "2": SHA256withRSA
  std::string value;    // base64
  std::string certificate_url;
};

// The links of a message. base_url: of this server.
std::string confirm_url(const Delivery& delivery);
std::string unsubscribe_url(std::string_view base_url, const SubscriptionName& subscription);

// "SubscriptionConfirmation", "Notification", "UnsubscribeConfirmation".
std::string_view type_of(const Delivery& delivery);
// The text that the endpoint's owner reads; of confirmations AWS's own.
std::string text_of(const Delivery& delivery);

// https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html
std::string string_to_sign(const Delivery& delivery);
// The body for SQS (not raw), HTTP and e-mail-json. Without a signature: of FIFO topics.
std::string envelope(const Delivery& delivery, const std::optional<Signature>& signature);
std::string lambda_event(const Delivery& delivery, const Signature& signature);

// MessageStructure json: the text for `protocol`, else "default". nullopt when `text` is not that.
std::optional<std::string> text_for(std::string_view protocol, std::string_view text);
// Why `text` cannot have MessageStructure json, in AWS's words; nullopt: it can.
std::optional<std::string_view> structure_fault(std::string_view text);

}  // namespace kiln::sns

// SPDX-License-Identifier: Apache-2.0
#include "services/sns/delivery/mail_sender.h"

#include "base/encoding.h"
#include "base/time.h"
#include "services/sns/model/topic_attributes.h"

#include <algorithm>
#include <curl/curl.h>
#include <memory>
#include <utility>

namespace kiln::sns {
namespace {

constexpr long kConnectSeconds = 15;
constexpr long kSendSeconds = 60;
constexpr std::size_t kLine = 76;
constexpr std::size_t kWordBytes = 45;  // of an encoded word in a header

// RFC 2047 where it is not plain ASCII.
std::string header_text(std::string_view text) {
  const bool plain = std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
  if (plain) return std::string(text);
  std::string out;
  std::string word;
  const auto close = [&out, &word] {
    if (word.empty()) return;
    if (!out.empty()) out += "\r\n ";
    out += "=?UTF-8?B?" + base64_encode(word) + "?=";
    word.clear();
  };
  while (!text.empty()) {
    const std::size_t size = std::max<std::size_t>(utf8_sequence(text), 1);
    if (word.size() + size > kWordBytes) close();
    word += text.substr(0, size);
    text.remove_prefix(size);
  }
  close();
  return out;
}

std::string subject_of(const Delivery& delivery) {
  if (delivery.kind == Delivery::Kind::kSubscribe) {
    return "AWS Notification - Subscription Confirmation";
  }
  return delivery.message.subject.empty() ? "AWS Notification Message" : delivery.message.subject;
}

std::string from_header(const Parcel& parcel, std::string_view from) {
  std::string name = attribute_of(parcel.topic, "DisplayName");
  std::erase_if(name, [](char c) { return c == '"' || c == '\\'; });
  if (name.empty()) name = "AWS Notifications";
  const bool plain = std::ranges::all_of(name, [](char c) { return c >= ' ' && c < 0x7f; });
  const std::string shown = plain ? '"' + name + '"' : header_text(name);
  return shown + " <" + std::string(from) + ">";
}

std::string plain_text(const Parcel& parcel) {
  const Delivery& delivery = parcel.delivery;
  if (delivery.kind == Delivery::Kind::kSubscribe) {
    return "You have chosen to subscribe to the topic:\n" + arn_of(delivery.topic) +
           "\n\nTo confirm this subscription, visit this link (if you did not ask for it, no "
           "action "
           "is necessary):\n" +
           confirm_url(delivery) + "\n";
  }
  return delivery.message.text +
         "\n\n--\nTo stop receiving notifications from this topic, visit this link:\n" +
         unsubscribe_url(delivery.base_url, {delivery.topic, delivery.subscription_id}) +
         "\n\nPlease do not reply to this e-mail.\n";
}

struct Unread {
  std::string_view rest;
};

std::size_t read_more(char* out, std::size_t size, std::size_t count, void* source) {
  auto& unread = *static_cast<Unread*>(source);
  const std::size_t taken = std::min(size * count, unread.rest.size());
  unread.rest.copy(out, taken);
  unread.rest.remove_prefix(taken);
  return taken;
}

// On a worker of the pool.
struct Post {
  MailSettings settings;
  std::string to;
  std::string mail;

  Result<Outcome> operator()() const {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                   curl_easy_cleanup);
    if (ready != CURLE_OK || !curl) return fail(ErrorCode::kInternal, "libcurl does not start");
    const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> recipients(
        curl_slist_append(nullptr, ("<" + to + ">").c_str()), curl_slist_free_all);
    const std::string sender = "<" + settings.from + ">";
    Unread unread{mail};
    curl_easy_setopt(curl.get(), CURLOPT_URL, settings.relay.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl.get(), CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_TRY));
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kSendSeconds);
    curl_easy_setopt(curl.get(), CURLOPT_MAIL_FROM, sender.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_MAIL_RCPT, recipients.get());
    curl_easy_setopt(curl.get(), CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_READFUNCTION, &read_more);
    curl_easy_setopt(curl.get(), CURLOPT_READDATA, &unread);
    const CURLcode sent = curl_easy_perform(curl.get());
    if (sent == CURLE_OK) return Outcome{};
    long answer = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer);
    // 5xx: the relay will not take it, however often it is asked.
    const bool refused = answer >= 500 && answer < 600;
    return Outcome{refused ? Outcome::Kind::kRefused : Outcome::Kind::kFailed,
                   answer > 0 ? std::to_string(answer) : "ConnectionError",
                   std::string("The mail relay: ") + curl_easy_strerror(sent)};
  }
};

}  // namespace

std::string compose_mail(const Parcel& parcel, std::string_view from, std::string_view text) {
  const Delivery& delivery = parcel.delivery;
  std::string out = "From: " + from_header(parcel, from) + "\r\nTo: " + delivery.endpoint +
                    "\r\nSubject: " + header_text(subject_of(delivery)) +
                    "\r\nDate: " + format_http_date({delivery.message.published_ms}) +
                    "\r\nMessage-ID: <" + parcel.id + "@sns.localhost>" +
                    "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8"
                    "\r\nContent-Transfer-Encoding: base64\r\n\r\n";
  const std::string body = base64_encode(text);
  for (std::size_t at = 0; at < body.size(); at += kLine) {
    out.append(body, at, kLine).append("\r\n");
  }
  return out;
}

Task<Outcome> MailSender::send(Parcel parcel, std::stop_token) {
  if (!has_relay()) co_return Outcome{Outcome::Kind::kFailed, "NoRelay", "No SMTP relay is set."};
  std::string text;
  if (parcel.delivery.protocol == "email-json" &&
      parcel.delivery.kind == Delivery::Kind::kNotification) {
    auto signing = signer_.sign(parcel.delivery, attribute_of(parcel.topic, "SignatureVersion"));
    const auto signature = co_await signing;
    if (!signature) {
      co_return Outcome{Outcome::Kind::kFailed, "InternalError", signature.error().message};
    }
    text = envelope(parcel.delivery, *signature);
  } else {
    text = plain_text(parcel);
  }
  constexpr std::size_t kWaiting = 64;
  if (!pool_) pool_ = std::make_unique<BlockingPool>(kThreads, kWaiting, metrics_);
  auto posting = pool_->run(
      home_, Post{settings_, parcel.delivery.endpoint, compose_mail(parcel, settings_.from, text)});
  auto posted = co_await posting;
  if (!posted) {
    co_return Outcome{Outcome::Kind::kFailed, "InternalError", posted.error().message};
  }
  co_return std::move(*posted);
}

}  // namespace kiln::sns

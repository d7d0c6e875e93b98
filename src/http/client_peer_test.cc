// SPDX-License-Identifier: Apache-2.0
// The client against peers that do not behave, and against TLS.
#include "http/client.h"
#include "http/test_support.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <thread>
#include <vector>

namespace kiln::http {
namespace {

constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

Task<void> send_in_turn(Client& client, Loop& loop, std::string url, int count,
                        std::int64_t timeout_ms, std::stop_token stop,
                        std::vector<Result<ClientResponse>>& out) {
  for (int i = 0; i < count; ++i) {
    ClientRequest request{.method = "POST", .url = url, .body = "b"};
    auto sending =
        client.send(std::move(request), loop.clock().monotonic().plus_ms(timeout_ms), stop);
    out.push_back(co_await sending);
  }
}

// A listening socket whose connections a test serves by hand.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_.get(), 8), 0);
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  Fd accept() { return Fd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }
  int port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

 private:
  Fd socket_;
  int port_ = 0;
};

void read_request(const Fd& socket) {
  std::string input;
  char byte = 0;
  while (!input.ends_with("\r\n\r\nb") && ::recv(socket.get(), &byte, 1, 0) == 1) input += byte;
}
void answer(const Fd& socket) {
  const ssize_t sent = ::send(socket.get(), kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
  EXPECT_EQ(sent, static_cast<ssize_t>(kAnswer.size()));
}

TEST(ClientPeer, RetriesOnceWhenAKeptConnectionWasClosed) {
  Listener listener;
  std::thread peer([&] {
    Fd first = listener.accept();
    read_request(first);
    answer(first);
    read_request(first);  // the second request is taken and never answered
    first.reset();
    const Fd second = listener.accept();
    read_request(second);
    answer(second);
  });
  Loop loop;
  Client client(loop);
  std::vector<Result<ClientResponse>> out;
  loop.run_until_complete(send_in_turn(client, loop, listener.url(), 2, 5'000, {}, out));
  peer.join();
  ASSERT_TRUE(out[1]) << out[1].error().message;
  EXPECT_EQ(out[1]->body, "ok");
}

TEST(ClientPeer, DoesNotRetryOnANewConnection) {
  Listener listener;
  std::thread peer([&] { read_request(listener.accept()); });
  Loop loop;
  Client client(loop);
  std::vector<Result<ClientResponse>> out;
  loop.run_until_complete(send_in_turn(client, loop, listener.url(), 1, 5'000, {}, out));
  peer.join();
  EXPECT_EQ(out[0].error().code, ErrorCode::kClosed);
}

TEST(ClientPeer, StopsWhenAsked) {
  Listener listener;
  Loop loop;
  Client client(loop);
  std::stop_source stop;
  std::vector<Result<ClientResponse>> out;
  loop.clock().schedule(loop.clock().monotonic().plus_ms(20), [&] { stop.request_stop(); });
  loop.run_until_complete(
      send_in_turn(client, loop, listener.url(), 1, 5'000, stop.get_token(), out));
  EXPECT_EQ(out[0].error().code, ErrorCode::kCancelled);
}

// A TLS context with a certificate for 127.0.0.1 that it signed itself.
std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> self_signed() {
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_server_method()),
                                                            SSL_CTX_free);
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("127.0.0.1"), -1, -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  X509_sign(certificate, key, EVP_sha256());
  SSL_CTX_use_certificate(context.get(), certificate);
  SSL_CTX_use_PrivateKey(context.get(), key);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return context;
}

// Answers one request over TLS, or fails its handshake.
void serve_tls(Listener& listener) {
  const auto context = self_signed();
  const Fd socket = listener.accept();
  SSL* tls = SSL_new(context.get());
  SSL_set_fd(tls, socket.get());
  if (SSL_accept(tls) == 1) {
    std::string input;
    char byte = 0;
    while (!input.ends_with("\r\n\r\nb") && SSL_read(tls, &byte, 1) == 1) input += byte;
    SSL_write(tls, kAnswer.data(), static_cast<int>(kAnswer.size()));
    SSL_shutdown(tls);
  }
  SSL_free(tls);
}

Result<ClientResponse> send_over_tls(bool verify) {
  Listener listener;
  std::thread peer([&] { serve_tls(listener); });
  Loop loop;
  Client client(loop, {.verify_tls = verify});
  std::vector<Result<ClientResponse>> out;
  const std::string url = "https://127.0.0.1:" + std::to_string(listener.port()) + "/";
  loop.run_until_complete(send_in_turn(client, loop, url, 1, 5'000, {}, out));
  peer.join();
  return std::move(out[0]);
}

TEST(ClientPeer, SpeaksTlsAndChecksCertificates) {
  const auto trusting = send_over_tls(false);
  ASSERT_TRUE(trusting) << trusting.error().message;
  EXPECT_EQ(trusting->body, "ok");
  const auto checking = send_over_tls(true);
  ASSERT_FALSE(checking);
  EXPECT_EQ(checking.error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace kiln::http

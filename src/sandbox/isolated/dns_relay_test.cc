// SPDX-License-Identifier: Apache-2.0
#include "sandbox/isolated/dns_relay.h"

#include "async/loop.h"
#include "sandbox/isolated/dns_message.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace kiln::sandbox {
namespace {

std::string query_for(const std::string& name, std::uint16_t id, std::uint16_t type = 1) {
  std::string out{static_cast<char>(id >> 8), static_cast<char>(id)};
  out += std::string("\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 10);
  for (std::size_t at = 0; at < name.size();) {
    const auto end = std::min(name.find('.', at), name.size());
    out += static_cast<char>(end - at);
    out += name.substr(at, end - at);
    at = end + 1;
  }
  out += '\0';
  out += static_cast<char>(type >> 8);
  out += static_cast<char>(type);
  out += std::string("\x00\x01", 2);
  return out;
}

TEST(DnsMessage, AQuestionIsRead) {
  const std::string query = query_for("Www.Example.COM", 0x1234, 28);
  const auto question = dns::parse_query(query);
  ASSERT_TRUE(question.has_value());
  EXPECT_EQ(question->id, 0x1234);
  EXPECT_EQ(question->name, "www.example.com");
  EXPECT_EQ(question->type, 28);
  EXPECT_EQ(question->end, query.size());
}

TEST(DnsMessage, BrokenQueriesAreRefused) {
  const std::string query = query_for("example.com", 1);
  for (std::size_t size = 0; size < query.size(); ++size) {
    EXPECT_FALSE(dns::parse_query(query.substr(0, size)).has_value()) << size;
  }
  std::string response = query;
  response[2] = static_cast<char>(0x81);
  EXPECT_FALSE(dns::parse_query(response).has_value());
  std::string pointer = query;
  pointer[12] = static_cast<char>(0xc0);
  EXPECT_FALSE(dns::parse_query(pointer).has_value());
  std::string two = query;
  two[5] = 2;
  EXPECT_FALSE(dns::parse_query(two).has_value());
}

TEST(DnsMessage, LocalhostAndAllBelowItLeadToKiln) {
  EXPECT_EQ(dns::own_address("localhost"), 0xa9fe6401);
  EXPECT_EQ(dns::own_address("bucket.s3.localhost"), 0xa9fe6401);
  EXPECT_EQ(dns::own_address("sandbox.localdomain"), 0x7f000001u);
  EXPECT_EQ(dns::own_address("sandbox"), 0x7f000001u);
  EXPECT_FALSE(dns::own_address("notlocalhost").has_value());
  EXPECT_FALSE(dns::own_address("localhost.example.com").has_value());
}

TEST(DnsMessage, NameServersAreReadFromResolvConf) {
  const auto resolvers = resolvers_of(
      "# nameserver 9.9.9.9\nsearch x\nnameserver 10.0.0.2\nnameserver\t10.0.0.3 # b\n"
      "nameserver ::1\nnameserverx 1.1.1.1\nnameserver 10.0.0.4\nnameserver 10.0.0.5");
  ASSERT_EQ(resolvers.size(), 3u);
  EXPECT_EQ(resolvers[0], (Resolver{0x0a000002}));
  EXPECT_EQ(resolvers[2], (Resolver{0x0a000004}));
}

// A UDP socket on loopback.
struct Endpoint {
  explicit Endpoint() : fd(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    socklen_t size = sizeof address;
    getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  }
  Resolver resolver() const { return {INADDR_LOOPBACK, ntohs(address.sin_port)}; }
  void send(const std::string& bytes, const sockaddr_in& to) const {
    sendto(fd.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&to),
           sizeof to);
  }
  std::string receive(sockaddr_in* from = nullptr) const {
    char bytes[4096];
    socklen_t size = sizeof *from;
    const auto length = recvfrom(fd.get(), bytes, sizeof bytes, 0,
                                 reinterpret_cast<sockaddr*>(from), from ? &size : nullptr);
    return length < 0 ? "" : std::string(bytes, static_cast<std::size_t>(length));
  }
  Fd fd;
  sockaddr_in address{};
};

class DnsRelayTest : public ::testing::Test {
 protected:
  void open(std::vector<Resolver> resolvers) {
    inside_ = relay_end_.address;
    relay_ =
        DnsRelay::open({loop_, random_, metrics_, std::move(resolvers)}, std::move(relay_end_.fd));
  }
  ~DnsRelayTest() override {
    if (relay_) relay_->close();
  }
  // Runs the loop until `fd` can be read or some seconds have passed.
  void wait_for(const Endpoint& endpoint) { loop_.run_until_complete(readable(endpoint.fd.get())); }
  Task<void> readable(int fd) {
    for (int i = 0; i < 10'000; ++i) {
      pollfd source{fd, POLLIN, 0};
      if (poll(&source, 1, 0) > 0) co_return;
      co_await sleep_until(loop_.clock(), loop_.clock().monotonic().plus_ms(1), {});
    }
  }

  Loop loop_;
  SystemRandom random_;
  Metrics metrics_;
  Endpoint relay_end_;
  Endpoint client_;
  sockaddr_in inside_{};
  std::shared_ptr<DnsRelay> relay_;
};

TEST_F(DnsRelayTest, LocalhostIsAnsweredWithoutAsking) {
  open({});
  client_.send(query_for("a.b.localhost", 7), inside_);
  wait_for(client_);
  const std::string reply = client_.receive();
  EXPECT_EQ(reply.substr(0, 2), std::string("\0\7", 2));
  EXPECT_EQ(reply.substr(reply.size() - 4), "\xa9\xfe\x64\x01");
  client_.send(query_for("localhost", 8, 28), inside_);
  wait_for(client_);
  const std::string none = client_.receive();
  EXPECT_EQ(none[7], 0) << "no IPv6 address, and no failure";
  EXPECT_EQ(none[3] & 0xf, 0);
}

TEST_F(DnsRelayTest, OtherNamesAreAskedWithIdsOfOurOwn) {
  Endpoint upstream;
  open({upstream.resolver()});
  client_.send(query_for("example.com", 7), inside_);
  wait_for(upstream);
  sockaddr_in from{};
  std::string asked = upstream.receive(&from);
  EXPECT_EQ(asked.substr(2), query_for("example.com", 7).substr(2));
  const auto question = dns::parse_query(asked);
  ASSERT_TRUE(question.has_value());
  // A guess with the wrong id, and one for another name: neither is passed on.
  std::string forged = dns::answer_address(asked, *question, 0x06060606);
  forged[0] = static_cast<char>(forged[0] ^ 1);
  upstream.send(forged, from);
  const std::string other = query_for("example.org", question->id);
  upstream.send(dns::answer_address(other, *dns::parse_query(other), 0x06060606), from);
  Endpoint stranger;
  stranger.send(dns::answer_address(asked, *question, 0x06060606), from);
  upstream.send(dns::answer_address(asked, *question, 0x01020304), from);
  wait_for(client_);
  const std::string reply = client_.receive();
  EXPECT_EQ(reply.substr(0, 2), std::string("\0\7", 2));
  EXPECT_EQ(reply.substr(reply.size() - 4), "\x01\x02\x03\x04");
  EXPECT_EQ(metrics_.counter("kiln_sandbox_dns_unexpected_replies_total").value(), 2);
}

TEST_F(DnsRelayTest, WithoutResolversOtherNamesFail) {
  open({});
  client_.send(query_for("example.com", 9), inside_);
  wait_for(client_);
  EXPECT_EQ(client_.receive()[3] & 0xf, 2);
}

TEST_F(DnsRelayTest, TooManyQuestionsAtOnceAreRefused) {
  Endpoint upstream;  // never answers
  open({upstream.resolver()});
  for (int i = 0; i < DnsRelay::kMaxOutstanding; ++i) {
    client_.send(query_for("example.com", static_cast<std::uint16_t>(i)), inside_);
  }
  client_.send(query_for("one.more", 999), inside_);
  wait_for(client_);
  const std::string reply = client_.receive();
  EXPECT_EQ(dns::with_id(reply, 999), reply);
  EXPECT_EQ(reply[3] & 0xf, 5);
}

}  // namespace
}  // namespace kiln::sandbox

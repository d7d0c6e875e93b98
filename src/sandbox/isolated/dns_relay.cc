// SPDX-License-Identifier: Apache-2.0
#include "sandbox/isolated/dns_relay.h"

#include "async/asio_loop.h"
#include "sandbox/isolated/dns_message.h"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <arpa/inet.h>
#include <array>
#include <list>
#include <netinet/in.h>
#include <sys/socket.h>
#include <utility>

namespace kiln::sandbox {
namespace {

using Descriptor = boost::asio::posix::stream_descriptor;
constexpr int kQueriesPerWake = 16;
constexpr int kServerFailure = 2;
constexpr int kRefused = 5;
constexpr std::size_t kMaxResolvers = 3;

// One question of a client, on its way.
struct Asked {
  Asked(Loop& loop, std::string bytes, dns::Question question, sockaddr_in from)
      : query(std::move(bytes)),
        question(std::move(question)),
        client(from),
        socket(io_context_of(loop)) {}
  const std::string query;
  const dns::Question question;
  const sockaddr_in client;
  Descriptor socket;
  std::uint16_t id = 0;
  std::size_t resolver = 0;  // of the list
  Clock::TimerId timer = 0;
  bool done = false;
};

class Relay final : public DnsRelay, public std::enable_shared_from_this<Relay> {
 public:
  Relay(Ports ports, Fd socket)
      : ports_(std::move(ports)),
        inside_(io_context_of(ports_.loop), socket.release()),
        own_(ports_.metrics.counter("kiln_sandbox_dns_own_answers_total")),
        relayed_(ports_.metrics.counter("kiln_sandbox_dns_relayed_total")),
        refused_(ports_.metrics.counter("kiln_sandbox_dns_refused_total")),
        failed_(ports_.metrics.counter("kiln_sandbox_dns_failures_total")),
        forged_(ports_.metrics.counter("kiln_sandbox_dns_unexpected_replies_total")) {}

  void run() {
    inside_.async_wait(Descriptor::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                         if (error || self->closed_) return;
                         self->receive();
                         self->run();
                       });
  }

  void close() override {
    if (std::exchange(closed_, true)) return;
    boost::system::error_code ignored;
    inside_.close(ignored);
    while (!asked_.empty()) finish(asked_.front());
  }

 private:
  using AskedPtr = std::shared_ptr<Asked>;

  void receive() {
    std::array<char, dns::kMaxMessageBytes> bytes;
    for (int i = 0; i < kQueriesPerWake; ++i) {
      sockaddr_in from{};
      socklen_t size = sizeof from;
      const auto length = recvfrom(inside_.native_handle(), bytes.data(), bytes.size(), 0,
                                   reinterpret_cast<sockaddr*>(&from), &size);
      if (length < 0) return;
      handle({bytes.data(), static_cast<std::size_t>(length)}, from);
    }
  }

  void handle(std::string_view query, const sockaddr_in& from) {
    auto question = dns::parse_query(query);
    if (!question) return refused_.add();
    if (const auto address = dns::own_address(question->name)) {
      own_.add();
      const bool wanted =
          question->type == dns::kTypeA && question->type_class == dns::kClassInternet;
      return reply(dns::answer_address(query, *question, wanted ? address : std::nullopt), from);
    }
    if (asked_.size() >= kMaxOutstanding) {
      refused_.add();
      return reply(dns::answer_failure(query, *question, kRefused), from);
    }
    auto asked =
        std::make_shared<Asked>(ports_.loop, std::string(query), std::move(*question), from);
    asked_.push_back(asked);
    ask(asked);
  }

  void ask(const AskedPtr& asked) {
    boost::system::error_code ignored;
    asked->socket.close(ignored);
    while (asked->resolver < ports_.resolvers.size() && !send(*asked)) ++asked->resolver;
    if (asked->resolver >= ports_.resolvers.size()) return give_up(asked);
    Clock& clock = ports_.loop.clock();
    const auto parts = static_cast<std::int64_t>(ports_.resolvers.size());
    asked->timer = clock.schedule(clock.monotonic().plus_ms(kTimeoutMs / parts),
                                  [self = shared_from_this(), asked] {
                                    asked->timer = 0;
                                    ++asked->resolver;
                                    if (!asked->done) self->ask(asked);
                                  });
    listen(asked);
  }

  // A socket of its own, connected: the kernel draws the port and drops what others send.
  bool send(Asked& asked) {
    const Resolver& resolver = ports_.resolvers[asked.resolver];
    Fd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(resolver.port);
    to.sin_addr.s_addr = htonl(resolver.address);
    if (!fd || connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return false;
    asked.id = static_cast<std::uint16_t>(ports_.random.next_u64());
    const std::string query = dns::with_id(asked.query, asked.id);
    if (::send(fd.get(), query.data(), query.size(), 0) < 0) return false;
    asked.socket.assign(fd.release());
    return true;
  }

  void listen(const AskedPtr& asked) {
    asked->socket.async_wait(Descriptor::wait_read, [self = shared_from_this(), asked](
                                                        const boost::system::error_code& error) {
      if (!error && !asked->done) self->answered(asked);
    });
  }

  void answered(const AskedPtr& asked) {
    std::array<char, dns::kMaxMessageBytes> bytes;
    const auto length = recv(asked->socket.native_handle(), bytes.data(), bytes.size(), 0);
    // Nobody listens there: the timer goes on to the next.
    if (length < 0) return;
    const std::string_view message(bytes.data(), static_cast<std::size_t>(length));
    if (!dns::answers(message, asked->question, asked->id)) {
      forged_.add();
      return listen(asked);
    }
    relayed_.add();
    reply(dns::with_id(message, asked->question.id), asked->client);
    finish(asked);
  }

  void give_up(const AskedPtr& asked) {
    failed_.add();
    reply(dns::answer_failure(asked->query, asked->question, kServerFailure), asked->client);
    finish(asked);
  }

  void finish(const AskedPtr& which) {
    const AskedPtr asked = which;  // `which` may lie in the list
    asked->done = true;
    if (asked->timer != 0) ports_.loop.clock().cancel(std::exchange(asked->timer, 0));
    boost::system::error_code ignored;
    asked->socket.close(ignored);
    asked_.remove(asked);
  }

  void reply(const std::string& message, const sockaddr_in& to) {
    if (closed_) return;
    // A client that does not read loses its answers, as with any resolver.
    (void)sendto(inside_.native_handle(), message.data(), message.size(), MSG_DONTWAIT,
                 reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }

  const Ports ports_;
  Descriptor inside_;
  Counter& own_;
  Counter& relayed_;
  Counter& refused_;
  Counter& failed_;
  Counter& forged_;
  std::list<AskedPtr> asked_;
  bool closed_ = false;
};

}  // namespace

std::vector<Resolver> resolvers_of(std::string_view resolv_conf) {
  std::vector<Resolver> resolvers;
  while (!resolv_conf.empty() && resolvers.size() < kMaxResolvers) {
    const auto end = std::min(resolv_conf.find('\n'), resolv_conf.size());
    std::string_view line = resolv_conf.substr(0, end);
    resolv_conf.remove_prefix(std::min(end + 1, resolv_conf.size()));
    constexpr std::string_view kKeyword = "nameserver";
    if (!line.starts_with(kKeyword)) continue;
    line.remove_prefix(kKeyword.size());
    const auto first = line.find_first_not_of(" \t");
    if (first == 0 || first == std::string_view::npos) continue;
    line.remove_prefix(first);
    const std::string word(line.substr(0, line.find_first_of(" \t\r#;")));
    in_addr address{};
    if (inet_pton(AF_INET, word.c_str(), &address) == 1) {
      resolvers.push_back({.address = ntohl(address.s_addr)});
    }
  }
  return resolvers;
}

std::shared_ptr<DnsRelay> DnsRelay::open(Ports ports, Fd socket) {
  auto relay = std::make_shared<Relay>(std::move(ports), std::move(socket));
  relay->run();
  return relay;
}

}  // namespace kiln::sandbox

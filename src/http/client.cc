// SPDX-License-Identifier: Apache-2.0
#include "http/client.h"

#include "http/parser.h"
#include "http/transport.h"

#include <algorithm>
#include <list>
#include <vector>

namespace kiln::http {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::int64_t kIdleMs = 60'000;

struct Url {
  bool tls = false;
  std::string host;  // without brackets
  std::string port;
  std::string authority;  // as the Host field says it
  std::string target;
  std::string pool_key() const { return (tls ? "s" : "p") + host + " " + port; }
};

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; });
}

Result<Url> parse_url(std::string_view text) {
  const auto bad = [text](std::string_view why) {
    return fail(ErrorCode::kInvalidArgument,
                "bad URL (" + std::string(why) + "): " + std::string(text.substr(0, 200)));
  };
  Url url;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    url.tls = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return bad("neither http nor https");
  }
  if (has_control_character(text) || text.find(' ') != std::string_view::npos)
    return bad("white space or control characters");
  rest = rest.substr(0, rest.find('#'));
  const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view authority = rest.substr(0, path);
  url.target = rest.substr(path);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  if (authority.find('@') != std::string_view::npos) return bad("user information");
  url.authority = authority;
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return bad("no ]");
  const std::size_t colon = authority.find(':', bracket);
  url.host = authority.substr(0, colon);
  if (bracket != 0) url.host = authority.substr(1, bracket - 1);
  url.port = colon == std::string_view::npos ? "" : authority.substr(colon + 1);
  if (url.port.empty()) url.port = url.tls ? "443" : "80";
  const bool digits = url.port.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || url.port.size() > 5 || std::stoi(url.port) > 65535) return bad("port");
  if (url.host.empty()) return bad("no host");
  return url;
}

Result<std::string> request_head(const ClientRequest& request, const Url& url) {
  std::string head = request.method + " " + url.target + " HTTP/1.1\r\n";
  if (request.method.empty() || request.method.find(' ') != std::string::npos)
    return fail(ErrorCode::kInvalidArgument, "bad method");
  if (!request.headers.contains("Host")) head += "Host: " + url.authority + "\r\n";
  for (const auto& [name, value] : request.headers.fields()) {
    if (has_control_character(name) || has_control_character(value))
      return fail(ErrorCode::kInvalidArgument, "control character in header field " + name);
    if (equals_ignore_case(name, "Content-Length") || equals_ignore_case(name, "Connection") ||
        equals_ignore_case(name, "Transfer-Encoding"))
      continue;
    head.append(name).append(": ").append(value).append("\r\n");
  }
  if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD"))
    head += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  return head += "\r\n";
}

}  // namespace

struct Client::Impl {
  struct Kept {
    std::string key;
    std::unique_ptr<Transport> transport;
    Monotonic since;
  };
  struct Exchange {
    std::unique_ptr<Transport> transport;
    bool reused = false;
    bool answer_started = false;
    bool keep_alive = false;  // the transport may carry another request
  };

  Impl(Loop& loop_in, ClientOptions options_in) : loop(loop_in), options(options_in) {}

  Loop& loop;
  const ClientOptions options;
  std::optional<TlsContext> tls;
  std::list<Kept> idle;  // least recently used first

  // A kept connection for `key`, the most recently used; null when there is none.
  std::unique_ptr<Transport> take_idle(const std::string& key);
  void keep(const std::string& key, std::unique_ptr<Transport> transport);
  TlsContext* tls_context() {
    if (!tls) tls.emplace(options.verify_tls);
    return &*tls;
  }
  static Task<Result<ClientResponse>> send(std::shared_ptr<Impl> self, ClientRequest request,
                                           Monotonic deadline, std::stop_token stop);
  // One try on `exchange`; connects first unless it is reused.
  Task<Result<ClientResponse>> attempt(Exchange& exchange, const Url& url, std::string_view head,
                                       const ClientRequest& request, Monotonic deadline,
                                       std::stop_token stop);
  Task<Status> connect(Transport& transport, const Url& url, Monotonic deadline,
                       std::stop_token stop);
  Task<Result<ClientResponse>> exchange_on(Exchange& exchange, std::string_view head,
                                           const ClientRequest& request);
};

std::unique_ptr<Transport> Client::Impl::take_idle(const std::string& key) {
  const Monotonic oldest = loop.clock().monotonic().plus_ms(-kIdleMs);
  std::erase_if(idle, [&](const Kept& kept) { return kept.since < oldest; });
  for (auto it = idle.end(); it != idle.begin();) {
    --it;
    if (it->key != key) continue;
    auto transport = std::move(it->transport);
    it = idle.erase(it);
    if (!transport->is_stale()) return transport;
  }
  return nullptr;
}

void Client::Impl::keep(const std::string& key, std::unique_ptr<Transport> transport) {
  if (options.max_idle == 0) return;
  if (idle.size() >= options.max_idle) idle.pop_front();
  idle.push_back({key, std::move(transport), loop.clock().monotonic()});
}

Task<Result<ClientResponse>> Client::Impl::send(std::shared_ptr<Impl> self, ClientRequest request,
                                                Monotonic deadline, std::stop_token stop) {
  KILN_CO_TRY(const Url url, parse_url(request.url));
  KILN_CO_TRY(const std::string head, request_head(request, url));
  Exchange exchange;
  exchange.transport = self->take_idle(url.pool_key());
  exchange.reused = exchange.transport != nullptr;
  auto first = self->attempt(exchange, url, head, request, deadline, stop);
  Result<ClientResponse> response = co_await first;
  // A kept connection may have been closed by the peer just as the request left.
  const bool stale =
      !response && exchange.reused && !exchange.answer_started &&
      (response.error().code == ErrorCode::kClosed || response.error().code == ErrorCode::kIo);
  if (!stale) co_return response;
  Exchange fresh;
  auto second = self->attempt(fresh, url, head, request, deadline, stop);
  co_return co_await second;
}

Task<Result<ClientResponse>> Client::Impl::attempt(Exchange& exchange, const Url& url,
                                                   std::string_view head,
                                                   const ClientRequest& request, Monotonic deadline,
                                                   std::stop_token stop) {
  if (stop.stop_requested()) co_return fail(ErrorCode::kCancelled, "stopped");
  if (!exchange.reused) {
    exchange.transport = std::make_unique<Transport>(loop);
    auto connecting = connect(*exchange.transport, url, deadline, stop);
    KILN_CO_TRY_VOID(co_await connecting);
  }
  // Only `transport` is touched by the callbacks; it lives until both are gone.
  Transport* const transport = exchange.transport.get();
  const auto timer = loop.clock().schedule(
      deadline, [transport] { transport->abort({ErrorCode::kTimeout, "deadline passed"}); });
  Result<ClientResponse> response = fail(ErrorCode::kInternal, "");
  {
    const std::stop_callback on_stop(
        stop, [transport] { transport->abort({ErrorCode::kCancelled, "stopped"}); });
    auto running = exchange_on(exchange, head, request);
    response = co_await running;
  }
  loop.clock().cancel(timer);
  if (response && exchange.keep_alive) keep(url.pool_key(), std::move(exchange.transport));
  co_return response;
}

Task<Status> Client::Impl::connect(Transport& transport, const Url& url, Monotonic deadline,
                                   std::stop_token stop) {
  const Monotonic limit = loop.clock().monotonic().plus_ms(options.connect_timeout_ms);
  const Monotonic until = std::min(deadline, limit);
  Transport* const target = &transport;
  const auto timer = loop.clock().schedule(
      until, [target] { target->abort({ErrorCode::kTimeout, "connect: deadline passed"}); });
  Status status;
  {
    const std::stop_callback on_stop(
        stop, [target] { target->abort({ErrorCode::kCancelled, "stopped"}); });
    auto connecting =
        transport.connect(url.host, url.port, url.tls ? tls_context() : nullptr, until, stop);
    status = co_await connecting;
  }
  loop.clock().cancel(timer);
  co_return status;
}

Task<Result<ClientResponse>> Client::Impl::exchange_on(Exchange& exchange, std::string_view head,
                                                       const ClientRequest& request) {
  Transport& transport = *exchange.transport;
  auto writing = transport.write(head, request.body);
  const Status written = co_await writing;
  // A server may refuse early and close: its answer says more than our failed write.
  if (!written && written.error().code != ErrorCode::kClosed)
    co_return std::unexpected(written.error());
  ResponseParser parser(request.method == "HEAD", options.max_response_bytes);
  std::string input(kReadBytes, '\0');
  std::size_t filled = 0;
  while (!parser.done()) {
    if (filled == input.size()) input.resize(input.size() * 2);  // only a head grows this
    auto reading = transport.read(input.data() + filled, input.size() - filled);
    KILN_CO_TRY(const std::size_t got, co_await reading);
    if (got == 0) {
      KILN_CO_TRY_VOID(parser.feed_eof());
      co_return parser.take();
    }
    exchange.answer_started = true;
    filled += got;
    KILN_CO_TRY(const std::size_t taken, parser.feed({input.data(), filled}));
    std::copy(input.begin() + static_cast<std::ptrdiff_t>(taken),
              input.begin() + static_cast<std::ptrdiff_t>(filled), input.begin());
    filled -= taken;
  }
  exchange.keep_alive = written.has_value() && parser.keep_alive() && filled == 0;
  co_return parser.take();
}

Client::Client(Loop& loop, ClientOptions options) : impl_(std::make_shared<Impl>(loop, options)) {}
Client::~Client() = default;

Task<Result<ClientResponse>> Client::send(ClientRequest request, Monotonic deadline,
                                          std::stop_token stop) {
  return Impl::send(impl_, std::move(request), deadline, std::move(stop));
}

}  // namespace kiln::http

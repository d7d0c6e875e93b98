// SPDX-License-Identifier: Apache-2.0
// The smallest custom runtime: echoes each event over one kept connection. Only for the bench,
// where it shows the server's own share of an invocation.

#include <arpa/inet.h>
#include <cstdlib>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

std::string receive(int fd) {
  std::string data;
  char piece[65536];
  while (true) {
    const ssize_t n = ::read(fd, piece, sizeof piece);
    if (n <= 0) std::exit(0);
    data.append(piece, static_cast<std::size_t>(n));
    const auto head = data.find("\r\n\r\n");
    if (head == std::string::npos) continue;
    auto length = data.find("ontent-Length: ");
    if (length == std::string::npos) length = data.find("ontent-length: ");
    const std::size_t body =
        length < head ? std::strtoul(data.c_str() + length + 15, nullptr, 10) : 0;
    if (data.size() >= head + 4 + body) return data;
  }
}

void send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n <= 0) std::exit(0);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

std::string header(const std::string& head, std::string_view name) {
  for (std::size_t at = 0; at < head.size();) {
    const auto end = head.find("\r\n", at);
    const std::string_view line(head.data() + at, end - at);
    if (line.size() > name.size() && ::strncasecmp(line.data(), name.data(), name.size()) == 0) {
      return std::string(line.substr(name.size() + 2));
    }
    at = end + 2;
  }
  return "";
}

}  // namespace

int main() {
  const std::string address = std::getenv("AWS_LAMBDA_RUNTIME_API");
  const auto colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<unsigned short>(std::atoi(address.c_str() + colon + 1)));
  ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return 1;
  const std::string base = "/2018-06-01/runtime/invocation/";
  while (true) {
    send_all(fd, "GET " + base + "next HTTP/1.1\r\nHost: " + address + "\r\n\r\n");
    const std::string event = receive(fd);
    const auto head = event.find("\r\n\r\n");
    const std::string body = event.substr(head + 4);
    send_all(fd, "POST " + base +
                     header(event.substr(0, head + 2), "lambda-runtime-aws-request-id") +
                     "/response HTTP/1.1\r\nHost: " + address +
                     "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    receive(fd);
  }
}

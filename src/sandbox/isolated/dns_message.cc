// SPDX-License-Identifier: Apache-2.0
#include "sandbox/isolated/dns_message.h"

namespace kiln::sandbox::dns {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kMaxNameBytes = 255;
constexpr std::size_t kMaxLabelBytes = 63;
constexpr std::uint32_t kKiln = 0xa9fe6401;      // 169.254.100.1
constexpr std::uint32_t kLoopback = 0x7f000001;  // 127.0.0.1
constexpr std::uint32_t kAnswerSeconds = 60;

std::uint16_t u16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[at]) << 8 |
                                    static_cast<unsigned char>(bytes[at + 1]));
}

void put16(std::string& out, std::uint32_t value) {
  out += static_cast<char>(value >> 8 & 0xff);
  out += static_cast<char>(value & 0xff);
}

// The question alone, as a response with `code` and `answers` records to come.
std::string response(std::string_view query, const Question& question, int code, int answers) {
  std::string out(query.substr(0, 2));
  const bool recursion_desired = (static_cast<unsigned char>(query[2]) & 1) != 0;
  out += static_cast<char>(0x80 | (recursion_desired ? 1 : 0));
  out += static_cast<char>(0x80 | code);  // recursion is available
  put16(out, 1);
  put16(out, static_cast<std::uint32_t>(answers));
  put16(out, 0);
  put16(out, 0);
  out += query.substr(kHeaderBytes, question.end - kHeaderBytes);
  return out;
}

std::optional<Question> parse_question(std::string_view message) {
  if (message.size() < kHeaderBytes || u16(message, 4) != 1) return std::nullopt;
  Question question;
  question.id = u16(message, 0);
  std::size_t at = kHeaderBytes;
  for (;;) {
    if (at >= message.size()) return std::nullopt;
    const std::size_t length = static_cast<unsigned char>(message[at++]);
    if (length == 0) break;
    // Longer ones are pointers, which have nowhere to point in a question.
    if (length > kMaxLabelBytes || at + length > message.size()) return std::nullopt;
    if (!question.name.empty()) question.name += '.';
    for (const char c : message.substr(at, length)) {
      question.name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    if (question.name.size() > kMaxNameBytes) return std::nullopt;
    at += length;
  }
  if (at + 4 > message.size()) return std::nullopt;
  question.type = u16(message, at);
  question.type_class = u16(message, at + 2);
  question.end = at + 4;
  return question;
}

}  // namespace

std::optional<Question> parse_query(std::string_view message) {
  if (message.size() < kHeaderBytes || message.size() > kMaxMessageBytes) return std::nullopt;
  constexpr unsigned kResponseOrOperation = 0xf8;
  if ((static_cast<unsigned char>(message[2]) & kResponseOrOperation) != 0) return std::nullopt;
  return parse_question(message);
}

bool answers(std::string_view message, const Question& question, std::uint16_t id) {
  if (message.size() < kHeaderBytes || (static_cast<unsigned char>(message[2]) & 0x80) == 0) {
    return false;
  }
  const auto theirs = parse_question(message);
  return theirs && theirs->id == id && theirs->name == question.name &&
         theirs->type == question.type && theirs->type_class == question.type_class;
}

std::string with_id(std::string_view message, std::uint16_t id) {
  std::string out;
  out.reserve(message.size());
  put16(out, id);
  out += message.substr(2);
  return out;
}

std::string answer_address(std::string_view query, const Question& question,
                           std::optional<std::uint32_t> address) {
  std::string out = response(query, question, 0, address ? 1 : 0);
  if (!address) return out;
  put16(out, 0xc000 | kHeaderBytes);  // the question's name
  put16(out, kTypeA);
  put16(out, kClassInternet);
  put16(out, 0);
  put16(out, kAnswerSeconds);
  put16(out, 4);
  put16(out, *address >> 16);
  put16(out, *address);
  return out;
}

std::string answer_failure(std::string_view query, const Question& question, int code) {
  return response(query, question, code, 0);
}

std::optional<std::uint32_t> own_address(std::string_view name) {
  if (name == "localhost" || name.ends_with(".localhost")) return kKiln;
  if (name == "sandbox" || name == "sandbox.localdomain") return kLoopback;
  return std::nullopt;
}

}  // namespace kiln::sandbox::dns

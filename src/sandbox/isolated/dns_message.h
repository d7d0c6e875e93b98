// SPDX-License-Identifier: Apache-2.0
#pragma once
// As much of DNS (RFC 1035) as a relay needs: the question of a query, and answers of our own.
// Pure; every input may be hostile.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kiln::sandbox::dns {

inline constexpr std::size_t kMaxMessageBytes = 4096;

struct Question {
  std::uint16_t id = 0;
  std::string name;  // lower case, without the last dot; "" is the root
  std::uint16_t type = 0;
  std::uint16_t type_class = 0;
  std::size_t end = 0;  // of the question, in the message
};

inline constexpr std::uint16_t kTypeA = 1;
inline constexpr std::uint16_t kClassInternet = 1;

// Of a standard query with exactly one question.
std::optional<Question> parse_query(std::string_view message);
// True when `message` is a response to `question`, whose id was replaced by `id`.
bool answers(std::string_view message, const Question& question, std::uint16_t id);
// `message` with another id. REQUIRES: at least two bytes.
std::string with_id(std::string_view message, std::uint16_t id);

// The answer that `question` (of `query`) has one address, or when `address` is empty none of the
// type asked for. `address` is in host order.
std::string answer_address(std::string_view query, const Question& question,
                           std::optional<std::uint32_t> address);
// A failure: SERVFAIL (2) or REFUSED (5).
std::string answer_failure(std::string_view query, const Question& question, int code);

// Names that no resolver is asked for: "localhost" and all below it lead to Kiln, as clients of
// local AWS endpoints expect; those of the environment itself to its loopback.
std::optional<std::uint32_t> own_address(std::string_view name);

}  // namespace kiln::sandbox::dns

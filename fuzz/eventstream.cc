// SPDX-License-Identifier: Apache-2.0
// A stream of events, fed whole and byte by byte: the same messages; and each message, encoded, is
// read again. Random bytes rarely have a good CRC, so the input is also taken as a message's parts.
#include "aws/protocol/event_stream.h"
#include "fuzz/fuzz.h"

#include <algorithm>

namespace kiln::fuzz {
namespace {

using aws::protocol::EventMessage;

struct Read {
  bool good = true;
  std::vector<EventMessage> messages;
};

Read read(std::string_view in, std::size_t step) {
  aws::protocol::EventDecoder decoder;
  Read out;
  for (; !in.empty(); in.remove_prefix(std::min(step, in.size()))) {
    decoder.feed(in.substr(0, step));
    while (true) {
      auto next = decoder.next();
      if (!next) {
        out.good = false;
        return out;
      }
      if (!*next) break;
      out.messages.push_back(std::move(**next));
    }
  }
  out.good = decoder.at_boundary();
  return out;
}

bool same(const EventMessage& a, const EventMessage& b) {
  return a.headers == b.headers && a.payload == b.payload;
}

void encode_and_read(const EventMessage& message) {
  const auto bytes = aws::protocol::encode_event(message);
  if (!bytes) return;
  const auto back = read(*bytes, bytes->size());
  FUZZ_CHECK(back.good && back.messages.size() == 1 && same(back.messages[0], message));
}

}  // namespace
}  // namespace kiln::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln;
  const std::string_view in = fuzz::text(data, size);
  const auto whole = fuzz::read(in, in.size() + 1);
  const auto pieces = fuzz::read(in, 1);
  FUZZ_CHECK(whole.good == pieces.good && whole.messages.size() == pieces.messages.size());
  for (std::size_t i = 0; i < whole.messages.size(); ++i) {
    FUZZ_CHECK(fuzz::same(whole.messages[i], pieces.messages[i]));
    fuzz::encode_and_read(whole.messages[i]);
  }
  std::string_view rest = in;
  aws::protocol::EventMessage message;
  while (rest.size() > 2 && message.headers.size() < 8) {
    const auto name = fuzz::take_until(rest, "\n");
    const auto value = fuzz::take_until(rest, "\n");
    message.headers.emplace_back(name, std::string(value));
  }
  message.payload = rest;
  fuzz::encode_and_read(message);
  return 0;
}

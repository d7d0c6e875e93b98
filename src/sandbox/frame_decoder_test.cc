// SPDX-License-Identifier: Apache-2.0
#include "sandbox/frame_decoder.h"

#include <gtest/gtest.h>

#include <tuple>
#include <vector>

namespace kiln::sandbox {
namespace {

using Event = std::tuple<bool, std::string, std::int64_t>;

std::string frame(std::string_view message, std::int64_t time_us, unsigned char level = 0x03) {
  std::string bytes = {'\xa5', '\x5a', '\0', static_cast<char>(level)};
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(message.size() >> shift & 0xff);
  }
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(time_us >> shift & 0xff);
  return bytes.append(message);
}

std::vector<Event> decode(std::string_view bytes, std::size_t piece) {
  FrameDecoder decoder;
  std::vector<Event> events;
  const auto sink = [&events](bool framed, std::string_view message, std::int64_t time_ms) {
    events.emplace_back(framed, std::string(message), time_ms);
  };
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    decoder.feed(bytes.substr(at, piece), sink);
  }
  decoder.finish(sink);
  return events;
}

TEST(FrameDecoder, GivesWholeMessagesHoweverTheBytesArrive) {
  const std::string bytes = frame("one\ntwo", 1'700'000'000'123'456) + frame("", 5'000, 0x17);
  const std::vector<Event> expected = {{true, "one\ntwo", 1'700'000'000'123}, {true, "", 5}};
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    EXPECT_EQ(decode(bytes, piece), expected) << piece;
  }
}

TEST(FrameDecoder, KeepsBytesThatAreNoFrame) {
  const std::string noise = "plain text without any frame";
  const std::vector<Event> expected = {{false, noise, 0}, {true, "m", 1}};
  EXPECT_EQ(decode(noise + frame("m", 1'000), 4096), expected);
}

TEST(FrameDecoder, CutsMessagesOverTheBound) {
  const std::string message(FrameDecoder::kMaxMessageBytes + 10, 'x');
  const auto events = decode(frame(message, 2'000) + frame("next", 3'000), 4'000'000);
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(std::get<1>(events[0]).size(), FrameDecoder::kMaxMessageBytes);
  EXPECT_EQ(std::get<1>(events[1]).size(), 10U);
  EXPECT_EQ(std::get<1>(events[2]), "next");
}

TEST(FrameDecoder, HandsOverAnUnfinishedFrameAtTheEnd) {
  const std::string bytes = frame("cut short", 1'000);
  const std::vector<Event> expected = {{true, "cut", 0}};
  EXPECT_EQ(decode(bytes.substr(0, bytes.size() - 6), 7), expected);
}

}  // namespace
}  // namespace kiln::sandbox

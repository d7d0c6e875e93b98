// SPDX-License-Identifier: Apache-2.0
#include "aws/protocol/xml_writer.h"

#include "aws/protocol/scalar.h"

#include <gtest/gtest.h>

namespace kiln::aws::protocol {
namespace {

std::string text(std::string_view raw) {
  std::string out;
  append_xml_text(out, raw);
  return out;
}

TEST(XmlWriter, EscapesWhatIsMarkup) {
  EXPECT_EQ(text("<a b=\"c\">&\r\n\t"), "&lt;a b=&quot;c&quot;&gt;&amp;&#xD;&#xA;&#x9;");
  EXPECT_EQ(text("aé€😀"), "aé€😀");
}

TEST(XmlWriter, ReplacesWhatXmlCannotHold) {
  EXPECT_EQ(text("a\x01z"), "a\uFFFDz");
  EXPECT_EQ(text("a\xFFz"), "a\uFFFDz");
  EXPECT_EQ(text("a\xE2\x82"), "a\uFFFD\uFFFD");
  EXPECT_EQ(text("\uFFFE\uFFFF"), "\uFFFD\uFFFD");
}

TEST(Scalar, StringsAreUtf8) {
  const Shape shape{.kind = Kind::kString};
  std::string out;
  EXPECT_TRUE(parse_scalar(shape, TimeFormat::kDefault, "é", &out));
  EXPECT_FALSE(parse_scalar(shape, TimeFormat::kDefault, "\xE9", &out));
}

}  // namespace
}  // namespace kiln::aws::protocol

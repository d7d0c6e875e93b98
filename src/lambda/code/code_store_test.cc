// SPDX-License-Identifier: Apache-2.0
#include "lambda/testing/fixture.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace kiln::lambda {
namespace {

namespace fs = std::filesystem;
using testing::World;
using testing::ZipBuilder;

std::string text(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

Task<std::string> kept(World& world, std::string zip) {
  auto accept = world.service->code.accept(std::move(zip), false);
  const auto code = co_await std::move(accept);
  co_return code ? code->sha256_hex : "";
}

Task<void> merges(World& world) {
  EXPECT_TRUE(co_await world.service->start());
  std::vector<std::string> layers;
  layers.push_back(co_await kept(world, ZipBuilder()
                                            .add("both", "low")
                                            .add("folder/low", "low")
                                            .add("file", "low")
                                            .add("link", "folder", 0120777)
                                            .build()));
  layers.push_back(co_await kept(world, ZipBuilder()
                                            .add("both", "high")
                                            .add("folder/high", "high")
                                            .add("file/inner", "high")
                                            .add("link/inner", "high")
                                            .build()));
  auto merge = world.service->code.merged_directory("merged", layers);
  const auto merged = co_await std::move(merge);
  EXPECT_TRUE(merged) << merged.error().message;
  if (!merged) co_return;
  EXPECT_EQ(text(*merged + "/both"), "high");
  EXPECT_EQ(text(*merged + "/folder/low"), "low");
  EXPECT_EQ(text(*merged + "/folder/high"), "high");
  EXPECT_EQ(text(*merged + "/file/inner"), "high");
  // A later folder in the place of a link is not written through the link.
  EXPECT_EQ(text(*merged + "/link/inner"), "high");
  EXPECT_FALSE(fs::exists(*merged + "/folder/inner"));
  EXPECT_FALSE(fs::is_symlink(*merged + "/link"));
  auto low = world.service->code.directory(layers.front());
  const auto untouched = co_await std::move(low);
  EXPECT_EQ(text(*untouched + "/both"), "low");
  EXPECT_TRUE(fs::is_symlink(*untouched + "/link"));
  co_await world.service->stop();
}

TEST(CodeStore, MergesLayersInTheirOrder) {
  World world;
  world.loop.run_until_complete(merges(world));
}

}  // namespace
}  // namespace kiln::lambda

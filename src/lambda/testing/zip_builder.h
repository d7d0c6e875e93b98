// SPDX-License-Identifier: Apache-2.0
#pragma once
// Makes zips for tests, also those that no honest program makes.

#include <cstdint>
#include <string>
#include <string_view>

namespace kiln::lambda::testing {

class ZipBuilder {
 public:
  // `mode` as in stat: 0100644 a file, 0120777 a symbolic link whose target is the content.
  ZipBuilder& add(std::string_view name, std::string_view content, std::uint32_t mode = 0100644);
  // The same, compressed, and with a claim about the size that need not be true.
  ZipBuilder& add_deflated(std::string_view name, std::string_view content,
                           std::uint32_t claimed_size);
  ZipBuilder& add_with_wrong_checksum(std::string_view name, std::string_view content);
  std::string build() const;

 private:
  struct Stored {
    std::uint16_t method;
    std::uint32_t checksum;
    std::uint32_t size;
  };
  void append(std::string_view name, std::string_view data, Stored stored, std::uint32_t mode);

  std::string entries_;
  std::string directory_;
  std::uint16_t count_ = 0;
};

}  // namespace kiln::lambda::testing

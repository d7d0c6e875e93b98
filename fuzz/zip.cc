// SPDX-License-Identifier: Apache-2.0
// Uploaded zips: checked only, then unpacked. What was unpacked lies inside the folder, links lead
// nowhere else, and both ways count the same size.
#include "lambda/code/zip.h"

#include "fuzz/fuzz.h"

#include <filesystem>

namespace fs = std::filesystem;

namespace kiln::fuzz {
namespace {

struct TemporaryFolder {
  TemporaryFolder() {
    char name[] = "/tmp/kiln-fuzz-zip.XXXXXX";
    FUZZ_CHECK(::mkdtemp(name) != nullptr);
    path = name;
  }
  ~TemporaryFolder() { fs::remove_all(path); }
  fs::path path;
};

void check_inside(const fs::path& root) {
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_symlink()) {
      FUZZ_CHECK(entry.is_regular_file() || entry.is_directory());
      continue;
    }
    std::error_code error;
    const auto target = fs::weakly_canonical(entry.path(), error);
    // A loop of links leads nowhere at all.
    if (!error) FUZZ_CHECK(target == root || target.native().starts_with(root.native() + "/"));
  }
}

}  // namespace
}  // namespace kiln::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln;
  constexpr lambda::ZipLimits kLimits{.unzipped_bytes = 1 << 20, .entries = 64};
  const std::string_view zip = fuzz::text(data, size);
  const auto checked = lambda::unpack_zip(zip, "", kLimits);
  if (const auto name = lambda::safe_entry_name(zip)) {
    FUZZ_CHECK(!name->starts_with('/') && name->find("//") == std::string::npos);
    const auto joined = (fs::path("/root") / *name).lexically_normal().native();
    FUZZ_CHECK(joined.starts_with("/root"));
  }
  if (!checked) {
    FUZZ_CHECK(checked.error().code != ErrorCode::kIo);
    return 0;
  }
  FUZZ_CHECK(*checked <= kLimits.unzipped_bytes);
  const fuzz::TemporaryFolder folder;
  const auto unpacked = lambda::unpack_zip(zip, folder.path.native(), kLimits);
  if (unpacked) FUZZ_CHECK(*unpacked == *checked);
  fuzz::check_inside(folder.path);
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include "cli/zip_directory.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

namespace kiln::cli {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kMaxZipBytes = 52'428'800;  // AWS: direct upload of a deployment package

bool left_out(const fs::path& relative) {
  for (const auto& part : relative) {
    if (part == ".git" || part == "__pycache__") return true;
  }
  return relative == "function.json";
}

la_ssize_t append_bytes(archive*, void* out, const void* bytes, std::size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

Status add_file(archive* zip, const fs::path& path, const fs::path& relative) {
  std::ifstream file(path, std::ios::binary);
  const std::string content((std::istreambuf_iterator<char>(file)), {});
  if (!file) return fail(ErrorCode::kIo, "cannot read " + path.string());
  std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(),
                                                                      archive_entry_free);
  const bool executable =
      (fs::status(path).permissions() & fs::perms::owner_exec) != fs::perms::none;
  archive_entry_set_pathname(entry.get(), relative.c_str());
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), executable ? 0755 : 0644);
  // A fixed time: the same content gives the same CodeSha256.
  archive_entry_set_mtime(entry.get(), 315'532'800, 0);
  if (archive_write_header(zip, entry.get()) != ARCHIVE_OK ||
      archive_write_data(zip, content.data(), content.size()) < 0) {
    return fail(ErrorCode::kIo, std::string("zip: ") + archive_error_string(zip));
  }
  return {};
}

}  // namespace

Result<std::string> zip_directory(const std::string& directory) {
  std::error_code ec;
  if (!fs::is_directory(directory, ec)) {
    return fail(ErrorCode::kNotFound, directory + " is not a directory");
  }
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator it(directory, ec), end; !ec && it != end;
       it.increment(ec)) {
    if (it->is_regular_file(ec)) files.push_back(it->path());
  }
  if (ec) return fail(ErrorCode::kIo, "cannot list " + directory + ": " + ec.message());
  std::ranges::sort(files);

  std::string out;
  std::unique_ptr<archive, decltype(&archive_write_free)> zip(archive_write_new(),
                                                              archive_write_free);
  archive_write_set_format_zip(zip.get());
  archive_write_set_bytes_in_last_block(zip.get(), 1);
  if (archive_write_open(zip.get(), &out, nullptr, append_bytes, nullptr) != ARCHIVE_OK) {
    return fail(ErrorCode::kInternal, std::string("zip: ") + archive_error_string(zip.get()));
  }
  for (const auto& path : files) {
    const auto relative = path.lexically_relative(directory);
    if (left_out(relative)) continue;
    KILN_TRY_VOID(add_file(zip.get(), path, relative));
    if (out.size() > kMaxZipBytes) {
      return fail(ErrorCode::kLimitExceeded,
                  directory + " is over 50 MB zipped, the limit for a direct upload");
    }
  }
  if (archive_write_close(zip.get()) != ARCHIVE_OK) {
    return fail(ErrorCode::kIo, std::string("zip: ") + archive_error_string(zip.get()));
  }
  return out;
}

}  // namespace kiln::cli

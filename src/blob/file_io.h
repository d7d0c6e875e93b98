// SPDX-License-Identifier: Apache-2.0
#pragma once
// What both blob stores do with files. Blocking: called on the pool. Errors name call and `where`.

#include "base/result.h"
#include "os/fd.h"

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

namespace kiln::blob {

// `flags` are added to O_CLOEXEC; a file that is made is the owner's alone. kNotFound where there
// is none.
Result<Fd> open_blob_file(const std::string& path, int flags);
Status write_all(int fd, std::string_view bytes, const std::string& where);
// At most `size` bytes from `offset`: fewer at the end of the file.
Result<std::string> read_at(int fd, std::uint64_t offset, std::size_t size,
                            const std::string& where);
// What was linked, renamed or removed in the folder is on disk afterwards.
Status sync_folder(const std::string& path);
// Makes `path`, if it is missing, and syncs `parent`: who made it may not have done so yet.
Status make_folder(const std::string& path, const std::string& parent);
// Milliseconds from a time stamp of the file system until now, on the file system's own clock:
// the movable Clock says nothing about files.
std::int64_t file_age_ms(const struct timespec& stamp);

}  // namespace kiln::blob

// SPDX-License-Identifier: Apache-2.0
#include "lambda/code/code_store.h"

#include "base/crypto.h"
#include "base/encoding.h"
#include "gen/lambda/errors.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace kiln::lambda {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTemporary = ".tmp-";
constexpr std::string_view kBootMark = ".boot-id";
constexpr std::size_t kMaxReady = 20'000;

std::string read_text(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::unexpected<Error> failed(std::string_view call, const std::string& path,
                              const std::error_code& error) {
  return fail_errno(call, path, error.value());
}

Status prepare(const std::string& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) return failed("mkdir", directory, error);
  const std::string mark = directory + "/" + std::string(kBootMark);
  const std::string boot = read_text("/proc/sys/kernel/random/boot_id");
  const bool same_boot = !boot.empty() && read_text(mark) == boot;
  for (fs::directory_iterator it(directory, error), end; !error && it != end;) {
    const fs::path path = it->path();
    it.increment(error);
    const bool unfinished = path.filename().string().starts_with(kTemporary);
    if (same_boot && !unfinished) continue;
    std::error_code ignored;  // a folder that stays is found unpacked or unpacked over
    fs::remove_all(path, ignored);
  }
  if (error) return failed("readdir", directory, error);
  if (same_boot) return {};
  std::ofstream out(mark, std::ios::trunc);
  out << boot;
  return out.flush() ? Status() : Status(fail_errno("write", mark, EIO));
}

Status make_directory(const std::string& path) {
  std::error_code error;
  fs::create_directory(path, error);
  if (error) return failed("mkdir", path, error);
  fs::permissions(path, static_cast<fs::perms>(0755), error);
  return error ? Status(failed("chmod", path, error)) : Status();
}

// Fills `temporary` by `fill(temporary)`, a Result<T>, and renames it to `target`, where another
// one may already be.
template <class Fill>
auto fill_and_rename(const std::string& temporary, const std::string& target, Fill fill)
    -> decltype(fill(temporary)) {
  KILN_TRY_VOID(make_directory(temporary));
  auto result = fill(temporary);
  std::error_code error;
  if (result) {
    fs::rename(temporary, target, error);
    if (!error) return result;
    if (!fs::is_directory(target)) result = failed("rename", target, error);
  }
  std::error_code ignored;
  fs::remove_all(temporary, ignored);
  return result;
}

// Answers the unpacked size.
Result<std::int64_t> unpack_into(std::string_view zip, const std::string& temporary,
                                 const std::string& target) {
  return fill_and_rename(temporary, target,
                         [&](const std::string& folder) { return unpack_zip(zip, folder); });
}

// Adds what is in `layer` to `merged`, files as hard links. Folders of `merged` are never links, so
// nothing is written elsewhere.
Status merge_layer(const std::string& layer, const std::string& merged) {
  std::error_code error;
  for (fs::recursive_directory_iterator it(layer, error), end; !error && it != end;
       it.increment(error)) {
    const fs::path to = merged / it->path().lexically_relative(layer);
    const auto kind = it->symlink_status(error).type();
    const auto there = fs::symlink_status(to, error).type();
    error.clear();  // that nothing is there is one
    const bool folder = kind == fs::file_type::directory;
    if (folder && there == fs::file_type::directory) continue;
    if (there != fs::file_type::not_found) fs::remove_all(to, error);
    if (error) return failed("replace", to, error);
    if (folder) {
      KILN_TRY_VOID(make_directory(to));
    } else if (kind == fs::file_type::symlink) {
      fs::copy_symlink(it->path(), to, error);
    } else {
      fs::create_hard_link(it->path(), to, error);
    }
    if (error) return failed("link", to, error);
  }
  return error ? Status(failed("readdir", layer, error)) : Status();
}

}  // namespace

aws::ApiError zip_error(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalidArgument:
      return gen::lambda::invalid_parameter_value_exception(
          "Could not unzip uploaded file. Please check your file, then try to upload again.");
    case ErrorCode::kNotFound:
      return gen::lambda::invalid_parameter_value_exception(
          "Uploaded file must be a non-empty zip");
    case ErrorCode::kLimitExceeded:
      return gen::lambda::invalid_parameter_value_exception(
          "Unzipped size must be smaller than " + std::to_string(kMaxUnzippedBytes) + " bytes");
    default:
      return aws::internal_failure("lambda", error, "ServiceException");
  }
}

CodeStore::CodeStore(blob::BlobStore& blobs, BlockingPool& pool, Executor& home, Clock& clock,
                     Random& random, std::string directory, std::int64_t unpack_wait_ms)
    : blobs_(blobs),
      pool_(pool),
      home_(home),
      clock_(clock),
      random_(random),
      directory_(std::move(directory)),
      unpack_wait_ms_(unpack_wait_ms) {}

std::string CodeStore::temporary_path() {
  return directory_ + "/" + std::string(kTemporary) + random_.uuid();
}

Task<Status> CodeStore::start() {
  auto task = pool_.run(home_, [this] { return prepare(directory_); });
  co_return co_await std::move(task);
}

Task<aws::ApiResult<Code>> CodeStore::accept(std::string zip, bool dry_run) {
  const std::string temporary = temporary_path();
  auto work = pool_.run(home_, [this, &zip, &temporary, dry_run]() -> Result<Code> {
    const Sha256Digest digest = sha256(zip);
    Code code{.sha256_hex = hex_encode(as_view(digest)),
              .sha256_base64 = base64_encode(as_view(digest)),
              .size = static_cast<std::int64_t>(zip.size())};
    std::error_code error;
    const std::string target = path_of(code.sha256_hex);
    if (dry_run || fs::is_directory(target, error)) {
      KILN_TRY(code.unzipped_bytes, unpack_zip(zip, ""));
    } else {
      KILN_TRY(code.unzipped_bytes, unpack_into(zip, temporary, target));
    }
    return code;
  });
  auto code = co_await std::move(work);
  if (!code) {
    const bool busy = code.error().message.starts_with("too much blocking work");
    if (busy) co_return aws::fail(gen::lambda::too_many_requests_exception("Rate Exceeded."));
    co_return aws::fail(zip_error(code.error()));
  }
  if (dry_run) co_return std::move(*code);
  auto put = blobs_.put(std::move(zip));
  auto stored = co_await std::move(put);
  if (!stored) {
    co_return aws::fail(aws::internal_failure("lambda", stored.error(), "ServiceException"));
  }
  co_return std::move(*code);
}

Task<Result<std::string>> CodeStore::directory(std::string sha256_hex) {
  return shared(std::move(sha256_hex), {});
}

Task<Result<std::string>> CodeStore::merged_directory(std::string id,
                                                      std::vector<std::string> layers) {
  return shared(std::move(id), std::move(layers));
}

Task<Result<std::string>> CodeStore::shared(std::string id, std::vector<std::string> layers) {
  if (ready_.contains(id)) co_return path_of(id);
  if (const auto found = flights_.find(id); found != flights_.end()) {
    const std::shared_ptr<Flight> flight = found->second;
    const auto done = std::make_shared<OneShot<bool>>();
    flight->waiters.push_back(done);
    const Monotonic deadline = clock_.monotonic().plus_ms(unpack_wait_ms_);
    auto wait = done->wait(clock_, deadline, {});
    const auto woken = co_await std::move(wait);
    if (!woken) co_return std::unexpected(woken.error());
    co_return *flight->outcome;
  }
  const auto flight = std::make_shared<Flight>();
  flights_.emplace(id, flight);
  auto task = layers.empty() ? unpack_blob(id) : merge(id, std::move(layers));
  flight->outcome = co_await std::move(task);
  flights_.erase(id);
  if (*flight->outcome) {
    if (ready_.size() >= kMaxReady) ready_.clear();
    ready_.insert(id);
  }
  for (const auto& waiter : flight->waiters) waiter->set(true);
  co_return *flight->outcome;
}

Task<Result<std::string>> CodeStore::unpack_blob(std::string sha256_hex) {
  const std::string target = path_of(sha256_hex);
  const std::string temporary = temporary_path();
  const std::string blob_path = blobs_.path(sha256_hex);
  auto work = pool_.run(home_, [&target, &temporary, &blob_path]() -> Result<std::string> {
    std::error_code error;
    if (fs::is_directory(target, error)) return target;
    std::ifstream in(blob_path, std::ios::binary);
    if (!in) return fail_errno("open", blob_path, errno);
    const std::string zip{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    KILN_TRY_VOID(unpack_into(zip, temporary, target));
    return target;
  });
  co_return co_await std::move(work);
}

Task<Result<std::string>> CodeStore::merge(std::string id, std::vector<std::string> layers) {
  std::vector<std::string> from;
  for (std::string& layer : layers) {
    auto task = directory(std::move(layer));
    KILN_CO_TRY(std::string path, co_await std::move(task));
    from.push_back(std::move(path));
  }
  const std::string target = path_of(id);
  const std::string temporary = temporary_path();
  auto work = pool_.run(home_, [&from, &target, &temporary]() -> Result<std::string> {
    std::error_code error;
    if (fs::is_directory(target, error)) return target;
    const auto fill = [&from](const std::string& folder) {
      Status merged;
      for (std::size_t i = 0; i < from.size() && merged; ++i) merged = merge_layer(from[i], folder);
      return merged;
    };
    KILN_TRY_VOID(fill_and_rename(temporary, target, fill));
    return target;
  });
  co_return co_await std::move(work);
}

Task<Result<std::size_t>> CodeStore::sweep(std::set<std::string> referenced,
                                           std::int64_t grace_ms) {
  auto work = pool_.run(home_, [this, &referenced, grace_ms]() -> Result<std::set<std::string>> {
    std::set<std::string> removed;
    std::error_code error;
    const auto oldest = fs::file_time_type::clock::now() - std::chrono::milliseconds(grace_ms);
    for (fs::directory_iterator it(directory_, error), end; !error && it != end;) {
      const fs::path path = it->path();
      it.increment(error);
      const std::string name = path.filename().string();
      std::error_code ignored;
      if (name.starts_with('.') || referenced.contains(name)) continue;
      if (fs::last_write_time(path, ignored) > oldest) continue;
      // Renamed first, so that no half removed folder is ever taken for a whole one.
      const std::string dying = directory_ + "/" + std::string(kTemporary) + "dying-" + name;
      fs::rename(path, dying, ignored);
      if (ignored) continue;
      fs::remove_all(dying, ignored);
      removed.insert(name);
    }
    if (error) return failed("readdir", directory_, error);
    return removed;
  });
  auto removed = co_await std::move(work);
  if (!removed) co_return std::unexpected(std::move(removed.error()));
  for (const auto& name : *removed) ready_.erase(name);
  co_return removed->size();
}

}  // namespace kiln::lambda

// SPDX-License-Identifier: Apache-2.0
// The list of versions merges two spaces: current versions, and all others beside them.
#include "services/s3/model/version_id.h"
#include "services/s3/store/keys.h"
#include "services/s3/store/listing.h"
#include "services/s3/store/objects.h"

#include <algorithm>
#include <deque>

namespace kiln::s3 {
namespace {

// One of the two spaces, read a page at a time.
class Cursor {
 public:
  Cursor(store::Store& store, std::string space, store::Range range)
      : store_(store), space_(std::move(space)), range_(std::move(range)) {}

  // Null at the end.
  Task<Result<const VersionPage::Entry*>> peek() {
    while (page_.empty() && !at_end_) {
      if (!range_.end.empty() && range_.begin >= range_.end) break;
      KILN_CO_TRY(auto entries, co_await store_.scan(range_));
      at_end_ = entries.size() < range_.limit;
      if (!entries.empty()) range_.begin = entries.back().key + '\0';
      for (auto& entry : entries) {
        store::KeyReader reader(std::string_view(entry.key).substr(space_.size()));
        VersionPage::Entry read;
        KILN_CO_TRY(read.key, reader.next_string());
        KILN_CO_TRY(read.version, decode_version(entry.value));
        page_.push_back(std::move(read));
      }
    }
    co_return page_.empty() ? nullptr : &page_.front();
  }
  VersionPage::Entry take() {
    auto out = std::move(page_.front());
    page_.pop_front();
    return out;
  }
  // Passes over what lies before `begin`.
  void skip_to(const std::string& prefix, std::string begin) {
    while (!page_.empty() && page_.front().key.starts_with(prefix)) page_.pop_front();
    if (page_.empty()) range_.begin = std::max(range_.begin, std::move(begin));
  }

 private:
  store::Store& store_;
  std::string space_;
  store::Range range_;
  std::deque<VersionPage::Entry> page_;
  bool at_end_ = false;
};

}  // namespace

Task<Result<VersionPage>> Listing::list_versions(BucketPtr bucket, ListRequest request,
                                                 std::string id_marker) {
  const Bucket& b = bucket->bucket;
  const auto range_of = [&b](std::string_view space, std::string_view prefix) {
    auto range = store::prefix_range(keys::open_end(keys::of(b, space, prefix)));
    range.limit = 200;
    return range;
  };
  auto current_range = range_of("key", request.prefix);
  auto other_range = range_of("version", request.prefix);
  std::string latest_of;  // the key whose latest version was met already
  bool find_marker = false;
  if (!request.after.empty()) {
    const std::string passed = common_prefix(request.after, request.prefix, request.delimiter);
    if (!passed.empty() && request.after.starts_with(request.prefix)) {
      current_range.begin = std::max(current_range.begin, range_of("key", passed).end);
      other_range.begin = std::max(other_range.begin, range_of("version", passed).end);
    } else {
      current_range.begin = std::max(current_range.begin, keys::current(b, request.after) + '\0');
      // The marker's own order is in its id; that of a null version has to be looked for.
      const auto order = order_of_version_id(id_marker);
      std::string begin = store::prefix_range(keys::versions(b, request.after)).end;
      if (order) begin = keys::version(b, request.after, *order, id_marker) + '\0';
      find_marker = id_marker == "null";
      if (find_marker) begin = keys::versions(b, request.after);
      if (order || find_marker) latest_of = request.after;
      other_range.begin = std::max(other_range.begin, std::move(begin));
    }
  }
  if (find_marker) {
    // Was the null version the current one, everything beside it comes after it.
    KILN_CO_TRY(auto entry, co_await store_.read(keys::current(b, request.after)));
    if (entry) {
      KILN_CO_TRY(const auto current, decode_version(entry->value));
      find_marker = !current.version_id.empty();
    }
  }
  Cursor currents(store_, keys::currents(b), std::move(current_range));
  Cursor others(store_, keys::all_versions(b), std::move(other_range));
  VersionPage page;
  std::size_t count = 0;
  while (true) {
    KILN_CO_TRY(const auto* current, co_await currents.peek());
    KILN_CO_TRY(const auto* other, co_await others.peek());
    if (!current && !other) co_return page;
    const bool take_current = current && (!other || current->key <= other->key);
    const std::string key = take_current ? current->key : other->key;
    if (find_marker && !take_current && key == request.after) {
      const auto passed = others.take();
      if (passed.version.version_id.empty()) find_marker = false;
      continue;
    }
    if (count == request.limit) {
      page.truncated = true;
      co_return page;
    }
    ++count;
    std::string common = common_prefix(key, request.prefix, request.delimiter);
    if (!common.empty()) {
      currents.skip_to(common, range_of("key", common).end);
      others.skip_to(common, range_of("version", common).end);
      page.last_key = common;
      page.last_id.clear();
      page.prefixes.push_back(std::move(common));
      continue;
    }
    auto entry = take_current ? currents.take() : others.take();
    entry.latest = latest_of != entry.key;
    latest_of = entry.key;
    page.last_key = entry.key;
    page.last_id = shown_version_id(entry.version);
    page.entries.push_back(std::move(entry));
  }
}

}  // namespace kiln::s3

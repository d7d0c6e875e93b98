// SPDX-License-Identifier: Apache-2.0
// Objects, lists, uploads and garbage on a memory store and real files.
#include "async/fake_clock.h"
#include "async/loop.h"
#include "base/encoding.h"
#include "services/s3/store/garbage.h"
#include "services/s3/store/lifecycle_sweeper.h"
#include "services/s3/store/listing.h"
#include "services/s3/store/uploads.h"
#include "store/memory/memory_store.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace kiln::s3 {
namespace {

namespace fs = std::filesystem;

template <class T>
Task<void> keep_result(Task<T> task, std::optional<T>& out) {
  out.emplace(co_await std::move(task));
}

// Told of changes; aborts an upload in the middle of the first.
struct Meddler final : ChangeObserver {
  Task<Result<std::shared_ptr<void>>> add_to(store::Batch&, const ObjectChange& change) override {
    events.push_back(change.cause.event + " " + change.key);
    if (auto* aborting = std::exchange(uploads, nullptr)) {
      auto task = aborting->abort("b", change.key, upload);
      const auto aborted = co_await std::move(task);
      EXPECT_TRUE(aborted);
    }
    co_return std::shared_ptr<void>();
  }
  Uploads* uploads = nullptr;
  std::string upload;
  std::vector<std::string> events;
};

class S3Store : public testing::Test {
 protected:
  S3Store() {
    std::string name = (fs::temp_directory_path() / "kiln_s3_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    root = name;
    auto opened = blob::open_owned_blobs(root, loop, pool, random);
    if (!opened) std::abort();
    blobs = std::move(*opened);
    bodies.emplace(*blobs);
    garbage.emplace(*store, *bodies, clock, metrics);
    objects.emplace(*store, buckets, *bodies, *garbage, clock, random);
    uploads.emplace(*store, buckets, *objects, *bodies, *garbage, clock, random);
    sweeper.emplace(LifecycleSweeper::Ports{*store, buckets, *objects, listing, *uploads, clock,
                                            random, metrics});
    objects->set_observer(&meddler);
    make_bucket("b", Versioning::kUnset);
    make_bucket("v", Versioning::kEnabled);
  }
  ~S3Store() override {
    run_void(garbage->stop());
    run_void(bodies->stop());
    std::error_code ignored;
    fs::remove_all(root, ignored);
  }

  template <class T>
  T run(Task<T> task) {
    std::optional<T> out;
    loop.run_until_complete(keep_result(std::move(task), out));
    return std::move(*out);
  }
  void run_void(Task<void> task) { loop.run_until_complete(std::move(task)); }
  void make_bucket(std::string name, Versioning versioning) {
    Bucket bucket;
    bucket.name = std::move(name);
    bucket.account = "000000000000";
    bucket.region = "us-east-1";
    bucket.versioning = versioning;
    ASSERT_TRUE(*run(buckets.create(bucket, {})));
  }
  BucketPtr bucket(std::string name) { return *run(buckets.find(std::move(name))); }
  Cause cause(std::string event) {
    Cause out;
    out.event = std::move(event);
    return out;
  }
  TakenBody take(std::string bytes, bool may_inline = true) {
    return *run(
        bodies->take(aws::ByteStream(std::move(bytes)), ChecksumKind::kCrc64Nvme, may_inline));
  }
  void put(std::string where, std::string key, std::string bytes = "x") {
    NewVersion made;
    auto body = take(std::move(bytes));
    made.version.size = body.size;
    made.version.is_inline = !body.inline_bytes.empty();
    if (body.blob) made.version.blob = Extent{body.blob->id, body.blob->size};
    made.inline_bytes = std::move(body.inline_bytes);
    made.version.modified = clock.wall();
    ASSERT_TRUE(run(objects->put(std::move(where), std::move(key), std::move(made), {},
                                 cause("ObjectCreated:Put"))));
  }
  std::string list(std::string where, ListRequest request) {
    const auto page = *run(listing.list(bucket(std::move(where)), std::move(request)));
    std::string out;
    for (const auto& [key, version] : page.objects) out += key + " ";
    for (const auto& prefix : page.prefixes) out += "[" + prefix + "] ";
    return out + (page.truncated ? "..." + page.last : "");
  }
  std::string versions(std::string where, std::string after = "", std::string id = "") {
    const auto page = *run(listing.list_versions(
        bucket(std::move(where)), {.prefix = {}, .delimiter = {}, .after = std::move(after)}, id));
    std::string out;
    for (const auto& entry : page.entries)
      out += entry.key + (entry.latest ? "*" : "") + (entry.version.marker ? "-" : "") + " ";
    return out;
  }
  std::size_t files() const {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(root))
      count += entry.is_regular_file() ? 1 : 0;
    return count;
  }
  Upload begin_upload(std::string key) {
    Upload upload;
    upload.key = std::move(key);
    return *run(uploads->create("b", std::move(upload)));
  }

  Loop loop;
  FakeClock clock;
  Metrics metrics;
  SeededRandom random{7};
  BlockingPool pool{1, 100, metrics};
  std::unique_ptr<store::Store> store = store::make_memory_store(loop.clock(), loop);
  std::string root;
  std::unique_ptr<blob::OwnedBlobs> blobs;
  Buckets buckets{*store, loop, clock, random};
  Listing listing{*store};
  std::optional<Bodies> bodies;
  std::optional<Garbage> garbage;
  std::optional<Objects> objects;
  std::optional<Uploads> uploads;
  std::optional<LifecycleSweeper> sweeper;
  Meddler meddler;
};

TEST_F(S3Store, lists_are_cut_into_pages_that_join) {
  for (const char* key : {"a", "b/1", "b/2", "b0", "c/x/1", "c/y", "d"}) put("b", key);
  EXPECT_EQ(list("b", {}), "a b/1 b/2 b0 c/x/1 c/y d ");
  EXPECT_EQ(list("b", {.delimiter = "/"}), "a b0 d [b/] [c/] ");
  EXPECT_EQ(list("b", {.prefix = "c/", .delimiter = "/"}), "c/y [c/x/] ");
  for (const std::string delimiter : {"", "/"}) {
    std::string whole;
    ListRequest request{.prefix = {}, .delimiter = delimiter, .after = {}, .limit = 2};
    while (true) {
      const auto page = *run(listing.list(bucket("b"), request));
      EXPECT_LE(page.objects.size() + page.prefixes.size(), 2U);
      for (const auto& [key, version] : page.objects) whole += key + " ";
      for (const auto& prefix : page.prefixes) whole += prefix + " ";
      if (!page.truncated) break;
      request.after = page.last;
    }
    EXPECT_EQ(whole, delimiter.empty() ? "a b/1 b/2 b0 c/x/1 c/y d " : "a b/ b0 c/ d ");
  }
  EXPECT_EQ(list("b", {.limit = 0}), "...");
}

TEST_F(S3Store, versions_are_listed_newest_first_from_any_place) {
  put("v", "k", "1");
  put("v", "k", "2");
  ASSERT_TRUE(run(objects->remove("v", "k", {}, {}, cause("ObjectRemoved:Delete"))));
  put("v", "l");
  EXPECT_EQ(versions("v"), "k*- k k l* ");
  const auto all = *run(listing.list_versions(bucket("v"), {}, ""));
  EXPECT_EQ(versions("v", "k", all.entries[0].version.version_id), "k k l* ");
  EXPECT_EQ(versions("v", "k"), "l* ");
}

TEST_F(S3Store, what_was_replaced_meanwhile_is_not_removed) {
  put("b", "k", "old");
  const auto old = *run(objects->find(bucket("b"), "k", {}));
  put("b", "k", "new");
  auto removed =
      run(objects->remove("b", "k", {}, {}, cause("LifecycleExpiration:Delete"), old.id));
  ASSERT_TRUE(removed);
  EXPECT_FALSE(removed->changed);
  const auto now = *run(objects->find(bucket("b"), "k", {}));
  removed = run(objects->remove("b", "k", {}, {}, cause("LifecycleExpiration:Delete"), now.id));
  EXPECT_TRUE(removed->changed);
  EXPECT_EQ(meddler.events.back(), "LifecycleExpiration:Delete k");
}

TEST_F(S3Store, an_upload_that_is_aborted_while_it_completes_is_gone_at_once) {
  const auto upload = begin_upload("k");
  const auto part = *run(uploads->put_part("b", "k", upload.id, 1, take("bytes", false)));
  meddler.uploads = &*uploads;
  meddler.upload = upload.id;
  Uploads::Completion asked;
  asked.parts.push_back({.number = 1, .etag = hex_encode(part.md5), .checksum = {}});
  const auto completed =
      run(uploads->complete("b", "k", upload.id, asked, cause("ObjectCreated:Put")));
  ASSERT_FALSE(completed);
  EXPECT_EQ(completed.error().code, "NoSuchUpload");
  EXPECT_EQ(meddler.events.size(), 1U);
}

TEST_F(S3Store, blobs_of_nobody_are_swept) {
  put("b", "kept", std::string(100'000, 'x'));
  const auto upload = begin_upload("u");
  ASSERT_TRUE(run(uploads->put_part("b", "u", upload.id, 1, take("part", false))));
  for (int i = 0; i < 20; ++i) take(std::string(40'000, 'y'));  // a crash before their commits
  EXPECT_EQ(files(), 22U);
  EXPECT_EQ(*run(garbage->sweep(Garbage::kGraceMs)), 0U);
  EXPECT_EQ(*run(garbage->sweep(-1'000)), 20U);
  EXPECT_EQ(files(), 2U);
  EXPECT_EQ(run(objects->open(bucket("b"), "kept", {},
                              [](const Version& version) {
                                return aws::ApiResult<Objects::Stretch>({0, version.size});
                              }))
                ->version.size,
            100'000U);
}

TEST_F(S3Store, the_sweep_of_rules_ends_what_is_due_across_pages) {
  for (int i = 0; i < 1'200; ++i) put("b", "t/" + std::to_string(i));
  put("b", "kept");
  LifecycleRule rule;
  rule.id = "r";
  rule.filter.prefix = "t/";
  rule.days = 1;
  Lifecycle lifecycle;
  lifecycle.rules.push_back(rule);
  ASSERT_TRUE(run(buckets.update("b", [&](Bucket&, Configs& configs) -> aws::ApiResult<void> {
    configs[std::string(kLifecycleConfig)] = encode(lifecycle);
    return {};
  })));
  EXPECT_EQ(*run(sweeper->sweep()), 0U);
  clock.advance_ms(49LL * 3'600'000);
  EXPECT_EQ(*run(sweeper->sweep()), 1'200U);
  EXPECT_EQ(list("b", {}), "kept ");
  EXPECT_EQ(*run(sweeper->sweep()), 0U);
}

}  // namespace
}  // namespace kiln::s3

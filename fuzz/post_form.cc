// SPDX-License-Identifier: Apache-2.0
// A Content-Type, a line end, a body: the form taken apart whole and byte by byte, to the same end;
// then its "policy" field as a policy document for its fields.
#include "services/s3/model/post_form.h"

#include "fuzz/fuzz.h"
#include "services/s3/model/post_policy.h"

#include <algorithm>

namespace kiln::fuzz {
namespace {

struct Taken {
  bool good = true;
  bool complete = false;
  std::string file;
  s3::PostFields fields;
};

Taken take(std::string_view boundary, std::string_view in, std::size_t step) {
  s3::PostForm form(boundary);
  Taken out;
  for (; out.good && !in.empty(); in.remove_prefix(std::min(step, in.size())))
    out.good = form.feed(in.substr(0, step), out.file).has_value();
  out.complete = form.complete();
  out.fields = form.fields();
  return out;
}

}  // namespace
}  // namespace kiln::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln;
  std::string_view rest = fuzz::text(data, size);
  const auto boundary = s3::PostForm::boundary_of(fuzz::take_until(rest, "\n"));
  if (!boundary) return 0;
  const auto whole = fuzz::take(*boundary, rest, rest.size() + 1);
  const auto pieces = fuzz::take(*boundary, rest, 1);
  FUZZ_CHECK(whole.good == pieces.good);
  if (!whole.good) return 0;
  FUZZ_CHECK(whole.complete == pieces.complete && whole.fields == pieces.fields);
  // What may be the beginning of the end is given out late.
  FUZZ_CHECK(!whole.complete || whole.file == pieces.file);
  FUZZ_CHECK(whole.file.size() <= rest.size());
  if (const auto* policy = s3::find_field(whole.fields, "policy")) {
    const auto checked = s3::check_post_policy(*policy, whole.fields, "b", Timestamp{0});
    FUZZ_CHECK(checked || checked.error().http_status == 400 || checked.error().http_status == 403);
  }
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// XML bodies into generated structs: lists, maps, times, blobs. What was read is written, read
// again and written again: the same text.
#include "aws/operation.h"
#include "aws/protocol/xml_reader.h"
#include "aws/protocol/xml_writer.h"
#include "base/encoding.h"
#include "fuzz/fuzz.h"
#include "gen/iam/get_role.h"
#include "gen/lambda/create_function.h"
#include "gen/logs/put_log_events.h"

namespace kiln::fuzz {
namespace {

template <class T>
void read(std::string_view text, const aws::Shape& shape) {
  T first;
  const auto read = aws::protocol::read_xml(text, shape, &first);
  if (!read) {
    FUZZ_CHECK(!read.error().empty());
    return;
  }
  std::string written;
  aws::protocol::write_xml(written, "Root", shape, nullptr, &first);
  FUZZ_CHECK(is_valid_utf8(written));
  T second;
  FUZZ_CHECK(aws::protocol::read_xml(written, shape, &second).has_value());
  std::string again;
  aws::protocol::write_xml(again, "Root", shape, nullptr, &second);
  FUZZ_CHECK(written == again);
}

}  // namespace
}  // namespace kiln::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln;
  const std::string_view text = fuzz::text(data, size);
  using gen::iam::GetRole;
  using gen::lambda::CreateFunction;
  using gen::logs::PutLogEvents;
  fuzz::read<GetRole::Output>(text, *GetRole::model().output);
  fuzz::read<CreateFunction::Input>(text, *CreateFunction::model().input);
  fuzz::read<PutLogEvents::Input>(text, *PutLogEvents::model().input);
  return 0;
}

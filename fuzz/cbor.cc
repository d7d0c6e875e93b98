// SPDX-License-Identifier: Apache-2.0
// CBOR bodies into generated structs, with times in seconds and in milliseconds. What was read is
// written, read again and written again: the same bytes.
#include "aws/operation.h"
#include "aws/protocol/cbor_reader.h"
#include "aws/protocol/cbor_writer.h"
#include "fuzz/fuzz.h"
#include "gen/iam/get_role.h"
#include "gen/lambda/create_function.h"
#include "gen/logs/put_log_events.h"

namespace kiln::fuzz {
namespace {

template <class T>
void read(std::string_view bytes, const aws::Shape& shape, aws::protocol::CborTime time) {
  T first;
  const auto read = aws::protocol::read_cbor(bytes, shape, &first, time);
  if (!read) {
    FUZZ_CHECK(!read.error().empty());
    return;
  }
  std::string written;
  aws::protocol::write_cbor(written, shape, &first, time);
  T second;
  FUZZ_CHECK(aws::protocol::read_cbor(written, shape, &second, time).has_value());
  std::string again;
  aws::protocol::write_cbor(again, shape, &second, time);
  FUZZ_CHECK(written == again);
}

}  // namespace
}  // namespace kiln::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln;
  const std::string_view bytes = fuzz::text(data, size);
  using aws::protocol::CborTime;
  using gen::iam::GetRole;
  using gen::lambda::CreateFunction;
  using gen::logs::PutLogEvents;
  for (const auto time : {CborTime::kSeconds, CborTime::kMilliseconds}) {
    fuzz::read<GetRole::Output>(bytes, *GetRole::model().output, time);
    fuzz::read<CreateFunction::Input>(bytes, *CreateFunction::model().input, time);
    fuzz::read<PutLogEvents::Input>(bytes, *PutLogEvents::model().input, time);
  }
  return 0;
}

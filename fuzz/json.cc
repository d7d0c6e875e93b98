// SPDX-License-Identifier: Apache-2.0
// JSON bodies into generated structs: strings, blobs, times, maps, lists of structures. What was
// read is written, read again and written again: the same text.
#include "aws/operation.h"
#include "aws/protocol/json_reader.h"
#include "aws/protocol/json_writer.h"
#include "aws/protocol/validate.h"
#include "base/encoding.h"
#include "fuzz/fuzz.h"
#include "gen/lambda/create_function.h"
#include "gen/lambda/get_function.h"
#include "gen/logs/describe_log_groups.h"
#include "gen/logs/put_log_events.h"

namespace kiln::fuzz {
namespace {

template <class T>
void read(std::string_view text, const aws::Shape& shape) {
  T first;
  const auto read = aws::protocol::read_json(text, shape, &first);
  if (!read) {
    FUZZ_CHECK(!read.error().message.empty());
    return;
  }
  const auto fault = aws::protocol::validate(shape, &first);
  FUZZ_CHECK(!fault || fault->find("validation error") != std::string::npos);
  std::string written;
  aws::protocol::write_json(written, shape, &first);
  FUZZ_CHECK(is_valid_utf8(written));
  T second;
  FUZZ_CHECK(aws::protocol::read_json(written, shape, &second).has_value());
  std::string again;
  aws::protocol::write_json(again, shape, &second);
  FUZZ_CHECK(written == again);
}

template <class Operation>
void read_input(std::string_view text) {
  read<typename Operation::Input>(text, *Operation::model().input);
}
template <class Operation>
void read_output(std::string_view text) {
  read<typename Operation::Output>(text, *Operation::model().output);
}

}  // namespace
}  // namespace kiln::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln;
  const std::string_view text = fuzz::text(data, size);
  fuzz::read_input<gen::lambda::CreateFunction>(text);
  fuzz::read_output<gen::lambda::GetFunction>(text);
  fuzz::read_input<gen::logs::PutLogEvents>(text);
  fuzz::read_input<gen::logs::DescribeLogGroups>(text);
  return 0;
}

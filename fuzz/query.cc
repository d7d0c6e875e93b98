// SPDX-License-Identifier: Apache-2.0
// Form bodies of the query protocol into structs with lists, and these into XML.
#include "aws/protocol/form.h"
#include "aws/protocol/router.h"
#include "aws/protocol/validate.h"
#include "aws/protocol/xml_reader.h"
#include "aws/protocol/xml_writer.h"
#include "base/encoding.h"
#include "fuzz/fuzz.h"
#include "gen/iam/create_policy.h"
#include "gen/iam/create_role.h"
#include "gen/iam/list_roles.h"
#include "gen/iam/service.h"
#include "gen/iam/untag_role.h"
#include "gen/sts/assume_role.h"

namespace kiln::fuzz {
namespace {

template <class Operation>
void read(const aws::protocol::Form& form) {
  const aws::Shape& shape = *Operation::model().input;
  typename Operation::Input input;
  const auto read = aws::protocol::read_form(form, shape, &input);
  if (!read) {
    FUZZ_CHECK(read.error().http_status == 400);
    return;
  }
  static_cast<void>(aws::protocol::validate(shape, &input));
  std::string xml;
  aws::protocol::write_xml(xml, "Result", shape, nullptr, &input);
  FUZZ_CHECK(is_valid_utf8(xml));
  typename Operation::Input again;
  FUZZ_CHECK(aws::protocol::read_xml(xml, shape, &again).has_value());
}

}  // namespace
}  // namespace kiln::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kiln;
  const std::string_view text = fuzz::text(data, size);
  static const aws::protocol::Router router({&gen::iam::service_model()});
  static_cast<void>(router.route_query(gen::iam::service_model(), text));
  aws::protocol::Form form;
  if (!aws::protocol::parse_form(text, form)) return 0;
  fuzz::read<gen::iam::CreateRole>(form);
  fuzz::read<gen::iam::CreatePolicy>(form);
  fuzz::read<gen::iam::ListRoles>(form);
  fuzz::read<gen::iam::UntagRole>(form);
  fuzz::read<gen::sts::AssumeRole>(form);
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
#pragma once
// Shape tables made at run time from the JSON of a service model, so that protocol vectors run
// through the real codecs without generated code. Tests only.

#include "aws/shape.h"

#include <boost/json.hpp>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace kiln::aws::protocol::testing {

struct DynamicStructure {
  std::map<std::size_t, std::shared_ptr<void>> fields;
};
struct DynamicList {
  std::vector<std::shared_ptr<void>> items;
};
struct DynamicMap {
  std::map<std::string, std::shared_ptr<void>> items;
};

class DynamicModel {
 public:
  // `shapes` must outlive the model: names are views into it.
  explicit DynamicModel(const boost::json::object& shapes) : source_(shapes) {}
  const Shape& shape(std::string_view name);

 private:
  void fill_structure(Shape& shape, const boost::json::object& source);

  const boost::json::object& source_;
  std::map<std::string, Shape, std::less<>> shapes_;
  std::deque<std::vector<Member>> members_;
};

// The value in the form that vectors write parameters: blobs as raw text, times as seconds.
boost::json::value to_parameters(const Shape& shape, const void* value);
void from_parameters(const Shape& shape, const boost::json::value& source, void* value);

// Equal but for the kind of number (1 and 1.0); nulls in `expected` are absence.
bool equivalent(const boost::json::value& expected, const boost::json::value& actual);

}  // namespace kiln::aws::protocol::testing

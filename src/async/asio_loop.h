// SPDX-License-Identifier: Apache-2.0
#pragma once
// The Asio side of a Loop, for the sources of async, http, sandbox and runtime_api only.

#include "async/loop.h"

#include <boost/asio/io_context.hpp>

namespace kiln {

boost::asio::io_context& io_context_of(Loop& loop);

}  // namespace kiln

// SPDX-License-Identifier: Apache-2.0
// The one compilation of Asio's non-template half.
#include <boost/asio/impl/src.hpp>

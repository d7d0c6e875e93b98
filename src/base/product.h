// SPDX-License-Identifier: Apache-2.0
#pragma once
// The product's name wherever it shows: binary, environment prefix, private URL prefix, state
// folder.

#include <string_view>

namespace kiln::product {

inline constexpr std::string_view kName = "kiln";
inline constexpr std::string_view kVersion = "0.1.0";
inline constexpr std::string_view kEnvironmentPrefix = "KILN_";
inline constexpr std::string_view kUrlPrefix = "/_kiln";
inline constexpr std::string_view kStateDirectory = ".kiln";
inline constexpr int kDefaultPort = 4566;
inline constexpr std::string_view kDefaultRegion = "us-east-1";
inline constexpr std::string_view kDefaultAccount = "000000000000";

}  // namespace kiln::product

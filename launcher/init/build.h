// SPDX-License-Identifier: Apache-2.0
#pragma once
// Building an empty environment from inside, as the root of its new namespaces.

#include "launcher/init/steps.h"
#include "launcher/setup.h"
#include "os/fd.h"

#include <vector>

namespace kiln::launcher {

struct Built {
  std::vector<Fd> listeners;  // as Made lists them
};

// Runs every step up to pivot_root. The result is good when steps.ok().
Built build_environment(const Setup& setup, std::vector<Fd> descriptors, Steps& steps);

// AWS's host names are the address with dashes: "169-254-100-7".
std::string host_name(std::uint32_t environment);

// root.cc
Status build_root(const Setup& setup, const std::string& root);
Status mount_proc(const std::string& root);
Status enter_root(const std::string& root);
// tmp.cc
Status mount_tmp(const Setup& setup, const std::string& root);
// network.cc
Status build_network(const Setup& setup, Fd host_netlink);
Result<std::vector<Fd>> open_listeners();
Result<Fd> connect_inside(std::uint16_t port);

}  // namespace kiln::launcher

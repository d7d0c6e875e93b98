// SPDX-License-Identifier: Apache-2.0
// kiln-launcher: the privileged helper. The server starts it with one end of a packet socket.
#include "launcher/launcher.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <sys/prctl.h>
#include <unistd.h>

namespace {

constexpr const char* kUsage =
    "usage: kiln-launcher --state=DIR --init=PROGRAM [--control=FD] [--level=auto|root|userns]\n"
    "                     [--network=auto|isolated] [--uid-base=ID]\n"
    "The server starts it; there is nothing to run by hand.\n";

bool parse(std::string_view argument, kiln::launcher::Options& options) {
  const auto equals = argument.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view name = argument.substr(0, equals);
  const std::string value(argument.substr(equals + 1));
  if (name == "--state") {
    options.state = value;
  } else if (name == "--init") {
    options.init = value;
  } else if (name == "--control") {
    options.control = std::atoi(value.c_str());
  } else if (name == "--level") {
    options.level = value;
  } else if (name == "--network") {
    options.network = value;
  } else if (name == "--uid-base") {
    options.uid_base = static_cast<std::uint32_t>(std::strtoul(value.c_str(), nullptr, 10));
  } else if (name == "--fail-step") {
    options.fail_step = value;
  } else {
    return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  kiln::launcher::Options options;
  for (int i = 1; i < argc; ++i) {
    if (parse(argv[i], options)) continue;
    std::fputs(kUsage, stderr);
    return 2;
  }
  // Nothing may look into it: it is root and holds every environment's descriptors. Without root it
  // must stay open to itself, to map the users of its children.
  if (geteuid() == 0) prctl(PR_SET_DUMPABLE, 0);
  auto launcher = kiln::launcher::Launcher::open(std::move(options));
  if (!launcher) {
    std::fprintf(stderr, "kiln-launcher: %s\n", launcher.error().message.c_str());
    return 1;
  }
  return (*launcher)->run();
}

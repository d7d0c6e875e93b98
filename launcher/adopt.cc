// SPDX-License-Identifier: Apache-2.0
// What a function brings: its directories as mount trees, at its Start or to who waits for it.
#include "launcher/launcher.h"
#include "os/files.h"
#include "os/mounts.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace kiln::launcher {
namespace {

// A directory of the server's mount namespace, in ours. Only without root, where both may open the
// same files.
Result<Fd> in_own_namespace(int directory) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(directory);
  const auto size = readlink(link.c_str(), path, sizeof path - 1);
  if (size < 0) return fail_errno("readlink", link, errno);
  path[size] = '\0';
  return open_file(path, O_PATH | O_DIRECTORY);
}

}  // namespace

Result<std::vector<Fd>> Launcher::make_trees(std::vector<Mount>& mounts,
                                             std::vector<Fd> descriptors) const {
  std::vector<Fd> passed;
  std::size_t used = 0;
  for (auto& mount : mounts) {
    std::vector<int> layers;
    for (std::uint32_t i = 0; i < mount.directories; ++i, ++used) {
      if (!privileged_) {
        KILN_TRY(descriptors[used], in_own_namespace(descriptors[used].get()));
      }
      layers.insert(layers.begin(), descriptors[used].get());  // the last one wins
    }
    auto tree = layers.size() == 1 ? detached_tree(layers[0]) : detached_overlay(layers);
    if (!tree) return std::unexpected(std::move(tree.error()).context(mount.target));
    mount.directories = 1;
    passed.push_back(std::move(*tree));
  }
  for (; used < descriptors.size(); ++used) passed.push_back(std::move(descriptors[used]));
  return passed;
}

void Launcher::adopt(Packet& packet) {
  auto adopt = decode<Adopt>(packet.bytes);
  if (!adopt) return answer(Failed{0, 0, "request", adopt.error().message, 0});
  const auto refuse = [&](std::string why) {
    answer(Failed{adopt->environment, 0, "adopt", std::move(why), 0});
  };
  if (const auto good = check(*adopt, packet.descriptors.size()); !good) {
    return refuse(good.error().message);
  }
  Environment* environment = find_or_fail(adopt->environment);
  if (environment == nullptr) return;
  if (environment->cgroup) {
    const auto limited = environment->cgroup->limit(
        {.memory_bytes = static_cast<std::int64_t>(adopt->memory_mb) * 1024 * 1024,
         .cpu_thousandths = adopt->cpu_thousandths});
    if (!limited) return refuse("limits: " + limited.error().message);
  }
  const auto sent = send_adopt(*environment, std::move(*adopt), std::move(packet.descriptors));
  if (!sent) refuse("mounts: " + sent.error().message);
}

Status Launcher::send_adopt(Environment& environment, Adopt adopt, std::vector<Fd> descriptors) {
  KILN_TRY(const auto passed, make_trees(adopt.mounts, std::move(descriptors)));
  std::vector<int> trees;
  for (const Fd& tree : passed) trees.push_back(tree.get());
  return send_packet(environment.channel.get(), encode(adopt), trees);
}

}  // namespace kiln::launcher

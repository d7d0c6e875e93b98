// SPDX-License-Identifier: Apache-2.0
// A zygote for the tests: it holds some memory and forks children that become their argv, or that
// tell who they are when argv[1] is "tell".
#include "launcher/zygote/zygote.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

std::string line_of(const char* path, const char* key) {
  std::FILE* file = std::fopen(path, "r");
  char line[256];
  while (file != nullptr && std::fgets(line, sizeof line, file) != nullptr) {
    if (std::strncmp(line, key, std::strlen(key)) == 0) return line;
  }
  return "";
}

int tell(kiln_zygote* zygote, const std::vector<char>& memory) {
  std::printf("uid %d gid %d pid %d memory %zu variable %s\n", static_cast<int>(getuid()),
              static_cast<int>(getgid()), static_cast<int>(getpid()), memory.size(),
              kiln_zygote_variable(zygote, 0));
  std::printf("%s%s%s%s%s%s", line_of("/proc/self/status", "CapBnd").c_str(),
              line_of("/proc/self/status", "CapPrm").c_str(),
              line_of("/proc/self/status", "CapEff").c_str(),
              line_of("/proc/self/status", "CapInh").c_str(),
              line_of("/proc/self/status", "Seccomp:").c_str(),
              line_of("/proc/self/status", "NoNewPrivs").c_str());
  std::fflush(stdout);
  return 5;
}

int be_child(kiln_zygote* zygote, const std::vector<char>& memory) {
  kiln_zygote_child(zygote);
  if (std::strcmp(kiln_zygote_argument(zygote, 1), "tell") == 0) return tell(zygote, memory);
  std::vector<char*> argv;
  for (int i = 0; const char* argument = kiln_zygote_argument(zygote, i); ++i) {
    argv.push_back(const_cast<char*>(argument));
  }
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  return 127;
}

}  // namespace

int main() {
  const std::vector<char> memory(8 << 20, 'x');
  kiln_zygote* zygote = kiln_zygote_open(3);
  while (kiln_zygote_next(zygote) != 0) {
    if (kiln_zygote_enter(zygote) != 0) continue;
    const pid_t pid = fork();
    if (pid == 0) return be_child(zygote, memory);
    kiln_zygote_parent(zygote, pid);
  }
  return 0;
}

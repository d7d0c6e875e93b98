// SPDX-License-Identifier: Apache-2.0
// A process for the tests that saves itself: snapshot_sample FILE-OR-DESCRIPTOR WHAT. Who goes on
// from there tells what it finds; WHAT is something that cannot be saved, or what to do before.
#include "launcher/snapshot/snapshot.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <netinet/in.h>
#include <string>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace {

thread_local int of_thread = 17;
int in_data = 4711;
volatile std::sig_atomic_t signals = 0;

// One end is non-blocking.
void connect_to_itself() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bind(listener, reinterpret_cast<sockaddr*>(&address), size);
  listen(listener, 1);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  const int here = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  connect(here, reinterpret_cast<sockaddr*>(&address), sizeof address);
  accept(listener, nullptr, nullptr);
  close(listener);
  signal(SIGPIPE, SIG_IGN);
}

void prepare(const std::string& what) {
  const pid_t parent = getpid();
  if (what == "thread") std::thread([] { pause(); }).detach();
  if (what == "socket") (void)socket(AF_UNIX, SOCK_STREAM, 0);
  if (what == "connection") connect_to_itself();
  if (what == "shared")
    (void)mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (what == "child" && fork() == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent) pause();
    _exit(0);
  }
  if (what == "random") (void)open("/dev/urandom", O_RDONLY | O_CLOEXEC);
}

// Who one is inside an environment.
int tell() {
  std::printf("uid %d pid %d\n", static_cast<int>(getuid()), static_cast<int>(getpid()));
  std::FILE* file = std::fopen("/proc/self/status", "r");
  char line[256];
  while (file != nullptr && std::fgets(line, sizeof line, file) != nullptr) {
    for (const char* name : {"Cap", "NoNewPrivs", "Seccomp:"}) {
      if (std::strncmp(line, name, std::strlen(name)) == 0) std::fputs(line, stdout);
    }
  }
  std::fflush(stdout);
  return 43;
}

int go_on(const std::map<int, std::string>& memory, const std::string& what) {
  raise(SIGUSR1);
  // More heap, another thread, another process: all that needs more than bytes of memory.
  std::map<int, std::string> more;
  for (int i = 0; i < 100'000; ++i) more[i] = std::to_string(i);
  int from_thread = 0;
  std::thread([&] { from_thread = of_thread; }).join();
  const pid_t child = fork();
  if (child == 0) _exit(9);
  int status = 0;
  waitpid(child, &status, 0);
  unsigned random = 0;
  if (what == "random" && read(4, &random, sizeof random) != sizeof random) return 3;
  if (what == "connection") {
    char byte = 0;
    const int there = (fcntl(5, F_GETFL) & O_NONBLOCK) != 0 ? 5 : 6;
    if (read(there, &byte, 1) != 0 || write(there, &byte, 1) >= 0 || errno != EPIPE) return 4;
  }
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  char line[256] = "";
  const int own = open("/proc/self/maps", O_RDONLY);
  std::string maps;
  for (ssize_t size = 0; (size = read(own, line, sizeof line)) > 0;)
    maps.append(line, static_cast<std::size_t>(size));
  std::printf(
      "memory %zu %s data %d thread %d %d signals %d child %d more %zu clock %d own %d pid %d\n",
      memory.size(), memory.at(777).c_str(), in_data, of_thread, from_thread,
      static_cast<int>(signals), WEXITSTATUS(status), more.size(), now.tv_sec > 0 ? 1 : 0,
      maps.find("10000000000-") != std::string::npos ? 1 : 0, gettid() == getpid() ? 1 : 0);
  std::fflush(stdout);
  return 42;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 1;
  const int fd = argv[1][0] == '/' ? open(argv[1], O_RDWR) : std::atoi(argv[1]);
  const std::string what = argv[2];
  signal(SIGUSR1, [](int) { signals = signals + 1; });
  std::map<int, std::string> memory;
  for (int i = 0; i < 10'000; ++i) memory[i] = "text " + std::to_string(i);
  in_data = 4712;
  of_thread = 18;
  prepare(what);
  const int saved = kiln_snapshot_save(fd, -1, -1);
  if (saved == 1) return what == "tell" ? tell() : go_on(memory, what);
  return saved == 0 ? 0 : 2;
}

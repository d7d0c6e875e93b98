// SPDX-License-Identifier: Apache-2.0
// A function that wants out: hostile ATTEMPT [ARGUMENT]. Exits 0 when the attempt was refused as
// it should be, 1 when it got through or failed in an unexpected way, 2 for an unknown attempt.
#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

struct Attempt {
  const char* name;
  int expected;  // errno
  long (*run)();
};

long raw(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0) {
  return syscall(number, a, b, c, d, e);
}
long open_for_write(const char* path) { return open(path, O_WRONLY | O_CREAT, 0600); }

char buffer[4096];

const Attempt kAttempts[] = {
    {"mount", EPERM, [] { return long{mount("none", "/tmp", "tmpfs", 0, "")}; }},
    {"umount", EPERM, [] { return long{umount2("/tmp", MNT_DETACH)}; }},
    {"remount", EPERM, [] { return long{mount(nullptr, "/", nullptr, MS_REMOUNT, nullptr)}; }},
    {"fsopen", EPERM, [] { return raw(430, reinterpret_cast<long>("tmpfs")); }},
    {"open_tree", EPERM, [] { return raw(428, AT_FDCWD, reinterpret_cast<long>("/"), 1); }},
    {"move_mount", EPERM, [] { return raw(429, AT_FDCWD, 0, AT_FDCWD, 0, 0); }},
    {"pivot_root", EPERM,
     [] { return raw(SYS_pivot_root, reinterpret_cast<long>("/"), reinterpret_cast<long>("/")); }},
    {"chroot", EPERM, [] { return long{chroot("/tmp")}; }},
    {"unshare user", EPERM, [] { return long{unshare(CLONE_NEWUSER)}; }},
    {"unshare network", EPERM, [] { return long{unshare(CLONE_NEWNET)}; }},
    {"unshare files", EPERM, [] { return long{unshare(CLONE_FILES)}; }},
    {"setns", EPERM, [] { return long{setns(0, 0)}; }},
    {"clone user", EPERM, [] { return raw(SYS_clone, CLONE_NEWUSER | SIGCHLD); }},
    {"clone pid", EPERM, [] { return raw(SYS_clone, CLONE_NEWPID | SIGCHLD); }},
    {"clone3", ENOSYS, [] { return raw(SYS_clone3, reinterpret_cast<long>(buffer), 64); }},
    {"ptrace", EPERM, [] { return raw(SYS_ptrace, 16 /*ATTACH*/, getppid()); }},
    {"traceme", EPERM, [] { return raw(SYS_ptrace, 0 /*TRACEME*/); }},
    {"process_vm_readv", EPERM, [] { return raw(SYS_process_vm_readv, getpid()); }},
    {"pidfd_getfd", EPERM, [] { return raw(438, 0, 0); }},
    {"kcmp", EPERM, [] { return raw(SYS_kcmp, getpid(), 1, 0); }},
    {"keyctl", EPERM, [] { return raw(SYS_keyctl, 0, -3, 0); }},
    {"add_key", EPERM, [] { return raw(SYS_add_key); }},
    {"request_key", EPERM, [] { return raw(SYS_request_key); }},
    {"bpf", EPERM, [] { return raw(SYS_bpf, 0, reinterpret_cast<long>(buffer), 64); }},
    {"perf", EPERM, [] { return raw(SYS_perf_event_open, reinterpret_cast<long>(buffer)); }},
    {"userfaultfd", EPERM, [] { return raw(SYS_userfaultfd, 0); }},
    {"io_uring", EPERM, [] { return raw(425, 8, reinterpret_cast<long>(buffer)); }},
    {"init_module", EPERM, [] { return raw(SYS_init_module); }},
    {"finit_module", EPERM, [] { return raw(SYS_finit_module); }},
    {"delete_module", EPERM, [] { return raw(SYS_delete_module); }},
    {"kexec", EPERM, [] { return raw(SYS_kexec_load); }},
    {"reboot", EPERM, [] { return raw(SYS_reboot); }},
    {"syslog", EPERM, [] { return raw(SYS_syslog, 3, reinterpret_cast<long>(buffer), 64); }},
    {"swapon", EPERM, [] { return raw(SYS_swapon, reinterpret_cast<long>("/tmp/x")); }},
    {"file handle", EPERM, [] { return raw(SYS_open_by_handle_at, AT_FDCWD); }},
    {"fanotify", EPERM, [] { return raw(SYS_fanotify_init); }},
    {"clock", EPERM, [] { return raw(SYS_clock_settime); }},
    {"personality", EPERM, [] { return raw(SYS_personality, 8); }},
    {"host name", EPERM, [] { return long{sethostname("x", 1)}; }},
    {"unknown call", ENOSYS, [] { return raw(1000); }},
#if defined(__x86_64__)
    {"x32 call", ENOSYS, [] { return raw(0x40000000L + SYS_getpid); }},
    {"iopl", EPERM, [] { return raw(SYS_iopl, 3); }},
#endif
    {"raw socket", EPERM, [] { return long{socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)}; }},
    {"packet socket", EAFNOSUPPORT, [] { return long{socket(AF_PACKET, SOCK_RAW, 0)}; }},
    {"vsock", EAFNOSUPPORT, [] { return long{socket(AF_VSOCK, SOCK_STREAM, 0)}; }},
    {"crypto socket", EAFNOSUPPORT, [] { return long{socket(AF_ALG, SOCK_SEQPACKET, 0)}; }},
    {"audit netlink", EAFNOSUPPORT, [] { return long{socket(AF_NETLINK, SOCK_RAW, 9)}; }},
    {"terminal input", EPERM, [] { return long{ioctl(0, TIOCSTI, "x")}; }},
    {"root id", EPERM, [] { return long{setuid(0)}; }},
    {"root group", EPERM, [] { return long{setgid(0)}; }},
    {"groups", EPERM, [] { return raw(SYS_setgroups, 0, 0); }},
    {"raise limit", EPERM,
     [] {
       const long more[2] = {4096, 4096};
       return raw(SYS_prlimit64, 0, 7 /*NOFILE*/, reinterpret_cast<long>(more), 0);
     }},
    {"priority", EACCES, [] { return raw(SYS_setpriority, 0, 0, -10); }},
    {"block device", EPERM,
     [] { return long{mknod("/tmp/disk", S_IFBLK | 0600, makedev(254, 0))}; }},
    {"kill host process", ESRCH, [] { return long{kill(999'999, SIGKILL)}; }},
    {"write code", EROFS, [] { return open_for_write("/var/task/evil"); }},
    {"write root", EROFS, [] { return open_for_write("/evil"); }},
    {"write usr", EROFS, [] { return open_for_write("/usr/bin/evil"); }},
    {"write passwd", EROFS, [] { return open_for_write("/etc/passwd"); }},
    {"write dev", EROFS, [] { return open_for_write("/dev/evil"); }},
    {"shared memory", ENOENT, [] { return open_for_write("/dev/shm/evil"); }},
    {"core pattern", EROFS, [] { return open_for_write("/proc/sys/kernel/core_pattern"); }},
    {"init's memory", ENOENT, [] { return long{open("/proc/1/mem", O_RDWR)}; }},
    {"init's root", ENOENT, [] { return long{open("/proc/1/root", O_RDONLY)}; }},
    {"init's variables", ENOENT, [] { return long{open("/proc/1/environ", O_RDONLY)}; }},
    {"loop control", ENOENT, [] { return long{open("/dev/loop-control", O_RDWR)}; }},
    {"sysfs", ENOENT, [] { return long{open("/sys/fs/cgroup", O_RDONLY)}; }},
    {"host shadow", ENOENT, [] { return long{open("/etc/shadow", O_RDONLY)}; }},
    {"host root", ENOENT, [] { return long{open("/root", O_RDONLY)}; }},
};

int refused(const char* name, int expected, long result) {
  if (result < 0 && errno == expected) return 0;
  // Who owns the file decides which of the two comes first.
  if (result < 0 && expected == EROFS && errno == EACCES) return 0;
  // An id that the user namespace does not even have.
  if (result < 0 && errno == EINVAL && std::string_view(name).starts_with("root ")) return 0;
  std::printf("%s: answered %ld, errno %d (%s), expected errno %d\n", name, result, errno,
              strerror(errno), expected);
  return 1;
}

// It may be allowed to try, but init does not die of it.
int kill_init() {
  kill(1, SIGKILL);
  kill(1, SIGTERM);
  kill(-1, SIGCONT);
  usleep(10'000);
  return 0;  // still here
}

int count_processes() {
  // Only our own may be seen; init is not ours.
  DIR* directory = opendir("/proc");
  int foreign = 0;
  while (const dirent* entry = directory != nullptr ? readdir(directory) : nullptr) {
    const int pid = std::atoi(entry->d_name);
    if (pid > 0 && pid != getpid() && pid != getppid()) ++foreign;
  }
  std::printf("%d foreign processes\n", foreign);
  return foreign == 0 ? 0 : 1;
}

// Every byte until the disk is full; prints how many MB went in.
int fill_tmp() {
  const int file = open("/tmp/fill", O_WRONLY | O_CREAT, 0600);
  std::vector<char> block(1024 * 1024, 'x');
  long written = 0;
  for (long size = 0; (size = write(file, block.data(), block.size())) > 0;) written += size;
  const int error = errno;
  std::printf("%ld MB, %s\n", written / 1024 / 1024, strerror(error));
  unlink("/tmp/fill");
  return error == ENOSPC ? 0 : 1;
}

int fork_bomb() {
  int children = 0;
  for (; children < 100'000; ++children) {
    const pid_t pid = fork();
    if (pid < 0) break;
    if (pid == 0) {
      pause();
      _exit(0);
    }
  }
  std::printf("%d children, %s\n", children, strerror(errno));
  return errno == EAGAIN && children < 1024 ? 0 : 1;
}

int open_all() {
  int opened = 0;
  while (open("/dev/null", O_RDONLY) >= 0) ++opened;
  std::printf("%d descriptors, %s\n", opened, strerror(errno));
  return errno == EMFILE && opened < 1024 ? 0 : 1;
}

int eat_memory() {
  for (;;) {
    void* block =
        mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) return 1;
    std::memset(block, 1, 1 << 20);
  }
}

// "connect ADDRESS:PORT": 0 when there is no way.
int try_connect(const std::string& place) {
  const auto colon = place.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<unsigned short>(std::atoi(place.c_str() + colon + 1)));
  inet_pton(AF_INET, place.substr(0, colon).c_str(), &address.sin_addr);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return 1;
  if (errno != EINPROGRESS) return 0;
  pollfd source{fd, POLLOUT, 0};
  if (poll(&source, 1, 300) == 0) return 0;
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error == 0) std::printf("connected to %s\n", place.c_str());
  return error == 0 ? 1 : 0;
}

#if defined(__x86_64__)
int old_instruction_set() {
  const pid_t pid = fork();
  if (pid == 0) {
    long result = 20;  // getpid of i386
    asm volatile("int $0x80" : "+a"(result)::"memory");
    _exit(0);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? 0 : 1;
}
#endif

// A process that leaves its parent, session and group, and ignores every signal it can.
int daemonise() {
  if (fork() > 0) return 0;
  setsid();
  if (fork() > 0) _exit(0);
  for (int number = 1; number < 32; ++number) signal(number, SIG_IGN);
  for (;;) pause();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  const std::string argument = argc > 2 ? argv[2] : "";
  if (name == "list") {
    for (const auto& attempt : kAttempts) std::puts(attempt.name);
    return 0;
  }
  if (name == "everything") {
    int got_through = 0;
    for (const auto& attempt : kAttempts) {
      errno = 0;
      const long result = attempt.run();
      got_through += refused(attempt.name, attempt.expected, result);
    }
    return got_through == 0 ? 0 : 1;
  }
  if (name == "kill init") return kill_init();
  if (name == "processes") return count_processes();
  if (name == "fill tmp") return fill_tmp();
  if (name == "fork bomb") return fork_bomb();
  if (name == "descriptors") return open_all();
  if (name == "memory") return eat_memory();
  if (name == "connect") return try_connect(argument);
  if (name == "absent") return access(argument.c_str(), F_OK) != 0 && errno == ENOENT ? 0 : 1;
  if (name == "unreadable") {
    // What is masked is empty.
    const int file = open(argument.c_str(), O_RDONLY);
    char byte = 0;
    return file < 0 || read(file, &byte, 1) <= 0 ? 0 : 1;
  }
  if (name == "exit") return std::atoi(argument.c_str());
  if (name == "abort") std::abort();
  if (name == "daemon") return daemonise();
  if (name == "sleep") return static_cast<int>(sleep(600));
#if defined(__x86_64__)
  if (name == "int80") return old_instruction_set();
#endif
  return 2;
}

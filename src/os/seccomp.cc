// SPDX-License-Identifier: Apache-2.0
#include "os/seccomp.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <iterator>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace kiln {
namespace {

#if defined(__x86_64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "the filter knows x86_64 and aarch64 only"
#endif

// The last call that was reviewed: mseal (6.10). Everything newer is ENOSYS.
constexpr unsigned kLastKnown = 462;
constexpr unsigned kNamespaceFlags = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                     CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

constexpr unsigned kRefused[] = {
    // mounts and roots
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    428 /*open_tree*/,
    429 /*move_mount*/,
    430 /*fsopen*/,
    431 /*fsconfig*/,
    432 /*fsmount*/,
    433 /*fspick*/,
    442 /*mount_setattr*/,
    457 /*statmount*/,
    458 /*listmount*/,
    // namespaces (unshare is added below), other processes, keys
    SYS_setns,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kcmp,
    438 /*pidfd_getfd*/,
    440 /*process_madvise*/,
    448 /*process_mrelease*/,
    SYS_add_key,
    SYS_request_key,
    SYS_keyctl,
    SYS_migrate_pages,
    SYS_move_pages,
    // the kernel's machinery
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    425 /*io_uring_setup*/,
    426 /*io_uring_enter*/,
    427 /*io_uring_register*/,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_kexec_file_load,
    SYS_reboot,
    SYS_syslog,
    SYS_lookup_dcookie,
    SYS_fanotify_init,
    SYS_fanotify_mark,
    SYS_name_to_handle_at,
    SYS_open_by_handle_at,
    SYS_quotactl,
    443 /*quotactl_fd*/,
    SYS_acct,
    SYS_swapon,
    SYS_swapoff,
    SYS_nfsservctl,
    459 /*lsm_get_self_attr*/,
    460 /*lsm_set_self_attr*/,
    461 /*lsm_list_modules*/,
    // the machine
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_clock_adjtime,
    SYS_adjtimex,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_vhangup,
    SYS_personality,
    SYS_mbind,
    SYS_set_mempolicy,
    SYS_get_mempolicy,
    450 /*set_mempolicy_home_node*/,
#if defined(__x86_64__)
    SYS_iopl,
    SYS_ioperm,
    SYS_modify_ldt,
    SYS_uselib,
    SYS_ustat,
    SYS_sysfs,
    SYS__sysctl,
    SYS_create_module,
    SYS_get_kernel_syms,
    SYS_query_module,
#endif
};

class Program {
 public:
  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(offset)); }
  void load_argument(unsigned index) {
    // The low half; the kernel looks at 32 bits of the arguments that are tested here.
    load(offsetof(seccomp_data, args) + 8 * index);
  }
  void mask(unsigned bits) { add(BPF_ALU | BPF_AND | BPF_K, bits); }
  void answer(unsigned action) { add(BPF_RET | BPF_K, action); }
  void refuse(int error_number) {
    answer(SECCOMP_RET_ERRNO | (static_cast<unsigned>(error_number) & SECCOMP_RET_DATA));
  }
  // Skips the next `count` instructions when the comparison holds, or when it does not.
  void skip_if(unsigned operation, unsigned value, unsigned char count) {
    add(static_cast<unsigned short>(BPF_JMP | operation | BPF_K), value, count, 0);
  }
  void skip_unless(unsigned operation, unsigned value, unsigned char count) {
    add(static_cast<unsigned short>(BPF_JMP | operation | BPF_K), value, 0, count);
  }
  void skip(std::size_t count) { add(BPF_JMP | BPF_JA, static_cast<unsigned>(count)); }
  std::size_t size() const { return code_.size(); }
  void append(const Program& other) {
    code_.insert(code_.end(), other.code_.begin(), other.code_.end());
  }
  std::vector<sock_filter> take() { return std::move(code_); }

 private:
  void add(unsigned short code, unsigned k, unsigned char yes = 0, unsigned char no = 0) {
    code_.push_back({code, yes, no, k});
  }
  std::vector<sock_filter> code_;
};

void refuse_call(Program& program, unsigned call, int error_number) {
  program.skip_unless(BPF_JEQ, call, 1);
  program.refuse(error_number);
}

// A search tree over sorted calls: the kernel runs the filter once for every call there is when it
// is installed, on the way of each cold start.
Program refuse_calls(std::span<const unsigned> calls) {
  Program program;
  if (calls.size() <= 3) {
    for (const unsigned call : calls) refuse_call(program, call, EPERM);
    return program;
  }
  const std::size_t middle = calls.size() / 2;
  const Program low = refuse_calls(calls.first(middle));
  const Program high = refuse_calls(calls.subspan(middle));
  program.skip_if(BPF_JGE, calls[middle], static_cast<unsigned char>(low.size() + 1));
  program.append(low);
  program.skip(high.size());
  program.append(high);
  return program;
}

// Leaves with an answer in every case.
void judge_socket(Program& program) {
  program.load_argument(0);
  program.skip_if(BPF_JEQ, AF_UNIX, 8);     // to ALLOW
  program.skip_if(BPF_JEQ, AF_INET, 3);     // to the type
  program.skip_if(BPF_JEQ, AF_INET6, 2);    // to the type
  program.skip_if(BPF_JEQ, AF_NETLINK, 6);  // to the protocol
  program.refuse(EAFNOSUPPORT);
  program.load_argument(1);
  program.mask(0xf);
  program.skip_unless(BPF_JGT, SOCK_DGRAM, 1);
  program.refuse(EPERM);
  program.answer(SECCOMP_RET_ALLOW);
  program.load_argument(2);
  program.skip_if(BPF_JEQ, NETLINK_ROUTE, 1);
  program.refuse(EAFNOSUPPORT);
  program.answer(SECCOMP_RET_ALLOW);
}

}  // namespace

std::vector<sock_filter> environment_filter(bool may_unshare) {
  Program program;
  program.load(offsetof(seccomp_data, arch));
  program.skip_if(BPF_JEQ, kArchitecture, 1);
  program.answer(SECCOMP_RET_KILL_PROCESS);
  program.load(offsetof(seccomp_data, nr));
  // Also every call of the x32 ABI, whose numbers have bit 30 set.
  program.skip_unless(BPF_JGT, kLastKnown, 1);
  program.refuse(ENOSYS);
  std::vector<unsigned> refused(std::begin(kRefused), std::end(kRefused));
  if (!may_unshare) refused.push_back(SYS_unshare);
  std::ranges::sort(refused);
  program.append(refuse_calls(refused));
  refuse_call(program, SYS_clone3, ENOSYS);

  program.skip_unless(BPF_JEQ, SYS_clone, 4);
  program.load_argument(0);
  program.skip_if(BPF_JSET, kNamespaceFlags, 1);
  program.answer(SECCOMP_RET_ALLOW);
  program.refuse(EPERM);

  program.skip_unless(BPF_JEQ, SYS_ioctl, 4);
  program.load_argument(1);
  program.skip_unless(BPF_JEQ, 0x5412 /*TIOCSTI*/, 1);
  program.refuse(EPERM);
  program.answer(SECCOMP_RET_ALLOW);

  program.skip_if(BPF_JEQ, SYS_socket, 1);
  program.answer(SECCOMP_RET_ALLOW);
  judge_socket(program);
  return program.take();
}

Status install_filter(std::span<const sock_filter> filter) {
  sock_fprog program{static_cast<unsigned short>(filter.size()),
                     const_cast<sock_filter*>(filter.data())};
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) {
    return fail_errno("seccomp(SECCOMP_SET_MODE_FILTER)", "", errno);
  }
  return {};
}

}  // namespace kiln

// SPDX-License-Identifier: BSD-3-Clause
#include "common/runtime/syscall_filter.hh"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/runtime/errors.hh"

namespace tcpcopy::runtime {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;  // no list was tried there
#endif

// The most frequent first: kernels before 5.11 go through them one by one.
constexpr std::array kAllowed = {
    // The loop, packets and links.
    SYS_epoll_pwait,
    SYS_sendmmsg,
    SYS_recvmmsg,
    SYS_recvfrom,
    SYS_sendto,
    SYS_clock_gettime,
    SYS_recvmsg,
    SYS_sendmsg,
    SYS_read,
    SYS_write,
    SYS_readv,
    SYS_writev,
    SYS_pread64,
    SYS_pwrite64,
    SYS_epoll_ctl,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_ppoll,
#ifdef SYS_epoll_wait
    SYS_epoll_wait,
    SYS_poll,
#endif
    // Links and devices that come and go; --check's probes; hosts by name.
    SYS_socket,
    SYS_connect,
    SYS_accept4,
    SYS_bind,
    SYS_listen,
    SYS_setsockopt,
    SYS_getsockopt,
    SYS_getsockname,
    SYS_getpeername,
    SYS_shutdown,
    SYS_close,
    SYS_ioctl,
    SYS_fcntl,
    SYS_eventfd2,
    SYS_epoll_create1,
    // Log, statistics, keys, configuration, trace; what the system library reads for itself.
    SYS_openat,
    SYS_fstat,
    SYS_newfstatat,
    SYS_statx,
    SYS_lseek,
    SYS_ftruncate,
    SYS_fsync,
    SYS_flock,
    SYS_unlinkat,
    SYS_getdents64,
    SYS_readlinkat,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_getcwd,
#ifdef SYS_open
    SYS_open,
    SYS_stat,
    SYS_lstat,
    SYS_access,
    SYS_readlink,
    SYS_unlink,
#endif
    // Memory, and the process itself.
    SYS_mmap,
    SYS_munmap,
    SYS_mremap,
    SYS_mprotect,
    SYS_madvise,
    SYS_brk,
    SYS_futex,
    SYS_getrandom,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_signalfd4,
    SYS_restart_syscall,
    SYS_getpid,
    SYS_gettid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_getpgid,
#ifdef SYS_getpgrp
    SYS_getpgrp,
#endif
    SYS_tgkill,
    SYS_getrusage,
    SYS_prlimit64,
    SYS_sysinfo,
    SYS_uname,
    SYS_gettimeofday,
    SYS_clock_getres,
    SYS_exit,
    SYS_exit_group,
    SYS_rseq,
    SYS_prctl,
    SYS_set_robust_list,
    SYS_membarrier,
};

sock_filter statement(std::uint32_t code, std::uint32_t value) {
  return {static_cast<std::uint16_t>(code), 0, 0, value};
}

sock_filter jump(std::uint32_t value, std::uint8_t if_equal, std::uint8_t if_not) {
  return {static_cast<std::uint16_t>(BPF_JMP | BPF_JEQ | BPF_K), if_equal, if_not, value};
}

std::vector<sock_filter> program() {
  constexpr std::uint32_t kLoad = BPF_LD | BPF_W | BPF_ABS;
  constexpr std::uint32_t kReturn = BPF_RET | BPF_K;
  std::vector<sock_filter> lines = {
      statement(kLoad, offsetof(seccomp_data, arch)),
      jump(kArchitecture, 1, 0),
      statement(kReturn, SECCOMP_RET_ERRNO | EPERM),
      statement(kLoad, offsetof(seccomp_data, nr)),
  };
  for (const long number : kAllowed) {
    lines.push_back(jump(static_cast<std::uint32_t>(number), 0, 1));
    lines.push_back(statement(kReturn, SECCOMP_RET_ALLOW));
  }
  lines.push_back(statement(kReturn, SECCOMP_RET_ERRNO | EPERM));
  return lines;
}

}  // namespace

void restrict_system_calls() {
  if (kArchitecture == 0) return;
  std::vector<sock_filter> lines = program();
  const sock_fprog filter{static_cast<std::uint16_t>(lines.size()), lines.data()};
  // Without the flag kernels before 5.16 would slow the whole process down, for what it has not:
  // code of others.
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
      ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &filter) ==
          0) {
    return;
  }
  spdlog::warn("system calls are not restricted: {}; --no-seccomp spares this line",
               error_text(errno));
}

}  // namespace tcpcopy::runtime

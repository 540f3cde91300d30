#!/usr/bin/env python3
"""Runs a program without the system calls that came after Linux 3.10 (x86-64):
    old_kernel.py PROGRAM [ARG …]
Where they are called, the kernel says that it has none such, as that one does, and asked for its version
it names an old one (2.6, which is all that it can be told to say). What calls that were there before have
learned since is not taken away."""

import ctypes
import errno
import os
import sys

import seccomp

FIRST_LATER = 314  # sched_setattr, 3.14; numbers were given in the order of coming
LAST = 600
OLD_NAME = 0x20000  # UNAME26


def main():
    calls = seccomp.SyscallFilter(seccomp.ALLOW)
    for number in range(FIRST_LATER, LAST):
        calls.add_rule(seccomp.ERRNO(errno.ENOSYS), number)
    calls.load()
    ctypes.CDLL(None).personality(OLD_NAME)
    os.execv(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()

"""The program that holds a pod's namespaces open: it waits for ever. Upstream's image comes from a registry.

It is small enough to be written down: an ELF file of one segment, with the machine code below. It
ignores SIGCHLD, so that the kernel buries the orphans of a pod that shares its process namespace, and
then sleeps. Nothing else is asked of it: containerd ends it with SIGKILL.
"""

from __future__ import annotations

import struct

from hubfleet.errors import HubfleetError

_BASE = 0x400000
_HEADERS = 64 + 56  # ELF header, one program header: elf(5)

# struct kernel_sigaction {SIG_IGN, 0, 0, 0} on the stack, then rt_sigaction(SIGCHLD, it, NULL, 8).
_X86_64 = bytes.fromhex(
    "6a00 6a00 6a00 6a01"  # push 0, 0, 0; push 1 (SIG_IGN)
    "6a0d 58"  # rax = 13 (rt_sigaction)
    "6a11 5f"  # rdi = 17 (SIGCHLD)
    "4889e6"  # rsi = rsp
    "31d2"  # rdx = 0
    "6a08 415a"  # r10 = 8
    "0f05"  # syscall
    "6a22 58"  # again: rax = 34 (pause)
    "0f05"  # syscall
    "ebf9"  # jump to again
)
_AARCH64 = struct.pack(
    "<17I",
    0xD10083FF,  # sub sp, sp, #32
    0xD2800021,  # mov x1, #1 (SIG_IGN)
    0xA9007FE1,  # stp x1, xzr, [sp]
    0xA9017FFF,  # stp xzr, xzr, [sp, #16]
    0xD2800220,  # mov x0, #17 (SIGCHLD)
    0x910003E1,  # mov x1, sp
    0xD2800002,  # mov x2, #0
    0xD2800103,  # mov x3, #8
    0xD28010C8,  # mov x8, #134 (rt_sigaction)
    0xD4000001,  # svc #0
    0xD2800000,  # again: mov x0, #0
    0xD2800001,  # mov x1, #0
    0xD2800002,  # mov x2, #0
    0xD2800003,  # mov x3, #0
    0xD2800928,  # mov x8, #73 (ppoll: on nothing, without a timeout)
    0xD4000001,  # svc #0
    0x17FFFFFA,  # b again
)
_MACHINES = {"x86_64": (0x3E, _X86_64), "aarch64": (0xB7, _AARCH64)}


def program(machine: str) -> bytes:
    """The program for this kind of machine (`platform.machine()`).

    Raises:
        HubfleetError: nobody wrote it for this kind yet.
    """
    if machine not in _MACHINES:
        known = ", ".join(sorted(_MACHINES))
        raise HubfleetError(f"real nodes run on {known}, not on {machine}", next_step="./inv local-up --simulated 3")
    number, code = _MACHINES[machine]
    size = _HEADERS + len(code)
    header = struct.pack(
        "<4s5B7xHHIQQQIHHHHHH",
        b"\x7fELF", 2, 1, 1, 0, 0, 2, number, 1, _BASE + _HEADERS, 64, 0, 0, 64, 56, 1, 0, 0, 0,
    )  # fmt: skip
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, _BASE, _BASE, size, size, 0x1000)
    return header + segment + code

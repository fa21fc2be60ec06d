"""The few steps between the start of a child process and the server that takes its place.

Run as a script, by path, with the standard library only:

    python -I -S tether.py OWNER_PID DEATH_SIGNAL USER_ID GROUP_ID PROGRAM [ARGUMENT...]

It becomes the user (unless USER_ID is -1), asks the kernel to send DEATH_SIGNAL when its owner dies
(unless 0; Linux only), and then becomes PROGRAM, under the same process id. A script of its own, because
`subprocess`'s `preexec_fn` runs Python between fork and exec, which may deadlock where threads are about.
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def become(user_id: int, group_id: int) -> None:
    """Give up root for good: supplementary groups first, the user last."""
    os.setgroups([])
    os.setgid(group_id)
    os.setuid(user_id)


def die_with(owner: int, death_signal: int) -> None:
    """Have the kernel end this process when the owner's thread that started it ends.

    A change of user clears the setting, so this comes after `become`.
    """
    if not sys.platform.startswith("linux"):
        return
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) was refused")
    if os.getppid() != owner:  # it died before the kernel was asked
        sys.exit("The process that wanted this server is gone.")


def main(arguments: list[str]) -> None:
    """Never returns: the process becomes the program, or ends with an error."""
    owner, death_signal, user_id, group_id = (int(number) for number in arguments[:4])
    program = arguments[4:]
    if user_id >= 0:
        become(user_id, group_id)
    os.umask(0o077)
    if death_signal > 0:
        die_with(owner, death_signal)
    os.execv(program[0], program)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])

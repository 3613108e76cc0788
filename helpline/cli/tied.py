"""Become another program that dies when its parent dies: `python tied.py PARENT_PID SIGNAL UID:GID PROGRAM ARGS…`.

Run as a script, standard library only. A start-up hook inside the parent (`preexec_fn`) would be shorter but can
deadlock once the parent has threads. UID:GID is "-" to stay who we are. Linux only; elsewhere the program is
started without the tie.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys

PR_SET_PDEATHSIG = 1


def main(argv: list[str]) -> None:
    """Drop rights, tie to the parent, forbid core dumps (live calls lie in this memory), then become the program."""
    parent_pid, signal_number, user, *command = argv
    if user != "-":
        uid, gid = (int(part) for part in user.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # After the change of user, which clears the tie. It is tied to the parent's *thread* that started us.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
        if os.getppid() != int(parent_pid):  # it died in between
            sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606  # a list of words from our own code


if __name__ == "__main__":
    main(sys.argv[1:])

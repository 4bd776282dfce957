"""Job control: whether a shell can bring us back, and stopping with all that it started with us."""

from __future__ import annotations

import os
import signal
from pathlib import Path


def can_be_continued() -> bool:
    """Whether somebody above us may know of our job: another job of our session.

    It is the rule by which the kernel takes a group for orphaned and does not stop it: nobody is
    there as in `ssh -t host ctdeck`, `tmux new ctdeck`, or where the shell was replaced by ctdeck.
    """
    group, session = os.getpgrp(), os.getsid(0)
    parent = os.getppid()
    try:
        while parent and os.getpgid(parent) == group:  # `sh -c`, sudo, make: of the same job
            parent = _parent_of(parent)
        return bool(parent) and os.getsid(parent) == session
    except OSError:  # /proc is hidden, or it has just ended
        return os.getpid() != session


def in_background(terminal: int) -> bool:
    """Another job has this terminal; False when there is none any more."""
    try:
        return os.tcgetpgrp(terminal) != os.getpgrp()
    except OSError:
        return False


def stop(number: int) -> None:
    """Stop by this signal all of our job, as a shell knows it: scripts, make, sudo around us too.

    Returns when it is continued. Where nobody could continue it we alone stop: who asked for
    that knows us.
    """
    numbers = (signal.SIGTSTP, signal.SIGTTOU, signal.SIGCONT)
    handlers = {each: signal.signal(each, signal.SIG_DFL) for each in numbers}
    try:
        if can_be_continued():
            os.kill(0, number)
        else:
            os.kill(os.getpid(), signal.SIGSTOP)
    finally:
        for each, handler in handlers.items():
            signal.signal(each, handler)


def _parent_of(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[1])

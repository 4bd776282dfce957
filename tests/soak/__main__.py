"""`make soak`: minutes of random keys, changes by others and daemon faults; exit 1 if it left harm.

A seed is printed first: `ARGS="--seed N"` makes the same choices again (the times still differ).
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.bench.ground import CTDECK
from tests.live import images
from tests.live.daemons import Daemon
from tests.live.registry import Registry
from tests.live.releases import SUITES, release
from tests.terminal.terminal import Terminal

from .ends import GROWTH, Use, is_stopped, left_behind, use_of, world_of, world_on
from .hands import Hands
from .outside import IMAGE, NAMESPACES, Outside

PACE = 0.05  # s between two things that happen
LOOK = 5.0  # s between two looks at what ctdeck uses
SETTLED = 20.0  # s after the last fault in which screen and daemon have to agree
_LAST = 4000  # bytes to tell of what ctdeck wrote before it ended
RARELY, OFTEN = 0.004, 0.06  # of all that happens: trouble of the daemon, changes by others


def main() -> int:
    """Run one soak; 0 if all is as it should be."""
    made = argparse.ArgumentParser(prog="make soak ARGS=…")
    made.add_argument("--minutes", type=float, default=5.0)
    made.add_argument("--release", choices=SUITES, default="2")
    made.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    given = made.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ctdeck-soak-")))
        daemon = stack.enter_context(Daemon(release(given.release)))
        remote = _images(daemon, stack.enter_context(Registry()), folder)
        print(f"containerd {daemon.version}, {given.minutes:g} min, seed {given.seed}", flush=True)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "XDG_STATE_HOME": str(folder),
        }
        command = [CTDECK, "--address", str(daemon.socket)]

        def start() -> Terminal:
            terminal = stack.enter_context(Terminal(command, environment, 50, 200))
            terminal.wait_for(daemon.version)
            return terminal

        dice = random.Random(given.seed)
        hands = Hands(start(), dice, IMAGE, remote)
        outside = Outside(daemon, dice, lambda seconds: hands.terminal.read_for(seconds))
        uses = _live(hands, outside, start, given.minutes * 60)
        faults = _agree(hands, daemon)
        faults += _left(hands.terminal, daemon, folder / "ctdeck")
        faults += _grown(uses)
        _tell(hands, outside, uses)
    print("\n".join(f"FAULT: {each}" for each in faults) or "nothing is wrong")
    return 1 if faults else 0


def _images(daemon: Daemon, registry: Registry, folder: Path) -> str:
    """The sample image in each namespace, and another in a registry; returns its reference."""
    tar = images.save(folder / "busybox.tar", {IMAGE: images.busybox()})
    for namespace in NAMESPACES:
        daemon.ctr("images", "import", str(tar), namespace=namespace)
    return registry.push("soak", "latest", images.busybox(cmd=["sleep", "1"]))


def _live(
    hands: Hands, outside: Outside, start: Callable[[], Terminal], seconds: float
) -> list[Use]:
    """Until the time is up, or ctdeck has ended badly; what the last ctdeck used meanwhile."""
    uses: list[Use] = []
    end, look = time.monotonic() + seconds, 0.0
    while time.monotonic() < end:
        if hands.terminal.has_ended():
            if hands.terminal.exit_code:
                break
            hands.terminal, uses = start(), []  # the palette was asked to quit
        _happen(hands, outside)
        if time.monotonic() > look and not hands.terminal.has_ended():
            look = time.monotonic() + LOOK
            hands.terminal.raw = hands.terminal.raw[-_LAST:]
            if is_stopped(hands.terminal.pid):
                hands.terminal.kill(signal.SIGCONT)  # the palette was asked to suspend: `fg`
            uses.append(use_of(hands.terminal.pid))
    return uses


def _happen(hands: Hands, outside: Outside) -> None:
    """One thing, and a moment in which its consequences are seen."""
    chance = hands.dice.random()
    if chance < RARELY:
        outside.trouble()
    elif chance < OFTEN:
        outside.change()
    else:
        hands.press()
    hands.terminal.read_for(PACE)


def _agree(hands: Hands, daemon: Daemon) -> list[str]:
    """The list of containers on the screen against `ctr`'s; both are looked at until they agree."""
    terminal = hands.terminal
    if terminal.has_ended():
        last = terminal.raw[-_LAST:].decode("utf-8", "replace")
        return [f"ctdeck ended with {terminal.exit_code}; the last that it wrote:\n{last!r}"]
    terminal.kill(signal.SIGCONT)
    deadline = time.monotonic() + SETTLED
    while True:
        hands.back_to_the_list()  # again: what was under way may have opened something
        terminal.read_for(0.5)
        shown, true = world_on(terminal.text, NAMESPACES), world_of(daemon, NAMESPACES)
        if shown == true:
            return []
        if time.monotonic() > deadline:
            return [
                f"only on the screen: {sorted(shown - true)}",
                f"only in containerd: {sorted(true - shown)}\n{terminal.text}",
            ]


def _left(terminal: Terminal, daemon: Daemon, state: Path) -> list[str]:
    """Leave, as a user does, and look at what stays."""
    if terminal.has_ended():
        return []
    terminal.type("q")
    terminal.read_for(1.0)
    terminal.type("y")  # something may be under way
    status = terminal.wait_end()
    faults = [] if status == 0 else [f"ctdeck left with {status}"]
    return faults + left_behind(daemon, state, NAMESPACES)


def _grown(uses: list[Use]) -> list[str]:
    """Memory, files and threads at the end against the middle: the first half warms up."""
    if len(uses) < 8:
        return []
    half, quarter = uses[len(uses) // 2 : -len(uses) // 4], uses[-len(uses) // 4 :]
    faults = []
    grown = min(u.resident for u in quarter) - max(u.resident for u in half)
    if grown > GROWTH:
        faults.append(f"memory grew by {grown >> 10} KiB from the third quarter to the last")
    for name in ("files", "threads"):
        before, after = (min(getattr(u, name) for u in part) for part in (half, quarter))
        if after > before:
            faults.append(f"open {name}: {before} in the third quarter, {after} in the last")
    return faults


def _tell(hands: Hands, outside: Outside, uses: list[Use]) -> None:
    done = ", ".join(f"{count} {name}" for name, count in sorted(outside.done.items()))
    print(f"{hands.pressed} keys and lines; outside: {done}")
    for use in (uses[0], uses[len(uses) // 2], uses[-1]) if uses else ():
        print(f"  {use.resident / 1e6:.1f} MB, {use.files} files, {use.threads} threads")


if __name__ == "__main__":
    sys.exit(main())

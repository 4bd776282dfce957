"""`make soak`: minutes of random keys, changes by others and daemon faults; exit 1 if it left harm.

A run goes on by the minute while memory still grows: a leak is told from what fills by then.
A seed is printed first: `ARGS="--seed N"` makes the same choices again (the times still differ).
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, chdir
from pathlib import Path

from tests.bench.ground import CTDECK
from tests.live import images
from tests.live.daemons import Daemon
from tests.live.registry import Registry
from tests.live.releases import SUITES, release
from tests.terminal.terminal import Terminal

from .ends import is_stopped, left_behind, world_of, world_on
from .hands import Hands
from .outside import IMAGE, NAMESPACES, Outside
from .uses import Growth, Use, busy, figures, grown, growth, use_of

PACE = 0.05  # s between two things that happen
LOOK = 5.0  # s between two looks at what ctdeck uses
SETTLED = 20.0  # s after the last fault in which screen and daemon have to agree
QUIET = 2.0  # s in which a ctdeck that was just started has done all that it does by itself
_LAST = 4000  # bytes to tell of what ctdeck wrote before it ended
LONGER = 3  # times as long as asked it may take to tell a leak from what fills
RESTS = 0.3  # s of which it is at rest for more than half once it has done what it was asked for
RARELY, OFTEN = 0.004, 0.06  # of all that happens: trouble of the daemon, changes by others

Start = Callable[[], Terminal]


def main() -> int:
    """Run one soak; 0 if all is as it should be."""
    made = argparse.ArgumentParser(prog="make soak ARGS=…")
    made.add_argument("--minutes", type=float, default=5.0)
    made.add_argument("--release", choices=SUITES, default="2")
    made.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    given = made.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ctdeck-soak-")))
        stack.enter_context(chdir(folder))  # what random keys save is saved there
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
            terminal.read_for(QUIET)
            return terminal

        dice = random.Random(given.seed)
        hands = Hands(start(), dice, IMAGE, remote)
        outside = Outside(daemon, dice, lambda seconds: hands.terminal.read_for(seconds))
        uses = _live_until_told(hands, outside, start, given.minutes * 60)
        faults = _ends(hands, daemon, folder / "ctdeck", start, uses)
        done = ", ".join(f"{count} {name}" for name, count in sorted(outside.done.items()))
        print(f"{hands.pressed} keys and lines; outside: {done}")
        print("\n".join(f"  {line}" for line in figures(uses)))
    told = growth(uses) is Growth.FLAT
    well = "nothing is wrong" if told else "nothing is wrong but that memory may grow: see above"
    print("\n".join(f"FAULT: {each}" for each in faults) or well)
    return 1 if faults else 0


def _images(daemon: Daemon, registry: Registry, folder: Path) -> str:
    """The sample image in each namespace, and another in a registry; returns its reference."""
    tar = images.save(folder / "busybox.tar", {IMAGE: images.busybox()})
    for namespace in NAMESPACES:
        daemon.ctr("images", "import", str(tar), namespace=namespace)
    return registry.push("soak", "latest", images.busybox(cmd=["sleep", "1"]))


def _live_until_told(hands: Hands, outside: Outside, start: Start, seconds: float) -> list[Use]:
    """What was used in so many seconds, and in some minutes more as long as memory grows."""
    uses = _live(hands, outside, start, seconds)
    most = uses[0].at + LONGER * seconds
    while growth(uses) is Growth.OPEN and uses[-1].at < most and not hands.terminal.has_ended():
        print(f"  memory grows, at {uses[-1].resident / 1e6:.1f} MB: a minute more", flush=True)
        uses = _live(hands, outside, start, 60, uses)
    return uses


def _live(
    hands: Hands, outside: Outside, start: Start, seconds: float, before: Sequence[Use] = ()
) -> list[Use]:
    """Until the time is up, or ctdeck has ended badly; what the last ctdeck used meanwhile.

    One that the palette was asked to end is started anew and gets its time, once.
    """
    uses = [*before] or [use_of(hands.terminal.pid)]
    begun = time.monotonic()
    end, look = begun + seconds, begun + LOOK
    while time.monotonic() < end:
        if hands.terminal.has_ended():
            if hands.terminal.exit_code:
                break
            hands.terminal = start()
            uses = [use_of(hands.terminal.pid)]
            end = min(time.monotonic() + seconds, begun + 2 * seconds)
        _happen(hands, outside)
        if time.monotonic() > look and not hands.terminal.has_ended():
            look = time.monotonic() + LOOK
            hands.terminal.raw = hands.terminal.raw[-_LAST:]
            _wake(hands.terminal)
            _rest(hands.terminal)
            if not hands.terminal.has_ended():
                uses.append(use_of(hands.terminal.pid))
    return uses


def _wake(terminal: Terminal) -> None:
    """As `fg` does, if the palette was asked to suspend."""
    if not terminal.has_ended() and is_stopped(terminal.pid):
        terminal.kill(signal.SIGCONT)


def _rest(terminal: Terminal) -> None:
    """Until it has done what it was asked for: on a busy machine keys would pile up for ever.

    All that it does for keys is done by its first thread.
    """
    deadline = time.monotonic() + SETTLED
    while not terminal.has_ended() and time.monotonic() < deadline:
        before, begun = busy(terminal.pid), time.monotonic()
        terminal.read_for(RESTS)
        if terminal.has_ended() or busy(terminal.pid) - before < (time.monotonic() - begun) / 2:
            return


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


def _ends(hands: Hands, daemon: Daemon, state: Path, start: Start, uses: list[Use]) -> list[str]:
    """What is wrong at the end, in words."""
    if hands.terminal.has_ended() and hands.terminal.exit_code == 0:
        hands.terminal = start()  # the palette was asked to quit, just now
    if hands.terminal.has_ended():
        return _crash(hands.terminal, state)
    faults = _agree(hands, daemon)
    if not hands.terminal.has_ended():
        uses.append(use_of(hands.terminal.pid))  # all is quiet: no call and no pull is open
    faults += _leave(hands.terminal) + _next_start(daemon, state, start)
    return faults + left_behind(daemon, state, NAMESPACES) + grown(uses)


def _crash(terminal: Terminal, state: Path) -> list[str]:
    last = terminal.raw[-_LAST:].decode("utf-8", "replace")
    logs = [log.read_text() for log in sorted(state.glob("crash-*.log"))]
    return ["\n".join((f"ctdeck ended with {terminal.exit_code}", *logs, f"wrote last: {last!r}"))]


def _agree(hands: Hands, daemon: Daemon) -> list[str]:
    """The list of containers on the screen against `ctr`'s; both are looked at until they agree."""
    terminal = hands.terminal
    deadline = time.monotonic() + SETTLED
    while True:
        _wake(terminal)
        _rest(terminal)
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


def _leave(terminal: Terminal) -> list[str]:
    """As a user does."""
    terminal.type("q")
    terminal.read_for(1.0)
    terminal.type("y")  # something may be under way
    _wake(terminal)
    try:
        status = terminal.wait_end()
    except AssertionError as error:
        return [str(error)]
    return [] if status == 0 else [f"ctdeck left with {status}"]


def _next_start(daemon: Daemon, state: Path, start: Start) -> list[str]:
    """It offers to remove what could not be removed before, and does so.

    Logs of what others deleted, and what a run had made when the daemon was killed under it.
    """
    left = left_behind(daemon, state, NAMESPACES)
    terminal = start()
    offered = "Remove" in terminal.text
    if offered:
        terminal.type("y")
        terminal.read_for(QUIET)
    faults = _leave(terminal)
    print(f"  for the next start: {len(left)}, offered: {offered}")
    if left and not offered:
        faults.append("the next start does not offer to remove what is left")
    return faults


if __name__ == "__main__":
    sys.exit(main())

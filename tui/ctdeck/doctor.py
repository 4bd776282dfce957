"""`ctdeck doctor`: what is wrong and what to do about it, as text, without a screen.

The page inside says the same: `screens/doctor.py`. No Textual is imported here.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from rich.style import Style

from aiocontainerd.doctor.finding import Finding, Level, note, ok, problem
from aiocontainerd.safe import safe
from ctdeck.ansi import Painted
from ctdeck.masking import masked_text

if TYPE_CHECKING:
    from aiocontainerd.client import Client
    from aiocontainerd.discovery import Probe
    from aiocontainerd.state import StateDirectory
    from ctdeck.settings import Settings

WORDS = {Level.OK: "ok", Level.NOTE: "note", Level.WARNING: "warning", Level.PROBLEM: "problem"}
_LABEL = 9  # cells of the level, and of the topic behind it
_TOPIC = 13


def main(arguments: Sequence[str]) -> int:
    """Print the findings; returns 0 if all is fine, 1 if there are problems, 2 for bad usage."""
    from ctdeck.settings import from_arguments

    settings = from_arguments(arguments, os.environ)
    try:
        return asyncio.run(_print(settings))
    except KeyboardInterrupt:
        return 130
    except OSError as error:  # `ctdeck doctor | head`, or a full disk behind it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            print(f"ctdeck: it cannot be printed ({error.strerror})", file=sys.stderr)
        return 1


async def _print(settings: Settings) -> int:
    width = min(100, _width())
    worst, found = Level.OK, Counter[Level]()
    async for finding in _demo(settings) if settings.demo else visit(_address(settings)):
        for line in lines_of(finding, width):
            print(line, flush=True)
        found[finding.level] += 1
        worst = max(worst, finding.level)
    print(f"\n{summary(found)}")
    return int(worst >= Level.PROBLEM)


def _width() -> int:
    try:
        return os.get_terminal_size().columns
    except OSError:
        return 100


def _address(settings: Settings) -> str | None:
    if not settings.embedded:
        return settings.address
    from aiocontainerd.state import StateDirectory
    from ctdeck.embedded.place import Place

    return str(Place.below(StateDirectory.default().root).socket)


async def _demo(settings: Settings) -> AsyncIterator[Finding]:
    from ctdeck.demo import Demo

    session = await Demo.start(settings, lively=False)
    assert session.client is not None
    assert session.state is not None
    assert session.demo is not None
    try:
        async for finding in examined(session.client, session.state):
            yield finding
    finally:
        if session.following is not None:
            session.following.cancel()
        await session.client.close()
        await session.demo.stop()


async def visit(address: str | None) -> AsyncIterator[Finding]:
    """Find a daemon and examine it; says what was tried where there is none."""
    from aiocontainerd.access import Access
    from aiocontainerd.client import Client
    from aiocontainerd.discovery import candidates, discover
    from aiocontainerd.errors import ContainerdError
    from aiocontainerd.state import StateDirectory

    def client_for(at: str) -> Client:
        return Client(at, access=Access(read_only=True))

    probes = await discover(candidates(address), connect=client_for)
    for finding in sockets(probes):
        yield finding
    client = probes[-1].client
    if client is None:
        return
    try:
        async with client:
            async for finding in examined(client, StateDirectory.default()):
                yield finding
    except ContainerdError as error:
        yield problem("daemon", f"it stopped answering: {error}", "It may be restarting.", "")


async def examined(client: Client, state: StateDirectory) -> AsyncIterator[Finding]:
    """What is found of a daemon that answers; `state` is our own folder."""
    from aiocontainerd.doctor import examine, look_round

    scene = await look_round(client, state)
    async for finding in examine(scene):
        yield finding


def sockets(probes: Iterable[Probe]) -> Iterable[Finding]:
    """Which answered, which cannot be used; of those that are not there only if none is."""
    listed = list(probes)
    for each in listed:
        if each.server is not None:
            yield from answering(each.address)
    if any(each.server for each in listed):
        return
    for each in listed:
        level = Level.PROBLEM if os.path.lexists(each.address) or len(listed) == 1 else Level.NOTE
        yield Finding(level, "socket", f"{each.address}: {each.problem}", "", each.remedy)
    means = "No daemon can be reached, so nothing more is looked at."
    yield problem("daemon", "none answers", means, "Start it, or name its socket with --address.")


def answering(address: str) -> Iterable[Finding]:
    """A socket that answers, and who else may use it."""
    path = address.removeprefix("unix://")
    yield ok("socket", f"{path} answers")
    yield _rights(path)


def _rights(address: str) -> Finding:
    import grp
    import stat

    try:
        info = os.stat(address)  # noqa: PTH116
    except OSError:
        return ok("rights", "you may use it")
    mode = stat.filemode(info.st_mode)[1:]
    try:
        group = safe(grp.getgrgid(info.st_gid).gr_name)
    except KeyError:
        group = str(info.st_gid)
    who = "root" if os.geteuid() == 0 else f"user {os.geteuid()}"
    said = f"you are {who}; the socket's mode is {mode}, its group {group}"
    if info.st_mode & stat.S_IWOTH:
        means = "Everybody on this host can become root through it."
        return problem("rights", said, means, f"$ chmod o-w {safe(address)}")
    if os.geteuid() != 0:
        means = "Who may use the socket is as good as root; files of the daemon are out of reach."
        return note("rights", said, means, "With sudo more can be looked at.")
    return ok("rights", said)


def lines_of(finding: Finding, width: int) -> list[str]:
    """``warning  plugins  what``, and below it what it means and the remedy."""
    lead = f"{WORDS[finding.level]:<{_LABEL}}{finding.topic:<{_TOPIC}}"
    room = max(20, width - len(lead))
    lines: list[str] = []
    for text in filter(None, (finding.what, finding.means)):
        lines += wrap(safe(masked_text(text)), room, break_on_hyphens=False) or [""]
    if finding.remedy.startswith("$ "):
        lines.append(safe(masked_text(finding.remedy)))  # in one line, to be copied
    else:
        lines += wrap(safe(masked_text(finding.remedy)), room, break_on_hyphens=False)
    return [(lead if not place else " " * len(lead)) + line for place, line in enumerate(lines)]


def painted(finding: Finding, width: int) -> list[Painted]:
    """The same lines in colours, for the page inside."""
    lines = [safe(line) for line in lines_of(finding, width)]
    colour = {Level.PROBLEM: "red", Level.WARNING: "yellow", Level.OK: "green"}
    bold = finding.level >= Level.WARNING
    style = Style(color=colour.get(finding.level), bold=bold)
    return [
        Painted(line, ((0, len(WORDS[finding.level]), style),) if not place else ())
        for place, line in enumerate(lines)
    ]


def summary_of(findings: Iterable[Finding]) -> list[Painted]:
    """The last line of the page."""
    said = summary(Counter(each.level for each in findings))
    return [Painted(""), Painted(said, ((0, len(said), Style(bold=True)),))]


def summary(found: Counter[Level]) -> str:
    """``1 problem, 2 notes, 14 ok``."""
    said = []
    for level in sorted(WORDS, reverse=True):
        if count := found[level]:
            plural = "s" if count != 1 and level is not Level.OK else ""
            said.append(f"{count} {WORDS[level]}{plural}")
    return ", ".join(said)

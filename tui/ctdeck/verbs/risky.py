"""What is risky about a run, looked up on the daemon's host, and the question about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from posixpath import dirname
from typing import TYPE_CHECKING

from ctdeck.command.shellwords import join
from ctdeck.desk import Desk, Question
from ctdeck.forms.risks import NO_FACTS, Facts, risks
from ctdeck.forms.risky_paths import Engine
from ctdeck.masking import masked
from ctdeck.verbs.doing import address_of, client_of

if TYPE_CHECKING:
    from aiocontainerd.run_options import RunOptions


async def examine(desk: Desk, options: RunOptions) -> Facts:
    """The sources as the daemon will find them; those that do not answer are told as written.

    Submounts are named only where a read-only mount would leave them writable.
    """
    from aiocontainerd.bind_sources import SourceFacts, look_at
    from aiocontainerd.operations.readonly import has_rro, leaves_gaps
    from ctdeck.widgets.path_field import off_loop

    client, facts = client_of(desk), dict[str, SourceFacts]()
    root = (await client.locate()).root or ""
    for source in {mount.source for mount in options.mounts}:
        look = partial(look_at, source, root)
        facts[source] = await off_loop(source, look, default=SourceFacts(source))
    open_below = [m.source for m in options.mounts if leaves_gaps(m) and facts[m.source].submounts]
    if open_below and await has_rro(client):
        facts |= {source: replace(facts[source], submounts=()) for source in open_below}
    return facts


def engine_of(desk: Desk) -> Engine:
    """Where this daemon's socket and files are."""
    server = desk.snapshot.server
    # A snapshotter's folder lies in the daemon's root.
    roots = {dirname(path) for path in (server.snapshotters.values() if server else ()) if path}
    return Engine(address_of(desk).removeprefix("unix://"), tuple(sorted(roots - {"/"})))


async def agreed(desk: Desk, options: RunOptions) -> Facts | None:
    """Whether it shall run all the same, and what its sources were then: only that may run.

    What turns up while the question is open is asked too; None if the user does not agree.
    """
    accepted: tuple[str, ...] = ()
    while True:
        facts = await examine(desk, options)
        found = risks(options, facts, engine_of(desk))
        new = tuple(risk for risk in found if risk not in accepted)
        if not new:
            return facts
        lines = (_what_runs(options), "It would get:", *(f"  {risk}" for risk in new))
        if not await desk.ask(Question(f"Run {options.id}?", lines, "Run")):
            return None
        accepted += new


def _what_runs(options: RunOptions) -> str:
    command = masked(options).command
    return f"From {options.image}, " + (f"running: {join(command)}" if command else "as it says.")


def can_be_risky(options: RunOptions) -> bool:
    """Whether there is something to look at first."""
    return bool(options.mounts or risks(options))


def begin_run(desk: Desk, options: RunOptions, begin: Callable[[Facts], None]) -> None:
    """At once where nothing can be risky, else when the user has agreed."""

    async def ask_first() -> None:
        if (facts := await agreed(desk, options)) is not None:
            begin(facts)

    if can_be_risky(options):
        desk.begin(ask_first(), group="risks", opens=True)
    else:
        begin(NO_FACTS)

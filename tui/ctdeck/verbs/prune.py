"""Prune as a plan: what could go is listed, unticked by hand, asked for once, done one by one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from aiocontainerd.models import Container, Key
from aiocontainerd.owners import Owner
from ctdeck.desk import Desk, Lock, Question
from ctdeck.formatting import counted, short_digest, short_reference, size
from ctdeck.masking import masked_text
from ctdeck.underway import UnderWay
from ctdeck.verbs.delete import followed, has_log
from ctdeck.verbs.doing import client_of, state_of
from ctdeck.verbs.refused import record

if TYPE_CHECKING:
    from aiocontainerd.disk.plan import Group, Item
    from aiocontainerd.disk.pruning import Pruner
    from aiocontainerd.disk.report import Report

LISTED = 200  # lines of a question


class Plan(NamedTuple):
    """What could go, and the report that says what that frees."""

    items: Sequence[Item]
    report: Report


async def prune(desk: Desk, *, ask: bool = True) -> None:
    """Show the plan, ask, and do it; without `ask` what is ticked to begin with goes at once."""
    client_of(desk), state_of(desk)  # raise at once while there is no daemon
    plan = await _planned(desk)
    if not plan.items:
        desk.tell(f"Nothing can be pruned in {desk.scope or 'any namespace'}.")
        return
    if not ask:
        chosen: Sequence[Item] | None = [item for item in plan.items if item.is_wanted]
        _record_shut(desk, plan)
    else:
        chosen = await desk.pick(plan)
    if chosen is None or (ask and chosen and not await desk.ask(await _question(plan, chosen))):
        return
    if not chosen:
        desk.tell("Nothing was chosen, and nothing was pruned.")
        return
    await _prune(desk, chosen)


async def _planned(desk: Desk) -> Plan:
    import asyncio

    from aiocontainerd.disk.plan import plan
    from aiocontainerd.disk.report import Report
    from aiocontainerd.disk.survey import surveyed

    desk.progress("Asking what could be pruned …")
    try:
        found = await surveyed(client_of(desk), lambda: desk.snapshot, known=desk.sizes)
        report = await asyncio.to_thread(Report.of, found)
    finally:
        desk.progress("")
    world = desk.snapshot

    def locks(namespace: str, owner: Owner | None) -> str:
        if desk.settings.access.is_read_only(namespace):
            return "read-only"
        if owner is None or Lock(namespace, owner.short) in desk.unlocked:
            return ""
        return f"{owner.name}'s"

    now = datetime.now(UTC)
    return Plan(await asyncio.to_thread(plan, report, world, locks, now, desk.scope), report)


def _record_shut(desk: Desk, plan: Plan) -> None:
    """What read-only keeps has its line in the audit."""
    for item in plan.items:
        if item.locked == "read-only":
            record(desk, Key(item.node.namespace, item.node.key))


def name_of(item: Item) -> str:
    """Its name as the other lists have it."""
    key = item.node.key
    if item.node.kind == "image":
        return short_reference(key)
    return short_digest(key) if item.node.kind == "blob" else key


def placed(item: Item) -> str:
    """With its namespace where it is not the default one."""
    space = item.node.namespace
    return name_of(item) if space == "default" else f"{name_of(item)} in {space}"


async def _question(plan: Plan, chosen: Sequence[Item]) -> Question:
    import asyncio

    from aiocontainerd.disk.plan import together

    lines: list[str] = []
    group = None
    for item in chosen[:LISTED]:
        if item.group is not group:
            group = item.group
            number = sum(each.group is group for each in chosen)
            plural = "" if number == 1 or group.value.endswith("content") else "s"
            lines.append(f"{number:,} {group.value}{plural}{_with(group, number)}")
        log = ", and its log" if isinstance(item.what, Container) and has_log(item.what) else ""
        lines.append(f"  {size(item.frees):>8}  {placed(item)}{log}")
    if len(chosen) > LISTED:
        lines.append(f"and {len(chosen) - LISTED:,} more")
    total = size(await asyncio.to_thread(together, plan.report, chosen))
    lines.append(f"All of it together frees {total}.")
    return Question(f"Prune {counted(len(chosen), 'item')}, {total}?", tuple(lines), "Prune")


def _with(group: Group, number: int) -> str:
    """What goes with them."""
    if group.value != "stopped container":
        return ""
    return f", with all that {'it' if number == 1 else 'they'} wrote"


async def _prune(desk: Desk, chosen: Sequence[Item]) -> None:
    """One after the other, a line for each; the failure of one does not end the others."""
    from aiocontainerd.disk.pruning import Pruner, in_order

    pruner = Pruner(client_of(desk), state_of(desk), lambda: followed(desk))
    results: list[_Result] = []
    try:
        for number, item in enumerate(in_order(chosen), 1):
            desk.progress(f"Pruning {number:,} of {len(chosen):,}: {placed(item)} …")
            begun = any(result.how == "done" for result in results)
            results.append(await _one(desk, pruner, item, begun=begun, last=number == len(chosen)))
    finally:
        desk.progress("")
    done = sum(result.how == "done" for result in results)
    desk.open(
        "message",
        title=f"{done:,} of {counted(len(chosen), 'item')} pruned",
        text="\n".join(masked_text(result.text) for result in results),
        bad=any(result.how == "failed" for result in results),
    )


class _Result(NamedTuple):
    """What came of one item: `how` is "done", "gone" or "failed"."""

    how: str
    text: str


async def _one(desk: Desk, pruner: Pruner, item: Item, *, begun: bool, last: bool) -> _Result:
    """After the first deletion the daemon collects its garbage, and is often there before us."""
    from aiocontainerd.disk.plan import Group
    from aiocontainerd.errors import NotFound
    from ctdeck.failures import plain_words

    name = f"{item.group.value} {placed(item)}"
    key = Key(item.node.namespace, item.node.key)
    if other := desk.busy.get(key):
        return _Result("failed", f"{name}: left alone, it is being {other.what}")
    desk.busy[key] = UnderWay(placed(item), "pruned")
    try:
        await pruner.prune(item, sync=last)
    except NotFound:
        if begun and item.group in (Group.CONTENT, Group.LEASES):
            return _Result("done", f"{name}: gone with the garbage, {size(item.frees)}")
        return _Result("gone", f"{name}: gone already")
    except Exception as error:  # also a fault of ours: the others go on
        why = plain_words(error)[1].splitlines()[0].removeprefix(f"{key.id}: ")
        return _Result("failed", f"{name}: not deleted: {why}")
    finally:
        desk.busy.pop(key, None)
    return _Result("done", f"{name}: deleted, {size(item.frees)}")

"""Copy files out of a container or into it, after a look at what that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiocontainerd.safe import safe
from ctdeck.command.requests import CopyCommand
from ctdeck.desk import Desk, Question
from ctdeck.formatting import counted, size
from ctdeck.rows import ContainerRow
from ctdeck.verbs.doing import client_of, container_of, doing, listed, name_of, not_busy
from ctdeck.verbs.permitted import permitted

if TYPE_CHECKING:
    from aiocontainerd.operations import Copied, CopyRequest


async def copy(desk: Desk, row: ContainerRow, command: CopyCommand) -> None:
    """Into a container it is a change, and asked first; out of it what is overwritten."""
    from aiocontainerd.operations import CopyRequest

    if desk.session is not None and desk.session.demo is not None:
        desk.tell("The demo's containers have no real files: there is nothing to copy.")
        return
    client_of(desk)
    not_busy(desk, [row])
    if command.inward and not await permitted(desk, "copy", [row]):
        return
    request = CopyRequest(container_of(row), command.inside, command.host, command.inward)
    plan = await _copied(desk, request, dry=True)
    if plan is None:
        return
    if plan.left_out and not (plan.files or plan.links or plan.folders):
        _tell(desk, row, command, plan)
        return
    if not await _agreed(desk, row, command, plan):
        return
    if not command.inward:
        done = await _copied(desk, request, plan=plan, force=command.force)
    else:
        with doing(desk, row, "copied to"):
            done = await _copied(desk, request, plan=plan, force=command.force)
    if done is not None:
        _tell(desk, row, command, done)


async def _agreed(desk: Desk, row: ContainerRow, command: CopyCommand, plan: Copied) -> bool:
    question = _question(row, command, plan)
    asks = bool(plan.there) or command.inward
    return command.force or not asks or await desk.ask(question)


async def _copied(
    desk: Desk,
    request: CopyRequest,
    *,
    dry: bool = False,
    plan: Copied | None = None,
    force: bool = False,
) -> Copied | None:
    """What came of it; None if it was cancelled."""
    from aiocontainerd.operations import Copied, copy_files

    report = Copied()

    def words() -> str:
        if plan is None:
            return (
                f"Looking at what there is: {counted(report.files, 'file')}, {size(report.bytes)}"
            )
        whole = f"{size(report.bytes)} of {size(plan.bytes)}"
        return f"{whole}, {counted(report.files, 'file')} of {plan.files:,}"

    agreed = None if force else frozenset(plan.there if plan else ())
    work = copy_files(client_of(desk), request, report=report, agreed=agreed, dry=dry)
    title = "Looking" if dry else "Copying"
    if await desk.wait_for(title, work, words):
        return report
    if not dry:
        desk.tell(f"Cancelled; nothing of the file it was at is kept. {report.so_far()}")
    return None


def _sides(row: ContainerRow, command: CopyCommand) -> tuple[str, str]:
    inside = f"{command.inside} in {name_of(row)}"
    here = f"{command.host} on this host"
    return (here, inside) if command.inward else (inside, here)


def _question(row: ContainerRow, command: CopyCommand, plan: Copied) -> Question:
    source, target = _sides(row, command)
    lines = [f"{counted(plan.files, 'file')} and {counted(plan.links, 'link')}, {size(plan.bytes)}"]
    lines += [f"from {source}", f"to {target}"]
    lines += listed(plan.names, lambda name: f"will be left out: {name}")
    if not plan.there:
        return Question(f"Copy into {name_of(row)}?", tuple(lines), "Copy")
    overwritten = listed(plan.there, lambda path: f"will be overwritten: {safe(path)}")
    verb = "Copy" if command.inward else "Overwrite"
    title = f"Overwrite {counted(len(plan.there), 'file')}?"
    return Question(title, (*lines, *overwritten), verb)


def _tell(desk: Desk, row: ContainerRow, command: CopyCommand, done: Copied) -> None:
    source, target = _sides(row, command)
    number = done.files + done.links
    text = f"Copied {counted(number, 'file')}, {size(done.bytes)}, from {source} to {target}."
    if done.left_out and not number:
        text = f"Nothing was copied from {source} to {target}."
    if done.stripped:
        text += (
            f"\nWithout their set-user-id or set-group-id bit: {counted(done.stripped, 'file')}."
        )
    if done.left_out:
        reasons = ", ".join(f"{count:,} {why}" for why, count in done.left_out.items())
        text += f"\nLeft out: {reasons}.\n" + "\n".join(listed(done.names, str))
    desk.tell(text, title="Not all was copied" if done.left_out else "")

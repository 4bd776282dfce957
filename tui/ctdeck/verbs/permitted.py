"""What every change passes before its own question: read-only, and owners that have to be unlocked.

In `k8s.io`, `moby` and `buildkit`, and on what labels show to be somebody's, looking is free. A
change needs an unlock, which names the owner and what it will do about it. It holds for that
owner in that namespace until ctdeck ends, `L` or `:lock`; no flag stands for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aiocontainerd.models import Key
from aiocontainerd.owners import Owner, keeper_of, owner_in, owner_of
from ctdeck.desk import Desk, Lock, Question
from ctdeck.formatting import counted, short_id
from ctdeck.rows import ImageRow
from ctdeck.verbs.doing import Changed, NotNow, R, key_of, name_of, some
from ctdeck.verbs.refused import record


class _Locked(NamedTuple):
    """A thing with the lock on it and its owner; `name` is as the questions call it."""

    key: Key
    name: str
    lock: Lock
    owner: Owner


def words_of(lock: Lock) -> str:
    """``k8s.io``, or ``default (nerdctl)`` where it is not the whole namespace."""
    owner = owner_in(lock.namespace)
    whole = owner is not None and owner.short == lock.short
    return lock.namespace if whole else f"{lock.namespace} ({lock.short})"


async def permitted(desk: Desk, verb: str, rows: Sequence[R]) -> list[R]:
    """Those of the rows that may be changed, after an unlock of each owner's if need be.

    What may not is told item by item, and the others go on only if the user agrees; empty if
    not. Raises NotNow if all are in namespaces that are read-only. `verb` as `Owner.will` has it.
    """
    shut = [row for row in rows if _is_shut(desk, key_of(row).namespace)]
    if rows and len(shut) == len(rows):
        raise _refusal(desk, *map(key_of, shut))
    for row in shut:
        record(desk, key_of(row))
    kept = dict.fromkeys(map(key_of, shut), "read-only")
    for lock, its in _by_lock(desk, [row for row in rows if key_of(row) not in kept]).items():
        if await desk.ask(_question(verb, lock, its, desk.way_to("lock"))):
            desk.unlock(lock)
        else:
            kept |= dict.fromkeys([each.key for each in its], f"locked: {its[0].owner.name}'s")
    free = [row for row in rows if key_of(row) not in kept]
    if rows and not free:
        desk.tell("Nothing was done: it stays locked.")
    elif kept and not await desk.ask(_go_on(verb, rows, kept)):
        return []
    return free


async def permitted_into(desk: Desk, verb: str, namespace: str, subject: str = "") -> bool:
    """Whether something may be made in this namespace: `verb` is pull or run, `subject` of what.

    Raises NotNow where it is read-only.
    """
    if _is_shut(desk, namespace):
        raise _refusal(desk, Key(namespace, subject))
    if locked := _on_namespace(desk, namespace):
        if not await desk.ask(_question(verb, locked.lock, [locked], desk.way_to("lock"))):
            return False
        desk.unlock(locked.lock)
    return not _is_missing(desk, namespace) or await desk.ask(_making(verb, namespace))


def require(desk: Desk, namespace: str, subject: str) -> None:
    """The same without a question, just before the call: raises ReadOnly or FailedPrecondition.

    `subject` is what is to be made there.
    """
    from aiocontainerd.errors import FailedPrecondition

    if _is_shut(desk, namespace):
        record(desk, Key(namespace, subject))
        raise desk.settings.access.refusal(namespace)
    if locked := _on_namespace(desk, namespace):
        raise FailedPrecondition(
            f"it is {locked.owner.name}'s, and locked",
            subject=f"namespace {namespace}",
            remedy="Try again from the list, and unlock it.",
        )


def lock_again(desk: Desk) -> None:
    """End all unlocks."""
    words = ", ".join(sorted(map(words_of, desk.unlocked)))
    desk.unlock()
    desk.tell(f"Locked again: {words}." if words else "Nothing was unlocked.")


def will_ask(desk: Desk, rows: Sequence[Changed]) -> bool:
    """Whether something has to be unlocked for them: keys wait for the question then."""
    return any(_on(desk, row) for row in rows)


def will_ask_for(desk: Desk, namespace: str) -> bool:
    """The same for what is made in a namespace."""
    return _on_namespace(desk, namespace) is not None or _is_missing(desk, namespace)


def refuses_all(desk: Desk) -> str:
    """Read-only everywhere: how that is lifted; what changes something is refused at once then."""
    access = desk.settings.access
    return access.refusal().remedy if access.read_only and not access.writable else ""


def _is_shut(desk: Desk, namespace: str) -> bool:
    return desk.settings.access.is_read_only(namespace)


def _refusal(desk: Desk, *keys: Key) -> NotNow:
    """None of these may be changed: that is recorded, and said of the first one's namespace."""
    for key in keys:
        record(desk, key)
    return NotNow(str(desk.settings.access.refusal(keys[0].namespace)))


def _on(desk: Desk, row: Changed) -> _Locked | None:
    """The lock on a row; None if there is none, or it is open."""
    if isinstance(row, ImageRow):
        keeper = keeper_of(row.image, desk.snapshot)
        owner = keeper or owner_in(row.image.namespace)
    else:
        owner = owner_of(row.container) if row.container else owner_in(key_of(row).namespace)
    if owner is None:
        return None
    lock = Lock(key_of(row).namespace, owner.short)
    return None if lock in desk.unlocked else _Locked(key_of(row), _known_as(row), lock, owner)


def _known_as(row: Changed) -> str:
    """The owner's own name for it, too: 64 digits tell nobody which pod it is."""
    container = None if isinstance(row, ImageRow) else row.container
    name = container.display_name if container else ""
    id = key_of(row).id
    return f"{name_of(row)} ({name})" if name and short_id(id) == id else name_of(row)


def _on_namespace(desk: Desk, namespace: str) -> _Locked | None:
    owner = owner_in(namespace)
    if owner is None or (lock := Lock(namespace, owner.short)) in desk.unlocked:
        return None
    return _Locked(Key(namespace, ""), f"Namespace {namespace}", lock, owner)


def _is_missing(desk: Desk, namespace: str) -> bool:
    """A call would make it anew, without a word: somebody may just have removed it."""
    world = desk.snapshot
    return world.loaded and namespace != "default" and namespace not in world.namespaces


def _making(verb: str, namespace: str) -> Question:
    line = f"containerd has no namespace of this name. To {verb} something into it makes it."
    return Question(f"Make namespace {namespace}?", (line,), "Make it")


def _by_lock(desk: Desk, rows: Sequence[Changed]) -> dict[Lock, list[_Locked]]:
    found: dict[Lock, list[_Locked]] = {}
    for row in rows:
        if locked := _on(desk, row):
            found.setdefault(locked.lock, []).append(locked)
    return found


def _question(verb: str, lock: Lock, its: Sequence[_Locked], key: str) -> Question:
    """Names the owner, what is its, and what it will do about the change."""
    lines: list[str] = []
    told = dict.fromkeys((each.owner.name, each.owner.will(verb)) for each in its)
    for owner, will in told:
        names = [each.name for each in its if each.owner.will(verb) == will]
        belong = "belongs" if len(names) == 1 else "belong"
        lines += [f"{some(names)} {belong} to {owner}.", will, ""]
    lines.append(f"It stays unlocked until ctdeck ends or {key} locks it again.")
    whole = words_of(lock) == lock.namespace
    what = lock.namespace if whole else f"what is {its[0].owner.name}'s in {lock.namespace}"
    return Question(f"Unlock {what}?", tuple(lines), "Unlock")


def _go_on(verb: str, rows: Sequence[Changed], kept: Mapping[Key, str]) -> Question:
    """What is left alone is told item by item."""
    lines = tuple(
        f"{name_of(row)}: {f'left alone ({why})' if (why := kept.get(key_of(row))) else 'goes on'}"
        for row in rows
    )
    word = verb.split(" ")[0].capitalize()
    return Question(f"{word} the other {counted(len(rows) - len(kept), 'item')}?", lines, word)

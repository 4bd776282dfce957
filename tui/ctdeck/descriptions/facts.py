"""What the details are made of: facts, in tabs; and those that several kinds of rows have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice

from aiocontainerd.models import LOG_LABELS, Snapshot
from aiocontainerd.owners import Owner
from aiocontainerd.quickdata import dataclass
from ctdeck.formatting import age, clock, event_words, moment
from ctdeck.masking import masked_value

RECENT = 40  # events of a row that are listed
LONGEST = 1_000  # facts of one tab
LARGEST = 1 << 17  # characters of one tab: laid out in less than 50 ms


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: a label (may be empty), what it is, and the role that colours it.

    `plain` is the value without stars where something of it is hidden, else empty.
    """

    label: str
    value: str
    role: str = ""
    plain: str = ""


Tabs = dict[str, list[Fact]]


def within(
    facts: Iterable[Fact], count: int, way: str = "the JSON", *, parts: int = 1
) -> list[Fact]:
    """As many of the `count` facts as can be laid out at once, and how many are left out.

    Those that are left out are not even made. `way` leads to all of them. They are one of so many
    `parts` of a tab.
    """
    kept: list[Fact] = []
    most = LARGEST // parts
    for fact in islice(facts, LONGEST // parts):
        most -= len(fact.label) + max(len(fact.value), len(fact.plain))
        if most < 0:
            break
        kept.append(fact)
    if left := count - len(kept):
        kept.append(Fact("", f"… and {left:,} more lines; {way} shows all", "muted"))
    return kept


def hides(tabs: Tabs) -> bool:
    """Whether anything in these tabs is hidden."""
    return any(fact.plain for facts in tabs.values() for fact in facts)


def with_secrets(tabs: Tabs) -> Tabs:
    """The same without stars."""
    return {
        name: [replace(fact, value=fact.plain or fact.value) for fact in facts]
        for name, facts in tabs.items()
    }


def fact(label: str, shown: str, plain: str, role: str = "") -> Fact:
    """A fact of which something may be hidden in `shown`."""
    return Fact(label, shown, role, plain if plain != shown else "")


def ago(when: datetime | None, now: datetime) -> str:
    """The moment, and how long ago that is."""
    return f"{moment(when)} ({age(when, now)} ago)" if when else "not known"


def label_facts(labels: Mapping[str, str]) -> Iterable[Fact]:
    """All but those of our log, which have a line of their own."""
    others = [(key, value) for key, value in sorted(labels.items()) if key not in LOG_LABELS]

    def told(number: int, key: str, value: str) -> Fact:
        shown = f"{masked_value('', key)} = {masked_value(key, value)}"
        return fact("" if number else "labels", shown, f"{key} = {value}", "muted")

    made = (told(number, *other) for number, other in enumerate(others))
    return within(made, len(others), parts=2)


def owner_fact(owner: Owner | None) -> Iterable[Fact]:
    """Whose it is, if it is somebody else's."""
    if owner is not None:
        yield Fact("owner", f"{owner.name}: a change needs an unlock")


def event_facts(snapshot: Snapshot, namespace: str, subject: str) -> list[Fact]:
    """What has happened to a subject, the newest first."""
    found = [e for e in snapshot.events if (e.namespace, e.subject) == (namespace, subject)]
    recent = sorted(found, key=lambda e: -e.seq)[:RECENT]
    facts = [Fact(clock(event.timestamp), event_words(event)) for event in recent]
    return facts or [Fact("", "Nothing has happened to it since ctdeck looks.", "muted")]

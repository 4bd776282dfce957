"""Operations that only note what they were asked for."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic
from typing import Any

import pytest

import aiocontainerd.operations
from aiocontainerd.models import Container, Image
from aiocontainerd.store import Store
from ctdeck.app import CtdeckApp
from ctdeck.screens import dialog
from ctdeck.screens.confirm import ConfirmScreen
from ctdeck.settings import Session

OPERATIONS = ("stop", "start", "restart", "kill", "pause", "resume", "delete_container")
Calls = list[tuple[str, str]]


class Client:
    """Stands for a client in operations that are replaced; it can only be closed."""

    audit = None

    async def close(self) -> None:
        return


def session() -> Session:
    return Session(Store(), client=Client(), state=object())  # type: ignore[arg-type]


def noted(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """What is asked of the library from now on: (operation, id)."""
    calls: Calls = []

    def replace_operation(name: str, result: Any) -> None:
        async def operation(_: object, thing: Container | Image, *__: Any, **___: Any) -> Any:
            calls.append((name, thing.key.id))
            return result

        monkeypatch.setattr(aiocontainerd.operations, name, operation)

    for name in OPERATIONS:
        replace_operation(name, 0)
    replace_operation("delete_image", None)
    return calls


def ours(monkeypatch: pytest.MonkeyPatch, *, nothing: bool = False) -> list[str]:
    """All that are to be removed when done are noted as of a ctdeck that died, or none is.

    Returns what is looked up from now on.
    """
    looked: list[str] = []

    async def left_behind(_: object, containers: Iterable[Container], **__: Any) -> list[Container]:
        found = list(containers)
        looked.extend(each.id for each in found)
        return [] if nothing else found

    async def adopt(*_: object, **__: Any) -> None:
        return

    monkeypatch.setattr(aiocontainerd.operations, "left_behind", left_behind)
    monkeypatch.setattr(aiocontainerd.operations, "adopt", adopt)
    return looked


def asked(app: CtdeckApp) -> bool:
    return isinstance(app.screen, ConfirmScreen)


def answerable(app: CtdeckApp) -> bool:
    """A question is on the screen, and has been for as long as a key that answers it wants."""
    seen = app.screen.armed._seen if isinstance(app.screen, ConfirmScreen) else None
    return seen is not None and monotonic() >= seen + dialog.ARMED_AFTER


def question_of(app: CtdeckApp) -> str:
    """The title of the question that is on the screen; "" if there is none."""
    return app.screen.question.title if isinstance(app.screen, ConfirmScreen) else ""


def lines_of(app: CtdeckApp) -> str:
    """What the question says."""
    return "\n".join(app.screen.question.lines) if isinstance(app.screen, ConfirmScreen) else ""

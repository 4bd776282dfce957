"""What `!` tells: the lines that `ctr` would take for a row as it is."""

from __future__ import annotations

import pytest

from aiocontainerd.models import TaskStatus
from ctdeck.equivalents import lines_for
from ctdeck.rows import ContainerRow
from tests.tui.worlds import container, task


@pytest.mark.parametrize(
    ("status", "start", "delete"),
    [
        (None, "{start}", "{delete}"),
        (TaskStatus.STOPPED, "{task} log1; {start}", "{task} log1; {delete}"),
        (TaskStatus.CREATED, "{task} -f log1; {start}", "{task} -f log1; {delete}"),
        (TaskStatus.RUNNING, None, "{task} -f log1; {delete}"),
    ],
)
def test_a_task_that_is_there_is_deleted_first_and_no_other(
    status: TaskStatus | None, start: str | None, delete: str
) -> None:
    words = {
        "task": "ctr -n default tasks delete",
        "start": "ctr -n default tasks start -d log1",
        "delete": "ctr -n default containers delete log1",
    }
    row = ContainerRow(container("log1"), task("log1", status) if status else None)
    told = dict(lines_for(row))
    assert told.get("start") == (start and start.format(**words))
    assert told["delete"] == delete.format(**words)

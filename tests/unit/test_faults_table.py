"""`tests/FAULTS.md` says which test covers which fault; here its names are held to the truth."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
_NAMED = re.compile(r"`([\w/]+\.py)(?:::(test_\w+))?`")


def _rows() -> list[tuple[str, str]]:
    """The first and the last cell of each row: the fault, and its tests or why there is none."""
    lines = [line for line in (TESTS / "FAULTS.md").read_text().splitlines() if line[:2] == "| "]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [(row[0], row[-1]) for row in cells if row[0] != "fault"]


@cache
def _tests_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text())
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, functions))


@pytest.mark.parametrize(("fault", "tests"), _rows(), ids=[fault for fault, _ in _rows()])
def test_every_fault_has_a_test_or_a_reason(fault: str, tests: str) -> None:
    named = _NAMED.findall(tests)
    assert named or tests.startswith("not testable here: "), f"{fault}: nothing covers it"
    for file, name in named:
        path = TESTS / file
        assert path.is_file(), f"{fault}: there is no {file}"
        assert not name or name in _tests_of(path), f"{fault}: {file} has no {name}"


def test_no_row_of_the_table_is_lost() -> None:
    assert len(_rows()) > 60

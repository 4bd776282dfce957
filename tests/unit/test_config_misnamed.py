"""A namespace that the daemon does not have is told: a misspelt one protects nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiocontainerd.access import Access, stricter
from ctdeck.verbs.misnamed import misnamed
from tests.unit.configs import fresh_file, read, write  # noqa: F401  a fixture

THERE = ("default", "prod")


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ((), ""),
        (("prod", "default"), ""),
        (("k8s.io", "moby", "buildkit"), ""),  # as on another host of the same user
        (("k8s-io",), "line 1, names namespace k8s-io, which this daemon does not have. Did you"),
        (("k8s-io",), " Did you mean k8s.io?"),
        (("zzz",), "names namespace zzz, which this daemon does not have."),
        (("prod", "prd", "a", "b"), "names namespace prd, and 2 more, which this daemon does not "),
    ],
)
def test_what_only_the_file_has(names: tuple[str, ...], told: str) -> None:
    text = misnamed(dict.fromkeys(names, "c.toml, line 1"), THERE)
    assert told in text
    assert bool(text) == bool(told)


def test_the_place_of_each_is_known(file: Path) -> None:
    text = '# ours\n[namespaces."k8s-io"]\nread-only = true\n[namespaces.dev]\nread-only = false'
    places = read(write(file, text)).access.places
    assert dict(places) == {"k8s-io": "config.toml, line 2", "dev": "config.toml, line 4"}
    both = stricter(Access(read_only=True, places={"a": "x, line 1"}), read(file).access)
    assert dict(both.places) == {"a": "x, line 1", **places}

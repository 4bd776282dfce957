"""A pull in words: speeds, lines of every width, and who is waited for."""

import pytest

from aiocontainerd.pull.progress import LayerProgress, PullProgress
from ctdeck.pull_text import Meter, details, headline, layer_line

A, B = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"


def test_speed_is_that_of_the_last_seconds() -> None:
    meter = Meter()
    assert meter.add(0, 0) == 0
    assert meter.add(1, 1000) == 1000
    for second in range(2, 20):
        meter.add(second, 1000)
    assert meter.add(20, 1000) == 0


@pytest.mark.parametrize("width", [10, 20, 36, 60, 76, 120])
def test_lines_are_as_wide_as_their_place(width: int) -> None:
    layers = tuple(LayerProgress(A, 100, 7, stage) for stage in (
        "waiting", "downloading", "downloaded", "unpacking", "unpacked", "exists"))  # type: ignore[arg-type]  # fmt: skip
    for stage in ("resolving", "pulling", "done", "failed", "cancelled"):
        progress = PullProgress("ghcr.io/a/long/name:tag", stage, layers, "why [/] not")  # type: ignore[arg-type]
        lines = [headline(progress, 12.5, width), *details(progress, width)]
        assert all(len(text) == width or stage == "failed" for text, _ in lines[:1])
    assert all(len(layer_line(layer, width)[0]) == width for layer in layers)


def test_who_is_waited_for_and_how_long() -> None:
    def said(stage: str, *layers: LayerProgress, now: float = 112.9, waiting: str = "") -> str:
        progress = PullProgress(
            "reg.test/a:1",
            stage,  # type: ignore[arg-type]
            layers,
            waiting=waiting,
            host="reg\x1b.test",
            since=100.0,
        )
        return headline(progress, 0, 76, now=now)[0].removeprefix("reg.test/a:1  ").rstrip()

    waits = "waiting for reg␛.test 12 s"
    half, whole = LayerProgress(A, 9, 4, "downloading"), LayerProgress(B, 9, 9, "unpacked")
    assert said("resolving") == waits
    assert said("resolving", now=101) == "asking the registry …"
    assert said("pulling", half, whole) == f"1 of 2 layers  {waits}"
    assert waits not in said("pulling", whole, LayerProgress(A, 9, 9, "unpacking"))
    assert said("resolving", waiting="wait: 3 s") == "wait: 3 s"
    assert said("cancelled") == "cancelled; nothing of it is left behind"


def test_the_most_wanted_facts_stay_when_it_is_narrow() -> None:
    progress = PullProgress("nginx", "pulling", (LayerProgress(A, 1000, 10, "downloading"),))
    assert "left" in headline(progress, 10, 90)[0]
    narrow = headline(progress, 10, 36)[0]
    assert "0 of 1 layer" in narrow
    assert "left" not in narrow

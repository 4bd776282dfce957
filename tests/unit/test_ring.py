"""The events that are kept: all their texts count, for all of them come from outside."""

import tracemalloc

import pytest

from aiocontainerd.models import Event
from aiocontainerd.reconcile.ring import BYTES_KEPT, EVENTS_KEPT, Ring


@pytest.mark.parametrize("field", ["namespace", "topic", "subject", "attribute"])
def test_texts_of_any_kind_are_bounded(field: str) -> None:
    ring = Ring()
    tracemalloc.start()
    for number in range(EVENTS_KEPT):
        text = f"{number:06}" * 2000
        more = {"attributes": {"label": text}} if field == "attribute" else {field: text}
        ring.add(
            Event(
                **{
                    "seq": number,
                    "timestamp": None,
                    "namespace": "",
                    "topic": "",
                    "subject": "",
                    **more,
                }
            )
        )
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 1.2 * BYTES_KEPT
    assert ring.kept()[-1].seq == EVENTS_KEPT - 1

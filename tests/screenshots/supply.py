"""A registry that stops in the middle of two images, so that pulls can be photographed."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from tests.live import images
from tests.live.fakeregistry import FakeRegistry
from tests.live.faults import Hold
from tests.live.layers import MIB, Entry, Layer, layer

from . import stage

HOST = "registry.shop.example"
# For each layer: its MiB, and how many of them are sent. The daemon downloads three at once, of
# all pulls together: with one held in each, a third goes on to bring what can be brought.
NEW_API = ((4, 4), (18, 18), (31, 19), (22, 22), (9, 9))
NEW_WEB = ((4, 4), (12, 12), (26, 3))


@contextmanager
def half_sent() -> Iterator[None]:
    """Serve shop/api:2.5 and shop/web:8a1f under the registry's own name, as far as they go."""
    with FakeRegistry() as registry:
        for name, tag, sizes in (("shop/api", "2.5", NEW_API), ("shop/web", "8a1f", NEW_WEB)):
            made = [_layer(f"{name} {number}", mib) for number, (mib, _) in enumerate(sizes)]
            registry.add(name, tag, images.image(made))
            for each, (mib, sent) in zip(made, sizes, strict=True):
                if sent < mib:
                    digest = hashlib.sha256(each.data).hexdigest()
                    registry.on(digest, Hold(sent * MIB), method="GET")
        stage.name_registry(HOST, registry.url)
        yield


def _layer(name: str, mib: int) -> Layer:
    data = hashlib.shake_256(name.encode()).digest(mib * MIB)
    return layer([Entry(f"usr/lib/{name.replace(' ', '-')}", data)], compress=False)

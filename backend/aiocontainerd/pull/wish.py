"""What a pull is asked for."""

from dataclasses import dataclass
from pathlib import Path

from aiocontainerd.platforms import Platform
from aiocontainerd.reference import Reference


@dataclass(frozen=True, slots=True)
class Wish:
    """An image for a namespace, and from where it may come: `dirs` are like certs.d.

    With `daemon_only` we ask no registry ourselves.
    """

    reference: Reference
    namespace: str
    platform: Platform
    dirs: tuple[Path, ...]
    plain_http: bool = False
    daemon_only: bool = False

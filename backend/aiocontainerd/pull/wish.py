"""What a pull is asked for."""

from dataclasses import dataclass
from pathlib import Path

from aiocontainerd.platforms import Platform
from aiocontainerd.reference import Reference


@dataclass(frozen=True, slots=True)
class Wish:
    """An image for a namespace, and from where it may come: `dirs` are like certs.d."""

    reference: Reference
    namespace: str
    platform: Platform
    dirs: tuple[Path, ...]
    plain_http: bool = False

"""Identifiers of containerd: containers, namespaces, execs; checking and making them.

Source: containerd `pkg/identifiers`; the same rule for all of them.
"""

import os
import re
from collections.abc import Container

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.safe import safe

IDENTIFIER_MAX = 76
_IDENTIFIER = re.compile(r"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*")
_NOT_LEGAL = re.compile(r"[^a-z0-9]+")
_STEM_MAX = 32


def check_identifier(text: str, kind: str = "container id") -> str:
    """Return `text` if containerd takes it as an identifier; `kind` is how errors call it.

    Raises InvalidArgument. At most 76 ASCII letters and digits, with single '.', '_' or
    '-' between them.
    """
    if not text:
        raise InvalidArgument(f"the {kind} is empty", remedy="Give it a name such as web1.")
    if len(text) > IDENTIFIER_MAX:
        raise InvalidArgument(
            f"the {kind} has {len(text)} characters; containerd takes {IDENTIFIER_MAX}",
            subject=safe(text[:IDENTIFIER_MAX]) + "…",
            remedy="Choose a shorter one.",
        )
    if not _IDENTIFIER.fullmatch(text):
        raise InvalidArgument(
            f"this is not a {kind}",
            subject=safe(text),
            remedy="Use letters and digits, with single '.', '_' or '-' between them.",
        )
    return text


def is_identifier(text: str) -> bool:
    """Whether containerd takes it as an identifier."""
    return len(text) <= IDENTIFIER_MAX and _IDENTIFIER.fullmatch(text) is not None


def check_container_id(text: str) -> str:
    """`check_identifier` for the id of a container."""
    return check_identifier(text)


def generate_name(image: str, taken: Container[str] = ()) -> str:
    """Make a readable container id out of an image reference: busybox-7f3a.

    Any text will do as `image`. The hexadecimal end is random; ids in `taken` are avoided,
    and the end grows when most short ones are gone. Never raises.
    """
    base = image.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()
    stem = _NOT_LEGAL.sub("-", base)[:_STEM_MAX].strip("-") or "container"
    for attempt in range(64):
        name = f"{stem}-{os.urandom(2 + attempt // 16).hex()}"
        if name not in taken:
            return name
    return f"{stem}-{os.urandom(16).hex()}"

"""The OCI image config: what an image says about running it.

Source: opencontainers/image-spec `config.md`. The JSON comes from whoever built the
image, so wrong types, NUL and broken text are refused here and nowhere later.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from aiocontainerd.errors import InvalidArgument

_DIFF_ID = re.compile(r"sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}")
_BROKEN = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """Defaults for a container of this image; empty where the image says nothing.

    `env` holds `NAME=VALUE` texts; `diff_ids` the digests of the uncompressed layers, the
    lowest first.
    """

    env: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    user: str = ""
    working_dir: str = ""
    stop_signal: str = ""
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    diff_ids: tuple[str, ...] = ()
    os: str = ""
    architecture: str = ""
    variant: str = ""

    @classmethod
    def from_json(cls, document: object) -> "ImageConfig":
        """Read the parsed JSON of a config blob; null means missing, unknown keys are left out.

        Raises InvalidArgument naming the field whose type is wrong.
        """
        top = _object(document, "the config")
        config = _object(top.get("config"), "config")
        diff_ids = _texts(_object(top.get("rootfs"), "rootfs").get("diff_ids"), "diff_ids")
        if not all(_DIFF_ID.fullmatch(digest) for digest in diff_ids):
            raise _bad("rootfs.diff_ids holds what is not a digest")
        return cls(
            env=_texts(config.get("Env"), "Env"),
            entrypoint=_texts(config.get("Entrypoint"), "Entrypoint"),
            cmd=_texts(config.get("Cmd"), "Cmd"),
            user=_text(config.get("User"), "User"),
            working_dir=_text(config.get("WorkingDir"), "WorkingDir"),
            stop_signal=_text(config.get("StopSignal"), "StopSignal"),
            labels=_labels(config.get("Labels")),
            diff_ids=diff_ids,
            os=_text(top.get("os"), "os"),
            architecture=_text(top.get("architecture"), "architecture"),
            variant=_text(top.get("variant"), "variant"),
        )


def _bad(what: str) -> InvalidArgument:
    return InvalidArgument(what, subject="image config", remedy="The image is broken; rebuild it.")


def _object(value: object, name: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise _bad(f"{name} is not an object")
    return value


def _text(value: object, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _bad(f"{name} is not a text")
    if _BROKEN.search(value):
        raise _bad(f"{name} holds a NUL or broken text")
    return value


def _texts(value: object, name: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _bad(f"{name} is not a list of texts")
    if any(not isinstance(item, str) for item in value):
        raise _bad(f"{name} holds something that is not a text")
    return tuple(_text(item, name) for item in value)


def _labels(value: object) -> Mapping[str, str]:
    labels = _object(value, "Labels")
    pairs = {_text(key, "Labels"): _text(text, "Labels") for key, text in labels.items()}
    return MappingProxyType(pairs)

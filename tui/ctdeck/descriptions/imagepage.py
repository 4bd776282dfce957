"""What the pages of an image say of its config, layers and platforms. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ctdeck.descriptions.facts import Fact, fact
from ctdeck.descriptions.json import pairs, part, text, words
from ctdeck.formatting import counted, short_digest, size
from ctdeck.masking import masked_args, masked_pair, masked_text, masked_value

if TYPE_CHECKING:
    from aiocontainerd.inspect.images import ImagePage, PlatformPart, Step

_NOP = re.compile(r"\A/bin/sh -c #\(nop\)\s+")
_SHELL = re.compile(r"\A(?:RUN )?(?:\|\d+ )?/bin/sh -c ")
_MADE = re.compile(r"\s+# buildkit\Z")


def config_facts(page: ImagePage) -> list[Fact]:
    """How a container of it begins, and what its maker says of it."""
    problem = [Fact("config", page.problem, "warn")] if page.problem else []
    if not page.config:
        return problem
    config = part(page.config, "config")
    facts = [
        *problem,
        *_command("entrypoint", words(config, "Entrypoint")),
        *_command("command", words(config, "Cmd")),
        *_list("env", ((masked_pair(each), each) for each in words(config, "Env"))),
        Fact("user", text(config, "User") or "root"),
        Fact("directory", text(config, "WorkingDir") or "/"),
        *_list("ports", ((port, port) for port in part(config, "ExposedPorts"))),
        *_list("volumes", ((path, path) for path in part(config, "Volumes"))),
        Fact("stop signal", text(config, "StopSignal") or "SIGTERM"),
        Fact("created", text(page.config, "created") or "not said"),
        Fact("by", text(page.config, "author") or "not said", "muted"),
        Fact("for", "/".join(filter(None, _platform(page.config)))),
    ]
    labels = pairs(config, "Labels").items()
    shown = ((f"{masked_value('', k)} = {masked_value(k, v)}", f"{k} = {v}") for k, v in labels)
    return [*facts, *_list("labels", shown, "muted")]


def _platform(config: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(text(config, name) for name in ("os", "architecture", "variant"))


def _command(label: str, args: tuple[str, ...]) -> Iterator[Fact]:
    yield fact(label, " ".join(masked_args(args)) or "none", " ".join(args) or "none")


def _list(label: str, items: Any, role: str = "") -> Iterator[Fact]:
    """One line for each (shown, plain)."""
    for place, (shown, plain) in enumerate(items):
        yield fact("" if place else label, str(shown), str(plain), role)


def layer_facts(page: ImagePage) -> list[Fact]:
    """The newest first: size of the layer, and the line that made it."""
    layers = [step.layer for step in page.steps if step.layer]
    if not page.steps:
        words = page.problem or "It has no layers."
        return [Fact("", words, "warn" if page.problem else "muted")]
    total = sum(layer.size for layer in layers)
    gone = sum(step.layer is not None and not step.is_here for step in page.steps)
    head = f"{counted(len(layers), 'layer')}, {size(total)} compressed; the newest first"
    facts = [Fact("", head, "muted")]
    if gone:
        said = f"{gone} of them are not in the content store (any more)"
        facts.append(Fact("", f"{said}: an image that is unpacked runs without them.", "muted"))
    return facts + [_step(step) for step in reversed(page.steps)]


def _step(step: Step) -> Fact:
    line = made_by(step.made_by) or step.comment or "not said how it was made"
    label = size(step.layer.size) if step.layer else ""
    note = ""
    if step.layer:
        note = f"   {short_digest(step.layer.digest)}" + ("" if step.is_here else ", not here")
    return fact(label, masked_text(line) + note, line + note, "" if step.layer else "muted")


def made_by(line: str) -> str:
    """``RUN apt-get …`` of what the builders write: their shells and notes are left out."""
    line = _MADE.sub("", line)
    if _NOP.match(line):
        return _NOP.sub("", line)
    return _SHELL.sub("RUN ", line)


def platform_facts(page: ImagePage) -> list[Fact]:
    """Each manifest: how much of it is here."""
    if not page.platforms:
        return [Fact("", page.problem or "It names none.", "warn")]
    return [_part(each) for each in page.platforms]


def _part(each: PlatformPart) -> Fact:
    if each.is_whole:
        here, role = f"all of it is here, {size(each.here)}", "good" if each.is_host else ""
    elif each.here:
        here, role = f"in part: {size(each.here)} of {size(each.size)} or more", "warn"
    else:
        here, role = "not here", "muted"
    host = "; this host's" if each.is_host else ""
    other = "" if each.platform else "; an attestation, or something else without a platform"
    label = each.platform or "none"
    return Fact(label, f"{here}{host}{other}   {short_digest(each.digest)}", role)

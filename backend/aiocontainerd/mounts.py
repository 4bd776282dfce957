"""Bind mounts: read as `-v` and `--mount` write them, checked, and put into OCI's words.

A relative source would be looked up inside the runtime's bundle, and a mount without
`bind` or `rbind` fails as "no such device"; neither can be expressed here.
"""

import csv
import io
import posixpath
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.safe import safe

PROPAGATIONS = ("private", "rprivate", "shared", "rshared", "slave", "rslave")
_OPTIONS = ("ro", "rw", "rro", "bind", "rbind", *PROPAGATIONS)
_USAGE = "Write SRC:DST or SRC:DST:ro, with '\\:' for a colon inside a path."
_MOUNT_USAGE = "Write type=bind,src=/host/path,dst=/path[,options=rbind:ro]."
_ESCAPE = re.compile(r"[\\:]")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_KEYS = {
    "type": "type",
    "src": "source",
    "source": "source",
    "dst": "destination",
    "destination": "destination",
    "target": "destination",
    "options": "options",
    "bind-propagation": "propagation",
    "readonly": "readonly",
    "ro": "readonly",
}


@dataclass(frozen=True, slots=True)
class BindMount:
    """A host path seen at `destination` inside the container; both absolute.

    Making one raises InvalidArgument for paths and words that no runtime could take.
    `recursive` takes the source's own submounts along (rbind). `propagation` "" says nothing
    and leaves it to the runtime, as ctr does; runc 1.1 then makes the root a slave, so later
    host mounts below a shared source appear inside (measured): only "rprivate" prevents it.
    `readonly` alone leaves submounts writable; `recursive_readonly` (implies `readonly`;
    needs a runtime with `rro`, such as runc 1.1 on Linux 5.12) does not.
    """

    source: str
    destination: str
    readonly: bool = False
    recursive: bool = True
    propagation: str = ""
    recursive_readonly: bool = False

    def __post_init__(self) -> None:
        _check_path("source", self.source)
        _check_path("destination", self.destination)
        object.__setattr__(self, "destination", _normal_destination(self.destination))
        if self.propagation and self.propagation not in PROPAGATIONS:
            raise _bad(self.propagation, "no such propagation", f"Use {', '.join(PROPAGATIONS)}.")
        if self.recursive_readonly and not self.recursive:
            raise _bad(self.destination, "'rro' needs a recursive mount", "Leave out 'bind'.")
        if self.recursive_readonly:
            object.__setattr__(self, "readonly", True)

    @property
    def options(self) -> tuple[str, ...]:
        """The options in the OCI runtime's words, such as ("rbind", "ro")."""
        words = ["rbind" if self.recursive else "bind"]
        words += ["ro"] if self.readonly else []
        words += ["rro"] if self.recursive_readonly else []
        return (*words, *([self.propagation] if self.propagation else []))

    def oci(self) -> dict[str, Any]:
        """The entry of the OCI runtime spec's `mounts`."""
        return {
            "destination": self.destination,
            "type": "bind",
            "source": self.source,
            "options": list(self.options),
        }

    def format(self) -> str:
        """The text that `parse_volume` reads back as this mount."""
        words = [word for word in self.options if word != "rbind"]
        if self.recursive_readonly:
            words.remove("ro")
        if not words and self.destination != self.destination.rstrip():
            words = ["rw"]  # else who strips what was typed strips the path too
        parts = [_ESCAPE.sub(r"\\\g<0>", path) for path in (self.source, self.destination)]
        return ":".join([*parts, *([",".join(words)] if words else [])])

    def ctr_argument(self) -> str:
        """The value for `ctr run --mount` (CSV, as Go reads it); `parse_mount` reads it too."""
        row = ["type=bind", f"src={self.source}", f"dst={self.destination}"]
        out = io.StringIO()
        csv.writer(out, lineterminator="").writerow([*row, "options=" + ":".join(self.options)])
        return out.getvalue()


def parse_volume(text: str) -> BindMount:
    """Read `SRC:DST[:OPTION[,OPTION…]]` as `-v` has it; blanks and commas are part of a path.

    `\\:` is a colon and `\\\\` a backslash inside a path. A bare colon in SRC is understood
    when only one reading has an absolute SRC and DST. Raises InvalidArgument.
    """
    parts = _split_colons(text)
    starts = [i for i, part in enumerate(parts) if i and part.startswith("/")]
    if not starts:
        what = "the destination is missing or not absolute" if text else "no mount was given"
        raise _bad(text, what, _USAGE)
    if len(starts) > 1 or len(parts) > starts[0] + 2:
        raise _bad(text, "it is not clear which colon ends the source", _USAGE)
    at = starts[0]
    mount = BindMount(":".join(parts[:at]), parts[at])
    words = parts[at + 1].split(",") if len(parts) > at + 1 else []
    return _apply(mount, words, text)


def parse_mount(text: str) -> BindMount:
    """Read `type=bind,src=…,dst=…[,options=rbind:ro]` as ctr's and docker's `--mount`.

    CSV: a field with a comma stands in double quotes. Of docker's words `target`,
    `readonly` and `bind-propagation` are known. Raises InvalidArgument.
    """
    fields = _fields(text)
    if fields.pop("type", "bind") != "bind":
        raise _bad(text, "only bind mounts can be made here", _MOUNT_USAGE)
    for key in ("source", "destination"):
        if not fields.get(key):
            raise _bad(text, f"the {key} is missing", _MOUNT_USAGE)
    words = fields["options"].split(":") if fields.get("options") else []
    words += [fields["propagation"]] if "propagation" in fields else []
    flag = fields.get("readonly", "false").lower()
    if flag not in {"", "true", "1", "false", "0"}:
        raise _bad(text, "readonly is true or false", _MOUNT_USAGE)
    words += ["ro"] if flag in {"", "true", "1"} else []
    return _apply(BindMount(fields["source"], fields["destination"]), words, text)


def check_source(mount: BindMount, root: str = "") -> None:
    """Look whether the source is there; nothing is ever created. Does I/O: one `stat`.

    Raises InvalidArgument. The daemon resolves the path in its own mount namespace, which
    is ours unless it is rootless or in a container itself; `root` is what leads there from ours.
    """
    try:
        Path(root + mount.source).stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        remedy = f"Create it first: mkdir -p {shlex.quote(mount.source)}"
        raise _bad(mount.source, "the source of the mount does not exist", remedy) from error
    except OSError as error:
        what = f"the source of the mount cannot be reached ({error.strerror})"
        raise _bad(mount.source, what, "Check the path and its permissions.") from error


def _bad(text: str, what: str, remedy: str) -> InvalidArgument:
    return InvalidArgument(what, subject=f"mount '{safe(text[:200])}'", remedy=remedy)


def _check_path(which: str, path: str) -> None:
    if not path.startswith("/"):
        raise _bad(path, f"the {which} must be an absolute path", "Write it in full, from '/'.")
    if _UNPRINTABLE.search(path):
        what = f"the {which} holds a control character or broken text"
        raise _bad(path, what, "Rename it, or mount the directory above it.")


def _normal_destination(path: str) -> str:
    if ".." in path.split("/"):
        raise _bad(path, "the destination must not hold '..'", "Write where it really is.")
    normal = "/" + posixpath.normpath(path).lstrip("/")
    if normal == "/":
        raise _bad(path, "nothing can be mounted over the container's '/'", "Name a directory.")
    return normal


def _split_colons(text: str) -> list[str]:
    """Split at bare colons and undo the escapes; any other backslash is itself."""
    parts = [""]
    for token in re.findall(r"\\[\\:]|:|[^\\:]+|\\", text):
        if token == ":":
            parts.append("")
        else:
            parts[-1] += token[1:] if token in ("\\\\", "\\:") else token
    return parts


def _fields(text: str) -> dict[str, str]:
    """Key by key what one CSV line says; each key once, under its long name."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        what = f"the quoting is wrong ({error})"
        raise _bad(text, what, 'Quote a whole field: "src=/a,b".') from error
    if len(rows) != 1:
        raise _bad(text, "one line was expected", _MOUNT_USAGE)
    fields: dict[str, str] = {}
    for field in rows[0]:
        key, _, value = field.partition("=")
        name = _KEYS.get(key)
        if name is None:
            raise _bad(text, f"the key '{safe(key[:40])}' is not known", _MOUNT_USAGE)
        if name in fields:
            raise _bad(text, f"the {name} is given twice", _MOUNT_USAGE)
        fields[name] = value
    return fields


def _apply(mount: BindMount, words: Iterable[str], text: str) -> BindMount:
    """The mount with its option words, which may not contradict each other."""
    seen = list(dict.fromkeys(words))
    for word in seen:
        if word not in _OPTIONS:
            remedy = f"Options are {', '.join(_OPTIONS)}; write '\\:' for a colon in a path."
            raise _bad(text, f"'{safe(word[:40])}' is not a mount option", remedy)
    for group in (("ro", "rw"), ("rro", "rw"), ("bind", "rbind"), PROPAGATIONS):
        both = [word for word in seen if word in group]
        if len(both) > 1:
            raise _bad(text, f"'{both[0]}' and '{both[1]}' contradict each other", "Keep one.")
    return replace(
        mount,
        readonly="ro" in seen or "rro" in seen,
        recursive="bind" not in seen,
        propagation=next((word for word in seen if word in PROPAGATIONS), ""),
        recursive_readonly="rro" in seen,
    )

"""Every other way in: arguments, files of ours, the registry, names on the host, errors of Python.

`test_hostile_screens` has what the daemon says; here is what comes in elsewhere, up to the text
that is shown of it.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from aiocontainerd import reference as references
from aiocontainerd.pull import PullProgress
from aiocontainerd.pull.refusals import message_of, refused
from ctdeck.arguments import parser
from ctdeck.command.history import History
from ctdeck.config import BadConfig, parse
from ctdeck.failures import crash_text, plain_words
from ctdeck.forms.host_paths import complete_path, read_directory, source_query
from ctdeck.pull_text import details, headline
from tests import hostile

TEXTS = {**hostile.TEXTS, **hostile.SURROGATES, "longmarks": hostile.LONGEST["longmarks"]}
every = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)


def harmless(*shown: str) -> bool:
    """None of it is obeyed or hides anything; lines may end."""
    text = "".join(shown)
    return not (hostile.obeyed(text) - {"\n"} | hostile.invisible(text))


@every
def test_arguments_of_our_own(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([text, "--nosuch"], [f"--{text}"], ["--address", "x", "--demo", text]):
        with pytest.raises(SystemExit) as ended:
            parser().parse_args(arguments)
        told = capsys.readouterr()
        assert ended.value.code == 2
        assert told.out == ""
        assert told.err.count("\n") == 1
        assert harmless(told.err)


def config_error(path: Path, data: str) -> str:
    """What is said of it; empty if it is one."""
    try:
        parse(path, data.encode("utf-8", "replace"))
    except BadConfig as error:
        return str(error)
    return ""


@every
def test_the_config_file(text: str) -> None:
    quoted = json.dumps(text, ensure_ascii=True)
    for data in (
        text,
        f"{quoted} = true",
        f"read-only = {quoted}",
        f"[namespaces.{quoted}]\nx = 1",
    ):
        told = config_error(Path(f"/x/{text}"), data)
        assert harmless(told)
        assert "\n" not in told
    assert config_error(Path(f"/x/{text}"), f"{quoted} = true")


@every
def test_the_registrys_words(text: str) -> None:
    reference = references.parse("registry.example/x:1")
    for body in (text, json.dumps({"errors": [{"code": text, "message": text}]})):
        data = body.encode("utf-8", "replace")
        error = refused(
            *(500, data, {"Retry-After": text[:99]}),
            reference=reference,
            host="registry.example",
            what="the manifest",
            logged_in=False,
        )
        assert harmless(message_of(data), str(error))


@every
def test_the_progress_of_a_pull(text: str) -> None:
    progress = PullProgress(text)
    for made in (
        progress,
        replace(progress, stage="failed", error=text),
        replace(progress, waiting=text),
        replace(progress, host=text, since=-99.0),
    ):
        assert harmless(headline(made, 0, 80)[0], *(line for line, _ in details(made, 80)))


def test_the_history_file(tmp_path: Path) -> None:
    path = tmp_path / "state" / "history"
    path.parent.mkdir(mode=0o700)
    lines = [text.replace("\n", " ").encode("utf-8", "replace") for text in TEXTS.values()]
    path.write_bytes(b"\n".join([*lines, b"\xff\xfe"]))
    path.chmod(0o600)
    history = History(path)
    history.load()
    assert len(history.lines) > len(TEXTS) / 2
    assert harmless(*history.lines)


def test_names_on_the_host(tmp_path: Path) -> None:
    for text in TEXTS.values():
        name = text.replace("/", "_").replace("\0", "_")[:40]
        (tmp_path / os.fsdecode(name.encode("utf-8", "surrogatepass"))).touch()
    query = source_query(f"{tmp_path}/")
    assert query is not None
    made = complete_path(query, read_directory(query))
    assert len(made.choices) > len(hostile.MARKUP)
    text = "".join((made.text, *made.choices))  # what else is odd in it the fields make safe
    assert not [c for c in text if c < " " or c == "\x7f" or "\ud800" <= c <= "\udfff"]


@every
def test_a_fault_that_repeats_it(text: str) -> None:
    error = ValueError(text)
    error.add_note(text)
    assert harmless(crash_text(error), *plain_words(error))

"""Keys, theme and other settings of the file: what they come to, and each mistake with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.theme import BUILTIN_THEMES

from ctdeck.actions import ACTIONS
from ctdeck.colours import THEMES
from ctdeck.config import BadConfig
from ctdeck.keymap import dialogs, keymap_of
from ctdeck.settings import fitting
from tests.unit.configs import fresh_file, read, refused, write  # noqa: F401  a fixture


def keymap(file: Path, text: str) -> dict[str, str]:
    config = read(write(file, text)).config
    assert config is not None
    return dict(keymap_of(config))


def mistake(file: Path, text: str) -> str:
    with pytest.raises(BadConfig) as error:
        keymap(file, text)
    return str(error.value).removeprefix(str(file.parent))


def test_keys_by_action_id_with_and_without_quotes(file: Path) -> None:
    text = '[keys]\n"task.stop" = "ctrl+s"\ntask.kill = ["X", "f9"]\nlock = ""\nconfirm.yes = "j"\n'
    text += 'confirm.down = "down"\n'
    assert keymap(file, text) == {
        "task.stop": "ctrl+s",
        "task.kill": "X,f9",
        "lock": "",
        "confirm.yes": "j",
        "confirm.down": "down",
    }


def test_two_may_change_places(file: Path) -> None:
    text = '[keys]\n"task.stop" = "R"\n"task.restart" = "s"\n'
    assert keymap(file, text) == {"task.stop": "R", "task.restart": "s"}


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ('[keys]\n\n"task.stp" = "x"\n', 3, "there is no action task.stp. Did you mean task.stop"),
        ('[keys]\n"task.stop" = "o"\n', 2, "task.stop and sort.reverse are both on o. Give"),
        ('[keys]\n"task.stoop" = "x"\n', 2, " or task.start?"),
        ('[keys]\n"a"=""\n', 2, "there is no action a."),
        ('[keys]\nconfirm.yes = "enter"\n', 2, "this key must never agree to a question"),
        ('[keys]\nchoose.up = "j"\n', 2, "choose.up and choose.down are both on j"),
        ('[keys]\ninterrupt = "f4"\n', 2, "there is no action interrupt"),
    ],
)
def test_what_no_action_or_two_of_them_have(file: Path, text: str, line: int, what: str) -> None:
    said = mistake(file, text)
    assert said.startswith(f"/config.toml:{line}: ")
    assert what in said


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ('[keys]\n"task.stop" = "ctrl+i"\n', 2, "'ctrl+i': a terminal sends the same"),
        ('theme = "dark"\n', 1, "there is no theme dark. There are ctdeck,"),
        ("theme = 3\n", 1, "theme is a number"),
        ('detach-keys = "ctrl-p;q"\n', 1, "these are no keys that detach"),
        ('toolbox = "UPPER:"\n', 1, "toolbox: "),
        ('[keys]\n"task.stop" = 7\n', 2, "this is no key. Write"),
        ("keys = 1\n", 1, "keys is a number. Write a table: [keys]"),
    ],
)
def test_mistakes_end_the_start_with_their_line(
    file: Path, text: str, line: int, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(write(file, text), capsys)
    assert f"config.toml:{line}: " in said
    assert what in said


def test_a_terminal_breaks_no_word_of_a_mistake(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = refused(write(file, 'theme = "dark"\n'), capsys)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    said = fitting(whole)
    assert len(said.splitlines()[-1]) <= 80 < len(whole)
    assert " ".join(said.split()) == " ".join(whole.split())


def test_other_settings(file: Path) -> None:
    text = 'theme = "nord"\ndetach-keys = "ctrl-a,d"\ntoolbox = "busybox"\n'
    found = read(write(file, text))
    assert (found.theme, found.detach_keys) == ("nord", "ctrl-a,d")
    assert found.toolbox == "docker.io/library/busybox:latest"
    file.unlink()
    assert read(file).detach_keys == "ctrl-p,ctrl-q"


def test_all_of_textuals_themes_can_be_chosen() -> None:
    assert set(THEMES) == {*BUILTIN_THEMES, "ctdeck", "ctdeck-16"}


def test_keys_of_dialogs_have_ids_of_their_own() -> None:
    found = dialogs()
    assert {"confirm.yes", "choose.take", "form.run", "pull.close", "columns.turn"} <= set(found)
    assert not {action.id for action in ACTIONS} & set(found)

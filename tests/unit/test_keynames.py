"""How keys are written: Textual's own names come of it, or a mistake with a remedy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.keys import _character_to_key

from ctdeck.keynames import BadKey, key_name, key_word


@pytest.mark.parametrize("sign", [chr(code) for code in range(0x20, 0x7F)])
def test_a_sign_is_called_as_textual_calls_it_and_shown_as_itself(sign: str) -> None:
    assert key_name(sign) == _character_to_key(sign)
    assert key_word(key_name(sign)) == ("space" if sign == " " else sign)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ctrl+s", "ctrl+s"),
        ("ctrl+S", "ctrl+s"),
        ("Ctrl+\\", "ctrl+backslash"),
        ("ctrl+space", "ctrl+@"),
        ("PgDn", "pagedown"),
        ("Esc", "escape"),
        ("shift+Tab", "shift+tab"),
        ("shift+ctrl+left", "ctrl+shift+left"),
        ("f12", "f12"),
        ("question_mark", "question_mark"),
    ],
)
def test_names(text: str, name: str) -> None:
    assert key_name(text) == name


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("ctrl+i", "Write 'tab'"),
        ("ctrl+c", "another key"),
        ("alt+x", "Esc and a letter"),
        ("shift+a", "Write 'A'"),
        ("pagedwn", "Did you mean pagedown?"),
        ("hyper+x", "ctrl+s, f5, pageup"),
        ("\x1b", "ctrl+s, f5, pageup"),
    ],
)
def test_mistakes_have_a_remedy(text: str, remedy: str) -> None:
    with pytest.raises(BadKey) as error:
        key_name(text)
    assert remedy in error.value.remedy


@given(st.text(max_size=20))
def test_any_text_is_a_key_or_a_mistake(text: str) -> None:
    remedy = name = ""
    try:
        name = key_name(text)
    except BadKey as error:
        remedy = error.remedy
    assert bool(name) != bool(remedy)
    assert "," not in name

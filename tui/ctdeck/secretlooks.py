"""What looks like a secret whatever it is called: keys, tokens, logins in URLs, in JSON, in text.

Pure. Every pattern takes time in proportion to its text: labels and errors are hostile. They are
compiled when a text first gives them something to look for: the first frame needs few of them.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from functools import cached_property, lru_cache
from typing import Any

from ctdeck.masking import (
    JOINED_ONLY,
    LOGIN_FLAGS,
    MASK,
    SECRET,
    masked_args,
    masked_script,
    masked_value,
)


class Late:
    """A pattern that is compiled when it is first used."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self._given = pattern, flags

    @cached_property
    def now(self) -> re.Pattern[str]:
        """The pattern, compiled."""
        return re.compile(*self._given)


_LONGEST = 1 << 16  # characters of one text; of a longer one nothing is shown
_DEEPEST = 4  # texts within texts
_LONG_LOGIN = 20  # characters of a user that is rather a token
_WORDS = SECRET.replace("(?<!^)(?<!^old)", "")
_PEM = Late(
    r"(-----BEGIN [A-Z ]{0,30}PRIVATE KEY[A-Z ]{0,10}-----)"
    r"(?:(?!-----END).)*+(?:-----END [A-Z ]{0,40}-----)?",
    re.DOTALL,
)
_TOKENS = Late(
    r"(?<![A-Za-z0-9])(?:(?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_\w{20,}+|github_pat_\w{20,}+"
    r"|gl[a-z]{2,6}-[\w-]{16,}+|xox[a-z]-[\w-]{10,}+|xapp-[\w-]{10,}+|npm_\w{20,}+|hf_\w{20,}+"
    r"|AIza[\w-]{30,}+|(?:sk|rk|pk)_(?:live|test)_\w{10,}+|sk-[\w-]{20,}+|pypi-[\w-]{20,}+"
    r"|do[opr]_v1_\w{20,}+|SG\.[\w-]{16,}+\.[\w-]{16,}+|hvs\.[\w-]{16,}+"
    r"|eyJ[\w-]{5,}+\.[\w-]*+(?:\.[\w-]*+)*+)"
)
_HOOK = Late(r"(hooks\.slack\.com/services/|discord(?:app)?\.com/api/webhooks/)[\w/-]++")
_HEADER = Late(
    r"(?i)\b((?:x-[\w-]{0,40}?(?:key|token|secret|auth)|api-?key|private-token|(?:set-)?cookie)"
    r"[ ]?:[ ]*+)(?!\*\*\*)[^\s\"',;{}()]++"
)
_BEARER = Late(r"(?i)\b((?:bearer|basic)[ ]++)(?!\*\*\*)(?=[^\s]*[\d=_.+/-])[^\s\"',;{}()]++")
_AUTHORIZATION = Late(
    r"(?i)\b(authorization[\"']?[ ]?:[ ]?[\"']?(?:[a-z]{1,10}[ ]++)?)(?!\*\*\*)[^\s\"',;{}()]++"
)
_CHUNK = Late(r"[^\s\"'<>]{5,}+")  # what may be a URL
_LOGIN = Late(r"(?<![\w.@:+-])([\w.+-]{1,64}:)[^\s@/:\"'<>]{1,200}(?=@(?!sha\d)[\w.-])")
# One word, or all in the quotes that it begins behind; no other flag, and no stars.
_WORD = r"(?![-*\s])(?:(?<=\")(?:[^\"\\]|\\.)*+|(?<=')[^']*+|[^\s\"',;)}\]]++)"
_FLAG = Late(
    # `--password X`, `"--token", "X"`; with `=` it is a name
    rf"(?i)((?<![\w-])--?(?=[\w.-]{{1,60}}+[\"']?[\s,])[\w.-]*?(?:{_WORDS})[\w.-]*+"
    rf"(?:[\"'],?)?\s{{1,8}}+[\"']?+){_WORD}",
    re.DOTALL,
)
_USER = Late(
    r"((?<![\w-])(?:-[a-zA-Z]{0,6}u[ =]?|--(?:proxy-)?user[ =])(?!\d+:\d)[\w.+@-]{1,64}:)"
    r"[^\s\"',;)}\]]++"
)
_PROGRAM = Late(rf"(?<![\w.-])(?:{'|'.join(sorted(LOGIN_FLAGS, key=len, reverse=True))})(?![\w.-])")
_NAMED = Late(
    rf"(?i)(?<![\w.-])(?=[\w.-]{{1,100}}+[ ]?=)([\w.-]*?(?:{_WORDS})"
    r"[\w.-]*+[ ]?=[ ]?)(?!=|\*\*\*)"
    r"(?:\"(?:[^\"\\]|\\.)*+\"?|'[^']*+'?|[^\s\"'&;,)}\]]++)",
    re.DOTALL,
)
_COLON = Late(
    rf"(?im)^([ \t\-]*+[\"']?[\w.-]{{0,100}}?(?:{_WORDS})"
    r"[\w.-]{0,100}+[\"']?[ ]?:[ ]++)(?!\*\*\*)\S.*+$"
)
_JSON_NAME = Late(
    # {"name": "DB_PASSWORD", "value": …} or {"password": …}; with ' as Python writes it
    r"(?i)(?P<slashes>\\{0,8})(?P<mark>[\"'])"
    r"(?:(?:name|key)(?P=slashes)(?P=mark)\s{0,8}:\s{0,8}(?P=slashes)(?P=mark)"
    rf"[^\"'\\\n]{{0,100}}?(?:{_WORDS})[^\"'\\\n]{{0,100}}(?P=slashes)(?P=mark)"
    r"\s{0,8},\s{0,8}(?P=slashes)(?P=mark)value"
    rf"|[^\"'\\\n]{{0,100}}?(?:{_WORDS})[^\"'\\\n]{{0,100}})"
    r"(?P=slashes)(?P=mark)\s{0,8}:\s{0,8}"
)
_BARE = Late(r"[^\s,}\]\\]++")
_BASE64 = Late(r"[A-Za-z0-9+/_-]{8,}={0,2}")


# What each needs: without that, in small letters, it finds nothing.
_LOOKS = (
    (("hooks",), _HOOK),
    (("bearer", "basic"), _BEARER),
    (("authorization",), _AUTHORIZATION),
    ((":",), _HEADER),
    (("-",), _FLAG),
    ((":",), _USER),
)


@lru_cache(512)  # the details of a row are made again with each news
def masked(value: str, depth: int = 0) -> str:
    """A whole value: of a variable, a label, an argument."""
    if len(value) > _LONGEST or depth > _DEEPEST:
        return MASK
    if value.lstrip()[:1] in ("{", "["):
        return _masked_json(value, depth)
    if _hides_in_base64(value, depth):
        return MASK
    return masked_script(value, depth)


def masked_lines(text: str) -> str:
    """Text that is no error: a line such as `password: …` counts too."""
    text = masked_within(text)
    return _COLON.now.sub(rf"\1{MASK}", text) if ":" in text else text


def masked_within(text: str) -> str:
    """Running text: only what is beyond doubt, so that an error can still be understood."""
    if len(text) > _LONGEST:
        head, tail = text[:_LONGEST], text[-_LONGEST:]
        return f"{masked_within(head)} … {masked_within(tail)}"
    if "-----BEGIN" in text:
        text = _PEM.now.sub(rf"\1{MASK}", text)
    if "@" in text:
        text = _CHUNK.now.sub(_without_login, text) if "://" in text else text
        text = _LOGIN.now.sub(rf"\1{MASK}", text)
    text = _TOKENS.now.sub(MASK, text)
    lower = text.lower()
    for words, pattern in _LOOKS:
        if any(word in lower for word in words):
            text = pattern.now.sub(rf"\1{MASK}", text)
    if ":" in text and ('"' in text or "'" in text):
        text = _json_parts(text)
    if "-" in text:
        text = _without_passwords(text)
    return _NAMED.now.sub(rf"\1{MASK}", text) if "=" in text else text


def _without_passwords(text: str) -> str:
    """`mysql -p***`: of the flags that bear a secret behind a program of which that is known."""
    starts = [found.start() for found in _PROGRAM.now.finditer(text)]
    if not starts:
        return text
    made = [text[: starts[0]]]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        part = text[start:end]
        program = _PROGRAM.now.match(part)
        made.append(_flag_of(program[0] if program else "").sub(rf"\1{MASK}", part))
    return "".join(made)


@lru_cache
def _flag_of(program: str) -> re.Pattern[str]:
    """Its flags with what follows: in the same word, or in the next for most."""
    flags = "|".join(map(re.escape, LOGIN_FLAGS.get(program, ("\0",))))
    between = "" if program in JOINED_ONLY else r"[\"']?+[\s,=]{0,4}+[\"']?+"
    return re.compile(rf"((?<![\w-])(?:{flags}){between}){_WORD}")


def _without_login(found: re.Match[str]) -> str:
    """`://user:***@host`; what may be a token alone is hidden as well."""
    head, mark, rest = found[0].partition("://")
    login, at, host = rest.rpartition("@")
    if not (mark and at):
        return found[0]
    user, colon, _ = login.partition(":")
    if colon:
        return f"{head}{mark}{user}:{MASK}@{host}"
    return f"{head}{mark}{MASK}@{host}" if len(login) >= _LONG_LOGIN else found[0]


def _json_parts(text: str) -> str:
    """`"password": "…"` anywhere in a text, also with its quotes escaped."""
    made, at = [], 0
    while found := _JSON_NAME.now.search(text, at):
        made.append(text[at : found.end()])
        begins = found.end() + len(found["slashes"])
        quote = found["slashes"] + text[begins : begins + 1]
        if quote[-1:] in ("'", '"') and text.startswith(quote, found.end()):
            close = re.compile(r"(?<!\\)" + re.escape(quote)).search(text, found.end() + len(quote))
            at = close.end() if close else len(text)
            made.append(f"{quote}{MASK}{quote if close else ''}")
        elif text[found.end() : found.end() + 1] in ("{", "["):
            at = found.end()
        else:
            bare = _BARE.now.match(text, found.end())
            at = bare.end() if bare else found.end()
            made.append(MASK if bare else "")
    return "".join([*made, text[at:]])


def _masked_json(text: str, depth: int) -> str:
    """Hidden by name within it; all of it where it cannot be read, as when it was cut short."""
    try:
        value = json.loads(text)
        hidden = _in_json(value, "", depth)
    except (ValueError, RecursionError):
        return MASK if '"' in text and ":" in text else masked_within(text)
    return text if hidden == value else json.dumps(hidden, ensure_ascii=False)


def _in_json(value: Any, name: str, depth: int, *, hide: bool = False) -> Any:
    """The same with stars; `hide` for all below a secret name."""
    hide = hide or (masked_value(name, "x") == MASK)
    if isinstance(value, dict):
        pair = {str(key).lower(): each for key, each in value.items()}
        called = pair.get("name", pair.get("key", ""))
        whole = pair.get("kind") == "Secret"
        return {
            key: _in_json(
                each,
                called if key.lower() == "value" and isinstance(called, str) else key,
                depth,
                hide=(hide and not (key.lower() in ("name", "key") and "value" in pair))
                or (whole and key in ("data", "stringData")),
            )
            for key, each in value.items()
        }
    if isinstance(value, list):
        if not hide and all(isinstance(each, str) for each in value):
            return list(masked_args(value))
        return [_in_json(each, "", depth, hide=hide) for each in value]
    if hide:
        return MASK if value not in (None, "", True, False) else value
    return masked(value, depth + 1) if isinstance(value, str) else value


def _hides_in_base64(value: str, depth: int) -> bool:
    """Whether it is base64 of a text in which something is to be hidden."""
    if not _BASE64.now.fullmatch(value) or len(value) % 4:
        return False
    try:
        text = base64.b64decode(value, b"-_" if set(value) & set("-_") else None).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    is_login = re.fullmatch(r"[\w.@+-]{1,64}:[^\s:/]{3,}", text) is not None
    return text.isprintable() and (is_login or masked(text, depth + 1) != text)

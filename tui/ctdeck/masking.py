"""Hides secrets in variables, flags, labels and texts: by their names, else by their looks. Pure.

Nothing can know all secrets: a word under a harmless name that looks like any other is shown.
In doubt it hides more; `x` shows what is hidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiocontainerd.run_options import RunOptions

MASK = "***"
SECRET = (
    r"pass|(?<!^)(?<!^old)pwd|secret|token|key|credential|auth(?!or)|private|cookie|jwt|bearer|"
    r"signature|signing|webhook|mnemonic|conn(?:ection)?_?str|(?<![a-z])(?:pat|pin|otp|sig|creds?|pw|"
    r"psk|dsn|salt|pepper|seed|hmac|sas)(?![a-z])|(?<![a-z])cert(?!-manager)|(?<![a-z])(?:database|"
    r"db|redis|mongo(?:db)?|postgres(?:ql)?|mysql|mariadb|amqp|rabbitmq|broker|celery|hook)[_.-]?ur[il]"
)
_SECRET = re.compile(SECRET, re.IGNORECASE)
_NAME = re.compile(r"[\w.\-/+\[\]$'\"(]+\Z")  # a variable, a flag, a label; not a URL
_FLAG = re.compile(r"--?\w")
_SCRIPT = re.compile(r"-[a-z]*c\Z")  # what follows is a script: `sh -c`, `bash -lc`
_SHORT = re.compile(r"--\w|-\w{1,2}\Z")  # what can follow a flag without being its value
_DEEPEST = 4  # scripts within scripts
_LONGEST = 1 << 16  # characters of one text; nobody reads more of it
# Flags of well-known programs that bear a secret, with the value in the same word or the next.
LOGIN_FLAGS = {
    **dict.fromkeys(("mysql", "mysqldump", "mysqladmin", "mysqlsh", "mysqlimport"), ("-p",)),
    **dict.fromkeys(("mariadb", "mariadb-dump", "mariadb-admin", "sshpass", "login"), ("-p",)),
    **dict.fromkeys(("mongo", "mongosh", "mongodump", "mongorestore", "mongoexport"), ("-p",)),
    **dict.fromkeys(("ldapsearch", "ldapadd", "ldapmodify", "ldappasswd"), ("-w",)),
    **dict.fromkeys(("smbclient", "rpcclient"), ("-U",)),
    "curl": ("-u", "--user", "-U", "--proxy-user"),
    "redis-cli": ("-a",),
    "openssl": ("-k", "-K"),
}
JOINED_ONLY = {name for name in LOGIN_FLAGS if name.startswith(("mysql", "mariadb"))}
_TOKEN = re.compile(
    r"""(?:[^\s"'\\;|&]|\\(?:.|\Z)|"(?:[^"\\]|\\.)*(?:"|\\?\Z)|'[^']*(?:'|\Z))+""", re.DOTALL
)


def is_secret(name: str) -> bool:
    """Whether what is called so is hidden, whatever it is."""
    return bool(_SECRET.search(name))


def masked(options: RunOptions) -> RunOptions:
    """The same options, for showing: secrets in variables, command and labels are stars."""
    return replace(
        options,
        env=tuple(masked_pair(pair) for pair in options.env),
        command=masked_args(options.command),
        labels=tuple((name, masked_value(name, value)) for name, value in options.labels),
    )


def hidden_in(options: RunOptions) -> tuple[str, ...]:
    """The values of these options that `masked` hides, the longest first; see `without`."""
    shown = masked(options)
    pairs = [*zip(options.command, shown.command, strict=True)]
    pairs += zip(options.env, shown.env, strict=True)
    pairs += [(a, b) for (_, a), (_, b) in zip(options.labels, shown.labels, strict=True)]
    found = {_differing(whole, stars) for whole, stars in pairs if whole != stars}
    return tuple(sorted((each for each in found if len(each) > 2), key=len, reverse=True))


def without(text: str, hidden: Iterable[str]) -> str:
    """The text of an error without these values, which it may repeat in any place."""
    for each in hidden:
        text = text.replace(each, MASK)
    return masked_text(text)


def masked_pair(pair: str, depth: int = 0) -> str:
    """`DB_PASSWORD=***`; a variable with a harmless name stays unless its value looks secret."""
    name, equals, value = pair.partition("=")
    if not equals or not value.strip("=") or not _NAME.match(name):
        return masked_value("", pair, depth)
    return f"{name}={masked_value(name, value, depth)}"


def masked_option(option: str) -> str:
    """One of a mount: `password=***`."""
    name, equals, _ = option.partition("=")
    return f"{name}={MASK}" if equals and _SECRET.search(name) else option


def masked_source(source: str) -> str:
    """Of a mount: `//user:***@host/share`."""
    return masked_value("", source) if "@" in source else source  # quick: for a list of them


def masked_value(name: str, value: str, depth: int = 0) -> str:
    """The value of what is called so; a secret within it is hidden under any name."""
    if not value or value == MASK:
        return value
    if _SECRET.search(name):
        return MASK
    from ctdeck import secretlooks  # not before the first frame: many patterns

    return secretlooks.masked(value, depth)


def masked_text(text: str) -> str:
    """A text that may repeat what it was given: an error, a traceback."""
    from ctdeck import secretlooks

    return secretlooks.masked_within(text)


def masked_args(args: Iterable[str], depth: int = 0) -> tuple[str, ...]:
    """A command's words: `--password=***`, `--token ***`, `-p***`, and those of `sh -c` too."""
    shown: list[str] = []
    secret = script = False
    program = ""
    for word in args:
        if secret and not (_SHORT.match(word) and _FLAG.match(word)):
            shown.append(MASK)
            secret = False
            continue
        flag, secret = _login_flag(program, word)
        if flag:
            shown.append(f"{flag}{MASK}")
        else:
            shown.append(masked_script(word, depth) if script else masked_pair(word, depth))
        script = bool(_SCRIPT.match(word))
        secret = secret or (
            bool(_FLAG.match(word)) and "=" not in word and bool(_SECRET.search(word))
        )
        name = word.strip("'\"").rpartition("/")[2]
        program = name if name in LOGIN_FLAGS else program
    return tuple(shown)


def _login_flag(program: str, word: str) -> tuple[str, bool]:
    """The flag if the word is one with its secret; whether the next word is the secret."""
    for flag in LOGIN_FLAGS.get(program, ()):
        if word == flag:
            return "", program not in JOINED_ONLY
        if word.startswith(flag) and not flag.startswith("--"):
            return flag, False
    return "", False


def masked_script(text: str, depth: int = 0) -> str:
    """A line of a shell: its words are a command's; what is between them stays."""
    from ctdeck import secretlooks

    if depth > _DEEPEST:
        return MASK
    text = secretlooks.masked_lines(text)
    found = list(_TOKEN.finditer(text))
    if len(found) == 1 and found[0][0] == text:
        return _masked_quoted(text, depth)
    words = masked_args([each[0] for each in found], depth + 1)
    made, at = [], 0
    for each, word in zip(found, words, strict=True):
        made += [text[at : each.start()], word]
        at = each.end()
    return "".join([*made, text[at:]])


def _masked_quoted(word: str, depth: int) -> str:
    """One word; if it is quoted as a whole, what stands in the quotes."""
    quote = word[:1]
    if quote not in ("'", '"'):
        return word
    end = quote if len(word) > 1 and word[-1] == quote else ""
    inner = word[1:-1] if end else word[1:]
    return f"{quote}{masked_value('', inner, depth + 1)}{end}"


def _differing(whole: str, stars: str) -> str:
    """What the stars stand for: without what is the same before and behind them."""
    head, _, rest = stars.partition(MASK)
    tail = rest.rpartition(MASK)[2] if MASK in rest else rest
    if whole.startswith(head) and whole.endswith(tail):
        return whole[len(head) : len(whole) - len(tail)]
    return whole

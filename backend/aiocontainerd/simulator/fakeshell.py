"""A small shell that is played: it echoes, edits a line and knows a few commands. Pure.

Nothing runs and nothing of the machine is read: what it lists is what the simulated container is
said to be. It says so itself.
"""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

HELP = "cat cd clear echo env exit false help hostname id ls ps pwd sleep stty true uname whoami"
TOLD = "(a simulated shell: nothing runs here; help lists what it knows)"
_LINE_MAX = 4096
_FILES = {
    "/": "bin  dev  etc  home  lib  proc  root  run  sbin  sys  tmp  usr  var",
    "/etc": "group  hostname  hosts  os-release  passwd  resolv.conf",
    "/tmp": "",
}
_ESCAPE = 0x1B


@dataclass
class FakeShell:
    """`feed` it what is typed, and show what it returns; `status` is set when it has ended.

    `args` is the first process of the container, `size` columns and rows. With a `command` it
    does that and ends. With a `prompt` it is another program, which knows only how to be left.
    """

    hostname: str
    args: Sequence[str] = ()
    command: Sequence[str] = ()
    uid: int = 0
    cwd: str = "/"
    env: Sequence[str] = ()
    size: tuple[int, int] = (80, 24)
    status: int | None = None
    prompt: str = ""
    _line: str = ""
    _last: int = 0
    _escape: bytes = field(default=b"", repr=False)

    def begin(self) -> str:
        """What it shows first."""
        if self.command:
            shown = self._run([*self.command])
            self.status = self._last if self.status is None else self.status
            return shown
        return f"{TOLD}\r\n{self._prompt()}"

    def feed(self, typed: bytes) -> str:
        """What is shown after these keys."""
        return "".join(self._key(letter) for letter in typed.decode("utf-8", "replace"))

    def _prompt(self) -> str:
        return self.prompt or f"{self.cwd} {'#' if self.uid == 0 else '$'} "

    def _key(self, letter: str) -> str:
        if self.status is not None:
            return ""
        if self._escape or ord(letter) == _ESCAPE:  # an arrow key, say: nothing comes of it
            self._escape += letter.encode()
            if (len(self._escape) > 2 and letter.isalpha()) or letter == "~":
                self._escape = b""
            return ""
        if letter in "\r\n":
            line, self._line = self._line, ""
            shown = "\r\n" + self._said(line)
            return shown if self.status is not None else shown + self._prompt()
        if letter in "\x7f\b":
            erased, self._line = bool(self._line), self._line[:-1]
            return "\b \b" if erased else ""
        if letter == "\x03":
            self._line, self._last = "", 130
            return f"^C\r\n{self._prompt()}"
        if letter == "\x04":
            if not self._line:
                self.status = self._last
            return ""
        if letter == "\x0c":
            return f"\x1b[H\x1b[2J{self._prompt()}{self._line}"
        if letter.isprintable() and len(self._line) < _LINE_MAX:
            self._line += letter
            return letter
        return ""

    def _said(self, line: str) -> str:
        shown = ""
        for part in line.replace("&&", ";").split(";"):
            try:
                words = shlex.split(part)
            except ValueError:
                self._last = 2
                return shown + "sh: syntax error: unterminated quoted string\r\n"
            if words and self.status is None:
                shown += self._run(words)
        return shown

    def _run(self, words: list[str]) -> str:
        name, *rest = words
        if self.prompt and name not in {"exit", "quit", "\\q"}:
            return f"{TOLD}\r\n"
        known = self._known(name)
        self._last = 0
        if known is None:
            self._last = 127
            return f"sh: {name}: not found {TOLD}\r\n"
        lines = known(rest)
        return "".join(f"{line}\r\n" for line in lines.split("\n")) if lines else ""

    def _known(self, name: str) -> Callable[[list[str]], str] | None:
        name = "exit" if self.prompt else name
        found = getattr(self, f"_do_{name.rpartition('/')[2]}", None)
        return found if callable(found) else None

    def _do_help(self, words: list[str]) -> str:
        return f"{TOLD}\n{HELP}"

    def _do_exit(self, words: list[str]) -> str:
        self.status = int(words[0]) & 0xFF if words and words[0].isdecimal() else self._last
        return ""

    def _do_ls(self, words: list[str]) -> str:
        paths = [word for word in words if not word.startswith("-")] or [self.cwd]
        return "\n".join(_FILES.get(path.rstrip("/") or "/", "") for path in paths)

    def _do_ps(self, words: list[str]) -> str:
        running = ((1, " ".join(self.args)[:60]), (27, "sh"))
        lines = (f"{pid:5} root      0:00 {command}" for pid, command in running)
        return "\n".join(("  PID USER      TIME COMMAND", *lines))

    def _do_pwd(self, words: list[str]) -> str:
        return self.cwd

    def _do_cd(self, words: list[str]) -> str:
        to = words[0] if words else "/root"
        self.cwd = to if to.startswith("/") else f"{self.cwd.rstrip('/')}/{to}"
        return ""

    def _do_echo(self, words: list[str]) -> str:
        return " ".join(words).replace("$?", str(self._last)) or " "

    def _do_cat(self, words: list[str]) -> str:
        if words == ["/etc/hostname"]:
            return self.hostname
        self._last = 1
        return "\n".join(f"cat: can't open '{word}': No such file or directory" for word in words)

    def _do_clear(self, words: list[str]) -> str:
        return "\x1b[H\x1b[2J\x1b[A"

    def _do_env(self, words: list[str]) -> str:
        return "\n".join(self.env)

    def _do_hostname(self, words: list[str]) -> str:
        return self.hostname

    def _do_id(self, words: list[str]) -> str:
        return "uid=0(root) gid=0(root)" if self.uid == 0 else f"uid={self.uid} gid=0(root)"

    def _do_whoami(self, words: list[str]) -> str:
        return "root" if self.uid == 0 else f"whoami: unknown uid {self.uid}"

    def _do_uname(self, words: list[str]) -> str:
        return f"Linux {self.hostname} (simulated)" if "-a" in words else "Linux"

    def _do_stty(self, words: list[str]) -> str:
        return f"{self.size[1]} {self.size[0]}"

    def _do_sleep(self, words: list[str]) -> str:
        return ""

    def _do_true(self, words: list[str]) -> str:
        return ""

    def _do_false(self, words: list[str]) -> str:
        self._last = 1
        return ""


def knows(program: str) -> bool:
    """Whether there is such a program: those that `help` lists."""
    return program.rpartition("/")[2] in HELP.split()

import logging
from pathlib import Path

import pytest

from aiocontainerd.access import Access
from ctdeck.settings import Settings, from_arguments


def test_nothing_given_looks_for_a_daemon_and_shows_all_namespaces() -> None:
    assert from_arguments([], {}) == Settings()


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("/run/x.sock", "/run/x.sock"),
        ("unix:///run/x.sock", "/run/x.sock"),
        ("unix:/run/x.sock", "/run/x.sock"),
        ("x.sock", str(Path.cwd() / "x.sock")),
        ("/run//a/../x.sock", "/run/x.sock"),
    ],
)
def test_an_address_becomes_an_absolute_path(given: str, path: str) -> None:
    assert from_arguments(["-a", given], {}).address == path
    assert from_arguments([], {"CONTAINERD_ADDRESS": given}).address == path


def test_arguments_win_over_the_environment() -> None:
    environ = {"CONTAINERD_ADDRESS": "/run/env.sock", "CONTAINERD_NAMESPACE": "env"}
    settings = from_arguments(["-a", "/run/arg.sock", "-n", "arg"], environ)
    assert (settings.address, settings.namespace) == ("/run/arg.sock", "arg")
    assert from_arguments(["-n", "all"], environ).namespace is None
    assert from_arguments([], environ).namespace == "env"


def test_empty_variables_are_as_if_unset() -> None:
    assert from_arguments([], {"CONTAINERD_ADDRESS": "", "CONTAINERD_NAMESPACE": ""}) == Settings()


def test_embedded_wins_over_an_address_of_the_environment() -> None:
    settings = from_arguments(["--embedded"], {"CONTAINERD_ADDRESS": "/run/env.sock"})
    assert settings.embedded
    assert settings.address is None


def test_the_switches() -> None:
    settings = from_arguments(["--read-only", "--no-mouse", "--log-file", "x.log"], {})
    assert settings == Settings(access=Access(read_only=True), mouse=False, log_file=Path("x.log"))
    assert from_arguments(["--embedded-if-none"], {}).fallback


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--bogus"], "unrecognized arguments: --bogus"),
        (["--read"], "unrecognized arguments: --read"),
        (["container"], "unrecognized arguments: container"),
        (["-a"], "expected one argument"),
        (["-a", "tcp://1.2.3.4:5"], "unix sockets, not on tcp"),
        (["-a", "unix://"], "names no socket"),
        (["-a", "/run/x.sock", "--embedded"], "not allowed with"),
        (["-n", "a b"], "not a namespace"),
        (["-n", "x" * 77], "77 characters"),
        (["--bad\x1b[2J"], "␛[2J"),
    ],
)
def test_a_bad_argument_is_one_line_and_status_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ending:
        from_arguments(arguments, {})
    captured = capsys.readouterr()
    assert ending.value.code == 2
    assert captured.out == ""
    assert captured.err.startswith("ctdeck: ")
    assert captured.err.count("\n") == 1
    assert words in captured.err


@pytest.mark.parametrize(
    ("argument", "words"), [("--version", "ctdeck 0"), ("--help", "--read-only")]
)
def test_version_and_help(argument: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        from_arguments([argument], {})
    assert ending.value.code == 0
    assert words in capsys.readouterr().out


def test_the_log_file_is_for_us_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ctdeck.__main__ import _log_to

    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    _log_to(tmp_path / "x.log")
    (handler,) = root.handlers
    handler.stream.close()  # type: ignore[attr-defined]
    logging.captureWarnings(False)
    assert (tmp_path / "x.log").stat().st_mode & 0o777 == 0o600
    (tmp_path / "link").symlink_to(tmp_path / "x.log")
    with pytest.raises(OSError, match="symbolic link"):
        _log_to(tmp_path / "link")

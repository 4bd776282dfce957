"""hosts.toml and certificate folders are read as containerd reads them."""

import os
from pathlib import Path

import pytest

from aiocontainerd.errors import FailedPrecondition
from aiocontainerd.pull.hosts import find_dir, hosts_for
from aiocontainerd.reference import parse

REFERENCE = parse("reg.test:5000/a/b:1")


def write(root: Path, host: str, text: str) -> Path:
    folder = root / host
    folder.mkdir(parents=True)
    (folder / "hosts.toml").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("text", "base", "either"),
    [
        ("nginx", "https://registry-1.docker.io/v2", False),
        ("reg.test:5000/a/b", "https://reg.test:5000/v2", False),
        ("localhost:5000/a/b", "http://localhost:5000/v2", True),
        ("127.9.9.9/a/b", "http://127.9.9.9/v2", True),
        ("[::1]:5000/a/b", "http://[::1]:5000/v2", True),
        ("localhost:443/a/b", "https://localhost:443/v2", False),
    ],
)
def test_without_files(text: str, base: str, either: bool) -> None:
    (host,) = hosts_for(parse(text), dirs=())
    assert (host.base, host.either) == (base, either)


def test_plain_http_when_asked() -> None:
    (host,) = hosts_for(REFERENCE, dirs=(), plain_http=True)
    assert (host.base, host.either) == ("http://reg.test:5000/v2", False)


def test_the_names_of_folders(tmp_path: Path) -> None:
    one, two = tmp_path / "1", tmp_path / "2"
    for root, name in ((two, "_default"), (two, "reg.test_5000_"), (one, "reg.test:5000")):
        (root / name).mkdir(parents=True)
    assert find_dir([one, two], "reg.test:5000") == (one, one / "reg.test:5000")
    assert find_dir([two], "reg.test:5000") == (two, two / "reg.test_5000_")
    assert find_dir([one, two], "reg.test") == (two, two / "_default")
    assert find_dir([one], "reg.test") is None
    assert find_dir([tmp_path / "missing"], "reg.test") is None


def test_a_whole_file(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        "reg.test:5000",
        """
        server = "https://upstream.test"
        ca = "ca.pem"
        [host."https://mirror.test:99/path"]
          capabilities = ["pull", "resolve"]
          ca = ["/etc/a.pem", "b.pem"]
          client = [["c.pem", "c.key"], ["d.pem", ""]]
          skip_verify = true
          [host."https://mirror.test:99/path".header]
            x-one = "1"
            x-two = ["2", "3"]
        [host."http://other.test/v2/x"]
          override_path = true
          client = "both.pem"
        """,
    )
    first, second, server = hosts_for(REFERENCE, dirs=[tmp_path])
    assert first.base == "https://mirror.test:99/path/v2"
    assert first.capabilities == {"pull", "resolve"}
    assert first.ca == (Path("/etc/a.pem"), folder / "b.pem")
    assert first.client == ((folder / "c.pem", folder / "c.key"), (folder / "d.pem", None))
    assert first.skip_verify
    assert dict(first.headers) == {"x-one": "1", "x-two": "2, 3"}
    assert second.base == "http://other.test/v2/x"
    assert second.client == ((folder / "both.pem", None),)
    assert (server.base, server.ca) == ("https://upstream.test/v2", (folder / "ca.pem",))
    assert "push" in server.capabilities


def test_without_a_server_the_registry_is_last(tmp_path: Path) -> None:
    write(tmp_path, "localhost:5000", '[host."mirror.test"]\n')
    mirror, registry = hosts_for(parse("localhost:5000/a/b"), dirs=[tmp_path])
    assert mirror.base == "https://mirror.test/v2"
    assert (registry.base, registry.either) == ("http://localhost:5000/v2", True)


def test_dockers_certificates(tmp_path: Path) -> None:
    folder = tmp_path / "reg.test:5000"
    folder.mkdir()
    for name in ("ca.crt", "me.cert", "me.key", "you.cert"):
        (folder / name).touch()
    (host,) = hosts_for(REFERENCE, dirs=[tmp_path])
    assert host.ca == (folder / "ca.crt",)
    assert host.client == (
        (folder / "me.cert", folder / "me.key"),
        (folder / "you.cert", None),
    )


@pytest.mark.parametrize(
    "text",
    [
        "server = ",
        "server = 3",
        "host = 3",
        "host.a = 3",
        '[host."https://"]',
        '[host."https://u:p@x"]',
        '[host."https://x:port"]',
        "[host.x]\ncapabilities = ['fly']",
        "[host.x]\ncapabilities = 3",
        "[host.x]\nclient = [['a', 'b', 'c']]",
        "[host.x]\nclient = 3",
        "[host.x]\nheader = 3",
        '[host.x]\nheader = {a = "b\\r\\nc: d"}',
        "[host.x]\nca = [1]",
        "\x00",
    ],
)
def test_wrong_files_are_named(tmp_path: Path, text: str) -> None:
    write(tmp_path, "reg.test:5000", text)
    with pytest.raises(FailedPrecondition, match=r"hosts\.toml.*file is wrong"):
        hosts_for(REFERENCE, dirs=[tmp_path])


@pytest.mark.parametrize("kind", ["a fifo", "a directory", "a link to nowhere"])
def test_what_is_no_file_is_told(tmp_path: Path, kind: str) -> None:
    """Without it another server would be asked than the one that was set up."""
    file = tmp_path / "reg.test" / "hosts.toml"
    file.parent.mkdir()
    if kind == "a fifo":
        os.mkfifo(file)
    elif kind == "a directory":
        file.mkdir()
    else:
        file.symlink_to("nowhere")
    with pytest.raises(
        FailedPrecondition, match=r"hosts\.toml: this file is wrong: (it is not a|No such) file"
    ):
        hosts_for(parse("reg.test/a:1"), dirs=[tmp_path])

"""Tab on the `:` line and in a mount: what is offered, and what comes of it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.models import Container, Descriptor, Image, Snapshot, Task, TaskStatus
from aiocontainerd.mounts import parse_volume
from ctdeck.command.completion import candidates, complete, shell_escape, wanted
from ctdeck.command.shellwords import split
from ctdeck.forms.host_paths import (
    Listing,
    PathQuery,
    common_start,
    complete_path,
    read_directory,
    source_query,
)


def container(id: str, namespace: str = "default") -> Container:
    return Container(namespace, id, "nginx", "runc", "overlayfs", id)


def image(name: str, namespace: str = "default") -> Image:
    return Image(namespace, name, name.encode(), Descriptor("", "", 0))


def world() -> Snapshot:
    containers = [container("web1"), container("web2"), container("db"), container("pod", "k8s.io")]
    images = [image("docker.io/library/nginx:1.27"), image("ghcr.io/a/b:1")]
    tasks = [
        Task("default", "web1", 1, TaskStatus.RUNNING),
        Task("default", "web2", 2, TaskStatus.PAUSED),
        Task("default", "db", 3, TaskStatus.STOPPED),
    ]
    return Snapshot(
        namespaces=("default", "k8s.io"),
        containers={each.key: each for each in containers},
        images={each.key: each for each in images},
        tasks={each.key: each for each in tasks},
    )


def offered(line: str, scope: str | None = None) -> tuple[str, ...]:
    want = wanted(line, len(line))
    return candidates(want, world(), scope) if want else ()


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("st", ("start", "stats", "stop")),
        ("stop ", ("web1", "web2")),
        ("stop web1 ", ("web2",)),
        ("start ", ("db", "pod")),
        ("resume ", ("web2",)),
        ("rm d", ("db",)),
        ("rm -", ("--force",)),
        ("rm -- -", ()),
        ("kill -s HU", ("HUP",)),
        ("kill --signal=HU", ("HUP",)),
        ("run -d ngi", ("nginx:1.27",)),
        ("run docker.io/", ("docker.io/library/nginx:1.27",)),
        ("run nginx web", ()),
        ("run --net ", ("host", "none")),
        ("run --pri", ("--privileged",)),
        ("rmi g", ("ghcr.io/a/b:1",)),
        ("ns ", ("all", "default", "k8s.io")),
        ("nonsense ", ()),
    ],
)
def test_what_is_offered(line: str, names: tuple[str, ...]) -> None:
    assert offered(line) == names


def test_only_of_the_shown_namespace() -> None:
    assert offered("rm ", "k8s.io") == ("pod",)


def after_tab(line: str, cursor: int | None = None) -> str:
    at = len(line) if cursor is None else cursor
    want = wanted(line, at)
    assert want
    made = complete(line, want, candidates(want, world(), None))
    return f"{made.line[: made.cursor]}|{made.line[made.cursor :]}"


@pytest.mark.parametrize(
    ("line", "made"),
    [
        ("sto", "stop |"),
        ("rm w", "rm web|"),
        ("rm db", "rm db |"),
        ("kill --sig", "kill --signal |"),
        ("kill --signal=HU", "kill --signal=HUP |"),
        ("run ng", "run nginx:1.27 |"),
        ("rm 'd", "rm db |"),
        ("rm xyz", "rm xyz|"),
    ],
)
def test_what_comes_of_it(line: str, made: str) -> None:
    assert after_tab(line) == made


def test_in_the_middle_of_a_line_the_rest_stays() -> None:
    assert after_tab("rm d web1", 4) == "rm db| web1"


@given(st.text(), st.integers(0, 50))
def test_wanted_never_fails(line: str, cursor: int) -> None:
    at = min(cursor, len(line))
    want = wanted(line, at)
    if want:
        assert 0 <= want.start <= want.end == at
        complete(line, want, candidates(want, world(), None))


@given(st.text(min_size=1))
def test_an_escaped_word_is_one_word(text: str) -> None:
    assert [word.text for word in split(f"rm {shell_escape(text)}")] == ["rm", text]


# Host paths


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", None),
        ("/srv/w", PathQuery("/srv/", "w")),
        ("/", PathQuery("/", "")),
        ("~", PathQuery("/home/me/", "")),
        ("~/x", PathQuery("/home/me/", "x")),
        ("www", PathQuery("/here/", "www")),
        ("/srv/www:", None),
        ("/srv/www:/d", None),
        ("/a\\:b/c", PathQuery("/a:b/", "c")),
        ("/a\\\\b", PathQuery("/", "a\\b")),
        ("/a b/c", PathQuery("/a b/", "c")),
    ],
)
def test_which_names_are_looked_for(text: str, query: PathQuery | None) -> None:
    assert source_query(text, home="/home/me", here="/here") == query


def test_directories_end_in_a_slash_and_hidden_names_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web.conf").touch()
    (tmp_path / ".secret").touch()
    (tmp_path / "esc\x1b[2J").touch()
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "linked").symlink_to("web")
    where = f"{tmp_path}/"
    assert read_directory(PathQuery(where, "")).names == ("dangling", "linked/", "web.conf", "web/")
    assert read_directory(PathQuery(where, ".")).names == (".secret",)
    assert read_directory(PathQuery(where, "web/")).names == ()
    assert "no such file" in read_directory(PathQuery(f"{where}none/", "")).problem


def test_a_large_directory_is_not_completed_from_a_part_of_it(tmp_path: Path) -> None:
    for number in range(450):
        (tmp_path / f"file{number}").touch()
    listing = read_directory(PathQuery(f"{tmp_path}/", "fi"))
    assert listing.more
    assert complete_path(PathQuery("/x/", "fi"), listing).text == "/x/fi"


@pytest.mark.parametrize(
    ("names", "text", "choices"),
    [
        (("www/",), "/srv/www/", ()),
        (("web/", "web.conf"), "/srv/web", ("web/", "web.conf")),
        (("a:b\\c",), "/srv/a\\:b\\\\c", ()),
        ((), "/srv/w", ()),
    ],
)
def test_what_a_path_becomes(names: tuple[str, ...], text: str, choices: tuple[str, ...]) -> None:
    made = complete_path(PathQuery("/srv/", "w"), Listing(names))
    assert (made.text, made.choices) == (text, choices)


@given(
    st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="/"), min_size=1)
)
def test_the_parser_reads_what_completion_wrote(name: str) -> None:
    made = complete_path(PathQuery("/srv/", ""), Listing((name,)))
    assert parse_volume(f"{made.text}:/d").source == f"/srv/{name}"


@given(st.lists(st.text()))
def test_common_start(names: list[str]) -> None:
    start = common_start(names)
    assert all(name.startswith(start) for name in names)

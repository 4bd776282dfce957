"""Image references: normalising, short forms, and what is wrong with bad ones."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.reference import Reference, parse

SHA = "sha256:" + "0f" * 32


@pytest.mark.parametrize(
    ("text", "full", "familiar"),
    [
        ("nginx", "docker.io/library/nginx:latest", "nginx:latest"),
        ("nginx:1.27", "docker.io/library/nginx:1.27", "nginx:1.27"),
        ("library/nginx", "docker.io/library/nginx:latest", "nginx:latest"),
        ("docker.io/nginx", "docker.io/library/nginx:latest", "nginx:latest"),
        ("index.docker.io/a/b:T_1", "docker.io/a/b:T_1", "a/b:T_1"),
        ("a/b/c", "docker.io/a/b/c:latest", "a/b/c:latest"),
        ("host:5000", "docker.io/library/host:5000", "host:5000"),
        ("h:65535/a", "h:65535/a:latest", "h:65535/a:latest"),
        ("host:5000/a", "host:5000/a:latest", "host:5000/a:latest"),
        ("localhost/a", "localhost/a:latest", "localhost/a:latest"),
        ("[::1]:5000/a:b", "[::1]:5000/a:b", "[::1]:5000/a:b"),
        ("HOST/a", "HOST/a:latest", "HOST/a:latest"),
        ("ghcr.io/o/n.x-y__z", "ghcr.io/o/n.x-y__z:latest", "ghcr.io/o/n.x-y__z:latest"),
        (f"nginx@{SHA}", f"docker.io/library/nginx@{SHA}", f"nginx@{SHA}"),
        (f"nginx:1@{SHA}", f"docker.io/library/nginx@{SHA}", f"nginx@{SHA}"),
        ("docker.io/foo.bar/x:1", "docker.io/foo.bar/x:1", "docker.io/foo.bar/x:1"),
        ("docker.io/localhost/x:1", "docker.io/localhost/x:1", "docker.io/localhost/x:1"),
    ],
)
def test_normalised(text: str, full: str, familiar: str) -> None:
    reference = parse(text)
    assert (str(reference), reference.familiar) == (full, familiar)
    assert parse(full) == parse(familiar) == reference


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no image reference"),
        ("  ", "no image reference"),
        ("https://ghcr.io/a/b", "no scheme"),
        ("Nginx", "lower case"),
        ("ghcr.io/Owner/a", "lower case"),
        ("a b", "a blank"),
        ("a\n", "a blank"),
        ("nginx\x1b[2J", "a blank"),
        ("nginé", "outside ASCII"),
        ("a//b", "is empty"),
        ("a/", "is empty"),
        ("ghcr.io/", "is empty"),
        ("-a", "not a repository name"),
        ("a..b", "not a repository name"),
        ("a___b", "not a repository name"),
        ("a/../b", "not a repository name"),
        ("a:", "tag after ':' is missing"),
        (f"a:@{SHA}", "tag after ':' is missing"),
        ("a:.b", "not a tag"),
        ("a:b:c", "not a tag"),
        ("a:" + "t" * 129, "longer than 128"),
        ("ho_st.x/a", "not a registry host"),
        ("host:port/a", "not a registry host"),
        ("host:65536/a", "the port 65536 is not one"),
        ("[::1]:0/a", "the port 0 is not one"),
        ("a/" * 127 + "ab", "longer than 255"),
        ("0f" * 32, "bare digest"),
        (SHA, "bare digest"),
        ("a@", "algorithm is not known"),
        ("a@md5:" + "0f" * 16, "algorithm is not known"),
        ("a@sha256:abc", "not whole"),
        (f"a@sha512:{'0f' * 32}", "not whole"),
        (f"a@{SHA.upper().replace('SHA', 'sha')}", "not whole"),
        (f"a@{SHA}@{SHA}", "not whole"),
    ],
)
def test_refused_with_a_reason(text: str, says: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse(text)
    assert says in str(caught.value)
    assert caught.value.remedy
    assert "\x1b" not in str(caught.value)


def test_registry_and_loopback() -> None:
    assert parse("nginx").registry == "registry-1.docker.io"
    assert parse("ghcr.io:443/a").registry == "ghcr.io:443"
    loopback = ["localhost/a", "localhost:5000/a", "127.0.0.1:5000/a", "127.1.2.3/a", "[::1]:5/a"]
    assert all(parse(text).is_loopback for text in loopback)
    elsewhere = ["nginx", "10.0.0.1/a", "localhost.example.com/a", "127.0.0.1.nip.io/a"]
    assert not any(parse(text).is_loopback for text in elsewhere)


COMPONENT = st.from_regex(r"[a-z0-9]{1,6}([._-][a-z0-9]{1,4})?", fullmatch=True)
PATH = st.lists(COMPONENT, min_size=1, max_size=4).map("/".join)
HOST = st.sampled_from(["docker.io", "ghcr.io", "localhost", "h:5000", "[fe80::1]", "UPPER.x:1"])
TAG = st.from_regex(r"[\w][\w.-]{0,20}", fullmatch=True).filter(str.isascii)


@given(HOST, PATH, TAG, st.booleans())
def test_round_trip(host: str, path: str, tag: str, digested: bool) -> None:
    reference = parse(f"{host}/{path}" + (f"@{SHA}" if digested else f":{tag}"))
    assert parse(str(reference)) == parse(reference.familiar) == reference
    assert bool(reference.tag) != bool(reference.digest)


@given(st.text() | st.text("aA.:/@-_0[] "))
@example("[::1]")
@example("a@sha256:")
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        reference = parse(text)
    except InvalidArgument:
        return
    assert parse(str(reference)) == reference
    assert parse(reference.familiar) == reference
    assert isinstance(reference, Reference)

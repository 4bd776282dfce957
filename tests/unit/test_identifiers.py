"""Container ids and namespaces: the rule, and generated names that keep it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiocontainerd.errors import InvalidArgument
from aiocontainerd.identifiers import check_container_id, check_identifier, generate_name


@pytest.mark.parametrize("text", ["a", "web1", "A-b_c.d", "0", "a" * 76])
def test_taken_as_is(text: str) -> None:
    assert check_container_id(text) == text


@pytest.mark.parametrize(
    "text",
    ["", " ", "-a", "a-", "a--b", "a._b", "a/b", "a b", "a\n", "é", "a" * 77, "..", "a\x1b"],
)
def test_refused(text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        check_container_id(text)
    assert caught.value.remedy
    assert "\x1b" not in str(caught.value)


def test_the_kind_is_named() -> None:
    with pytest.raises(InvalidArgument, match="namespace"):
        check_identifier("", "namespace")


@pytest.mark.parametrize(
    ("image", "stem"),
    [
        ("busybox", "busybox"),
        ("docker.io/library/nginx:1.27", "nginx"),
        ("host:5000/a/My_Image.x@sha256:00", "my-image-x"),
        ("", "container"),
        ("///", "container"),
    ],
)
def test_generated_names_are_readable(image: str, stem: str) -> None:
    name = generate_name(image)
    assert name.rpartition("-")[0] == stem
    assert len(name) == len(stem) + 5


def test_generated_names_avoid_the_taken_ones() -> None:
    taken = {f"busybox-{n:04x}" for n in range(1 << 16)}
    assert generate_name("busybox", taken) not in taken


@given(st.text())
def test_generated_names_are_identifiers(image: str) -> None:
    check_container_id(generate_name(image))

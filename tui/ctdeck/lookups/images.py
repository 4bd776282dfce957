"""Tabs of an image that the content store is asked for: config, layers, platforms."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from ctdeck.descriptions.facts import Fact
from ctdeck.rows import ImageRow, Row

if TYPE_CHECKING:
    from aiocontainerd.client import Client
    from aiocontainerd.inspect.images import ImagePage


def of(row: Row) -> Hashable | None:
    """What its name points at, and how much of that is known to be here."""
    if not isinstance(row, ImageRow):
        return None
    return row.image.key, row.image.target.digest, row.image.details


async def read_config(client: Client, row: Row) -> list[Fact]:
    """Entrypoint, environment, user, ports, labels …"""
    from ctdeck.descriptions.imagepage import config_facts

    return config_facts(await _page(client, row))


async def read_layers(client: Client, row: Row) -> list[Fact]:
    """Sizes and the lines that made them."""
    from ctdeck.descriptions.imagepage import layer_facts

    return layer_facts(await _page(client, row))


async def read_platforms(client: Client, row: Row) -> list[Fact]:
    """What it is made for, and what of that is here."""
    from ctdeck.descriptions.imagepage import platform_facts

    return platform_facts(await _page(client, row))


async def _page(client: Client, row: Row) -> ImagePage:
    from aiocontainerd.inspect.images import image_page

    assert isinstance(row, ImageRow)
    return await image_page(client, row.image)

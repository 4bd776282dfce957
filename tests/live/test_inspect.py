"""Pages and JSON from real daemons: an image of several layers, one that has lost blobs, a task."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from aiocontainerd.client import Client
from aiocontainerd.inspect.images import image_document, image_page
from aiocontainerd.inspect.records import container_document, container_page, task_page
from ctdeck.descriptions.spec import spec_facts
from ctdeck.rawjson import text_of

from . import images
from .daemons import Daemon
from .layers import filler

NAME = "ctdeck.test/layered:1"


async def test_an_image_of_several_layers_and_platforms(
    containerd: Daemon, client: Client, namespace: str, tmp_path: Path
) -> None:
    more = filler(2, 2_000)
    made = images.busybox(*more, env=["PATH=/bin", "API_KEY=hunter2"], stop_signal="SIGINT")
    tar = images.save(tmp_path / "i.tar", {NAME: images.index([made], attestation=True)})
    await asyncio.to_thread(containerd.ctr, "images", "import", str(tar), namespace=namespace)
    image = await client.images.get(NAME, namespace=namespace)
    page = await image_page(client, image)
    assert page.problem == ""
    assert [step.layer is not None and step.is_here for step in page.steps] == [True] * 3
    host = [each for each in page.platforms if each.is_host]
    assert [each.is_whole for each in host] == [True]
    assert page.config["config"]["StopSignal"] == "SIGINT"
    document = await image_document(client, image)
    assert {"image", "index", "manifest", "config"} <= document.keys()
    assert "hunter2" not in text_of(document)

    top = page.steps[-1].layer
    assert top is not None
    await client.content.delete(top.digest, namespace=namespace)
    page = await image_page(client, image)
    assert [step.is_here for step in page.steps] == [True, True, False]
    assert not [each for each in page.platforms if each.is_host][0].is_whole  # noqa: RUF015
    config = document["manifest"]["config"]["digest"]
    await client.content.delete(config, namespace=namespace)
    page = await image_page(client, image)
    assert "not in the content store" in page.problem


async def test_a_container_and_its_task(
    containerd: Daemon, client: Client, namespace: str, busybox: str
) -> None:
    flags = ("-d", "--snapshotter", containerd.snapshotter, "--memory-limit", "67108864")
    command = ("awk", 'BEGIN { system("sleep 99") }')
    await asyncio.to_thread(
        containerd.ctr, "run", *flags, busybox, "web", *command, namespace=namespace
    )
    page = await container_page(client, "web", namespace=namespace)
    said = {fact.label: fact.value for fact in spec_facts(page.spec)}
    assert said["memory"] == "67.1 MB"
    assert said["cgroup"] == f"/{namespace}/web"
    document = await container_document(client, "web", namespace=namespace)
    info = json.loads(
        await asyncio.to_thread(containerd.ctr, "containers", "info", "web", namespace=namespace)
    )
    assert document["spec"]["value"] == info["Spec"]
    assert document["image"] == info["Image"]
    task = await task_page(client, "web", namespace=namespace)
    assert task.task.pid > 0
    assert task.stdout

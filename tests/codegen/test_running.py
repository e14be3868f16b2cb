"""Graphs written with a generated module run on a server, and give the files expected."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

import comfy_emulator
from comfy_facade import ComfyUIApiClient, Graph, Workflow
from tests.codegen.generated import module


@pytest.fixture(scope="module")
def client() -> Iterator[ComfyUIApiClient]:
    with comfy_emulator.running() as server, ComfyUIApiClient(url=server.url) as connected:
        yield connected


@pytest.fixture(scope="module")
def nodes(client: ComfyUIApiClient) -> ModuleType:
    return module(dict(client.get_node_defs()))


def test_a_picture_is_made_and_saved(client: ComfyUIApiClient, nodes: ModuleType, tmp_path: Path) -> None:
    with Graph() as graph:
        red = nodes.EmptyImage(width=24, height=16, color=0xFF0000)
        saved = nodes.SaveImage(images=nodes.ImageInvert(image=red), filename_prefix="typed")
    result = client.run_prompt(graph.to_prompt())
    (image,) = result.images
    assert image.node_id == saved.node.id
    assert image.filename.startswith("typed")
    picture = Image.open(io.BytesIO(image.read())).convert("RGB")
    assert picture.size == (24, 16)
    assert picture.getpixel((3, 3)) == (0, 255, 255)


def test_a_workflow_with_several_outputs_runs(client: ComfyUIApiClient, nodes: ModuleType) -> None:
    with Graph() as graph:
        (name, *_) = client.get_sd_models()
        model, clip, vae = nodes.CheckpointLoaderSimple(ckpt_name=name)
        words = nodes.CLIPTextEncode(clip=clip, text="a lighthouse")
        latent = nodes.KSampler(
            model=model,
            positive=words,
            negative=words,
            latent_image=nodes.EmptyLatentImage(width=64, height=64),
            sampler_name="euler",
            scheduler="normal",
            steps=2,
        )
        nodes.SaveImage(images=nodes.VAEDecode(samples=latent, vae=vae))
    prompt = graph.to_prompt()
    assert not Workflow.load(prompt).validate(client.get_node_defs())
    assert len(client.run_prompt(prompt).images) == 1


def test_text_comes_back(client: ComfyUIApiClient, nodes: ModuleType) -> None:
    with Graph() as graph:
        nodes.ProbeText(text="spoken")
    assert "spoken" in [
        text.text if hasattr(text, "text") else text for text in client.run_prompt(graph.to_prompt()).texts
    ]


def test_an_option_that_the_server_lacks_is_its_own_refusal(client: ComfyUIApiClient, nodes: ModuleType) -> None:
    with Graph() as graph:
        nodes.ProbeSteps(preview="GIF")
    (problem, *_) = Workflow.load(graph.to_prompt()).validate(client.get_node_defs())
    assert "preview" in str(problem)

"""Every code block of the README and of the documents runs."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Annotated, Literal

import pytest
import yaml

import comfy_emulator
from comfy_emulator import Image, Limits, Mask, Socket
from comfy_emulator.sampling_nodes import Latent as EncodedPictures
from comfy_facade import ComfyUIApiClient
from comfy_facade.cli.profiles import read_profiles
from comfy_fleet.settings import BROKER, STORE
from tests.drift.trees import write_tree
from tests.programs import Programs, quickest_programs
from tests.systems import installed_program

ROOT = Path(__file__).resolve().parents[1]
OUTSIDE = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
DOCUMENTS = sorted([*OUTSIDE, *(ROOT / "openapi").glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)

# Commands that install from an index, or run this very suite again, are checked without doing so.
MAKE_VERBS = re.compile(r"(?:\w+=\S+ )*make ([\w-]+)")
INSTALLS = re.compile(r"pip install \"?comfy-facade(?:\[([\w,]+)\])?\"?")

# The keys of a service that the guide uses, of those that the compose specification has.
COMPOSE_KEYS = {"image", "command", "environment", "volumes", "ports", "depends_on", "restart", "stop_grace_period"}

# These run for real, on the emulator and on a source tree.
DRIFT = re.compile(r"python scripts/drift\.py .+")


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    document: str
    number: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.number}:{self.language}"


def blocks() -> Iterator[Block]:
    for document in DOCUMENTS:
        for number, match in enumerate(FENCE.finditer(document.read_text(encoding="utf-8")), 1):
            yield Block(document.relative_to(ROOT).as_posix(), number, match[1], textwrap.dedent(match[2]))


BLOCKS = list(blocks())

# What stands here needs a web page: `tests/browser/test_documents.py` runs it in one (`make test-browser`).
IN_A_PAGE = [block for block in BLOCKS if block.document == "docs/browser.md" and block.language in ("python", "html")]

# Blocks hold many programs, one after the other, on machines that do other things too.
pytestmark = pytest.mark.timeout(300)

Model = Annotated[object, Socket("MODEL")]
TextEncoder = Annotated[object, Socket("CLIP")]
Decoder = Annotated[object, Socket("VAE")]
Latent = Annotated[object, Socket("LATENT")]


@comfy_emulator.node(name="LoraLoader")
def load_lora(
    model: Model,
    clip: TextEncoder,
    lora_name: Literal["ink.safetensors", "sketch.safetensors"],
    strength_model: float = 1.0,
    strength_clip: float = 1.0,
) -> tuple[Model, TextEncoder]:
    """Stands for ComfyUI's own class, which the emulator lacks."""
    return model, clip


@comfy_emulator.node(name="VAEEncodeForInpaint")
def encode_for_inpainting(
    pixels: Image, vae: Decoder, mask: Mask, grow_mask_by: Annotated[int, Limits(least=0, greatest=64)] = 6
) -> Latent:
    """Stands for ComfyUI's own class, which the emulator lacks."""
    assert mask[0].getextrema() == (0, 255)
    return EncodedPictures(pixels[0].size, len(pixels), encoded=tuple(pixels))


@pytest.fixture(scope="module")
def emulator() -> Iterator[comfy_emulator.RunningServer]:
    """A server for the examples."""
    with comfy_emulator.running(nodes=[load_lora, encode_for_inpainting]) as running:
        yield running


@pytest.fixture(scope="module")
def programs() -> Iterator[Programs]:
    """Runs Python blocks."""
    with quickest_programs() as running:
        yield running


def test_every_block_is_of_a_language_that_runs() -> None:
    assert {block.language for block in BLOCKS} <= {"python", "bash", "toml", "json", "html", "yaml"}


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "json"], ids=str)
def test_prompt_block(block: Block, emulator: comfy_emulator.RunningServer) -> None:
    with ComfyUIApiClient(url=emulator.url) as client:
        assert client.run_prompt(json.loads(block.text)).images


def test_pages_are_shown_where_they_are_run() -> None:
    assert {block.document for block in BLOCKS if block.language == "html"} == {"docs/browser.md"}
    for block in IN_A_PAGE:
        if block.language == "python":
            # A page can wait at the top level; apart from that it is Python like any other.
            compile(block.text, str(block), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "toml"], ids=str)
def test_profiles_block(block: Block, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(block.text, encoding="utf-8")
    environment = {"COMFYUI_CONFIG": str(path), "STUDIO_TOKEN": "a token"}
    profiles = read_profiles(environment)
    assert all(profiles.get(name, environment).url for name in (profiles.default, *profiles.tables))


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "yaml"], ids=str)
def test_compose_block(block: Block) -> None:
    # There may be no container engine here: what can be held to something without one is.
    services = yaml.safe_load(block.text)["services"]
    options = subprocess.run(
        [sys.executable, "-m", "comfy_facade.cli", "fleet", "worker", "--help"],
        env={**os.environ, "COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert set(services) == {"broker", "flower", "worker-gpu1", "worker-gpu2"}
    for name, service in services.items():
        assert {"image", "command"} <= set(service) <= COMPOSE_KEYS
        if name.startswith("worker"):
            words = shlex.split(service["command"][2])
            assert all(word in options for word in words if word.startswith("--"))
            assert {BROKER, STORE, "COMFYUI_URL"} <= set(service["environment"])
            assert {service["environment"][BROKER]} == {services["flower"]["command"][1].partition("=")[2]}


@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if block.language == "python" and block not in IN_A_PAGE], ids=str
)
def test_python_block(block: Block, emulator: comfy_emulator.RunningServer, programs: Programs, tmp_path: Path) -> None:
    lay_out_examples(tmp_path)
    ended = programs.run(block.text, tmp_path, {"COMFYUI_URL": emulator.url})
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip()


def test_python_blocks_are_typed(tmp_path: Path) -> None:
    # What imports a module that it writes itself is typed by the tests of that module.
    python = [block for block in BLOCKS if block.language == "python" and block not in IN_A_PAGE]
    typed = [block for block in python if "import nodes" not in block.text]
    paths = [tmp_path / f"{re.sub(r'[^a-z0-9]+', '_', str(block).lower())}.py" for block in typed]
    for block, path in zip(typed, paths, strict=True):
        path.write_text(block.text, encoding="utf-8")
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", *paths], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "bash"], ids=str)
def test_shell_block(block: Block, emulator: comfy_emulator.RunningServer, tmp_path: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for line in block.text.strip().splitlines():
        if verb := MAKE_VERBS.fullmatch(line.strip()):
            # Told as a command that make knows; what the demo and the suite do is run by tests of their own.
            if sys.platform != "win32":
                told = subprocess.run(["make", "-n", verb[1]], cwd=ROOT, capture_output=True, text=True, check=False)
                assert told.returncode == 0, told.stderr
        elif install := INSTALLS.fullmatch(line.strip()):
            assert install[1] is None or set(install[1].split(",")) <= set(project["optional-dependencies"])
        elif line.startswith("comfy-facade "):
            run_program(shlex.split(line), emulator, tmp_path)
        elif DRIFT.fullmatch(line.strip()):
            told = run_drift(line.strip(), emulator.url, tmp_path)
            # That a small tree lacks nearly everything is drift; that it can't be read would be trouble.
            assert told.returncode in (0, 1), told.stderr
            assert "drift: " in told.stdout
        else:
            pytest.fail(f"no test knows how to run {line!r}")


def lay_out_examples(directory: Path) -> None:
    """Write the examples where a document's program looks for them, with pictures that are quick to paint."""
    shutil.copytree(ROOT / "examples", directory / "examples", dirs_exist_ok=True)
    path = directory / "examples" / "text_to_image.json"
    prompt = json.loads(path.read_text(encoding="utf-8"))
    prompt["5"]["inputs"] |= {"width": 64, "height": 64}
    path.write_text(json.dumps(prompt), encoding="utf-8")


def run_drift(line: str, url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    # The shell's part is done here: not every system has that shell.
    values = {"COMFYUI_URL": url, "COMFYUI_SOURCE": str(write_tree(folder))}
    words = [Template(word).substitute(values) for word in shlex.split(line)[1:]]
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def run_program(words: list[str], emulator: comfy_emulator.RunningServer, directory: Path) -> None:
    """Run a line of the command line for real, as its user would: in a directory with the examples."""
    lay_out_examples(directory)
    done = subprocess.run(
        [installed_program(words[0]), *words[1:]],
        cwd=directory,
        env={**os.environ, "COMFYUI_URL": emulator.url, "COMFYUI_CONFIG": str(directory / "config.toml")},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_demo_writes_pictures(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "demo.py")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pictures = sorted((tmp_path / "demo-output").glob("*.png"))
    assert len(pictures) == 2
    for picture in pictures:
        assert str(picture) in done.stdout
        assert picture.read_bytes().startswith(b"\x89PNG")

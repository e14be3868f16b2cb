"""What a strict type checker lets pass, and what it catches."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from comfy_facade import write_module
from tests.codegen.generated import DYNAMIC, definition

ROOT = Path(__file__).resolve().parents[2]
NODE_DEFS = {
    **DYNAMIC,
    "Loader": definition({"name": [["a", "b"]]}, output=["MODEL", "VAE"]),
    "Decode": definition({"samples": ["LATENT"], "vae": ["VAE"]}, {"mask": ["MASK"]}, output=["IMAGE"]),
    "Show": definition({"images": ["IMAGE"]}),
    "Scale": definition(
        {"image": ["IMAGE"], "by": ["FLOAT", {"default": 1.0}], "method": ["COMBO", {"options": ["area", "nearest"]}]},
        output=["IMAGE"],
    ),
    "Number": definition(output=["FLOAT"]),
    "Whole": definition(output=["INT"]),
    "Anything": definition(output=["*"]),
    "Either": definition(output=["IMAGE,MASK"]),
    "Accept": definition({"source": ["*"], "either": ["IMAGE,MASK"]}),
    "Choice": definition(output=["COMBO"]),
    "Listed": definition(output=[["a", "b"]]),
    "class": definition({"locals": ["INT", {"default": 1}], "int": ["INT", {"default": 1}]}, output=["LATENT"]),
}
GOOD = """
from __future__ import annotations

import nodes
from comfy_facade import Graph, GraphNode, Output


def decoded(loaded: nodes.LoaderOutputs, latent: Output[nodes.LATENT]) -> Output[nodes.IMAGE]:
    return nodes.Decode(samples=latent, vae=loaded.VAE, mask=None)


with Graph() as graph:
    loaded = nodes.Loader(name="a")
    model, vae = loaded
    picture: Output[nodes.IMAGE] = decoded(loaded, nodes.Latent())
    scaled = nodes.Scale(image=picture, by=nodes.Number(), method="area")
    scaled = nodes.Scale(image=scaled, by=2, method=nodes.Choice())
    scaled = nodes.Scale(image=scaled, method=nodes.Listed())
    nodes.Loader(name=nodes.Listed())
    shown: GraphNode = nodes.Show(images=scaled)
    nodes.Show(images=nodes.Anything())
    nodes.Show(images=nodes.Either())
    nodes.Accept(source=nodes.Number(), either=nodes.Mask())
    same: Output[nodes.MASK] = nodes.Switch(on=True, this=nodes.Mask(), that=nodes.Mask())
    nodes.Show(images=nodes.Batch(images=[picture, scaled]))
    nodes.Save(images=picture, format="movie", format_codec="h264", format_codec_crf=2.5)
    nodes.Named(by={"a": 1, "b": nodes.Number()})
    nodes.Decode(samples=nodes.class_(locals_=2, int=3), vae=vae)
print(len(graph.to_prompt()))
"""
BAD = {
    "nodes.Show(images=nodes.Latent())": 'incompatible type "Output[LATENT]"; expected "Output[IMAGE]"',
    'nodes.Scale(image=picture, method="cubic")': "Literal['cubic']",
    "nodes.Scale(image=picture, method='area', by='2')": 'incompatible type "str"',
    "nodes.Scale(image=picture, method='area', by=nodes.Whole())": 'incompatible type "Output[INT]"',
    'nodes.Loader(name="c")': "Literal['c']",
    "nodes.Loader(name=nodes.Choice())": "Output[COMBO]",
    "nodes.Loader()": "Missing named argument",
    "nodes.Show(images=nodes.Loader(name='a'))": "LoaderOutputs",
    "nodes.Show(images=nodes.Show(images=picture))": 'incompatible type "GraphNode"',
    "nodes.Accept(source=1, either=picture)": 'incompatible type "int"',
    "nodes.Accept(source=picture, either=nodes.Latent())": "Output[LATENT]",
    "nodes.Switch(on=True, this=nodes.Latent(), that=nodes.Latent())": "cannot be",
    "nodes.Batch(images=[picture, nodes.Latent()])": "Output[LATENT]",
    'nodes.Save(images=picture, format="gif")': "Literal['gif']",
    'nodes.Save(images=picture, format="png", format_depth="12")': "Literal['12']",
    "nodes.Loader(name='a').CLIP": 'no attribute "CLIP"',
    "nodes.Nonsense()": 'no attribute "Nonsense"',
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("typed")
    write_module(NODE_DEFS, made / "nodes.py")
    (made / "good.py").write_text(GOOD, encoding="utf-8")
    bad = ["import nodes", "from comfy_facade import Graph", "picture = nodes.Picture()", *BAD]
    (made / "bad.py").write_text("\n".join(bad) + "\n", encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def complaints(folder: Path) -> dict[str, dict[int, str]]:
    """What mypy says, by file and line."""
    names = ("nodes.py", "good.py", "bad.py")
    # As the project's own modules are checked, so that what is known of those is read and not found out anew.
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *(folder / name for name in names)],
        cwd=ROOT,
        env={"MYPYPATH": str(folder), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=55,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found: dict[str, dict[int, str]] = {name: {} for name in names}
    for line in done.stdout.splitlines():
        place, kind, text = line.partition(": error: ")
        if kind:
            path, _, number = place.rpartition(":")
            found[Path(path).name][int(number)] = text
    return found


def test_the_module_itself_is_clean(complaints: dict[str, dict[int, str]]) -> None:
    assert complaints["nodes.py"] == {}


def test_a_good_program_passes(complaints: dict[str, dict[int, str]], folder: Path) -> None:
    assert complaints["good.py"] == {}
    done = subprocess.run(
        [sys.executable, "-W", "error", "good.py"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("number", "statement"), list(enumerate(BAD, 4)), ids=str)
def test_a_wrong_statement_is_caught(complaints: dict[str, dict[int, str]], number: int, statement: str) -> None:
    assert BAD[statement] in complaints["bad.py"].get(number, "nothing")

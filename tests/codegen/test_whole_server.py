"""All the nodes of a real server: 886 classes of ComfyUI 0.33.0."""

from __future__ import annotations

import py_compile
import statistics
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from comfy_facade import Graph, Workflow, generate_module, write_module
from tests.codegen.test_hostile_definitions import check
from tests.workflow.shared_files import ABSENT, FOLDER, object_info

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason=ABSENT)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_module(object_info(), tmp_path_factory.mktemp("whole") / "nodes.py")


@pytest.fixture(scope="module")
def nodes(path: Path) -> ModuleType:
    made = ModuleType("nodes")
    exec(compile(path.read_text(encoding="utf-8"), "nodes.py", "exec"), vars(made))
    return made


def test_it_is_written_within_five_seconds_of_work() -> None:
    object_info()
    began = time.process_time()
    text = generate_module(object_info())
    assert time.process_time() - began < 5
    check(text, classes=886)


def test_it_is_imported_within_150_ms_of_work(path: Path) -> None:
    script = "import time; began = time.process_time(); import nodes; print(time.process_time() - began)"
    runs = [
        float(subprocess.run([sys.executable, "-c", script], cwd=path.parent, check=True, capture_output=True).stdout)
        for _ in range(5)
    ]
    assert statistics.median(sorted(runs)[:3]) < 0.15


def test_the_first_import_finds_it_compiled(path: Path) -> None:
    (compiled,) = (path.parent / "__pycache__").iterdir()
    assert (
        compiled.read_bytes() == Path(py_compile.compile(str(path), str(path.parent / "again.pyc")) or "").read_bytes()
    )


def test_names_that_python_cannot_spell(nodes: ModuleType) -> None:
    assert nodes.CLASS_SPELLINGS == {
        "EmptyAceStep1_5LatentAudio": "EmptyAceStep1.5LatentAudio",
        "Epsilon_Scaling": "Epsilon Scaling",
        "TextEncodeAceStepAudio1_5": "TextEncodeAceStepAudio1.5",
        "Video_Slice": "Video Slice",
    }
    assert nodes.INPUT_SPELLINGS["ModelMergeSD1"]["input_blocks_0_"] == "input_blocks.0."


def test_every_class_can_be_called_and_gives_what_it_declares(nodes: ModuleType) -> None:
    spelled = {name: spelling for spelling, name in nodes.CLASS_SPELLINGS.items()}
    for class_type, definition in object_info().items():
        function = getattr(nodes, spelled.get(class_type, class_type))
        with Graph() as graph:
            source = graph.add("Source", {}).output()
            given = function(**wanted(function, source))
        node = graph.to_prompt()["2"]
        assert node["class_type"] == class_type
        outputs = definition["output"]
        assert len(given if len(outputs) > 1 else [given]) == (len(outputs) or 1)
        required = {name for name, spec in definition["input"]["required"].items() if spec[0] != "COMFY_AUTOGROW_V3"}
        assert required <= set(node["inputs"]), class_type


def wanted(function: Any, source: object) -> dict[str, Any]:
    """Arguments for the parameters that must be given: a link, several of them, or the first choice."""
    defaults = function.__kwdefaults__ or {}
    arguments: dict[str, Any] = {}
    for name, annotation in function.__annotations__.items():
        if name != "return" and name not in defaults:
            arguments[name] = [source] * 2 if annotation.startswith("Sequence") else source
    return arguments


def test_a_written_graph_is_valid(nodes: ModuleType) -> None:
    with Graph() as graph:
        picture = nodes.EmptyImage(width=64, height=64)
        resized = nodes.ResizeImageMaskNode(
            input=picture, resize_type="scale by multiplier", resize_type_multiplier=2.0, scale_method="area"
        )
        batch = nodes.BatchImagesNode(images=[picture, resized])
        nodes.SaveImageAdvanced(images=batch, filename_prefix="x", format="png", format_bit_depth="16-bit")
    prompt = graph.to_prompt()
    assert prompt["2"]["inputs"] == {
        "input": ["1", 0],
        "resize_type": "scale by multiplier",
        "resize_type.multiplier": 2.0,
        "scale_method": "area",
    }
    assert prompt["3"]["inputs"] == {"images.image0": ["1", 0], "images.image1": ["2", 0]}
    assert not Workflow.load(prompt).validate(object_info())

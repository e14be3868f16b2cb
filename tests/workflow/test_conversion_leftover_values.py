"""Saved values that the definition names no field for: rows, fields that a choice brings, and what is told."""

from typing import Any

import pytest

from comfy_facade import Workflow
from tests.workflow.conversions import inputs
from tests.workflow.definitions import DEFINITIONS, IMAGE, definition
from tests.workflow.interface_files import node, workflow

FORMATS = {
    "h264": [["pix_fmt", ["yuv420p", "yuv444p"]], ["crf", "INT", {"default": 19}], ["metadata", "BOOLEAN"]],
    "prores": [["profile", ["lt", "hq"]]],
}
MORE: dict[str, Any] = {
    **DEFINITIONS,
    "Rows": definition({}, {"model": ["MODEL"]}, output=["MODEL"]),
    "Show": definition({"text": ["STRING", {"forceInput": True}]}, is_output=True),
    "Video": definition(
        {
            "images": IMAGE,
            "rate": ["FLOAT", {"default": 8}],
            "format": [["gif", "h264", "prores"], {"formats": FORMATS}],
            "is_saved": ["BOOLEAN", {"default": True}],
        },
        is_output=True,
    ),
}


def load(kind: str, values: Any, **more: Any) -> Workflow:
    return Workflow.load(workflow({**node(1, kind, values), **more}), MORE)


def row(name: str, strength: float = 1, **more: Any) -> dict[str, Any]:
    return {"on": True, "lora": name, "strength": strength, "strengthTwo": None, **more}


def test_rows_of_loras_are_submitted_by_their_numbers() -> None:
    loaded = load("Rows", [{}, {"type": "Header"}, row("a", 0.8), row("b", on=False), {}, ""])

    assert inputs(loaded.to_prompt(), "1") == {
        "lora_1": {"on": True, "lora": "a", "strength": 0.8},
        "lora_2": {"on": False, "lora": "b", "strength": 1},
    }
    assert loaded.warnings == []


@pytest.mark.parametrize(("second", "submitted"), [(None, 1), (0.5, 0.5)])
def test_rows_of_loras_have_a_second_strength_if_people_show_it(second: float | None, submitted: float) -> None:
    properties = {"Show Strengths": "Separate Model & Clip"}

    loaded = load("Rows", [row("a", strengthTwo=second)], properties=properties)

    assert inputs(loaded.to_prompt(), "1")["lora_1"]["strengthTwo"] == submitted


def test_fields_that_a_format_brings_are_filled_by_name() -> None:
    values = {
        "rate": 16,
        "format": "h264",
        "pix_fmt": "yuv444p",
        "crf": 10,
        "is_saved": False,
        "videopreview": {"a": 1},
    }

    loaded = load("Video", values)

    assert inputs(loaded.to_prompt(), "1") == {
        "rate": 16,
        "format": "h264",
        "pix_fmt": "yuv444p",
        "crf": 10,
        "metadata": False,
        "is_saved": False,
    }
    assert loaded.warnings == []


def test_fields_that_a_format_brings_are_filled_by_place() -> None:
    loaded = load("Video", [16, "prores", "hq", False])

    assert inputs(loaded.to_prompt(), "1") == {"rate": 16, "format": "prores", "profile": "hq", "is_saved": False}
    assert loaded.warnings == []


@pytest.mark.parametrize(
    ("kind", "values", "told"),
    [
        ("Blur", [2, "left"], "'left'"),
        ("Blur", [2, 0, False], "0, False"),
        ("Blur", [2, {"a": 1}, [3]], '{"a": 1}, [3]'),
        ("Video", {"rate": 16, "format": "gif", "crf": 10}, "'crf'"),
        ("Blur", {"radius": 2, "sigma": 0.5, "shape": "disc"}, "'sigma', 'shape'"),
    ],
)
def test_values_without_a_field_are_told(kind: str, values: Any, told: str) -> None:
    (warning,) = load(kind, values, title="Mine").warnings

    assert warning.startswith(f"node 1 (Mine): class {kind!r} has no field for ")
    assert told.replace('"', "'") in warning.replace('"', "'")


def test_long_values_are_told_in_short() -> None:
    (warning,) = load("Blur", [2, *(["x" * 5000] * 50)]).warnings

    assert len(warning) < 500


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("Blur", [2, None, "", {}, []]),
        ("Blur", [2, "randomize", "fixed", "increment-wrap"]),
        ("Blur", {"radius": 2, "choose a file to upload": "image", "control_after_generate": "fixed"}),
        ("LoadImage", ["x.png", "image", "image"]),
        ("Nobody", [1, 2, 3]),
        ("Encode", ["twice", "twice"]),
        ("Show", [["what it got"], "and more"]),
        ("Show", {"text": "what it got"}),
        ("Note", ["text", 2]),
    ],
)
def test_what_is_for_no_field_anyway_is_not_told(kind: str, values: Any) -> None:
    assert not any("has no field" in warning for warning in load(kind, values).warnings)


@pytest.mark.parametrize("mode", [2, 4])
def test_nothing_is_told_of_nodes_that_do_not_run(mode: int) -> None:
    assert load("Blur", [2, "left"], mode=mode).warnings == []

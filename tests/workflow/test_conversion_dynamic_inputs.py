"""Inputs that come and go with a choice, or grow with what is linked, are submitted as the interface does."""

from typing import Any

import pytest

from comfy_facade import Workflow
from tests.workflow.conversions import convert, inputs
from tests.workflow.interface_files import node, workflow


def test_a_dynamic_combo_brings_its_own_inputs() -> None:
    prompt = convert(node(1, "Resize", ["to size", 128, 256, True]))

    assert inputs(prompt, "1") == {"mode": "to size", "mode.width": 128, "mode.height": 256, "crop": True}
    assert inputs(convert(node(1, "Resize", ["by factor", 3.5, True])), "1") == {
        "mode": "by factor",
        "mode.factor": 3.5,
        "crop": True,
    }


def test_links_to_inputs_of_a_dynamic_combo_are_kept() -> None:
    prompt = convert(
        node(1, "LoadImage", ["x.png"]),
        node(2, "Resize", ["to size", 1, 2, False], image=1, mode__reference=2),
        links=[[1, 1, 0, 2, 0, "IMAGE"], [2, 1, 0, 2, 1, "IMAGE"]],
    )

    assert inputs(prompt, "2")["mode.reference"] == ["1", 0]


INNER_CHOICE = [
    "COMFY_DYNAMICCOMBO_V3",
    {"options": [{"key": key, "inputs": {"required": {key * 2: ["INT", {}]}}} for key in ("p", "q")]},
]
OUTER_CHOICE = [
    "COMFY_DYNAMICCOMBO_V3",
    {
        "options": [
            {"key": "more", "inputs": {"required": {"inner": INNER_CHOICE}}},
            {"key": "less", "inputs": {"required": {"size": ["INT", {}]}}},
        ]
    },
]
NESTED = {"Nested": {"input": {"required": {"mode": OUTER_CHOICE}}, "output": ["IMAGE"]}}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["more", "q", 7], {"mode": "more", "mode.inner": "q", "mode.inner.qq": 7}),
        (["less", 7], {"mode": "less", "mode.size": 7}),
        # By name, a value may be left over from a choice that is no longer made.
        ({"mode": "less", "mode.inner": "q"}, {"mode": "less", "mode.size": 0}),
    ],
)
def test_a_dynamic_combo_within_another_comes_and_goes_with_it(values: Any, expected: dict[str, Any]) -> None:
    assert Workflow.load(workflow(node(1, "Nested", values))).to_prompt(NESTED)["1"]["inputs"] == expected


def test_autogrow_inputs_are_kept_by_name() -> None:
    prompt = convert(
        node(1, "LoadImage", ["x.png"]),
        node(2, "Batch", images__image0=1, images__image1=2, images__image2=3, images__image3=None),
        links=[[n, 1, 0, 2, n - 1, "IMAGE"] for n in (1, 2, 3)],
    )

    assert inputs(prompt, "2") == {f"images.image{n}": ["1", 0] for n in range(3)}

"""Sweeps over values."""

from typing import Any

import pytest

from comfy_facade import NodeSelectionError, variations

PROMPT: dict[str, Any] = {
    "3": {"class_type": "KSampler", "inputs": {"seed": 0, "steps": 20}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ""}},
}


def pairs(mode: Any, texts: list[str], seeds: Any) -> list[tuple[str, int]]:
    made = variations(PROMPT, {"6.text": texts, "KSampler.seed": seeds}, mode=mode)
    return [(each["6"]["inputs"]["text"], each["3"]["inputs"]["seed"]) for each in made]


def test_every_combination_by_default() -> None:
    made = list(variations(PROMPT, {"6.text": ["a", "b"], "KSampler.seed": range(3)}))

    assert len(made) == 6
    assert [each["3"]["inputs"]["seed"] for each in made] == [0, 1, 2, 0, 1, 2]
    assert all(each["3"]["inputs"]["steps"] == 20 for each in made)


def test_zip_takes_the_values_side_by_side() -> None:
    assert pairs("zip", ["a", "b"], iter([7, 8])) == [("a", 7), ("b", 8)]
    with pytest.raises(ValueError, match="zip"):
        pairs("zip", ["a", "b"], range(3))


def test_prompts_share_nothing() -> None:
    first, second = variations(PROMPT, {"6.text": ["a", "b"]})
    first["3"]["inputs"]["steps"] = 1

    assert second["3"]["inputs"]["steps"] == 20
    assert PROMPT["6"]["inputs"]["text"] == ""


def test_nothing_to_vary_gives_the_prompt_once() -> None:
    assert [sorted(each) for each in variations(PROMPT, {})] == [["3", "6"]]


def test_mistakes_are_told_before_the_first_prompt() -> None:
    with pytest.raises(NodeSelectionError):
        variations(PROMPT, {"nowhere.seed": [1]})
    with pytest.raises(ValueError, match="mode"):
        pairs("sum", [], [])


def test_a_value_that_is_a_list_goes_out_as_a_value() -> None:
    curves = [[[0, 0], [1, 1]], [[0, 1], [1, 0]]]
    made = variations(PROMPT, {"3.steps": curves})

    assert [each["3"]["inputs"]["steps"] for each in made] == [{"__value__": curve} for curve in curves]

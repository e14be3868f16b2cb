"""Names that are no identifiers get a spelling that is one, each its own and always the same."""

from __future__ import annotations

import keyword
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comfy_facade.codegen.spelling import MODULE_NAMES, OUTPUT_NAMES, PARAMETER_NAMES, spell


@pytest.mark.parametrize(
    ("name", "spelling"),
    [
        ("KSampler", "KSampler"),
        ("Epsilon Scaling", "Epsilon_Scaling"),
        ("TextEncodeAceStepAudio1.5", "TextEncodeAceStepAudio1_5"),
        ("input_blocks.0.", "input_blocks_0_"),
        ("3D Preview (beta) 🎥", "n3D_Preview__beta___"),
        ("_hidden", "n_hidden"),
        ("", "n"),
        ("🎥", "n_"),
        ("class", "class_"),
        ("None", "None_"),
        ("type", "type"),
        ("模型", "模型"),
        ("ﬁlter", "filter"),
        ("x\ny", "x_y"),
    ],
)
def test_each_rule(name: str, spelling: str) -> None:
    assert spell([name]) == {name: spelling}


@pytest.mark.parametrize("name", ["print", "int", "str", "Output", "Literal", "Graph" + "Node", "CLASS_SPELLINGS"])
def test_a_class_leaves_the_modules_names_alone(name: str) -> None:
    assert spell([name], MODULE_NAMES) == {name: f"{name}_"}


def test_parameters_and_outputs_leave_theirs_alone() -> None:
    assert spell(["locals", "input"], PARAMETER_NAMES) == {"locals": "locals_", "input": "input"}
    assert spell(["count", "input"], OUTPUT_NAMES) == {"count": "count_", "input": "input"}


def test_names_that_come_to_the_same_are_numbered_in_their_order() -> None:
    assert spell(["a b", "a.b", "a_b", "a_b_2", "a-b"]) == {
        "a b": "a_b_3",
        "a.b": "a_b_4",
        "a_b": "a_b",
        "a_b_2": "a_b_2",
        "a-b": "a_b_5",
    }


def test_a_repaired_name_gives_way_to_one_that_can_stand() -> None:
    assert spell(["class", "class_"]) == {"class": "class__2", "class_": "class_"}


@given(st.lists(st.text()))
def test_spellings_are_identifiers_of_their_own(names: list[str]) -> None:
    spellings = spell(names, MODULE_NAMES)
    assert set(spellings) == set(names)
    assert len(set(spellings.values())) == len(spellings)
    for spelling in spellings.values():
        assert spelling.isidentifier()
        assert not keyword.iskeyword(spelling)
        assert not spelling.startswith("_")
        assert spelling not in MODULE_NAMES
        # Python compares identifiers by this form; two that differ elsewhere would be one.
        assert unicodedata.normalize("NFKC", spelling) == spelling

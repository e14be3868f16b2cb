"""Fresh seeds: which inputs get one, within which limits, and that it is a fresh one."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from comfy_facade import randomize_prompt
from comfy_facade.workflow.randomize import SEED_INPUTS


@frozen
class Definition:
    """A definition that keeps what it was made of."""

    raw: dict[str, Any]


def node_defs(name: str = "seed", section: str = "required", **options: Any) -> dict[str, Any]:
    return {"Node": {"input": {section: {name: ["INT", options]}}}}


def prompt(**inputs: Any) -> dict[str, Any]:
    return {"1": {"class_type": "Node", "inputs": inputs}}


def drawn(value: int) -> Callable[[int], int]:
    """Draw this, or the nearest to it that may be drawn."""
    return lambda limit: min(value, limit - 1)


@pytest.mark.parametrize("name", sorted(SEED_INPUTS))
def test_seeds_are_known_by_their_names(name: str) -> None:
    graph = prompt(**{name: 5, "steps": 20})
    seeds = randomize_prompt(graph)
    assert set(seeds) == {("1", name)}
    assert graph["1"]["inputs"] == {name: seeds["1", name], "steps": 20}
    assert seeds["1", name] != 5


@pytest.mark.parametrize("value", [["4", 0], [], True, False, None, "5", 5.0, {"seed": 5}])
def test_what_is_no_whole_number_is_left_alone(value: object) -> None:
    graph = prompt(seed=copy.deepcopy(value), noise_seed=copy.deepcopy(value))
    assert randomize_prompt(graph, node_defs(control_after_generate=True)) == {}
    assert graph == prompt(seed=value, noise_seed=value)


@pytest.mark.parametrize("node", [None, 7, [], {}, {"class_type": "Node"}, {"inputs": None}, {"inputs": [1]}])
def test_what_is_no_node_is_left_alone(node: object) -> None:
    graph: dict[str, Any] = {"0": copy.deepcopy(node), **prompt(seed=5)}
    assert set(randomize_prompt(graph)) == {("1", "seed")}
    assert graph["0"] == node


@pytest.mark.parametrize("mark", [True, "randomize", "increment"])
@pytest.mark.parametrize("section", ["required", "optional"])
def test_definitions_mark_seeds_of_other_names(mark: object, section: str) -> None:
    definitions = node_defs("variation", section, control_after_generate=mark, min=0, max=9)
    graph = prompt(variation=5, other=5)
    assert set(randomize_prompt(graph, definitions)) == {("1", "variation")}


@pytest.mark.parametrize("mark", ["fixed", False, None, ""])
def test_inputs_of_other_names_without_the_mark_are_values(mark: object) -> None:
    definitions = node_defs("width", control_after_generate=mark, min=0, max=9)
    assert randomize_prompt(prompt(width=5), definitions) == {}
    assert randomize_prompt(prompt(width=5), node_defs("width", min=0, max=9)) == {}
    assert randomize_prompt(prompt(variation=5)) == {}, "nothing marks it without definitions"


def test_a_seed_by_name_is_one_whatever_its_widget_does_afterwards() -> None:
    # A node that only holds a seed is marked as fixed; without a fresh one every run would come from the cache.
    definitions = node_defs("seed", control_after_generate="fixed", min=0, max=2**63 - 1)
    assert set(randomize_prompt(prompt(seed=5), definitions)) == {("1", "seed")}


def test_only_whole_numbers_are_seeds_by_definition() -> None:
    definitions = {"Node": {"input": {"required": {"x": ["FLOAT", {"control_after_generate": True}]}}}}
    assert randomize_prompt(prompt(x=5), definitions) == {}


def dynamic(**choices: dict[str, Any]) -> dict[str, Any]:
    """A definition whose combo brings an input for each choice."""
    options = [{"key": key, "inputs": {"required": inputs}} for key, inputs in choices.items()]
    return {"Node": {"input": {"required": {"model": ["COMFY_DYNAMICCOMBO_V3", {"options": options}]}}}}


@pytest.mark.parametrize("name", ["seed", "variation"])
def test_seeds_below_a_dynamic_combo_are_those_of_its_choice(name: str) -> None:
    definitions = dynamic(
        small={name: ["INT", {"min": 3, "max": 4, "control_after_generate": True}], "width": ["INT", {}]},
        large={name: ["INT", {"min": 8, "max": 9, "control_after_generate": True}]},
    )
    graph = prompt(model="large", **{f"model.{name}": 8, "model.width": 8})
    assert randomize_prompt(graph, definitions) == {("1", f"model.{name}"): 9}
    assert graph == prompt(model="large", **{f"model.{name}": 9, "model.width": 8})


def test_seeds_below_a_dynamic_combo_are_known_by_their_names() -> None:
    definitions = dynamic(on={"seed": ["INT", {"min": 0, "max": 1}]}, off={})
    assert randomize_prompt(prompt(model="on", **{"model.seed": 0}), definitions) == {("1", "model.seed"): 1}
    assert set(randomize_prompt(prompt(model="on", **{"model.seed": 0}))) == {("1", "model.seed")}


@given(
    low=st.integers(-(2**40), 2**64),
    size=st.integers(0, 2**64),
    value=st.integers(),
    wrapped=st.booleans(),
)
def test_the_limits_of_definitions_are_honoured(low: int, size: int, value: int, wrapped: bool) -> None:
    definitions = node_defs(min=low, max=low + size)
    if wrapped:
        definitions = {name: Definition(raw) for name, raw in definitions.items()}
    graph = prompt(seed=value)
    seeds = randomize_prompt(graph, definitions)
    assert low <= seeds["1", "seed"] <= low + size
    assert seeds["1", "seed"] != value or size == 0 or low == 2**53 - 1


@given(draw=st.integers(0, 2**70), value=st.integers(-5, 15), low=st.integers(0, 5), size=st.integers(1, 5))
def test_never_the_same_twice_whatever_is_drawn(draw: int, value: int, low: int, size: int) -> None:
    graph = prompt(seed=value)
    first = randomize_prompt(graph, node_defs(min=low, max=low + size), random_below=drawn(draw))
    second = randomize_prompt(graph, node_defs(min=low, max=low + size), random_below=drawn(draw))
    assert low <= first["1", "seed"] <= low + size
    assert low <= second["1", "seed"] <= low + size
    assert value != first["1", "seed"] != second["1", "seed"]


@pytest.mark.parametrize(("value", "next_one"), [(3, 4), (4, 5), (5, 3)])
def test_the_number_that_is_there_gives_way_to_the_next_one(value: int, next_one: int) -> None:
    seeds = randomize_prompt(prompt(seed=value), node_defs(min=3, max=5), random_below=drawn(value - 3))
    assert seeds == {("1", "seed"): next_one}


def test_what_is_left_alone_stands_in_nobodys_way() -> None:
    definitions = {
        "Node": {"input": {"required": {"noise_seed": ["INT", {"min": 2, "max": 1}], "seed": ["INT", {}]}}},
    }
    graph = prompt(steps=20, noise_seed=1, seed=5)
    assert set(randomize_prompt(graph, definitions)) == {("1", "seed")}


@given(value=st.integers(), draw=st.integers(0, 2**70))
def test_without_definitions_a_seed_suits_every_node(value: int, draw: int) -> None:
    seeds = randomize_prompt(prompt(seed=value), random_below=drawn(draw))
    assert 1 <= seeds["1", "seed"] < 2**31


limits = st.one_of(
    st.none(),
    st.booleans(),
    st.text(max_size=3),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.floats(-10, 10),
    st.just(10**400),
)


def is_limit(value: object) -> bool:
    return type(value) is int or (type(value) is float and math.isfinite(value))


@given(low=limits, high=limits, value=st.integers(-5, 5))
def test_odd_limits_break_nothing_and_are_honoured_as_far_as_they_make_sense(low: Any, high: Any, value: int) -> None:
    graph = prompt(seed=value)
    seeds = randomize_prompt(graph, node_defs(min=low, max=high))
    seed = seeds.get(("1", "seed"), value)
    assert graph == prompt(seed=seed)
    assert isinstance(seed, int)
    if seeds:
        assert (low if is_limit(low) else -math.inf) <= seed <= (high if is_limit(high) else math.inf)


@pytest.mark.parametrize(
    ("options", "low", "high"),
    [
        ({}, 0, 2**31 - 1),
        ({"min": 5, "max": math.inf}, 5, 2**31 - 1),
        ({"min": -math.inf, "max": 7}, 0, 7),
        ({"min": 2**40}, 2**40, 2**40 + 2**31 - 1),
        ({"max": -5}, -(2**31) - 4, -5),
        ({"min": 0.5, "max": 2.5}, 1, 2),
        ({"max": 0}, 0, 0),
        ({"min": 2**31 - 1}, 2**31 - 1, 2**32 - 2),
        ({"min": 0, "max": 2**64 - 1}, 0, 2**53 - 1),
        ({"min": -(2**63), "max": 9}, -(2**53) + 1, 9),
        ({"min": 2**53 - 1, "max": 2**64 - 1}, 2**53 - 1, 2**53 - 1),
        ({"min": 2**53, "max": 2**64 - 1}, 2**53, 2**64 - 1),
        ({"min": -(2**63), "max": -(2**53)}, -(2**63), -(2**53)),
    ],
)
def test_a_limit_that_is_missing_or_none_is_a_sensible_one(options: dict[str, Any], low: int, high: int) -> None:
    lowest = randomize_prompt(prompt(seed=-1), node_defs(**options), random_below=drawn(0))
    highest = randomize_prompt(prompt(seed=-1), node_defs(**options), random_below=drawn(2**80))
    assert (lowest["1", "seed"], highest["1", "seed"]) == (low, high)


def test_a_range_without_a_number_in_it_is_left_alone() -> None:
    graph = prompt(seed=5)
    assert randomize_prompt(graph, node_defs(min=9, max=3)) == {}
    assert graph == prompt(seed=5)


@pytest.mark.parametrize("definitions", [{}, {"Node": None}, {"Node": {}}, {"Node": {"input": {"required": 7}}}])
def test_odd_definitions_are_none(definitions: dict[str, Any]) -> None:
    assert set(randomize_prompt(prompt(seed=5, other=5), definitions)) == {("1", "seed")}


specs = ["INT", [], ["INT"], ["INT", None], [["a", "b"]], None, {"0": "INT"}, ["*", {"control_after_generate": True}]]


@pytest.mark.parametrize("spec", specs, ids=json.dumps)
def test_odd_inputs_are_no_seeds(spec: object) -> None:
    definitions = {"Node": {"input": {"required": {"x": spec}}}}
    assert randomize_prompt(prompt(x=5), definitions) == {}


values = st.one_of(
    st.integers(), st.booleans(), st.none(), st.text(max_size=3), st.lists(st.just("4"), max_size=2), st.floats(0, 1)
)
inputs = st.dictionaries(st.sampled_from(["seed", "noise_seed", "steps", "variation"]), values)
nodes = st.fixed_dictionaries({"class_type": st.sampled_from(["Node", "Other"]), "inputs": inputs})


@given(st.dictionaries(st.sampled_from("123"), nodes))
def test_what_it_returns_is_what_it_set(graph: dict[str, Any]) -> None:
    before = copy.deepcopy(graph)
    seeds = randomize_prompt(graph, node_defs("variation", control_after_generate=True, min=0, max=99))
    for (node_id, name), seed in seeds.items():
        assert graph[node_id]["inputs"][name] == seed
        assert type(before[node_id]["inputs"][name]) is int
        graph[node_id]["inputs"][name] = before[node_id]["inputs"][name]
    assert graph == before
    expected = {
        (node_id, name)
        for node_id, node in before.items()
        for name, value in node["inputs"].items()
        if type(value) is int and (name in SEED_INPUTS or (name == "variation" and node["class_type"] == "Node"))
    }
    assert set(seeds) == expected

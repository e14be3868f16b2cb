"""Group nodes, which came before subgraphs, are unfolded like them."""

from typing import Any

import pytest

from comfy_facade import InvalidWorkflowError, Workflow
from tests.workflow.conversions import convert, inputs
from tests.workflow.definitions import DEFINITIONS
from tests.workflow.interface_files import node, workflow

GROUP = {
    "nodes": [
        {"type": "LoadImage", "widgets_values": ["x.png", "image"], "outputs": [{"type": "IMAGE"}, {"type": "MASK"}]},
        {"type": "Blur", "widgets_values": [2], "inputs": [{"name": "image", "type": "IMAGE", "link": None}]},
        {"type": "Blur", "widgets_values": [3], "inputs": [{"name": "image", "type": "IMAGE", "link": None}]},
    ],
    "links": [[0, 0, 1, 0, 1, "IMAGE"]],
    "external": [],
}
GROUP_LINK: Any = {"Blur image": 1}


@pytest.mark.parametrize("separator", [">", "/"])
def test_a_group_node_is_unfolded_like_a_subgraph(separator: str) -> None:
    prompt = convert(
        node(1, "LoadImage", ["x.png"]),
        node(5, f"workflow{separator}My group", ["y.png", "image", 7, 8], outputs=[[], [2], [3]], **GROUP_LINK),
        node(6, "SaveImage", ["p"], images=2),
        node(7, "SaveImage", ["q"], images=3),
        links=[[1, 1, 0, 5, 0, "IMAGE"], [2, 5, 1, 6, 0, "IMAGE"], [3, 5, 2, 7, 0, "IMAGE"]],
        extra={"groupNodes": {"My group": GROUP}},
    )

    assert set(prompt) == {"1", "6", "7", "5:0", "5:1", "5:2"}
    assert inputs(prompt, "5:0") == {"image": "y.png"}
    assert inputs(prompt, "5:1") == {"image": ["5:0", 0], "radius": 7}
    assert inputs(prompt, "5:2") == {"image": ["1", 0], "radius": 8}
    assert inputs(prompt, "6")["images"] == ["5:1", 0]
    assert inputs(prompt, "7")["images"] == ["5:2", 0]


def test_inputs_of_a_group_node_are_found_by_the_names_that_the_interface_gave_them() -> None:
    group = {
        "nodes": [
            {"type": "PrimitiveNode", "title": "Size", "outputs": [{"type": "INT"}]},
            {
                "type": "Blur",
                "inputs": [{"name": "image"}, {"name": "radius", "widget": {"name": "radius"}}],
            },
            {"type": "Blur", "title": "Soft"},
            *({"type": "Blur"} for _ in range(3)),
        ],
        "links": [[0, 0, 1, 1, 1, "INT"], [1, 0, 2, 0, 1, "IMAGE"]],
        "external": [[1, 0, "IMAGE"]],
    }
    links: dict[str, Any] = {"image": 1, "Blur image": 2, "Blur 2 image": 3}
    prompt = convert(
        node(1, "LoadImage", ["x.png"]),
        node(5, "workflow>G", [9, "fixed", 7, 8, 11, 12], outputs=[[5]], **links),
        node(6, "SaveImage", ["p"], images=5),
        links=[*([n, 1, n % 2, 5, n - 1, "IMAGE"] for n in (1, 2, 3)), [5, 5, 0, 6, 0, "IMAGE"]],
        extra={"groupNodes": {"G": group}},
    )

    assert {path: entry["inputs"] for path, entry in prompt.items() if path.startswith("5:")} == {
        "5:1": {"image": ["1", 1], "radius": 9},
        "5:2": {"image": ["5:1", 0], "radius": 7},
        "5:3": {"image": ["1", 0], "radius": 8},
        "5:4": {"image": ["1", 1], "radius": 11},
        "5:5": {"radius": 12},
    }
    assert inputs(prompt, "6")["images"] == ["5:1", 0]


def test_a_group_node_that_contains_itself_is_refused() -> None:
    groups = {"Loop": {"nodes": [{"type": "workflow>Loop"}], "links": [], "external": []}}

    with pytest.raises(InvalidWorkflowError, match="contains itself"):
        convert(node(1, "workflow>Loop"), extra={"groupNodes": groups})


IMAGE_SLOT = {"name": "image", "type": "IMAGE", "link": None}
BLUR = {"type": "Blur", "widgets_values": [2], "inputs": [IMAGE_SLOT]}
REROUTE = {"type": "Reroute", "inputs": [{"name": "", "type": "*"}], "outputs": [{"name": "", "type": "*"}]}


def field(name: str, kind: str) -> dict[str, Any]:
    return {"name": name, "type": kind, "widget": {"name": name}}


def load(group: dict[str, Any], values: list[Any], **slots: Any) -> Workflow:
    """A picture that goes through a group node and is saved; `slots` says where it arrives."""
    content = workflow(
        node(1, "LoadImage", ["x.png"]),
        node(5, "workflow>G", values, outputs=[[9]], **slots),
        node(6, "SaveImage", ["p"], images=9),
        links=[*([n, 1, 0, 5, n - 1, "IMAGE"] for n in slots.values()), [9, 5, 0, 6, 0, "IMAGE"]],
        extra={"groupNodes": {"G": {"links": [], "external": [], **group}}},
    )
    return Workflow.load(content, DEFINITIONS)


def unfolded(group: dict[str, Any], values: list[Any], **slots: Any) -> dict[str, Any]:
    """The inputs of what is in the group, and of what comes after it."""
    loaded = load(group, values, **slots)
    assert loaded.warnings == []
    return {path: entry["inputs"] for path, entry in loaded.to_prompt().items() if path != "1"}


@pytest.mark.parametrize(
    "group",
    [
        {"nodes": [BLUR], "config": {"0": {"input": {"image": {"name": "picture"}}}}},
        {"nodes": [{**BLUR, "inputs": [{**IMAGE_SLOT, "label": "picture"}]}]},
    ],
    ids=["in the group's settings", "in the node itself"],
)
def test_a_renamed_input_keeps_its_link(group: dict[str, Any]) -> None:
    found = unfolded(group, [7], picture=1)

    assert found["5:0"] == {"image": ["1", 0], "radius": 7}


def test_a_name_that_people_gave_is_taken_from_the_next_input_of_that_name() -> None:
    named = {"input": {"image": {"name": "a"}}}
    links: Any = {"a": 1, "Blur image": 2}

    found = unfolded({"nodes": [BLUR, BLUR], "config": {"0": named, "1": named}}, [7, 8], **links)

    assert found["5:0"]["image"] == found["5:1"]["image"] == ["1", 0]


@pytest.mark.parametrize(
    ("name", "config"), [("IMAGE", {}), ("picture", {"0": {"input": {"IMAGE": {"name": "picture"}}}})]
)
def test_a_reroute_is_named_after_the_type_that_it_leads_to(name: str, config: dict[str, Any]) -> None:
    group = {"nodes": [REROUTE, BLUR], "links": [[None, 0, 0, 0, 4, "IMAGE"], [0, 0, 1, 0, 5, "IMAGE"]]}

    found = unfolded({**group, "config": config}, [7], **{name: 1})

    assert found["5:1"] == {"image": ["1", 0], "radius": 7}


@pytest.mark.parametrize(
    "group", [{"links": [[None, 0, 0, 0, 4, "IMAGE"]]}, {"external": [[0, 0, "IMAGE"]]}], ids=["link", "external"]
)
def test_a_reroute_that_leads_out_of_its_group_is_named_after_what_it_brings(group: dict[str, Any]) -> None:
    found = unfolded({"nodes": [REROUTE], **group}, [], IMAGE=1)

    assert found == {"6": {"images": ["1", 0], "filename_prefix": "p"}}


def test_fields_that_are_listed_as_inputs_get_the_values_of_the_group_node_after_all_others() -> None:
    listed = {**BLUR, "inputs": [IMAGE_SLOT, field("radius", "INT")]}

    found = unfolded({"nodes": [listed, BLUR], "links": [[0, 0, 1, 0, 1, "IMAGE"]]}, [8, 7], image=1)

    assert found["5:0"] == {"image": ["1", 0], "radius": 7}
    assert found["5:1"] == {"image": ["5:0", 0], "radius": 8}


def test_fields_that_are_listed_as_inputs_are_handed_out_in_the_order_of_their_places_as_text() -> None:
    names = ("model", "positive", "mask", "samples", "vae", "clip", "image", "steps", "sampler", "seed", "cfg")
    slots = [field(name, "*") if n >= 7 else {"name": name, "type": "*"} for n, name in enumerate(names)]
    sampler = {"type": "Sampler", "inputs": slots, "widgets_values": [1, "fixed", 2, 3.0, "euler"]}

    loaded = load({"nodes": [sampler]}, [5.5, 30, "ddim", 77, "randomize"])

    assert inputs(loaded.to_prompt(), "5:0") == {"cfg": 5.5, "steps": 30, "sampler": "ddim", "seed": 77}


@pytest.mark.parametrize(
    ("slots", "values"),
    [
        ([field("seed", "INT"), field("steps", "INT")], [5, 7, "fixed", 30]),
        ([], [7, "fixed", 30, 5]),
    ],
    ids=["listed by name", "counted by the values inside"],
)
def test_fields_that_a_class_got_since_do_not_shift_the_values_of_others(slots: list[Any], values: list[Any]) -> None:
    sampler = {"type": "Sampler", "widgets_values": [1, "fixed", 2], "inputs": [{"name": "model"}, *slots]}

    found = unfolded({"nodes": [sampler, BLUR]}, values, image=1)

    assert found["5:0"] == {"seed": 7, "steps": 30, "cfg": 8.0, "sampler": "euler"}
    assert found["5:1"] == {"image": ["1", 0], "radius": 5}


def test_values_that_do_not_fit_the_nodes_of_a_group_are_told() -> None:
    (warning,) = load({"nodes": [BLUR]}, [7, 8, 9], image=1).warnings

    assert warning.startswith("node 5 (G): it has 3 values, but the nodes in it take 1")


def test_outputs_are_counted_as_they_are_shown() -> None:
    double = {"type": "LoadImage", "widgets_values": ["x.png", "image"]}
    hidden = {"0": {"output": {"0": {"visible": False}}}}
    shown = {"0": {"output": {"0": {"visible": True}}}}
    inside = [[0, 0, 1, 0, 1, "IMAGE"]]

    assert unfolded({"nodes": [double], "config": hidden}, ["x.png", "image"])["6"]["images"] == ["5:0", 1]
    group = {"nodes": [double, BLUR], "links": inside}
    assert unfolded({**group, "config": shown}, ["x.png", "image", 7])["6"]["images"] == ["5:0", 0]
    assert unfolded(group, ["x.png", "image", 7])["6"]["images"] == ["5:0", 1]


def test_rows_of_outer_links_that_name_no_node_show_nothing() -> None:
    double = {"type": "LoadImage", "widgets_values": ["x.png", "image"]}
    group = {"nodes": [double, BLUR], "links": [[0, 0, 1, 0, 1, "IMAGE"]]}

    found = unfolded({**group, "external": [[{"type": "Blur", "index": 1}, 0, "IMAGE"]]}, ["x.png", "image", 7])

    assert found["6"]["images"] == ["5:0", 1]


def test_inputs_that_are_hidden_take_a_name_but_no_link() -> None:
    group = {"nodes": [BLUR, BLUR], "config": {"0": {"input": {"image": {"visible": False}}}}}

    found = unfolded(group, [7, 8], **GROUP_LINK)

    assert found["5:0"] == {"radius": 7}
    assert found["5:1"] == {"image": ["1", 0], "radius": 8}


@pytest.mark.parametrize(("kind", "width"), [("STRING", 1), ("INT", 2), ("COMBO", 3)])
def test_a_primitive_takes_as_many_values_as_its_field_has_beside_it(kind: str, width: int) -> None:
    primitive = {"type": "PrimitiveNode", "outputs": [{"type": kind}]}
    driven = {**BLUR, "inputs": [IMAGE_SLOT, field("radius", "INT")]}

    group = {"nodes": [primitive, driven, BLUR], "links": [[0, 0, 1, 1, 1, kind]]}
    found = unfolded(group, [*range(3, 3 + width), 9], image=1)

    assert (found["5:1"]["radius"], found["5:2"]["radius"]) == (3, 9)

"""The interface's rules, one by one, on workflows as small as they can be."""

from typing import Any

import pytest

from comfy_facade import InvalidWorkflowError, Workflow
from tests.workflow.definitions import DEFINITIONS
from tests.workflow.interface_files import node, subgraph, workflow


def convert(*nodes: dict[str, Any], links: list[list[Any]] | None = None, **more: Any) -> dict[str, Any]:
    return Workflow.load(workflow(*nodes, links=links, **more)).to_prompt(DEFINITIONS)


def inputs(prompt: dict[str, Any], node_id: str) -> dict[str, Any]:
    found: dict[str, Any] = prompt[node_id]["inputs"]
    return found


def test_values_go_to_widgets_by_order_and_the_control_beside_a_seed_is_skipped() -> None:
    prompt = convert(node(1, "Sampler", [5, "randomize", 30, 7.5, "ddim"]))

    assert inputs(prompt, "1") == {"seed": 5, "steps": 30, "cfg": 7.5, "sampler": "ddim"}
    assert prompt["1"]["class_type"] == "Sampler"
    assert prompt["1"]["_meta"] == {"title": "My Sampler"}


def test_missing_values_are_the_defaults_and_surplus_ones_are_dropped() -> None:
    assert inputs(convert(node(1, "Sampler", [5])), "1") == {"seed": 5, "steps": 20, "cfg": 8.0, "sampler": "euler"}
    assert inputs(convert(node(1, "Blur", [3, "left", "over"])), "1") == {"radius": 3}
    assert inputs(convert(node(1, "Blur")), "1") == {"radius": 1}


def test_values_may_be_saved_by_name() -> None:
    assert inputs(convert(node(1, "Sampler", {"steps": 3, "cfg": 1.0})), "1")["steps"] == 3


def test_a_combo_without_a_value_takes_the_first_choice() -> None:
    assert inputs(convert(node(1, "Sampler", [5, "fixed", 30, 7.5, None])), "1")["sampler"] == "euler"


def test_numbers_beyond_2_to_the_53_are_rounded_as_browsers_round_them() -> None:
    assert inputs(convert(node(1, "Sampler", [2**63 + 1])), "1")["seed"] == 9223372036854776000
    assert inputs(convert(node(1, "Sampler", [2**53 - 1])), "1")["seed"] == 2**53 - 1


def test_lists_are_wrapped_since_a_bare_one_is_a_link() -> None:
    assert inputs(convert(node(1, "Number", [["1", 0]])), "1")["value"] == {"__value__": ["1", 0]}


@pytest.mark.parametrize(
    "link", [[7, 1, 0, 2, 0, "IMAGE"], {"id": 7, "origin_id": 1, "origin_slot": 0, "target_id": 2, "target_slot": 0}]
)
def test_links_are_read_in_both_layouts(link: Any) -> None:
    prompt = convert(node(1, "LoadImage", ["x.png", "image"]), node(2, "Blur", [2], image=7), links=[link])

    assert inputs(prompt, "2") == {"image": ["1", 0], "radius": 2}


def test_a_link_wins_over_the_value_of_its_widget() -> None:
    prompt = convert(
        node(1, "Number", [9]),
        node(2, "Blur", [2], radius=(1, {"widget": {"name": "radius"}})),
        links=[[1, 1, 0, 2, 0, "INT"]],
    )

    assert inputs(prompt, "2")["radius"] == ["1", 0]


def test_a_value_saved_before_an_input_became_a_socket_is_dropped() -> None:
    assert inputs(convert(node(1, "Old", [0.5, 4])), "1") == {"count": 4}
    assert inputs(convert(node(1, "Old", [4])), "1") == {"count": 4}


def test_the_upload_button_takes_a_place_but_is_not_submitted() -> None:
    assert inputs(convert(node(1, "LoadImage", ["x.png", "image"])), "1") == {"image": "x.png"}


def test_notes_are_left_out() -> None:
    assert list(convert(node(1, "Note", ["hm"]), node(2, "MarkdownNote", ["# hm"]), node(3, "Number"))) == ["3"]


def unnamed(link: int) -> Any:
    return {"": link}


def test_reroutes_are_passed_through() -> None:
    prompt = convert(
        node(1, "LoadImage", ["x.png"]),
        node(2, "Reroute", **unnamed(1)),
        node(3, "Reroute", **unnamed(2)),
        node(4, "Blur", [1], image=3),
        links=[[1, 1, 0, 2, 0, "*"], [2, 2, 0, 3, 0, "*"], [3, 3, 0, 4, 0, "IMAGE"]],
    )

    assert list(prompt) == ["1", "4"]
    assert inputs(prompt, "4")["image"] == ["1", 0]


def test_reroutes_of_node_packs_are_passed_through() -> None:
    prompt = convert(
        node(1, "LoadImage", ["x.png"]),
        node(2, "Reroute (rgthree)", outputs=[[2]], **unnamed(1)),
        node(3, "Blur", [1], image=2),
        links=[[1, 1, 0, 2, 0, "*"], [2, 2, 0, 3, 0, "*"]],
    )

    assert list(prompt) == ["1", "3"]
    assert inputs(prompt, "3")["image"] == ["1", 0]


def test_a_value_is_gotten_from_where_it_was_set() -> None:
    inner = subgraph(
        "inner", [node(10, "GetNode", ["picture"], outputs=[[1]]), node(11, "Blur", [1], image=1)], [[1, 10, 0, 11, 0]]
    )
    prompt = convert(
        node(1, "LoadImage", ["x.png"]),
        node(2, "SetNode", ["picture"], IMAGE=1, outputs=[[]]),
        node(3, "GetNode", ["picture"], outputs=[[2]]),
        node(4, "Blur", [1], image=2),
        node(5, "inner"),
        node(6, "GetNode", ["nothing"], outputs=[[3]]),
        node(7, "Blur", [1], image=3),
        links=[[1, 1, 0, 2, 0, "IMAGE"], [2, 3, 0, 4, 0, "IMAGE"], [3, 6, 0, 7, 0, "IMAGE"]],
        definitions={"subgraphs": [inner]},
    )

    assert set(prompt) == {"1", "4", "5:11", "7"}
    assert inputs(prompt, "4")["image"] == inputs(prompt, "5:11")["image"] == ["1", 0]
    assert "image" not in inputs(prompt, "7")


def test_a_circle_of_reroutes_ends_with_a_warning() -> None:
    loaded = Workflow.load(
        workflow(
            node(1, "Reroute", **unnamed(2)),
            node(2, "Reroute", **unnamed(1)),
            node(3, "Blur", [1], image=3),
            links=[[1, 1, 0, 2, 0, "*"], [2, 2, 0, 1, 0, "*"], [3, 1, 0, 3, 0, "*"]],
        ),
        DEFINITIONS,
    )

    assert "image" not in loaded.to_prompt()["3"]["inputs"]
    assert "circle" in loaded.warnings[0]


def test_a_muted_node_is_gone_with_its_links() -> None:
    prompt = convert(
        node(1, "LoadImage", ["x.png"], mode=2), node(2, "Blur", [1], image=1), links=[[1, 1, 0, 2, 0, "IMAGE"]]
    )

    assert list(prompt) == ["2"]
    assert "image" not in inputs(prompt, "2")


def test_a_bypassed_node_hands_on_the_input_of_the_fitting_type() -> None:
    prompt = convert(
        node(1, "LoadImage", ["x.png"]),
        node(2, "Mix", mode=4, mask=1, image=2, outputs=[[3]]),
        node(3, "Blur", [1], image=3),
        links=[[1, 1, 1, 2, 0, "MASK"], [2, 1, 0, 2, 1, "IMAGE"], [3, 2, 0, 3, 0, "IMAGE"]],
    )

    assert list(prompt) == ["1", "3"]
    assert inputs(prompt, "3")["image"] == ["1", 0]


@pytest.mark.parametrize(("output", "kept"), [(0, ["1", 0]), (1, ["1", 1])])
def test_a_bypassed_node_prefers_the_input_at_the_place_of_the_output(output: int, kept: list[Any]) -> None:
    both = {"Both": {"input": {"required": {"a": ["IMAGE"], "b": ["IMAGE"]}}, "output": ["IMAGE", "IMAGE"]}}
    nodes = [
        node(1, "Both", outputs=[[1], [2]]),
        node(2, "Both", mode=4, a=1, b=2, outputs=[[3], [3]]),
        node(3, "Both", a=3),
    ]
    links = [[1, 1, 0, 2, 0, "IMAGE"], [2, 1, 1, 2, 1, "IMAGE"], [3, 2, output, 3, 0, "IMAGE"]]

    assert Workflow.load(workflow(*nodes, links=links)).to_prompt(both)["3"]["inputs"] == {"a": kept}


def test_a_primitive_node_gives_its_value_to_all_it_is_linked_to() -> None:
    prompt = convert(
        node(1, "PrimitiveNode", [12, "fixed"], outputs=[[1, 2]]),
        node(2, "Blur", [1], radius=(1, {"widget": {"name": "radius"}})),
        node(3, "Sampler", [5, "fixed", 30], steps=(2, {"widget": {"name": "steps"}})),
        links=[[1, 1, 0, 2, 0, "INT"], [2, 1, 0, 3, 0, "INT"]],
    )

    assert list(prompt) == ["2", "3"]
    assert inputs(prompt, "2")["radius"] == 12
    assert inputs(prompt, "3")["steps"] == 12


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


def test_an_unknown_class_is_kept_with_a_warning_that_names_it() -> None:
    loaded = Workflow.load(
        workflow(node(1, "LoadImage", ["x.png"]), node(2, "Mystery", [1], image=1), links=[[1, 1, 0, 2, 0, "IMAGE"]]),
        DEFINITIONS,
    )

    assert loaded.to_prompt()["2"]["class_type"] == "Mystery"
    assert loaded.to_prompt()["2"]["inputs"] == {"image": ["1", 0]}
    assert "'Mystery'" in loaded.warnings[0]


def test_values_that_a_browser_records_are_warned_of() -> None:
    recorder = {"Record": {"input": {"required": {"audio": ["AUDIO_RECORD", {}]}}, "output": ["AUDIO"]}}
    loaded = Workflow.load(workflow(node(1, "Record", ["", ""])), recorder)

    assert loaded.to_prompt()["1"]["inputs"] == {"audio": ""}
    assert "recorded by a browser" in loaded.warnings[0]


def test_choices_in_a_prompt_are_made_and_comments_dropped() -> None:
    text = inputs(convert(node(1, "Encode", ["{a|b} \\{c\\} // nothing\n/* here */d"])), "1")["text"]

    assert text in {"a {c} \nd", "b {c} \nd"}


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("{a|{b|c}}d", {"ad", "bd", "cd"}),
        ("x{a|b", {"xa", "xb"}),
        ("a}b|c", {"a}b|c"}),
        (r"{a|b\}c} {\{|\|}", {"a {", "a |", "b}c {", "b}c |"}),
        ("y{|}z", {"yz"}),
        ("{http:/|file:/}/x", {"http://x", "file://x"}),
    ],
)
def test_choices_nest_may_stay_open_and_hold_escaped_characters(text: str, resolved: set[str]) -> None:
    chosen = {inputs(convert(node(1, "Encode", [text])), "1")["text"] for _ in range(200)}

    assert chosen == resolved


def test_nodes_in_file_names_go_by_alias_before_title_and_forbidden_characters_are_replaced() -> None:
    aliased = {**node(2, "Encode", ['a/b:"c"']), "properties": {"Node name for S&R": "S"}}
    prompt = convert(
        node(1, "Encode", ["title"], title="S"),
        node(3, "Encode", ["first"], title="T"),
        node(4, "Encode", ["second"], title="T"),
        aliased,
        node(5, "SaveImage", ["%S.text% %T.text% %date:yyy%"]),
    )

    assert inputs(prompt, "5")["filename_prefix"] == "a_b__c_ first yyy"


def test_file_names_are_filled_in() -> None:
    prompt = convert(
        node(1, "Sampler", [5, "fixed"], title="S"), node(2, "SaveImage", ["%S.seed%_%date:yyyy%_%width%_%S.nothing%"])
    )
    prefix = inputs(prompt, "2")["filename_prefix"]

    assert prefix.startswith("5_2")
    assert prefix.endswith("_%width%_%S.nothing%")


BLUR_TWICE = subgraph(
    "blurs",
    [
        node(10, "Blur", [3], image=1, radius=(2, {"widget": {"name": "radius"}}), outputs=[[3]]),
        node(11, "Blur", [4], image=3, outputs=[[4]]),
    ],
    [[1, -10, 0, 10, 0], [2, -10, 1, 10, 1], [3, 10, 0, 11, 0], [4, 11, 0, -20, 0]],
    inputs=[("image", "IMAGE", [1]), ("radius", "INT", [2])],
    outputs=[("IMAGE", "IMAGE", [4])],
)


def host(node_id: int, values: list[Any] | None, **slots: Any) -> dict[str, Any]:
    return node(node_id, "blurs", values, **slots)


def test_a_subgraph_is_unfolded_under_the_id_of_its_node() -> None:
    prompt = convert(
        node(1, "LoadImage", ["x.png"]),
        host(2, [9], image=1, radius=None, outputs=[[2]]),
        node(3, "SaveImage", ["p"], images=2),
        links=[[1, 1, 0, 2, 0, "IMAGE"], [2, 2, 0, 3, 0, "IMAGE"]],
        definitions={"subgraphs": [BLUR_TWICE]},
    )

    assert set(prompt) == {"1", "3", "2:10", "2:11"}
    assert inputs(prompt, "2:10") == {"image": ["1", 0], "radius": 9}
    assert inputs(prompt, "2:11") == {"image": ["2:10", 0], "radius": 4}
    assert inputs(prompt, "3")["images"] == ["2:11", 0]


def test_two_nodes_of_one_subgraph_have_values_of_their_own() -> None:
    prompt = convert(host(2, [9], radius=None), host(3, None, radius=None), definitions={"subgraphs": [BLUR_TWICE]})

    assert inputs(prompt, "2:10")["radius"] == 9
    assert inputs(prompt, "3:10")["radius"] == 3


def test_a_link_from_outside_drives_a_promoted_widget() -> None:
    prompt = convert(
        node(1, "Number", [5]),
        host(2, [9], image=None, radius=(1, {"widget": {"name": "radius"}})),
        links=[[1, 1, 0, 2, 1, "INT"]],
        definitions={"subgraphs": [BLUR_TWICE]},
    )

    assert inputs(prompt, "2:10")["radius"] == ["1", 0]


def test_nested_subgraphs_unfold_and_hand_promoted_values_down() -> None:
    outer = subgraph(
        "outer", [host(20, [1], radius=(1, {"widget": {"name": "radius"}}))], [[1, -10, 0, 20, 1]], [("r", "INT", [1])]
    )
    prompt = convert(node(5, "outer", [7], r=None), definitions={"subgraphs": [outer, BLUR_TWICE]})

    assert set(prompt) == {"5:20:10", "5:20:11"}
    assert inputs(prompt, "5:20:10")["radius"] == 7


def test_the_older_way_to_promote_widgets_is_understood() -> None:
    plain = subgraph("plain", [node(10, "Blur", [3], radius=(None, {"widget": {"name": "radius"}}))], [])
    older = {**node(2, "plain", [8]), "properties": {"proxyWidgets": [["10", "radius"], ["99", "gone"]]}}
    prompt = convert(older, node(3, "plain"), definitions={"subgraphs": [plain]})

    assert inputs(prompt, "2:10")["radius"] == 8
    assert inputs(prompt, "3:10")["radius"] == 3


def promoted(entry: list[str]) -> dict[str, Any]:
    inner = subgraph(
        "inner",
        [node(10, "Blur", [3], radius=(1, {"widget": {"name": "radius"}}))],
        [[1, -10, 0, 10, 1]],
        [("r", "INT", [1])],
    )
    outer = subgraph("outer", [node(20, "inner", [4], r=None), node(21, "inner", [6], r=None)], [])
    older = {**node(2, "outer", [8]), "properties": {"proxyWidgets": [entry]}}
    prompt = convert(older, definitions={"subgraphs": [outer, inner]})
    return {path: entry["inputs"]["radius"] for path, entry in prompt.items()}


@pytest.mark.parametrize("entry", [["20", "r"], ["20", "radius"], ["20", "10: radius"], ["20", "radius", "10"]])
def test_the_older_way_names_inner_widgets_in_several_ways(entry: list[str]) -> None:
    assert promoted(entry) == {"2:20:10": 8, "2:21:10": 6}


@pytest.mark.parametrize("entry", [["20", "radius", "11"], ["20", "width"], ["20", "$$preview"], ["-1", "r"], ["20"]])
def test_the_older_way_drops_what_leads_nowhere(entry: list[str]) -> None:
    assert promoted(entry) == {"2:20:10": 4, "2:21:10": 6}


@pytest.mark.parametrize(("kind", "name", "place", "value"), [("Blur", "radius", 1, 9), ("Sampler", "steps", 4, 5)])
def test_the_older_way_puts_one_input_in_place_of_a_primitive_if_one_will_do(
    kind: str, name: str, place: int, value: int
) -> None:
    driven: dict[str, Any] = {name: (2, {"widget": {"name": name}})}
    inner = subgraph(
        "driven",
        [
            node(10, "PrimitiveNode", [5], title="size", outputs=[[1, 2]]),
            node(11, "Blur", [1], radius=(1, {"widget": {"name": "radius"}})),
            node(12, kind, [2], **driven),
        ],
        [[1, 10, 0, 11, 1], [2, 10, 0, 12, place]],
    )
    older = {**node(2, "driven", [9]), "properties": {"proxyWidgets": [["10", "value"]]}}
    prompt = convert(older, definitions={"subgraphs": [inner]})

    assert inputs(prompt, "2:11")["radius"] == inputs(prompt, "2:12")[name] == value


def test_ids_of_a_subgraph_that_are_taken_are_given_anew() -> None:
    prompt = convert(node(10, "Number"), host(12, [9]), definitions={"subgraphs": [BLUR_TWICE]}, last_node_id=12)

    assert set(prompt) == {"10", "12:13", "12:11"}
    assert inputs(prompt, "12:11")["image"] == ["12:13", 0]


@pytest.mark.parametrize("mode", [2, 4])
def test_a_subgraph_switched_off_is_gone_as_a_whole(mode: int) -> None:
    prompt = convert(
        node(1, "LoadImage", ["x.png"]),
        host(2, [9], mode=mode, image=1, outputs=[[2]]),
        node(3, "SaveImage", ["p"], images=2),
        links=[[1, 1, 0, 2, 0, "IMAGE"], [2, 2, 0, 3, 0, "IMAGE"]],
        definitions={"subgraphs": [BLUR_TWICE]},
    )

    assert set(prompt) == {"1", "3"}
    assert inputs(prompt, "3").get("images") == (["1", 0] if mode == 4 else None)


def test_a_subgraph_that_contains_itself_is_refused() -> None:
    loop = subgraph("loop", [node(1, "loop")], [])

    with pytest.raises(InvalidWorkflowError, match="contain themselves"):
        convert(node(2, "loop"), definitions={"subgraphs": [loop]})


def test_subgraphs_that_multiply_without_end_are_refused() -> None:
    levels = [subgraph("l0", [node(1, "Number")], [])]
    levels += [subgraph(f"l{n}", [node(10 * n + i, f"l{n - 1}") for i in range(9)], []) for n in range(1, 9)]

    with pytest.raises(InvalidWorkflowError, match="unfold into more"):
        convert(node(999, "l8"), definitions={"subgraphs": levels})


def test_without_definitions_it_says_what_to_pass() -> None:
    with pytest.raises(InvalidWorkflowError, match="node_defs"):
        Workflow.load(workflow(node(1, "Number"))).to_prompt()


def test_definitions_may_be_objects_with_a_raw_entry() -> None:
    class Definition:
        def __init__(self, raw: dict[str, Any]) -> None:
            self.raw = raw

    wrapped = {name: Definition(raw) for name, raw in DEFINITIONS.items()}

    assert Workflow.load(workflow(node(1, "Number", [4]))).to_prompt(wrapped)["1"]["inputs"] == {"value": 4}


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

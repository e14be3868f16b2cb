"""What the interface writes into texts as it submits them: choices, comments, dates and values of other nodes."""

import time

import pytest

from comfy_facade.workflow.interface.texts import resolve_choices
from tests.workflow.conversions import convert, inputs
from tests.workflow.interface_files import node


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


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("a/* b */c// d\ne", "ac\ne"),
        ("a/* b", "a/* b"),
        ("a /* b // c\nd /* e // f", "a /* b \nd /* e "),
        ("a/*/b", "a/*/b"),
        ("a/*/b*/c", "ac"),
        ("a// /* b\nc */d", "a\nc */d"),
        ("a/* // */b", "ab"),
        ("a//*b\nc*/d", "a\nc*/d"),
        ("a/* b *//* c", "a/* c"),
    ],
)
def test_comments_end_where_they_end(text: str, resolved: str) -> None:
    assert resolve_choices(text) == resolved


@pytest.mark.parametrize("part", ["/* ", "/*/ ", "// ", "/", "{", "{|", "\\", "%"])
def test_a_text_takes_as_long_as_it_is(part: str) -> None:
    text = part * (1_000_000 // len(part))
    start = time.process_time()
    resolve_choices(text)

    assert time.process_time() - start < 10


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

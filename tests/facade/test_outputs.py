"""Files and texts among whatever nodes return."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comfy_facade import FileReference
from comfy_facade.outputs import files_of, in_node_order, texts_of


def file(filename: str, **more: Any) -> dict[str, Any]:
    return {"filename": filename, "subfolder": "", "type": "output", **more}


class TestOrder:
    def test_outputs_follow_the_prompt(self) -> None:
        outputs: dict[str, Any] = {"10": {"a": 1}, "2": {"a": 2}, "9": {"a": 3}}
        ordered = in_node_order(outputs, {"9": {}, "1": {}, "10": {}, "2": {}})
        assert list(ordered.items()) == [("9", {"a": 3}), ("10", {"a": 1}), ("2", {"a": 2})]

    def test_nodes_expanded_on_the_server_come_last(self) -> None:
        outputs: dict[str, Any] = {"2.0.1": {}, "2": {}, "2.0.0": {}}
        assert list(in_node_order(outputs, {"2": {}})) == ["2", "2.0.1", "2.0.0"]

    @given(st.permutations("12345"), st.permutations("34567"))
    def test_none_is_lost(self, outputs: list[str], prompt: list[str]) -> None:
        ordered = list(in_node_order({name: {} for name in outputs}, {name: {} for name in prompt}))
        assert sorted(ordered) == sorted(outputs)
        known = [name for name in prompt if name in outputs]
        assert ordered[: len(known)] == known
        assert ordered[len(known) :] == [name for name in outputs if name not in known]


class TestFiles:
    def test_of_every_kind_under_every_name(self) -> None:
        outputs: dict[str, Any] = {
            "2": {"images": [file("a.png"), file("b.png", subfolder="x", type="temp")], "animated": [False]},
            "3": {"audio": [file("a.flac")], "text": ["hi"]},
            "4": {"gifs": (file("a.mp4", format="video/h264-mp4", frame_rate=8.0),)},
            "5": {"result": file("mesh.glb", subfolder="3d")},
        }
        assert list(files_of(outputs)) == [
            FileReference("a.png", "", "output", "2", "images"),
            FileReference("b.png", "x", "temp", "2", "images"),
            FileReference("a.flac", "", "output", "3", "audio"),
            FileReference("a.mp4", "", "output", "4", "gifs"),
            FileReference("mesh.glb", "3d", "output", "5", "result"),
        ]

    def test_each_once(self) -> None:
        outputs: dict[str, Any] = {
            "2": {"images": [file("a.png"), file("a.png")], "files": [file("a.png")]},
            "3": {"images": [file("a.png"), file("a.png", type="temp"), file("a.png", subfolder="x")]},
        }
        found = list(files_of(outputs))
        assert [(reference.node_id, reference.type, reference.subfolder) for reference in found] == [
            ("2", "output", ""),
            ("3", "temp", ""),
            ("3", "output", "x"),
        ]

    def test_what_is_missing_or_odd_has_a_default(self) -> None:
        outputs = {"2": {"images": [{"filename": "a.png"}, {"filename": "b.png", "subfolder": None, "type": 7}]}}
        assert list(files_of(outputs)) == [
            FileReference("a.png", node_id="2", output_name="images"),
            FileReference("b.png", node_id="2", output_name="images"),
        ]

    @pytest.mark.parametrize(
        "value", [None, 7, "a.png", [], ["a.png"], {}, [{"filename": 7}], [{"filename": ""}], [[]]]
    )
    def test_what_names_none_gives_none(self, value: object) -> None:
        assert list(files_of({"2": {"images": value}})) == []


class TestImages:
    @pytest.mark.parametrize(
        "name", ["a.png", "a.PNG", "a.jpeg", "a.webp", "a.gif", "a.avif", "a.tiff", "a.exr", "a.tar.png"]
    )
    @pytest.mark.parametrize("output_name", ["images", "files", ""])
    def test_by_their_suffix(self, name: str, output_name: str) -> None:
        assert FileReference(name, output_name=output_name).is_image

    @pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.flac", "a.mp3", "a.txt", "a.json"])
    def test_videos_among_images_are_none(self, name: str) -> None:
        # ComfyUI's SaveVideo returns its file as `images`.
        assert not FileReference(name, output_name="images").is_image

    @pytest.mark.parametrize("name", ["a", "a.custom-kind", ".hidden"])
    def test_where_the_suffix_says_nothing_by_their_place(self, name: str) -> None:
        assert FileReference(name, output_name="images").is_image
        assert not FileReference(name, output_name="gifs").is_image
        assert not FileReference(name).is_image


class TestTexts:
    @pytest.mark.parametrize("name", ["text", "texts", "string", "strings"])
    def test_by_the_names_nodes_give_them(self, name: str) -> None:
        assert list(texts_of({"2": {name: ["a", "b"]}})) == ["a", "b"]
        assert list(texts_of({"2": {name: "a"}})) == ["a"]
        assert list(texts_of({"2": {name: ("a",)}})) == ["a"]

    def test_in_order_and_twice_if_they_are(self) -> None:
        assert list(
            texts_of({"3": {"text": ["b", ""]}, "2": {"text": ["a"], "images": ["c"]}, "1": {"text": ["b"]}})
        ) == [
            "b",
            "",
            "a",
            "b",
        ]

    @pytest.mark.parametrize("value", [None, 7, [], [7, None, ["a"]], {"text": "a"}])
    def test_nothing_else_is_one(self, value: object) -> None:
        assert list(texts_of({"2": {"text": value}})) == []


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["filename", "subfolder", "type", "text"]), inner, max_size=3)
    ),
    max_leaves=10,
)
raw_outputs = st.dictionaries(
    st.sampled_from("123"), st.dictionaries(st.sampled_from(["images", "text", "gifs"]), json_values)
)


@given(raw_outputs)
def test_no_shape_breaks_it(outputs: dict[str, dict[str, Any]]) -> None:
    references = list(files_of(outputs))
    assert all(reference.filename and isinstance(reference.is_image, bool) for reference in references)
    keys = [(reference.type, reference.subfolder, reference.filename) for reference in references]
    assert len(keys) == len(set(keys))
    assert all(isinstance(text, str) for text in texts_of(outputs))

"""`run`: files, texts, seeds, inputs, and what programs read of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import comfy_emulator
from comfy_emulator import Ui
from comfy_emulator.catalogue import object_info
from comfy_emulator.json_types import JsonObject
from comfy_emulator.node_types import NodeClass
from comfy_emulator.routes import node_definitions
from comfy_emulator.versions import Version
from tests import plain_http, prompts
from tests.cli.conftest import Program, written

PNG = b"\x89PNG"


def ran(emulator: comfy_emulator.RunningServer, prompt_id: str) -> dict[str, Any]:
    """The prompt as the server ran it."""
    entry = plain_http.get(f"{emulator.url}/history/{prompt_id}").json()[prompt_id]
    prompt: dict[str, Any] = entry["prompt"][2]
    return prompt


def test_files_are_saved_and_their_paths_are_all_it_prints(program: Program) -> None:
    done = program("run", written(prompts.two_images_and_text("héllo\x1b[31m")), "-o", "made")
    assert done.code == 0, done.err
    *paths, text = done.lines
    assert sorted(path.read_bytes()[:4] for path in map(Path, paths)) == [PNG, PNG]
    assert text == "héllo\N{REPLACEMENT CHARACTER}[31m"
    assert done.err.startswith("done in 0:0")


def test_without_a_directory_the_addresses_are_printed(program: Program) -> None:
    done = program("run", written(prompts.one_image()))
    assert plain_http.get(done.lines[0]).content.startswith(PNG)


def test_no_file_is_replaced(program: Program, emulator: comfy_emulator.RunningServer) -> None:
    Path("made").mkdir()
    first = program("run", written(prompts.plain_image(1)), "-o", "made", "--json").record("file")["path"]
    Path(first).write_text("mine", encoding="utf-8")
    name = Path(first).name
    done = program("download", name, "-o", "made")
    assert done.code == 0, done.err
    assert Path(first).read_text(encoding="utf-8") == "mine"
    assert done.lines == [str(Path("made") / f"{Path(name).stem} (2).png")]


def test_programs_get_one_object_a_line_and_nothing_else(program: Program) -> None:
    done = program("run", written(prompts.two_images_and_text()), "--json", "-o", "made")
    assert done.code == 0
    assert done.err == ""
    events = [record["event"] for record in done.records]
    assert events[0] == "queued"
    assert events[-1] == "done"
    assert {"progress", "file", "text"} <= set(events)
    fractions = [record["fraction"] for record in done.records if record["event"] == "progress"]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    files = [record for record in done.records if record["event"] == "file"]
    assert {record["type"] for record in files} == {"output", "temp"}
    assert {record["node_title"] for record in files} == {"SaveImage", "PreviewImage"}
    assert all(Path(record["path"]).is_file() for record in files)


def test_images_sent_over_the_socket_are_saved_too(program: Program) -> None:
    done = program("run", written(prompts.over_websocket()), "-o", "made")
    assert [Path(line).suffix for line in done.lines] == [".png"]
    assert Path(done.lines[0]).read_bytes().startswith(PNG)


def test_seeds_are_fresh_unless_told_otherwise(program: Program, emulator: comfy_emulator.RunningServer) -> None:
    path = written(prompts.one_image(seed=42))

    def seeds_of(*arguments: str) -> list[int]:
        done = program("run", path, "--json", *arguments)
        queued = [record["prompt_id"] for record in done.records if record["event"] == "queued"]
        return [ran(emulator, prompt_id)["1"]["inputs"]["seed"] for prompt_id in queued]

    fresh = seeds_of("--repeat", "2")
    assert 42 not in fresh
    assert len(set(fresh)) == 2
    assert seeds_of("--seed", "7", "--repeat", "2") == [7, 8]
    assert seeds_of("--fixed-seed") == [42]
    assert seeds_of("--set", "ProbeSteps.seed=5") == [5]
    assert seeds_of("--set", "seed=6", "--seed", "9") == [6]


def test_values_are_set_by_key_title_or_name_alone(program: Program, emulator: comfy_emulator.RunningServer) -> None:
    path = written(prompts.two_images_and_text())
    settings = ["--set", "steps=2", "--set", "3.text=42", "--set", "SaveImage.filename_prefix=a=b"]
    done = program("run", path, "--json", *settings)
    assert done.code == 0, done.err
    prompt = ran(emulator, done.record("done")["prompt_id"])
    assert prompt["1"]["inputs"]["steps"] == 2
    assert prompt["3"]["inputs"]["text"] == "42"
    assert prompt["2"]["inputs"]["filename_prefix"] == "a=b"


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("steps", "NAME=VALUE"),
        ("nothing=1", "no node has an input"),
        ("images=1", "no node has an input"),
        ("1.steps=many", "is no"),
        ("1.steps=nan", "is no"),
        ("1.width=Infinity", "is no"),
        ("1.width=1e999", "is no"),
        ("2.images=NaN", "is no JSON"),
        ("2.images=[-Infinity]", "is no JSON"),
        ("2.images=1e999", "is no JSON"),
        ("2.images=" + "[" * 50_000, "nested"),
        ("2.images=" + "[" * 500 + "]" * 500, "nested"),
        ("3.text=\udcff", "not text"),
        ('2.images="\\ud800"', "not text"),
        ("3.te\udcffxt=1", "no input"),
        ("=1", "no node has an input"),
        (".=1", "names no input"),
        ("1.stps=1", "did you mean 'steps'"),
        ("Nowhere.steps=1", "no node has the id"),
    ],
)
def test_settings_that_fit_nothing_are_usage_errors(program: Program, setting: str, words: str) -> None:
    done = program("run", written(prompts.two_images_and_text()), "--set", setting)
    assert done.code == 2
    assert words in done.err
    assert len(done.err.splitlines()) == 2


def test_a_name_that_fits_several_inputs_lists_them(program: Program) -> None:
    prompt = {"1": prompts.steps(), **{key: prompts.one_image()["2"] for key in "23"}, "4": prompts.steps()}
    done = program("run", written(prompt), "--set", "steps=2")
    assert done.code == 2
    assert "1.steps (ProbeSteps), 4.steps (ProbeSteps)" in done.err


def loading() -> dict[str, Any]:
    return {
        "1": {"class_type": "LoadImage", "inputs": {"image": "none.png"}},
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    }


@pytest.mark.parametrize("form", ["{}", "LoadImage.image={}", "1.image={}"])
def test_files_are_uploaded_for_the_nodes_that_load_them(program: Program, form: str) -> None:
    picture = program("run", written(prompts.plain_image(3)), "-o", "made").lines[0]
    done = program("run", written(loading()), "--input", form.format(picture), "-o", "made")
    assert done.code == 0, done.err
    assert len(done.lines) == 1


@pytest.mark.parametrize("mark", ["image_upload", "animated_image_upload", "file_upload"])
def test_files_are_uploaded_for_classes_that_only_the_server_knows(
    program: Program, monkeypatch: pytest.MonkeyPatch, mark: str
) -> None:
    def loads_a_clip(clip: str) -> Ui:
        return Ui({"text": [clip]})

    def marked(node_class: NodeClass, version: Version) -> JsonObject:
        described = object_info(node_class, version)
        if node_class.name == "loads_a_clip":
            described["input"]["required"]["clip"] = [["none.webp"], {mark: True}]
        return described

    monkeypatch.setattr(node_definitions, "object_info", marked)
    Path("moving.png").write_bytes(PNG)
    with comfy_emulator.running(nodes=[loads_a_clip]) as server:
        path = written({"1": {"class_type": "loads_a_clip", "inputs": {"clip": "none.webp"}}})
        done = program("run", path, "--input", "moving.png", "--json", url=server.url)
        assert done.code == 0, done.err
        assert ran(server, done.record("done")["prompt_id"])["1"]["inputs"]["clip"] == "moving.png"


def test_files_without_a_place_are_usage_errors(program: Program) -> None:
    Path("a.png").write_bytes(PNG)
    done = program("run", written(prompts.plain_image()), "--input", "a.png")
    assert (done.code, "1 file for 0 free file inputs" in done.err) == (2, True)
    assert program("run", written(loading()), "--input", "b.png").code == 2


def test_a_file_for_an_input_that_is_not_there_is_not_even_uploaded(
    program: Program, emulator: comfy_emulator.RunningServer
) -> None:
    Path("kept_here.png").write_bytes(PNG)
    done = program("run", written(loading()), "--input", "1.imag=kept_here.png")
    assert (done.code, "did you mean 'image'" in done.err) == (2, True), done.err
    assert plain_http.get(f"{emulator.url}/view?filename=kept_here.png&type=input").status_code == 404


def test_a_file_without_a_name_takes_a_place_that_no_other_file_was_named_for(
    program: Program, emulator: comfy_emulator.RunningServer
) -> None:
    for name in ("named.png", "unnamed.png"):
        made = program("run", written(prompts.plain_image(len(name))), "-o", "made").lines[0]
        Path(made).rename(name)
    prompt = {key: loading()["1"] for key in ("10", "11")}
    prompt |= {key + "0": {**loading()["2"], "inputs": {"images": [key, 0]}} for key in prompt}
    path = written(prompt)
    for files in (["10.image=named.png", "unnamed.png"], ["unnamed.png", "10.image=named.png"]):
        done = program("run", path, *(part for file in files for part in ("--input", file)), "--json")
        assert done.code == 0, done.err
        inputs = ran(emulator, done.record("done")["prompt_id"])
        assert (inputs["10"]["inputs"]["image"], inputs["11"]["inputs"]["image"]) == ("named.png", "unnamed.png")
    done = program("run", path, "--input", "10.image=named.png", "-i", "11.image=named.png", "-i", "unnamed.png")
    assert (done.code, "1 file for 0 free file inputs" in done.err) == (2, True), done.err
    assert program("run", written(loading(), "one.json"), "--input", "image=named.png").code == 0
    assert program("run", path, "--input", "image=named.png").code == 2


def test_what_it_made_can_be_run_again(program: Program) -> None:
    picture = program("run", written(prompts.plain_image(4)), "-o", "made").lines[0]
    assert program("run", picture, "-o", "made").code == 0
    converted = program("convert", picture, "--json").records[0]
    assert converted["1"]["class_type"] == "EmptyImage"


def test_previews_are_drawn_only_for_a_person(program: Program) -> None:
    done = program("run", written(prompts.one_image()), "--preview", "kitty")
    assert "\x1b" not in done.err + done.out

"""Errors, files, settings and progress: the parts of a fleet that need none."""

from __future__ import annotations

import asyncio
import inspect
import io
import json
from pathlib import Path
from typing import Any

import pytest

import comfy_facade.errors
import comfy_fleet
import comfy_fleet.errors
from comfy_facade import (
    ComfyUIError,
    InvalidWorkflowError,
    PromptInterruptedError,
    RunProgress,
    UnexpectedResponseError,
)
from comfy_fleet import FleetFile, StoreFailedError, WorkerFailedError
from comfy_fleet.error_records import reduce_error, restore_error
from comfy_fleet.inputs import keep_input, named_inputs, plain_prompt, with_server_names
from comfy_fleet.job import FleetJob
from comfy_fleet.settings import (
    BROKER,
    read_setting,
    required_setting,
    results_beside,
    without_credentials,
    worker_name,
)
from comfy_fleet.store import Store

EXAMPLES: dict[str, Any] = {
    "str": "text",
    "int": 500,
    "float": 1.5,
    "bool": True,
}


def every_error() -> list[type[ComfyUIError]]:
    kinds = {
        kind
        for module in (comfy_facade.errors, comfy_fleet.errors)
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, ComfyUIError)
    }
    return sorted(kinds, key=lambda kind: kind.__name__)


def made(kind: type[ComfyUIError]) -> ComfyUIError:
    """An error of a class, with plausible arguments."""
    arguments: dict[str, Any] = {}
    for name, parameter in list(inspect.signature(kind.__init__).parameters.items())[1:]:
        annotation = str(parameter.annotation)
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if annotation.startswith("Mapping"):
            arguments[name] = {"a": {"b": [1, "two"]}}
        elif annotation.startswith("Sequence"):
            arguments[name] = ["one", "two"]
        else:
            arguments[name] = EXAMPLES[annotation.partition(" ")[0]]
    takes_text = kind.__init__ in (ComfyUIError.__init__, Exception.__init__)
    return kind("text") if takes_text else kind(**arguments)


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_every_error_comes_back_as_it_was(kind: type[ComfyUIError]) -> None:
    error = made(kind)
    restored = restore_error(json.loads(json.dumps(reduce_error(error))))
    assert type(restored) is kind
    assert str(restored) == str(error)
    assert vars(restored) == vars(error)


def test_other_exceptions_become_errors_of_the_worker() -> None:
    restored = restore_error(reduce_error(ZeroDivisionError("by zero")))
    assert isinstance(restored, WorkerFailedError)
    assert (restored.exception_type, restored.reason) == ("ZeroDivisionError", "by zero")
    # A record cannot make this program construct what it names.
    forged = restore_error({"kind": "subprocess.Popen", "message": "x", "data": {"args": ["rm"]}})
    assert isinstance(forged, WorkerFailedError)
    assert isinstance(restore_error({}), WorkerFailedError)

    class OwnError(UnexpectedResponseError):
        pass

    assert isinstance(restore_error(reduce_error(OwnError(500, "GET /", "x"))), WorkerFailedError)


@pytest.mark.parametrize("where", ["directory", "file", "memory"])
def test_a_store_keeps_files(where: str, tmp_path: Path) -> None:
    location = {
        "directory": str(tmp_path / "store"),
        "file": f"file://{tmp_path}/store",
        "memory": f"memory://{tmp_path.name}",
    }[where]
    store = Store(location)
    written = store.write("a/b.bin", b"data")
    assert (written.size, len(written.sha256)) == (4, 64)
    assert store.read("a/b.bin") == b"data"
    assert store.exists("a/b.bin")
    assert store.exists("a/b.bin", 4)
    assert not store.exists("a/b.bin", 5)
    assert not store.exists("a/c.bin")
    place = store.place("a/c.bin")
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(b"more data")
    kept = store.keep(place, "a/c.bin")
    store.discard(place)
    assert store.read("a/c.bin") == b"more data"
    assert kept.size == 9
    assert kept == store.write("a/c.bin", b"more data")
    for path in ("../x", "/etc/passwd", "a/../../x"):
        with pytest.raises(StoreFailedError, match="leave"):
            store.read(path)
    with pytest.raises(StoreFailedError, match="FileNotFoundError"):
        store.read("none")
    if where == "directory":
        assert sorted(path.name for path in (tmp_path / "store").rglob("*")) == ["a", "b.bin", "c.bin"]


def test_a_store_whose_package_is_missing_says_so() -> None:
    with pytest.raises(StoreFailedError):
        Store("nosuchprotocol://bucket/path")


async def test_a_file_that_changed_is_not_given_out(tmp_path: Path) -> None:
    store = Store(tmp_path)
    written = store.write("a.png", b"data")
    file = FleetFile("a.png", path="a.png", size=4, sha256=written.sha256, store=store)
    assert await file.read() == b"data"
    assert (await file.save(tmp_path / "out.png")).read_bytes() == b"data"
    store.write("a.png", b"atad")
    with pytest.raises(StoreFailedError, match="not those"):
        await file.read()


def test_inputs_are_found_where_they_are_named(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(b"photo")
    prompt = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "photo.png", "other": "../secret", "n": 1}},
        "2": {"class_type": "LoadImage", "inputs": {"image": tmp_path / "photo.png"}},
    }
    given: Any = prompt["2"]["inputs"]
    path = str(tmp_path / "photo.png")
    assert named_inputs(prompt, None) == {path: tmp_path / "photo.png"}
    assert set(named_inputs(prompt, tmp_path)) == {path, "photo.png"}
    assert set(named_inputs(prompt, {"photo.png": b"x"})) == {path, "photo.png"}
    with pytest.raises(InvalidWorkflowError, match="no input of the prompt names"):
        named_inputs(prompt, {"photo.jpg": b"x"})
    plain = plain_prompt(prompt)
    assert json.loads(json.dumps(plain)) == plain
    named = with_server_names(plain, {path: "fleet/1.png", "photo.png": "fleet/1.png"})
    assert [node["inputs"]["image"] for node in named.values()] == ["fleet/1.png", "fleet/1.png"]
    assert isinstance(given["image"], Path)


def test_the_same_bytes_are_kept_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    kept = [keep_input(b"photo", "photo.PNG", store), keep_input(io.BytesIO(b"photo"), "other.png", store)]
    assert kept[0] == kept[1]
    assert kept[0].path.endswith(".png")
    assert len(list((tmp_path / "inputs").iterdir())) == 1


def test_settings_come_from_arguments_files_and_the_environment(tmp_path: Path) -> None:
    secret = tmp_path / "broker"
    secret.write_text("redis://:password@host/0\n", encoding="utf-8")
    environment = {BROKER: "redis://environment", f"{BROKER}_FILE": str(secret)}
    assert read_setting(BROKER, "redis://given", environment) == "redis://given"
    assert read_setting(BROKER, None, environment) == "redis://:password@host/0"
    assert read_setting(BROKER, None, {BROKER: "redis://environment"}) == "redis://environment"
    with pytest.raises(ValueError, match=f"{BROKER}_FILE"):
        required_setting(BROKER, None, {}, "broker=")
    assert results_beside("redis://a/0", None) == "redis://a/0"
    assert results_beside("amqp://a", "redis://a/1") == "redis://a/1"
    for broker, results in (("amqp://a", None), ("amqp://a", "rpc://"), ("amqp://a", "amqp://a")):
        with pytest.raises(ValueError, match="results"):
            results_beside(broker, results)
    assert without_credentials("amqp://user:password@host:5672/vhost?x=secret") == "amqp://host:5672/vhost"


def test_workers_are_named_after_their_servers() -> None:
    assert worker_name("http://user:password@GPU1:8188/") == "gpu1-8188"
    assert worker_name("https://host/base/path") == "host-443-base-path"
    assert worker_name("127.0.0.1:8188") == "127.0.0.1-8188"


async def test_events_are_kept_in_bounds_and_end(tmp_path: Path) -> None:
    async def cancel(_prompt_id: str) -> bool:
        return False

    job = FleetJob("id", Store(tmp_path), cancel)

    async def follow() -> list[str]:
        return [event.kind async for event in job.events()]

    early = asyncio.create_task(follow())
    job.tell("queued")
    await asyncio.sleep(0)
    for step in range(1000):
        job.tell("progress", worker="w", progress=RunProgress(step / 1000))
    job.tell("moved", worker="w")
    assert job.worker == ""
    job.fail(PromptInterruptedError(prompt_id="id"))
    job.succeed({})
    job.tell("progress")
    late = await follow()
    assert late[-1] == "failed"
    assert len(late) <= 256
    assert (await early)[-1] == "failed"
    with pytest.raises(PromptInterruptedError):
        await job.result()
    assert job.has_failed


def test_the_public_names_are_there() -> None:
    assert sorted(comfy_fleet.__all__) == comfy_fleet.__all__
    for name in comfy_fleet.__all__:
        assert getattr(comfy_fleet, name) is not None
    assert set(comfy_fleet.__all__) <= set(dir(comfy_fleet))
    with pytest.raises(AttributeError, match="nothing"):
        comfy_fleet.nothing  # noqa: B018

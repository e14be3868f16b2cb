"""A prompt made ready to run: loaded, set, fed with files, seeded.

It uploads the files it is given and asks for node definitions only where they are needed, for a server's are large.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from comfy_facade.async_client import AsyncComfyUIApiClient
from comfy_facade.cli.exit_codes import UsageProblemError
from comfy_facade.cli.input_files import load_workflow
from comfy_facade.cli.json_values import check_value, json_or_text
from comfy_facade.cli.session import Session
from comfy_facade.errors import UnknownInputError
from comfy_facade.raw_json import as_list, as_object
from comfy_facade.workflow import PromptInput, Workflow, randomize_prompt
from comfy_facade.workflow.own_checks import UPLOAD_MARKS

_FILE_INPUTS: Final = {"LoadImage": "image", "LoadImageMask": "image", "LoadAudio": "audio", "LoadVideo": "file"}


@frozen
class Changes:
    """What the command line changes in a workflow.

    Attributes:
        settings: `--set`, each `NAME=VALUE`.
        files: `--input`, each a file or `NAME=FILE`.
        seed: `--seed`: for every seed.
        keeps_seeds: `--fixed-seed`: the workflow's own seeds stay.
    """

    settings: Sequence[str] = ()
    files: Sequence[str] = ()
    seed: int | None = None
    keeps_seeds: bool = False


@frozen
class Prepared:
    """A prompt that is ready but for its seeds.

    Attributes:
        prompt: The prompt.
        interface: Gives the workflow to be embedded in what a prompt saves, in interface format, or `None`.
        seeds_set: The seeds that were set by hand, which stay.
        changes: What was asked for.
        node_defs: The server's definitions, if they were asked for.
    """

    prompt: Mapping[str, Any]
    interface: Callable[[Mapping[str, Any]], Mapping[str, Any] | None]
    seeds_set: frozenset[tuple[str, str]]
    changes: Changes
    node_defs: Mapping[str, Any] | None

    def seeded(self, ordinal: int = 0) -> tuple[dict[str, Any], dict[str, int]]:
        """Give the prompt with its seeds.

        Args:
            ordinal: Which repetition, from 0; `--seed N` counts up with it.

        Returns:
            The prompt, and the seeds that were set by their keys (`"3.seed"`).
        """
        prompt = {key: {**node, "inputs": dict(node.get("inputs", {}))} for key, node in self.prompt.items()}
        if self.changes.keeps_seeds:
            return prompt, {}
        found = randomize_prompt(prompt, self.node_defs)
        seeds: dict[str, int] = {}
        for (node_id, name), fresh in found.items():
            if (node_id, name) in self.seeds_set:
                prompt[node_id]["inputs"][name] = self.prompt[node_id]["inputs"][name]
                continue
            value = fresh if self.changes.seed is None else self.changes.seed + ordinal
            prompt[node_id]["inputs"][name] = seeds[f"{node_id}.{name}"] = value
        return prompt, seeds


async def prepare(session: Session, client: AsyncComfyUIApiClient, source: str, changes: Changes) -> Prepared:
    """Make a prompt ready.

    Args:
        session: Where warnings go.
        client: The server's client; it is asked only for what is needed.
        source: The workflow's path, or `-`.
        changes: What to change.

    Returns:
        The prompt.
    """
    if changes.seed is not None and changes.keeps_seeds:
        raise UsageProblemError("--seed and --fixed-seed exclude each other", "leave one of them out")
    workflow = await load_workflow(source)
    definitions = _Definitions(client, workflow)
    if workflow.kind == "interface":
        await definitions.get()
    for warning in workflow.warnings:
        session.output.note(f"warning: {warning}", "yellow")
    seeds_set: set[tuple[str, str]] = set()
    for setting in changes.settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise UsageProblemError(f"--set takes NAME=VALUE, not {setting!r}", "for instance --set KSampler.steps=30")
        seeds_set.add(await _set(workflow, definitions, key.strip(), text))
    await _upload_inputs(client, workflow, definitions, changes.files)
    return Prepared(workflow.to_prompt(), workflow.to_interface, frozenset(seeds_set), changes, definitions.known)


class _Definitions:
    """The server's node definitions, asked for once and only when they are needed."""

    def __init__(self, client: AsyncComfyUIApiClient, workflow: Workflow) -> None:
        self._client: Final = client
        self._workflow: Final = workflow
        self.known: Mapping[str, Any] | None = None

    async def get(self) -> Mapping[str, Any]:
        """Ask for them if they are not known yet, and let the workflow go by them."""
        if self.known is None:
            self.known = await self._client.get_node_defs()
            self._workflow.use(self.known)
        return self.known


async def _set(workflow: Workflow, definitions: _Definitions, key: str, text: str) -> tuple[str, str]:
    if "." not in key:
        key = _key_of_name(workflow, key)
    try:
        _set_value(workflow, key, text, is_declared=definitions.known is not None)
    except UnknownInputError:
        if definitions.known is not None:
            raise
        # An input that the prompt leaves out, perhaps.
        await definitions.get()
        _set_value(workflow, key, text, is_declared=True)
    return workflow.resolve(key)


def _set_value(workflow: Workflow, key: str, text: str, *, is_declared: bool) -> None:
    node_id, name = workflow.resolve(key)
    listed = next((entry for entry in workflow.inputs() if (entry.node_id, entry.name) == (node_id, name)), None)
    value = _value_of(key, text, listed, is_declared=is_declared)
    check_value(value, f"--set {key}")
    workflow.set({f"{node_id}.{name}": value})


def _key_of_name(workflow: Workflow, name: str) -> str:
    found = [entry for entry in workflow.inputs() if entry.name == name]
    if len(found) == 1:
        return found[0].key
    if not found:
        raise UsageProblemError(
            f"no node has an input {name!r}", "write it as 'node.input'; validate WORKFLOW --inputs lists all"
        )
    listed = ", ".join(f"{entry.key} ({entry.title})" for entry in found[:6])
    raise UsageProblemError(f"{name!r} fits {len(found)} inputs", f"say which: {listed}")


def _value_of(key: str, text: str, listed: PromptInput | None, *, is_declared: bool) -> Any:
    kind = "*" if listed is None else listed.type
    if kind == "INT" and not is_declared:
        # Told from the value alone, and a FLOAT may well be a whole number.
        kind = "INT" if text.lstrip("+-").isdecimal() else "FLOAT"
    try:
        match kind:
            case "INT":
                return int(text)
            case "FLOAT":
                return _finite(text)
            case "BOOLEAN":
                return {"true": True, "false": False, "1": True, "0": False}[text.lower()]
            case "STRING":
                return text
            case "COMBO":
                return next((choice for choice in listed.choices if str(choice) == text), text) if listed else text
            case _:
                return json_or_text(text, f"--set {key}")
    except (ValueError, KeyError):
        # Undeclared, it is known for a number and no more.
        what = kind if is_declared or kind != "FLOAT" else "number"
        raise UsageProblemError(f"--set {key}: {text!r} is no {what}", f"give a value of type {what}") from None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


async def _upload_inputs(
    client: AsyncComfyUIApiClient, workflow: Workflow, definitions: _Definitions, files: Sequence[str]
) -> None:
    named: list[tuple[tuple[str, str] | None, Path]] = []
    for key, path in map(_split_file, files):
        # What is wrong with a name shows before anything is uploaded.
        named.append((None if key is None else await _name_file(workflow, definitions, key.strip(), path.name), path))
    taken = {target for target, _ in named if target is not None}
    wanted = sum(target is None for target, _ in named)
    free = await _free_file_inputs(workflow, definitions, taken, wanted) if wanted else []
    if len(free) < wanted:
        listed = ", ".join(f"{node_id}.{name}" for node_id, name in free) or "none"
        count = "1 file" if wanted == 1 else f"{wanted} files"
        raise UsageProblemError(f"{count} for {len(free)} free file inputs: {listed}", "write NAME=FILE")
    places = iter(free)
    for target, path in named:
        node_id, name = target or next(places)
        uploaded = await client.upload_image(path)
        workflow.set({f"{node_id}.{name}": uploaded.name_for_input})


async def _name_file(workflow: Workflow, definitions: _Definitions, key: str, filename: str) -> tuple[str, str]:
    if "." not in key:
        key = _key_of_name(workflow, key)
    try:
        workflow.set({key: filename})
    except UnknownInputError:
        if definitions.known is not None:
            raise
        await definitions.get()
        workflow.set({key: filename})
    return workflow.resolve(key)


def _split_file(entry: str) -> tuple[str | None, Path]:
    key: str | None = None
    path, rest = Path(entry), ""
    if not path.is_file() and "=" in entry:
        key, _, rest = entry.partition("=")
        path = Path(rest)
    if not path.is_file():
        given = entry if key is None else rest
        what = "is no plain file" if given and path.exists() else "is not there"
        raise UsageProblemError(f"the file {given!r} to upload {what}", "--input takes FILE or NAME=FILE")
    return key, path


async def _free_file_inputs(
    workflow: Workflow, definitions: _Definitions, taken: Container[tuple[str, str]], wanted: int
) -> list[tuple[str, str]]:
    known = [(node.id, _FILE_INPUTS[node.class_type]) for node in workflow if node.class_type in _FILE_INPUTS]
    free = [place for place in known if place not in taken]
    if len(free) >= wanted:
        return free
    defs = await definitions.get()
    places = [(entry.node_id, entry.name) for entry in workflow.inputs() if _takes_uploads(defs, entry)]
    return [place for place in places if place not in taken]


def _takes_uploads(defs: Mapping[str, Any], entry: PromptInput) -> bool:
    raw = as_object(getattr(defs.get(entry.class_type), "raw", None))
    sections = as_object(raw.get("input"))
    declared = [as_list(as_object(sections.get(section)).get(entry.name)) for section in ("required", "optional")]
    options = [as_object(spec[1]) for spec in declared if len(spec) > 1]
    return any(bool(each.get(mark)) for each in options for mark in UPLOAD_MARKS)

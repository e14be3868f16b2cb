"""The commands for workflows themselves: `convert`, `validate`, `codegen`. They run nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from comfy_facade.cli.commands import command
from comfy_facade.cli.exit_codes import CommandFailedError, ExitCode
from comfy_facade.cli.input_files import load_definitions, load_workflow
from comfy_facade.cli.run_command import WorkflowArgument
from comfy_facade.cli.session import Session
from comfy_facade.codegen import generate_module, write_module

NodeDefsOption = Annotated[
    Path | None,
    typer.Option("--node-defs", metavar="FILE", help="The answer of /object_info, to work without a server."),
]


def add_workflow_commands(app: typer.Typer) -> None:
    """Add the commands.

    Args:
        app: The application.
    """
    command(app, "convert")(convert)
    command(app, "validate")(validate)
    command(app, "codegen")(codegen)


async def convert(
    session: Session,
    workflow: WorkflowArgument,
    target: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to, else standard output.")
    ] = None,
    node_defs: NodeDefsOption = None,
) -> None:
    """Turn a workflow of the interface, or a file made by ComfyUI, into a prompt in API format.

    Args:
        session: The server and the output.
        workflow: The workflow's path, or `-`.
        target: Where to.
        node_defs: A file of node definitions.
    """
    loaded = await load_workflow(workflow)
    if loaded.kind == "interface":
        loaded.use(await _definitions(session, node_defs))
    for warning in loaded.warnings:
        session.output.note(f"warning: {warning}", "yellow")
    prompt = loaded.to_prompt()
    if target is not None:
        await asyncio.to_thread(target.write_text, json.dumps(prompt, indent=2) + "\n", encoding="utf-8")
        session.output.result({"event": "converted", "path": str(target), "nodes": len(prompt)}, str(target))
    else:
        session.output.record(prompt)
        session.output.line(json.dumps(prompt, indent=2))


async def validate(
    session: Session,
    workflow: WorkflowArgument,
    node_defs: NodeDefsOption = None,
    inputs: Annotated[bool, typer.Option("--inputs", help="List what can be set instead.")] = False,
) -> None:
    """Say what the server would refuse in a workflow, before anything is sent. Exits with 3 if there is anything.

    Args:
        session: The server and the output.
        workflow: The workflow's path, or `-`.
        node_defs: A file of node definitions.
        inputs: Whether to list the inputs instead.
    """
    loaded = await load_workflow(workflow)
    definitions = await _definitions(session, node_defs)
    loaded.use(definitions)
    if inputs:
        for entry in loaded.inputs():
            session.output.record(
                {
                    "key": entry.key,
                    "node_title": entry.title,
                    "name": entry.name,
                    "type": entry.type,
                    "value": entry.value,
                    "default": entry.default,
                    "choices": list(entry.choices),
                    "min": entry.minimum,
                    "max": entry.maximum,
                }
            )
        rows = [[entry.key, entry.title, entry.type, json.dumps(entry.value)] for entry in loaded.inputs()]
        session.output.table(["key", "node", "type", "value"], rows)
        return
    problems = loaded.validate(check_files=True)
    for problem in problems:
        record = {
            "event": "problem",
            "node_id": problem.node_id,
            "node_title": problem.title,
            "class_type": problem.class_type,
            "input": problem.input_name,
            "kind": problem.kind,
            "message": problem.message,
        }
        session.output.result(record, str(problem))
    if problems:
        would = "would run the rest of it" if problems.is_accepted else "would refuse it"
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise CommandFailedError(f"{count}: the server {would}", "nothing was sent", ExitCode.REJECTED)
    session.output.result({"event": "valid", "nodes": len(loaded)}, f"no problems in {len(loaded)} nodes")


async def codegen(
    session: Session,
    target: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to, else standard output.")
    ] = None,
    node_defs: NodeDefsOption = None,
) -> None:
    """Write a Python module with a typed function for each node class of the server.

    Args:
        session: The server and the output.
        target: Where to.
        node_defs: A file of node definitions.
    """
    definitions = await _definitions(session, node_defs)
    origin = session.server.shown_url if node_defs is None else str(node_defs)
    if target is not None:
        await asyncio.to_thread(write_module, definitions, target, source=origin)
        session.output.result({"event": "generated", "path": str(target), "nodes": len(definitions)}, str(target))
        return
    text = generate_module(definitions, source=origin)
    session.output.result({"event": "generated", "module": text, "nodes": len(definitions)}, text.rstrip("\n"))


async def _definitions(session: Session, file: Path | None) -> Mapping[str, Any]:
    if file is None:
        async with session.client() as client:
            return await client.get_node_defs()
    return await load_definitions(file)

"""The commands for the server itself: `nodes`, `models`, `settings`, `info`."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from comfy_facade.cli.commands import command, group
from comfy_facade.cli.completion import complete_folder, complete_node
from comfy_facade.cli.exit_codes import CommandFailedError
from comfy_facade.cli.json_values import check_value, json_or_text
from comfy_facade.cli.printable import size_text
from comfy_facade.cli.session import Session
from comfy_facade.errors import NotFoundError
from comfy_facade.node_defs import InputDef, NodeDef


def add_server_commands(app: typer.Typer) -> None:
    """Add the commands.

    Args:
        app: The application.
    """
    nodes = group(app, "nodes", list_nodes, "List, search and show the server's node classes.")
    command(nodes, "list")(list_nodes)
    command(nodes, "search")(search_nodes)
    command(nodes, "show")(show_node)
    command(app, "models")(models)
    settings = group(app, "settings", list_settings, "List, read and store the settings of the user.")
    command(settings, "list")(list_settings)
    command(settings, "get")(get_setting)
    command(settings, "set")(set_setting)
    command(app, "info")(info)


async def list_nodes(session: Session) -> None:
    """List the node classes.

    Args:
        session: The server and the output.
    """
    await _list_matching(session, "")


async def search_nodes(
    session: Session, text: Annotated[str, typer.Argument(help="A part of a name, category or description.")]
) -> None:
    """List the node classes whose name, category or description holds a text.

    Args:
        session: The server and the output.
        text: The text.
    """
    await _list_matching(session, text)


async def show_node(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="CLASS", help="The class.", autocompletion=complete_node)],
) -> None:
    """Show the inputs and outputs of a node class.

    Args:
        session: The server and the output.
        name: The class.
    """
    async with session.client() as client:
        definitions = await client.get_node_defs()
    definition = definitions.get(name)
    if definition is None:
        raise CommandFailedError(f"the server has no node class {name!r}", f"try: comfy-facade nodes search {name}")
    session.output.record({"name": name, **definition.raw})
    session.output.line(f"{definition.name}  {definition.display_name}  ({definition.category})")
    if definition.description:
        session.output.line(definition.description)
    rows = [[each.name, each.type, _needed(each), _limits(each)] for each in definition.inputs.values()]
    session.output.table(["input", "type", "", "default, range, choices"], rows)
    outputs = [[each.name, each.type, "list" if each.is_list else ""] for each in definition.outputs]
    session.output.table(["output", "type", ""], outputs)


async def models(
    session: Session,
    folder: Annotated[
        str | None, typer.Argument(metavar="[FOLDER]", help="A kind of models.", autocompletion=complete_folder)
    ] = None,
) -> None:
    """List the kinds of models, or the models of one kind.

    Args:
        session: The server and the output.
        folder: The kind.
    """
    async with session.client() as client:
        if folder is None:
            for name in await client.get_model_folders():
                session.output.result({"folder": name}, name)
            return
        try:
            names = await client.get_models(folder)
        except NotFoundError:
            raise CommandFailedError(
                f"the server has no models of kind {folder!r}", "comfy-facade models lists the kinds"
            ) from None
        for name in names:
            session.output.result({"folder": folder, "name": name}, name)


async def list_settings(session: Session) -> None:
    """List the settings of the user.

    Args:
        session: The server and the output.
    """
    async with session.client() as client:
        settings = await client.get_settings()
    for name, value in sorted(settings.items()):
        session.output.record({"id": name, "value": value})
    session.output.table(["setting", "value"], [[name, json.dumps(value)] for name, value in sorted(settings.items())])


async def get_setting(
    session: Session, name: Annotated[str, typer.Argument(metavar="ID", help="The setting.")]
) -> None:
    """Read one setting, as JSON.

    Args:
        session: The server and the output.
        name: The setting.
    """
    async with session.client() as client:
        value = await client.get_setting(name)
    session.output.result({"id": name, "value": value}, json.dumps(value, ensure_ascii=False))


async def set_setting(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="ID", help="The setting.")],
    value: Annotated[str, typer.Argument(help="Its value: JSON, or else text.")],
) -> None:
    """Store one setting.

    Args:
        session: The server and the output.
        name: The setting.
        value: Its value.
    """
    stored: Any = json_or_text(value, name)
    check_value(stored, name)
    async with session.client() as client:
        await client.store_setting(name, stored)
    session.output.record({"id": name, "value": stored})


async def info(session: Session) -> None:
    """Show the server's version, devices, features and queue.

    Args:
        session: The server and the output.
    """
    async with session.client() as client:
        stats = await client.get_system_stats()
        features = await client.get_features()
        queue = await client.get_queue()
        url = client.base_url
    system = stats.system.to_dict()
    record = {
        "url": url,
        "system": {key: value for key, value in system.items() if key != "argv"},
        "devices": [device.to_dict() for device in stats.devices],
        "features": features.to_dict(),
        "queue": {"running": len(queue.running), "pending": len(queue.pending)},
    }
    session.output.record(record)
    rows = [
        ["address", url],
        ["ComfyUI", str(system.get("comfyui_version", "unknown"))],
        ["Python", str(system.get("python_version", "unknown")).partition(" ")[0]],
        ["PyTorch", str(system.get("pytorch_version", "unknown"))],
        ["system", str(system.get("os", "unknown"))],
        ["memory", f"{size_text(system.get('ram_free', 0))} of {size_text(system.get('ram_total', 0))} free"],
    ]
    rows += [
        [f"device {device.name}", f"{size_text(device.vram_free)} of {size_text(device.vram_total)} free"]
        for device in stats.devices
    ]
    rows.append(["queue", f"{len(queue.running)} running, {len(queue.pending)} pending"])
    session.output.table(["", ""], rows)


async def _list_matching(session: Session, text: str) -> None:
    async with session.client() as client:
        definitions = await client.get_node_defs()
    rows: list[list[str]] = []
    for name in sorted(definitions, key=str.casefold):
        definition = definitions[name]
        if not _matches(definition, text.casefold()):
            continue
        session.output.record(
            {
                "name": name,
                "display_name": definition.display_name,
                "category": definition.category,
                "description": definition.description,
                "is_output": definition.is_output,
            }
        )
        rows.append([name, definition.display_name, definition.category])
    if rows:
        session.output.table(["class", "name", "category"], rows)
    elif not session.output.is_json:
        session.output.note(f"no node class holds {text!r}")


def _matches(definition: NodeDef, text: str) -> bool:
    fields = (definition.name, definition.display_name, definition.category, definition.description)
    return any(text in each.casefold() for each in fields)


def _needed(entry: InputDef) -> str:
    return "" if entry.required else "optional"


def _limits(entry: InputDef) -> str:
    parts: list[str] = []
    if entry.default is not None:
        parts.append(f"{entry.default!r}")
    low, high = entry.options.get("min"), entry.options.get("max")
    if low is not None and high is not None:
        parts.append(f"{low} to {high}")
    if entry.choices:
        shown = ", ".join(str(choice) for choice in entry.choices[:8])
        parts.append(f"{shown}, and {len(entry.choices) - 8} more" if len(entry.choices) > 8 else shown)
    return "; ".join(parts)

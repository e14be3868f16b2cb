"""The commands for what waits and what is over: `queue` and `history`, each with `list`, `delete`, `clear`; `free`."""

from __future__ import annotations

import datetime
import sys
from typing import Annotated, Any

import typer

from comfy_facade.cli.commands import command, group
from comfy_facade.cli.exit_codes import UsageProblemError
from comfy_facade.cli.prompt_commands import PromptsArgument
from comfy_facade.cli.session import Session
from comfy_facade.models import HistoryEntry, QueueItem
from comfy_facade.outputs import files_of
from comfy_facade.raw_json import as_number

YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
MaxOption = Annotated[int, typer.Option("--max", "-m", min=1, help="How many at most, the newest.")]

_DEFAULT_MAX = 20


def add_queue_commands(app: typer.Typer) -> None:
    """Add the commands.

    Args:
        app: The application.
    """
    queue = group(app, "queue", list_queue, "List the queue, delete from it, clear it.")
    command(queue, "list")(list_queue)
    command(queue, "delete")(delete_from_queue)
    command(queue, "clear")(clear_queue)
    history = group(app, "history", list_latest, "List prompts that are over, delete them, clear them.")
    command(history, "list")(list_history)
    command(history, "delete")(delete_from_history)
    command(history, "clear")(clear_history)
    command(app, "free")(free)


async def list_queue(session: Session) -> None:
    """List what runs and what waits, in the order in which it will run.

    Args:
        session: The server and the output.
    """
    async with session.client() as client:
        queue = await client.get_queue()
    places = [("running", 0, item) for item in queue.running]
    places += [("pending", index + len(queue.running), item) for index, item in enumerate(queue.pending)]
    rows: list[list[str]] = []
    for state, position, item in places:
        session.output.record(_queue_record(state, position, item))
        rows.append([state, item.prompt_id, f"{len(item.prompt)} nodes", _client_of(item)])
    if rows:
        session.output.table(["state", "prompt", "size", "client"], rows)
    elif not session.output.is_json:
        session.output.note("the queue is empty")


async def delete_from_queue(session: Session, prompt_ids: PromptsArgument) -> None:
    """Delete pending prompts from the queue.

    Args:
        session: The server and the output.
        prompt_ids: The prompts.
    """
    async with session.client() as client:
        for prompt_id in prompt_ids:
            await client.delete_item("queue", prompt_id)
            session.output.record({"event": "deleted", "prompt_id": prompt_id})


async def clear_queue(session: Session, yes: YesOption = False) -> None:
    """Delete all pending prompts, whoever queued them.

    Args:
        session: The server and the output.
        yes: Whether not to ask.
    """
    async with session.client() as client:
        count = len((await client.get_queue()).pending)
        _confirm(session, f"Delete {count} pending prompts, whoever queued them?", yes=yes)
        await client.clear_items("queue")
        session.output.result({"event": "cleared", "prompts": count}, f"{count} prompts deleted")


async def list_latest(session: Session) -> None:
    """List the latest prompts that are over, the newest last.

    Args:
        session: The server and the output.
    """
    await list_history(session)


async def list_history(session: Session, maximum: MaxOption = _DEFAULT_MAX) -> None:
    """List prompts that are over, the newest last.

    Args:
        session: The server and the output.
        maximum: How many at most.
    """
    async with session.client() as client:
        history = await client.get_history(maximum)
    rows: list[list[str]] = []
    for entry in history.values():
        record = _history_record(entry)
        session.output.record(record)
        ended = record["ended_at"]
        when = "" if ended is None else f"{datetime.datetime.fromtimestamp(ended).astimezone():%Y-%m-%d %H:%M:%S}"
        took = "" if record["seconds"] is None else f"{record['seconds']:.1f} s"
        rows.append([entry.prompt_id, record["state"], when, took, f"{record['files']} files"])
    if rows:
        session.output.table(["prompt", "state", "ended", "took", "made"], rows)
    elif not session.output.is_json:
        session.output.note("the history is empty")


async def delete_from_history(session: Session, prompt_ids: PromptsArgument) -> None:
    """Delete prompts from the history; their files stay.

    Args:
        session: The server and the output.
        prompt_ids: The prompts.
    """
    async with session.client() as client:
        for prompt_id in prompt_ids:
            await client.delete_item("history", prompt_id)
            session.output.record({"event": "deleted", "prompt_id": prompt_id})


async def clear_history(session: Session, yes: YesOption = False) -> None:
    """Delete the whole history; the files stay.

    Args:
        session: The server and the output.
        yes: Whether not to ask.
    """
    async with session.client() as client:
        _confirm(session, "Delete the whole history, whoever's prompts it holds?", yes=yes)
        await client.clear_items("history")
        session.output.record({"event": "cleared"})


async def free(
    session: Session,
    unload_models: Annotated[bool, typer.Option("--unload-models", help="Unload the models.")] = False,
    free_memory: Annotated[bool, typer.Option("--free-memory", help="Drop cached results too.")] = False,
) -> None:
    """Let the server give up memory before its next prompt; without options, models and cached results.

    Args:
        session: The server and the output.
        unload_models: Whether to unload the models.
        free_memory: Whether to drop cached results.
    """
    if not (unload_models or free_memory):
        unload_models = free_memory = True
    async with session.client() as client:
        await client.free(unload_models=unload_models, free_memory=free_memory)
        session.output.record({"event": "freed", "unload_models": unload_models, "free_memory": free_memory})


def _confirm(session: Session, question: str, *, yes: bool) -> None:
    # A script has nobody to ask, and says what it means.
    is_answered = yes or not (session.output.is_live and sys.stdin.isatty())
    if not is_answered and not typer.confirm(question, err=True):
        raise UsageProblemError("nothing was deleted", "answer y, or pass --yes")


def _client_of(item: QueueItem) -> str:
    return str(item.extra_data.get("client_id") or "")


def _queue_record(state: str, position: int, item: QueueItem) -> dict[str, Any]:
    return {
        "prompt_id": item.prompt_id,
        "state": state,
        "position": position,
        "number": item.number,
        "nodes": len(item.prompt),
        "client_id": _client_of(item),
    }


def _history_record(entry: HistoryEntry) -> dict[str, Any]:
    messages = entry.messages
    ending = "failed" if entry.status == "error" else "done"
    state = "interrupted" if "execution_interrupted" in messages else ending
    ends = [messages.get(f"execution_{end}", {}).get("timestamp") for end in ("success", "error", "interrupted")]
    ended = next((number / 1000 for number in map(as_number, ends) if number is not None), None)
    started = as_number(messages.get("execution_start", {}).get("timestamp"))
    return {
        "prompt_id": entry.prompt_id,
        "state": state,
        "started_at": None if started is None else started / 1000,
        "ended_at": ended,
        "seconds": None if started is None or ended is None else round(ended - started / 1000, 3),
        "files": sum(1 for _ in files_of(entry.outputs)),
    }

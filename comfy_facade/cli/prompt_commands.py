"""The commands for one prompt: `submit`, `wait`, `status`, `cancel`, `interrupt`."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from comfy_facade.async_client import AsyncComfyUIApiClient
from comfy_facade.cli.commands import command
from comfy_facade.cli.completion import complete_prompt
from comfy_facade.cli.exit_codes import CommandFailedError, ExitCode
from comfy_facade.cli.failures import describe, record_of
from comfy_facade.cli.preparation import Changes, prepare
from comfy_facade.cli.results_output import check_directory, done_record, file_record, give_result
from comfy_facade.cli.run_command import (
    DirectoryOption,
    FixedSeedOption,
    InputOption,
    SeedOption,
    SetOption,
    TimeoutOption,
    WorkflowArgument,
)
from comfy_facade.cli.run_display import RunDisplay
from comfy_facade.cli.session import Session, shared_session_name
from comfy_facade.errors import ComfyUIError, PromptFailedError, PromptInterruptedError, PromptTimeoutError
from comfy_facade.progress import RunProgress


def _refuse_no_ids(prompt_ids: list[str]) -> list[str]:
    # As part of an address they would name another one.
    if not all(prompt_id.strip(".") for prompt_id in prompt_ids):
        raise typer.BadParameter("an empty text or dots are no id of a prompt.")
    return prompt_ids


PromptsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="PROMPT_ID...", help="The prompts.", autocompletion=complete_prompt, callback=_refuse_no_ids
    ),
]


def add_prompt_commands(app: typer.Typer) -> None:
    """Add the commands.

    Args:
        app: The application.
    """
    command(app, "submit")(submit)
    command(app, "wait")(wait)
    command(app, "status")(status)
    command(app, "cancel")(cancel)
    command(app, "interrupt")(interrupt)


async def submit(
    session: Session,
    workflow: WorkflowArgument,
    settings: SetOption = None,
    files: InputOption = None,
    seed: SeedOption = None,
    fixed_seed: FixedSeedOption = False,
    repeat: Annotated[int, typer.Option("--repeat", "-n", min=1, help="Queue it this many times.")] = 1,
    front: Annotated[bool, typer.Option("--front", help="Put it before everything that waits.")] = False,
) -> None:
    """Put a workflow in the queue and do not wait; the prompt's id goes to standard output.

    Args:
        session: The server and the output.
        workflow: The workflow's path, or `-`.
        settings: Inputs to set.
        files: Files to upload.
        seed: The seed.
        fixed_seed: Whether to keep the seeds.
        repeat: How often to queue it.
        front: Whether to put it at the front.
    """
    changes = Changes(settings or (), files or (), seed, fixed_seed)
    async with session.client(session_name=shared_session_name()) as client:
        prepared = await prepare(session, client, workflow, changes)
        for ordinal in range(repeat):
            prompt, seeds = prepared.seeded(ordinal)
            embedded = prepared.interface(prompt)
            queued = await client.queue_prompt(-1 if front else 0, prompt=prompt, workflow=embedded)
            record = {
                "event": "queued",
                "prompt_id": queued.prompt_id,
                "number": queued.number,
                "seeds": seeds,
                "node_errors": queued.node_errors,
            }
            session.output.result(record, queued.prompt_id)


async def wait(
    session: Session, prompt_ids: PromptsArgument, directory: DirectoryOption = None, timeout: TimeoutOption = None
) -> None:
    """Wait until prompts are over, whoever queued them, and give what they made. Ctrl-C leaves them running.

    Args:
        session: The server and the output.
        prompt_ids: The prompts.
        directory: Where to save files to.
        timeout: Seconds to wait for each at most.
    """
    check_directory(directory)
    async with session.client() as client:
        for prompt_id in prompt_ids:
            try:
                async with asyncio.timeout(timeout):
                    with RunDisplay(session.output, label=prompt_id[:8]) as display:
                        await _watched(client, prompt_id, display)
            except TimeoutError:
                raise PromptTimeoutError(prompt_id, timeout or 0.0) from None
            result = await client.get_prompt_result(prompt_id)
            await give_result(session.output, result, directory)
            session.output.record(done_record(result, {}))


async def _watched(client: AsyncComfyUIApiClient, prompt_id: str, display: RunDisplay) -> None:
    waiting = asyncio.create_task(client.wait_for_prompt(prompt_id))
    began_at: float | None = None
    loop = asyncio.get_running_loop()
    try:
        while not waiting.done():
            try:
                found = await client.get_prompt_status(prompt_id)
            except ComfyUIError:
                # What is shown may lag; how long a server may be away, and what ends the wait, is the run's to say.
                await asyncio.wait([waiting], timeout=1.0)
                continue
            if found.running and began_at is None:
                began_at = loop.time()
            # Without events there is nothing but the place in the queue and the time.
            elapsed = 0.0 if began_at is None else max(loop.time() - began_at, 0.001)
            display.show(RunProgress(queue_position=found.position, elapsed=elapsed))
            await asyncio.wait([waiting], timeout=1.0)
        await waiting
    finally:
        waiting.cancel()
        await asyncio.wait([waiting])


async def status(session: Session, prompt_ids: PromptsArgument) -> None:
    """Say where prompts are: pending, running, done, failed or interrupted.

    Args:
        session: The server and the output.
        prompt_ids: The prompts.
    """
    async with session.client() as client:
        for prompt_id in prompt_ids:
            record = await _status_record(client, prompt_id)
            position = record.get("position")
            place = "" if position is None else f", {position} before it"
            detail = f": {record['message']}" if record.get("message") else ""
            session.output.result(record, f"{prompt_id}  {record['state']}{place}{detail}")
            for file in record.get("files", ()):
                session.output.line(f"  {file['url']}")


async def _status_record(client: AsyncComfyUIApiClient, prompt_id: str) -> dict[str, Any]:
    record: dict[str, Any] = {"prompt_id": prompt_id}
    found = await client.get_prompt_status(prompt_id)
    if not found.done:
        return record | {"state": "running" if found.running else "pending", "position": found.position}
    try:
        result = await client.get_prompt_result(prompt_id)
    except PromptFailedError as error:
        state = "interrupted" if isinstance(error, PromptInterruptedError) else "failed"
        failure = record_of(error)
        del failure["event"], failure["exit_code"], failure["advice"]
        return record | failure | {"state": state, "message": describe(error)[0]}
    files = [file_record(file) for file in result.files]
    return record | {
        "state": "done",
        "files": [{key: value for key, value in file.items() if key != "event"} for file in files],
        "texts": list(result.texts),
        "cached_nodes": sorted(result.cached_nodes),
        "execution_seconds": result.timings.execution,
    }


async def cancel(session: Session, prompt_ids: PromptsArgument) -> None:
    """Cancel prompts, pending or running, and no others. Fails if one was over already.

    Args:
        session: The server and the output.
        prompt_ids: The prompts.
    """
    missed: list[str] = []
    async with session.client() as client:
        for prompt_id in prompt_ids:
            is_cancelled = await client.cancel_prompt(prompt_id)
            text = "cancelled" if is_cancelled else "not there, or over already"
            session.output.result({"prompt_id": prompt_id, "cancelled": is_cancelled}, f"{prompt_id}  {text}")
            if not is_cancelled:
                missed.append(prompt_id)
    if missed:
        raise CommandFailedError(
            f"nothing to cancel: {', '.join(missed)}", "comfy-facade queue lists what can be", ExitCode.FAILED
        )


async def interrupt(
    session: Session,
    prompt_id: Annotated[
        str | None, typer.Argument(metavar="[PROMPT_ID]", help="Only if this runs.", autocompletion=complete_prompt)
    ] = None,
) -> None:
    """Interrupt what runs, whoever queued it; with a prompt, only if that is what runs.

    Args:
        session: The server and the output.
        prompt_id: The prompt.
    """
    async with session.client() as client:
        await client.interrupt(prompt_id)
        session.output.record({"event": "interrupted", "prompt_id": prompt_id})

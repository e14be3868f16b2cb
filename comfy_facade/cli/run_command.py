"""The command `run`: a workflow from its file to the files it makes, with everything in between shown."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from comfy_facade.async_client import AsyncComfyUIApiClient
from comfy_facade.cli.commands import command, refuse_nan
from comfy_facade.cli.pictures import Drawing
from comfy_facade.cli.preparation import Changes, Prepared, prepare
from comfy_facade.cli.printable import duration_text
from comfy_facade.cli.results_output import check_directory, done_record, give_result
from comfy_facade.cli.run_display import RunDisplay
from comfy_facade.cli.session import Session
from comfy_facade.job import Job
from comfy_facade.progress import RunProgress
from comfy_facade.results import OutputFile, PromptResult
from comfy_ws import PreviewImage

WorkflowArgument = Annotated[
    str, typer.Argument(metavar="WORKFLOW", help="A workflow, a prompt, a file made by ComfyUI, or - for stdin.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", metavar="NAME=VALUE", help="Set an input: KSampler.steps=30, 6.text=..., steps=30."),
]
InputOption = Annotated[
    list[str] | None,
    typer.Option("--input", "-i", metavar="[NAME=]FILE", help="Upload a file for a node that loads one."),
]
SeedOption = Annotated[int | None, typer.Option("--seed", min=0, help="Use this seed in every node that has one.")]
FixedSeedOption = Annotated[bool, typer.Option("--fixed-seed", help="Keep the workflow's own seeds.")]
DirectoryOption = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="DIR", help="Save what is made into this directory.")
]
TimeoutOption = Annotated[
    float | None, typer.Option("--timeout", min=0.001, callback=refuse_nan, help="Give up after these seconds.")
]

# How often the display and programs are told of progress, in seconds.
_TICK: Final = 0.1


def add_run_command(app: typer.Typer) -> None:
    """Add the command.

    Args:
        app: The application.
    """
    command(app, "run")(run_workflow)


async def run_workflow(
    session: Session,
    workflow: WorkflowArgument,
    settings: SetOption = None,
    files: InputOption = None,
    seed: SeedOption = None,
    fixed_seed: FixedSeedOption = False,
    repeat: Annotated[int, typer.Option("--repeat", "-n", min=1, help="Run it this many times.")] = 1,
    directory: DirectoryOption = None,
    timeout: TimeoutOption = None,
    preview: Annotated[Drawing, typer.Option("--preview", help="How to draw previews.")] = Drawing.AUTO,
) -> None:
    """Run a workflow, wait for it, and save what it makes.

    Seeds are fresh each time unless --seed, --fixed-seed or --set says otherwise. Ctrl-C cancels the prompt on the
    server. The paths of the saved files, or their addresses without -o, and the texts go to standard output.

    Args:
        session: The server and the output.
        workflow: The workflow's path, or `-`.
        settings: Inputs to set.
        files: Files to upload.
        seed: The seed.
        fixed_seed: Whether to keep the seeds.
        repeat: How often to run it.
        directory: Where to save files to.
        timeout: Seconds for each run.
        preview: How to draw previews.
    """
    check_directory(directory)
    changes = Changes(settings or (), files or (), seed, fixed_seed)
    async with session.client(websocket=True) as client:
        prepared = await prepare(session, client, workflow, changes)
        for ordinal in range(repeat):
            display = RunDisplay(session.output, preview, f"{ordinal + 1} of {repeat}" if repeat > 1 else "")
            await _run_once(session, client, prepared, ordinal, display, timeout, directory)


async def _run_once(
    session: Session,
    client: AsyncComfyUIApiClient,
    prepared: Prepared,
    ordinal: int,
    display: RunDisplay,
    timeout: float | None,
    directory: Path | None,
) -> None:
    prompt, seeds = prepared.seeded(ordinal)
    output = session.output

    def draw(image: PreviewImage) -> None:
        display.preview(image.data)

    with display:
        job = await client.submit(
            prompt,
            workflow=prepared.interface(prompt),
            disable_random_seed=True,
            # The client is closed on the way out, whatever the way is, and that cancels what is not over.
            cancel_on_abandon=True,
            on_preview=draw,
        )
        queued: Mapping[str, Any] = {} if job.queued is None else job.queued.node_errors
        output.record({"event": "queued", "prompt_id": job.prompt_id, "seeds": seeds, "node_errors": queued})
        for node_id in queued:
            output.note(f"warning: the server leaves out what needs node {node_id}; validate says why", "yellow")
        result = await _followed(session, job, display, timeout)
    await give_result(output, result, directory)
    output.record(done_record(result, seeds))
    if not output.is_json:
        output.note(_summary(result, seeds))


async def _followed(session: Session, job: Job, display: RunDisplay, timeout: float | None) -> PromptResult[OutputFile]:
    teller = _ProgressTeller(session, job, display)
    telling = asyncio.create_task(teller.tell_on())
    try:
        return await job.result(timeout=timeout)
    finally:
        telling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await telling
        teller.tell()


class _ProgressTeller:
    """Tells the display, and programs, how far a job is, whenever that changed."""

    def __init__(self, session: Session, job: Job, display: RunDisplay) -> None:
        self._session: Final = session
        self._job: Final = job
        self._display: Final = display
        self._told: RunProgress | None = None

    async def tell_on(self) -> None:
        """Tell again and again."""
        while True:
            self.tell()
            await asyncio.sleep(_TICK)

    def tell(self) -> None:
        """Tell it now."""
        progress = self._job.progress
        self._display.show(progress)
        if progress != self._told:
            self._told = progress
            self._session.output.record(progress_record(progress))


def progress_record(progress: RunProgress) -> dict[str, Any]:
    """Describe progress for programs.

    Args:
        progress: The progress.

    Returns:
        A JSON object.
    """
    return {
        "event": "progress",
        "fraction": round(progress.fraction, 4),
        "node_id": progress.node_id,
        "node_title": progress.node_title,
        "value": progress.value,
        "max": progress.max,
        "nodes_done": progress.nodes_done,
        "nodes_total": progress.nodes_total,
        "queue_position": progress.queue_position,
        "elapsed": round(progress.elapsed, 3),
        "remaining": None if progress.remaining is None else round(progress.remaining, 3),
    }


def _summary(result: PromptResult[OutputFile], seeds: dict[str, int]) -> str:
    took = "" if result.timings.total is None else f" in {duration_text(result.timings.total)}"
    cached = f", {len(result.cached_nodes)} nodes from the cache" if result.cached_nodes else ""
    used = ", ".join(f"{key}={value}" for key, value in seeds.items())
    return f"done{took}{cached}" + (f", seeds {used}" if used else "")

"""The commands `fleet worker` and `fleet status`; what they do is in the package `comfy_fleet`, loaded only for them.

Nothing of the facade knows that package: it is loaded by its name, as the emulator is.
"""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any, Final

import typer

from comfy_facade.cli.commands import command, group, refuse_nan
from comfy_facade.cli.exit_codes import CommandFailedError, UsageProblemError
from comfy_facade.cli.session import Session

BrokerOption = Annotated[
    str | None,
    typer.Option(
        "--broker", help="Address of the broker, else COMFY_FLEET_BROKER or the file in COMFY_FLEET_BROKER_FILE."
    ),
]
ResultsOption = Annotated[
    str | None,
    typer.Option("--results", help="Address of the result backend, else COMFY_FLEET_RESULTS, else the broker."),
]
StoreOption = Annotated[
    str | None, typer.Option("--store", help="Directory or fsspec URL that all share, else COMFY_FLEET_STORE.")
]

_NEEDED: Final = ("celery", "kombu", "redis", "fsspec", "amqp")


def add_fleet_commands(app: typer.Typer) -> None:
    """Add the commands.

    Args:
        app: The application.
    """
    fleet = group(app, "fleet", show_status, "Run prompts on many servers: a worker for each, and how they stand.")
    command(fleet, "worker")(run_worker)
    command(fleet, "status")(show_status_of)


async def run_worker(
    session: Session,
    broker: BrokerOption = None,
    results: ResultsOption = None,
    store: StoreOption = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Its name; by default host and port of its server.")
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", metavar="TAG", help="Serve prompts that want this tag as well.")
    ] = None,
    ahead: Annotated[
        int, typer.Option("--ahead", min=0, help="Prompts that may be pending on the server beside the one that runs.")
    ] = 1,
    kills: Annotated[
        int, typer.Option("--kills", min=1, help="Losses of worker or server after which a prompt is set aside.")
    ] = 3,
    lost_after: Annotated[
        float,
        typer.Option(
            "--lost-after",
            min=0.1,
            callback=refuse_nan,
            help="Seconds without its server after which a prompt runs elsewhere.",
        ),
    ] = 60.0,
    grace: Annotated[
        float,
        typer.Option(
            "--grace",
            min=1.0,
            callback=refuse_nan,
            help="Seconds of silence after which another worker counts as dead.",
        ),
    ] = 15.0,
    drain: Annotated[
        float,
        typer.Option(
            "--drain", min=0.0, callback=refuse_nan, help="Seconds that prompts in hand get to end on SIGTERM."
        ),
    ] = 60.0,
    visibility: Annotated[
        float | None,
        typer.Option(
            "--visibility",
            min=1.0,
            callback=refuse_nan,
            help="Seconds after which Redis gives a dead worker's prompts to others.",
        ),
    ] = None,
) -> None:
    """Take prompts from a broker and run them on one server (--url), until told to stop.

    Credentials of the server come from the profile or COMFYUI_TOKEN, those of the broker from its address, which the
    environment or a file keeps out of the process list.

    Args:
        session: The command's session.
        broker: The broker.
        results: The result backend.
        store: Where files go.
        name: The worker's name.
        tag: Its tags.
        ahead: How many prompts may be pending.
        kills: How many losses make a prompt be set aside.
        lost_after: How long a lost server is waited for.
        grace: When another worker counts as dead.
        drain: How long prompts may take to end.
        visibility: When Redis gives prompts to others.
    """
    process = _fleet("worker_process")
    settings = _settings(process, broker, results, store, visibility)
    try:
        code = await process.work(
            settings,
            session.server,
            name=name,
            tags=tag or (),
            ahead=ahead,
            most_kills=kills,
            lost_after=lost_after,
            grace=grace,
            drain=drain,
            is_debug=session.output.is_debug,
        )
    except ValueError as error:
        raise UsageProblemError(str(error), "look at --name, --tag and --store") from error
    if code:
        raise CommandFailedError(f"the worker ended with {code}", "its log above tells why")


async def show_status(session: Session) -> None:
    """Show servers, what they run, queue lengths and failures, of the fleet that the environment names.

    Args:
        session: The command's session.
    """
    await show_status_of(session)


async def show_status_of(session: Session, broker: BrokerOption = None, results: ResultsOption = None) -> None:
    """Show servers, what they run, queue lengths and failures.

    Args:
        session: The command's session.
        broker: The broker.
        results: The result backend.
    """
    process = _fleet("worker_process")
    status = await process.read_status(_settings(process, broker, results, None, None))
    output = session.output
    output.record(process.status_record(status))
    output.table(
        ("worker", "state", "server", "tags", "running", "pending", "done", "failed"), process.worker_rows(status)
    )
    output.table(("queue", "waiting", ""), process.queue_rows(status))
    output.table(("failed prompt", "worker", "why"), process.failure_rows(status))
    if not status.workers and not output.is_json:
        output.note("no worker was heard of: start one with comfy-facade fleet worker")


def _fleet(module: str) -> Any:
    try:
        return import_module(f"comfy_fleet.{module}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _NEEDED:
            raise
        raise CommandFailedError(
            f"a fleet needs {error.name}, which is not installed", 'install it with: pip install "comfy-facade[fleet]"'
        ) from None


def _settings(
    process: Any, broker: str | None, results: str | None, store: str | None, visibility: float | None
) -> Any:
    try:
        return process.read_settings(broker, results, store, visibility)
    except (ValueError, OSError) as error:
        raise UsageProblemError(str(error), "see: comfy-facade fleet worker --help") from None

"""Commands made of asynchronous functions: the options that all of them take, signals, errors and exit codes.

A command is a coroutine function whose first parameter is the `Session`; typer sees the others, and the common
options behind them. What the function raises becomes two lines on standard error and an exit code.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import math
import signal
from collections.abc import Awaitable, Callable, Generator, Mapping
from typing import Annotated, Any, Final, TypeVar

import typer

from comfy_facade.cli.completion import complete_profile
from comfy_facade.cli.connection import ConnectionOptions
from comfy_facade.cli.exit_codes import ExitCode, exit_code_of
from comfy_facade.cli.failures import describe, record_of
from comfy_facade.cli.output import Output
from comfy_facade.cli.session import Session

_PANEL: Final = "Server and output"

_COMMON: Final[Mapping[str, tuple[Any, Any]]] = {
    "url": (
        Annotated[
            str | None,
            typer.Option("--url", help="Address of the server, else COMFYUI_URL.", rich_help_panel=_PANEL),
        ],
        None,
    ),
    "token": (
        Annotated[
            str | None,
            typer.Option(
                "--token", help="Bearer token; COMFYUI_TOKEN keeps it out of the history.", rich_help_panel=_PANEL
            ),
        ],
        None,
    ),
    "header": (
        Annotated[
            list[str] | None,
            typer.Option("--header", metavar="NAME: VALUE", help="Header of every request.", rich_help_panel=_PANEL),
        ],
        None,
    ),
    "user": (Annotated[str, typer.Option("--user", help="User of a multi-user server.", rich_help_panel=_PANEL)], ""),
    "insecure": (
        Annotated[bool, typer.Option("--insecure", help="Take any TLS certificate.", rich_help_panel=_PANEL)],
        False,
    ),
    "profile": (
        Annotated[
            str | None,
            typer.Option(
                "--profile",
                help="Profile of the configuration file, else COMFYUI_PROFILE.",
                autocompletion=complete_profile,
                rich_help_panel=_PANEL,
            ),
        ],
        None,
    ),
    "json": (
        Annotated[bool, typer.Option("--json", help="One JSON object a line.", rich_help_panel=_PANEL)],
        False,
    ),
    "debug": (
        Annotated[bool, typer.Option("--debug", help="Show tracebacks and the log.", rich_help_panel=_PANEL)],
        False,
    ),
}

CommandT = TypeVar("CommandT", bound=Callable[..., Awaitable[None]])


def command(app: typer.Typer, name: str, **details: Any) -> Callable[[CommandT], CommandT]:
    """Make a command of a coroutine function.

    Args:
        app: The application, or the group of commands.
        name: The command's name.
        details: Further arguments of `typer.Typer.command`.

    Returns:
        A decorator that leaves the function as it is.
    """

    def register(function: CommandT) -> CommandT:
        app.command(name, help=_help_of(function), **details)(_plain(function, name))
        return function

    return register


def group(app: typer.Typer, name: str, default: Callable[..., Awaitable[None]], summary: str) -> typer.Typer:
    """Make a group of commands.

    Args:
        app: The application.
        name: The group's name.
        default: What to do where the group is named alone: a coroutine function that takes the session.
        summary: The help.

    Returns:
        The group.
    """
    made = typer.Typer(help=summary, rich_markup_mode=None)
    app.add_typer(made, name=name)
    made.callback(invoke_without_command=True, help=summary)(_plain(default, name))
    return made


def refuse_nan(value: float | None) -> float | None:
    """Refuse what is no number, and so is less than no bound: a callback for options in seconds.

    Args:
        value: What the command line says.

    Returns:
        The same.
    """
    if value is not None and math.isnan(value):
        raise typer.BadParameter("nan is no number.")
    return value


def common_options(app: typer.Typer) -> None:
    """Let the application take the common options before the name of a command too.

    Args:
        app: The application.
    """

    def keep(context: typer.Context, **values: Any) -> None:
        context.obj = values

    _sign(keep, [])
    app.callback()(keep)


def _plain(function: Callable[..., Awaitable[None]], name: str) -> Callable[..., None]:
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]

    def invoke(context: typer.Context, **values: Any) -> None:
        common = _merged(context.obj or {}, {key: values.pop(key) for key in _COMMON})
        if context.invoked_subcommand is not None:
            context.obj = common
            return
        output = Output(is_json=common["json"], is_debug=common["debug"])
        session = Session(_connection(common), output)
        code = _run(lambda: function(session, **values), output)
        if code:
            raise typer.Exit(int(code))

    invoke.__name__ = name
    _sign(invoke, own)
    return invoke


def _sign(function: Callable[..., None], own: list[inspect.Parameter]) -> None:
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    common = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)
        for name, (kind, default) in _COMMON.items()
    ]
    parameters = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    function.__annotations__ = {}
    function.__signature__ = inspect.Signature([context, *parameters, *common])  # type: ignore[attr-defined]


def _merged(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    merged = {name: value or before.get(name, value) for name, value in now.items()}
    merged["header"] = [*(before.get("header") or ()), *(now.get("header") or ())]
    return merged


def _connection(common: Mapping[str, Any]) -> ConnectionOptions:
    return ConnectionOptions(
        common["url"], common["token"], tuple(common["header"]), common["insecure"], common["user"], common["profile"]
    )


def _help_of(function: Callable[..., Any]) -> str:
    text = inspect.getdoc(function) or ""
    return text.partition("\n\nArgs:")[0]


def _run(work: Callable[[], Awaitable[None]], output: Output) -> ExitCode:
    terminated = False

    def terminate(task: asyncio.Task[Any]) -> None:
        nonlocal terminated
        terminated = True
        task.cancel()

    async def run() -> None:
        task = asyncio.current_task()
        if task is not None:
            with contextlib.suppress(NotImplementedError):
                asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminate, task)
        await work()

    try:
        # Ctrl-C cancels the task, which then has the time to cancel its prompt on the server.
        with _log_on(output):
            asyncio.run(run())
    except KeyboardInterrupt:
        return _interrupted(output, ExitCode.INTERRUPTED)
    except asyncio.CancelledError:
        return _interrupted(output, ExitCode.TERMINATED if terminated else ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # Whoever read the output has enough.
        return ExitCode.FAILED
    except Exception as error:  # noqa: BLE001 - the outermost place, where every error becomes words
        # A person first: what reads the records may be gone.
        output.failure(*describe(error))
        with contextlib.suppress(OSError):
            output.record(record_of(error))
        return exit_code_of(error)
    return ExitCode.DONE


def _interrupted(output: Output, code: ExitCode) -> ExitCode:
    with contextlib.suppress(OSError):
        output.record({"event": "interrupted", "exit_code": int(code)})
    return code


class _LogOnTerminal(logging.Handler):
    """Shows log records above a live display."""

    def __init__(self, output: Output) -> None:
        super().__init__(logging.DEBUG if output.is_debug else logging.WARNING)
        self._output: Final = output

    def emit(self, record: logging.LogRecord) -> None:
        self._output.note(f"{record.levelname.lower()}: {record.getMessage()}")


@contextlib.contextmanager
def _log_on(output: Output) -> Generator[None]:
    """Show the SDK's log for as long as the block lasts, and leave logging as it was."""
    level = logging.DEBUG if output.is_debug else logging.WARNING
    loggers = [logging.getLogger(name) for name in ("comfy_facade", "comfy_ws")]
    handler = _LogOnTerminal(output)
    before = [(logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(level)
        logger.propagate = False
    try:
        yield
    finally:
        for logger, (former_level, propagates) in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(former_level)
            logger.propagate = propagates

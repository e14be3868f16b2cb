"""The application: every command under its name, and what happens to a command line that is none."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import Final

import typer

from comfy_facade.cli.commands import common_options
from comfy_facade.cli.completion import add_completion
from comfy_facade.cli.emulator_command import add_emulator_command
from comfy_facade.cli.exit_codes import ExitCode
from comfy_facade.cli.file_commands import add_file_commands
from comfy_facade.cli.fleet_commands import add_fleet_commands
from comfy_facade.cli.output import Output, is_terminal
from comfy_facade.cli.prompt_commands import add_prompt_commands
from comfy_facade.cli.queue_commands import add_queue_commands
from comfy_facade.cli.run_command import add_run_command
from comfy_facade.cli.server_commands import add_server_commands
from comfy_facade.cli.watch_command import add_watch_command
from comfy_facade.cli.workflow_commands import add_workflow_commands

_SUMMARY: Final = """Run workflows on a ComfyUI server, and ask it everything else.

Exit codes: 0 done, 1 failed, 2 usage, 3 rejected, 4 a node failed, 5 unreachable, 6 timed out, 130 interrupted."""


def make_application() -> typer.Typer:
    """Put the commands together.

    Returns:
        The application.
    """
    app = typer.Typer(
        name="comfy-facade",
        help=_SUMMARY,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    common_options(app)
    add_run_command(app)
    add_prompt_commands(app)
    add_watch_command(app)
    add_queue_commands(app)
    add_file_commands(app)
    add_server_commands(app)
    add_workflow_commands(app)
    add_emulator_command(app)
    add_fleet_commands(app)
    add_completion(app)
    return app


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: What follows the program's name; that of the process if absent.

    Returns:
        The exit code.
    """
    # A module or a path that goes into a file or another program must not lose a letter.
    encoding = None if is_terminal(sys.stdout) else "utf-8"
    for stream, wanted in ((sys.stdout, encoding), (sys.stderr, None)):
        # A terminal that cannot show a title shows a question mark, and no traceback.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=wanted, errors="replace")
    try:
        answer = make_application()(args=arguments, prog_name="comfy-facade", standalone_mode=False)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        path = "comfy-facade" if context is None else context.command_path
        problem = " ".join(error.format_message().split())
        # Without any argument the help was shown, which says it all.
        if problem:
            Output().failure(problem, f"see: {path} --help")
        return int(ExitCode.USAGE)
    except typer.Abort:
        return int(ExitCode.INTERRUPTED)
    return answer if isinstance(answer, int) else int(ExitCode.DONE)

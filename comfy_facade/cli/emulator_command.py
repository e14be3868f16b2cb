"""The command `emulator`: a ComfyUI server without models, in the foreground."""

from __future__ import annotations

from importlib import import_module

import typer

from comfy_facade.cli.exit_codes import ExitCode
from comfy_facade.cli.output import Output


def add_emulator_command(app: typer.Typer) -> None:
    """Add the command.

    Args:
        app: The application.
    """

    @app.command(
        "emulator",
        add_help_option=False,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )
    def serve(context: typer.Context) -> None:  # pyright: ignore[reportUnusedFunction] - typer has it
        """Run an emulated ComfyUI server in the foreground; emulator --help lists its options.

        Args:
            context: The command line.
        """
        try:
            # By its name, as Python's own -m does: nothing of the facade knows the emulator.
            main = import_module("comfy_emulator.__main__").main
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] not in ("aiohttp", "PIL"):
                raise
            Output().failure(
                f"the emulator needs {error.name}, which is not installed",
                'install it with: pip install "comfy-facade[emulator]"',
            )
            raise typer.Exit(int(ExitCode.FAILED)) from None
        try:
            code = main(context.args)
        except OverflowError as error:
            # What is no port is found out where it is listened on.
            Output().failure(str(error), "see: comfy-facade emulator --help")
            code = int(ExitCode.USAGE)
        raise typer.Exit(code)

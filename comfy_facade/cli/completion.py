"""What the shell offers after TAB: names of profiles, prompts, nodes and folders.

A completion never fails and never takes long: what cannot be had is not offered.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Annotated, Final

import typer

from comfy_facade.async_client import AsyncComfyUIApiClient
from comfy_facade.cli.connection import ConnectionOptions, choose_server
from comfy_facade.cli.exit_codes import UsageProblemError
from comfy_facade.cli.profiles import read_profiles
from comfy_facade.errors import ComfyUIError

# A shell that waits longer feels stuck.
_PATIENCE: Final = 2.0
_PROGRAM: Final = "comfy-facade"
_VARIABLE: Final = "_COMFY_FACADE_COMPLETE"


class Shell(StrEnum):
    """The shells that can complete."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def add_completion(app: typer.Typer) -> None:
    """Add the command that prints a completion script.

    Args:
        app: The application.
    """

    @app.command("completion")
    def print_script(  # pyright: ignore[reportUnusedFunction] - typer has it
        shell: Annotated[Shell, typer.Argument(help="The shell.", show_choices=True)],
    ) -> None:
        """Print the completion script of a shell, for its start-up file.

        Args:
            shell: The shell.
        """
        # Asked for in the environment, the application prints the script instead of running a command.
        os.environ[_VARIABLE] = f"source_{shell.value}"
        app(args=(), prog_name=_PROGRAM, complete_var=_VARIABLE)


def complete_profile(incomplete: str) -> list[str]:
    """Offer the names of profiles.

    Args:
        incomplete: What was typed.

    Returns:
        The names.
    """
    try:
        names = list(read_profiles(os.environ).tables)
    except UsageProblemError:
        return []
    return sorted(name for name in names if name.startswith(incomplete))


def complete_prompt(incomplete: str) -> list[str]:
    """Offer the prompts in the queue.

    Args:
        incomplete: What was typed.

    Returns:
        Their ids.
    """

    async def ask(client: AsyncComfyUIApiClient) -> list[str]:
        queue = await client.get_queue()
        return [item.prompt_id for item in (*queue.running, *queue.pending)]

    return _ask(incomplete, ask)


def complete_node(incomplete: str) -> list[str]:
    """Offer the node classes.

    Args:
        incomplete: What was typed.

    Returns:
        Their names.
    """

    async def ask(client: AsyncComfyUIApiClient) -> list[str]:
        return sorted(await client.get_node_defs())

    return _ask(incomplete, ask)


def complete_folder(incomplete: str) -> list[str]:
    """Offer the folders of models.

    Args:
        incomplete: What was typed.

    Returns:
        Their names.
    """

    async def ask(client: AsyncComfyUIApiClient) -> list[str]:
        return await client.get_model_folders()

    return _ask(incomplete, ask)


def _ask(incomplete: str, question: Callable[[AsyncComfyUIApiClient], Awaitable[list[str]]]) -> list[str]:
    async def within_patience() -> list[str]:
        async with asyncio.timeout(_PATIENCE):
            async with choose_server(ConnectionOptions(), os.environ).client(websocket=False) as client:
                return await question(client)

    try:
        names = asyncio.run(within_patience())
    except (ComfyUIError, UsageProblemError, TimeoutError):
        return []
    return [name for name in names if name.startswith(incomplete)]

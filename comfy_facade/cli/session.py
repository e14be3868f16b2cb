"""What every command is given: the server it talks to and where its words go."""

from __future__ import annotations

import getpass
import os
import socket
from typing import Any, Final

from comfy_facade.async_client import AsyncComfyUIApiClient
from comfy_facade.cli.connection import ConnectionOptions, Server, choose_server
from comfy_facade.cli.output import Output


class Session:
    """One run of one command.

    Args:
        options: Which server.
        output: Where its words go.
    """

    def __init__(self, options: ConnectionOptions, output: Output) -> None:
        self._options: Final = options
        self.output: Final = output

    @property
    def server(self) -> Server:
        """The server, as options, environment and profiles say."""
        return choose_server(self._options, os.environ)

    def client(self, *, websocket: bool = False, **options: Any) -> AsyncComfyUIApiClient:
        """Make a client of the server.

        Args:
            websocket: Whether the command wants events.
            options: Further arguments of the client.

        Returns:
            The client, to be entered.
        """
        return self.server.client(websocket=websocket, **options)


def shared_session_name() -> str:
    """Name the session under which `submit` posts and `watch` listens: that of this user on this machine.

    The server tells the running node only to the client that posted the prompt, so both have to be the same client.

    Returns:
        The name.
    """
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = str(os.getuid()) if hasattr(os, "getuid") else "user"
    return f"comfy-facade {user}@{socket.gethostname()}"

"""The command line `comfy-facade`: the client's methods as commands, for people and for scripts.

Duty: parse, ask the client, show what came. It knows nothing of the protocol that the client does not give it, and is
loaded only when the program runs: importing `comfy_facade` needs neither typer nor rich.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: What follows the program's name; that of the process if absent.

    Returns:
        The exit code, see `comfy_facade.cli.exit_codes`.
    """
    try:
        from comfy_facade.cli.application import run
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("typer", "rich"):
            raise
        sys.stderr.write(
            f"comfy-facade: the command line needs {error.name}, which is not installed\n"
            'install it with: pip install "comfy-facade[cli]"\n'
        )
        return 1
    return run(arguments)

"""The command line: `python -m comfy_emulator --port 8188`.

Reads arguments, serves until it is told to stop, and prints where it listens.
"""

import argparse
import asyncio
import contextlib
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from comfy_emulator.background import serving
from comfy_emulator.server import Options
from comfy_emulator.versions import NEWEST, VERSIONS

_MILLISECONDS: Final = 1000


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM.

    Args:
        arguments: The command line without the program's name; that of the process if absent.

    Returns:
        The exit status: 0, or 1 if the address cannot be listened on.
    """
    wanted = _parser().parse_args(arguments)
    with contextlib.ExitStack() as stack:
        directory = wanted.base_directory or stack.enter_context(
            tempfile.TemporaryDirectory(prefix="comfy-emulator-", ignore_cleanup_errors=True)
        )
        options = Options(
            version=wanted.comfyui_version,
            latency=wanted.step_delay_ms / _MILLISECONDS,
            multi_user=wanted.multi_user,
            enable_assets=wanted.enable_assets,
            allowed_origin=wanted.enable_cors_header,
        )
        try:
            asyncio.run(_serve(options, Path(directory), wanted.host, wanted.port))
        except KeyboardInterrupt:
            return 0
        except OSError as failure:
            print(f"cannot listen on {wanted.host}:{wanted.port}: {failure.strerror}", file=sys.stderr)
            return 1
    return 0


async def _serve(options: Options, base_directory: Path, host: str, port: int) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    # The loops of Windows know no signals. There Ctrl-C cancels this task, and anything else ends the process at once.
    with contextlib.suppress(NotImplementedError):
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, ended.set)
    async with serving(options, base_directory, host, port) as (_server, bound_port):
        print(f"ComfyUI {options.version} emulated at http://{host}:{bound_port}", flush=True)
        await ended.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m comfy_emulator",
        description="A ComfyUI server without models or a GPU, for demonstrations and tests.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8188, help="port to listen on, 0 for a free one (default: 8188)")
    parser.add_argument("--comfyui-version", default=NEWEST, choices=list(VERSIONS), help="version to speak as")
    parser.add_argument("--base-directory", type=Path, help="where to keep files (default: vanishes at the end)")
    parser.add_argument("--multi-user", action="store_true", help="want a Comfy-User header on user routes")
    parser.add_argument("--enable-assets", action="store_true", help="let the asset routes work")
    parser.add_argument(
        "--enable-cors-header", nargs="?", const="*", metavar="ORIGIN", help="let in web pages of an origin, or of any"
    )
    parser.add_argument(
        "--step-delay-ms", type=float, default=0.0, metavar="N", help="how long a sampling step takes (default: 0)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

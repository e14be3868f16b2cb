"""The commands for files on the server: `upload` and `download`."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated, Literal

import typer

from comfy_facade.cli.commands import command
from comfy_facade.cli.exit_codes import CommandFailedError, UsageProblemError
from comfy_facade.cli.results_output import check_directory
from comfy_facade.cli.session import Session
from comfy_facade.errors import NotFoundError
from comfy_facade.outputs import FileReference
from comfy_facade.saving import free_path

TypeOption = Annotated[Literal["input", "output", "temp"], typer.Option("--type", help="The server's directory.")]


def add_file_commands(app: typer.Typer) -> None:
    """Add the commands.

    Args:
        app: The application.
    """
    command(app, "upload")(upload)
    command(app, "download")(download)


async def upload(
    session: Session,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="The files.")],
    subfolder: Annotated[str, typer.Option("--subfolder", help="A folder below the directory.")] = "",
    directory: TypeOption = "input",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file of that name.")] = False,
) -> None:
    """Upload files; the names that nodes such as LoadImage take go to standard output.

    Args:
        session: The server and the output.
        files: The files.
        subfolder: A folder below the directory.
        directory: The server's directory.
        overwrite: Whether to replace a file of that name.
    """
    missing = [file for file in files if not file.is_file()]
    if missing:
        raise UsageProblemError(f"there is no file {str(missing[0])!r}", "nothing was uploaded")
    if subfolder and not _is_inside(subfolder):
        raise UsageProblemError(f"{subfolder!r} is no folder below the server's directory", "nothing was uploaded")
    async with session.client() as client:
        for file in files:
            uploaded = await client.upload_image(file, subfolder=subfolder, type=directory, overwrite=overwrite)
            record = {
                "event": "uploaded",
                "file": str(file),
                "filename": uploaded.filename,
                "subfolder": uploaded.subfolder,
                "type": uploaded.type,
                "name_for_input": uploaded.name_for_input,
            }
            session.output.result(record, uploaded.name_for_input)


async def download(
    session: Session,
    files: Annotated[list[str], typer.Argument(metavar="NAME...", help="Names on the server: [SUBFOLDER/]NAME.")],
    directory: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where to.")] = Path(),
    kind: TypeOption = "output",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace local files.")] = False,
) -> None:
    """Download files of the server; for all files of a prompt use: wait PROMPT_ID -o DIR.

    Args:
        session: The server and the output.
        files: Their names.
        directory: Where to.
        kind: The server's directory.
        overwrite: Whether to replace local files; else a number is added to the name.
    """
    check_directory(directory)
    for name in files:
        if name.endswith("/") or not _is_inside(name):
            raise UsageProblemError(f"{name!r} is no name of a file on the server", "write [SUBFOLDER/]NAME")
    async with session.client() as client:
        for name in files:
            subfolder, _, filename = name.rpartition("/")
            reference = FileReference(filename, subfolder, kind)
            free_path(directory, filename)
            try:
                if overwrite:
                    path = await client.download(reference, f"{directory}/")
                else:
                    partial = await client.download(reference, directory / f".{secrets.token_hex(8)}.part")
                    path = partial.rename(free_path(directory, filename))
            except NotFoundError:
                raise CommandFailedError(
                    f"the server has no file {name!r} in its directory {kind!r}", "--type names another directory"
                ) from None
            record = {"event": "downloaded", "filename": filename, "subfolder": subfolder, "type": kind}
            session.output.result({**record, "path": str(path)}, str(path))


def _is_inside(name: str) -> bool:
    return bool(name) and name.isprintable() and not name.startswith("/") and ".." not in name.split("/")

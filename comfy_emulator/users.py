"""Users and the files they keep on the server: settings, workflows and whatever else they store.

Works on directories and names; requests and answers are `comfy_emulator.routes.user_data`.
"""

import json
import os
import re
import uuid
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from comfy_emulator.json_types import JsonObject, is_object

DEFAULT_USER: Final = "default"
"""The only user of a server that does not tell users apart."""

SYSTEM_PREFIX: Final = "__"
"""What the ids of users begin with that no client may name."""

_MILLISECONDS: Final = 1000


class UnknownUserError(Exception):
    """A request named no user, or one that does not exist."""


class Users:
    """The users of one server.

    Args:
        directory: Where they keep their files, one directory each.
        multi_user: Whether requests have to name their user.
    """

    def __init__(self, directory: Path, *, multi_user: bool) -> None:
        self._directory = directory
        self._register = directory / "users.json"
        self.multi_user = multi_user
        self.names: dict[str, str] = self._read() if multi_user else {DEFAULT_USER: DEFAULT_USER}

    def _read(self) -> dict[str, str]:
        if not self._register.is_file():
            return {}
        names: dict[str, str] = json.loads(self._register.read_text(encoding="utf-8"))
        return names

    def add(self, name: str) -> str:
        """Create a user.

        Args:
            name: The user's name.

        Returns:
            The user's id.

        Raises:
            ValueError: The name is blank.
        """
        name = name.strip()
        if not name:
            raise ValueError("username not provided")
        user_id = f"{re.sub('[^a-zA-Z0-9-_]+', '-', name)}_{uuid.uuid4()}"
        self.names[user_id] = name
        self._register.write_text(json.dumps(self.names), encoding="utf-8")
        return user_id

    @staticmethod
    def check_name(name: str) -> None:
        """Check the name of a user to be.

        Raises:
            ValueError: The name is blank, or of a kind clients may not use.
        """
        if not name.strip():
            raise ValueError("username not provided")
        if name.strip().startswith(SYSTEM_PREFIX):
            raise ValueError("System User prefix not allowed")

    def home(self, named: str | None) -> Path:
        """Give the directory of a user.

        Args:
            named: The user's id as the request gave it.

        Raises:
            UnknownUserError: There is no such user.
        """
        user = named if self.multi_user and named is not None else DEFAULT_USER
        if user not in self.names or user.startswith(SYSTEM_PREFIX):
            raise UnknownUserError(user)
        return self._directory / user


def path_below(home: Path, name: str) -> Path | None:
    """Give the path of a user's file.

    Args:
        home: The user's directory.
        name: The name, which may be percent-encoded.

    Returns:
        The path; None if it leads outside.
    """
    path = Path(os.path.normpath(home / (unquote(name) if "%" in name else name)))
    return path if path.is_relative_to(home) else None


def read_settings(home: Path) -> JsonObject:
    """Read a user's settings; there are none if the file is absent or broken."""
    file = home / "comfy.settings.json"
    if not file.is_file():
        return {}
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        return {}
    return settings if is_object(settings) else {}


def write_settings(home: Path, settings: JsonObject) -> None:
    """Write a user's settings."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "comfy.settings.json").write_text(json.dumps(settings, indent=4), encoding="utf-8")


def file_info(path: Path, relative_to: Path, *, in_milliseconds: bool) -> JsonObject:
    """Describe a file.

    Args:
        path: The file.
        relative_to: The directory its path is given from.
        in_milliseconds: Whether times are whole milliseconds instead of seconds.
    """
    found = path.stat()
    modified, created = found.st_mtime, found.st_ctime
    return {
        "path": path.relative_to(relative_to).as_posix(),
        "size": found.st_size,
        "modified": int(modified * _MILLISECONDS) if in_milliseconds else modified,
        "created": int(created * _MILLISECONDS) if in_milliseconds else created,
    }


def files_in(directory: Path, *, recursive: bool) -> list[Path]:
    """List the files of a directory, leaving out hidden ones."""
    found = directory.rglob("*") if recursive else directory.glob("*")
    return sorted(path for path in found if path.is_file() and not _is_hidden(path.relative_to(directory)))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def entries_below(directory: Path, home: Path) -> list[JsonObject]:
    """List files and directories at any depth, directories first, then by name."""
    entries = [_entry(path, home) for path in directory.rglob("*")]
    return sorted(entries, key=lambda entry: (entry["type"] != "directory", entry["name"].lower()))


def _entry(path: Path, home: Path) -> JsonObject:
    entry: JsonObject = {"name": path.name, "path": path.relative_to(home).as_posix()}
    if path.is_dir():
        return entry | {"type": "directory"}
    found = path.stat()
    return entry | {"type": "file", "size": found.st_size, "modified": found.st_mtime}

"""Profiles: servers and how to reach them, by name, in a TOML file of the user's.

Reads that one file and never writes it. Example::

    default = "studio"

    [profiles.studio]
    url = "https://gpu.example.com/comfy"
    token_variable = "STUDIO_TOKEN"

    [profiles.lab]
    url = "http://10.0.0.5:8188"
    headers = { "X-Team" = "animation" }
    insecure = true
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import typer
from attrs import field, frozen

from comfy_facade.cli.exit_codes import UsageProblemError
from comfy_facade.raw_json import as_object

CONFIG_VARIABLE: Final = "COMFYUI_CONFIG"
"""The environment variable that names another file."""

_KINDS: Final[Mapping[str, type]] = {
    "url": str,
    "token": str,
    "token_variable": str,
    "user": str,
    "headers": dict,
    "insecure": bool,
}


@frozen
class Profile:
    """How to reach one server.

    Attributes:
        name: Its name.
        url: The server's address, or `None`.
        token: A bearer token, or `None`.
        user: The user of a multi-user server, or `""`.
        headers: Headers for every request.
        insecure: Whether any certificate will do.
    """

    name: str
    url: str | None = None
    token: str | None = field(default=None, repr=False)
    user: str = ""
    headers: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    insecure: bool = False


@frozen
class Profiles:
    """All profiles.

    Attributes:
        path: The file they are in, whether or not it is there.
        default: The one to take where none is named, or `""`.
        tables: Their raw tables by name.
    """

    path: Path
    default: str = ""
    tables: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)

    def get(self, name: str, environment: Mapping[str, str]) -> Profile:
        """Find a profile.

        Args:
            name: Its name.
            environment: The environment variables, one of which may hold the token.

        Returns:
            The profile.

        Raises:
            UsageProblemError: There is none of that name, or it is wrong.
        """
        if name not in self.tables:
            known = ", ".join(sorted(self.tables)) or "none"
            raise UsageProblemError(f"there is no profile {name!r} in {self.path}", f"it holds: {known}")
        table = as_object(self.tables[name])
        self._check(name, table)
        token = table.get("token")
        variable = table.get("token_variable")
        if token is None and variable is not None:
            token = environment.get(variable)
            if token is None:
                raise UsageProblemError(
                    f"profile {name!r} takes its token from {variable}, which is not set",
                    f"set the environment variable {variable}",
                )
        headers = {key: str(value) for key, value in as_object(table.get("headers")).items()}
        return Profile(
            name, table.get("url"), token, table.get("user", ""), headers, bool(table.get("insecure", False))
        )

    def _check(self, name: str, table: Mapping[str, Any]) -> None:
        for key, value in table.items():
            kind = _KINDS.get(key)
            if kind is None:
                raise UsageProblemError(f"{self.path}: profile {name!r} has {key!r}", f"known are {', '.join(_KINDS)}")
            if not isinstance(value, kind):
                # The value itself may be a secret.
                raise UsageProblemError(
                    f"{self.path}: {key!r} of profile {name!r} is a {type(value).__name__}",
                    f"it should be a {kind.__name__}",
                )


def profiles_path(environment: Mapping[str, str]) -> Path:
    """Say where the profiles are.

    Args:
        environment: The environment variables.

    Returns:
        The path of the file, whether or not it is there.
    """
    named = environment.get(CONFIG_VARIABLE)
    return Path(named) if named else Path(typer.get_app_dir("comfy-facade")) / "config.toml"


def read_profiles(environment: Mapping[str, str]) -> Profiles:
    """Read the profiles.

    Args:
        environment: The environment variables.

    Returns:
        The profiles; none where there is no file.

    Raises:
        UsageProblemError: The file cannot be read, or is no TOML.
    """
    path = profiles_path(environment)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Profiles(path)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # The line at fault may hold a token, so only the place is told.
        place = str(error).rpartition("(")[2].rstrip(")") if "(at" in str(error) else "somewhere"
        raise UsageProblemError(f"{path} is no TOML, {place}", "mend it, or move it away") from None
    except OSError as error:
        raise UsageProblemError(f"{path}: {error.strerror}", f"or name another file in {CONFIG_VARIABLE}") from error
    return Profiles(path, str(content.get("default", "")), as_object(content.get("profiles")))


def environment_token(environment: Mapping[str, str] = os.environ) -> str | None:
    """Read the token from the environment.

    Args:
        environment: The environment variables.

    Returns:
        The token, or `None`.
    """
    return environment.get("COMFYUI_TOKEN") or None

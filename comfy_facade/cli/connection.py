"""Which server a command talks to, and with which credentials: options, environment and profiles, in that order.

Pure but for reading the profiles. A token goes only to the server that it was given for: the environment's is not
sent to a profile's server or to another `--url`, and no profile's to the environment's; that of a profile which the
environment names goes to no other `--url` either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen

from comfy_facade.async_client import AsyncComfyUIApiClient
from comfy_facade.cli.exit_codes import UsageProblemError
from comfy_facade.cli.profiles import Profile, environment_token, read_profiles
from comfy_facade.settings import DEFAULT_HOST, URL_VARIABLE


@frozen
class ConnectionOptions:
    """What the command line says of the server; `None` and empty where it says nothing.

    Attributes:
        url: `--url`.
        token: `--token`.
        headers: `--header`, each `Name: value`.
        insecure: `--insecure`.
        user: `--user`.
        profile: `--profile`.
    """

    url: str | None = None
    token: str | None = field(default=None, repr=False)
    headers: Sequence[str] = field(default=(), repr=False)
    insecure: bool = False
    user: str = ""
    profile: str | None = None

    def over(self, other: ConnectionOptions) -> ConnectionOptions:
        """Put these options over others, which were given before.

        Args:
            other: The options of the command around this one.

        Returns:
            Both together.
        """
        return ConnectionOptions(
            self.url or other.url,
            self.token or other.token,
            (*other.headers, *self.headers),
            self.insecure or other.insecure,
            self.user or other.user,
            self.profile or other.profile,
        )


@frozen
class Server:
    """A server and how to reach it.

    Attributes:
        url: Its address.
        token: A bearer token, or `None`.
        headers: Headers for every request.
        verify: Whether to verify its certificate.
        user: The user, or `""`.
    """

    url: str
    token: str | None = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    verify: bool
    user: str

    @property
    def shown_url(self) -> str:
        """The address without credentials."""
        return self.client(websocket=False).base_url

    def client(self, **options: Any) -> AsyncComfyUIApiClient:
        """Make a client of this server.

        Args:
            options: Further arguments of the client.

        Returns:
            The client, to be entered.

        Raises:
            UsageProblemError: The address or a header is none.
        """
        try:
            return AsyncComfyUIApiClient(
                url=self.url, auth=self.token, headers=self.headers, verify=self.verify, user=self.user, **options
            )
        except ValueError as error:
            raise UsageProblemError(str(error), "look at --url, --token and --header, or at the profile") from None


def choose_server(options: ConnectionOptions, environment: Mapping[str, str]) -> Server:
    """Decide which server is meant.

    A profile that is named counts before the environment, the environment's `COMFYUI_URL` before the default
    profile, and single options before all.

    Args:
        options: The command line's options.
        environment: The environment variables.

    Returns:
        The server.

    Raises:
        UsageProblemError: A header is none, or the profile is unknown or wrong.
    """
    profile = _chosen_profile(options, environment)
    if profile is None:
        url = environment.get(URL_VARIABLE) or None
        profile = Profile("", url, None if _is_another(options.url, url) else environment_token(environment))
    elif options.profile is None and _is_another(options.url, profile.url):
        profile = Profile(profile.name, None)
    return Server(
        url=options.url or profile.url or DEFAULT_HOST,
        token=options.token or profile.token,
        headers={**profile.headers, **dict(_header(line) for line in options.headers)},
        verify=not (options.insecure or profile.insecure),
        user=options.user or profile.user,
    )


def _chosen_profile(options: ConnectionOptions, environment: Mapping[str, str]) -> Profile | None:
    named = options.profile or environment.get("COMFYUI_PROFILE")
    if named:
        return read_profiles(environment).get(named, environment)
    if options.url or environment.get(URL_VARIABLE):
        return None
    profiles = read_profiles(environment)
    return profiles.get(profiles.default, environment) if profiles.default else None


def _is_another(url: str | None, known: str | None) -> bool:
    if url is None or known is None:
        return False
    (scheme, host), (known_scheme, known_host) = _place(url), _place(known)
    # What was given for an encrypted way is not sent on an open one.
    return host != known_host or (known_scheme == "https" and scheme != "https")


def _place(url: str) -> tuple[str, str]:
    scheme, _, rest = url.rpartition("://")
    return scheme.lower() or "http", rest.rpartition("@")[2].partition("/")[0].lower()


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip():
        # The whole of it may be a secret.
        raise UsageProblemError(
            "--header takes 'Name: value', and one given has no name or no colon", "put a colon after its name"
        )
    return name.strip(), value.strip()

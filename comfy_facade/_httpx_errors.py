"""httpx's exceptions, turned into errors of the SDK that quote no secret.

Duty: say which error it is, and whether the request may have reached the server. It sends nothing again, judges no
answer, and lets through what is neither httpx's nor a sign of a closed client.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import httpx

from comfy_facade._discretion import Discreet
from comfy_facade.errors import AuthenticationError, ClientClosedError, ConnectionFailedError

# The request did not leave this machine, so that sending it again cannot make it happen twice.
_UNSENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)

# Their texts quote what was sent, a header with a line break in it say, or what came: only the start may be shown.
_QUOTING: Final = (httpx.ProtocolError, httpx.InvalidURL, UnicodeError)
_QUOTED: Final = re.compile(r"(?:bytearray\()?b?['\"\u2018]|:")


class Translated(Discreet):
    """A block in which requests are logged discreetly and httpx's exceptions become errors of the SDK.

    Args:
        url: The server's address, for messages.
        is_closed: Tells whether the client is closed, which breaks connections too.
    """

    def __init__(self, url: str, is_closed: Callable[[], bool]) -> None:
        super().__init__()
        self._url: Final = url
        self._is_closed: Final = is_closed

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        super().__exit__(kind, error, trace)
        if error is None:
            return
        if isinstance(error, httpx.HTTPError | httpx.StreamError) and self._is_closed():
            raise ClientClosedError from error
        if isinstance(error, httpx.ProxyError) and str(error).startswith("407"):
            raise AuthenticationError(407, self._url) from error
        if isinstance(error, _QUOTING):
            detail = _QUOTED.split(str(error))[0].strip()
            reason = f"{type(error).__name__}: {detail}" if detail else type(error).__name__
            raise ConnectionFailedError(self._url, reason, is_sent=isinstance(error, httpx.HTTPError)) from None
        if isinstance(error, httpx.HTTPError | httpx.StreamError):
            reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            raise ConnectionFailedError(self._url, reason, is_sent=not isinstance(error, _UNSENT)) from error
        if isinstance(error, RuntimeError) and "client has been closed" in str(error):
            raise ClientClosedError from error

"""Keeps what the SDK sends and gets out of the logs of the libraries that it uses.

httpx logs whole addresses, and what is below it logs headers. Within `discreet` their records are cut to what cannot
be a secret; records of other code in the same program stay as they are. The SDK's own log is no affair of this module.
"""

from __future__ import annotations

import logging
from contextvars import ContextVar, Token
from typing import Final

import httpx

_is_discreet: Final[ContextVar[bool]] = ContextVar("comfy_facade_is_discreet", default=False)

# Filters of a logger do not see the records of those below it, so each is named.
_TALKATIVE: Final = (
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
    "hpack.hpack",
    "hpack.table",
)


class Discreet:
    """A block in which other libraries' logs name no header, query or credential. It may be entered again and again."""

    def __init__(self) -> None:
        self._tokens: Final[list[Token[bool]]] = []

    def __enter__(self) -> None:
        self._tokens.append(_is_discreet.set(True))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        _is_discreet.reset(self._tokens.pop())


class _AddressFilter(logging.Filter):
    """Leaves out of an address all that may be secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        if _is_discreet.get() and isinstance(record.args, tuple):
            record.args = tuple(shown_url(part) if isinstance(part, httpx.URL) else part for part in record.args)
        return True


class _NameFilter(logging.Filter):
    """Leaves nothing of a record but its first word, the name of the event."""

    def filter(self, record: logging.LogRecord) -> bool:
        if _is_discreet.get():
            record.msg, record.args = str(record.msg).partition(" ")[0], ()
        return True


def shown_url(url: httpx.URL) -> httpx.URL:
    """Leave out of an address what may be secret.

    Args:
        url: Any address.

    Returns:
        The address without user, password, query and fragment.
    """
    return url.copy_with(userinfo=b"", query=None, fragment=None)


logging.getLogger("httpx").addFilter(_AddressFilter())
for _name in _TALKATIVE:
    logging.getLogger(_name).addFilter(_NameFilter())

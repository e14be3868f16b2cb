"""An authentication of the caller's, whose own failures come as errors of the SDK.

It adds no credential and decides nothing of the flow: every request and answer passes as the authentication wants it,
and what httpx raises stays httpx's until `_httpx_errors` has its turn.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final

import httpx

from comfy_facade.errors import ComfyUIError, ConnectionFailedError


class GuardedAuth(httpx.Auth):
    """An authentication whose own failures come as errors of the SDK.

    Args:
        auth: The authentication.
        url: The server's address, for messages.
    """

    def __init__(self, auth: httpx.Auth, url: str) -> None:
        self._auth: Final = auth
        self._url: Final = url

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Run the flow of the authentication."""
        flow = self._auth.async_auth_flow(request)
        try:
            wanted = await anext(flow)
            while True:
                response = yield wanted
                wanted = await flow.asend(response)
        except StopAsyncIteration:
            return
        except (ComfyUIError, httpx.HTTPError, httpx.StreamError, httpx.InvalidURL):
            raise
        except Exception as error:
            reason = f"the authentication given as auth= failed with {type(error).__name__}"
            raise ConnectionFailedError(self._url, reason, is_sent=True) from error
        finally:
            await flow.aclose()

"""Credentials, a checker of digest signatures, and what a client does that needs credentials everywhere."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from typing import Any

from comfy_facade import AsyncComfyUIApiClient
from comfy_facade.settings import DEFAULT_HOST, Settings, resolve_settings
from tests import prompts
from tests.proxies.requests import Answer, Check, Seen
from tests.proxies.reverse import ReverseProxy

BASIC = "Basic " + base64.b64encode(b"me:p\xc3\xa4ss/w@rd:").decode()
USER, PASSWORD = "me", "päss/w@rd:"


def wanting(name: str, value: str) -> Check:
    return lambda request: None if request.headers.get(name) == value else 401


async def use_everything(client: AsyncComfyUIApiClient) -> None:
    """Run a prompt over the websocket and read a file of it."""
    result = await client.run_prompt(prompts.one_image(), timeout=10)
    assert (await result.images[0].read()).startswith(b"\x89PNG")


def assert_everything_came(proxy: ReverseProxy) -> None:
    # One request in all says that the run was followed over the websocket.
    assert [request.method for request in proxy.others] == ["POST"]
    assert len(proxy.handshakes) == len(proxy.views) == 1


class DigestChecker:
    """Challenges, and verifies the answer against what really arrived; no nonce count is taken twice."""

    def __init__(self, algorithm: str = "SHA-256") -> None:
        self.algorithm = algorithm
        self.nonce = secrets.token_hex(8)
        self.challenges = 0
        self._taken: set[tuple[str, str]] = set()

    def __call__(self, request: Seen) -> Answer | None:
        if self._is_right(request):
            return None
        self.challenges += 1
        challenge = f'Digest realm="comfy", qop="auth", algorithm={self.algorithm}, nonce="{self.nonce}", opaque="o"'
        return Answer(401, b"who are you?", {"WWW-Authenticate": challenge, "Set-Cookie": "challenged=1"})

    def _is_right(self, request: Seen) -> bool:
        scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
        said = {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^",]+))', rest)}
        if scheme != "Digest" or said["nonce"] != self.nonce or said["uri"] != request.target:
            return False
        if (said["nonce"], said["nc"]) in self._taken:
            return False
        self._taken.add((said["nonce"], said["nc"]))
        secret = self._hash(f"{USER}:comfy:{PASSWORD}")
        signed = self._hash(f"{request.method}:{request.target}")
        expected = self._hash(f"{secret}:{said['nonce']}:{said['nc']}:{said['cnonce']}:auth:{signed}")
        return bool(said["response"] == expected)

    def _hash(self, text: str) -> str:
        return hashlib.new(self.algorithm.replace("-", ""), text.encode()).hexdigest()


def resolved(**options: Any) -> Settings:
    plain: dict[str, Any] = {"api_host": DEFAULT_HOST, "api_base": "", "client_id": "", "session_name": "", "user": ""}
    plain |= {"ssl": False, "url": None, "headers": None, "auth": None, "verify": True, "timeout": 1.0}
    return resolve_settings(**{**plain, "outage_timeout": 1.0, "environment": {}, **options})

"""The variables that name proxies, and an environment without them."""

from __future__ import annotations

import pytest

ENVIRONMENT = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
"""The variables that name proxies, which count in upper case too."""


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that names no proxy."""
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)

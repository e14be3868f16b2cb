"""What all suites share: the summary of faults, which the controller of parallel runs prints."""

from __future__ import annotations

import pytest

from tests.chaos.summary import enable


def pytest_configure(config: pytest.Config) -> None:
    """Collect how long each fault took to the right outcome."""
    enable(config)

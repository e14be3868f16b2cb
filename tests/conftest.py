"""What all suites share: the summary of faults, which the controller of parallel runs prints, and Ctrl-C."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator

import hypothesis
import pytest

from tests.chaos.summary import enable

# How long an example takes is the machine's affair, which may be busy with other tests.
hypothesis.settings.register_profile(
    "suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
hypothesis.settings.load_profile("suite")


def pytest_configure(config: pytest.Config) -> None:
    """Collect how long each fault took to the right outcome."""
    enable(config)
    # A shell switches Ctrl-C off for what it starts in the background, and so for the programs that tests start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Iterator[None]:
    """Spare the garbage collector all that is collected: it is there to stay, and each look at it takes long."""
    gc.disable()
    try:
        yield
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()

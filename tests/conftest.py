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
# mutmut runs every test more than once in one process.
hypothesis.settings.register_profile(
    "mutants",
    parent=hypothesis.settings.get_profile("suite"),
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.differing_executors],
)
hypothesis.settings.load_profile("suite")


def pytest_configure(config: pytest.Config) -> None:
    """Collect how long each fault took to the right outcome."""
    enable(config)
    # A shell switches Ctrl-C off for what it starts in the background, and so for the programs that tests start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


# What takes long begins first: then no worker of a parallel run is left alone with it at the end. What waits and what
# computes alternate.
_LONG = (
    "tests/test_documents.py",
    "tests/chaos/test_emulator.py::TestSilentNetwork",
    "tests/fleet/test_redis.py",
    "tests/chaos/test_emulator.py::TestExactlyOnce",
    "tests/chaos/test_emulator.py::TestReconnect",
    "tests/fleet/test_rabbitmq.py",
    "tests/chaos/test_emulator.py::TestDeafSocket",
    "tests/facade/test_runs.py",
    "tests/fleet/test_redis_faults.py",
    "tests/fleet/",
    "tests/chaos/",
    "tests/cli/",
    "tests/test_site.py",
    "tests/facade/test_forks.py",
)


def _place(item: pytest.Item) -> int:
    return next((place for place, beginning in enumerate(_LONG) if item.nodeid.startswith(beginning)), len(_LONG))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put first what takes long, whatever the order of the rest."""
    items.sort(key=_place)


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

"""Shows at the end of a test run how long it took from each fault to the right outcome."""

from __future__ import annotations

import sys
from typing import Any

import pytest

_NAME = "times from faults"
_PROPERTY = "time from a fault"


def enable(config: pytest.Config) -> None:
    """Let the summary be shown, once."""
    if not config.pluginmanager.has_plugin(_NAME):
        config.pluginmanager.register(sys.modules[__name__], _NAME)


def reporter(item: pytest.Item) -> Any:
    """Make the function with which a test notes its times; they travel with the test's report."""

    def report(fault: str, seconds: float, limit: float) -> None:
        item.user_properties.append((_PROPERTY, (fault, item.callspec.id, seconds, limit)))  # type: ignore[attr-defined]
        print(f"{fault}: {seconds:.2f} s, limit {limit:g} s")  # noqa: T201 - pytest -s shows it

    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write the slowest time of each fault, over all servers and clients."""
    slowest: dict[str, tuple[float, float, str, int]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == _PROPERTY and getattr(report, "when", "") == "call":
                    fault, case, seconds, limit = value
                    known = slowest.get(fault, (-1.0, limit, case, 0))
                    count = known[3] + 1
                    slowest[fault] = (seconds, limit, case, count) if seconds > known[0] else (*known[:3], count)
    if not slowest:
        return
    terminalreporter.section("seconds from each fault to the right outcome: the slowest")
    for fault, (seconds, limit, case, count) in sorted(slowest.items()):
        terminalreporter.write_line(f"{seconds:7.2f} of {limit:4g}  {fault}  (of {count}, {case})")

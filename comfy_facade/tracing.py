"""OpenTelemetry spans for runs and requests, where its API is installed; else nothing.

It sets nothing up and exports nothing: that is the program's affair. Spans hold routes, prompt ids and statuses, and
no header, query or credential; of an error they hold its class alone, for its text may quote what a server said.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from importlib import import_module
from typing import Any, Self


class Span:
    """A span, from now until `end`; nothing at all without OpenTelemetry.

    Args:
        name: Its name.
        attributes: What is known of it already.
    """

    def __init__(self, name: str, attributes: Mapping[str, str | int | float | bool]) -> None:
        tracer = _tracer()
        self._span: Any = None if tracer is None else tracer.start_span(name, attributes=dict(attributes))

    def set(self, attributes: Mapping[str, str | int | float | bool]) -> None:
        """Note what became known of it.

        Args:
            attributes: The values by name.
        """
        if self._span is not None:
            self._span.set_attributes(dict(attributes))

    def current(self) -> AbstractContextManager[object]:
        """Let spans that start within a `with` block be children of this one."""
        trace = _api()
        if trace is None or self._span is None:
            return nullcontext()
        context: AbstractContextManager[object] = trace.use_span(
            self._span, end_on_exit=False, record_exception=False, set_status_on_exception=False
        )
        return context

    def end(self, error: BaseException | None = None) -> None:
        """End it; a second time is ignored.

        Args:
            error: What went wrong, or `None`.
        """
        trace, span, self._span = _api(), self._span, None
        if trace is None or span is None:
            return
        if error is not None:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(trace.Status(trace.StatusCode.ERROR))
        span.end()


class RequestSpan(Span):
    """The span of a request, for as long as a `with` block lasts.

    Args:
        arguments: What `httpx.AsyncClient.request` takes.
    """

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        method = str(arguments["method"]).upper()
        super().__init__(method, {"http.request.method": method, "url.path": str(arguments["url"])})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self.end(error)


@cache
def _api() -> Any:
    try:
        return import_module("opentelemetry.trace")
    except ImportError:
        return None


@cache
def _tracer() -> Any:
    # One that is got before the program sets its provider follows that provider from then on.
    trace = _api()
    return None if trace is None else trace.get_tracer("comfy_facade")

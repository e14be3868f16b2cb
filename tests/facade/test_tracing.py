"""Spans for runs and requests with OpenTelemetry, nothing without it, and a log that is quiet by default."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import comfy_emulator
from comfy_facade import AsyncComfyUIApiClient, ComfyUIApiClient, NodeExecutionError, PromptRejectedError
from tests import prompts

SECRET = "correct-horse-battery-staple"
_exporter = InMemorySpanExporter()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server, while spans are kept."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(_exporter))
    # A program sets its provider once and for all.
    trace.set_tracer_provider(provider)
    with comfy_emulator.running() as server:
        yield server.url


@pytest.fixture(autouse=True)
def no_spans() -> None:
    _exporter.clear()


def spans() -> dict[str, list[ReadableSpan]]:
    found: dict[str, list[ReadableSpan]] = {}
    for span in _exporter.get_finished_spans():
        found.setdefault(span.name, []).append(span)
    return found


async def test_a_run_and_its_post(url: str) -> None:
    async with AsyncComfyUIApiClient(url=url, auth=SECRET, headers={"X-Key": SECRET}) as client:
        # A colour of its own, which the server has in no cache.
        result = await client.run_prompt(prompts.plain_image(0x010203))
    (run,) = spans()["comfyui.run"]
    assert dict(run.attributes or {}) == {
        "comfyui.nodes": 2,
        "comfyui.prompt_id": result.prompt_id,
        "comfyui.cached_nodes": 0,
    }
    assert run.status.is_unset
    (post,) = spans()["POST"]
    assert post.parent is not None
    assert post.parent.span_id == run.context.span_id
    assert dict(post.attributes or {}) == {
        "http.request.method": "POST",
        "url.path": "/api/prompt",
        "http.response.status_code": 200,
    }
    assert SECRET not in "".join(span.to_json() for span in _exporter.get_finished_spans())


async def test_a_job_is_traced_to_its_end(url: str) -> None:
    async with AsyncComfyUIApiClient(url=url) as client:
        job = await client.submit(prompts.failing(f"about {SECRET}"))
        with pytest.raises(NodeExecutionError):
            await job.result()
    (run,) = spans()["comfyui.run"]
    assert (run.attributes or {})["error.type"] == "NodeExecutionError"
    assert not run.status.is_ok
    assert SECRET not in run.to_json()


async def test_a_refused_prompt(url: str) -> None:
    async with AsyncComfyUIApiClient(url=url) as client:
        with pytest.raises(PromptRejectedError):
            await client.run_prompt({"1": {"class_type": "Absent", "inputs": {}}})
    (run,) = spans()["comfyui.run"]
    assert (run.attributes or {})["error.type"] == "PromptRejectedError"
    (post,) = spans()["POST"]
    assert (post.attributes or {})["http.response.status_code"] == 400


def test_the_sync_client_and_files(url: str) -> None:
    with ComfyUIApiClient(url=url) as client:
        client.run_prompt(prompts.plain_image()).images[0].read()
    (view,) = spans()["GET"]
    assert (view.attributes or {})["url.path"] == "/api/view"


def script(lines: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-W", "error", "-c", lines], capture_output=True, text=True, check=False)


def test_nothing_needs_opentelemetry(url: str) -> None:
    done = script(
        "import sys; sys.modules['opentelemetry'] = sys.modules['opentelemetry.trace'] = None\n"
        "from comfy_facade import ComfyUIApiClient\n"
        f"with ComfyUIApiClient(url={url!r}) as client: client.run_prompt({prompts.plain_image()!r})\n"
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_log_is_quiet_by_default() -> None:
    done = script(
        "from comfy_facade import ComfyUIApiClient\nwith ComfyUIApiClient(url='http://127.0.0.1:9') as client: pass\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    heard = script(
        "import logging; logging.basicConfig(level=logging.WARNING)\n"
        "from comfy_facade import ComfyUIApiClient\n"
        "with ComfyUIApiClient(url='http://127.0.0.1:9') as client: pass\n"
    )
    assert "comfy_facade:no websocket" in heard.stderr


_LATE_PROVIDER = """
import sys
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from comfy_facade import ComfyUIApiClient

with ComfyUIApiClient(url=sys.argv[1], websocket=False) as client:
    client.get_queue()
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    client.get_queue()
print([span.name for span in exporter.get_finished_spans()])
"""


def test_a_provider_that_is_set_late_is_told_from_then_on(url: str) -> None:
    done = subprocess.run([sys.executable, "-c", _LATE_PROVIDER, url], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "['GET']", done.stderr

"""Run the default text-to-image workflow on an emulated server, show its progress, and keep its pictures."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import comfy_emulator
from comfy_facade import ComfyUIApiClient, RunProgress

WORKFLOW = Path(__file__).with_name("text_to_image.json")
PICTURES = Path("demo-output")


def show(progress: RunProgress) -> None:
    """Draw one line of progress over the last one."""
    width = 32
    done = int(progress.fraction * width)
    steps = f" {progress.value:.0f}/{progress.max:.0f}" if progress.max else ""
    line = f"  [{'#' * done}{'.' * (width - done)}] {progress.fraction:4.0%}  {progress.node_title or ''}{steps}"
    if sys.stdout.isatty():
        print(f"\r{line:<78}", end="", flush=True)
    else:
        print(line)


def main() -> None:
    """Start the emulator, run the workflow, save the pictures."""
    prompt = json.loads(WORKFLOW.read_text(encoding="utf-8"))
    with comfy_emulator.running(latency=0.05) as server, ComfyUIApiClient(url=server.url) as client:
        print(f"ComfyUI (emulated) listens at {server.url}")
        result = client.run_prompt(prompt, on_progress=show)
        print()
        for image in result.images:
            print(f"picture: {image.save(PICTURES).resolve()}")
        print(f"seed {next(iter(result.seeds.values()))}, {result.timings.total:.1f} s")


if __name__ == "__main__":
    main()

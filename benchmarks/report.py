"""The table in the documents, made of the JSON that measuring wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.rows import shown
from benchmarks.servers import ROOT

RESULTS: Final = ROOT / "benchmarks" / "results"
DOCUMENT: Final = ROOT / "docs" / "performance.md"
_BEGIN: Final = "<!-- measured: begin (written by make bench) -->"
_END: Final = "<!-- measured: end -->"
_HEAD: Final = ("row", "target", "measured", "ours", "bound", "met")


def store(name: str, result: Mapping[str, Any]) -> Path:
    """Write a result; rows of an earlier one that were not measured this time are kept.

    Args:
        name: `"emulator"` or `"server"`.
        result: What was measured.

    Returns:
        The file.
    """
    path = RESULTS / f"{name}.json"
    kept: dict[str, Any] = {}
    if path.exists():
        kept = {row["row"]: row for row in json.loads(path.read_text(encoding="utf-8"))["rows"]}
    kept.update({row["row"]: row for row in result["rows"]})
    path.parent.mkdir(exist_ok=True)
    text = json.dumps({**result, "rows": list(kept.values())}, indent=1)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def rewrite_document() -> None:
    """Put the tables of all stored results into the document, between its marks."""
    text = DOCUMENT.read_text(encoding="utf-8")
    sections = [
        "\n".join(section(json.loads(path.read_text(encoding="utf-8")))) for path in sorted(RESULTS.glob("*.json"))
    ]
    body = "\n\n".join([_BEGIN, *sections, _END])
    pattern = re.compile(f"{re.escape(_BEGIN)}.*{re.escape(_END)}", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"{DOCUMENT} has lost the marks between which the tables stand")
    DOCUMENT.write_text(pattern.sub(lambda _: body, text), encoding="utf-8")


def section(result: Mapping[str, Any]) -> Iterator[str]:
    """Write a result: on what it was measured, and a table.

    Args:
        result: What `store` wrote.

    Yields:
        The lines.
    """
    machine = result["machine"]
    packages = ", ".join(f"{name} {number}" for name, number in result["packages"].items())
    yield f"### On {result['server']}"
    yield ""
    yield (
        f"{result['measured']}, {machine['cores']} cores of {machine['processor']}, Python {result['python']}, "
        f"{packages}. The machine's load was {result['load_before']} before and {result['load_after']} after."
    )
    yield ""
    yield from table(result["rows"])


def table(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Write rows as a table.

    Args:
        rows: As JSON has them.

    Yields:
        The lines.
    """
    yield f"| {' | '.join(_HEAD)} |"
    yield f"|{'---|' * len(_HEAD)}"
    for row in rows:
        ratios = ", ".join(f"{ratio:.2f}x {'CPU' if of == 'cpu' else of}" for of, ratio in row["ratios"].items())
        ours, bound = row["medians"]["ours"], row["medians"].get("bound")
        grown = shown("memory", ours["memory"]) if "memory" in ours else ""
        requests = shown("requests", ours["requests"]) if "requests" in ours else ""
        measured = ", ".join(filter(None, (ratios, grown, requests))) or _times(ours)
        cells = (
            row["row"],
            ", ".join(row["target"]),
            measured,
            _times(ours),
            _times(bound) if bound else "",
            "yes" if row["met"] else "**no**",
        )
        yield f"| {' | '.join(cells)} |"


def _times(medians: Mapping[str, float]) -> str:
    return f"{shown('wall', medians['wall'])}, {shown('cpu', medians['cpu'])} CPU"

"""Tells in what a ComfyUI departs from the two contracts.

    python scripts/drift.py --source PATH      read a source tree, without importing any of it
    python scripts/drift.py --url ADDRESS      ask a running server, without changing anything

Without `--as-of`, the contract counts as a whole: an older ComfyUI lacks what is newer, and the report names the
release that the contract says it came with. With `--as-of VERSION`, or `--as-of auto` for the version that was found,
only what the contract says of that version counts. Exit code 0 is no drift, 1 drift, 2 trouble.

Duty: compare and report. Finding things is `comfyui_source.py`'s and `comfyui_server.py`'s work. Refusals: it
changes neither contract; what a difference means is for people to decide.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import comfyui_server
import yaml
from comfyui_source import SourceTree
from comfyui_surface import Difference, Surface, differences, from_contracts

_OPENAPI = Path(__file__).resolve().parents[1] / "openapi"

# What syntax says and the contract does not, or the other way around, and why that is right.
EXPECTED = {
    ("added", "comfy-user (header)", "GET /api/users"): "read on servers with one user, where it means nothing",
    ("added", "id (body)", "POST /api/assets"): "read to be refused",
    ("removed", "comfy-user (header)", "GET /api/assets/seed/status"): "offered at all asset routes alike",
    ("removed", "comfy-user (header)", "HEAD /api/assets/hash/{hash}"): "offered at all asset routes alike",
    ("removed", "comfy-user (header)", "POST /api/assets/prune"): "offered at all asset routes alike",
    ("removed", "comfy-user (header)", "POST /api/assets/seed"): "offered at all asset routes alike",
    ("removed", "comfy-user (header)", "POST /api/assets/seed/cancel"): "offered at all asset routes alike",
}

_WHERE = {
    "route": "comfyui.yaml",
    "parameter": "comfyui.yaml",
    "event": "comfyui-ws.yaml",
    "field": "comfyui-ws.yaml",
    "binary": "comfyui-ws.yaml",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        The exit code.
    """
    options = _parser().parse_args(arguments)
    contract = from_contracts(_load(options.openapi), _load(options.asyncapi))
    try:
        if options.source:
            found = SourceTree(options.source).surface()
        else:
            found = comfyui_server.ask(options.url, contract.routes)
        version = found.version if options.as_of == "auto" else options.as_of
        if options.as_of and not version:
            raise ValueError("no version was found; name one with --as-of")
    except (ConnectionError, SyntaxError, ValueError) as error:
        print(f"drift: {error}", file=sys.stderr)
        return 2
    if version:
        contract = contract.as_of(version)
    drift = [each for each in differences(contract, found) if (each.change, each.name, each.inside) not in EXPECTED]
    print(json.dumps(_as_json(contract, found, drift), indent=2) if options.json else _as_text(contract, found, drift))
    return 1 if drift else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--source", type=Path, metavar="PATH", help="the folder of a ComfyUI source tree")
    where.add_argument("--url", metavar="ADDRESS", help="the address of a running server")
    parser.add_argument("--as-of", metavar="VERSION", help="compare with what the contract says of a version, or auto")
    parser.add_argument("--json", action="store_true", help="write JSON instead of text")
    parser.add_argument("--openapi", type=Path, default=_OPENAPI / "comfyui.yaml", metavar="FILE")
    parser.add_argument("--asyncapi", type=Path, default=_OPENAPI / "comfyui-ws.yaml", metavar="FILE")
    return parser


def _load(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def _as_text(contract: Surface, found: Surface, drift: list[Difference]) -> str:
    lines = [f"{found.origin} (ComfyUI {found.version or 'of unknown version'}) against {contract.origin}"]
    for what, of_kind in groupby(drift, key=lambda each: each.what):
        lines.append(f"\n{what}s, see openapi/{_WHERE[what]}:")
        for each in of_kind:
            inside = f" of {each.inside}" if each.inside else ""
            since = f", since {each.since}" if each.since else ""
            lines.append(f"  {'+' if each.change == 'added' else '-'} {each.name}{inside}{since}")
    lines += ["", *(f"note: {note}" for note in found.notes)]
    changed = sorted({each.inside for each in drift if each.inside})
    if drift:
        added = sum(each.change == "added" for each in drift)
        lines.append(
            f"drift: {added} added (+), {len(drift) - added} removed (-), {len(changed)} routes and events changed"
        )
    else:
        lines.append(f"no drift: {len(found.routes)} routes and {len(found.events)} events are as the contract says")
    return "\n".join(lines)


def _as_json(contract: Surface, found: Surface, drift: list[Difference]) -> dict[str, Any]:
    def rows(what: str, change: str) -> list[dict[str, str]]:
        return [
            {"name": each.name, **({"since": each.since} if each.since else {})}
            for each in drift
            if (each.what, each.change) == (what, change)
        ]

    def changes(what: str) -> list[dict[str, Any]]:
        inside = sorted({each.inside for each in drift if each.what == what})
        return [
            {
                "name": name,
                **{
                    change: [
                        {"name": each.name, **({"since": each.since} if each.since else {})}
                        for each in drift
                        if (each.what, each.change, each.inside) == (what, change, name)
                    ]
                    for change in ("added", "removed")
                },
            }
            for name in inside
        ]

    return {
        "origin": found.origin,
        "version": found.version,
        "against": contract.origin,
        "drift": bool(drift),
        "routes": {
            "added": rows("route", "added"),
            "removed": rows("route", "removed"),
            "changed": changes("parameter"),
        },
        "events": {"added": rows("event", "added"), "removed": rows("event", "removed"), "changed": changes("field")},
        "binary_messages": {"added": rows("binary", "added"), "removed": rows("binary", "removed")},
        "notes": found.notes,
    }


if __name__ == "__main__":
    sys.exit(main())

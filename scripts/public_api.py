"""Writes down the public API, so that a change of it is seen.

    python scripts/public_api.py            fail if it is not as recorded
    python scripts/public_api.py --record   record it as it is now

Duty: a line for each public name, its parameters and types, read from the source without importing it. Refusals: it
does not judge a change; `CHANGELOG.md` does, in words.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import griffe

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "tests" / "public_api.txt"
PACKAGES = ("comfy_facade", "comfy_fleet", "comfy_ws", "comfy_emulator")


def public_api() -> list[str]:
    """Give the public names of all packages, a line each."""
    loader = griffe.GriffeLoader(search_paths=[ROOT, ROOT / "generated"])
    for package in PACKAGES:
        loader.load(package)
    loader.resolve_aliases(implicit=True, external=False)
    return [line for package in PACKAGES for line in _of_package(loader.modules_collection[package])]


def _of_package(package: griffe.Module) -> Iterator[str]:
    for name in sorted(str(export) for export in package.exports or ()):
        yield from _of_object(f"{package.name}.{name}", package[name])


def _of_object(path: str, found: griffe.Object | griffe.Alias) -> Iterator[str]:
    target = found.final_target if isinstance(found, griffe.Alias) else found
    # A function may share its name with the module that it comes from.
    if isinstance(target, griffe.Module) and target.name in target.members:
        target = target[target.name]
    if isinstance(target, griffe.Class):
        bases = ", ".join(str(base) for base in target.bases)
        yield f"class {path}({bases})"
        for name, member in sorted(target.all_members.items()):
            if not name.startswith("_") or name in ("__init__", "__aenter__", "__enter__", "__aiter__", "__iter__"):
                yield from _of_object(f"{path}.{name}", member)
    elif isinstance(target, griffe.Function):
        kind = "async def" if "async" in target.labels else "def"
        for form in target.overloads or [target]:
            parameters = ", ".join(_parameter(parameter) for parameter in form.parameters)
            yield f"{kind} {path}({parameters}) -> {form.returns}"
    elif isinstance(target, griffe.Attribute):
        yield f"{path}: {target.annotation}" if target.annotation is not None else f"{path} = {target.value}"
    elif isinstance(target, griffe.Module):
        yield f"module {path}"


def _parameter(parameter: griffe.Parameter) -> str:
    marks = {
        griffe.ParameterKind.var_positional: "*",
        griffe.ParameterKind.var_keyword: "**",
    }
    kind = "keyword " if parameter.kind is griffe.ParameterKind.keyword_only else ""
    text = f"{kind}{marks.get(parameter.kind, '') if parameter.kind else ''}{parameter.name}"
    if parameter.annotation is not None:
        text += f": {parameter.annotation}"
    return text if parameter.default is None or text.startswith("*") else f"{text} = {parameter.default}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare or record; 0 is well, 1 an API that changed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--record", action="store_true", help="record the API as it is now")
    options = parser.parse_args(arguments)
    now = public_api()
    if options.record:
        RECORD.write_text("\n".join(now) + "\n", "utf-8")
        return 0
    recorded = RECORD.read_text("utf-8").splitlines()
    changes = list(difflib.unified_diff(recorded, now, "recorded", "now", lineterm="", n=0))
    if changes:
        print("\n".join(changes))
        print(
            "the public API changed: give CHANGELOG.md a line, then run scripts/public_api.py --record", file=sys.stderr
        )
    return 1 if changes else 0


if __name__ == "__main__":
    sys.exit(main())

"""Writes the table of `docs/licences.md`: what an installation brings along, and under which licence.

    python scripts/licences.py            print it
    python scripts/licences.py --write    write it into the page

Duty: follow the requirements of the package and of the extras that users install, and read each distribution's own
metadata. Refusals: it judges no licence, and knows only what is installed in this environment.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PAGE = Path(__file__).resolve().parents[1] / "docs" / "licences.md"
PACKAGE = "comfy-facade"
EXTRAS = ("", "cli", "emulator", "contract", "fleet")
_BEGIN, _END = "<!-- made by scripts/licences.py -->", "<!-- end -->"


def licence_of(found: Distribution) -> str:
    """Give a distribution's licence: its SPDX expression, its classifier, or the first line of what it says."""
    metadata = found.metadata
    for expression in metadata.get_all("License-Expression") or ():
        return str(expression)
    classifiers = [line.split(" :: ")[-1] for line in metadata.get_all("Classifier") or () if "License ::" in line]
    said = [str(text).partition("\n")[0].strip() for text in metadata.get_all("License") or ()]
    return ", ".join(classifiers or said) or "see its files"


def requirements_of(found: Distribution, extra: str) -> Iterator[Requirement]:
    """Give what a distribution requires here, with one extra."""
    for text in found.requires or ():
        requirement = Requirement(text)
        # Without a marker it belongs to no extra.
        of_extra = requirement.marker is not None and "extra" in str(requirement.marker)
        wanted = requirement.marker is None or requirement.marker.evaluate({"extra": extra})
        if wanted and of_extra is bool(extra):
            yield requirement


def brought_along(package: str, extra: str) -> set[str]:
    """Give the names of everything that a package with an extra brings along."""
    wanted, met = [(package, extra)], {(package, extra)}
    while wanted:
        name, with_extra = wanted.pop()
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        for requirement in requirements_of(found, with_extra):
            for inner in ("", *requirement.extras):
                entry = (canonicalize_name(requirement.name), inner)
                if entry not in met:
                    met.add(entry)
                    wanted.append(entry)
    return {name for name, _ in met} - {canonicalize_name(PACKAGE)}


def table() -> str:
    """Give the table: for each extra what it adds to the package alone."""
    rows = ["| with | package | licence |", "|---|---|---|"]
    alone = brought_along(PACKAGE, "")
    for extra in EXTRAS:
        added = brought_along(PACKAGE, extra) - (alone if extra else set())
        for name in sorted(added):
            try:
                licence = licence_of(distribution(name))
            except PackageNotFoundError:
                continue
            rows.append(f"| {f'`[{extra}]`' if extra else '(always)'} | {name} | {licence} |")
    return "\n".join(rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table or write it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="write it into docs/licences.md")
    if not parser.parse_args(arguments).write:
        print(table())
        return 0
    text = PAGE.read_text("utf-8")
    made = f"{_BEGIN}\n{table()}\n{_END}"
    PAGE.write_text(re.sub(f"{_BEGIN}.*{_END}", lambda _: made, text, flags=re.DOTALL), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

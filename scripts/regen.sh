#!/usr/bin/env bash
# Makes the REST bindings from the contract, from scratch, so that the same contract always gives the same bytes.
#
#   scripts/regen.sh              writes generated/comfy_rest
#   scripts/regen.sh DIRECTORY    writes DIRECTORY instead, which must not exist, be empty or hold such bindings
#
# The tools come from the virtual environment VENV (default: .venv in the repository), or from the one that the
# interpreter PYTHON belongs to.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
output=${1:-$repository/generated/comfy_rest}

if [ -n "${PYTHON:-}" ]; then
    python=$(command -v "$PYTHON") || { echo "regen: there is no interpreter $PYTHON" >&2; exit 1; }
else
    python=${VENV:-$repository/.venv}/bin/python
fi
if [ ! -x "$python" ]; then
    echo "regen: there is no interpreter $python; make one with: python3 -m venv .venv && .venv/bin/pip install -e '.[dev]'" >&2
    exit 1
fi
# Not resolved to its target: the link inside the environment is what makes it that environment's interpreter.
tools=$(cd "$(dirname "$python")" && pwd)

# The pins are read from pyproject.toml, so that they are written down once.
"$python" - "$repository/pyproject.toml" <<'CHECK'
import importlib.metadata
import pathlib
import re
import sys
import tomllib

project = tomllib.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))["project"]
requirements = [line for group in project["optional-dependencies"].values() for line in group]
complaints = []
for tool in ("openapi-python-client", "ruff"):
    pins = [match[1] for line in requirements if (match := re.fullmatch(rf"{tool}==([\w.]+)", line.strip()))]
    if len(pins) != 1:
        sys.exit(f"regen: pyproject.toml must pin {tool} exactly once, with ==")
    try:
        installed = importlib.metadata.version(tool)
    except importlib.metadata.PackageNotFoundError:
        installed = "none"
    if installed != pins[0]:
        complaints.append(f"{tool}=={pins[0]} (installed: {installed})")
if complaints:
    sys.exit(
        f"regen: wrong tools in {sys.prefix}: needed are {', '.join(complaints)}\n"
        f"regen: run {sys.executable} -m pip install -e '.[dev]' in the repository"
    )
CHECK

# Anything else in the way is somebody's work, not ours to delete.
if [ -e "$output" ] && [ ! -f "$output/client.py" ] &&
    [ -n "$(find "$output" ! -type d ! -name __init__.py ! -name '*.pyc')" ]; then
    echo "regen: $output exists and does not look like generated bindings; remove it first" >&2
    exit 1
fi
mkdir -p "$(dirname "$output")"
output=$(cd "$(dirname "$output")" && pwd)/$(basename "$output")

# Built beside the place it belongs and moved there in the end: a failure leaves the old bindings as they were.
building=$(mktemp -d "$output.XXXXXX")
trap 'rm -rf "$building"' EXIT

# The hooks in generator.yaml call ruff by name. Sets in Python have no fixed order, hence the seed.
PATH=$tools:$PATH PYTHONHASHSEED=0 "$python" -m openapi_python_client generate \
    --path "$repository/openapi/comfyui.yaml" \
    --config "$repository/openapi/generator.yaml" \
    --custom-template-path "$repository/openapi/templates" \
    --meta none \
    --output-path "$building/comfy_rest" \
    --fail-on-warning

# Left out by --meta none; without it, type checkers ignore the package's types.
touch "$building/comfy_rest/py.typed"

rm -rf "$output"
mv "$building/comfy_rest" "$output"
echo "Made $output: $(find "$output" -type f | wc -l | tr -d ' ') files."

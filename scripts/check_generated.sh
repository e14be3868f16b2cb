#!/usr/bin/env bash
# Fails if generated/comfy_rest is not exactly what scripts/regen.sh makes: a hand edit, a missing or a stray file.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$repository/scripts/regen.sh" "$scratch/comfy_rest"

# Importing the package leaves byte code behind, which is nobody's edit.
if ! diff -r -x __pycache__ "$repository/generated/comfy_rest" "$scratch/comfy_rest"; then
    echo "check_generated: generated/comfy_rest differs from what the contract gives; run scripts/regen.sh" >&2
    exit 1
fi
echo "generated/comfy_rest is what the contract gives."

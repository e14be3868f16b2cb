#!/usr/bin/env bash
# Makes clients in other languages from the contract, and compiles those that can be compiled here.
#
#   scripts/other_languages.sh DIRECTORY               all languages, each in a folder of DIRECTORY
#   scripts/other_languages.sh DIRECTORY rust java     these alone
#
# TypeScript needs node and npm; the others Java 17, and openapi-generator, which the environment VENV brings
# (default: .venv in the repository; make other-languages installs it). Any error, and any warning that is not
# listed below, is a failure.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
contract=$repository/openapi/comfyui.yaml
output=${1:?name a directory}
shift
languages=("$@")
[ ${#languages[@]} -gt 0 ] || languages=(typescript go java rust csharp kotlin)
mkdir -p "$output"
output=$(cd "$output" && pwd)
generator=${VENV:-$repository/.venv}/bin/openapi-generator-cli

# What can't be removed without writing a worse contract:
# - names that a language reserves, and media types that it can't spell, are renamed by the generator;
# - the generator calls OpenAPI 3.1 a beta, and says so every time;
# - it finds no name for schemas that are open to anything, and none for the items of a list in a form (the tags of
#   uploadAsset); both come out as they are meant.
tolerated='cannot be used as|reserved word|OpenAPI 3.1 support is still in beta'
tolerated+='|Failed to get the schema name: null|Could not compute datatypeWithEnum'

typescript() {
    rm -rf "$output/typescript"
    cp -R "$repository/examples/other-languages/typescript" "$output/typescript"
    rm -rf "$output/typescript/node_modules" "$output/typescript/build"
    cd "$output/typescript"
    npm ci --no-audit --no-fund --ignore-scripts --loglevel error
    node_modules/.bin/openapi-typescript "$contract" --output src/comfyui.ts
    node_modules/.bin/tsc --project .
    echo "typescript: made and compiled in $output/typescript"
}

generated() {
    local language=$1
    shift
    rm -rf "${output:?}/$language"
    if ! "$generator" generate --input-spec "$contract" --generator-name "$language" \
        --output "$output/$language" "$@" > "$output/$language.log" 2>&1; then
        tail -n 40 "$output/$language.log" >&2
        exit 1
    fi
    if grep -E '\b(WARN|ERROR)\b' "$output/$language.log" | grep -Ev "$tolerated" >&2; then
        echo "other_languages: the generator complains about $language" >&2
        exit 1
    fi
    echo "$language: made in $output/$language"
}

# Dependencies come from each language's own registry; where there is none, nothing is compiled, and that is said.
compiled() {
    local language=$1 probe=$2 build=$3
    cd "$output/$language"
    if ! bash -c "$probe" > "$output/$language.probe.log" 2>&1; then
        echo "$language: not compiled, its compiler or its registry is not within reach"
        return
    fi
    bash -c "$build"
    echo "$language: compiled"
}

for language in "${languages[@]}"; do
    case $language in
        typescript) (typescript) ;;
        java)
            # A list that may hold texts, lists and objects becomes a class that is no Java; as Object it is.
            (generated java --library native --schema-mappings listUserData_200_response_inner=Object \
                --additional-properties openApiNullable=false,hideGenerationTimestamp=true)
            (compiled java "mvn -q dependency:resolve" "mvn -q -Dmaven.test.skip=true compile")
            ;;
        rust)
            (generated rust --additional-properties packageName=comfyui)
            (compiled rust "cargo fetch" "cargo check --quiet")
            ;;
        go) (generated go --additional-properties packageName=comfyui) ;;
        csharp | kotlin) (generated "$language") ;;
        *) echo "other_languages: there is no recipe for $language" >&2; exit 1 ;;
    esac
done

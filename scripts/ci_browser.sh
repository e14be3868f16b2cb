#!/usr/bin/env bash
# Runs the browser tests of continuous integration: where there is Chromium, or where it can be installed.
#
# A machine without a browser, node or the npm registry is no fault of the code: then it says that they did not run,
# and why, and succeeds. A test that fails fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

not_run() {
    echo "browser tests: NOT RUN: $1"
    exit 0
}

has_browser() {
    for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
        [ -n "$name" ] && command -v "$name" > /dev/null && return 0
    done
    return 1
}

install_chromium() {
    [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null || return 1
    echo "browser tests: installing chromium ..."
    local quiet=(-qq -o DPkg::Lock::Timeout=120 -o Acquire::Retries=2)
    {
        timeout 120 apt-get "${quiet[@]}" update &&
            DEBIAN_FRONTEND=noninteractive timeout 480 apt-get "${quiet[@]}" install --yes --no-install-recommends chromium fonts-dejavu-core
    } > build/chromium-install.log 2>&1
}

mkdir -p build
has_browser || install_chromium || not_run "there is no Chromium here, and none could be installed"
command -v node > /dev/null && command -v npm > /dev/null || not_run "there is no node with npm here"
make tests/browser/tools/node_modules/.ready > build/browser-tools.log 2>&1 || not_run "npm could not bring Pyodide"

make test-browser RERUN=yes
echo "browser tests: screenshots are in build/browser/screenshots, times in build/browser/start.json"

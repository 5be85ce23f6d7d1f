#!/usr/bin/env bash
# Installs arrow-go's own programs for the integration tests as OUT_DIR/server and OUT_DIR/client.
# Exits with 3 where Go is missing.
set -euo pipefail
version=v18.8.0
out="${1:?usage: build.sh OUT_DIR}"
mkdir -p "$out"
out="$(cd "$out" && pwd)"

command -v go >/dev/null || {
    echo "no go" >&2
    exit 3
}
if [[ "$(cat "$out/installed" 2>/dev/null)" == "$version $(go version)" ]]; then
    exit 0
fi
folder=github.com/apache/arrow-go/v18/arrow/internal/flight_integration/cmd
for role in server client; do
    # In a folder of its own: a go.mod around us is not ours.
    (cd "$out" && GOBIN="$out" GOFLAGS= go install "$folder/arrow-flight-integration-$role@$version")
    mv "$out/arrow-flight-integration-$role" "$out/$role"
done
echo "arrow-go ${version#v}, its own programs" >"$out/version"
echo "$version $(go version)" >"$out/installed"

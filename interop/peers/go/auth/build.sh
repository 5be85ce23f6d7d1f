#!/usr/bin/env bash
# Builds our clients and servers at the door on arrow-go as OUT_DIR/auth. Exits with 3 where Go is
# missing.
set -euo pipefail
out="${1:?usage: build.sh OUT_DIR}"
mkdir -p "$out"
out="$(cd "$out" && pwd)"
cd "$(dirname "$0")"

command -v go >/dev/null || {
    echo "no go" >&2
    exit 3
}
go build -mod=readonly -o "$out/auth" .

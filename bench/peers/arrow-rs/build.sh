#!/usr/bin/env bash
# Builds the contestant on arrow-rs into OUT_DIR/peer. Exits with 3 where cargo is missing.
set -euo pipefail
out="${1:?usage: build.sh OUT_DIR}"
mkdir -p "$out"
out="$(cd "$out" && pwd)"
cd "$(dirname "$0")"

command -v cargo >/dev/null || {
    echo "no cargo" >&2
    exit 3
}
cargo build --release --locked --target-dir "$out/target"
ln -sf target/release/peer "$out/peer"

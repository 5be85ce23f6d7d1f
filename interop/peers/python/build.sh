#!/usr/bin/env bash
# Puts our scenarios on pyarrow into OUT_DIR/server and OUT_DIR/client. PYARROW_PYTHON names a
# Python with pyarrow. Exits with 3 where it has none.
set -euo pipefail
out="${1:?usage: build.sh OUT_DIR}"
mkdir -p "$out"
out="$(cd "$out" && pwd)"
here="$(cd "$(dirname "$0")" && pwd)"

python="${PYARROW_PYTHON:-python3}"
version="$("$python" -c 'import pyarrow; print(pyarrow.__version__)' 2>/dev/null)" || {
    echo "$python has no pyarrow" >&2
    exit 3
}
for role in server client; do
    printf '#!/bin/sh\nexec "%s" -B "%s/main.py" %s "$@"\n' "$python" "$here" "$role" >"$out/$role"
    chmod +x "$out/$role"
done
echo "pyarrow $version, programs of ours" >"$out/version"

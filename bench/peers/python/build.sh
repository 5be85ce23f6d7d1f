#!/usr/bin/env bash
# Puts the contestant on pyarrow into OUT_DIR/peer. PYARROW_PYTHON names a Python with pyarrow.
# Exits with 3 where there is none.
set -euo pipefail
out="${1:?usage: build.sh OUT_DIR}"
mkdir -p "$out"
here="$(cd "$(dirname "$0")" && pwd)"

python="${PYARROW_PYTHON:-python3}"
"$python" -c 'import pyarrow.flight' 2>/dev/null || {
    echo "$python has no pyarrow with Flight" >&2
    exit 3
}
python="$("$python" -c 'import sys; print(sys.executable)')"
printf '#!/bin/sh\nexec %q %q "$@"\n' "$python" "$here/main.py" >"$out/peer"
chmod +x "$out/peer"

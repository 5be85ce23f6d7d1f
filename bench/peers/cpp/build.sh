#!/usr/bin/env bash
# Builds the contestant on Arrow C++ into OUT_DIR/peer. PYARROW_PYTHON names a Python with pyarrow,
# whose wheel holds the headers and the libraries. Exits with 3 where something is missing.
set -euo pipefail
out="${1:?usage: build.sh OUT_DIR}"
mkdir -p "$out"
out="$(cd "$out" && pwd)"
cd "$(dirname "$0")"

missing() {
    echo "$1" >&2
    exit 3
}
compiler="${CXX:-g++}"
command -v "$compiler" >/dev/null || missing "no C++ compiler: $compiler"
python="${PYARROW_PYTHON:-python3}"
wheel="$("$python" -c 'import pyarrow; print(pyarrow.get_library_dirs()[0])' 2>/dev/null)" ||
    missing "$python has no pyarrow"
include="$("$python" -c 'import pyarrow; print(pyarrow.get_include())')"
arrow=("$wheel"/libarrow.so.*)
flight=("$wheel"/libarrow_flight.so.*)
[[ -f "${arrow[0]}" && -f "${flight[0]}" && -f "$include/arrow/flight/api.h" ]] ||
    missing "the pyarrow in $wheel has no Flight"

# Compiled again only when a source, this script or the wheel is newer.
stamp="$wheel"
newer="$(find . "${flight[0]}" -newer "$out/peer" -type f 2>/dev/null || echo all)"
if [[ -x "$out/peer" && -z "$newer" && "$(cat "$out/wheel" 2>/dev/null)" == "$stamp" ]]; then
    exit 0
fi
"$compiler" -std=c++20 -O3 -DNDEBUG -Wall -Wextra -isystem "$include" ./*.cc \
    "${arrow[0]}" "${flight[0]}" -Wl,-rpath,"$wheel" -pthread -o "$out/peer.new"
mv "$out/peer.new" "$out/peer"
printf '%s' "$stamp" >"$out/wheel"

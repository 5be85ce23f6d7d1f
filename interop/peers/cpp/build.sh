#!/usr/bin/env bash
# Builds our scenarios on Arrow C++ as OUT_DIR/server and OUT_DIR/client. PYARROW_PYTHON names a
# Python with pyarrow, whose wheel holds the headers and the libraries. Exits with 3 where something
# is missing.
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
version="$("$python" -c 'import pyarrow; print(pyarrow.__version__)')"
arrow=("$wheel"/libarrow.so.*)
flight=("$wheel"/libarrow_flight.so.*)
[[ -f "${arrow[0]}" && -f "${flight[0]}" && -f "$include/arrow/flight/api.h" ]] ||
    missing "the pyarrow in $wheel has no Flight"

# Compiled again only when the wheel or a source is another one.
sources="$(cat ./*.cc ./*.h build.sh | cksum)"
stamp="$wheel $version $sources"
[[ "$(cat "$out/installed" 2>/dev/null)" == "$stamp" ]] && exit 0
objects=()
for source in *.cc; do
    objects+=("$out/${source%.cc}.o")
    "$compiler" -std=c++20 -O1 -Wall -Wextra -isystem "$include" -c "$source" \
        -o "$out/${source%.cc}.o"
done
"$compiler" "${objects[@]}" "${arrow[0]}" "${flight[0]}" -Wl,-rpath,"$wheel" -pthread \
    -o "$out/peer"
for role in server client; do
    printf '#!/bin/sh\nexec "%s" %s "$@"\n' "$out/peer" "$role" >"$out/$role"
    chmod +x "$out/$role"
done
echo "Arrow C++ $version (the libraries of pyarrow's wheel), programs of ours" >"$out/version"
echo "$stamp" >"$out/installed"

#!/usr/bin/env bash
# Builds the contestant on Arrow Java into OUT_DIR, with OUT_DIR/peer to start it. Exits with 3
# where a JDK or Maven is missing.
set -euo pipefail
out="${1:?usage: build.sh OUT_DIR}"
mkdir -p "$out"
out="$(cd "$out" && pwd)"
cd "$(dirname "$0")"

for tool in java javac mvn; do
    command -v "$tool" >/dev/null || {
        echo "no $tool" >&2
        exit 3
    }
done
release="$(java -XshowSettings:properties -version 2>&1 |
    sed -n 's/ *java.specification.version = //p')"
[[ "${release%%.*}" -ge 17 ]] || {
    echo "Java $release, expected 17 or newer" >&2
    exit 3
}
mvn --batch-mode --quiet -Dout="$out" compile dependency:copy-dependencies

# The flag is the one that Arrow's documentation names for a class path.
cat >"$out/peer" <<END
#!/bin/sh
exec java --add-opens=java.base/java.nio=ALL-UNNAMED \\
    -cp '$out/maven/classes:$out/lib/*' peer.Main "\$@"
END
chmod +x "$out/peer"

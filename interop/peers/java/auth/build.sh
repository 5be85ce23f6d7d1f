#!/usr/bin/env bash
# Builds our clients and servers at the door on Arrow Java, with OUT_DIR/auth to start it. Exits with 3
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
# Compiled again only when the JDK or a source is another one.
stamp="$(java -version 2>&1) $(cat pom.xml build.sh src/main/java/*/*.java | cksum)"
[[ "$(cat "$out/installed" 2>/dev/null)" == "$stamp" ]] && exit 0
mvn --batch-mode --quiet -Dout="$out" compile dependency:copy-dependencies
cat >"$out/auth" <<END
#!/bin/sh
exec java --add-opens=java.base/java.nio=ALL-UNNAMED -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \\
    -cp '$out/maven/classes:$out/lib/*' auth.Main "\$@"
END
chmod +x "$out/auth"
echo "$stamp" >"$out/installed"

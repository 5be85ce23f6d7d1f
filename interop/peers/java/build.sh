#!/usr/bin/env bash
# Builds our scenarios on Arrow Java into OUT_DIR, with OUT_DIR/server and OUT_DIR/client to start
# them. Exits with 3 where a JDK or Maven is missing.
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
# Compiled again only when the JDK or a source is another one.
stamp="$release $(cat pom.xml build.sh src/main/java/*/*.java | cksum)"
[[ "$(cat "$out/installed" 2>/dev/null)" == "$stamp" ]] && exit 0
mvn --batch-mode --quiet -Dout="$out" compile dependency:copy-dependencies

# The first flag is the one that Arrow's documentation names for a class path; the others let a JVM
# that runs for a second begin sooner.
for role in server client; do
    cat >"$out/$role" <<END
#!/bin/sh
exec java --add-opens=java.base/java.nio=ALL-UNNAMED -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \\
    -Darrow.struct.conflict.policy=CONFLICT_APPEND \\
    -cp '$out/maven/classes:$out/lib/*' conformance.Main $role "\$@"
END
    chmod +x "$out/$role"
done
version="$(sed -n 's/.*<arrow.version>\(.*\)<.*/\1/p' pom.xml)"
echo "Arrow Java $version, programs of ours" >"$out/version"
echo "$stamp" >"$out/installed"

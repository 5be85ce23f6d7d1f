#!/usr/bin/env bash
# Installs arrow-go's own programs for the integration tests, and ours for the scenario that they do
# not have, as OUT_DIR/server and OUT_DIR/client. Exits with 3 where Go is missing.
set -euo pipefail
out="${1:?usage: build.sh OUT_DIR}"
mkdir -p "$out"
out="$(cd "$out" && pwd)"
cd "$(dirname "$0")"

command -v go >/dev/null || {
    echo "no go" >&2
    exit 3
}
version="$(sed -n 's|^\tgithub.com/apache/arrow-go/v18 ||p' exchange/go.mod)"
# Built again only when Go or something here is another one.
stamp="$version $(go version) $(cat build.sh exchange/* | cksum)"
[[ "$(cat "$out/installed" 2>/dev/null)" == "$stamp" ]] && exit 0
folder=github.com/apache/arrow-go/v18/arrow/internal/flight_integration/cmd
for role in server client; do
    # Outside of our module, so that theirs decides about everything else.
    (cd "$out" && GOBIN="$out" GOFLAGS= go install "$folder/arrow-flight-integration-$role@$version")
done
(cd exchange && go build -mod=readonly -o "$out/exchange" .)
for role in server client; do
    cat >"$out/$role" <<END
#!/bin/sh
case " \$* " in
*" --scenario=do_exchange:echo "* | *" --scenario=compressed_messages "*) exec '$out/exchange' $role "\$@" ;;
*) exec '$out/arrow-flight-integration-$role' "\$@" ;;
esac
END
    chmod +x "$out/$role"
done
echo "arrow-go ${version#v}, its own programs; one of ours for \`do_exchange:echo\` and \`compressed_messages\`" >"$out/version"
echo "$stamp" >"$out/installed"

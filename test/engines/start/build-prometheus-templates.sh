#!/usr/bin/env bash
# Prometheus 3's templates of alerts as a program (needs Go; the modules come from the Go module proxy). Prints PROMETHEUS_TEMPLATES=…
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd); . "$HERE/lib.sh"
BIN=$ENGINES_HOME/prometheus-templates
(cd "$HERE/../prometheus-engine" && go build -o "$BIN" ./templates) >&2
echo "PROMETHEUS_TEMPLATES=$BIN"

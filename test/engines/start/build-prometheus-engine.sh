#!/usr/bin/env bash
# Prometheus 3's query engine as a program (needs Go; the modules come from the Go module proxy). Prints PROMETHEUS_ENGINE=…
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd); . "$HERE/lib.sh"
BIN=$ENGINES_HOME/prometheus-engine
(cd "$HERE/../prometheus-engine" && go build -o "$BIN" .) >&2
echo "PROMETHEUS_ENGINE=$BIN"

#!/usr/bin/env bash
# Prometheus 3's relabelling as a program (needs Go; the modules come from the Go module proxy). Prints PROMETHEUS_RELABEL=…
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd); . "$HERE/lib.sh"
BIN=$ENGINES_HOME/prometheus-relabel
(cd "$HERE/../prometheus-engine" && go build -o "$BIN" ./relabel) >&2
echo "PROMETHEUS_RELABEL=$BIN"

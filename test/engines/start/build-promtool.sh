#!/usr/bin/env bash
# Prometheus 3's promtool for rules (needs Go; the modules come from the Go module proxy). Prints PROMTOOL_RULES=…
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd); . "$HERE/lib.sh"
BIN=$ENGINES_HOME/promtool-rules
DIR=$ENGINES_HOME/promtool-source
mkdir -p "$DIR"
cp "$HERE"/../promtool/main.go "$HERE"/../promtool/go.mod "$HERE"/../promtool/go.sum "$DIR"
(cd "$DIR" && cp -f "$(go list -m -f '{{.Dir}}' github.com/prometheus/prometheus)/cmd/promtool/unittest.go" . && chmod u+w unittest.go && go build -o "$BIN" .) >&2
echo "PROMTOOL_RULES=$BIN"

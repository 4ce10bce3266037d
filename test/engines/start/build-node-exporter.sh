#!/usr/bin/env bash
# node_exporter of a fixed version, and the trees of /proc and /sys that its own tests use (needs Go; both come from the Go module proxy).
# Prints NODE_EXPORTER=… and NODE_EXPORTER_TREES=…
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd); . "$HERE/lib.sh"
VERSION=1.12.1
TREES=$ENGINES_HOME/node-exporter-trees-$VERSION
GOBIN=$ENGINES_HOME go install github.com/prometheus/node_exporter@v$VERSION >&2
SOURCE=$(go env GOMODCACHE)/github.com/prometheus/node_exporter@v$VERSION
if [ ! -d "$TREES/sys" ]; then
  NEW=$(mktemp -d "$ENGINES_HOME/trees.XXXXXX")
  cp -r "$SOURCE/collector/fixtures/proc" "$NEW/proc"
  chmod -R u+w "$NEW"
  (cd "$NEW" && bash "$SOURCE/ttar" -x -f "$SOURCE/collector/fixtures/sys.ttar") >&2
  mv "$NEW" "$TREES"
fi
echo "NODE_EXPORTER=$ENGINES_HOME/node_exporter"
echo "NODE_EXPORTER_TREES=$TREES"

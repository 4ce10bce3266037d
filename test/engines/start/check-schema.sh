#!/usr/bin/env bash
# check-schema.sh NAME FILE...: holds files against a schema of the public catalogue that check-jsonschema carries, such as compose-spec.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
V=${CHECK_JSONSCHEMA_VERSION:-0.39.0} DIR=$ENGINES_HOME/check-jsonschema-$V
if [ ! -f "$DIR/.done" ]; then
  T=$(mktemp -d "$ENGINES_HOME/pip.XXXXXX")
  python3 -m pip -q install --target "$T" "check-jsonschema==$V" >&2
  mkdir -p "$DIR"; cp -R "$T"/. "$DIR"/; touch "$DIR/.done"; rm -rf "$T"
fi
name=$1; shift
PYTHONPATH=$DIR exec python3 -m check_jsonschema --builtin-schema "vendor.$name" "$@"

#!/usr/bin/env bash
# A bare Debian in a folder: make-bare-root.sh FOLDER. Needs root; installs debootstrap if it is not there.
set -eu
root=${1:?"give a folder"}
if ! command -v debootstrap > /dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends debootstrap > /dev/null
fi
debootstrap --variant=minbase bookworm "$root" > "$root.log" 2>&1 || { tail -20 "$root.log" >&2; exit 1; }
rm -f "$root.log"

# Shared by the start-*.sh scripts, which start real engines on loopback without containers. Source it; it starts nothing by itself.
# ENGINES_HOME: cache (downloads, unpacked programs), by default a folder of the user's cache.
# ENGINES_RUN: pids, logs, data (default $ENGINES_HOME/run). Each script prints KEY=VALUE lines, is idempotent, takes another port
# when its own is taken, and starts with empty data unless NAME_KEEP_DATA=1.
set -euo pipefail
ENGINES_HOME=${ENGINES_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/heliograph-engines}
mkdir -p "$ENGINES_HOME"; ENGINES_HOME=$(cd "$ENGINES_HOME" && pwd)
ENGINES_RUN=${ENGINES_RUN:-$ENGINES_HOME/run}; mkdir -p "$ENGINES_RUN"
say() { echo "[engines] $*" >&2; }
# Two of one kind that start in one moment would take one port, or unpack one program twice: the second waits until the first answers.
# What it spawns does not hold the lock (see spawn).
case $0 in *start-*|*build-*) ! command -v flock >/dev/null || { exec 9>"$ENGINES_HOME/.$(basename "$0").lock"; flock 9; } ;; esac

# java_at_least N: prints the bin/java of the lowest JDK/JRE >= N found (JAVA_HOME first if it fits).
java_at_least() {
  local want=$1 d v best= bestv=9999
  java_major() { # from the `release` file, else by asking
    local r="$1/release" x=
    [ -f "$r" ] && x=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$r")
    [ -n "$x" ] || x=$("$1/bin/java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -1)
    echo "${x:-0}"
  }
  for d in "${JAVA_HOME:-}" /usr/lib/jvm/*; do
    [ -n "$d" ] && [ -x "$d/bin/java" ] || continue
    v=$(java_major "$d")
    if [ "$v" -ge "$want" ]; then
      [ "$d" = "${JAVA_HOME:-}" ] && { echo "$d/bin/java"; return; }
      [ "$v" -lt "$bestv" ] && { best=$d/bin/java bestv=$v; }
    fi
  done
  [ -n "$best" ] || { say "no Java >= $want found"; return 1; }
  echo "$best"
}

# maven_jars DIR G:A:V [G:A:V…]: copies the runtime closure of the coordinates to DIR (once).
maven_jars() {
  local dir=$1 c g a v t; shift
  [ -f "$dir/.done" ] && return 0
  t=$(mktemp -d "$ENGINES_HOME/mvn.XXXXXX")
  { echo '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>engines</groupId><artifactId>fetch</artifactId><version>1</version><packaging>pom</packaging><dependencies>'
    for c in "$@"; do IFS=: read -r g a v <<<"$c"
      echo "<dependency><groupId>$g</groupId><artifactId>$a</artifactId><version>$v</version></dependency>"; done
    echo '</dependencies></project>'; } >"$t/pom.xml"
  mvn -q -B -f "$t/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$t/lib" >"$t/log" 2>&1 ||
    { cat "$t/log" >&2; return 1; }
  mkdir -p "$dir"; mv "$t"/lib/*.jar "$dir"/; touch "$dir/.done"; rm -rf "$t"
}

# deb_unpack NAME DIR: downloads the Debian package and unpacks it without installing (no service is started).
deb_unpack() {
  local name=$1 dir=$2 t
  [ -f "$dir/.done" ] && return 0
  t=$(mktemp -d "$ENGINES_HOME/deb.XXXXXX"); chmod 755 "$t"
  if ! (cd "$t" && apt-get -qq download "$name" >log 2>&1); then
    apt-get -qq update >>"$t/log" 2>&1 || true
    (cd "$t" && apt-get -qq download "$name" >>log 2>&1) || { cat "$t/log" >&2; return 1; }
  fi
  mkdir -p "$dir"; dpkg-deb -x "$t"/*.deb "$dir"; touch "$dir/.done"; rm -rf "$t"
}

starttime() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
running() { # running NAME: is the recorded process still that process?
  local f=$ENGINES_RUN/$1.pid pid st
  [ -f "$f" ] || return 1
  read -r pid st <"$f"
  [ -n "$st" ] && [ "$(starttime "$pid")" = "$st" ]
}
# spawn NAME CMD…: background, own session, log to $ENGINES_RUN/NAME.log, pid + start time recorded.
spawn() {
  local name=$1; shift
  running "$name" && { say "$name already runs (pid $(cut -d' ' -f1 "$ENGINES_RUN/$name.pid"))"; return 0; }
  setsid nohup "$@" >"$ENGINES_RUN/$name.log" 2>&1 </dev/null 9>&- &
  local pid=$!
  echo "$pid $(starttime "$pid")" >"$ENGINES_RUN/$name.pid"
}
# wait_ready NAME SECONDS CMD…: polls CMD until it succeeds; fails early when the process is gone.
wait_ready() {
  local name=$1 end=$((SECONDS + $2)); shift 2
  until "$@" >/dev/null 2>&1; do
    running "$name" || { say "$name stopped while starting:"; tail -30 "$ENGINES_RUN/$name.log" >&2; return 1; }
    [ $SECONDS -lt $end ] || { say "$name not ready in time:"; tail -30 "$ENGINES_RUN/$name.log" >&2; return 1; }
    sleep 0.2
  done
  # Somebody else's may answer there: two that started in one moment and chose one port.
  sleep 0.1
  running "$name" || { say "$name stopped, and something else answers at its port:"; tail -30 "$ENGINES_RUN/$name.log" >&2; return 1; }
}
http_ok() { curl -fsS -m 5 -o /dev/null "$1"; }
tcp_ok() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
# free_port DEFAULT: prints DEFAULT, or another free loopback port when something already listens there.
free_port() {
  local p=$1
  while tcp_ok "$p"; do p=$((20000 + RANDOM % 12000)); done   # below the kernel's ephemeral range
  echo "$p"
}
# publish NAME LINE…: prints the KEY=VALUE lines and keeps them in $ENGINES_RUN/NAME.env
publish() { local n=$1; shift; printf '%s\n' "$@" | tee "$ENGINES_RUN/$n.env"; }
# already NAME: when it runs, prints what it published and succeeds.
already() { running "$1" && [ -f "$ENGINES_RUN/$1.env" ] && cat "$ENGINES_RUN/$1.env"; }

# Shared by deploy/up and deploy/down: where the state is, who runs what, and the processes that were started.
# shellcheck shell=bash disable=SC2034

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
SERVICES=(exchange planning teachers facilities safety)
SERVICE_USER=edudelta
STOP_SECONDS=30

say() { printf '%s\n' "$*"; }
fail() {
  printf '错误：%s\n' "$*" >&2
  exit 1
}

is_root() { [[ $EUID -eq 0 ]]; }

# Runs a command as the user that owns the state: ourselves, or the system user when we are root. Never leaves privileges.
as_service() {
  if is_root; then
    setpriv --reuid "$SERVICE_USER" --regid "$SERVICE_USER" --clear-groups --inh-caps=-all -- \
      env HOME="${STATE:-/nonexistent}" USER="$SERVICE_USER" LOGNAME="$SERVICE_USER" "$@"
  else
    "$@"
  fi
}

account() { if is_root; then echo "$SERVICE_USER"; else id -un; fi; }

# Sets STATE and APP (where programs and demo files are read). A checkout that the system user cannot enter, such as one
# below a 0700 home, keeps its state in /var/lib/edudelta.
locate_state() {
  APP=$ROOT
  if [[ -n ${EDUDELTA_HOME:-} ]]; then
    STATE=$EDUDELTA_HOME
  elif ! is_root || as_service test -x "$ROOT"; then
    STATE=$ROOT/.run
  else
    STATE=/var/lib/edudelta
  fi
  [[ $STATE == /* ]] || STATE=$PWD/$STATE
  if is_root && ! { as_service test -x "$ROOT" && as_service test -r "$ROOT/deploy/demo/load"; }; then
    APP=$STATE/app
  fi
  # A Unix socket's path holds 107 characters.
  (( ${#STATE} <= 80 )) || fail "状态目录的路径太长（${#STATE} 个字符，至多 80）：$STATE；用 EDUDELTA_HOME 指定较短的目录"
}

# When the process started, in clock ticks since boot: with the id it names one process for ever.
started_at() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# Prints the id of a process that we started and that still runs.
running_pid() {
  local pid start
  [[ -r $STATE/run/$1.pid ]] || return 1
  read -r pid start < "$STATE/run/$1.pid" || return 1
  [[ $pid =~ ^[0-9]+$ && -n $start && $(started_at "$pid") == "$start" ]] || return 1
  [[ $(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d' ' -f1) != Z ]] || return 1
  echo "$pid"
}

# stop_process NAME...: SIGTERM to all, then waits for each; what does not end in time is killed and told.
stop_process() {
  local name pid waited limit
  for name in "$@"; do
    if pid=$(running_pid "$name"); then kill -TERM "$pid" 2>/dev/null || true; fi
  done
  for name in "$@"; do
    limit=$STOP_SECONDS
    [[ $name == mariadb ]] && limit=120
    waited=0
    while pid=$(running_pid "$name"); do
      if (( waited >= limit * 10 )); then
        say "$name 在 $limit 秒内没有结束，强制终止（进程 $pid）"
        kill -KILL "$pid" 2>/dev/null || true
        break
      fi
      sleep 0.1
      waited=$((waited + 1))
    done
    rm -f "$STATE/run/$name.pid" "$STATE/run/$name.sock"
  done
}

any_running() {
  local name
  for name in gateway "${SERVICES[@]}" mariadb; do
    if running_pid "$name" > /dev/null; then return 0; fi
  done
  return 1
}

# The edge first, so that nothing new comes in; the database last.
stop_all() {
  if [[ -d $STATE/run ]]; then as_service touch "$STATE/run/stopping"; fi
  stop_process gateway
  stop_process "${SERVICES[@]}"
  stop_process mariadb
}

# Shared by deploy/up, deploy/down and tests/run: what is installed, where the state is, who runs what, and the processes that
# were started.
# shellcheck shell=bash disable=SC2034

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Where the programs were built.
BUILD=${EDUDELTA_BUILD:-$ROOT/build}
SERVICE_USER=edudelta
STOP_SECONDS=30
COMPILER_MB=1400
APT_OPTIONS=()
# Administrators' programs are not on everybody's path.
PATH=$PATH:/usr/sbin:/sbin

# A terminal that has gone is no reason to leave work half done.
say() { printf '%s\n' "$*" 2> /dev/null || true; }
fail() {
  printf '错误：%s\n' "$*" >&2
  exit 1
}

is_root() { [[ $EUID -eq 0 ]]; }

as_root() {
  if is_root; then
    "$@"
  else
    sudo "$@"
  fi
}

is_installed() { [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2> /dev/null) == installed ]]; }

# install_packages FILE...: what is missing of the Debian packages that the files list, one a line. A second word names a
# program that does as well when it comes from elsewhere.
install_packages() {
  local package program log missing=()
  while read -r package program; do
    [[ -z $package || $package == \#* ]] && continue
    is_installed "$package" && continue
    [[ -n $program ]] && command -v "$program" > /dev/null && continue
    missing+=("$package")
  done < <(cat "$@")
  (( ${#missing[@]} > 0 )) || return 0
  # shellcheck source=/dev/null
  [[ $(. /etc/os-release && echo "${ID:-}${VERSION_ID:-}") == debian12 ]] || fail "缺少软件包，而这里不是 Debian 12，不能代为安装：${missing[*]}"
  is_root || command -v sudo > /dev/null || fail "缺少软件包，又没有 sudo，请以 root 安装：${missing[*]}"
  say "安装 ${#missing[@]} 个软件包：${missing[*]}"
  log=$(mktemp)
  # A machine that has just started may be installing its own updates.
  if ! { as_root apt-get update -q && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
    -o DPkg::Lock::Timeout=300 "${APT_OPTIONS[@]}" "${missing[@]}"; } < /dev/null > "$log" 2>&1; then
    fail "软件包安装失败：$(grep -m 1 '^E:' "$log" || tail -n 1 "$log")（日志 $log）"
  fi
  rm -f "$log"
}

# install_idle FILE: packages each with a daemon of its name, which we start ourselves. Debian would start it at once, on all addresses:
# its unit is masked meanwhile and stays disabled. What was installed before is somebody's, and is left as it is.
install_idle() {
  local package missing=() options=() systemd=false
  while read -r package; do
    [[ -z $package || $package == \#* ]] && continue
    is_installed "$package" && continue
    missing+=("$package")
    options+=(-o "DPkg::Options::=--path-exclude=/etc/init.d/$package")
  done < "$1"
  (( ${#missing[@]} > 0 )) || return 0
  if [[ -d /run/systemd/system ]]; then systemd=true; fi
  if $systemd; then as_root systemctl mask --runtime --quiet "${missing[@]/%/.service}"; fi
  APT_OPTIONS=("${options[@]}")
  install_packages "$1"
  APT_OPTIONS=()
  if $systemd; then
    as_root systemctl unmask --runtime --quiet "${missing[@]/%/.service}"
    as_root systemctl disable --quiet "${missing[@]/%/.service}"
  fi
}

make_system_user() {
  id -u "$1" > /dev/null 2>&1 && return 0
  useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$1" || fail "不能建立系统用户 $1"
}

# Compilers that fit into memory, when each takes so many megabytes.
compile_jobs() {
  local each=$1 fit jobs
  fit=$(( $(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo) / 1024 / each ))
  jobs=$(nproc)
  (( fit >= jobs )) || jobs=$(( fit > 1 ? fit : 1 ))
  echo "$jobs"
}

# A command of this kind ends with the script, even when that is killed.
BOUND=(setpriv --pdeathsig TERM)

# Runs a command as the user that owns the state: ourselves, or the system user when we are root. Never leaves privileges.
as_service() {
  if is_root; then
    "${BOUND[@]}" --reuid "$SERVICE_USER" --regid "$SERVICE_USER" --clear-groups --inh-caps=-all -- \
      env HOME="${STATE:-/nonexistent}" USER="$SERVICE_USER" LOGNAME="$SERVICE_USER" "$@"
  else
    "${BOUND[@]}" -- "$@"
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
  local name pid limit until
  for name in "$@"; do
    if pid=$(running_pid "$name"); then kill -TERM "$pid" 2>/dev/null || true; fi
  done
  for name in "$@"; do
    limit=$STOP_SECONDS
    [[ $name == mariadb ]] && limit=120
    until=$((SECONDS + limit))
    while pid=$(running_pid "$name"); do
      if (( SECONDS >= until )); then
        say "$name 在 $limit 秒内没有结束，强制终止（进程 $pid）"
        kill -KILL "$pid" 2>/dev/null || true
        break
      fi
      # Again and again, because MariaDB forgets a signal that comes while it starts.
      kill -TERM "$pid" 2>/dev/null || true
      sleep 0.2
    done
    rm -f "$STATE/run/$name.pid" "$STATE/run/$name.sock"
  done
}

# Prints the name of everything that was started and not stopped since, by the ids that it wrote down: no build is needed to
# stop what runs.
recorded() {
  local file
  for file in "$STATE"/run/*.pid; do
    if [[ -e $file ]]; then basename "$file" .pid; fi
  done
}

any_running() {
  local name
  for name in $(recorded); do
    if running_pid "$name" > /dev/null; then return 0; fi
  done
  return 1
}

# The edge first, so that nothing new comes in; the database last.
stop_all() {
  local name services=()
  if [[ -d $STATE/run ]]; then as_service touch "$STATE/run/stopping"; fi
  stop_process gateway
  for name in $(recorded); do
    [[ $name == mariadb ]] || services+=("$name")
  done
  stop_process "${services[@]}"
  stop_process mariadb
}

# Environment, keys and start of the services and the gateway.
# shellcheck shell=bash

declare -A PROGRAMS=([gateway]=gateway/gateway [edudelta]=gateway/cli/edudelta) PEERS
SERVICES=()

# Sets SERVICES, where each program was built (PROGRAMS) and whose address it needs (PEERS), from the list that the build made.
read_services() {
  local list=$BUILD/services.json name path peers
  while IFS=$'\t' read -r name path peers; do
    SERVICES+=("$name")
    PROGRAMS[$name]=$path
    PEERS[$name]=$peers
  done < <(python3 -c 'import json, sys
for one in json.load(open(sys.argv[1])): print(one["name"], one["program"], " ".join(one["peers"]), sep="\t")' "$list" 2> /dev/null)
  (( ${#SERVICES[@]} > 0 )) || fail "没有服务清单 $list；请检查构建日志 $ROOT/build/up.log"
  PEERS[gateway]=${SERVICES[*]}
}

program() {
  local name=$1 candidate
  for candidate in "$APP/bin/$name" "$BUILD/${PROGRAMS[$name]}"; do
    if [[ -f $candidate && -x $candidate ]]; then
      echo "$candidate"
      return 0
    fi
  done
  fail "没有找到程序 $name；请检查构建日志 $ROOT/build/up.log"
}

# A failure inside $(program ...) could not end the run.
check_programs() {
  local name
  for name in "${!PROGRAMS[@]}"; do
    program "$name" > /dev/null || exit 1
  done
}

# Copies programs and demo files to where the system user can read them. Only when the checkout cannot be entered.
copy_programs() {
  [[ $APP != "$ROOT" ]] || return 0
  local name built
  mkdir -p "$APP/bin"
  for name in "${!PROGRAMS[@]}"; do
    built=$BUILD/${PROGRAMS[$name]}
    if [[ -f $built && -x $built ]]; then install -C -m 0755 "$built" "$APP/bin/$name"; fi
  done
  rm -rf "$APP/deploy"
  mkdir -p "$APP/deploy"
  cp -r "$ROOT/deploy/demo" "$APP/deploy/demo"
  chmod -R a+rX "$APP"
}

new_field_keys() {
  printf '{"current": "k1", "keys": {"k1": "%s"}, "index_key": {"id": "i1", "key": "%s"}}\n' "$(openssl rand -hex 32)" "$(openssl rand -hex 32)"
}

new_token_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 2> /dev/null; }

make_keys() {
  local service
  for service in "${SERVICES[@]}"; do
    [[ -s $STATE/secrets/$service.fields.json ]] || new_field_keys | write_private "$STATE/secrets/$service.fields.json"
  done
  [[ -s $STATE/secrets/token-key.pem ]] || new_token_key | write_private "$STATE/secrets/token-key.pem"
  if [[ ! -s $STATE/credentials/operator.admin.password ]]; then
    openssl rand -base64 18 | write_private "$STATE/credentials/operator.admin.password"
  fi
  # Read here, because the system user may not see the checkout.
  as_service bash -c "$(< "$ROOT/deploy/certificate")" certificate "$STATE/tls" gateway localhost 127.0.0.1 > "$STATE/log/tls.log" 2>&1 ||
    fail "证书生成失败（日志 $STATE/log/tls.log）"
}

# environment_of NAME [migrating]: sets ENVIRONMENT for one program; the names are those of services/common/config and of each
# main.cc. Who may change the schema is told to migrations alone.
environment_of() {
  local name=$1 schema=edudelta_$1 peer port
  # No $() inside the array: bash 5.2 stumbles over a signal there.
  if [[ -z ${SOCKET_IN_URL:-} ]]; then
    SOCKET_IN_URL=$(python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.argv[1]))' "$STATE/run/mariadb.sock")
  fi
  port=$(metrics_port "$name")
  ENVIRONMENT=(PATH=/usr/bin:/bin LANG=C.UTF-8 EDUDELTA_NODE_ID=local)
  if [[ $name == gateway ]]; then
    ENVIRONMENT+=("EDUDELTA_GATEWAY_LISTEN_ADDRESS=127.0.0.1:$GATEWAY_PORT"
      "EDUDELTA_GATEWAY_METRICS_ADDRESS=127.0.0.1:$port"
      "EDUDELTA_GATEWAY_TLS_CERT_FILE=$STATE/tls/gateway.pem" "EDUDELTA_GATEWAY_TLS_KEY_FILE=$STATE/tls/gateway.key")
  else
    ENVIRONMENT+=("EDUDELTA_LISTEN_UNIX=$STATE/run/$name.sock" "EDUDELTA_METRICS_ADDRESS=127.0.0.1:$port"
      "EDUDELTA_DB_URL=mysql://$schema@/$schema?socket=$SOCKET_IN_URL"
      "EDUDELTA_DB_PASSWORD_FILE=$STATE/secrets/db-$name.password"
      "EDUDELTA_FIELD_KEY_FILE=$STATE/secrets/$name.fields.json")
    if [[ ${2:-} == migrating ]]; then
      ENVIRONMENT+=("EDUDELTA_DB_DDL_URL=mysql://${schema}_ddl@/$schema?socket=$SOCKET_IN_URL"
        "EDUDELTA_DB_DDL_PASSWORD_FILE=$STATE/secrets/db-$name-ddl.password")
    fi
  fi
  for peer in ${PEERS[$name]}; do
    ENVIRONMENT+=("EDUDELTA_${peer^^}_ADDRESS=unix:$STATE/run/$peer.sock")
  done
  if [[ $name == exchange ]]; then
    ENVIRONMENT+=("EDUDELTA_TOKEN_KEY_FILE=$STATE/secrets/token-key.pem")
  fi
}

migrate() {
  local name pids=() failed=""
  for name in "${SERVICES[@]}"; do
    environment_of "$name" migrating
    # The migrator is not a process of the running suite: it ends by itself.
    (cd / && as_service env -i "${ENVIRONMENT[@]}" "$(program "$name")" --migrate < /dev/null > "$STATE/log/$name.migrate.log" 2>&1) 9>&- &
    pids+=("$!:$name")
  done
  for name in "${pids[@]}"; do
    wait "${name%%:*}" || failed+=" ${name#*:}"
  done
  for name in $failed; do
    fail "$name 的数据库迁移失败：$(tail -n 1 "$STATE/log/$name.migrate.log")（日志 $STATE/log/$name.migrate.log）"
  done
}

bootstrap_administrator() {
  [[ ! -e $STATE/secrets/administrator.made ]] || return 0
  environment_of exchange
  (cd / && as_service env -i "${ENVIRONMENT[@]}" "$(program exchange)" --bootstrap-admin "$STATE/credentials/operator.admin.password" \
    < /dev/null > "$STATE/log/bootstrap.log" 2>&1) || fail "建立管理员失败：$(tail -n 1 "$STATE/log/bootstrap.log")（日志 $STATE/log/bootstrap.log）"
  write_private "$STATE/secrets/administrator.made" < /dev/null
}

# What a running process was started from, so that a rebuilt program is restarted.
fingerprint() { stat -c '%Y:%s:%i' "$(program "$1")"; }

# Before the migrations, which the old programs may not live with.
stop_rebuilt() {
  local name
  for name in "${SERVICES[@]}" gateway; do
    running_pid "$name" > /dev/null || continue
    if [[ $(cat "$STATE/run/$name.from" 2> /dev/null) == "$(fingerprint "$name")" ]]; then continue; fi
    say "$name 已重新构建，重启"
    stop_process "$name"
  done
}

start_services() {
  local name
  for name in "${SERVICES[@]}" gateway; do
    if running_pid "$name" > /dev/null; then
      continue
    elif [[ -e $STATE/run/$name.pid ]]; then
      say "$name 上次没有正常结束，重新启动"
    fi
    [[ $name != gateway ]] || need_port "$GATEWAY_PORT"
    environment_of "$name"
    rm -f "$STATE/run/$name.sock"
    spawn "$name" env -i "${ENVIRONMENT[@]}" "$(program "$name")"
    fingerprint "$name" | write_private "$STATE/run/$name.from"
  done
  for name in "${SERVICES[@]}"; do
    wait_until 600 "$name 没有就绪" "$name" test -S "$STATE/run/$name.sock"
  done
  wait_until 600 "网关没有就绪" gateway gateway_ready
}

# 200 only when the gateway and every service behind it are SERVING.
gateway_ready() {
  python3 - "https://127.0.0.1:$GATEWAY_PORT/status" "$STATE/tls/ca.pem" << 'PY' > /dev/null 2>&1
import ssl, sys, urllib.request
context = ssl.create_default_context(cafile=sys.argv[2])
with urllib.request.urlopen(sys.argv[1], timeout=2, context=context) as answer:
    sys.exit(0 if answer.status == 200 else 1)
PY
}

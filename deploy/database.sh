# The private MariaDB: own data directory, socket and loopback port, own accounts; the system's instance is never touched.
# shellcheck shell=bash

sql() { as_service mariadb --no-defaults --protocol=socket --socket="$STATE/run/mariadb.sock" -u "$(account)" --batch -N; }

write_database_config() {
  cat "$ROOT/deploy/mariadb.cnf" - << CNF | write_private "$STATE/db/my.cnf"
datadir = $STATE/db/data
socket = $STATE/run/mariadb.sock
pid-file = $STATE/db/mariadbd.pid
log-error = $STATE/log/mariadb.log
tmpdir = $STATE/db/tmp
bind-address = 127.0.0.1
port = $DB_PORT
innodb_buffer_pool_size = ${DB_POOL}M
CNF
}

# A new data directory gets its name only when it is complete, so that a run that was cut short leaves nothing half made.
create_database() {
  [[ -d $STATE/db/data ]] && return 0
  if [[ -d $STATE/db/data.new ]]; then
    say "清除上次没有建完的数据目录"
    rm -rf "$STATE/db/data.new"
  fi
  say "建立数据库……"
  as_service mariadb-install-db --no-defaults --datadir="$STATE/db/data.new" --tmpdir="$STATE/db/tmp" --skip-test-db --skip-name-resolve \
    --auth-root-authentication-method=socket --auth-root-socket-user="$(account)" \
    > "$STATE/log/install-db.log" 2>&1 || fail "数据库初始化失败：$(tail -n 1 "$STATE/log/install-db.log")（日志 $STATE/log/install-db.log）"
  as_service mv "$STATE/db/data.new" "$STATE/db/data"
}

start_database() {
  if running_pid mariadb > /dev/null; then return 0; fi
  port_free "$DB_PORT" || choose_database_port
  write_database_config
  rm -f "$STATE/run/mariadb.sock"
  spawn mariadb env -i PATH=/usr/bin:/bin:/usr/sbin LANG=C.UTF-8 mariadbd --defaults-file="$STATE/db/my.cnf"
  wait_until 600 "数据库没有启动" mariadb database_answers
}

database_answers() { [[ -S $STATE/run/mariadb.sock ]] && sql <<< 'SELECT 1' > /dev/null 2>&1; }

choose_database_port() {
  local port
  for port in {23306..23405}; do
    if port_free "$port"; then
      DB_PORT=$port
      save_settings
      return 0
    fi
  done
  fail "23306 至 23405 的端口都被占用，数据库没有可用的端口"
}

secret() {
  local file=$STATE/secrets/$1
  [[ -s $file ]] || openssl rand -hex 24 | write_private "$file"
  cat "$file"
}

# accounts_of SERVICE DML-PASSWORD DDL-PASSWORD HOST...: SQL, repeatable, of one schema and two accounts: DDL for migrations, DML
# for the running service.
accounts_of() {
  local service=$1 dml=$2 ddl=$3 host
  echo "CREATE DATABASE IF NOT EXISTS edudelta_$service CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;"
  for host in "${@:4}"; do
    echo "CREATE USER IF NOT EXISTS 'edudelta_${service}_ddl'@'$host', 'edudelta_$service'@'$host';"
    echo "ALTER USER 'edudelta_${service}_ddl'@'$host' IDENTIFIED BY '$ddl', 'edudelta_$service'@'$host' IDENTIFIED BY '$dml';"
    echo "GRANT ALL ON edudelta_$service.* TO 'edudelta_${service}_ddl'@'$host';"
    echo "GRANT SELECT, INSERT, UPDATE, DELETE ON edudelta_$service.* TO 'edudelta_$service'@'$host';"
  done
}

create_accounts() {
  local service ddl dml
  for service in "${SERVICES[@]}"; do
    ddl=$(secret "db-$service-ddl.password")
    dml=$(secret "db-$service.password")
    accounts_of "$service" "$dml" "$ddl" localhost 127.0.0.1
  done | sql || fail "建立数据库账号失败（日志 $STATE/log/mariadb.log）"
}

# Prometheus and Alertmanager beside the suite, with the rules of helm/rules: Debian's programs as the service's user, on loopback.
# shellcheck shell=bash disable=SC2154

MONITORS=(alertmanager prometheus)

install_monitoring() { install_idle "$ROOT/deploy/monitoring/packages.txt"; }

# Whose metrics are where: the gateway's on METRICS_PORT, the services' on the ports behind it, in their order.
metrics_port() {
  local name port=$METRICS_PORT
  for name in gateway "${SERVICES[@]}"; do
    if [[ $name == "$1" ]]; then break; fi
    (( ++port ))
  done
  echo "$port"
}

# Another suite may be running: moves METRICS_PORT to where nobody listens. What runs already keeps its ports.
choose_metrics_ports() {
  local name tries=20 base=$METRICS_PORT
  for name in gateway "${SERVICES[@]}"; do
    if running_pid "$name" > /dev/null; then return 0; fi
  done
  until metrics_ports_free; do
    (( tries-- > 0 )) || fail "从 $base 起找不到空闲的指标端口"
    (( METRICS_PORT += 20 ))
  done
  if (( METRICS_PORT != base )); then save_settings; fi
}

metrics_ports_free() {
  local name
  for name in gateway "${SERVICES[@]}"; do
    port_free "$(metrics_port "$name")" || return 1
  done
}

# choose_port NAME: the port of that setting or the next free one.
choose_port() {
  local -n port=$1
  local first=$port
  until port_free "$port"; do
    (( ++port ))
    (( port < first + 100 )) || fail "从 $first 起找不到空闲的端口"
  done
  if (( port != first )); then save_settings; fi
}

write_monitoring() {
  local folder=$STATE/monitoring name targets=""
  as_service mkdir -p -m 0700 "$folder"
  for name in gateway "${SERVICES[@]}"; do
    targets+="{\"targets\": [\"127.0.0.1:$(metrics_port "$name")\"], \"labels\": {\"job\": \"edudelta-$name\"}},"
  done
  targets+="{\"targets\": [\"127.0.0.1:$PROMETHEUS_PORT\"], \"labels\": {\"job\": \"prometheus\"}},"
  targets+="{\"targets\": [\"127.0.0.1:$ALERTMANAGER_PORT\"], \"labels\": {\"job\": \"alertmanager\"}}"
  write_private "$folder/targets.json" <<< "[$targets]"
  write_private "$folder/alertmanagers.json" <<< "[{\"targets\": [\"127.0.0.1:$ALERTMANAGER_PORT\"]}]"
  sed "s|runbook\.md#|file://$ROOT/deploy/monitoring/&|" "$ROOT/helm/rules/edudelta.yaml" | write_private "$folder/rules.yaml"
  write_private "$folder/prometheus.yml" < "$ROOT/deploy/monitoring/prometheus.yml"
  # Receivers are the operator's: what was put in there stays.
  [[ -e $folder/alertmanager.yml ]] || write_private "$folder/alertmanager.yml" < "$ROOT/deploy/monitoring/alertmanager.yml"
}

start_monitoring() {
  local folder=$STATE/monitoring name pid
  running_pid alertmanager > /dev/null || choose_port ALERTMANAGER_PORT
  running_pid prometheus > /dev/null || choose_port PROMETHEUS_PORT
  write_monitoring
  as_service promtool check config "$folder/prometheus.yml" > "$STATE/log/promtool.log" 2>&1 \
    || fail "监控配置有误：$(grep -m 1 FAILED "$STATE/log/promtool.log")（日志 $STATE/log/promtool.log）"
  as_service amtool check-config "$folder/alertmanager.yml" > "$STATE/log/amtool.log" 2>&1 \
    || fail "告警配置 $folder/alertmanager.yml 有误（日志 $STATE/log/amtool.log）"
  for name in "${MONITORS[@]}"; do
    # What runs reads its files again.
    if pid=$(running_pid "$name"); then
      kill -HUP "$pid"
      continue
    fi
    case $name in
      alertmanager) spawn "$name" env -i PATH=/usr/bin:/bin prometheus-alertmanager --config.file="$folder/alertmanager.yml" \
        --storage.path="$folder/alertmanager" --web.listen-address="127.0.0.1:$ALERTMANAGER_PORT" --cluster.listen-address= ;;
      prometheus) spawn "$name" env -i PATH=/usr/bin:/bin prometheus --config.file="$folder/prometheus.yml" \
        --storage.tsdb.path="$folder/prometheus" --storage.tsdb.retention.time=31d --storage.tsdb.retention.size=4GB \
        --web.listen-address="127.0.0.1:$PROMETHEUS_PORT" ;;
    esac
  done
  wait_until 300 "Alertmanager 没有就绪" alertmanager monitor_ready "$ALERTMANAGER_PORT"
  wait_until 300 "Prometheus 没有就绪" prometheus monitor_ready "$PROMETHEUS_PORT"
}

monitor_ready() {
  python3 -c 'import sys, urllib.request
urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/-/ready", timeout=2)' "$1" > /dev/null 2>&1
}

monitoring_tour() {
  local prometheus=http://127.0.0.1:$PROMETHEUS_PORT alertmanager=http://127.0.0.1:$ALERTMANAGER_PORT
  cat << TEXT

监控：
  告警    $prometheus/alerts     正在通知的 $alertmanager/#/alerts
  目标    $prometheus/targets    规则 $prometheus/rules    查询 $prometheus/graph
  手册    $ROOT/deploy/monitoring/runbook.md（每个告警一节）
  面板    $ROOT/helm/dashboards/*.json（导入 Grafana，数据源选 $prometheus）
  通知    收件人写在 $STATE/monitoring/alertmanager.yml，再运行 deploy/up --monitoring 即生效

  正在告警      promtool query instant $prometheus 'ALERTS{alertstate="firing"}'
  剩余差错额度  promtool query instant $prometheus 'edudelta:edge_availability:budget_left_30d'
  每秒请求      promtool query instant $prometheus 'sum by (method) (rate(edudelta_http_requests_total[5m])) > 0'
  最慢的方法    promtool query instant $prometheus 'topk(5, histogram_quantile(0.99, sum by (method, le) (rate(edudelta_http_request_seconds_bucket[5m]))))'
  数据库与滞后  promtool query instant $prometheus 'edudelta_db_up or edudelta_outbox_lag_seconds or edudelta_follower_lag_seconds'
  静默一小时    amtool silence add --alertmanager.url=$alertmanager --author=me --comment=维护 --duration=1h alertname=DatabaseSlow
TEXT
}

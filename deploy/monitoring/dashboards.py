#!/usr/bin/env python3
"""Writes the dashboards for Grafana to a folder: deploy/monitoring/dashboards.py helm/dashboards

Needs grafana-foundation-sdk (PyPI, pinned in tests/run); what is delivered is the JSON.
"""

import os
import sys

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import BigValueGraphMode
from grafana_foundation_sdk.models.dashboard import DataSourceRef, Threshold, ThresholdsMode, VariableRefresh
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SOURCE = DataSourceRef(type_val="prometheus", uid="$datasource")
JOB = 'job=~"$service"'
# Imports and exports may take minutes, and probes are nobody's requests.
UNARY = 'method!~"[a-z]+[.](Import|Export).+|(health|live|ready|started)z|status"'
# Rows by their first panel.
HEADS = {0: "是否正常", 6: "详情"}


def query(expression, legend="", instant=False, number=0):
    built = prometheus.Dataquery().datasource(SOURCE).expr(expression).legend_format(legend).ref_id(chr(ord("A") + number))
    return built.instant().format(PromQueryFormat.TABLE) if instant else built.range()


def limits(good, bad):
    """Green up to one value and red from the other; the other way round where more is better."""
    steps = [("green", None), ("orange", good), ("red", bad)] if bad > good else [("red", None), ("orange", bad), ("green", good)]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps([Threshold(value=value, color=color) for color, value in steps])


def dressed(panel, title, unit, description, width, height):
    return panel.title(title).description(description).unit(unit).datasource(SOURCE).span(width).height(height)


def number(title, unit, expression, description, good, bad):
    """Of the first row: one number that says whether it is well."""
    panel = (stat.Panel().graph_mode(BigValueGraphMode.AREA).thresholds(limits(good, bad)).with_target(query(expression))
             .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"])))
    return dressed(panel, title, unit, description, 4, 4)


def lines(title, unit, description, *queries, width=8):
    panel = timeseries.Panel().legend(common.VizLegendOptions().show_legend(True)).fill_opacity(10)
    for i, (expression, legend) in enumerate(queries):
        panel.with_target(query(expression, legend, number=i))
    return dressed(panel, title, unit, description, width, 8)


def rows(title, unit, expression, description, width=12):
    return dressed(table.Panel().with_target(query(expression, instant=True)), title, unit, description, width, 8)


def p(quantile, by, family, selector=""):
    return f"histogram_quantile({quantile}, sum by ({by}le) (rate({family}_bucket{{{selector}}}[$__rate_interval])))"


def rate(by, selector):
    return f"sum by ({by}) (rate({selector}[$__rate_interval]))"


REGION = [
    number("网关可用性剩余额度", "percentunit", "min(edudelta:edge_availability:budget_left_30d)", "30 天 0.1% 的差错额度还剩多少", 0.5, 0.1),
    number("正在告警", "none", 'count(ALERTS{alertstate="firing",severity="page"}) or vector(0)', "需要立即处理的告警数", 0.5, 1),
    number("服务实例", "percentunit", 'avg(up{job=~"edudelta-.+"})', "抓取得到的实例所占比例", 1, 0.99),
    number("数据库", "none", "min(edudelta_db_up)", "1 为全部服务都连得上数据库", 1, 0.5),
    number("最大滞后", "s", "max(edudelta_outbox_lag_seconds)", "最早的未发布变更事件已等待多久", 5, 60),
    number("策略租约", "s", "min(edudelta_policy_lease_seconds)", "到 0 时网关拒绝一切请求", 5, 1),
    lines("请求", "reqps", "网关每秒请求，按服务",
          ('sum by (service) (label_replace(rate(edudelta_http_requests_total[$__rate_interval]), "service", "$1", "method", "([a-z]+)[.].+"))', "{{service}}")),
    lines("状态码", "reqps", "网关每秒应答，按状态码", (rate("code", "edudelta_http_requests_total"), "{{code}}")),
    lines("响应时间", "s", "除导入导出外的请求", (p(0.5, "", "edudelta_http_request_seconds", UNARY), "p50"), (p(0.99, "", "edudelta_http_request_seconds", UNARY), "p99")),
    lines("差错额度", "percentunit", "30 天额度还剩多少", *[(f"edudelta:{name}:budget_left_30d", f"{name} {{{{job}}}} {{{{organization}}}}")
          for name in ("edge_availability", "edge_latency", "service_availability", "service_latency", "outbox_freshness", "follower_freshness")]),
    lines("数据库语句", "s", "95% 的语句在此时间内", (p(0.95, "job, ", "edudelta_db_statement_seconds"), "{{job}}")),
    lines("数据库差错", "ops", "每秒，按种类", (rate("job, kind", "edudelta_db_errors_total"), "{{job}} {{kind}}")),
    lines("变更事件", "s", "发布与送达的滞后", ("max by (job) (edudelta_outbox_lag_seconds)", "{{job}} 发布"),
          ("max by (job, source) (edudelta_follower_lag_seconds)", "{{job}} 收自 {{source}}")),
    lines("策略", "s", "租约剩余与上次更新以来", ("min by (instance) (edudelta_policy_lease_seconds)", "剩余 {{instance}}"),
          ("max by (instance) (edudelta_policy_age_seconds)", "更新以来 {{instance}}")),
    lines("时钟", "s", "与数据库相差", ("max by (job) (abs(edudelta_db_clock_skew_seconds))", "{{job}}")),
    rows("告警", "none", 'sum by (alertname, severity, job) (ALERTS{alertstate="firing"})', "正在触发的告警；处置见告警手册"),
    rows("版本", "none", "count by (job, version, revision) (edudelta_build_info)", "各程序在运行的版本"),
    rows("证书", "d", "min by (job, file) (edudelta_tls_not_after_seconds - time()) / 86400", "还有多少天到期"),
    rows("登录", "none", "sum by (kind, outcome) (increase(edudelta_tokens_total[1h]))", "近一小时的登录，按结果"),
]

SERVICE = [
    number("实例", "percentunit", f"avg(up{{{JOB}}})", "抓取得到的实例所占比例", 1, 0.99),
    number("差错", "percentunit", f'max(edudelta:service_availability:error_ratio_5m{{{JOB}}}) or vector(0)', "近 5 分钟系统错误所占比例", 0.001, 0.01),
    number("慢调用", "percentunit", f"max(edudelta:service_latency:error_ratio_5m{{{JOB}}}) or vector(0)", "近 5 分钟超过 100 毫秒的比例", 0.01, 0.1),
    number("忙碌", "percentunit", f"max(edudelta_workers_busy{{{JOB}}} / edudelta_workers)", "在用的工作线程所占比例", 0.7, 0.95),
    number("连接池", "percentunit", f"max(edudelta_db_pool_in_use{{{JOB}}} / edudelta_db_pool_size)", "在用的数据库连接所占比例", 0.7, 0.95),
    number("内存", "percentunit", f"max(process_resident_memory_bytes{{{JOB}}} / on (job) group_left () edudelta:memory_limit:bytes)", "占上限的比例", 0.7, 0.9),
    lines("调用", "reqps", "每秒，按方法", (rate("grpc_method", f"grpc_server_handled_total{{{JOB}}}") + " > 0", "{{grpc_method}}")),
    lines("系统错误", "reqps", "每秒，按方法和代码",
          (rate("grpc_method, grpc_code", f'grpc_server_handled_total{{{JOB},grpc_code=~"UNKNOWN|UNAVAILABLE|DEADLINE_EXCEEDED|RESOURCE_EXHAUSTED|INTERNAL|DATA_LOSS"}}'),
           "{{grpc_method}} {{grpc_code}}")),
    lines("耗时", "s", "99% 在此时间内，按方法", (p(0.99, "grpc_method, ", "grpc_server_handling_seconds", f'{JOB},grpc_type="unary"'), "{{grpc_method}}")),
    lines("工作线程", "none", "在用与总数", (f"sum by (pool) (edudelta_workers_busy{{{JOB}}})", "{{pool}} 在用"), (f"sum by (pool) (edudelta_workers{{{JOB}}})", "{{pool}}")),
    lines("队列", "none", "等待中的调用", (f"sum by (pool) (edudelta_queue_length{{{JOB}}})", "{{pool}}")),
    lines("排队时间", "s", "99% 在此时间内", (p(0.99, "pool, ", "edudelta_queue_wait_seconds", JOB), "{{pool}}")),
    lines("拒绝", "reqps", "每秒因队列已满拒绝", (rate("pool", f"edudelta_queue_rejected_total{{{JOB}}}"), "{{pool}}")),
    lines("连接池", "none", "数据库连接", (f"sum(edudelta_db_pool_in_use{{{JOB}}})", "在用"), (f"sum(edudelta_db_pool_waiting{{{JOB}}})", "等待"),
          (f"sum(edudelta_db_pool_size{{{JOB}}})", "总数")),
    lines("语句", "s", "数据库语句与等连接", (p(0.95, "", "edudelta_db_statement_seconds", JOB), "语句 p95"), (p(0.95, "", "edudelta_db_pool_wait_seconds", JOB), "等连接 p95")),
    lines("内存", "bytes", "常驻内存", (f"process_resident_memory_bytes{{{JOB}}}", "{{job}} {{instance}}")),
    lines("CPU", "none", "占用的核", (rate("job, instance", f"process_cpu_seconds_total{{{JOB}}}"), "{{job}} {{instance}}")),
    lines("文件描述符", "none", "打开的与上限", (f"process_open_fds{{{JOB}}}", "{{instance}} 打开"), (f"process_max_fds{{{JOB}}}", "{{instance}} 上限")),
    lines("数据库重试", "ops", "每秒，按原因", (rate("reason", f"edudelta_db_retries_total{{{JOB}}}"), "{{reason}}"), width=6),
    lines("报表", "s", "95% 在此时间内，按报表", (p(0.95, "report, ", "edudelta_report_seconds", JOB), "{{report}}"), width=6),
    lines("导入导出", "rowsps", "每秒行数", (rate("dataset, result", f"edudelta_import_rows_total{{{JOB}}}"), "导入 {{dataset}} {{result}}"),
          (rate("dataset", f"edudelta_export_rows_total{{{JOB}}}"), "导出 {{dataset}}"), width=6),
    lines("丢弃的序列", "none", "超出限额而并入 other 的指标序列", (f"sum by (job, family) (edudelta_metrics_dropped_total{{{JOB}}})", "{{job}} {{family}}"), width=6),
]

PARTNERS = [
    number("剩余额度", "percentunit", "min(edudelta:partner_exchange:budget_left_30d)", "各机构 30 天 0.5% 额度中剩得最少的", 0.5, 0.1),
    number("今日活跃机构", "none", "count(sum by (organization) (increase(edudelta_partner_requests_total[1d])) > 0)", "一天内来过的机构数", 1, 0.5),
    number("存证队列", "none", "max(edudelta_evidence_queue_length)", "等待写入的存证", 20, 100),
    number("存证写入", "s", p(0.99, "", "edudelta_evidence_commit_seconds"), "99% 的存证在此时间内写入", 0.1, 1),
    number("存证总数", "none", "max(edudelta_evidence_head)", "最新一条存证的序号", 0, -1),
    number("未留存证的拒绝", "none", "sum(increase(edudelta_denials_unrecorded_total[1d])) or vector(0)", "近一天，应为 0", 0.5, 1),
    lines("请求", "reqps", "每秒，按机构", (rate("organization", "edudelta_partner_requests_total"), "{{organization}}")),
    lines("结果", "reqps", "每秒，按结果", (rate("outcome", "edudelta_partner_requests_total"), "{{outcome}}")),
    lines("记录", "rowsps", "每秒读取的记录，按机构和数据集", (rate("organization, dataset", "edudelta_partner_records_total"), "{{organization}} {{dataset}}")),
    lines("拒绝", "reqps", "每秒，按机构和原因", (rate("organization, reason", 'edudelta_partner_requests_total{outcome="denied"}'), "{{organization}} {{reason}}"), width=12),
    lines("存证", "reqps", "每秒写入的存证与事务", ("sum(rate(edudelta_evidence_entries_total[$__rate_interval]))", "存证"),
          ("sum(rate(edudelta_evidence_groups_total[$__rate_interval]))", "事务"), width=12),
    rows("近一天", "none", "sum by (organization, outcome) (increase(edudelta_partner_requests_total[1d]))", "各机构的请求数，按结果"),
    rows("多久没有来", "s",
         "time() - max_over_time((time() * (sum by (organization) (increase(edudelta_partner_requests_total[5m])) > bool 0))[1d:1m])",
         "上次请求以来，至多看一天"),
]

REPORTED = "sum(max by (district) (edudelta_region_schools_reported)) / sum(max by (district) (edudelta_region_schools))"
BUSINESS = [
    number("填报率", "percentunit", REPORTED, "已填报的学校所占比例", 0.95, 0.6),
    number("学校", "none", "sum(max by (district) (edudelta_region_schools))", "全部学校", 1, 0),
    number("未闭环隐患", "none", "sum(max by (district, grade) (edudelta_region_hazards_open))", "全部等级", 50, 200),
    number("逾期隐患", "none", "sum(max by (district, grade) (edudelta_region_hazards_overdue))", "超过整改期限的", 1, 10),
    number("漏巡点位", "none", "sum(max by (district) (edudelta_region_patrol_points_missed))", "本期应巡未巡的点位", 1, 50),
    number("指标", "none", "sum(max by (district, state) (edudelta_region_targets))", "工作计划中的指标", 1, 0),
    lines("填报", "percentunit", "各区县已填报的学校比例",
          ("max by (district) (edudelta_region_schools_reported) / max by (district) (edudelta_region_schools)", "{{district}}"), width=12),
    lines("学校", "none", "各区县", ("max by (district) (edudelta_region_schools)", "{{district}}"), width=12),
    lines("隐患", "none", "未闭环，按等级", ("sum by (grade) (max by (district, grade) (edudelta_region_hazards_open))", "{{grade}}"), width=12),
    lines("逾期", "none", "超过整改期限，按区县和等级", ("max by (district, grade) (edudelta_region_hazards_overdue)", "{{district}} {{grade}}"), width=12),
    lines("漏巡", "none", "应巡未巡的点位，按区县", ("max by (district) (edudelta_region_patrol_points_missed)", "{{district}}"), width=12),
    rows("指标", "none", "max by (district, state) (edudelta_region_targets)", "工作计划指标，按区县和状态"),
    rows("隐患", "none", "max by (district, grade) (edudelta_region_hazards_open)", "未闭环隐患，按区县和等级"),
    rows("填报", "none", "max by (district) (edudelta_region_schools) - max by (district) (edudelta_region_schools_reported)", "各区县还没有填报的学校数"),
]

DASHBOARDS = {"region": ("全区概况", REGION), "service": ("服务", SERVICE), "partners": ("合作机构", PARTNERS), "business": ("业务", BUSINESS)}


def build(name):
    title, panels = DASHBOARDS[name]
    board = (dashboard.Dashboard(f"edudelta {title}").uid(f"edudelta-{name}").tags(["edudelta"]).timezone("browser").refresh("1m")
             .time("now-6h", "now").with_variable(dashboard.DatasourceVariable("datasource").type("prometheus").label("数据源")))
    if name == "service":
        board.with_variable(dashboard.QueryVariable("service").label("服务").datasource(SOURCE).query('label_values(up{job=~"edudelta-.+"}, job)')
                            .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).multi(True).include_all(True).all_value("edudelta-.+"))
    for number_, panel in enumerate(panels):
        if number_ in HEADS:
            board.with_row(dashboard.Row(HEADS[number_]))
        board.with_panel(panel.id(number_ + 1))
    return JSONEncoder(sort_keys=True, indent=1, ensure_ascii=False).encode(board.build()) + "\n"


def main():
    folder, = sys.argv[1:]
    for name in DASHBOARDS:
        with open(os.path.join(folder, name + ".json"), "w", encoding="utf-8") as file:
            file.write(build(name))


if __name__ == "__main__":
    main()

"""promtool's unit tests: of the alerts as cases.yaml has them, of the burn rates as slo.yaml implies them."""

import os
import re
import subprocess

import yaml

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
# Calls a minute of the burn rates' tests, so that a thousandth is a whole number.
ALL = 1000000


def seconds(duration):
    return sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)([smhd])", duration))


def values(pieces, step):
    """promtool's notation of "1*5m +3*5m -*5m"."""
    text, last = [], 0
    for piece in pieces.split():
        what, duration = piece.rsplit("*", 1)
        count = seconds(duration) // step
        if what == "-":
            text.append(f"_x{count}")
        elif what.startswith("+"):
            text.append(f"{last + int(what[1:])}+{int(what[1:])}x{count - 1}")
            last += int(what[1:]) * count
        else:
            text.append(f"{what}+0x{count - 1}")
            last = float(what) if "." in what else int(what)
    return " ".join(text)


class Case:
    """Some series and what must fire of them: [(when, {(alert, severity)}, further matchers)], and nothing else."""

    def __init__(self, name, series, looks, step=15, every=None):
        self.name, self.series, self.looks, self.step, self.every = name, series, looks, step, every or step


def tests(cases):
    """All in one promtool test, which takes its time for each: every case is a namespace of its own."""
    series, looks = [], []
    step = cases[0].step
    for number, case in enumerate(cases):
        namespace = f'namespace="{number:03d} {case.name}"'
        for name, pieces in case.series.items():
            name = name.replace("{", "{" + namespace + ",") if "{" in name else f"{name}{{{namespace}}}"
            series.append({"series": name, "values": values(pieces, step)})
        for at, alerts, matchers in case.looks:
            looks.append({"expr": f'group by (namespace, alertname, severity) (ALERTS{{alertstate="firing",{namespace}{matchers}}})',
                          "eval_time": at, "exp_samples": [
                              {"labels": f'{{{namespace},alertname="{name}",severity="{severity}"}}', "value": 1}
                              for name, severity in sorted(alerts)]})
    return [{"interval": f"{step}s", "input_series": series, "promql_expr_test": looks}]


def run(promtool, folder, rules, cases):
    """What promtool says of the cases, "" when all are as they should be."""
    said = []
    rule_file = os.path.join(folder, "rules.yaml")
    with open(rule_file, "w", encoding="utf-8") as file:
        yaml.safe_dump(rules, file, allow_unicode=True)
    for every in sorted({case.every for case in cases}):
        test_file = os.path.join(folder, f"test-{every}.yaml")
        with open(test_file, "w", encoding="utf-8") as file:
            yaml.safe_dump({"rule_files": [rule_file], "evaluation_interval": f"{every}s",
                            "tests": tests([case for case in cases if case.every == every])}, file, allow_unicode=True)
        done = subprocess.run([promtool, "test", "rules", test_file], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said.append(done.stdout + done.stderr)
    return "\n".join(said)


def written(cases):
    """Of cases.yaml: {"GatewayDown ticket": {...}}."""
    for title, three in cases.items():
        alert, _, severity = title.partition(" ")
        alert = (alert, severity or None)
        for kind, case in three.items():
            looks = {"fires": [(case["at"], True)], "quiet": [(case["at"], False)],
                     "resolves": [(case["at"], True), (case.get("then"), False)]}[kind]
            yield alert, kind, case, looks


def per_step(one, rate, all_):
    """Series of an SLO by which `rate` of `all_` a minute goes wrong."""
    labels = {"job": "edudelta-planning", "organization": "kunshan"}

    def series(selector, **more):
        name, _, conditions = selector.partition("{")
        pairs = dict(re.findall(r'(\w+)="([^"]*)"', conditions)) | more
        pairs |= {label: labels[label] for label in one.get("by", [])}
        return name + "{" + ",".join(f'{key}="{value}"' for key, value in pairs.items()) + "}"

    def matched(selector):
        """Values that the selector's patterns match."""
        method = "planning.ImportSchools" if 'method=~"' in selector else "planning.GetSchool"
        code = {"code": "503"} if 'code=~"5' in selector else {"grpc_code": "UNAVAILABLE"} if "grpc_code=~" in selector else {}
        return code | ({"method": method} if "method" in selector else {})

    good = {"code": "200"} if "edudelta_http_requests_total" in one["total"] else (
        {"grpc_code": "OK"} if "handled_total" in one["total"] else {"outcome": "allowed"} if "partner" in one["total"] else {})
    if "good" in one:
        return {series(one["good"], **matched(one["good"])): all_ - rate, series(one["total"], **matched(one["total"])): all_}
    return {series(one["bad"], **matched(one["bad"])): rate, series(one["total"], **(matched(one["total"]) | good)): all_ - rate}


def growing(one, phases):
    """{series: pieces} of an SLO: [(bad a minute, all a minute, how long)]."""
    pieces = {}
    for bad, all_, long in phases:
        for name, step in per_step(one, bad, all_).items():
            pieces.setdefault(name, []).append(f"+{step}*{long}")
    return {name: " ".join(parts) for name, parts in pieces.items()}


def lagging(one, phases):
    """The same of freshness, whose gauge is a little too high or just not."""
    labels = {"job": "edudelta-planning", "source": "planning"}
    name = one["stale"]["gauge"] + "{" + ",".join(f'{key}="{labels[key]}"' for key in one["by"]) + "}"
    return {name: " ".join(f"{one['stale']['above'] + bool(bad)}*{long}" for bad, _, long in phases)}


def burns(slo, one):
    """Of one SLO: each of its burn alerts fires, is quiet just below, and resolves; and nine failures are too few."""
    for burn in slo["burns"]:
        window, limit = burn["long"], burn["factor"] * (100 - one["objective"]) / 100
        above, below = round(limit * 1.05 * ALL), round(limit * 0.95 * ALL)
        make = growing
        if "stale" in one:
            make, below = lagging, 0
        # A slow burn is looked at seldom, or the test takes minutes.
        every = 60 * {"1h": 1, "6h": 5}.get(window, 10)
        held = seconds(burn["for"]) // 60 + 10
        rest = seconds(burn["short"]) // 60 + held + 10

        def look(minute, fires, window=window, severity=burn["severity"]):
            return (f"{minute}m", {(one["alert"], severity)} if fires else set(), f',window="{window}"')

        yield Case(f"{one['alert']} {window} fires", make(one, [(above, ALL, f"{held + 5}m")]), [look(held, True)], 60, every)
        yield Case(f"{one['alert']} {window} is quiet", make(one, [(below, ALL, f"{held + 5}m")]), [look(held, False)], 60, every)
        yield Case(f"{one['alert']} {window} resolves", make(one, [(above, ALL, f"{held}m"), (0, ALL, f"{rest + 5}m")]),
                   [look(held, True), look(held + rest, False)], 60, every)
    if "stale" not in one:
        yield Case(f"{one['alert']} wants ten failures", growing(one, [(0, 1, "10m"), (3, 3, "3m"), (0, 0, "1h")]),
                   [("24m", set(), ""), ("60m", set(), "")], 60)

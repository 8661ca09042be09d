"""The alerts: what `render` makes is checked in, does what its unit tests say, and each has a fault and a section of the runbook."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
MONITORING = os.path.join(ROOT, "deploy", "monitoring")
RULES = os.path.join(ROOT, "helm", "rules", "edudelta.yaml")
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(ROOT, "tests", "fault")]

import alert_faults  # noqa: E402
import families  # noqa: E402
import runbook  # noqa: E402
import unit_tests  # noqa: E402
from scripts import load, script  # noqa: E402


RENDER = script(os.path.join(MONITORING, "render"))
SLO, ALERTS = RENDER.load("slo.yaml"), RENDER.load_alerts()
CASES = load(os.path.join(HERE, "cases.yaml"))
PROMTOOL = shutil.which("promtool")


def alert_rules(rules):
    return [rule for group in rules["groups"] for rule in group["rules"] if "alert" in rule]


class AlertsTest(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.rules = RENDER.render(SLO, ALERTS)
        cls.names = {rule["alert"] for rule in alert_rules(cls.rules)}
        cls.burns = {one["alert"] for one in SLO["slos"]}

    def group(self, *names):
        return {"groups": [group for group in self.rules["groups"] if group["name"] in names]}

    # Rules

    def test_rendered_is_checked_in(self):
        with open(RULES, encoding="utf-8") as file:
            self.assertEqual(file.read(), RENDER.write(self.rules), "deploy/monitoring/render > helm/rules/edudelta.yaml")

    def test_promtool_finds_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            fast = os.path.join(folder, "fast.yaml")
            with open(fast, "w", encoding="utf-8") as file:
                file.write(RENDER.write(RENDER.render(SLO, ALERTS, lambda name: 60)))
            for path in (RULES, fast):
                done = subprocess.run([PROMTOOL, "check", "rules", "--lint=all", "--lint-fatal", path], capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_scaled_is_only_faster(self):
        fast = RENDER.render(SLO, ALERTS, lambda name: 60)
        self.assertEqual([rule["alert"] for rule in alert_rules(fast)], [rule["alert"] for rule in alert_rules(self.rules)])
        self.assertEqual(RENDER.scale_expression("rate(x[5m]) and y[1h] offset 7d > 300", 60), "rate(x[5s]) and y[60s] offset 10080s > 300")

    def test_each_tells_what_to_do(self):
        for rule in alert_rules(self.rules):
            for words in ("summary", "description"):
                self.assertRegex(rule["annotations"][words], "[\u4e00-\u9fff]", rule["alert"])
            self.assertEqual(rule["annotations"]["runbook_url"], f"runbook.md#{rule['alert'].lower()}")
            self.assertIn(rule["labels"]["severity"], ("page", "ticket"), rule["alert"])

    # Unit tests

    def run_cases(self, groups, cases):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(unit_tests.run(PROMTOOL, folder, self.group(*groups), cases), "")

    def severity(self, alert, severity):
        of_it = [rule["labels"]["severity"] for rule in alert_rules(self.rules) if rule["alert"] == alert]
        return severity or of_it[0]

    def test_each_alert_fires_is_quiet_and_resolves(self):
        cases, tested = [], set()
        for (alert, severity), kind, case, looks in unit_tests.written(CASES):
            key = (alert, self.severity(alert, severity))
            tested.add((*key, kind))
            cases.append(unit_tests.Case(f"{alert} {kind}", case["series"], [
                (at, {key} if fires else set(), "") for at, fires in looks], unit_tests.seconds(case.get("step", "15s"))))
        self.run_cases(("edudelta-records", "edudelta-alerts"), cases)
        wanted = {(rule["alert"], rule["labels"]["severity"], kind) for rule in alert_rules(self.rules)
                  if rule["alert"] not in self.burns for kind in ("fires", "quiet", "resolves")}
        self.assertEqual(tested, wanted)
        print(f"{len(cases)} unit tests of {len(wanted) // 3} alerts")

    def test_burn_rates_fire_are_quiet_and_resolve(self):
        cases = [case for one in SLO["slos"] for case in unit_tests.burns(SLO, one)]
        self.run_cases([f"edudelta-slo-{one['name']}" for one in SLO["slos"]], cases)
        print(f"{len(cases)} unit tests of {len(SLO['slos']) * len(SLO['burns'])} burn rates")

    # What goes with an alert

    def test_each_has_a_fault(self):
        expected = {alert_faults.name_of(alert) for fault in alert_faults.FAULTS for alert in fault.must}
        self.assertEqual(self.names, expected)
        self.assertEqual({alert_faults.name_of(alert) for fault in alert_faults.FAULTS for alert in fault.may} - self.names, set())
        known = {(rule["alert"], rule["labels"]["severity"]) for rule in alert_rules(self.rules)}
        must = {alert_faults.key_of(alert) for fault in alert_faults.FAULTS for alert in fault.must}
        self.assertEqual(must - known, set(), "no fault expects what does not exist")

    def test_each_has_a_section_of_the_runbook(self):
        found = runbook.sections()
        self.assertEqual(set(found), self.names)
        for name, (parts, commands) in found.items():
            self.assertEqual(parts, runbook.PARTS, name)
            self.assertIn(len(commands), range(1, runbook.MOST_COMMANDS + 1), name)

    def test_each_metric_is_exported(self):
        texts = [rule["expr"] for group in self.rules["groups"] for rule in group["rules"]]
        texts += [command for _, commands in runbook.sections().values() for command in commands if command.startswith("promtool")]
        # A shell's quotes are no expression's.
        used = set().union(*(families.used(text.replace("'", " ")) for text in texts))
        self.assertGreater(len(used), 30)
        self.assertEqual(used - families.declared(), set())
        records = {rule["record"] for group in self.rules["groups"] for rule in group["rules"] if "record" in rule}
        self.assertEqual(set().union(*(families.recorded(text) for text in texts)) - records, set())

    def test_each_process_has_a_limit(self):
        services = load(os.path.join(os.environ["EDUDELTA_BUILD"], "services.json"))
        self.assertEqual({one["name"] for one in services} | {"gateway"}, set(ALERTS["memory_limits"]))

    def test_the_page_silences_what_follows(self):
        config = load(os.path.join(MONITORING, "alertmanager.yml"))
        matchers = [matcher.partition("alertname=")[2].strip("~\"") for rule in config["inhibit_rules"]
                    for matcher in rule["source_matchers"] + rule["target_matchers"] if matcher.startswith("alertname")]
        for pattern in "|".join(matchers).split("|"):
            self.assertTrue([name for name in self.names if re.fullmatch(pattern, name)], pattern)
        done = subprocess.run(["amtool", "check-config", os.path.join(MONITORING, "alertmanager.yml")], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)

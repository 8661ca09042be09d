"""The dashboards: what dashboards.py makes is checked in, is whole, and asks only for what is exported."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
WRITTEN = os.path.join(ROOT, "helm", "dashboards")
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(ROOT, "tests", "contract", "alerts")]

import families  # noqa: E402
import yaml  # noqa: E402

SPEC = importlib.util.spec_from_file_location("dashboards", os.path.join(ROOT, "deploy", "monitoring", "dashboards.py"))
DASHBOARDS = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(DASHBOARDS)


def read(name):
    with open(os.path.join(WRITTEN, name), encoding="utf-8") as file:
        return file.read()


class DashboardsTest(unittest.TestCase):
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        cls.boards = {name: json.loads(read(name + ".json")) for name in DASHBOARDS.DASHBOARDS}

    def panels(self):
        for name, board in self.boards.items():
            for panel in board["panels"]:
                if panel["type"] != "row":
                    yield f"{name}: {panel['title']}", panel

    def test_written_is_checked_in(self):
        self.assertEqual(sorted(os.listdir(WRITTEN)), sorted(name + ".json" for name in self.boards))
        for name in self.boards:
            self.assertEqual(read(name + ".json"), DASHBOARDS.build(name), "deploy/monitoring/dashboards.py helm/dashboards")

    def test_each_panel_is_whole(self):
        for name, panel in self.panels():
            self.assertTrue(panel["fieldConfig"]["defaults"]["unit"], name)
            self.assertRegex(panel["title"] + panel["description"], "[\u4e00-\u9fff]", name)
            self.assertTrue(panel["description"], name)
            self.assertEqual(panel["datasource"], {"type": "prometheus", "uid": "$datasource"}, name)
            self.assertIn(panel["type"], ("timeseries", "stat", "table"), name)
            letters = [target["refId"] for target in panel["targets"]]
            self.assertEqual(len(set(letters)), len(letters), name)

    def test_ids_and_rows(self):
        self.assertEqual({board["uid"] for board in self.boards.values()}, {f"edudelta-{name}" for name in self.boards})
        for name, board in self.boards.items():
            ids = [panel["id"] for panel in board["panels"] if panel["type"] != "row"]
            self.assertEqual(len(set(ids)), len(ids), name)
            first = [panel["type"] for panel in board["panels"] if panel["gridPos"]["y"] == 1]
            self.assertEqual(set(first), {"stat"}, f"{name}: the first row says whether it is well")

    def test_each_metric_is_exported(self):
        texts = [target["expr"] for _, panel in self.panels() for target in panel["targets"]]
        used = set().union(*(families.used(text) for text in texts))
        self.assertGreater(len(used), 40)
        self.assertEqual(used - families.declared(), set())
        with open(os.path.join(ROOT, "helm", "rules", "edudelta.yaml"), encoding="utf-8") as file:
            rules = yaml.safe_load(file)
        records = {rule["record"] for group in rules["groups"] for rule in group["rules"] if "record" in rule}
        self.assertEqual(set().union(*(families.recorded(text) for text in texts)) - records, set())
        print(f"{len(texts)} expressions of {len(list(self.panels()))} panels")

    def test_each_expression_can_be_read(self):
        rules = [{"record": f"check:{number}", "expr": re.sub(r"\$__rate_interval", "5m", target["expr"])}
                 for number, target in enumerate(target for _, panel in self.panels() for target in panel["targets"])]
        with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
            yaml.safe_dump({"groups": [{"name": "dashboards", "rules": rules}]}, file)
            file.flush()
            done = subprocess.run(["promtool", "check", "rules", "--lint=none", file.name], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)

"""Combinations of options, two by two, render, and every document of them is one that Kubernetes takes."""

import importlib.resources
import json
import os
import re
import shutil
import tempfile
import unittest

import chart
import jsonschema
import referencing
import yaml
from allpairspy import AllPairs

RELEASES = ["edudelta", "a-release-with-quite-a-long-name-in-a-county"]
MONITORING = [[], ["--api-versions", chart.MONITORING]]


def minors():
    """The oldest version that the chart says it can do with, and the four newest, as (1, 37)."""
    with open(os.path.join(chart.CHART, "Chart.yaml"), encoding="utf-8") as file:
        oldest = int(re.search(r'kubeVersion: ">=1\.(\d+)\.', file.read())[1])
    folders = importlib.resources.files("kubernetes_validate") / "kubernetes-json-schema"
    known = sorted({int(re.match(r"v1\.(\d+)\.", one.name)[1]) for one in folders.iterdir() if one.name.startswith("v1.")})
    return [oldest, *known[-4:]]


class Schemas:
    """Those of one version of Kubernetes, in which nothing unknown may stand. kubernetes_validate reads all of them anew for
    every document, which takes minutes."""

    def __init__(self, minor):
        self.folder = importlib.resources.files("kubernetes_validate") / "kubernetes-json-schema" / f"v1.{minor}.0-local-strict"
        self.registry = referencing.Resource.from_contents(self.read("_definitions")) @ referencing.Registry()
        self.validators = {}

    def read(self, name):
        return json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))

    def validate(self, document):
        # networking.k8s.io/v1 is networking-v1 there.
        group, _, version = document["apiVersion"].rpartition("/")
        name = "-".join(part for part in (document["kind"].lower(), group.split(".")[0], version) if part)
        if name not in self.validators:
            schema = self.read(name)
            registry = referencing.Resource.from_contents(schema) @ self.registry
            self.validators[name] = jsonschema.Draft202012Validator(schema, registry=registry)
        self.validators[name].validate(document)


class Combinations(unittest.TestCase):
    def test_all_render_to_what_kubernetes_takes(self):
        oldest, *_, newest = minors()
        seen, count, foreign = {}, 0, set()
        with open(os.path.join(chart.HERE, "options.yaml"), encoding="utf-8") as file:
            options = yaml.safe_load(file)
        combinations = list(AllPairs([RELEASES, MONITORING, [oldest, newest], *options.values()]))
        for release, monitoring, minor, *choices in combinations:
            with self.subTest(release=release, choices=choices, monitoring=monitoring):
                words = [word for choice in choices if choice for word in ("--values", self.file(choice))]
                documents = chart.render(*words, *monitoring, "--kube-version", f"1.{minor}.0", release=release)
                names = [(one["apiVersion"], one["kind"], one["metadata"]["name"]) for one in documents]
                self.assertEqual(len(names), len(set(names)), "a name that two objects have")
                for document in documents:
                    self.assertLessEqual(len(document["metadata"]["name"]), 63)
                    count += 1
                    if document["apiVersion"] in chart.FOREIGN:
                        foreign.add(document["kind"])
                    else:
                        # What differs by names and versions alone is the same to a schema.
                        text = json.dumps(document, sort_keys=True).replace(release, "release")
                        seen[text] = document
        for minor in minors():
            schemas = Schemas(minor)
            for document in seen.values():
                with self.subTest(minor=minor, name=document["metadata"]["name"]):
                    schemas.validate(document)
        print(f"{len(combinations)} combinations, {count} documents, {len(seen)} of them different and valid in 1.{minors()}; "
              f"not of Kubernetes itself: {sorted(foreign)}")

    def file(self, values):
        """Of these values."""
        file = tempfile.NamedTemporaryFile("w", suffix=".json", delete=False, encoding="utf-8")
        self.addCleanup(os.unlink, file.name)
        with file:
            json.dump(values, file)
        return file.name

    def test_no_older_version_is_let_in(self):
        oldest = minors()[0]
        self.assertNotEqual(chart.template("--kube-version", f"1.{oldest - 1}.0").returncode, 0)


class Monitoring(unittest.TestCase):
    """Rules and dashboards are files that the chart carries as they are."""

    RULES = {"groups": [{"name": "edges", "rules": [
        {"record": "edudelta:edge:ratio", "expr": "a / b"},
        {"alert": "DatabaseAway", "expr": "edudelta_db_up == 0", "labels": {"severity": "page"},
         "annotations": {"summary": "{{ $labels.job }} 连不上数据库", "runbook_url": "runbook.md#databaseaway"}}]}]}
    DASHBOARD = '{"uid": "edudelta-region", "title": "区域", "legend": "{{method}} `x`"}'

    def render(self, *words, empty=False):
        copy = tempfile.mkdtemp(prefix="chart.")
        self.addCleanup(shutil.rmtree, copy)
        folder = os.path.join(copy, "edudelta")
        shutil.copytree(chart.CHART, folder, ignore=shutil.ignore_patterns("rules", "dashboards"))
        for name, text in (("rules/edges.yaml", json.dumps(self.RULES)), ("dashboards/region.json", self.DASHBOARD)):
            if empty:
                continue
            os.makedirs(os.path.dirname(os.path.join(folder, name)))
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        return chart.render(*words, chart=folder)

    def test_they_are_there_where_the_api_has_them(self):
        documents = self.render("--api-versions", chart.MONITORING, "--set", "monitoring.labels.release=prometheus")
        rule, monitor = (chart.of_kind(documents, kind)[0] for kind in ("PrometheusRule", "ServiceMonitor"))
        self.assertEqual(rule["spec"], self.RULES)
        dashboard = chart.of_kind(documents, "ConfigMap")[0]
        self.assertEqual(dashboard["data"], {"region.json": self.DASHBOARD})
        self.assertEqual(dashboard["metadata"]["labels"]["grafana_dashboard"], "1")
        for one in (rule, monitor):
            self.assertEqual(one["metadata"]["labels"]["release"], "prometheus")
        wanted = monitor["spec"]["selector"]["matchLabels"]
        scraped = [one for one in chart.of_kind(documents, "Service") if wanted.items() <= one["metadata"]["labels"].items()]
        self.assertEqual({chart.component(one) for one in scraped},
                         {chart.component(one) for one in chart.of_kind(documents, "Deployment")})
        self.assertEqual(len(scraped), len({chart.component(one) for one in scraped}), "a pod that is scraped twice")
        for one in scraped:
            self.assertIn({"name": "metrics", "port": 9464, "targetPort": "metrics"}, one["spec"]["ports"])

    def test_a_target_is_called_as_the_rules_call_it(self):
        """As the operator would have Prometheus do it: a Service's labels become a target's."""
        endpoint = chart.of_kind(self.render("--api-versions", chart.MONITORING), "ServiceMonitor")[0]["spec"]["endpoints"][0]
        target = {"__meta_kubernetes_service_label_app_kubernetes_io_component": "planning", "job": "other", "service": "edudelta-planning"}
        for rule in endpoint["relabelings"]:
            if rule.get("action") == "labeldrop":
                target.pop(rule["regex"])
            else:
                target[rule["targetLabel"]] = rule["replacement"].replace("$1", target[rule["sourceLabels"][0]])
        self.assertEqual((target["job"], "service" in target, endpoint["honorLabels"]), ("edudelta-planning", False, True))

    def test_the_runbook_stands_where_the_values_say(self):
        documents = self.render("--api-versions", chart.MONITORING, "--set", "monitoring.runbookUrl=https://wiki.bureau.cn/runbook")
        rule = chart.of_kind(documents, "PrometheusRule")[0]["spec"]["groups"][0]["rules"][1]
        self.assertEqual(rule["annotations"]["runbook_url"], "https://wiki.bureau.cn/runbook#databaseaway")

    def test_a_chart_without_them_renders(self):
        documents = self.render("--api-versions", chart.MONITORING, empty=True)
        self.assertEqual(len(chart.of_kind(documents, "ServiceMonitor")), 1)
        self.assertEqual(chart.of_kind(documents, "PrometheusRule", "ConfigMap"), [])

    def test_they_are_not_there_elsewhere(self):
        self.assertEqual(chart.of_kind(self.render(), "PrometheusRule", "ServiceMonitor", "ConfigMap"), [])


class Lifecycle(unittest.TestCase):
    def test_hooks_come_in_order_and_leave_nothing(self):
        hooks = {}
        for one in chart.render("--set", "secrets.administrator=first"):
            notes = one["metadata"].get("annotations", {})
            if "helm.sh/hook" in notes:
                hooks[(one["kind"], one["metadata"]["name"])] = (notes["helm.sh/hook"], int(notes["helm.sh/hook-weight"]))
                self.assertEqual(notes["helm.sh/hook-delete-policy"], "before-hook-creation,hook-succeeded")
        around = "pre-install,pre-upgrade,post-install,post-upgrade"
        self.assertEqual(hooks, {
            ("ServiceAccount", "edudelta-jobs"): (around, -10), ("NetworkPolicy", "edudelta-jobs"): (around, -10),
            ("Job", "edudelta-administrator"): ("post-install,post-upgrade", -5), ("Pod", "edudelta-smoke"): ("test", 0),
            **{("Job", f"edudelta-{name}-migrate"): ("pre-install,pre-upgrade", -5) for name in chart.services()}})

    def test_what_runs_before_the_release_needs_none_of_its_objects(self):
        documents = chart.render()
        made = {one["metadata"]["name"] for one in documents
                if one["kind"] in ("ServiceAccount", "ConfigMap", "Secret") and "helm.sh/hook" not in one["metadata"].get("annotations", {})}
        made |= {one["spec"]["secretName"] for one in chart.of_kind(documents, "Certificate")}
        for job in chart.of_kind(documents, "Job"):
            pod = chart.pod_of(job)["spec"]
            needed = {source["secret"]["name"] for volume in pod["volumes"] for source in volume["projected"]["sources"]}
            self.assertEqual((needed | {pod["serviceAccountName"]}) & made, set())

    def test_only_what_gains_by_it_scales(self):
        scaled = {one["spec"]["scaleTargetRef"]["name"]: one["spec"] for one in chart.of_kind(chart.render(), "HorizontalPodAutoscaler")}
        self.assertEqual(set(scaled), {f"edudelta-{name}" for name in [*chart.services(), "gateway"]} - {"edudelta-exchange"})
        for one in chart.of_kind(chart.render(), "Deployment"):
            self.assertNotEqual("replicas" in one["spec"], one["metadata"]["name"] in scaled)


if __name__ == "__main__":
    chart.main()

"""What of the chart's values is taken and what is refused."""

import json
import os
import re
import tempfile
import unittest

import chart
import yaml
from api import Api


def objects(schema, path=""):
    """Every schema of an object, and every value with its schema."""
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object":
        yield path, schema
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            for name, one in value.items():
                yield from objects(one, f"{path}/{name}")
        elif key in ("items", "additionalProperties"):
            yield from objects(value, f"{path}/{key}")


class Schema(unittest.TestCase):
    def setUp(self):
        with open(os.path.join(chart.CHART, "values.schema.json"), encoding="utf-8") as file:
            self.schema = json.load(file)

    def test_an_object_says_all_that_it_may_have(self):
        found = list(objects(self.schema))
        self.assertGreater(len(found), 20)
        self.assertEqual([path for path, one in found if "additionalProperties" not in one], [])

    def test_every_value_is_described(self):
        def described(one):
            reference = one.get("$ref", "").rsplit("/", 1)[-1]
            return "description" in one or (reference and described(self.schema["$defs"][reference]))

        bare = [f"{path}/{name}" for path, one in objects(self.schema) for name, value in one.get("properties", {}).items()
                if not described(value)]
        self.assertEqual(bare, [])


class Values(unittest.TestCase):
    def test_wrong_ones_are_refused_by_name(self):
        with open(os.path.join(chart.HERE, "refused.yaml"), encoding="utf-8") as file:
            cases = yaml.safe_load(file)
        self.assertGreaterEqual(len(cases), 20)
        with tempfile.NamedTemporaryFile("w+", suffix=".yaml") as wrong:
            for case in cases:
                with self.subTest(case["values"]):
                    wrong.seek(0)
                    wrong.truncate()
                    json.dump(case["values"], wrong)
                    wrong.flush()
                    result = chart.template("--values", wrong.name)
                    self.assertNotEqual(result.returncode, 0)
                    self.assertIn(case["says"], result.stderr)
        print(f"{len(cases)} wrong values refused")

    def test_what_an_installation_must_say(self):
        for value in ("image.registry", "database.url", "database.tls.caSecret", "tls.issuerRef.name"):
            result = chart.template("--set", f"{value}=")
            self.assertNotEqual(result.returncode, 0, value)
            self.assertRegex(result.stderr, value.replace(".", "[./]"))

    def test_connections_up_to_four_fifths(self):
        """As many as the pools may open, and the three beside them: 4 services of 4 pods, exchange of 2."""
        needed = (4 * 4 + 2) * (8 + 4 + 3)
        enough = -(-needed * 10 // 8)
        chart.render("--set", f"database.maxConnections={enough}")
        self.assertIn(f"up to {needed} connections", chart.template("--set", f"database.maxConnections={enough - 1}").stderr)

    def test_a_server_of_its_own_counts_alone(self):
        own = "services.planning.database"
        words = ["--set", f"{own}.url=mysql://{{user}}@db-planning/{{schema}},{own}.egress.cidr=10.9.0.0/16,{own}.egress.port=3307"]
        documents = chart.render(*words, "--set", f"{own}.maxConnections=75,database.maxConnections=263")
        self.assertIn("3307", json.dumps(chart.of_kind(documents, "NetworkPolicy")))
        planning = next(one for one in chart.of_kind(documents, "Deployment") if chart.component(one) == "planning")
        self.assertEqual(chart.environment(chart.pod_of(planning)["spec"]["containers"][0])["EDUDELTA_DB_URL"],
                         "mysql://edudelta_planning@db-planning/edudelta_planning")
        self.assertIn("edudelta_planning", json.dumps(chart.of_kind(documents, "Job")))
        self.assertIn("services that share the server of planning",
                      chart.template(*words, "--set", f"{own}.maxConnections=74,database.maxConnections=263").stderr)

    def test_a_secret_that_is_missing_is_told_before_anything_waits_for_it(self):
        names = list(chart.services())
        secrets = {
            "edudelta-db": names, "edudelta-db-ddl": names, "edudelta-keys": [f"{name}.fields.json" for name in names] + ["token-key.pem"],
            "db-ca": ["ca.crt"], "first": ["password"]} | {f"{name}-certificate": ["tls.crt", "tls.key", "ca.crt"] for name in (*names, "gateway")}
        objects = {("secrets", name): {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": dict.fromkeys(keys, "eA==")}
                   for name, keys in secrets.items()}
        objects["serviceaccounts", "default"] = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
        words = ["--dry-run=server", "--set", "secrets.administrator=first"]
        existing = ["--set", "tls.mode=existing", "--set-json", 'tls.secret="{service}-certificate"']
        with Api(objects) as kubeconfig:
            words += ["--kubeconfig", kubeconfig]
            # All is rendered; then helm looks for more than this API has.
            for more in ([], existing):
                self.assertIn("unable to build kubernetes objects from release manifest", chart.template(*words, *more).stderr)
            for name in ("edudelta-db", "edudelta-keys", "first", "gateway-certificate"):
                kept = objects.pop(("secrets", name))
                self.assertIn(f"the secret {name} is not there", chart.template(*words, *existing).stderr)
                objects["secrets", name] = kept
            del objects["secrets", "edudelta-db-ddl"]["data"]["safety"]
            self.assertIn("the secret edudelta-db-ddl is not there, or has no key safety", chart.template(*words).stderr)

    def test_no_secret_is_made(self):
        documents = chart.render("--set", "secrets.administrator=first")
        self.assertEqual(chart.of_kind(documents, "Secret"), [])

    def test_notes_warn_of_what_is_likely_a_slip(self):
        def notes(*words):
            result = chart.run(chart.HELM, "install", chart.RELEASE, chart.CHART, "--dry-run=client", "--values", chart.MINIMAL, *words)
            self.assertEqual(result.returncode, 0, result.stderr)
            return result.stdout.partition("NOTES:")[2]

        slips = {"没有加密": ["--set", "database.tls.caSecret=,database.tls.acceptPlaintext=true"],
                 "不允许任何人访问网关": ["--set-json", "ingress.from=[]"],
                 "登录限速": ["--set", "ingress.enabled=true,ingress.host=a.cn,ingress.tlsSecret=public-tls"],
                 "尚未建立": ["--set", "secrets.administrator="]}
        quiet = notes("--set", "secrets.administrator=first")
        for words, values in slips.items():
            self.assertIn(words, notes(*values))
            self.assertNotIn(words, quiet)

    def test_the_gateways_rate_is_shared_out(self):
        documents = chart.render("--set", "services.gateway.replicas=3,gateway.rate.perSecond=4000")
        gateway = next(one for one in chart.of_kind(documents, "Deployment") if chart.component(one) == "gateway")
        environment = chart.environment(chart.pod_of(gateway)["spec"]["containers"][0])
        self.assertEqual(environment["EDUDELTA_GATEWAY_RATE_PER_SECOND"], "1334")

    def test_templates_are_short(self):
        lines = 0
        for folder, _, files in os.walk(os.path.join(chart.CHART, "templates")):
            for name in files:
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    lines += len(file.readlines())
        self.assertLess(lines, 600)
        print(f"{lines} template lines")

    def test_lint(self):
        result = chart.run(chart.HELM, "lint", "--strict", chart.CHART, "--values", chart.MINIMAL)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertFalse(re.search(r"\[(WARNING|ERROR)\]", result.stdout), result.stdout)


if __name__ == "__main__":
    chart.main()

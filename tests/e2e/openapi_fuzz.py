"""schemathesis over the whole of /openapi.json: every operation, with requests that the document allows and such that it does not.

  EDUDELTA_BUILD=build tests/e2e/openapi_fuzz.py [SEED]

Every answer is one that the document has: status, type of content, headers, schema; none is a server's error. The rows of
client_seeds.py exist, and the caller may do everything, so that most calls come further than their permission; without a token
none does.
"""

import collections
import json
import os
import re
import subprocess
import sys

from client_seeds import Rows, everybody, plant
from node import ROOT, Node

PROGRAM = os.path.join(ROOT, "build", "tools", "schemathesis", "bin", "schemathesis")
HOOKS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "openapi_hooks.py")
SEED = 20261128
PURPOSE = "STATISTICS"
# Of the library's checks these are off:
OFF = (
    # A valid request may name a row that is not there, or break a rule between fields; documented_rules asks what may not be.
    "positive_data_acceptance",
    # These two compare what several accounts, or several calls after one another, see: e2e_access and the conformance tests.
    "object_level_authorization", "use_after_free")
# How what the document does not allow is refused.
REFUSALS = (400, 401, 403, 404, 405, 409, 412, 413, 414, 415, 431)
# Rows are read before they are changed, and changed before they are deleted.
PASSES = {"reads": ["GET"], "writes": ["POST"], "changes": ["PATCH"], "deletes": ["DELETE"]}
# Of the answers to whoever may do everything.
LEAST_SUCCESSES, MOST_DENIALS = 0.05, 0.10


class Patient(Node):
    """A batch of a thousand rows may take longer than people wait, on a machine that does this besides."""

    def environment(self, name):
        return super().environment(name) | ({"EDUDELTA_GATEWAY_TIMEOUT": "120s"} if name == "gateway" else {})


class Documented:
    """The document with the ids of rows that exist as examples, which changes nothing that it says; and the library's settings."""

    def __init__(self, node, document, ids):
        self._node, self._dictionaries, self._operations = node, {"purpose": [PURPOSE]}, []
        for path, item in document["paths"].items():
            if ids[path]:
                bound = [f'{json.dumps("path." + name)} = {{ dictionary = "{self._dictionary(value)}", probability = 0.9 }}'
                         for name, value in ids[path].items()]
                self._operations += ["[[operations]]", f"include-path = {json.dumps(path)}", "[operations.parameters]", *bound]
            for operation in item.values():
                for parameter in operation.get("parameters", []):
                    if parameter.get("in") == "path":
                        parameter["example"] = ids[path][parameter["name"]]
        document["components"]["parameters"]["Purpose"]["example"] = PURPOSE
        self.path = node.private_file("openapi.json", json.dumps(document))

    def _dictionary(self, value):
        name = "id_" + re.sub(r"\W", "_", value)
        self._dictionaries[name] = [value]
        return name

    def settings(self, name, token):
        lines = [f'base-url = "http://127.0.0.1:{self._node.port}"', "warnings = false", "continue-on-failure = true",
                 'suppress-health-check = ["all"]']
        if token:
            lines.append(f'headers = {{ Authorization = "Bearer {token}" }}')
        lines += ["[parameters]", '"header.Edudelta-Purpose" = { dictionary = "purpose", probability = 0.9 }',
                  "[cache]", "enabled = false", "[checks.negative_data_rejection]",
                  f"expected-statuses = {list(REFUSALS)}", "[generation]", 'database = "none"', "no-shrink = true"]
        # What lists answer names the caller's own account, which would be disabled, or get another password, and that would be all.
        for phase in ("coverage", "fuzzing"):
            lines += [f"[phases.{phase}.extra-data-sources]", "responses = false"]
        for dictionary, values in self._dictionaries.items():
            lines += [f"[dictionaries.{dictionary}]", f"values = {json.dumps(values)}"]
        return self._node.private_file(f"{name}.toml", "\n".join(lines + self._operations))


def run(node, documented, name, token, seed, words):
    """What the library printed, whether it found nothing, and the counts of openapi_hooks.py."""
    counts = node.path(f"{name}.counts.json")
    done = subprocess.run(
        [PROGRAM, "--no-color", "--config-file", documented.settings(name, token), "run", documented.path, "--seed", str(seed), *words],
        env=os.environ | {"SCHEMATHESIS_HOOKS": HOOKS, "OPENAPI_FUZZ_COUNTS": counts}, cwd=node.folder, capture_output=True, text=True,
        check=False)
    if not os.path.exists(counts):
        raise AssertionError(f"{name}: {done.stdout}{done.stderr}")
    with open(counts, encoding="utf-8") as file:
        return done.stdout, done.returncode == 0, json.load(file)


def share(answers, *statuses):
    return sum(answers[one] for one in statuses) / max(1, sum(answers.values()))


def check(node, seed):
    user = everybody(node)
    planted, _ = plant(node, user)
    document, rows = node.anybody().get("/openapi.json").json(), Rows(user, planted)
    operations = sum(len(item) for item in document["paths"].values())
    documented = Documented(node, document, {path: rows.ids(path) for path in document["paths"]})
    answers, wrong = collections.Counter(), []
    for name, methods in PASSES.items():
        words = ["--phases", "examples,coverage,fuzzing", "--max-examples", "8", "--exclude-checks", ",".join(OFF)]
        # Each pass with a token of its own: they hold for ten minutes.
        node.forget("operator/anybody")
        token = node.user("operator/anybody").token
        printed, good, counts = run(node, documented, name, token, seed, [*words, *[f"--include-method={one}" for one in methods]])
        answers.update(counts["answers"])
        print(f"{name}: {counts['answers']}, valid requests refused with {counts['reasons']}", flush=True)
        if not good:
            wrong.append(printed)
    words = ["--phases", "fuzzing", "--mode", "positive", "--max-examples", "1", "--checks",
             "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
             "response_schema_conformance,errors_have_a_reason"]
    printed, good, strangers = run(node, documented, "stranger", "", seed, words)
    if not good:
        wrong.append(printed)
    if set(strangers["answers"]) != {"401"}:
        wrong.append(f"without a token: {strangers['answers']}")
    if share(answers, "200") < LEAST_SUCCESSES or share(answers, "401", "403") > MOST_DENIALS:
        wrong.append(f"too few successes, or too many denials: {answers}")
    print("\n".join(wrong))
    told = ", ".join(f"{count} x {status}" for status, count in sorted(answers.items()))
    print(f"{sum(answers.values())} runs, {operations} operations, seed {seed}: {told}; {len(wrong)} passes found something", flush=True)
    return not wrong


def main():
    if not os.path.exists(PROGRAM):
        print("[  SKIPPED ] schemathesis is not installed; tests/run --wide does it")
        return 0
    node = Patient.started()
    try:
        return 0 if check(node, int(sys.argv[1]) if len(sys.argv) > 1 else SEED) else 1
    finally:
        node.close()


if __name__ == "__main__":
    sys.exit(main())

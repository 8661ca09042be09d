"""A client generated from /openapi.json calls every method once; each answers as the document says."""

import http.client
import importlib
import importlib.util
import inspect
import io
import json
import pkgutil
import subprocess
import sys
import unittest

from node import Node

ROLES = ("BUREAU_CLERK", "SCHOOL_CLERK", "INSPECTOR", "SAFETY_OFFICER", "SUPERVISOR", "EVALUATOR", "AGREEMENT_OFFICER", "AUDITOR",
         "SENSITIVE_READER", "ADMINISTRATOR")
# The generator does not know these types of content; as bytes they pass. Nothing is formatted afterwards.
CONFIG = {"content_type_overrides": {"text/csv": "application/octet-stream", "application/x-ndjson": "application/octet-stream"},
          "post_hooks": [], "project_name_override": "generated", "package_name_override": "generated"}
NAMES = {"district": "310114", "school": "2131901001"}
EXIT_SKIPPED = 77


class Document:
    """Samples of what the document describes: required fields only."""

    def __init__(self, document):
        self._schemas = document["components"]["schemas"]
        self.operations = {operation["operationId"]: operation for path in document["paths"].values() for method, operation in path.items()
                           if method in ("get", "post", "patch", "put", "delete")}

    def _resolve(self, schema):
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rsplit("/", 1)[1]]
        if "allOf" not in schema:
            return schema
        whole = {"type": "object", "properties": {}, "required": []}
        for part in map(self._resolve, schema["allOf"]):
            whole["properties"] |= part.get("properties", {})
            whole["required"] += part.get("required", [])
        return whole

    def sample(self, schema):
        schema = self._resolve(schema)
        if "enum" in schema:
            return schema["enum"][-1]
        kind = schema.get("type", "object")
        if kind == "object":
            return {name: self.sample(schema["properties"][name]) for name in schema.get("required", [])}
        if kind == "string":
            return {"date": "2026-01-31", "date-time": "2026-01-31T00:00:00Z"}.get(schema.get("format"), "1")
        return {"array": [], "boolean": True, "integer": schema.get("minimum", 1), "number": 1.5}[kind]

    def body(self, operation):
        content = operation.get("requestBody", {}).get("content", {})
        return self.sample(content["application/json"]["schema"]) if "application/json" in content else {}


class ClientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = node = Node.started()
        cls.addClassCleanup(node.close)
        node.load("310114", {"schools"})
        node.admin().must("POST", "/v1/organizations/operator/users?user_id=anybody", {
            "display_name": "所有角色", "bindings": [{"role": f"ROLE_{role}", "prefix": "*"} for role in ROLES]})
        cls.text = node.anybody().get("/openapi.json").body
        cls.document = Document(json.loads(cls.text))
        cls.generate(node)

    @classmethod
    def generate(cls, node):
        document = node.private_file("openapi.json", json.dumps(json.loads(cls.text)))
        config = node.private_file("generator.json", json.dumps(CONFIG))
        words = ["generate", "--path", document, "--config", config, "--meta", "none", "--output-path", node.path("generated"),
                 "--fail-on-warning"]
        done = subprocess.run([sys.executable, "-m", "openapi_python_client", *words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"no client from the document: {done.stdout}{done.stderr}")
        sys.path.insert(0, node.folder)
        cls.addClassCleanup(sys.path.remove, node.folder)
        cls.package = importlib.import_module("generated")
        cls.api = importlib.import_module("generated.api")

    def calls(self):
        """{operation id: its module}"""
        modules = [name for _, name, folder in pkgutil.walk_packages(self.api.__path__, "generated.api.") if not folder]
        by_name = {name.rsplit(".", 1)[1].replace("_", ""): name for name in modules}
        self.assertEqual(len(by_name), len(modules))
        return {one: by_name.get(one.replace("_", "").lower()) for one in self.document.operations}

    def arguments(self, module, operation):
        arguments = {}
        for name, parameter in inspect.signature(module.sync_detailed).parameters.items():
            if name == "body":
                arguments["body"] = self.body(module, operation)
            elif name != "client" and parameter.default is inspect.Parameter.empty:
                arguments[name] = NAMES.get(name, "x1")
        return arguments

    def body(self, module, operation):
        body = self.document.body(operation)
        models = [value for name, value in vars(module).items() if inspect.isclass(value) and hasattr(value, "from_dict")
                  and name in str(inspect.signature(module.sync_detailed).parameters["body"])]
        if models:
            return models[0].from_dict(body)
        return self.package.types.File(payload=io.BytesIO(b"school\n1\n"))

    def test_an_import_takes_its_mode_and_encoding_only(self):
        imports = {name: operation for name, operation in self.document.operations.items() if "_Import" in name}
        self.assertGreater(len(imports), 10)
        for name, operation in imports.items():
            taken = {one["name"] for one in operation["parameters"] if one.get("in") == "query"}
            self.assertEqual(taken, {"mode", "encoding"}, name)
        clerk = self.node.user("jiading/clerk")
        for flaw in ("last=true", "rows=7"):
            reply = clerk.ask("POST", f"/v1/districts/310114/schools:import?mode=atomic&{flaw}", b"school\n", {"Content-Type": "text/csv"})
            self.assertEqual((reply.status, reply.reason), (400, "UNKNOWN_PARAMETER"), repr(reply))

    def test_every_method_answers_the_generated_client_as_documented(self):
        token = self.node.user("operator/anybody").token
        client = self.package.AuthenticatedClient(base_url=f"http://127.0.0.1:{self.node.port}", token=token, timeout=60.0)
        status = importlib.import_module("generated.models.google_rpc_status").GoogleRpcStatus
        calls, answers = self.calls(), {}
        self.assertEqual([one for one, module in calls.items() if module is None], [], "methods that the client does not have")
        with client:
            for name, path in sorted(calls.items()):
                module = importlib.import_module(path)
                operation = self.document.operations[name]
                with self.subTest(operation=name):
                    response = module.sync_detailed(client=client, **self.arguments(module, operation))
                    code = int(response.status_code)
                    answers[code] = answers.get(code, 0) + 1
                    self.assertTrue(str(code) in operation["responses"] or "default" in operation["responses"])
                    self.assertLess(code, 500, response.content[:300])
                    self.assertNotIn(code, (405, 406, 415), response.content[:300])
                    if code != 200:
                        self.assertIsInstance(response.parsed, status)
                        reason = json.loads(response.content)["details"]
                        self.assertTrue(any(one.get("reason") not in ("", None, "ROUTE_UNKNOWN") for one in reason), reason)
        self.assertEqual(sum(answers.values()), len(self.document.operations))
        print(f"\n{sum(answers.values())} operations called: " + ", ".join(f"{count} x {code} {http.client.responses[code]}"
                                                                         for code, count in sorted(answers.items())))


if __name__ == "__main__":
    if importlib.util.find_spec("openapi_python_client") is None:
        print("openapi-python-client is not installed; tests/run does it")
        sys.exit(EXIT_SKIPPED)
    unittest.main(verbosity=2, warnings="ignore")

"""A client generated from /openapi.json calls every method once; each answers as the document says."""

import enum
import http.client
import importlib
import importlib.util
import inspect
import json
import pkgutil
import subprocess
import sys
import unittest
import uuid
from datetime import date

from client_seeds import Rows, everybody, plant
from node import Node

# The generator does not know these types of content; as bytes they pass. Nothing is formatted afterwards.
CONFIG = {"content_type_overrides": {"text/csv": "application/octet-stream", "application/x-ndjson": "application/octet-stream"},
          "post_hooks": [], "project_name_override": "generated", "package_name_override": "generated"}
# What is said of a request that does not fit the interface: a client made from the document never hears it.
WIRE_REASONS = {
    "ANY_INVALID", "ANY_TYPE_UNKNOWN", "BASE64_INVALID", "BODY_MALFORMED", "BODY_NOT_ALLOWED", "CONTENT_TYPE_UNKNOWN", "CSV_HEADER_MISSING",
    "CSV_HEADER_UNKNOWN", "CSV_SYNTAX", "DATE_INVALID", "DUPLICATE_FIELD", "DUPLICATE_PARAMETER", "DURATION_INVALID", "ENCODING_UNKNOWN",
    "ENUM_UNKNOWN", "FIELD_MASK_INVALID", "FORMAT_UNKNOWN", "ID_INVALID", "ID_MISSING", "IMPORT_EMPTY", "INVALID_UTF8", "JSON_SYNTAX",
    "JSON_TOO_DEEP", "METHOD_NOT_ALLOWED", "METHOD_UNKNOWN", "NAME_INVALID", "NAME_MISMATCH", "ONEOF_DUPLICATE", "PARENT_INVALID",
    "PURPOSE_INVALID", "QUERY_INVALID", "REQUEST_ID_FORMAT", "REQUEST_MALFORMED", "ROUTE_UNKNOWN", "TIMEOUT_INVALID", "TIME_INVALID",
    "TOKEN_REQUIRED", "UNKNOWN_FIELD", "UNKNOWN_PARAMETER", "VALUE_NOT_A_BOOLEAN", "VALUE_NOT_A_NUMBER", "VALUE_NULL", "VALUE_WRONG_TYPE",
    "WIRE_INVALID"}
# Of 213 methods; the rest need another state, party or role, or an id that says what the row says.
SUCCESSES = 176
EXIT_SKIPPED = 77


def new_id(parameter, number):
    return f"213199990{number}" if parameter == "school_id" else f"x{number}"


class Document:
    """What the document says of each operation, and samples of its bodies."""

    def __init__(self, document):
        self._schemas = document["components"]["schemas"]
        self.operations = {operation["operationId"]: operation | {"path": path, "method": method}
                           for path, methods in document["paths"].items() for method, operation in methods.items()
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

    def sample(self, schema, known):
        """Required fields only, those of `known` with its values."""
        schema = self._resolve(schema)
        if "enum" in schema:
            return schema["enum"][-1]
        kind = schema.get("type", "object")
        if kind == "object":
            return {name: known[name] if name in known else self.sample(schema["properties"][name], {})
                    for name in schema.get("required", [])}
        if kind == "string":
            return {"date": "2026-01-31", "date-time": "2026-01-31T00:00:00Z"}.get(schema.get("format"), "1")
        return {"array": [], "boolean": True, "integer": schema.get("minimum", 1), "number": 1.5}[kind]

    def body(self, operation, known):
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            return {}
        schema = content["application/json"]["schema"]
        single = operation["path"].removesuffix(":batchCreate")
        if single == operation["path"]:
            return self.sample(schema, known)
        # One request, for another row like `known`.
        request = self._resolve(self._resolve(schema)["properties"]["requests"]["items"])["properties"]
        row = next(name for name, one in request.items() if self._resolve(one)["type"] == "object")
        create = next(one for one in self.operations.values() if (one["path"], one["method"]) == (single, "post"))
        return {"requests": [{"parent": known["name"].rsplit("/", 2)[0], f"{row}_id": new_id(f"{row}_id", 2),
                              row: self.body(create, known)}]}

    @staticmethod
    def order(name, operation):
        """Reads first, then what makes rows, then what changes their state, then what ends them."""
        method, verb = operation["method"], operation["path"].rpartition(":")[2]
        makes = method == "patch" or ":" not in operation["path"] or verb in ("import", "batchCreate")
        return {"get": 0, "delete": 3}.get(method, 0 if verb == "search" else 1 if makes else 2), name


class Text(str):
    """A file's text. The generated client asks a `str` for its payload."""

    @property
    def payload(self):
        return self.encode()


class ClientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = node = Node.started()
        cls.addClassCleanup(node.close)
        cls.planted, cls.seeded = plant(node, everybody(node))
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

    def arguments(self, module, operation, rows):
        """Every parameter that the document has, so that none of them is another to the gateway."""
        known, ids, arguments = rows.row(operation["path"]), rows.ids(operation["path"]), {}
        values = {"page_size": 1, "read_time": self.seeded, "as_of": date(2026, 1, 31), "month": date(2026, 10, 1),
                  "edudelta_purpose": "STATISTICS", "format": "ndjson", "mode": "validate_only", "encoding": "utf-8",
                  "request_id": str(uuid.uuid4())}
        for parameter in inspect.signature(module.sync_detailed).parameters:
            # What would be a word of Python's or of the client's has another name there.
            name = parameter.rstrip("_").removesuffix("_path")
            if parameter == "body":
                arguments[parameter] = self.body(module, operation, known)
            elif parameter != "client" and name in ids:
                arguments[parameter] = ids[name]
            elif parameter != "client":
                value = values.get(name, new_id(name, 1) if name.endswith("_id") else "")
                kind = self.choices(module, name)
                arguments[parameter] = kind(value) if kind else value
        return arguments

    @staticmethod
    def choices(module, name):
        return next((value for value in vars(module).values() if inspect.isclass(value) and issubclass(value, enum.Enum)
                     and value.__name__.lower().endswith(name)), None)

    def body(self, module, operation, known):
        body = self.document.body(operation, known)
        models = [value for name, value in vars(module).items() if inspect.isclass(value) and hasattr(value, "from_dict")
                  and name in str(inspect.signature(module.sync_detailed).parameters["body"])]
        return models[0].from_dict(body) if models else Text(json.dumps(known) + "\n")

    def test_an_import_takes_its_mode_mask_and_encoding_only(self):
        imports = {name: operation for name, operation in self.document.operations.items() if "_Import" in name}
        self.assertGreater(len(imports), 10)
        for name, operation in imports.items():
            taken = {one["name"] for one in operation["parameters"] if one.get("in") == "query"}
            self.assertEqual(taken, {"mode", "update_mask", "encoding"}, name)
        clerk = self.node.user("jiading/clerk")
        for flaw in ("last=true", "rows=7", "mask_of_row=0"):
            reply = clerk.ask("POST", f"/v1/districts/310114/schools:import?mode=atomic&{flaw}", b"school\n", {"Content-Type": "text/csv"})
            self.assertEqual((reply.status, reply.reason), (400, "UNKNOWN_PARAMETER"), repr(reply))

    def test_every_method_answers_the_generated_client_as_documented(self):
        user = self.node.user("operator/anybody")
        client = self.package.AuthenticatedClient(base_url=f"http://127.0.0.1:{self.node.port}", token=user.token, timeout=60.0)
        calls, answers, rows = self.calls(), {}, Rows(user, self.planted)
        self.assertEqual([one for one, module in calls.items() if module is None], [], "methods that the client does not have")
        # Before the first call changes anything.
        arguments = {name: self.arguments(importlib.import_module(path), self.document.operations[name], rows)
                     for name, path in calls.items()}
        with client:
            for name, operation in sorted(self.document.operations.items(), key=lambda one: Document.order(*one)):
                with self.subTest(operation=name):
                    response = importlib.import_module(calls[name]).sync_detailed(client=client, **arguments[name])
                    answers.setdefault(int(response.status_code), []).append(name)
                    self.check(name, operation, response)
        self.assertEqual(sum(map(len, answers.values())), len(self.document.operations))
        self.assertGreaterEqual(len(answers[200]), SUCCESSES)
        print(f"\n{len(self.document.operations)} operations called: " + ", ".join(
            f"{len(names)} x {code} {http.client.responses[code]}" for code, names in sorted(answers.items())))

    def check(self, name, operation, response):
        code, content = int(response.status_code), response.content[:600]
        self.assertTrue(str(code) in operation["responses"] or "default" in operation["responses"], code)
        if code == 200:
            if "application/json" in operation["responses"]["200"]["content"]:
                self.assertEqual(set(response.parsed.to_dict()), set(json.loads(response.content)), "the model has what arrived")
                # Only a resource that took a step has transitions.
                may_be_empty = operation["method"] != "get" or operation["path"].endswith(":listTransitions")
                self.assertTrue(response.parsed.to_dict() or may_be_empty, "nothing in the answer")
            else:
                self.assertTrue(content, "nothing in the file")
            return
        self.assertIsInstance(response.parsed, importlib.import_module("generated.models.google_rpc_status").GoogleRpcStatus)
        reasons = [one["reason"] for one in json.loads(response.content)["details"] if "reason" in one]
        self.assertIn(code, (400, 403, 404, 409), content)
        self.assertEqual(len(reasons), 1, content)
        self.assertTrue(reasons[0] and reasons[0] not in WIRE_REASONS, content)
        verb = name.split("_")[1]
        self.assertFalse(verb.startswith(("List", "Get", "Export")) and operation["method"] == "get", content)


if __name__ == "__main__":
    if importlib.util.find_spec("openapi_python_client") is None:
        print("openapi-python-client is not installed; tests/run does it")
        sys.exit(EXIT_SKIPPED)
    unittest.main(verbosity=2, warnings="ignore")

"""Who may do what, through the gateway: every method of every access.golden, called by somebody of each role, by a partner without an
agreement, and by nobody. Names are of rows that are not there and bodies are empty, so nobody's call changes anything.
"""

import collections
import json
import os
import re
import secrets
import unittest

from bad_input_suite import DISTRICT, Client, PrivateSuite, bench, login, until_allowed

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Whose rows stand below the organisation, and not below a district.
OWN = "organizations/city"
# No roles of people.
SERVICE = {"service", "nobody"}
# Above the district: some methods are for those above alone.
CITY = "310100"
# Roles that are held everywhere or not at all.
EVERYWHERE = {"administrator", "agreement_officer", "auditor"}
# A name's part by what stands there.
PARTS = {"district": DISTRICT, "school": "2131999999", "organization": "city"}


def matrix():
    """"exchange.GetUser" -> the roles that may, but for what services alone call."""
    found = {}
    for service in bench.services():
        with open(os.path.join(ROOT, "services", service, "api", "access.golden"), encoding="utf-8") as file:
            for method, roles in re.findall(r"^  (\w+): (?!.*; internal)([^;\n]+)", file.read(), re.MULTILINE):
                found[f"{service}.{method}"] = set(re.findall(r"\b[a-z_]+\b", roles.replace(" (from above)", "")))
    return found


def operations(document):
    """(the method, verb, path with names of rows that are not there)"""
    for path, item in document["paths"].items():
        for verb, operation in item.items():
            named = re.fullmatch(r"(\w+)Service_(\w+)", operation.get("operationId", ""))
            if named:
                target = re.sub(r"\{(\w+)\}", lambda part: PARTS.get(part[1], "none"), path)
                yield f"{named[1].lower()}.{named[2]}", verb.upper(), target


class AccessTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.suite = suite = PrivateSuite()
        cls.addClassCleanup(suite.close)
        suite.make_certificate()
        suite.start(*bench.services())
        password = secrets.token_urlsafe(18)
        suite.run_service("exchange", "--bootstrap-admin", suite.private_file("admin.password", password))
        suite.start_gateway()
        cls.admin = admin = Client(suite, login(suite, "operator/admin", password).json["access_token"])
        admin.must("POST", "/v1/organizations?organization_id=city",
                   {"display_name": "测试市", "kind": "KIND_BUREAU", "districts": [CITY]})
        cls.matrix = matrix()
        cls.roles = sorted(set.union(*cls.matrix.values()) - SERVICE)
        cls.people = {}
        for role in cls.roles:
            secret, account = secrets.token_urlsafe(18), role.replace("_", "-")
            admin.must("POST", f"/v1/{OWN}/users?user_id={account}", {"display_name": f"测试{role}", "bindings": [
                {"role": f"ROLE_{role.upper()}", "prefix": prefix} for prefix in (["*"] if role in EVERYWHERE else [f"districts/{CITY}", OWN])]})
            admin.must("POST", f"/v1/{OWN}/users/{account}:setPassword", {"password": secret, "lasting": True})
            cls.people[role] = Client(suite, cls.token(f"city/{account}", secret))
        document = json.loads(Client(suite).ask("GET", "/openapi.json").body)
        cls.operations = list(operations(document))

    @classmethod
    def token(cls, name, secret):
        for _ in range(100):
            answer = login(cls.suite, name, secret)
            if answer.status != 429:
                return answer.json["access_token"]
        raise RuntimeError(f"no token for {name}: {answer}")

    def ask(self, client, verb, target):
        return client.ask(verb, target, {} if verb in ("POST", "PATCH") else None)

    def test_every_method_is_in_the_matrix_and_has_a_route(self):
        self.assertEqual({method for method, _, _ in self.operations}, set(self.matrix))
        self.assertGreater(len(self.roles), 8)

    def test_each_role_may_what_is_declared(self):
        wrong, seen = [], collections.Counter()
        until_allowed(self.people["bureau_clerk"])
        for role in self.roles:
            for method, verb, target in self.operations:
                answer = self.ask(self.people[role], verb, target)
                denied = answer.status == 403
                seen[denied] += 1
                if denied == (role in self.matrix[method]) or answer.status in (401, 429) or answer.status >= 500:
                    wrong.append(f"{role} {verb} {target} ({method}): {answer.status} {answer.reason}")
        self.assertEqual(wrong, [])
        self.assertTrue(seen[True] and seen[False], seen)

    def test_nobody_may_anything(self):
        stranger, forger = Client(self.suite), Client(self.suite, "x.y.z")
        for method, verb, target in self.operations:
            for client in (stranger, forger):
                self.assertEqual(self.ask(client, verb, target).status, 401, method)


if __name__ == "__main__":
    unittest.main()

"""Who is shown L3 or L4 fields in clear leaves an entry, whatever the binding and the route; so does who finds nobody."""

import csv
import io
import json
import time
import unittest

from node import Node, eventually

PERSONAL = ("full_name", "identity_number", "phone", "certificate_number")
DISTRICT = "districts/310114"
TEACHERS = f"/v1/{DISTRICT}/teachers"
PURPOSE = "TEACHER_EXCHANGE"
PLACEHOLDER = "organizations/placeholder"


def records(reply):
    """Every object of the answer that may hold such fields, whatever its format."""
    kind = reply.headers.get("Content-Type", "")
    if kind.startswith("text/csv"):
        labels = dict(zip(("姓名", "身份证件号", "手机号码", "教师资格证号"), PERSONAL))
        return [{labels[key]: value for key, value in row.items() if key in labels}
                for row in csv.DictReader(io.StringIO(reply.body.decode("utf-8-sig")))]
    documents = [json.loads(line) for line in reply.body.splitlines()] if "ndjson" in kind else [reply.json()]
    found, left = [], documents
    while left:
        one = left.pop()
        if isinstance(one, list):
            left += one
        elif isinstance(one, dict):
            found.append(one)
            left += one.values()
    return found


def shows_clear(reply):
    return any(record.get(field) and "*" not in record[field] for record in records(reply) for field in PERSONAL)


class EvidenceTest(unittest.TestCase):
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        cls.node = node = Node.started()
        cls.addClassCleanup(node.close)
        cls.teachers = node.load("310114", {"schools", "teachers"})["teachers"]
        node.load("320585", {"schools"})
        cls.number = 0
        cls.all = cls.user("operator", [("AUDITOR", "*")])
        cls.schools = {}
        for teacher in cls.teachers:
            cls.schools.setdefault(teacher["school"], teacher)

    @classmethod
    def body(cls, bindings):
        return {"display_name": "读者", "bindings": [{"role": f"ROLE_{role}", "prefix": prefix} for role, prefix in bindings]}

    @classmethod
    def user(cls, organization, bindings, purpose="", widened=""):
        """A new account that the gateway knows. `widened` is what a role at PLACEHOLDER covers in truth: today nobody may
        grant it, but an older installation has it."""
        cls.number += 1
        name = f"{organization}/u{cls.number}"
        account = f"/v1/organizations/{organization}/users/u{cls.number}"
        cls.node.admin().must("POST", f"/v1/organizations/{organization}/users?user_id=u{cls.number}", cls.body(bindings))
        if widened:
            cls.node.sql(f"UPDATE user_account SET bindings = REPLACE(bindings, '{PLACEHOLDER}', '{widened}')"
                         f" WHERE organization_id = '{organization}' AND user_id = 'u{cls.number}'", "edudelta_exchange")
            # A write that changes no role tells the gateway, which knows it when it knows an account that is newer.
            row = cls.node.admin().must("PATCH", f"{account}?update_mask=display_name", {"display_name": "旧账号"})
            assert widened in [binding["prefix"] for binding in row["bindings"]], row
            cls.user(organization, [])
        user = cls.node.user(name, purpose)
        eventually("the gateway knows the account", lambda: user.get("/v1/districts/310114").reason != "ACCOUNT_DISABLED")
        return user

    def entry(self, reply, district="310114"):
        self.assertTrue(reply.entry, f"no entry: {reply!r}")
        return self.all.must("GET", f"/v1/districts/{district}/accessEntries/{int(reply.entry):020d}")

    @staticmethod
    def school(teacher):
        """The name, whether the file has it or its last part."""
        return f"{DISTRICT}/schools/{teacher['school'].rsplit('/', 1)[-1]}"

    def routes(self, one, other):
        """Reads and writes by which a teacher's row leaves: (method, path, body)."""
        own, away = (f"/v1/{DISTRICT}/teachers/{teacher['teacher']}" for teacher in (one, other))
        number, one_school = other["identity_number"], self.school(one)
        return [("GET", own, None), ("GET", away, None), ("GET", f"{TEACHERS}?page_size=50", None),
                ("GET", f"{TEACHERS}?page_size=50&read_time=2026-01-01T00:00:00Z", None),
                ("POST", f"{TEACHERS}:search", {"filter": f'identity_number = "{number}"'}),
                ("POST", f"{TEACHERS}:search", {"filter": f'school = "{one_school}"'}),
                ("GET", f"{TEACHERS}:export?format=ndjson", None), ("GET", f"{TEACHERS}:export?format=csv", None),
                ("PATCH", f"{own}?update_mask=political_status", {}), ("GET", "/v1/districts/-/teachers?page_size=50", None)]

    def test_what_is_shown_in_clear_has_its_entry_whatever_the_binding(self):
        one, other = list(self.schools.values())[:2]
        # Above the districts' owners, so that its people may read in all of them.
        self.node.admin().must("POST", "/v1/organizations?organization_id=provinces",
                               {"display_name": "两省市", "kind": "KIND_BUREAU", "districts": ["310000", "320000"]})
        granted = [self.school(one), f"{DISTRICT}/teachers/{one['teacher']}", DISTRICT, "districts/310100", "districts/310000",
                   "districts/320585", "districts/320000", "organizations/jiading"]
        # No organisation owns the nation.
        old = ["districts/000000", "*"]
        elsewhere = {"districts/320585", "districts/320000", "organizations/jiading"}
        clear = masked = 0
        for prefix in granted + old:
            for purpose in (PURPOSE, ""):
                sensitive = ("SENSITIVE_READER", PLACEHOLDER if prefix in old else prefix)
                reader = self.user("provinces", [("BUREAU_CLERK", DISTRICT), sensitive], purpose, prefix if prefix in old else "")
                before = clear
                for method, path, body in self.routes(one, other):
                    reply = reader.ask(method, path, body)
                    if reply.status != 200:
                        self.assertNotIn(other["identity_number"].encode(), reply.body)
                        continue
                    shown = shows_clear(reply)
                    self.assertEqual(bool(reply.entry), shown, f"{prefix} {purpose} {method} {path}: {reply!r}")
                    self.assertIsNone(reply.headers.get("edudelta-shown"))
                    clear, masked = clear + shown, masked + (not shown)
                self.assertEqual(clear > before, bool(purpose) and prefix not in elsewhere, f"{prefix} {purpose}")
        self.assertGreater(clear, 40)
        self.assertGreater(masked, 80)

    def test_prefixes_that_cover_nothing_are_refused(self):
        nothing = [("districts/000000/schools/1", "PREFIX_COVERS_NOTHING"), ("districts/310000/schools/1", "PREFIX_COVERS_NOTHING")]
        for prefix, reason in nothing + [(one, "PREFIX_INVALID") for one in ("districts/-", "districts/-/schools/1", "districts/31")]:
            reply = self.node.admin().post("/v1/organizations/jiading/users?user_id=nowhere", self.body([("SENSITIVE_READER", prefix)]))
            self.assertEqual((reply.status, reply.reason), (400, reason), prefix)

    def test_who_is_not_found_leaves_an_entry_without_the_value(self):
        reader = self.user("jiading", [("BUREAU_CLERK", DISTRICT), ("SENSITIVE_READER", DISTRICT)], PURPOSE)
        nobody = "11010519491231002X"
        for literal in (f'= "{nobody}"', f'IN ("{nobody}", "{nobody}")'):
            reply = reader.post(f"{TEACHERS}:search", {"filter": f'identity_number {literal} AND stage = "2"'})
            self.assertEqual(reply.status, 200, repr(reply))
            self.assertFalse(reply.json().get("teachers"))
            entry = self.entry(reply)
            self.assertEqual(entry["filter_fields"], ["identity_number", "stage"])
            self.assertEqual(entry.get("record_count", 0), 0)
            self.assertNotIn(nobody, json.dumps(entry))
        self.assertEqual(reader.post(f"{TEACHERS}:search", {"filter": 'stage = "nothing"'}).entry, "")

    def test_who_has_a_role_at_the_nation_is_no_partner(self):
        supervisor = self.user("operator", [("SUPERVISOR", "districts/000000")])
        for path in ("/v1/districts/320585/workPlans", "/v1/districts/310114/workPlans"):
            reply = supervisor.get(path)
            self.assertEqual((reply.status, reply.entry), (200, ""), repr(reply))

    def test_a_digest_opens_with_the_key_of_its_answer_alone(self):
        reader = self.user("jiading", [("BUREAU_CLERK", DISTRICT), ("SENSITIVE_READER", DISTRICT)], PURPOSE)
        replies = [reader.get(f"/v1/{DISTRICT}/teachers/{self.teachers[0]['teacher']}") for _ in range(2)]
        self.assertEqual(replies[0].body, replies[1].body)
        entries = [self.entry(reply) for reply in replies]
        for reply, entry in zip(replies, entries):
            self.assertRegex(reply.headers["Edudelta-Entry-Key"], "^[0-9a-f]{64}$")
            self.assertRegex(entry["response_digest"], "^[0-9a-f]{64}$")
            self.assertTrue(entry["digest_key_id"])
        self.assertNotEqual(*(entry["response_digest"] for entry in entries))
        self.assertNotEqual(*(reply.headers["Edudelta-Entry-Key"] for reply in replies))

    def test_refusals_leave_entries_but_do_not_fill_the_log(self):
        # An organisation without districts: everybody's partner.
        self.node.admin().must("POST", "/v1/organizations?organization_id=stranger", {"display_name": "外人", "kind": "KIND_EVALUATOR"})
        stranger = self.user("stranger", [], PURPOSE)
        reply = stranger.get("/v1/districts/-/teachers")
        self.assertEqual((reply.status, reply.reason), (403, "METHOD_NOT_SHARED"), repr(reply))
        entry = self.entry(reply, "000000")
        self.assertEqual((entry["target"], entry["outcome"], entry["reason"]), ("districts/-", "OUTCOME_DENIED", "METHOD_NOT_SHARED"))

        def rows():
            return int(self.node.sql("SELECT COUNT(*) FROM access_entry WHERE principal LIKE 'organizations/stranger/%'", "edudelta_exchange")[0][0])
        before, start = rows(), time.monotonic()

        def minutes():
            """That have begun since."""
            return 1 + int((time.monotonic() - start) // 60)
        replies = [stranger.get(TEACHERS) for _ in range(300)]
        self.assertEqual({(reply.status, reply.reason) for reply in replies}, {(403, "NO_AGREEMENT")})
        # Of each minute the first one, which the others name, and one for all others, which is entered when it is over.
        self.assertIn(len({reply.entry for reply in replies} - {""}), range(1, 1 + minutes()))
        self.assertIn(rows() - before, range(1, 1 + 2 * minutes()))
        for number in range(300):
            self.assertEqual(stranger.get(f"/v1/{DISTRICT}/teachers/t{number}").status, 403)
        # 64 kinds, four more a minute, and what is beyond as one kind.
        self.assertLessEqual(rows() - before, 64 + 16 * minutes())


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")

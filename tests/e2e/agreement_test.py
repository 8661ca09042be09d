"""A partner gets exactly what an agreement lets through, by the API against SQL, and every access has its entry."""

import json
import re
import unittest
from datetime import datetime, timedelta, timezone

import oracle
from agreement_parties import stamp
from agreement_random import ZHENJIANG, Exports, RandomAgreements
from node import DEMO, Http, Node, eventually

PERSONAL = ("full_name", "identity_number", "phone", "certificate_number")
RECORD_TIME = ("etag", "create_time", "update_time")
SCHOOLS, TEACHERS = "/v1/districts/310114/schools", "/v1/districts/310114/teachers"


class AgreementTest(Exports, RandomAgreements, unittest.TestCase):
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        cls.node = node = Node.started()
        cls.addClassCleanup(node.close)
        cls.teachers = node.load("310114", {"schools", "teachers", "gradeEnrollments"})["teachers"]
        for district in ZHENJIANG:
            node.load(district, {"schools", "gradeEnrollments", "teachers", "staffingQuotas", "buildings", "rooms"})
        cls.make_rounds()
        cls.officer("zhenjiang", *ZHENJIANG)
        cls.number = 0
        cls.partner("portal", make=False)

    # What gets through

    def test_kunshan_reads_what_the_demo_agreement_lets_through_and_nothing_else(self):
        with open(f"{DEMO}/accounts.json", encoding="utf-8") as file:
            steps = json.load(file)["after"]
        body = next(request["body"] for step in steps if step["label"] == "嘉定—昆山共享协议" for request in step["requests"])
        grants = {one["dataset"]: one for one in body["datasets"]}
        name = self.agree("kunshan", [(d, g["fields"], g["row_filter"]) for d, g in grants.items()], purposes=body["purposes"])
        kunshan = self.node.client("kunshan/exchange", "ENROLMENT_PLANNING")
        self.until_known(kunshan, SCHOOLS)

        for dataset, where in ((oracle.SCHOOL, "kind = '211' AND urban_rural = '111'"), (oracle.TEACHER, "stage = '2'")):
            fields = grants[dataset.name]["fields"]
            expected = dataset.rows(self.node, fields, ["310114"], where)
            rows, replies = kunshan.pages(dataset.path("310114"), dataset.listed)
            self.assertGreater(len(expected), 10)
            self.assertLess(len(expected), len(dataset.rows(self.node, [], ["310114"])))
            self.assertEqual({row["name"]: row for row in rows}, expected)
            self.assertEqual(len(rows), len(expected))
            for row in rows:
                self.assertFalse(set(row) & {*PERSONAL, *RECORD_TIME})
            everything = b"".join(reply.body for reply in replies)
            for teacher in self.teachers[:500]:
                for field in PERSONAL:
                    if teacher.get(field):
                        self.assertNotIn(f'"{teacher[field]}"'.encode(), everything)
            entries = [self.entry(reply) for reply in replies]
            self.assertEqual(sum(entry["record_count"] for entry in entries), len(rows))
            for entry in entries:
                self.assertEqual((entry["outcome"], entry["agreement"], entry["purpose"], entry["dataset"], entry["principal"]),
                                 ("OUTCOME_ALLOWED", name, "ENROLMENT_PLANNING", dataset.name,
                                  "organizations/kunshan/clients/exchange"))
                self.assertEqual(entry["fields"], fields)
                self.assertRegex(entry["response_digest"], "^[0-9a-f]{64}$")

        one = kunshan.get(f"/v1/{next(iter(expected))}")
        again = kunshan.get(f"/v1/{next(iter(expected))}")
        self.assertIsNone(one.headers.get("ETag"))
        self.assertNotEqual(self.entry(one)["response_digest"], self.entry(again)["response_digest"], "each has its key")
        self.assertNotEqual(self.entry(one)["response_digest"], entries[0]["response_digest"])
        self.refusals(kunshan, name)

    def refusals(self, kunshan, name):
        outside = next(iter(oracle.SCHOOL.rows(self.node, [], ["310114"], "kind <> '211'")))
        inside = next(iter(oracle.SCHOOL.rows(self.node, [], ["310114"], "kind = '211' AND urban_rural = '111'")))
        self.refused(kunshan.stating("").get(SCHOOLS), 400, "PURPOSE_REQUIRED")
        self.refused(kunshan.stating("STATISTICS").get(SCHOOLS), 403, "PURPOSE_NOT_ALLOWED")
        self.refused(kunshan.get(f"/v1/{outside}"), 403, "OUTSIDE_AGREEMENT_ROWS")
        absent = self.refused(kunshan.get(SCHOOLS + "/2139999999"), 403, "OUTSIDE_AGREEMENT_ROWS")
        self.assertEqual(absent["agreement"], name)
        for condition in ('identity_number = "11010519491231002X"', 'full_name = "王"', 'phone = "13800000000"'):
            self.refused(kunshan.get(TEACHERS, filter=condition), 400, "FILTER_FIELD_UNKNOWN")
            self.refused(kunshan.post(TEACHERS + ":search", {"filter": condition}), 400, "FILTER_FIELD_UNKNOWN")
        self.assertEqual(kunshan.get(SCHOOLS, filter='kind = "211"').status, 200)
        self.refused(kunshan.get("/v1/districts/310114/schools/-/gradeEnrollments"), 403, "NO_AGREEMENT")
        self.refused(kunshan.get("/v1/districts/310114/accessEntries"), 403, "NO_AGREEMENT")
        self.refused(kunshan.get("/v1/districts/321111/schools"), 403, "NO_AGREEMENT", "zhenjiang/officer", "321111")
        self.assertEqual(kunshan.get("/v1/districts/-/schools").reason, "METHOD_NOT_SHARED")

        school = {"display_name": "x", "kind": "211", "holder": "831", "urban_rural": "111"}
        before = self.node.sql("CHECKSUM TABLE edudelta_planning.school, edudelta_teachers.teacher")
        for method, path, body in (("POST", SCHOOLS + "?school_id=2131999999", school), ("PATCH", f"/v1/{inside}", {"display_name": "x"}),
                                   ("POST", f"/v1/{inside}:close", {}), ("POST", SCHOOLS + ":batchCreate", {"requests": []}),
                                   ("POST", "/v1/districts/310114:evaluateBalance", {"school_year": 2025}),
                                   ("GET", "/v1/districts/310114:summarizeStaff?school_year=2025", None)):
            with self.subTest(path=path):
                self.refused(kunshan.ask(method, path, body), 403, "METHOD_NOT_SHARED")
        done = kunshan.ask("POST", SCHOOLS + ":import", b"name\n", {"Content-Type": "text/csv"})
        self.refused(done, 403, "METHOD_NOT_SHARED")
        self.assertEqual(self.node.sql("CHECKSUM TABLE edudelta_planning.school, edudelta_teachers.teacher"), before)

    # States and terms

    def granted(self, **more):
        partner = self.new_partner()
        name = self.agree(partner, [("planning.School", ["display_name", "kind"], "")], **more)
        reader = self.reader(partner)
        return partner, name, reader, self.until_known(reader, SCHOOLS)

    def ended(self, reader, reason):
        """The first refusal for `reason`. From the party's answer on nothing gets through: until the gateway learns of the end,
        the evidence log refuses the entry."""
        def refusal():
            reply = reader.get(SCHOOLS)
            if reply.reason == reason:
                return reply
            self.refused(reply, 403, "AGREEMENT_NOT_ACTIVE")
            return None
        return eventually("the gateway refuses", refusal)

    def test_nothing_before_the_start(self):
        soon = datetime.now(timezone.utc) + timedelta(days=1)
        _, _, _, reply = self.granted(start_time=stamp(soon))
        self.refused(reply, 403, "AGREEMENT_NOT_YET_VALID")

    def test_nothing_after_the_end(self):
        end = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(seconds=5)
        _, name, reader, reply = self.granted(end_time=stamp(end))
        self.assertEqual(reply.status, 200, repr(reply))
        asked = datetime.now(timezone.utc)
        while (last := reader.get(SCHOOLS, page_size=1)).status == 200:
            self.assertLess(asked, end)
            asked = datetime.now(timezone.utc)
        self.assertGreaterEqual(datetime.now(timezone.utc), end)
        self.assertIn(last.reason, ("AGREEMENT_NOT_ACTIVE", "AGREEMENT_EXPIRED"))
        self.refused(self.ended(reader, "AGREEMENT_EXPIRED"), 403, "AGREEMENT_EXPIRED")
        officer = self.node.user("jiading/officer")
        eventually("the service notes the end", lambda: officer.must("GET", f"/v1/{name}")["state"] == "STATE_EXPIRED", 60)
        self.refused(reader.get(SCHOOLS), 403, "AGREEMENT_EXPIRED")

    def test_suspended_and_resumed_by_the_party_that_suspended(self):
        partner, name, reader, _ = self.granted()
        self.node.user(f"{partner}/officer").must("POST", f"/v1/{name}:suspend", {})
        self.refused(self.ended(reader, "AGREEMENT_SUSPENDED"), 403, "AGREEMENT_SUSPENDED")
        self.assertEqual(self.node.user("jiading/officer").post(f"/v1/{name}:resume").reason, "NOT_SUSPENDING_PARTY")
        self.node.user(f"{partner}/officer").must("POST", f"/v1/{name}:resume", {})
        eventually("the gateway allows again", lambda: reader.get(SCHOOLS).status == 200)

    def test_revoked_for_good(self):
        partner, name, reader, _ = self.granted()
        self.node.user("jiading/officer").must("POST", f"/v1/{name}:revoke", {})
        reply = self.ended(reader, "AGREEMENT_REVOKED")
        self.assertEqual(self.refused(reply, 403, "AGREEMENT_REVOKED")["agreement"], name)
        for verb in ("resume", "suspend", "revoke"):
            self.assertEqual(self.node.user(f"{partner}/officer").post(f"/v1/{name}:{verb}").status, 400)
        for _ in range(20):
            self.refused(reader.get(SCHOOLS), 403, "AGREEMENT_REVOKED")

    def test_a_disabled_client_is_nobody(self):
        partner, _, reader, _ = self.granted()
        client = f"/v1/organizations/{partner}/clients/reader"
        self.node.admin().must("POST", client + ":disable", {})
        reply = eventually("the gateway refuses", lambda: (lambda r: r if r.status != 200 else None)(reader.get(SCHOOLS)))
        self.assertEqual((reply.status, reply.reason), (401, "ACCOUNT_DISABLED"))
        secret = self.node.admin().must("POST", client + ":rotateSecret", {})["client_secret"]
        form = f"grant_type=client_credentials&client_id={partner}/reader&client_secret={secret}".encode()
        token = self.node.anybody().ask("POST", "/oauth2/token", form, {"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual((token.status, token.json()["error"]), (401, "invalid_client"))
        self.node.admin().must("POST", client + ":enable", {})
        reply = eventually("the gateway knows it again", lambda: (lambda r: r if r.reason != "ACCOUNT_DISABLED" else None)(reader.get(SCHOOLS)))
        self.assertEqual((reply.status, reply.reason), (401, "TOKEN_ENDED"), "a token of before")
        token = self.node.anybody().ask("POST", "/oauth2/token", form, {"Content-Type": "application/x-www-form-urlencoded"})
        again = Http(self.node.wire, token.json()["access_token"], reader.purpose)
        eventually("the gateway allows again", lambda: again.get(SCHOOLS).status == 200)

    def test_the_daily_quotas_of_calls_and_records(self):
        _, name, reader, _ = self.granted(daily_call_quota=4)
        replies = [reader.get(SCHOOLS, page_size=1) for _ in range(5)]
        self.assertEqual([reply.status for reply in replies], [200, 200, 200, 429, 429], [repr(r)[:90] for r in replies])
        self.assertEqual(self.refused(replies[-1], 429, "QUOTA_EXCEEDED")["agreement"], name)

        _, _, reader, _ = self.granted(daily_record_quota=25)
        replies = [reader.get(SCHOOLS, page_size=12) for _ in range(3)]
        self.assertEqual([reply.status for reply in replies], [200, 200, 429])
        self.refused(replies[-1], 429, "QUOTA_EXCEEDED")
        export = reader.get(SCHOOLS + ":export")
        self.refused(export, 429, "QUOTA_EXCEEDED")

    def test_a_superseding_agreement_takes_the_place(self):
        partner, name, reader, _ = self.granted()
        old = reader.get(SCHOOLS, page_size=1).json()["schools"][0]
        self.assertEqual(set(old), {"name", "display_name", "kind"})
        newer = self.agree(partner, [("planning.School", ["town_code"], 'kind = "211"')], supersedes=name)
        self.assertEqual(self.node.user("jiading/officer").must("GET", f"/v1/{name}")["state"], "STATE_SUPERSEDED")

        def follows():
            reply = reader.get(SCHOOLS, page_size=1)
            if reply.status == 200:
                return "town_code" in reply.json()["schools"][0]
            self.refused(reply, 403, "AGREEMENT_NOT_ACTIVE")
            return False
        eventually("the gateway follows", follows)
        rows, replies = reader.pages(SCHOOLS, "schools")
        self.assertEqual({row["name"]: row for row in rows}, oracle.SCHOOL.rows(self.node, ["town_code"], ["310114"], "kind = '211'"))
        self.assertEqual(self.entry(replies[0])["agreement"], newer)
        self.refused(reader.get(SCHOOLS, filter='urban_rural = "111"'), 400, "FILTER_FIELD_UNKNOWN")

    def test_what_is_signed_is_what_was_seen(self):
        type(self).number += 1
        partner, officer = self.new_partner(), self.node.user("jiading/officer")
        other = self.node.user(f"{partner}/officer")
        now = datetime.now(timezone.utc)
        body = {"display_name": "x", "provider": "organizations/jiading", "consumer": f"organizations/{partner}",
                "provider_districts": ["310114"], "purposes": ["STATISTICS"], "start_time": stamp(now),
                "end_time": stamp(now + timedelta(days=9)), "daily_call_quota": 1, "daily_record_quota": 1, "retention_days": 1,
                "delivery": "DELIVERY_QUERY", "legal_ground": "x", "datasets": [{"dataset": "planning.School", "fields": ["kind"]}]}
        name = f"/v1/agreements/{officer.must('POST', '/v1/agreements', body)['name'].split('/')[1]}"
        seen = officer.must("POST", name + ":propose", {})["content_hash"]
        self.assertEqual(officer.post(name + ":sign", {"content_hash": "0" * 64}).reason, "CONTENT_HASH_MISMATCH")
        officer.must("POST", name + ":sign", {"content_hash": seen})
        self.assertIn(officer.post(name + ":countersign", {"content_hash": seen}).status, (400, 403))
        self.assertEqual(officer.ask("PATCH", name, {"display_name": "y"}).reason, "AGREEMENT_NOT_DRAFT")
        self.assertEqual(self.reader(partner).get(SCHOOLS).reason, "NO_AGREEMENT")
        other.must("POST", name + ":countersign", {"content_hash": seen})

        for change, reason in (({"datasets": [{"dataset": "teachers.Teacher", "fields": ["identity_number"]}]}, "CASE_NUMBER_REQUIRED"),
                               ({"datasets": [{"dataset": "planning.School", "fields": ["nonsense"]}]}, "FIELD_UNKNOWN"),
                               ({"datasets": [{"dataset": "exchange.User", "fields": ["display_name"]}]}, "DATASET_NOT_SHARED"),
                               ({"purposes": ["CURIOSITY"]}, "PURPOSE_UNKNOWN"),
                               ({"provider_districts": ["320583"]}, "DISTRICT_NOT_PROVIDERS"),
                               ({"end_time": stamp(now + timedelta(days=1200))}, "TERM_TOO_LONG")):
            reply = officer.post("/v1/agreements", body | change)
            if reply.status == 200:
                reply = officer.post(f"/v1/{reply.json()['name']}:propose")
            self.assertEqual(reply.reason, reason, repr(reply))

    # Own sensitive reads

    def test_own_sensitive_reads_need_role_and_purpose_and_are_recorded(self):
        teacher = self.teachers[0]
        name = f"districts/310114/teachers/{teacher['teacher']}"
        path = f"/v1/{name}"
        masked = self.node.user("jiading/personnel").get(path)
        self.assertEqual(masked.entry, "")
        clerk = self.node.user("jiading/clerk", "TEACHER_EXCHANGE").get(path)
        for reply in (masked, clerk):
            self.assertEqual(reply.status, 200, repr(reply))
            for field in ("full_name", "identity_number"):
                self.assertNotEqual(reply.json()[field], teacher[field])
                self.assertIn("*", reply.json()[field])
        clear = self.node.user("jiading/personnel", "TEACHER_EXCHANGE").get(path)
        for field in ("full_name", "identity_number"):
            self.assertEqual(clear.json()[field], teacher[field])
        entry = self.entry(clear)
        self.assertEqual((entry["purpose"], entry["principal"], entry["record_count"]),
                         ("TEACHER_EXCHANGE", "organizations/jiading/users/personnel", 1))
        self.assertNotIn("agreement", entry)
        self.assertEqual(entry["person_tokens"], [clear.json()["person_token"]])
        self.assertLessEqual({"full_name", "identity_number"}, set(entry["fields"]))
        self.assertFalse(re.search(re.escape(teacher["identity_number"]), json.dumps(entry)))

        listed = self.node.user("jiading/personnel", "TEACHER_EXCHANGE").get(TEACHERS, page_size=20)
        self.assertCountEqual(self.entry(listed)["person_tokens"], [one["person_token"] for one in listed.json()["teachers"]])
        found = self.node.user("jiading/personnel", "TEACHER_EXCHANGE").post(
            TEACHERS + ":search", {"filter": f'identity_number = "{teacher["identity_number"]}"'})
        self.assertEqual([one["name"] for one in found.json()["teachers"]], [name])
        self.assertEqual(self.entry(found)["record_count"], 1)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")

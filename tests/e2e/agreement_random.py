"""Exports under an agreement, and random agreements against SQL."""

import csv
import http.client
import io
import json
import random
import socket
from datetime import datetime, timedelta, timezone

import oracle
from agreement_parties import Parties
from node import eventually

TEACHERS = "/v1/districts/310114/teachers"
SEED = 20261121
PARTNERS = 3
ZHENJIANG = ["321111", "321182"]


class Exports(Parties):
    """Part of a test case; `teachers` are the rows of 310114."""

    def test_an_export_is_recorded_chunk_by_chunk(self):
        partner = self.new_partner()
        fields = ["gender", "stage", "school"]
        self.agree(partner, [("teachers.Teacher", fields, 'stage = "2"')])
        reader = self.reader(partner, "TEACHER_EXCHANGE")
        self.until_known(reader, TEACHERS)
        reply = reader.get(TEACHERS + ":export", format="ndjson")
        expected = oracle.TEACHER.rows(self.node, fields, ["310114"], "stage = '2'")
        rows = [json.loads(line) for line in reply.body.splitlines()]
        self.assertEqual({row["name"]: row for row in rows}, expected)
        entries = self.chunks(reply.entry)
        self.assertEqual(sum(entry["record_count"] for entry in entries), len(expected))
        self.assertGreaterEqual(len(entries), len(expected) // 1000)
        self.assertTrue(all(entry["record_count"] <= 1000 and entry["fields"] == fields for entry in entries))

        sheet = list(csv.reader(io.StringIO(reader.get(TEACHERS + ":export").body.decode("utf-8-sig"))))
        self.assertEqual(len(sheet) - 1, len(expected))
        self.assertEqual(len(sheet[0]), 1 + len(fields), sheet[0])
        text = "\n".join(map(",".join, sheet))
        for teacher in self.teachers[:300]:
            self.assertNotIn(teacher["identity_number"], text)
            self.assertNotIn(teacher["full_name"] + ",", text)

    def chunks(self, first):
        """Entries of one export, by the request id that they share."""
        auditor = self.node.user("jiading/auditor")
        start = auditor.must("GET", f"/v1/districts/310114/accessEntries/{int(first):020d}")
        entries, _ = auditor.pages("/v1/districts/310114/accessEntries", "access_entries", filter=f'principal = "{start["principal"]}"')
        return [entry for entry in entries if entry.get("request_id") == start["request_id"]]

    def test_a_revocation_cuts_a_running_export(self):
        whole = len(self.teachers)
        for _ in range(8):
            partner = self.new_partner()
            name = self.agree(partner, [("teachers.Teacher", sorted(oracle.TEACHER.fields), "")])
            reader = self.reader(partner, "TEACHER_EXCHANGE")
            self.until_known(reader, TEACHERS)
            officer = self.node.user("jiading/officer")
            officer.must("GET", f"/v1/{name}")
            connection = http.client.HTTPConnection("127.0.0.1", self.node.port, timeout=60)
            connection.sock = socket.socket()
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sock.connect(("127.0.0.1", self.node.port))
            connection.request("GET", TEACHERS + ":export?format=ndjson",
                               headers={"Authorization": f"Bearer {reader.token}", "Edudelta-Purpose": "TEACHER_EXCHANGE"})
            answer = connection.getresponse()
            self.assertEqual(answer.status, 200)
            officer.must("POST", f"/v1/{name}:revoke", {})
            eventually("the gateway refuses", lambda reader=reader: reader.get(TEACHERS).reason == "AGREEMENT_REVOKED")
            body, cut = b"", False
            try:
                while part := answer.read1(65536):
                    body += part
            except (http.client.IncompleteRead, ConnectionError):
                cut = True
            connection.close()
            entries = self.chunks(answer.headers["Edudelta-Entry"])
            recorded = sum(entry["record_count"] for entry in entries if entry["outcome"] == "OUTCOME_ALLOWED")
            self.assertLessEqual(body.count(b"\n"), recorded, "a record left without its entry")
            if cut:
                self.assertLess(body.count(b"\n"), whole)
                return
        self.fail("never cut in eight exports")


class RandomAgreements(Parties):
    """Part of a test case; the districts of ZHENJIANG are loaded, and have their rounds."""

    @classmethod
    def make_rounds(cls):
        """Points, patrols at times of any length, and hazards in several states."""
        prefixes = [f"districts/{district}" for district in ZHENJIANG]
        for name, role in (("inspector", "ROLE_INSPECTOR"), ("safety", "ROLE_SAFETY_OFFICER")):
            cls.node.admin().must("POST", f"/v1/organizations/zhenjiang/users?user_id={name}", {
                "display_name": "巡查", "bindings": [{"role": role, "prefix": prefix} for prefix in prefixes]})
        inspector, safety = cls.node.user("zhenjiang/inspector"), cls.node.user("zhenjiang/safety")
        chance, now = random.Random(SEED + 1), datetime.now(timezone.utc).replace(microsecond=0)
        for district in ZHENJIANG:
            schools = sorted(name.rsplit("/", 1)[1] for name in oracle.SCHOOL.rows(cls.node, [], [district]))[:8]
            points, patrols = [], []
            for number, school in enumerate(schools * 5):
                name = f"districts/{district}/schools/{school}/inspectionPoints/p{number}"
                points.append({"name": name, "display_name": f"{number}号点", "area": oracle.AREA[str(1 + number % 9)],
                               "location": "东侧" * (number % 2), "monthly_patrols": 1 + number % 4, "retired": number % 7 == 0})
                for _ in range(5):
                    time = now - timedelta(minutes=chance.randint(1, 80000), microseconds=chance.choice([0, 250000, 1]))
                    patrols.append({"name": f"districts/{district}/schools/{school}/patrols/v{len(patrols)}", "point": name,
                                    "patrol_time": time.isoformat(), "result": oracle.RESULT[str(chance.choice([1, 1, 2]))],
                                    "device": chance.choice(["", "pda-1"]), "note": chance.choice(["", "灯坏"])})
            path = f"/v1/districts/{district}/schools/-/inspectionPoints"
            # A point is patrolled while it is in use.
            cls.bring(safety, path, [{**point, "retired": False} for point in points])
            cls.bring(inspector, f"/v1/districts/{district}/schools/-/patrols", patrols)
            cls.bring(safety, path, points)
            cls.make_hazards(district, [one["name"] for one in points if not one["retired"]], chance)

    @staticmethod
    def bring(user, path, rows):
        body = "".join(json.dumps(row) + "\n" for row in rows).encode()

        def whole():
            reply = user.ask("POST", f"{path}:import?mode=partial", body, {"Content-Type": "application/x-ndjson"})
            if reply.status != 200:
                raise AssertionError(repr(reply))
            return reply if not int(reply.json().get("error_count", 0)) else None

        eventually(f"all rows of {path} are in", whole)

    @classmethod
    def make_hazards(cls, district, points, chance):
        inspector, safety = cls.node.user("zhenjiang/inspector"), cls.node.user("zhenjiang/safety")
        safety.must("POST", f"/v1/districts/{district}/hazardTerms?hazard_term_id=general", {
            "grade": "HAZARD_GRADE_GENERAL", "working_days": 10})
        for number, point in enumerate(chance.sample(points, 20)):
            name = f"/v1/{point.split('/inspectionPoints')[0]}/hazards"
            inspector.must("POST", f"{name}?hazard_id=h{number}", {
                "display_name": f"隐患{number}", "description": "测试", "point": point, "found_date": f"2026-10-{chance.randint(1, 28):02d}"})
            for verb, body in (("grade", {"grade": "HAZARD_GRADE_GENERAL"}), ("assign", {"rectifier": "总务处"}),
                               ("startRectification", {"measures": "更换"}))[:number % 4]:
                safety.must("POST", f"{name}/h{number}:{verb}", body)

    def test_every_operator_on_every_field_against_sql(self):
        """By one of the district's own, so that no agreement narrows what is asked."""
        self.node.admin().must("POST", "/v1/organizations/zhenjiang/users?user_id=reader", {"display_name": "统计", "bindings": [
            {"role": role, "prefix": f"districts/{ZHENJIANG[0]}"} for role in ("ROLE_BUREAU_CLERK", "ROLE_SUPERVISOR")]})
        chance, reader, asked = random.Random(SEED + 2), self.node.user("zhenjiang/reader"), 0
        for dataset in oracle.DATASETS:
            path, some = dataset.path(ZHENJIANG[0]), set()
            eventually("the gateway knows the reader", lambda path=path: reader.get(path, page_size=1).status == 200)
            for field in sorted(dataset.filterable):
                for operator in dataset.operators(field):
                    mine, where = dataset.condition(self.node, chance, field, operator)
                    with self.subTest(dataset=dataset.name, filter=mine):
                        found = [row["name"] for row in reader.pages(path, dataset.listed, filter=mine)[0]]
                        self.assertEqual(sorted(found), sorted(dataset.rows(self.node, [], [ZHENJIANG[0]], where)))
                        some.add(len(found))
                        asked += 1
            self.assertGreater(len(some), 1, f"the filters of {dataset.name} tell nothing apart")
        self.assertGreater(asked, 100)

    def test_random_agreements_against_sql(self):
        chance = random.Random(SEED)
        officer = self.node.user("zhenjiang/officer")
        agreements = 0
        for _ in range(PARTNERS):
            partner = self.new_partner()
            reader = self.reader(partner)
            for dataset in oracle.DATASETS:
                fields = dataset.random_fields(chance)
                rows, where = dataset.random_filter(self.node, chance) if chance.random() < 0.85 else ("", "1 = 1")
                districts = chance.choice([["321111"], ["321182"], ZHENJIANG])
                with self.subTest(dataset=dataset.name, fields=fields, rows=rows, districts=districts):
                    self.agree(partner, [(dataset.name, fields, rows)], "zhenjiang", districts)
                    self.until_known(reader, dataset.path(districts[0]))
                    self.compare(reader, dataset, fields, where, districts, chance)
                    agreements += 1
        self.assertEqual(agreements, PARTNERS * len(oracle.DATASETS))
        self.assertTrue(officer)

    def compare(self, reader, dataset, fields, where, districts, chance):
        for district in ZHENJIANG:
            path = dataset.path(district)
            if district not in districts:
                self.assertEqual(reader.get(path).reason, "NO_AGREEMENT")
                continue
            expected = dataset.rows(self.node, fields, [district], where)
            everything = dataset.rows(self.node, [], [district])
            size = chance.choice([7, 50, 1000]) if len(expected) < 300 else 1000
            rows, replies = reader.pages(path, dataset.listed, page_size=size)
            self.assertEqual({row["name"]: row for row in rows}, expected)
            self.assertEqual(len(rows), len(expected), "a row came twice")
            entry = self.entry(replies[0], "zhenjiang/officer", district)
            self.assertEqual((entry.get("record_count", 0), entry["fields"]), (min(size, len(expected)), fields))

            exported = [json.loads(line) for line in reader.get(path + ":export", format="ndjson").body.splitlines()]
            self.assertEqual({row["name"]: row for row in exported}, expected)
            for name in chance.sample(sorted(expected), min(3, len(expected))):
                self.assertEqual(reader.get(f"/v1/{name}").json(), expected[name])
            outside = sorted(set(everything) - set(expected))
            for name in chance.sample(outside, min(3, len(outside))):
                self.refused(reader.get(f"/v1/{name}"), 403, "OUTSIDE_AGREEMENT_ROWS", "zhenjiang/officer", district)
            self.compare_filtered(reader, dataset, fields, where, district, chance)

    def compare_filtered(self, reader, dataset, fields, where, district, chance):
        """The caller's own filter: over granted fields it narrows, over others it is refused."""
        path = dataset.path(district)
        if dataset.filterable & set(fields):
            mine, also = dataset.random_filter(self.node, chance, fields)
            rows, _ = reader.pages(path, dataset.listed, filter=mine)
            self.assertEqual({row["name"]: row for row in rows}, dataset.rows(self.node, fields, [district], f"{where} AND {also}"), mine)
        for field in sorted(dataset.filterable - set(fields))[:1]:
            self.refused(reader.get(path, filter=f'{field} != "zz"'), 400, "FILTER_FIELD_UNKNOWN", "zhenjiang/officer", district)

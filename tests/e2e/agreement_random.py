"""Exports under an agreement, and random agreements against SQL."""

import csv
import http.client
import io
import json
import random
import socket

import oracle
from agreement_parties import Parties
from node import eventually

TEACHERS = "/v1/districts/310114/teachers"
SEED = 20261121
PARTNERS = 6
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
    """Part of a test case; the districts of ZHENJIANG are loaded."""

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
        self.assertGreaterEqual(agreements, 20)
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

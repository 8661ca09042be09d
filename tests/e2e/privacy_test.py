"""No value of a field of level L3 or L4, and no secret, stands anywhere but encrypted in its own column or in an answer to whoever
may see it: not in logs, metrics, error texts, files or other columns, as it is, in hex, in base64, or as a digest without a key.
"""

import base64
import collections
import csv
import hashlib
import io
import os
import re
import subprocess
import unittest
import urllib.parse

from metrics_test import PROCESSES, MetricsNode

DISTRICT = "districts/310114"
TEACHERS = f"/v1/{DISTRICT}/teachers"
PERSONAL = ("full_name", "identity_number", "phone", "certificate_number")
PURPOSE = "TEACHER_EXCHANGE"
ROWS = 40
# Digests that anybody can compute; SM3 comes from the library that the product uses.
DIGESTS = ("md5", "sha1", "sha256", "sha512", "sm3")


def forms(value):
    """The texts that would give the value away."""
    raw = value.encode()
    yield value
    yield urllib.parse.quote(value)
    yield value.encode("unicode_escape").decode()
    for binary in [raw] + [hashlib.new(name, raw).digest() for name in DIGESTS]:
        yield binary.hex()
        yield binary.hex().upper()
        # As it would stand at any place in a longer text.
        for before in range(3):
            text = base64.b64encode(bytes(before) + binary).decode()
            inner = text[(8 * before + 5) // 6:].rstrip("=")
            inner = inner[:-1] if (before + len(binary)) % 3 else inner
            yield inner
            yield inner.replace("+", "-").replace("/", "_")


class PrivacyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = node = MetricsNode.started()
        cls.addClassCleanup(node.close)
        rows = node.load(DISTRICT.rsplit("/", 1)[-1], {"schools", "teachers"})["teachers"]
        cls.rows = [row for row in rows if all(row.get(field) for field in PERSONAL[:3])][:ROWS]
        # By their reasons.
        cls.refusals = collections.defaultdict(list)
        cls.clerk = node.user("jiading/clerk")
        cls.personnel = node.user("jiading/personnel", PURPOSE)

    @classmethod
    def ask(cls, user, method, path, body=None, headers=None, refused=True):
        reply = user.ask(method, path, body, headers)
        if refused:
            assert reply.status >= 400 or b'"errors"' in reply.body, repr(reply)
            cls.refusals[f"{method} {reply.reason or 'rows of a file'}"].append(reply.body)
        else:
            assert reply.status == 200, repr(reply)
        return reply

    def values(self):
        found = {row[field] for row in self.rows for field in PERSONAL if row.get(field)}
        self.assertGreater(len(found), 3 * ROWS - 5)
        return found | set(self.node.secrets())

    def use(self, row):
        """What people do with a row, and what they do wrong with it."""
        own, number, phone, name = f"{TEACHERS}/{row['teacher']}", row["identity_number"], row["phone"], row["full_name"]
        for user in (self.clerk, self.personnel):
            self.ask(user, "GET", own, refused=False)
        self.ask(self.personnel, "POST", f"{TEACHERS}:search", {"filter": f'identity_number = "{number}"'}, refused=False)
        self.ask(self.clerk, "PATCH", f"{own}?update_mask=phone,full_name", {"phone": phone, "full_name": name}, refused=False)
        wrong = number[:-1] + ("1" if number[-1] != "1" else "2")
        self.ask(self.clerk, "PATCH", own, {"identity_number": wrong})
        self.ask(self.clerk, "PATCH", own, {"phone": phone + "x"})
        self.ask(self.clerk, "PATCH", own, {"gender": number, "full_name": name})
        self.ask(self.clerk, "PATCH", own, {"school": number})
        self.ask(self.clerk, "POST", f"{TEACHERS}?teacher_id={number}x", {"full_name": name})
        self.ask(self.clerk, "GET", f'{TEACHERS}?filter=identity_number = "{number}"')
        self.ask(self.clerk, "GET", f'{TEACHERS}?filter=full_name = {name}')
        self.ask(self.clerk, "GET", f"{TEACHERS}?page_token={number}")
        self.ask(self.clerk, "GET", own, headers={"X-Request-Id": number}, refused=False)
        self.ask(self.clerk, "GET", f"{own}:{phone}")
        self.ask(self.clerk, "POST", f"{TEACHERS}:search", f'{{"filter": "identity_number = \\"{number}'.encode(),
                 {"Content-Type": "application/json"})
        self.ask(self.node.anybody(), "GET", f"{TEACHERS}?filter={number}")

    def send_files(self):
        header = list(self.rows[0])
        for change in ({"phone": "identity_number"}, {"gender": "identity_number"}, {"gender": "full_name"}, {"education": "full_name"}, {"teacher": "full_name"}, {"school": "phone"}):
            text = io.StringIO()
            writer = csv.DictWriter(text, header)
            writer.writeheader()
            for row in self.rows:
                writer.writerow(row | {to: row[of] for to, of in change.items()})
            self.ask(self.clerk, "POST", f"{TEACHERS}:import?mode=partial", text.getvalue().encode(), {"Content-Type": "text/csv"})
        # Without its header, the first person stands where the columns' names should.
        bare = "\n".join(",".join(row[field] for field in PERSONAL if row.get(field)) for row in self.rows)
        self.ask(self.clerk, "POST", f"{TEACHERS}:import", bare.encode(), {"Content-Type": "text/csv"})
        self.ask(self.clerk, "POST", f"{TEACHERS}:import", bare.encode(), {"Content-Type": "application/x-ndjson"})

    def dump(self):
        """Every column of every table, binary ones in hex."""
        tables = {}
        for schema, table, column, kind in self.node.sql(
                "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns "
                "WHERE table_schema LIKE 'edudelta\\_%'"):
            binary = "binary" in kind or "blob" in kind
            tables.setdefault(f"`{schema}`.`{table}`", []).append(f"HEX(`{column}`)" if binary else f"`{column}`")
        self.assertIn("`edudelta_teachers`.`teacher_history`", tables)
        rows = [row for table, columns in tables.items() for row in self.node.sql(f"SELECT {', '.join(columns)} FROM {table}")]
        return "\n".join("\t".join(row) for row in rows).encode()

    def test_nothing_personal_stands_where_it_may_not(self):
        for row in self.rows:
            self.use(row)
        self.send_files()
        self.ask(self.personnel, "GET", f"{TEACHERS}:export?format=csv", refused=False)
        places = {f"metrics of {name}": self.node.scrape_text(name).encode() for name in PROCESSES}
        places |= {f"answers to {what}": b"\n".join(bodies) for what, bodies in self.refusals.items()}
        places["the database"] = self.dump()
        for folder, _, files in os.walk(self.node.folder):
            for file in files:
                path = os.path.join(folder, file)
                # The test's own files, and the database's, which the dump shows.
                if re.search(r"\.csv(\.errors)?$|\.password$|/mariadb[^/]*/|/data/|\.sock$|home\.", path):
                    continue
                with open(path, "rb") as content:
                    places[path] = content.read()
        self.assertTrue(any(place.endswith("gateway.log") for place in places), list(places))
        needles = {form: value for value in self.values() for form in forms(value) if len(form.encode()) > 5}
        patterns = self.node.private_file("needles.password", "")
        with open(patterns, "w", encoding="utf-8") as file:
            file.write("\n".join(needles))
        # Whoever looks must be able to find.
        self.assertTrue(self.find(patterns, b"x" + next(iter(needles)).encode() + b"y"))
        for place, content in places.items():
            with self.subTest(place=place):
                found = self.find(patterns, content)
                shown = [(one.decode(), needles.get(one.decode())) for one in found[:3]]
                self.assertEqual(len(found), 0, f"{shown} {content[:300]}")

    @staticmethod
    def find(patterns, content):
        return subprocess.run(["grep", "-aoFf", patterns], input=content, capture_output=True, check=False).stdout.split(b"\n")[:-1]


if __name__ == "__main__":
    unittest.main(verbosity=2)

"""Requests that are wrong as such: their JSON, tokens, ids, etags, pages, filters and addresses."""

import threading
import time
import urllib.parse
import uuid

import bad_input_tokens as tokens
from bad_input_suite import (DISTRICT, OTHER, SCHOOL, SCHOOLS, TEACHERS, Case, Client, decoded, identity, login, school, teacher)

GRADES = f"{SCHOOL}/gradeEnrollments"


def grade(number, pupils=60):
    return {"school_year": 2025, "stage": "2", "grade": number, "class_count": 2, "pupil_count": pupils, "classes_26_to_35": 2}


def listed(path, **query):
    return f"{path}?{urllib.parse.urlencode(query)}"


class Json(Case):
    def refuses(self, body, reason, field):
        with self.unchanged():
            self.refused(self.clerk.ask("POST", f"{SCHOOLS}?school_id=2131900009", body), 400, reason, field)

    def test_depth(self):
        deep = 100000
        self.refuses('{"display_name":' + "[" * deep + "]" * deep + "}", "VALUE_WRONG_TYPE", "display_name")
        self.refuses('{"a":' * deep + "1" + "}" * deep, "UNKNOWN_FIELD", "a")
        with self.unchanged():
            for body, reason in (("[" * deep, "VALUE_WRONG_TYPE"), ('{"requests":' + "[" * deep, "JSON_SYNTAX"),
                                 ('{"requests":[' + '{"school":' * deep, "JSON_SYNTAX")):
                self.refused(self.clerk.ask("POST", f"{SCHOOLS}:batchCreate", body), 400, reason, "body")

    def test_fields(self):
        self.refuses(school(colour="red"), "UNKNOWN_FIELD", "colour")
        self.refuses('{"display_name":"a","display_name":"b","kind":"211","holder":"831","urban_rural":"111"}', "DUPLICATE_FIELD",
                     "display_name")
        self.refuses('{"display_name":"a","displayName":"b","kind":"211"}', "DUPLICATE_FIELD", "display_name")
        self.refuses(school(display_name=7), "VALUE_WRONG_TYPE", "display_name")

    def test_bytes(self):
        self.refuses(b'{"display_name":"\xff\xfe"}', "INVALID_UTF8", "body")
        self.refuses(b'{"display_name":"\xed\xa0\x80"}', "INVALID_UTF8", "body")
        self.refuses('{"display_name":"\\ud800"}', "JSON_SYNTAX", "display_name")
        self.refuses('{"display_name":', "JSON_SYNTAX", "body")
        self.refuses("[]", "VALUE_WRONG_TYPE", "body")


class Repeats(Case):
    """Request ids, etags, and two people at one row."""

    def test_request_ids(self):
        path, mine = f"{GRADES}?grade_enrollment_id=2025-2-1", {"Idempotency-Key": str(uuid.uuid4())}
        made = self.clerk.must("POST", path, grade(1), mine)
        with self.unchanged():
            self.assertEqual(self.clerk.must("POST", path, grade(1), mine), made)
            self.refused(self.clerk.ask("POST", path, grade(1, 59), mine), 400, "REQUEST_ID_REUSED", "request_id")
            second = self.clients["county/second"]
            self.refused(second.ask("POST", path, grade(1), mine), 409, "GRADE_ENROLLMENT_EXISTS")
            self.refused(self.clerk.ask("POST", f"{GRADES}?grade_enrollment_id=2025-2-6", grade(6), {"Idempotency-Key": "1"}), 400,
                         "REQUEST_ID_FORMAT", "request_id")
            for header, field in (("Idempotency-Key", "request_id"), ("If-Match", "etag")):
                self.refused(self.clerk.ask("PATCH", f"{GRADES}/2025-2-1", {"pupil_count": 60}, {header: b"\xff\xfe"}), 400, "INVALID_UTF8", field)
            for key in (mine["Idempotency-Key"].upper(), mine["Idempotency-Key"].title()):
                self.assertEqual(self.clerk.must("POST", path, grade(1), {"Idempotency-Key": key}), made, "UUIDs are the same in either case")
                self.assertEqual(self.clerk.must("POST", f"{path}&request_id={key}", grade(1), mine), made)
            self.refused(self.clerk.ask("POST", f"{path}&request_id={uuid.uuid4()}", grade(1), mine), 400, "REQUEST_ID_MISMATCH",
                         "request_id")
        # Another's id is free, and tells nothing of what it was used for.
        other = second.must("POST", f"{GRADES}?grade_enrollment_id=2025-2-2", grade(2, 54), mine)
        self.assertEqual((other["pupil_count"], other["grade"]), (54, 2))

    def test_another_tenants_request_id(self):
        mine = {"Idempotency-Key": str(uuid.uuid4())}
        path, there = f"{GRADES}?grade_enrollment_id=2025-2-5", f"/v1/districts/{OTHER}/schools/2132900001/gradeEnrollments"
        made = self.clerk.must("POST", path, grade(5), mine)
        theirs = self.clients["far/clerk"].must("POST", f"{there}?grade_enrollment_id=2025-2-5", grade(5, 55), mine)
        self.assertEqual((theirs["name"], theirs["pupil_count"]), (f"{there[4:]}/2025-2-5", 55))
        with self.unchanged():
            self.assertEqual(self.clerk.must("POST", path, grade(5), mine), made)
            self.assertEqual(self.clients["far/clerk"].must("POST", f"{there}?grade_enrollment_id=2025-2-5", grade(5, 55), mine), theirs)
        self.assertEqual(self.clerk.must("GET", f"{GRADES}/2025-2-5"), made)

    def test_stale_etags(self):
        path = f"{GRADES}/2025-2-3"
        old = self.clerk.must("POST", f"{GRADES}?grade_enrollment_id=2025-2-3", grade(3))["etag"]
        new = self.clerk.must("PATCH", path, {"pupil_count": 61}, {"If-Match": old})["etag"]
        with self.unchanged():
            for etag in (old, '"junk"', '""', f"W/{new}", f'{old}, "junk"'):
                self.refused(self.clerk.ask("PATCH", path, {"pupil_count": 62}, {"If-Match": etag}), 412, "ETAG_MISMATCH")
                self.refused(self.clerk.ask("DELETE", path, None, {"If-Match": etag}), 412, "ETAG_MISMATCH")
            for etag in ("", "junk", '"1-1 OR 1=1"', f"*, {new}"):
                self.refused(self.clerk.ask("DELETE", path, None, {"If-Match": etag}), 400, "PRECONDITION_MALFORMED", "etag")
            self.refused(self.clerk.ask("PATCH", path, {"pupil_count": 62, "etag": old}), 409, "ETAG_MISMATCH")
        new = self.clerk.must("PATCH", path, {"pupil_count": 62}, {"If-Match": f"{old}, {new}"})["etag"]
        self.clerk.must("DELETE", path, None, {"If-Match": new})
        again = self.clerk.must("POST", f"{GRADES}?grade_enrollment_id=2025-2-3", grade(3))["etag"]
        with self.unchanged():
            for etag in (old, new):
                answer = self.clerk.ask("PATCH", path, {"pupil_count": 62}, {"If-Match": etag})
                self.refused(answer, 412, "ETAG_MISMATCH")
                self.assertEqual(answer.json["code"], 10)
        self.clerk.must("PATCH", path, {"pupil_count": 62}, {"If-Match": again})

    def test_two_people_edit_one_row(self):
        path = f"{GRADES}/2025-2-4"
        etag = self.clerk.must("POST", f"{GRADES}?grade_enrollment_id=2025-2-4", grade(4))["etag"]
        for turn in range(9):
            answers, gate = {}, threading.Barrier(2)

            def edit(client, pupils):
                gate.wait()
                answers[pupils] = client.ask("PATCH", path, {"pupil_count": pupils}, {"If-Match": etag})

            people = [threading.Thread(target=edit, args=(self.clients[name], 52 + 2 * turn + i))
                      for i, name in enumerate(("county/clerk", "county/second"))]
            for person in people:
                person.start()
            for person in people:
                person.join()
            won = [pupils for pupils, answer in answers.items() if answer.status == 200]
            lost = [answer for answer in answers.values() if answer.status != 200]
            self.assertEqual((len(won), len(lost)), (1, 1), answers)
            self.refused(lost[0], 412, "ETAG_MISMATCH")
            stored = self.clerk.must("GET", path)
            self.assertEqual(stored["pupil_count"], won[0])
            etag = stored["etag"]


class Lists(Case):
    def test_page_tokens(self):
        token = self.clerk.must("GET", f"{SCHOOLS}?page_size=1")["next_page_token"]
        for client, path in ((self.clerk, listed(SCHOOLS, filter='kind = "211"', page_token=token)),
                             (self.clients["county/second"], listed(SCHOOLS, page_token=token)),
                             (self.clerk, listed(GRADES, page_token=token)),
                             (self.clerk, listed(SCHOOLS, page_token="junk")),
                             (self.clerk, listed(SCHOOLS, page_token=token[:-2] + "AA"))):
            self.refused(client.ask("GET", path), 400, "PAGE_TOKEN_INVALID", "page_token")
        self.assertTrue(self.clerk.must("GET", listed(SCHOOLS, page_token=token))["schools"])

    def test_filters(self):
        number = identity(9)
        for path, text, reason in ((SCHOOLS, 'address = "x"', "FILTER_FIELD_NOT_FILTERABLE"),
                                   (SCHOOLS, 'colour = "x"', "FILTER_FIELD_UNKNOWN"),
                                   (TEACHERS, f'identity_number = "{number}"', "FILTER_FIELD_NEEDS_SEARCH"),
                                   (TEACHERS, 'full_name = "x"', "FILTER_FIELD_NOT_FILTERABLE"),
                                   (SCHOOLS, 'kind = "211" OR 1=1', "FILTER_SYNTAX"),
                                   (SCHOOLS, "kind = '211'; DROP TABLE school", "FILTER_SYNTAX"),
                                   (SCHOOLS, "1=1", "FILTER_FIELD_UNKNOWN")):
            with self.unchanged():
                answer = self.clerk.ask("GET", listed(path, filter=text))
                self.refused(answer, 400, reason, "filter")
                self.assertNotIn(number, answer.body.decode())

    def test_searching_what_the_caller_may_not_see(self):
        """Only who may read personal fields, and says what for, may ask whether a value is there."""
        number, personnel = identity(9), self.clients["county/personnel"]
        for text in ('full_name = "x"', f'identity_number = "{number}"'):
            for answer in (self.clerk.ask("POST", f"{TEACHERS}:search", {"filter": text}, {"Edudelta-Purpose": "STATISTICS"}),
                           self.clerk.ask("POST", f"{TEACHERS}:search", {"filter": text}),
                           Client(self.suite, personnel.token).ask("POST", f"{TEACHERS}:search", {"filter": text})):
                self.refused(answer, 400, "FILTER_FIELD_UNKNOWN", "filter")
                self.assertNotIn(number, answer.body.decode())
        unfiltered = personnel.ask("POST", f"{TEACHERS}:search", {"filter": 'full_name = "x"'})
        self.refused(unfiltered, 400, "FILTER_FIELD_NOT_FILTERABLE", "filter")
        self.assertEqual(personnel.must("POST", f"{TEACHERS}:search", {"filter": f'identity_number = "{number}"'}), {})

    def test_a_person_is_found_however_the_number_is_typed(self):
        number, personnel = identity(181), self.clients["county/personnel"]
        self.clerk.must("POST", f"{TEACHERS}?teacher_id=t181", teacher(181))
        wide = "".join(chr(ord(c) + 0xfee0) for c in number)
        for typed in (number, number.lower(), f" {number} ", f"{number[:6]} {number[6:14]} {number[14:].lower()}", wide):
            found = personnel.must("POST", f"{TEACHERS}:search", {"filter": f'identity_number = "{typed}"'})
            self.assertEqual([one["name"] for one in found.get("teachers", [])], [f"{TEACHERS[4:]}/t181"], typed)
        masked = "990114***********6"
        answer = personnel.ask("POST", f"{TEACHERS}:search", {"filter": f'identity_number = "{masked}"'})
        self.refused(answer, 400, "FILTER_VALUE", "filter")
        self.assertNotIn(masked, answer.body.decode())

    def test_sql_is_text(self):
        with self.unchanged():
            for text in ("x' OR '1'='1", "x\\' OR 1=1 -- ", "'; DROP TABLE school; -- "):
                quoted = text.replace("\\", "\\\\")
                self.assertEqual(self.clerk.must("GET", listed(SCHOOLS, filter=f'display_name = "{quoted}"')), {})
            for name in ("2131900001' OR '1'='1", "2131900001\" OR 1=1 -- ", "2131900001;DROP TABLE school"):
                path = f"{SCHOOLS}/{urllib.parse.quote(name, safe='')}"
                self.refused(self.clerk.ask("GET", path), 404, "ROUTE_UNKNOWN")
                self.refused(self.clerk.ask("PATCH", path, {"address": "x"}), 404, "ROUTE_UNKNOWN")
            answer = self.clerk.ask("POST", listed(SCHOOLS, school_id="2131900009' OR 1=1"), school())
            self.refused(answer, 400, "ID_INVALID", "name")
        text = "'; DROP TABLE school; -- "
        made = self.clerk.must("POST", f"{SCHOOLS}?school_id=2131900201", school(display_name=text))
        found = self.clerk.must("GET", listed(SCHOOLS, filter=f'display_name = "{text}"'))["schools"]
        self.assertEqual(found, [made])

    def test_another_district(self):
        there = f"/v1/districts/{OTHER}/schools"
        with self.unchanged():
            for method, path, body in (("GET", there, None), ("GET", f"{there}/2132900001", None), ("GET", f"{there}/2132900099", None)):
                self.refused(self.clerk.ask(method, path, body), 400, "PURPOSE_REQUIRED")
                answer = self.clerk.ask(method, path, body, {"Edudelta-Purpose": "STATISTICS"})
                self.refused(answer, 403, "NO_AGREEMENT")
            for method, path, body in (("POST", f"{there}?school_id=2132900009", school()),
                                       ("PATCH", f"{there}/2132900001", {"address": "x"})):
                self.refused(self.clerk.ask(method, path, body), 403, "METHOD_NOT_SHARED")
            moved = {"name": f"districts/{OTHER}/schools/2132900001", "address": "x"}
            self.refused(self.clerk.ask("PATCH", SCHOOL, moved), 400, "NAME_MISMATCH", "name")
            far = self.clients["far/clerk"]
            self.refused(far.ask("GET", SCHOOL), 400, "PURPOSE_REQUIRED")
            self.refused(far.ask("GET", SCHOOL, None, {"Edudelta-Purpose": "STATISTICS"}), 403, "NO_AGREEMENT")
            self.refused(far.ask("PATCH", SCHOOL, {"address": "x"}), 403, "METHOD_NOT_SHARED")


class Tokens(Case):
    def refuses(self, token, reason):
        with self.unchanged():
            answer = Client(self.suite, token).ask("PATCH", SCHOOL, {"address": "不可能的地址"})
            self.refused(answer, 401, reason)
            self.assertTrue(answer.headers["WWW-Authenticate"], "RFC 6750 asks for it")

    def test_what_is_no_token(self):
        self.refused(Client(self.suite).ask("GET", SCHOOL), 401, "TOKEN_REQUIRED")
        self.refuses("junk", "TOKEN_MALFORMED")
        self.refuses("a.b.c", "TOKEN_MALFORMED")

    def test_forged_tokens(self):
        header, claims = decoded(self.clerk.token)
        key, now = self.suite.path("token-key.pem"), int(time.time())
        good = claims | {"iat": now - 60, "exp": now + 60, "jti": str(uuid.uuid4())}
        self.assertEqual(Client(self.suite, tokens.es256(key, header, good)).ask("GET", SCHOOL).status, 200, "the forge works")
        self.refuses(tokens.es256(key, header, good | {"iat": now - 700, "exp": now - 100}), "TOKEN_EXPIRED")
        self.refuses(tokens.es256(key, header, good | {"iat": now + 600, "exp": now + 1200}), "TOKEN_NOT_YET_VALID")
        self.refuses(tokens.es256(key, header, good | {"iss": "elsewhere"}), "TOKEN_ISSUER")
        self.refuses(tokens.es256(key, header, good | {"aud": "another"}), "TOKEN_AUDIENCE")
        other = tokens.new_key(self.suite.path("other.pem"))
        self.refuses(tokens.es256(other, header, good), "TOKEN_SIGNATURE")
        self.refuses(tokens.es256(other, header | {"kid": "another"}, good), "TOKEN_KEY_UNKNOWN")
        self.refuses(f"{tokens.part(header | {'alg': 'none'})}.{tokens.part(good)}.", "TOKEN_ALGORITHM")
        self.refuses(tokens.hs256(tokens.public_pem(key), header | {"alg": "HS256"}, good), "TOKEN_ALGORITHM")
        whole = tokens.es256(key, header, good)
        stolen = tokens.part(good | {"sub": "organizations/operator/users/admin"})
        self.refuses(".".join([whole.split(".")[0], stolen, whole.split(".")[2]]), "TOKEN_SIGNATURE")
        for nobody in ("county/users/nobody", "nowhere/users/clerk"):
            self.refuses(tokens.es256(key, header, good | {"sub": f"organizations/{nobody}"}), "ACCOUNT_DISABLED")

    def test_too_many_logins(self):
        answers = [login(self.suite, "county/nobody", "wrong", ("127.0.0.2", 0)) for _ in range(30)]
        self.assertEqual(answers[0].status, 400)
        limited = [answer for answer in answers if answer.status == 429]
        self.assertTrue(limited)
        self.assertGreater(int(limited[-1].headers["Retry-After"]), 0)
        self.assertRegex(limited[-1].json["error_description"], "[\u4e00-\u9fff]")
        self.assertEqual(login(self.suite, "county/clerk", "wrong").status, 400, "others are not held up")


class Http(Case):
    def test_addresses(self):
        with self.unchanged():
            self.refused(self.clerk.ask("GET", "/v1/nowhere"), 404, "ROUTE_UNKNOWN")
            self.refused(self.clerk.ask("GET", f"{SCHOOLS}/2131900099"), 404, "RESOURCE_NOT_FOUND")
            for method, path, allow in (("PUT", SCHOOL, {"GET", "HEAD", "PATCH"}), ("DELETE", SCHOOL, {"GET", "HEAD", "PATCH"}),
                                        ("DELETE", "/oauth2/token", {"POST"}), ("POST", "/readyz", {"GET", "HEAD"})):
                answer = self.clerk.ask(method, path)
                self.refused(answer, 405, "METHOD_NOT_ALLOWED")
                self.assertEqual(set(answer.headers["Allow"].split(", ")), allow | {"OPTIONS"})
                options = self.clerk.ask("OPTIONS", path)
                self.assertEqual((options.status, options.headers["Allow"]), (204, answer.headers["Allow"]))
            self.refused(self.clerk.ask("GET", listed(SCHOOLS, colour="red")), 400, "UNKNOWN_PARAMETER")
            self.refused(self.clerk.ask("GET", f"{SCHOOLS}?page_size=1&page_size=2"), 400, "DUPLICATE_PARAMETER")

    def test_heads(self):
        self.refused(self.clerk.ask("GET", SCHOOL, None, {"X-Large": "a" * 20000}), 431, "HEADER_TOO_LARGE")
        self.refused(self.clerk.ask("GET", SCHOOL, None, {"Edudelta-Timeout-Ms": "soon"}), 400, "TIMEOUT_INVALID")
        self.refused(self.clerk.ask("GET", f"/v1/districts/{DISTRICT}/schools/{'9' * 17000}"), 414, "TARGET_TOO_LONG")

"""Values that are wrong: one at a time over JSON, and as rows of a file."""

import re
import json

from bad_input_suite import DISTRICT, OTHER, SCHOOL, SCHOOLS, TEACHERS, Case, identity, school, teacher

SCHOOL_HEADER = "school,display_name,kind,holder,urban_rural,social_credit_code\n"
TEACHER_HEADER = "teacher,full_name,identity_number,gender,phone,school,staff_kind,post_state,education,stage\n"
GOOD_CREDIT_CODE = "12310114G00010010X"


def row(number, name="测试小学", kind="211", credit=""):
    return f"{number},{name},{kind},831,111,{credit}\n"


class Values(Case):
    """A refused value: 400, its field, a reason, Chinese, and not one byte of a register changed."""

    def refuses_school(self, reason, field, number="2131900009", **values):
        answer = self.clerk.ask("POST", f"{SCHOOLS}?school_id={number}", school(**values))
        self.refused(answer, 400, reason, field)

    def refuses_teacher(self, reason, field, status=400, **values):
        answer = self.clerk.ask("POST", f"{TEACHERS}?teacher_id=t9", teacher(9, **values))
        self.refused(answer, status, reason, field)

    def test_check_digits(self):
        wrong = identity(9)[:17] + ("1" if identity(9)[17] != "1" else "2")
        with self.unchanged():
            self.refuses_teacher("RESIDENT_ID_CHECK_DIGIT", "identity_number", identity_number=wrong)
            self.refuses_teacher("RESIDENT_ID_FORMAT", "identity_number", identity_number="99011419900101")
            self.refuses_school("SOCIAL_CREDIT_CODE_CHECK_DIGIT", "social_credit_code", social_credit_code=GOOD_CREDIT_CODE[:17] + "Y")
            self.refuses_school("SOCIAL_CREDIT_CODE_FORMAT", "social_credit_code", social_credit_code="1231")
            self.refuses_school("SCHOOL_CODE_CATEGORY", "name", number="9931900009")
            self.refuses_school("SCHOOL_CODE_PROVINCE", "name", number="2100900009")
            self.refuses_school("SCHOOL_CODE_FORMAT", "name", number="213190000")
            self.refuses_teacher("PHONE_NUMBER_FORMAT", "phone", phone="123")

    def test_unknown_codes(self):
        with self.unchanged():
            self.refuses_school("CODE_UNKNOWN", "kind", kind="999")
            self.refuses_school("CODE_UNKNOWN", "urban_rural", urban_rural="113")
            self.refuses_school("TOWN_CODE_FORMAT", "town_code", town_code="31")
            self.refuses_teacher("CODE_UNKNOWN", "education", education="99")

    def test_dates_that_do_not_exist(self):
        with self.unchanged():
            for date in ("2025-02-29", "2025-13-01", "2025-04-31"):
                self.refuses_teacher("DATE_INVALID", "school_start_date", school_start_date=date)
            self.refuses_teacher("RESIDENT_ID_DATE", "identity_number", identity_number=identity(9, "19900230"))

    def test_masked_values_do_not_come_back(self):
        with self.unchanged():
            self.refuses_teacher("VALUE_MASKED", "identity_number", identity_number="990114***********6")
            self.refuses_teacher("VALUE_MASKED", "full_name", full_name="令**")

    def test_texts(self):
        with self.unchanged():
            for blank in ("   ", "\u3000\u3000", "\u200b", "\u00a0"):
                self.refuses_school("FIELD_REQUIRED", "display_name", display_name=blank)
            for bad in ("一\n二", "a\x1b", "a\x07", "a\u202e", "a\ufffd", "a\uffff", "\ufeffa"):
                self.refuses_school("FIELD_CHARACTERS", "display_name", display_name=bad)
                self.refuses_school("FIELD_CHARACTERS", "address", address=bad)

    def test_zero_is_not_nothing(self):
        path = f"{SCHOOLS}/2131900301"
        made = self.clerk.must("POST", f"{SCHOOLS}?school_id=2131900301", school(dense_centre=True, address="某路1号", built_year=1990))
        self.assertEqual((made["dense_centre"], made["address"], made["built_year"]), (True, "某路1号", 1990))
        for body in ({"dense_centre": False}, {"address": ""}, {"built_year": None}):
            before = self.clerk.must("GET", path)
            after = self.clerk.must("PATCH", path, body)
            field = next(iter(body))
            self.assertNotIn(field, after)
            self.assertEqual({k: v for k, v in before.items() if k not in {field, "etag", "update_time"}},
                             {k: v for k, v in after.items() if k not in {"etag", "update_time"}})
            self.assertEqual(self.clerk.must("PATCH", path, body)["etag"], after["etag"], "nothing more to change")
        with self.unchanged():
            self.refused(self.clerk.ask("PATCH", path, {"display_name": None}), 400, "FIELD_REQUIRED", "display_name")

    def test_references(self):
        with self.unchanged():
            self.refuses_teacher("REFERENCE_NOT_FOUND", "", school=f"districts/{DISTRICT}/schools/2131900077")
            self.refuses_teacher("REFERENCE_OTHER_DISTRICT", "school", school=f"districts/{OTHER}/schools/2132900001")

    def test_too_much(self):
        with self.unchanged():
            answer = self.clerk.ask("POST", f"{SCHOOLS}?school_id=2131900009", school(address="x" * (10 << 20)))
            self.refused(answer, 413, "BODY_TOO_LARGE")
            self.refuses_school("FIELD_TOO_LONG", "address", address="x" * (2 << 20))
            self.refuses_school("FIELD_CHARACTERS", "display_name", display_name="a\0b")
            self.refuses_school("FIELD_REQUIRED", "display_name", display_name="")


class Files(Case):
    """CSV as people send it."""

    def load(self, text, mode="partial", path=SCHOOLS, **query):
        answer = self.clerk.load(path, text, mode, **query)
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def errors(self, answer):
        for error in answer.get("errors", []):
            self.assertRegex(error["message"], "[\u4e00-\u9fff]")
        return [(int(error["row"]), error.get("column", ""), error["reason"]) for error in answer.get("errors", [])]

    def created(self, *numbers):
        listed = self.clerk.must("GET", f"{SCHOOLS}?page_size=1000").get("schools", [])
        have = {one["name"].rsplit("/", 1)[1] for one in listed}
        return [number for number in numbers if str(number) in have]

    def test_one_bad_row_partial(self):
        answer = self.load(SCHOOL_HEADER + row(2131900101) + row(2131900102, kind="999") + row(2131900103))
        self.assertEqual(self.errors(answer), [(3, "kind", "CODE_UNKNOWN")])
        self.assertEqual(answer["created_count"], "2")
        self.assertEqual(self.created(2131900101, 2131900102, 2131900103), [2131900101, 2131900103])

    def test_codes_as_people_and_spreadsheets_write_them(self):
        header = "编号,姓名,身份证件号,性别,手机号码,学校,教职工类别,当前状态,学历,任课学段\n"
        def line(number, gender, kind, state):
            return f"t{number},测试{number},{identity(number)},{gender},,{SCHOOL.rsplit('/', 1)[1]},{kind},{state},大学本科毕业,2.0\n"
        answer = self.load(header + line(802, "女", "11.0", "11") + line(804, "2 女", "专任教师", "在职") + line(806, "雌", "11", "11"), path=TEACHERS)
        self.assertEqual(self.errors(answer), [(4, "gender", "CODE_UNKNOWN")])
        self.assertIn("2 女", answer["errors"][0]["message"])
        for number in (802, 804):
            read = self.clerk.must("GET", f"{TEACHERS}/t{number}")
            self.assertEqual([read[field] for field in ("gender", "staff_kind", "post_state", "education", "stage")], ["2", "11", "11", "21", "2"])
        exported = self.clerk.ask("GET", f"{TEACHERS}:export?format=csv").body.decode()
        self.assertEqual(self.load(exported, path=TEACHERS).get("updated_count", "0"), "0")

    def test_one_bad_row_atomic(self):
        for bad in (row(2131900112, kind="999"), row("2131900112.0"), row("213 190")):
            with self.unchanged():
                answer = self.load(SCHOOL_HEADER + row(2131900111) + bad, "atomic")
                self.assertEqual([error[0] for error in self.errors(answer)], [3])
                self.assertNotIn("created_count", answer)
        with self.unchanged():
            self.assertEqual(self.load(SCHOOL_HEADER + row(2131900111), "validate_only")["created_count"], "1")

    def test_bytes_that_cannot_be_decoded_name_their_row(self):
        broken = (SCHOOL_HEADER + row(2131900121)).encode() + b"2131900122,\xff\xfe\x80,211,831,111,\n" + row(2131900123).encode()
        with self.unchanged():
            self.assertEqual(self.errors(self.load(broken, "atomic")), [(3, "display_name", "UNDECODABLE_BYTES")])
        self.assertEqual(self.errors(self.load(broken)), [(3, "display_name", "UNDECODABLE_BYTES")])
        self.assertEqual(self.created(2131900121, 2131900122, 2131900123), [2131900121, 2131900123])

    def test_encodings(self):
        text = SCHOOL_HEADER + row(2131900131, "测试𬱖山小学")
        self.assertEqual(self.load(text.encode("gb18030"))["created_count"], "1")
        self.assertEqual(self.load(text.encode("gb18030"), encoding="gb18030")["unchanged_count"], "1")
        self.assertEqual(self.load("\ufeff" + text)["unchanged_count"], "1")
        stored = self.clerk.must("GET", f"{SCHOOLS}/2131900131")
        self.assertEqual(stored["display_name"], "测试𬱖山小学")
        with self.unchanged():
            self.refused(self.clerk.load(SCHOOLS, text, encoding="klingon"), 400, "ENCODING_UNKNOWN")

    def test_spreadsheet_damage(self):
        mangled = "ID_MANGLED_BY_SPREADSHEET"
        with self.unchanged():
            answer = self.load(SCHOOL_HEADER + row("3.13E+09") + row("2131900141.0") + row(2131900142, credit="1.23E+17"))
            self.assertEqual(self.errors(answer), [(2, "name", mangled), (3, "name", mangled), (4, "social_credit_code", mangled)])
            text = TEACHER_HEADER + f"t8,令狐验证,9.90114E+17,1,,{SCHOOL[4:]},11,11,21,2\n"
            answer = self.load(text, path=TEACHERS)
            self.assertEqual(self.errors(answer), [(2, "identity_number", mangled)])

    def test_stray_quotes(self):
        text = SCHOOL_HEADER.replace(",social_credit_code", "") + ('2131900311,"甲小学,211,831,111\n2131900312,乙小学,211,831,111\n'
                                                                   '2131900313,丙小学",211,831,111\n2131900314,丁小学,211,831,111\n')
        answer = self.load(text)
        self.assertEqual(self.errors(answer), [(2, "display_name", "FIELD_CHARACTERS")])
        self.assertIn("引号", answer["errors"][0]["message"])
        self.assertEqual(self.created(*range(2131900311, 2131900315)), [2131900314])

    def test_lines_say_what_they_mean(self):
        path = f"{SCHOOLS}/2131900321"
        stored = self.clerk.must("POST", f"{SCHOOLS}?school_id=2131900321", school(dense_centre=True, address="某路1号", built_year=1990))
        line = {"name": stored["name"], "display_name": "甲"}
        kind = "application/x-ndjson"

        def send(row, **query):
            return self.load(json.dumps(row) + "\n", kind=kind, **query)
        self.assertEqual(send(line)["updated_count"], "1")
        now = self.clerk.must("GET", path)
        self.assertEqual((now["display_name"], now["dense_centre"], now["address"], now["built_year"]), ("甲", True, "某路1号", 1990))
        self.assertEqual(send(line)["unchanged_count"], "1")
        self.assertEqual(send({"name": stored["name"], "dense_centre": False, "address": None})["updated_count"], "1")
        now = self.clerk.must("GET", path)
        self.assertFalse({"dense_centre", "address"} & set(now))
        self.assertEqual(now["built_year"], 1990)
        self.assertEqual(send({**line, "built_year": 1991, "display_name": "乙"}, update_mask="built_year")["updated_count"], "1")
        now = self.clerk.must("GET", path)
        self.assertEqual((now["display_name"], now["built_year"]), ("甲", 1991))
        with self.unchanged():
            self.refused(self.clerk.load(SCHOOLS, json.dumps(line), kind=kind, update_mask="colour"), 400, "MASK_PATH_UNKNOWN", "update_mask")
            self.refused(self.clerk.load(SCHOOLS, SCHOOL_HEADER + row(2131900321), update_mask="address"), 400, "CSV_HEADER_MISSING", "address")

    def test_an_old_file_undoes_nothing(self):
        path = f"{SCHOOLS}/2131900331"
        old = self.clerk.must("POST", f"{SCHOOLS}?school_id=2131900331", school(address="某路1号"))["etag"]
        new = self.clerk.must("PATCH", path, {"address": "某路2号"})["etag"]

        def csv(etag):
            quoted = etag.replace('"', '""')
            return f'编号,建校年份,etag\n2131900331,1990,"{quoted}"\n'
        for text, kind in ((csv(old), "text/csv"), (csv('"zzz-1"'), "text/csv"),
                           (json.dumps({"name": f"{SCHOOLS[4:]}/2131900331", "built_year": 1990, "etag": old}), "application/x-ndjson")):
            with self.unchanged():
                self.assertEqual([error[2] for error in self.errors(self.load(text, kind=kind))], ["ETAG_MISMATCH"])
        self.assertEqual(self.load(csv(new))["updated_count"], "1")
        self.assertEqual(self.load(csv(""))["unchanged_count"], "1")

    def test_ids_that_look_like_dates(self):
        grades = f"{SCHOOL}/gradeEnrollments"
        header = "编号,学年,学段,年级,班数,在校生数\n"
        for i, cell in enumerate(("2024/2/1", "2024-02-02", "2024年2月3日", "2024-2-4")):
            answer = self.load(f"{header}{cell},2024,2,{i + 1},2,60\n", path=grades)
            self.assertEqual(answer.get("created_count"), "1", answer)
            self.assertEqual(self.clerk.must("GET", f"{grades}/2024-2-{i + 1}")["grade"], i + 1)
        with self.unchanged():
            answer = self.load(f"{header}2024/2/5,2024,2,6,2,60\n1.31E+11,2024,2,6,2,60\n", path=grades)
            self.assertEqual(self.errors(answer), [(2, "name", "ID_MANGLED_BY_SPREADSHEET"), (3, "name", "ID_MANGLED_BY_SPREADSHEET")])
            exported = self.clerk.ask("GET", f"{grades}:export").body
            self.assertIn(b"\n'2024-2-1,", exported)
            answer = self.load(exported, path=grades)
            self.assertEqual((answer.get("errors"), answer["unchanged_count"]), (None, answer["row_count"]))

    def test_an_export_is_no_formula_and_comes_back(self):
        formulas = ['"=HYPERLINK(""http://x"",""y"")"', "@SUM(1)", "+1", "-1+2", "＝1+1", "＠x"]
        text = SCHOOL_HEADER + "".join(row(2131900151 + i, formula) for i, formula in enumerate(formulas))
        self.assertEqual(self.load(text)["created_count"], str(len(formulas)))
        exported = self.clerk.ask("GET", f"{SCHOOLS}:export").body
        for line in exported.decode("utf-8-sig").splitlines():
            for cell in line.split(","):
                self.assertNotRegex(cell.strip('"'), "^[=+@＝＋－＠-]")
        with self.unchanged():
            answer = self.load(exported)
            self.assertEqual((answer.get("errors"), answer["unchanged_count"]), (None, answer["row_count"]))

    def test_a_masked_export_imported_back(self):
        number = identity(151)
        answer = self.load(TEACHER_HEADER + f"t151,司徒验收,{number},1,14160000151,{SCHOOL[4:]},11,11,21,2\n", path=TEACHERS)
        self.assertNotIn("errors", answer)
        self.assertEqual(self.clients["county/personnel"].must("POST", f"{TEACHERS}:search", {
            "filter": f'identity_number = "{number}"'})["teachers"][0]["name"], f"{TEACHERS[4:]}/t151")
        exported = self.clerk.ask("GET", f"{TEACHERS}:export").body
        self.assertNotIn(number.encode(), exported)
        with self.unchanged():
            answer = self.load(exported, path=TEACHERS)
            self.assertEqual((answer.get("errors"), answer["unchanged_count"]), (None, answer["row_count"]))
            other = re.sub(rb'"""[0-9a-f]+"""', b"", exported.replace(b"t151", b"t152"))
            self.assertEqual({error[2] for error in self.errors(self.load(other, path=TEACHERS))}, {"VALUE_MASKED"})
        clear = self.clients["county/personnel"].must("GET", f"{TEACHERS}/t151")
        self.assertEqual((clear["identity_number"], clear["full_name"]), (number, "司徒验收"))

    def test_answers_of_writes_are_masked_for_everybody(self):
        for first, name in ((161, "county/clerk"), (171, "county/personnel")):
            client, wanted, more = self.clients[name], teacher(first), teacher(first + 2)
            path = f"{TEACHERS}/t{first}"
            answers = [client.must("POST", f"{TEACHERS}?teacher_id=t{first}", wanted), client.must("PATCH", path, {"education": "22"}),
                       client.must("PATCH", path, {"phone": wanted["phone"]}),
                       client.must("POST", f"{path}:close", {"leave_date": "2026-10-01", "post_state": "01"}),
                       *client.must("POST", f"{TEACHERS}:batchCreate", {
                           "requests": [{"parent": f"districts/{DISTRICT}", "teacher_id": f"t{first + 2}", "teacher": more}]})["teachers"]]
            for answer, given in zip(answers, [wanted] * 4 + [more], strict=True):
                for field in ("full_name", "identity_number", "phone"):
                    self.assertRegex(answer[field], r"\*", name)
                    self.assertNotIn(given[field], str(answer))
        clear = self.clients["county/personnel"].must("GET", f"{TEACHERS}/t171")
        self.assertEqual([clear[field] for field in ("full_name", "identity_number", "phone")],
                         [wanted[field] for field in ("full_name", "identity_number", "phone")])

    def test_files_that_are_none(self):
        with self.unchanged():
            for text, reason in (("", "IMPORT_EMPTY"), ("school,colour\n1,red\n", "CSV_HEADER_UNKNOWN"),
                                 ("school,kind,kind\n", "CSV_HEADER_DUPLICATE"), ("display_name\nx\n", "CSV_HEADER_MISSING"),
                                 (SCHOOL_HEADER + '2131900161,"abc,211,831,111,\n', "CSV_SYNTAX"),
                                 (SCHOOL_HEADER + row(2131900161, "x" * (10 << 20)), "ROW_TOO_LONG"),
                                 ((SCHOOL_HEADER + row(2131900161)).encode("utf-16"), "FILE_IS_UTF16"), (b"PK\x03\x04\x14\0", "FILE_IS_WORKBOOK"),
                                 ((SCHOOL_HEADER + row(2131900161)).replace(",", ";"), "CSV_SEPARATOR_NOT_COMMA")):
                self.refused(self.clerk.load(SCHOOLS, text), 400, reason)
            self.refused(self.clerk.load(SCHOOLS, "x", kind="application/pdf"), 415, "CONTENT_TYPE_UNKNOWN")

    def test_what_a_file_says_and_nobody_does_is_told(self):
        self.load("school,display_name,kind,holder,urban_rural\n2131900331,甲小学,211,831,111\n")
        answer = self.load("某区学校一览表,,,\n*编号,状态,建校年份,\n2131900331,已撤销,1992,旁注\n", kind="application/vnd.ms-excel")
        self.assertEqual((answer["updated_count"], answer["warning_count"]), ("1", "2"))
        self.assertEqual(sorted((one["row"], one.get("column", ""), one["reason"]) for one in answer["warnings"]),
                         [("3", "", "COLUMN_WITHOUT_HEADER"), ("3", "state", "FIELD_NOT_IMPORTED")])
        self.assertEqual(self.clerk.must("GET", f"{SCHOOLS}/2131900331")["state"], "STATE_OPEN")
        with self.unchanged():
            answer = self.load(self.clerk.ask("GET", f"{SCHOOLS}:export").body)
            self.assertNotIn("warning_count", answer)

    def test_a_file_without_headers_is_not_repeated(self):
        with self.unchanged():
            answer = self.clerk.load(TEACHERS, f"令狐验证,{identity(8)},1\n司徒验证,{identity(7)},1\n")
            self.refused(answer, 400, "CSV_HEADER_MISSING")
            self.assertNotIn("令狐", answer.body.decode())
            self.assertNotIn(identity(8), answer.body.decode())

    def test_rows_of_another_district(self):
        text = SCHOOL_HEADER.replace("school", "name", 1) + row(f"districts/{OTHER}/schools/2132900011")
        with self.unchanged():
            self.assertEqual(self.errors(self.load(text)), [(2, "name", "NAME_INVALID")])
        answer = self.load(SCHOOL_HEADER + row(2131900171) + row(2131900171, "另一个"))
        self.assertEqual(self.errors(answer), [(3, "name", "ROW_REPEATED")])

    def test_rows_as_a_spreadsheet_counts_them(self):
        text = (SCHOOL_HEADER + row(2131900181, '"测试\n小学"', "998") + row(2131900182, kind="999") + "\n" + row("213 190") +
                row(2131900184) + "2131900183,测试小学")
        answer = self.load(text)
        self.assertEqual(self.errors(answer), [(2, "display_name", "FIELD_CHARACTERS"), (3, "kind", "CODE_UNKNOWN"), (5, "name", "ID_INVALID"), (7, "", "ROW_TOO_FEW_CELLS")])
        self.assertEqual(self.created(2131900181, 2131900182, 2131900183, 2131900184), [2131900184])

    def test_a_repeat_is_refused_however_far_behind(self):
        first, last = row(2131980000, "先到小学"), row(2131980000, "后到小学")
        text = SCHOOL_HEADER + first + "".join(row(2131980001 + i) for i in range(1100)) + last
        answer = self.load(text)
        self.assertEqual(self.errors(answer), [(1103, "name", "ROW_REPEATED")])
        self.assertIn("与第2行重复", answer["errors"][0]["message"])
        self.assertEqual(self.clerk.must("GET", f"{SCHOOLS}/2131980000")["display_name"], "先到小学")

"""Rows that cannot be: of schools that are closed, with numbers that do not go together, of people who stand there already; and how
what was registered by mistake is taken back."""

import datetime
import time

from bad_input_suite import DISTRICT, SCHOOLS, TEACHERS, Case, school, teacher

STAFF = f"/v1/districts/{DISTRICT}:summarizeStaff"
TODAY = datetime.date.today()


class Registers(Case):
    @property
    def second(self):
        return self.clients["county/second"]

    def made_school(self, number):
        path = f"{SCHOOLS}/2131900{number}"
        self.clerk.must("POST", f"{SCHOOLS}?school_id=2131900{number}", school(built_year=1990))
        return path

    def until(self, what, hold):
        """Feeds bring what others wrote within a moment."""
        for _ in range(600):
            answer = what()
            if hold(answer):
                return answer
            time.sleep(0.05)
        raise AssertionError(f"it stays as it was: {answer}")

    def until_closed(self, name):
        """For every service that follows the schools."""
        def states():
            return [self.suite.sql(f"SELECT state FROM ref_school WHERE name = '{name}'", f"edudelta_{service}")
                    for service in ("teachers", "facilities", "safety")]
        self.until(states, lambda found: all(rows and rows[0][0] == "2" for rows in found))

    def schools_with_staff(self):
        return {row["school"] for row in self.clerk.must("GET", STAFF).get("schools", [])}

    def test_nothing_new_is_of_a_closed_school(self):
        path = self.made_school(401)
        name = path[4:]
        self.clerk.must("POST", f"{TEACHERS}?teacher_id=t701", teacher(701, school=name))
        self.clerk.must("POST", f"{path}/buildings?building_id=b", {"display_name": "一号楼", "use": "11", "condition": "10"})
        room = {"display_name": "教室", "use": "111", "area": "60"}
        self.clerk.must("POST", f"{path}/buildings/b/rooms?room_id=r", room)
        officer = self.clients["county/officer"]
        point = {"display_name": "校门", "area": "AREA_GATE", "monthly_patrols": 1}
        officer.must("POST", f"{path}/inspectionPoints?inspection_point_id=p", point)
        self.assertIn(name, self.schools_with_staff())
        self.clerk.must("POST", f"{path}:close", {"close_date": TODAY.isoformat()})
        self.until_closed(name)
        self.assertNotIn(name, self.schools_with_staff())
        last = (TODAY - datetime.timedelta(days=1)).isoformat()
        before = {row["school"] for row in self.clerk.must("GET", f"{STAFF}?as_of={last}").get("schools", [])}
        self.assertIn(name, before, "the day before it was a school")
        patrol = {"point": f"{name}/inspectionPoints/p", "result": "RESULT_NORMAL",
                  "patrol_time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")}
        hazard = {"display_name": "破损", "description": "门缺失", "found_date": TODAY.isoformat()}
        for client, where, body in ((self.clerk, f"{TEACHERS}?teacher_id=t702", teacher(702, school=name)),
                                    (self.clerk, f"{path}/gradeEnrollments?grade_enrollment_id=2025-2-1", {"school_year": 2025, "stage": "2", "grade": 1, "class_count": 1, "pupil_count": 30}),
                                    (self.clerk, f"{path}/staffingQuotas?staffing_quota_id=2025", {"school_year": 2025}),
                                    (self.clerk, f"{path}/buildings?building_id=c", {"display_name": "二号楼", "use": "11", "condition": "10"}),
                                    (self.clerk, f"{path}/buildings/b/rooms?room_id=s", room),
                                    (self.clerk, f"{path}/sportsGrounds", {"display_name": "操场", "kind": "KIND_OUTDOOR", "area": "100"}),
                                    (self.clerk, f"{path}/equipmentHoldings", {"display_name": "仪器", "original_value": "100"}),
                                    (officer, f"{path}/inspectionPoints?inspection_point_id=q", point),
                                    (officer, f"{path}/patrols", patrol), (officer, f"{path}/hazards", hazard)):
            self.refused(client.ask("POST", where, body), 400, "PARENT_CLOSED")
        self.clerk.must("PATCH", f"{TEACHERS}/t701", {"established": True})
        self.clerk.must("PATCH", f"{path}/buildings/b/rooms/r", {"area": "61"})

    def test_nothing_new_is_of_a_retired_point(self):
        path = self.made_school(405)
        officer = self.clients["county/officer"]
        officer.must("POST", f"{path}/inspectionPoints?inspection_point_id=p", {"display_name": "校门", "area": "AREA_GATE", "monthly_patrols": 1})
        officer.must("PATCH", f"{path}/inspectionPoints/p", {"retired": True})
        hazard = {"display_name": "破损", "description": "门缺失", "found_date": TODAY.isoformat(), "point": f"{path[4:]}/inspectionPoints/p"}
        self.refused(officer.ask("POST", f"{path}/hazards", hazard), 400, "REFERENCE_CLOSED")

    def test_numbers_that_do_not_go_together(self):
        path = self.made_school(411)
        year = TODAY.year - (TODAY.month < 9)
        grade = {"school_year": year, "stage": "2", "grade": 1, "class_count": 2, "pupil_count": 60}
        with self.unchanged():
            for reason, field, change in (("PUPILS_EXCEED_CLASSES", "pupil_count", {"pupil_count": 401}),
                                          ("CLASSES_EXCEED_PUPILS", "class_count", {"pupil_count": 1}),
                                          ("CLASS_BANDS_IMPLAUSIBLE", "pupil_count", {"classes_66_or_more": 2}),
                                          ("SCHOOL_YEAR_IN_FUTURE", "school_year", {"school_year": 2099})):
                row = grade | change
                key = f"{row['school_year']}-2-1"
                self.refused(self.clerk.ask("POST", f"{path}/gradeEnrollments?grade_enrollment_id={key}", row), 400, reason, field)
            self.refused(self.clerk.ask("POST", f"{SCHOOLS}?school_id=2131900412", school(built_year=TODAY.year + 1)), 400, "BUILT_IN_FUTURE", "built_year")
            self.refused(self.clerk.ask("POST", f"{TEACHERS}?teacher_id=t711", teacher(711, school_start_date="1980-09-01")), 400,
                         "SCHOOL_START_TOO_YOUNG", "school_start_date")
        self.clerk.must("POST", f"{path}/gradeEnrollments?grade_enrollment_id={year}-2-1", grade | {"class_count": 30, "pupil_count": 60})
        unstated = {"school_year": year, "stage": "2", "grade": 2, "pupil_count": 300}
        made = self.clerk.must("POST", f"{path}/gradeEnrollments?grade_enrollment_id={year}-2-2", unstated)
        self.clerk.must("PATCH", f"/v1/{made['name']}", {"pupil_count": 301})

    def test_identity_documents_of_other_kinds(self):
        made = self.clerk.must("POST", f"{TEACHERS}?teacher_id=t721", teacher(721, identity_kind="A", identity_number="ｅ1234 5678 "))
        self.assertEqual((made["identity_kind"], made["identity_number"]), ("A", "E******78"))
        with self.unchanged():
            self.refused(self.clerk.ask("POST", f"{TEACHERS}?teacher_id=t722", teacher(722, identity_kind="A", identity_number="E12345678")), 409,
                         "TEACHER_EXISTS", None)
            self.refused(self.clerk.ask("POST", f"{TEACHERS}?teacher_id=t722", teacher(722, identity_kind="6")), 400,
                         "IDENTITY_NUMBER_FORMAT", "identity_number")
            self.refused(self.clerk.ask("POST", f"{TEACHERS}?teacher_id=t722", teacher(722, identity_kind="7", identity_number="H12345678")), 400,
                         "IDENTITY_NUMBER_FORMAT", "identity_number")
            for kind in "23BZ":
                self.refused(self.clerk.ask("POST", f"{TEACHERS}?teacher_id=t722", teacher(722, identity_kind=kind)), 400,
                             "IDENTITY_KIND_MISMATCH", "identity_kind")
        self.clerk.must("POST", f"{TEACHERS}?teacher_id=t722", teacher(722, identity_kind="Z", identity_number="E12345678"))
        self.clerk.must("POST", f"{TEACHERS}?teacher_id=t724", teacher(724, identity_kind="2", identity_number="南字第001234号"))
        self.clerk.must("POST", f"{TEACHERS}?teacher_id=t725", teacher(725, identity_kind="6", identity_number="A123456(7)"))
        self.assertEqual(self.clerk.must("POST", f"{TEACHERS}?teacher_id=t723", teacher(723))["identity_kind"], "1")
        found = self.clients["county/personnel"].must("POST", f"{TEACHERS}:search", {"filter": 'identity_number = "e12345678"'})
        self.assertEqual({row["name"].rsplit("/", 1)[1] for row in found["teachers"]}, {"t721", "t722"})

    def test_a_teacher_registered_by_mistake(self):
        path = self.made_school(431)
        for number in (731, 732):
            self.clerk.must("POST", f"{TEACHERS}?teacher_id=t{number}", teacher(number, school=path[4:]))
        self.assertIn(path[4:], self.schools_with_staff())
        self.refused(self.clerk.ask("POST", f"{TEACHERS}/t731:void", {"note": "录入测试"}), 400, "SAME_ACTOR")
        self.refused(self.second.ask("POST", f"{TEACHERS}/t731:void", {"note": ""}), 400, "FIELD_REQUIRED", "note")
        self.assertEqual(self.second.must("POST", f"{TEACHERS}/t731:void", {"note": "录入测试"})["state"], "STATE_VOID")
        self.refused(self.second.ask("POST", f"{TEACHERS}/t732:merge", {"note": "重复", "merged_into": f"{TEACHERS[4:]}/t732"}), 400,
                     "MERGED_INTO_ITSELF", "merged_into")
        self.refused(self.second.ask("POST", f"{TEACHERS}/t732:merge", {"note": "重复", "merged_into": f"{TEACHERS[4:]}/t731"}), 400, "REFERENCE_CLOSED")
        self.clerk.must("POST", f"{TEACHERS}?teacher_id=t733", teacher(731, school=path[4:]))
        merged = self.second.must("POST", f"{TEACHERS}/t732:merge", {"note": "重复", "merged_into": f"{TEACHERS[4:]}/t733"})
        self.assertEqual((merged["state"], merged["merged_into"]), ("STATE_MERGED", f"{TEACHERS[4:]}/t733"))
        self.refused(self.second.ask("POST", f"{TEACHERS}/t733:void", {"note": "误录"}), 400, "TEACHER_HAS_MERGED")
        rows = [row for row in self.clerk.must("GET", STAFF)["schools"] if row["school"] == path[4:]]
        self.assertEqual([row["teacher_count"] for row in rows], [1])
        self.refused(self.clerk.ask("PATCH", f"{TEACHERS}/t731", {"established": True}), 400, "TEACHER_VOID")
        steps = self.clerk.must("GET", f"{TEACHERS}/t731:listTransitions")["transitions"]
        self.assertIn("录入测试", [step.get("note") for step in steps])
        self.refused(self.clerk.ask("POST", f"{TEACHERS}/t731:reopen", {"note": "有此人", "post_state": "11"}), 409, "TEACHER_EXISTS")
        self.clerk.must("POST", f"{TEACHERS}/t732:reopen", {"note": "不是同一人", "post_state": "11"})
        self.assertNotIn("merged_into", self.clerk.must("GET", f"{TEACHERS}/t732"))

    def test_a_hazard_that_is_none_or_has_the_wrong_hands(self):
        path = self.made_school(441)
        officer, other = self.clients["county/officer"], self.clients["county/officer2"]
        officer.must("POST", f"{path}/hazards?hazard_id=h", {"display_name": "破损", "description": "门缺失", "found_date": TODAY.isoformat()})
        hazard = f"{path}/hazards/h"
        officer.must("POST", f"{hazard}:grade", {"grade": "HAZARD_GRADE_GENERAL"})
        due = officer.must("POST", f"{hazard}:assign", {"rectifier": "总务处"})["due_date"]
        officer.must("POST", f"{hazard}:startRectification", {"measures": "更换"})
        self.refused(officer.ask("POST", f"{hazard}:reassign", {"rectifier": "总务处", "note": "换人"}), 400, "HAZARD_RECTIFIER_SAME", "rectifier")
        moved = officer.must("POST", f"{hazard}:reassign", {"rectifier": "教务处", "note": "换人"})
        self.assertEqual((moved["state"], moved["rectifier"], moved["due_date"], moved.get("measures")), ("STATE_ASSIGNED", "教务处", due, None))
        officer.must("POST", f"{hazard}:startRectification", {"measures": "更换"})
        self.refused(other.ask("POST", f"{hazard}:void", {"note": "误报"}), 400, "STATE_NOT_ALLOWED")
        withdrawn = officer.must("POST", f"{hazard}:withdrawAssignment", {"note": "误报"})
        self.assertEqual((withdrawn["state"], withdrawn.get("rectifier"), withdrawn["first_due_date"]), ("STATE_GRADED", None, due))
        self.refused(officer.ask("POST", f"{hazard}:void", {"note": "误报"}), 400, "SAME_ACTOR")
        self.assertEqual(other.must("POST", f"{hazard}:void", {"note": "误报"})["state"], "STATE_VOID")
        self.refused(officer.ask("PATCH", hazard, {"display_name": "改名"}), 400, "HAZARD_VOID")
        officer.must("POST", f"{hazard}:restore", {"note": "确有其事"})
        officer.must("POST", f"{hazard}:grade", {"grade": "HAZARD_GRADE_GENERAL"})


    def test_two_terms_of_a_grade(self):
        officer = self.clients["county/officer"]
        terms = f"/v1/districts/{DISTRICT}/hazardTerms"
        day = TODAY.isoformat()
        first = officer.must("POST", f"{terms}?hazard_term_id=a", {"grade": "HAZARD_GRADE_LARGER", "working_days": 20})
        self.assertEqual(first["effective_date"], day)
        again = {"grade": "HAZARD_GRADE_LARGER", "working_days": 99, "effective_date": day}
        self.refused(officer.ask("POST", f"{terms}?hazard_term_id=b", again), 409, "HAZARD_TERM_EXISTS")
        later = (TODAY + datetime.timedelta(days=30)).isoformat()
        officer.must("POST", f"{terms}?hazard_term_id=b", again | {"effective_date": later})

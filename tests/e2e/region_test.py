"""The demo region through the command line: plans, targets, the balance report against exact fractions, the safety month, hazards."""

import collections
import concurrent.futures
import csv
import json
import math
import os
import unittest
import uuid
from datetime import datetime, timedelta, timezone
from fractions import Fraction

import balance_oracle
from node import DEMO, HERE, Node, demo_json, eventually

JIADING, YUQUAN, YEAR = "310114", "150104", 2025
COUNTS = {"sections": 163, "tasks": 611, "targets": 68, "projects": 77, "reportDuties": 12}
CHANGES = 1000


def short(principal):
    _, organization, _, user = principal.split("/")
    return f"{organization}/{user}"


class RegionTest(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.node = node = Node.started()
        cls.addClassCleanup(node.close)
        cls.tables = node.load(JIADING, through="cli")
        cls.yuquan = node.load(YUQUAN, {"schools", "inspectionPoints", "patrols"}, through="cli")
        cls.plans = demo_json("accounts.json")["plans"]
        for plan in cls.plans:
            node.cli(short(plan["as"]), "plan", "load", os.path.join(DEMO, "work_plans", plan["file"]), "--district", plan["district"])
        for step in demo_json("measurements.json")["steps"]:
            for request in step["requests"]:
                node.user(short(step["as"])).must(request["method"], request["path"], request["body"])

    # Work plans

    def plan_names(self):
        return {f"districts/{plan['district']}/workPlans/{plan['file'].removesuffix('.json')}": self.node.user(short(plan["as"]))
                for plan in self.plans}

    def test_the_five_plans_are_whole(self):
        counted = collections.Counter()
        for name, clerk in self.plan_names().items():
            for collection in COUNTS:
                listed = {"reportDuties": "report_duties"}.get(collection, f"plan_{collection}")
                counted[collection] += len(clerk.pages(f"/v1/{name}/{collection}", listed)[0])
        self.assertEqual(dict(counted), COUNTS)

    def test_a_plan_loaded_twice_is_the_same(self):
        plan = self.plans[0]
        tables = "CHECKSUM TABLE " + ", ".join(f"edudelta_planning.{name}" for name in (
            "work_plan", "plan_section", "plan_task", "plan_target", "plan_project", "report_duty"))
        before = self.node.sql(tables)
        self.node.cli(short(plan["as"]), "plan", "load", os.path.join(DEMO, "work_plans", plan["file"]), "--district", plan["district"])
        self.assertEqual(self.node.sql(tables), before)

    def test_parts_of_a_plan_name_what_stands_in_it(self):
        plan = self.plans[0]
        clerk = self.node.user(short(plan["as"]))
        name = f"districts/{plan['district']}/workPlans/{plan['file'].removesuffix('.json')}"
        task = clerk.pages(f"/v1/{name}/tasks", "plan_tasks")[0][0]
        self.assertEqual(clerk.must("GET", f"/v1/{task['section']}")["name"], task["section"])
        self.assertTrue(task["section"].startswith(f"{name}/sections/"), task)
        for section, reason in ((f"{name}/sections/none", "REFERENCE_NOT_FOUND"),
                                (f"districts/{plan['district']}/workPlans/other/sections/a", "REFERENCE_OTHER_PLAN")):
            reply = clerk.post(f"/v1/{name}/tasks?plan_task_id=refused", {"display_name": "任务", "section": section})
            self.assertEqual(reply.status, 400, repr(reply))
            self.assertIn(reason, repr(reply.json()))

    def test_the_68_targets_have_their_expected_states(self):
        with open(os.path.join(HERE, "targets.csv"), encoding="utf-8") as file:
            expected = {row["target"]: row["state"] for row in csv.DictReader(file)}
        self.assertEqual(len(expected), 68)
        today, first_day = {}, {}
        for name, clerk in self.plan_names().items():
            start = clerk.must("GET", f"/v1/{name}")["start_date"]
            for states, query in ((today, {}), (first_day, {"as_of": start})):
                reply = clerk.get(f"/v1/{name}:evaluateTargets", **query)
                self.assertEqual(reply.status, 200, repr(reply))
                for one in reply.json()["targets"]:
                    states[one["target"]["name"].rsplit("/", 1)[1]] = one["state"]
                    self.assertTrue(one["explanation"])
        self.assertEqual(today, expected)
        # On its first day nothing of a plan is measured, and nothing is overdue.
        self.assertEqual(first_day, {target: state if state == "STATE_NOT_MEASURABLE" else "STATE_PENDING"
                                     for target, state in expected.items()})
        printed = self.node.cli("evaluator/evaluator", "plan", "targets").stdout
        self.assertEqual({target for target in expected if target in printed}, set(expected))
        self.assertIn("68", printed)

    # Balance report

    def evaluate(self, clerk):
        """A report at a record time that all changes so far precede."""
        read_time = (datetime.now(timezone.utc) + timedelta(milliseconds=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

        def made():
            reply = clerk.post(f"/v1/districts/{JIADING}:evaluateBalance", {"school_year": YEAR, "read_time": read_time})
            return reply.json() if reply.status == 200 else self.assertEqual(reply.status, 400, repr(reply))

        report = eventually("the record time is far enough back", made)
        self.assertEqual(report["indicator_set"], "districts/000000/indicatorSets/national-2017")
        self.assertEqual(report["indicator_set_version"], 1)
        return report, clerk.pages(f"/v1/{report['name']}/findings", "school_findings")[0]

    def compare(self, report, findings):
        expected = balance_oracle.evaluate(self.tables, YEAR)
        self.assertEqual({(f["school"].rsplit("/", 1)[1], f["stage"]) for f in findings}, set(expected["findings"]))
        for found in findings:
            want = expected["findings"][found["school"].rsplit("/", 1)[1], found["stage"]]
            with self.subTest(school=found["school"], stage=found["stage"]):
                self.compare_school(found, want)
        for stage in report["stages"]:
            want = expected["stages"][stage["stage"]]
            self.assertEqual((stage["verdict"], stage["school_count"]), (want["verdict"], want["schools"]))
            for index, found in enumerate(stage["coefficients"]):
                its = want["coefficients"][index]
                self.assertEqual((found["indicator"], found["state"]), (balance_oracle.INDICATORS[index], its["state"]))
                self.assertTrue(math.isclose(found["value"], its["value"], rel_tol=1e-12), (found, float(its["value"])))
                self.assertTrue(math.isclose(found["mean"], float(its["mean"]), rel_tol=1e-12), (found, float(its["mean"])))
        self.assertEqual(report["verdict"], expected["verdict"])
        self.assertEqual({one.split("：")[0].rsplit("/", 1)[1] for one in report.get("excluded_schools", [])}, expected["excluded"])
        self.assertEqual(report["failed_count"], sum(f["verdict"] == "VERDICT_FAILED" for f in expected["findings"].values()))

    def compare_school(self, found, want):
        self.assertEqual((found.get("pupil_count"), found["verdict"]), (want["pupils"], want["verdict"]))
        for index, one in enumerate(found["indicators"]):
            self.assertEqual((one["indicator"], one["state"]), (balance_oracle.INDICATORS[index], want["states"][index]), one)
            value, standard = want["values"][index], Fraction(one["standard"])
            self.assertEqual(standard, Fraction(balance_oracle.STANDARDS[found["stage"]][index]))
            if value is None:
                self.assertNotIn("value", one)
                continue
            self.assertLessEqual(abs(Fraction(one["value"]) - value), Fraction(1, 20000))
            need = standard * want["pupils"] / (100 if index in balance_oracle.PER_HUNDRED else 1) - want["amounts"][index]
            if need > 0:
                self.assertTrue(0 <= Fraction(one["shortfall"]) - need < 1, (one, float(need)))
            else:
                self.assertNotIn("shortfall", one)

    def test_the_balance_report_is_exact_and_stays_recomputable(self):
        clerk = self.node.user("jiading/clerk")
        report, findings = self.evaluate(clerk)
        self.compare(report, findings)
        self.assertIn("VERDICT_PASSED", {found["verdict"] for found in findings})
        self.change(clerk)
        again = clerk.get(f"/v1/{report['name']}:recompute").json()
        self.assertTrue(again["equal"], again.get("differences", [])[:1])
        self.assertEqual(again["report"]["stages"], report["stages"])

        later, changed = self.evaluate(clerk)
        self.compare(later, changed)
        self.assertNotEqual(later["stages"], report["stages"])
        rules = {rule for found in changed for rule in found.get("applied_rules", [])}
        self.assertIn("teachers_by_ratio", rules)
        self.assertIn("through_train_split", rules)
        self.assertTrue(clerk.get(f"/v1/{report['name']}:recompute").json()["equal"])
        lost = self.lose(clerk)
        third, holes = self.evaluate(clerk)
        self.compare(third, holes)
        states = {(f["school"].rsplit("/", 1)[1], f["stage"]): [one["state"] for one in f["indicators"]] for f in holes}
        self.assertEqual(states[lost["primary"], "STAGE_PRIMARY"], ["STATE_PENDING"] * 7)
        self.assertEqual(states[lost["one grade"], "STAGE_PRIMARY"], ["STATE_PENDING"] * 7)
        self.assertEqual(states[lost["through"], "STAGE_JUNIOR"], ["STATE_PENDING"] * 7)
        self.assertEqual(states[lost["through"], "STAGE_PRIMARY"][3:], ["STATE_PENDING"] * 4)
        self.assertNotIn((lost["closed down"], "STAGE_JUNIOR"), states)
        self.assertNotIn("STATE_PENDING", states[lost["closed down"], "STAGE_PRIMARY"])
        self.assertTrue(clerk.get(f"/v1/{later['name']}:recompute").json()["equal"])
        later = third
        printed = json.loads(self.node.cli("jiading/clerk", "balance", JIADING, "--year", str(YEAR), "--json").stdout)
        self.assertIn(later["verdict"], json.dumps(printed))

    def change(self, clerk):
        """1,000 updates through the API, and the same in the rows that the oracle reads. Teachers of through-train schools lose
        their stage."""
        through = {row["school"] for row in self.tables["schools"] if row["kind"] in ("312", "341", "345")}
        requests = []
        for row in self.tables["teachers"]:
            if len(requests) < 300 and row["school"].rsplit("/", 1)[1] in through and row["staff_kind"] == "11":
                row["stage"] = ""
                requests.append((f"teachers/{row['teacher']}?update_mask=stage", {"stage": ""}))
        for row in self.tables["rooms"][::13]:
            if len(requests) < 800:
                row["area"] = f"{int(Fraction(row['area']) * 3 / 4)}.25"
                requests.append((f"schools/{row['school']}/buildings/{row['building']}/rooms/{row['room']}", {"area": row["area"]}))
        for row in self.tables["equipmentHoldings"]:
            row["original_value"] = str(int(float(row["original_value"]) * 1.3)) + ".10"
            requests.append((f"schools/{row['school']}/equipmentHoldings/{row['equipment_holding']}",
                             {"original_value": row["original_value"]}))
        for row in self.tables["gradeEnrollments"]:
            if len(requests) < CHANGES and int(row["left_behind_count"]) < int(row["pupil_count"]):
                count = int(row["left_behind_count"]) + 1
                requests.append((f"schools/{row['school']}/gradeEnrollments/{row['grade_enrollment']}", {"left_behind_count": count}))
        self.assertGreaterEqual(len(requests), CHANGES)

        def send(request):
            reply = clerk.ask("PATCH", f"/v1/districts/{JIADING}/{request[0]}", request[1])
            return None if reply.status == 200 else (request, repr(reply))

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            self.assertEqual([flaw for flaw in pool.map(send, requests) if flaw][:3], [])

    def lose(self, clerk):
        """One school's enrolment is not on record, nor one grade of another's, nor the junior part of a through-train school; another's
        junior part is reported as nought."""
        def of_kind(kind):
            return [row["school"] for row in self.tables["schools"] if row["kind"] == kind]

        primary, through = of_kind("211"), of_kind("312")
        lost = {"primary": primary[0], "one grade": primary[1], "through": through[0], "closed down": through[1]}
        counts = [name for name in self.tables["gradeEnrollments"][0] if name.endswith("_count") or name.startswith("classes_")]
        kept = []
        for row in self.tables["gradeEnrollments"]:
            path = f"/v1/districts/{JIADING}/schools/{row['school']}/gradeEnrollments/{row['grade_enrollment']}"
            junior = row["stage"] == "3" and row["school_year"] == str(YEAR)
            gap = row["school"] == lost["one grade"] and row["grade"] == "3" and row["school_year"] == str(YEAR)
            if gap or row["school"] == lost["primary"] or (junior and row["school"] == lost["through"]):
                clerk.must("DELETE", path)
                continue
            if junior and row["school"] == lost["closed down"]:
                clerk.must("PATCH", f"{path}?update_mask={','.join(counts)}", dict.fromkeys(counts, 0))
                row |= dict.fromkeys(counts, "0")
            kept.append(row)
        self.tables["gradeEnrollments"] = kept
        return lost

    # Patrols

    def test_the_safety_month(self):
        safety = self.node.user("yuquan/safety")
        safety.must("POST", f"/v1/districts/{YUQUAN}/patrolPlans?patrol_plan_id=2021", {
            "start_date": "2021-01-01", "required_points": 2000, "required_monthly_patrols": 5000})
        month = self.month(safety)
        done = collections.Counter(row["point"] for row in self.yuquan["patrols"] if self.in_october(row["patrol_time"]))
        points = {f"districts/{YUQUAN}/schools/{row['school']}/inspectionPoints/{row['inspection_point']}": int(row["monthly_patrols"])
                  for row in self.yuquan["inspectionPoints"] if row["retired"] != "true"}
        missed = {point: (need, done[point]) for point, need in points.items() if done[point] < need}
        self.assertEqual((month["point_count"], month["patrol_count"]), (2000, sum(done.values())))
        self.assertGreaterEqual(month["patrol_count"], 5000)
        self.assertEqual(month["visited_point_count"], sum(done[point] > 0 for point in points))
        self.assertEqual(month["satisfied_point_count"], len(points) - len(missed))
        self.assertTrue(math.isclose(month["coverage"], month["visited_point_count"] / 2000))
        self.assertEqual(month["abnormal_count"], sum(
            row["result"] == "RESULT_ABNORMAL" for row in self.yuquan["patrols"] if self.in_october(row["patrol_time"])))
        self.assertTrue(month["plan_met"])
        listed = {one["point"]: (one["required"], one.get("done", 0)) for one in month.get("missed_points", [])}
        self.assertEqual(listed, dict(sorted(missed.items())[:1000]))
        self.assertIn("2,000", self.node.cli("yuquan/safety", "patrols", YUQUAN, "--month", "2026-10").stdout)

    @staticmethod
    def in_october(time):
        day = datetime.fromisoformat(time.replace("Z", "+00:00")) + timedelta(hours=8)
        return (day.year, day.month) == (2026, 10)

    def month(self, user):
        reply = user.get(f"/v1/districts/{YUQUAN}:summarizePatrols", month="2026-10-01")
        self.assertEqual(reply.status, 200, repr(reply))
        return reply.json()

    def test_a_patrol_batch_sent_twice_counts_once(self):
        inspector, school = self.node.user("yuquan/inspector"), "2115905001"
        parent = f"districts/{YUQUAN}/schools/{school}"
        requests = [{"parent": parent, "patrol_id": str(uuid.uuid4()), "patrol": {
            "point": f"{parent}/inspectionPoints/p001", "patrol_time": f"2026-09-0{day}T01:00:00Z", "result": "RESULT_NORMAL",
            "device": "pda-x"}} for day in range(1, 6)]
        body = {"requests": requests, "request_id": str(uuid.uuid4())}
        count = lambda: int(self.node.sql("SELECT COUNT(*) FROM patrol", "edudelta_safety")[0][0])  # noqa: E731
        before = count()
        first = inspector.must("POST", f"/v1/{parent}/patrols:batchCreate", body)
        again = inspector.must("POST", f"/v1/{parent}/patrols:batchCreate", body)
        self.assertEqual([one["name"] for one in first["patrols"]], [one["name"] for one in again["patrols"]])
        self.assertEqual(count(), before + 5)
        # A device that lost its request id: the patrols' own ids tell.
        late = inspector.post(f"/v1/{parent}/patrols:batchCreate", body | {"request_id": str(uuid.uuid4())})
        self.assertEqual((late.status, late.json()["patrols"]), (200, first["patrols"]), repr(late))
        rows = "school,patrol,point,patrol_time,result,device\n" + "".join(
            f"{school},{one['patrol_id']},{one['patrol']['point']},{one['patrol']['patrol_time']},RESULT_NORMAL,pda-x\n"
            for one in requests)
        for _ in range(2):
            reply = inspector.ask("POST", f"/v1/districts/{YUQUAN}/schools/-/patrols:import?mode=partial", rows.encode(),
                                  {"Content-Type": "text/csv"})
            self.assertEqual((reply.status, reply.json().get("error_count", 0)), (200, 0), repr(reply))
        self.assertEqual(count(), before + 5)

    # Hazards

    def hazard(self, ident, grade, found="2026-10-08"):
        parent = f"/v1/districts/{YUQUAN}/schools/2115905001/hazards"
        self.node.user("yuquan/inspector").must("POST", f"{parent}?hazard_id={ident}", {
            "display_name": "隐患", "description": "测试", "found_date": found,
            "point": f"districts/{YUQUAN}/schools/2115905001/inspectionPoints/p003"})
        safety, name = self.node.user("yuquan/safety"), f"{parent}/{ident}"
        safety.must("POST", f"{name}:grade", {"grade": grade})
        return name, safety.must("POST", f"{name}:assign", {"rectifier": "学校总务处"})

    def terms(self):
        safety = self.node.user("yuquan/safety")
        for ident, grade, days in (("general", "HAZARD_GRADE_GENERAL", 10), ("major", "HAZARD_GRADE_MAJOR", 45)):
            reply = safety.post(f"/v1/districts/{YUQUAN}/hazardTerms", {"grade": grade, "working_days": days}, hazard_term_id=ident)
            self.assertIn(reply.status, (200, 409), repr(reply))

    def test_the_closed_loop_of_a_major_hazard(self):
        self.terms()
        safety, school = self.node.user("yuquan/safety"), self.node.user("yuquan/school-clerk")
        above = self.node.user("hohhot/supervisor")
        name, assigned = self.hazard("major-1", "HAZARD_GRADE_MAJOR")
        due = assigned["due_date"]
        self.assertEqual(assigned["first_due_date"], due)
        reply = school.post(f"{name}:startRectification", {"measures": "拆除"})
        self.assertEqual((reply.reason, reply.metadata.get("missing")), ("FIVE_MEASURES_REQUIRED", "funds,emergency_plan"))
        school.must("POST", f"{name}:startRectification", {"measures": "拆除", "funds": "86000.00", "emergency_plan": "停用"})
        self.assertEqual(safety.must("POST", f"{name}:listForSupervision", {})["listing"], "LISTING_LISTED")

        school.must("POST", f"{name}:requestRecheck", {})
        self.assertEqual(school.post(f"{name}:passRecheck").status, 403)
        self.assertEqual(safety.post(f"{name}:rejectRecheck").reason, "FIELD_REQUIRED")
        rejected = safety.must("POST", f"{name}:rejectRecheck", {"recheck_opinion": "不到位"})
        self.assertEqual((rejected["state"], rejected["due_date"], rejected["first_due_date"]), ("STATE_RECTIFYING", due, due))
        self.assertEqual(safety.post(f"{name}:extend", {"due_date": due}).reason, "DUE_DATE_NOT_LATER")
        extended = safety.must("POST", f"{name}:extend", {"due_date": "2027-06-30"})
        self.assertEqual((extended["due_date"], extended["first_due_date"]), ("2027-06-30", due))

        school.must("POST", f"{name}:requestRecheck", {})
        self.assertEqual(safety.post(f"{name}:passRecheck").reason, "HIGHER_LEVEL_RECHECK_REQUIRED")
        above.must("POST", f"{name}:passRecheck", {"recheck_opinion": "合格"})
        self.assertEqual(safety.post(f"{name}:close").reason, "HAZARD_LISTED")
        self.assertEqual(safety.post(f"{name}:liftSupervision").status, 403)
        self.assertEqual(above.must("POST", f"{name}:liftSupervision", {})["listing"], "LISTING_LIFTED")
        self.assertEqual(safety.must("POST", f"{name}:close", {})["state"], "STATE_CLOSED")
        self.assertEqual(safety.ask("PATCH", name, {"description": "x"}).reason, "HAZARD_CLOSED")
        self.assertEqual(safety.must("POST", f"{name}:archive", {})["state"], "STATE_ARCHIVED")

    def test_who_rectified_does_not_recheck_and_overdue_is_derived(self):
        self.terms()
        safety, clerk = self.node.user("yuquan/safety"), self.node.user("yuquan/school-clerk")
        name, _ = self.hazard("general-1", "HAZARD_GRADE_GENERAL")
        safety.must("POST", f"{name}:startRectification", {"measures": "更换"})
        self.assertFalse(safety.must("GET", name).get("overdue", False))
        self.assertEqual(self.node.sql("SHOW COLUMNS FROM hazard LIKE 'overdue'", "edudelta_safety"), [])
        # No term is short enough to run out during a test: the clock's day is moved in its place.
        self.node.sql("UPDATE hazard SET due_date = '2026-10-09' WHERE hazard_id = 'general-1'", "edudelta_safety")
        self.assertTrue(safety.must("GET", name)["overdue"])
        safety.must("POST", f"{name}:requestRecheck", {})
        refused = safety.post(f"{name}:passRecheck")
        self.assertEqual((refused.reason, safety.must("GET", name)["state"]), ("SAME_ACTOR", "STATE_RECHECK_REQUESTED"))
        self.assertEqual(clerk.post(f"{name}:passRecheck").status, 403)
        second = {"display_name": "复查员", "bindings": [{"role": "ROLE_SAFETY_OFFICER", "prefix": f"districts/{YUQUAN}"}]}
        self.node.admin().must("POST", "/v1/organizations/yuquan/users?user_id=safety2", second)
        other = self.node.user("yuquan/safety2")
        other.must("POST", f"{name}:passRecheck", {})
        closed = other.must("POST", f"{name}:close", {})
        self.assertEqual((closed["state"], closed.get("overdue", False)), ("STATE_CLOSED", False))


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")

"""教督〔2017〕6号 part one in exact fractions, from the registers' rows alone: the seven indicators, verdicts and coefficients.

Written from the published rules (thresholds, the 6-of-7 rule with the 85 % floor, pupil-weighted coefficient, 1 : 1.1 : 1.32 split).
"""

import math
from fractions import Fraction

PRIMARY, JUNIOR, SENIOR = "STAGE_PRIMARY", "STAGE_JUNIOR", "senior"
STAGES = (PRIMARY, JUNIOR)
# 任课学段 (of a grade's pupils, or of a teacher) -> section, and the weight of a section's pupil in a through-train school.
SECTIONS = {"2": PRIMARY, "3": JUNIOR, "5": JUNIOR, "4": SENIOR, "6": SENIOR}
WEIGHTS = {PRIMARY: Fraction(1), JUNIOR: Fraction(11, 10), SENIOR: Fraction(132, 100)}
# Years that a stage has in the shorter of its two forms: 五四 and 六三; a stage with fewer grades on record is not on record.
YEARS = {PRIMARY: 5, JUNIOR: 3, SENIOR: 3}
# Per 100 pupils: 1, 2, 3 and 7; per pupil: 4, 5 and 6.
STANDARDS = {PRIMARY: ["4.2", "1", "0.9", "4.5", "7.5", "2000", "2.3"],
             JUNIOR: ["5.3", "1", "0.9", "5.8", "10.2", "2500", "2.4"]}
LIMITS = {PRIMARY: Fraction(50, 100), JUNIOR: Fraction(45, 100)}
PER_HUNDRED = {0, 1, 2, 6}
FLOOR = Fraction(85, 100)
# 办学类型 -> its sections. The district has no other kinds.
KINDS = {"211": [PRIMARY], "218": [PRIMARY], "311": [JUNIOR], "312": [PRIMARY, JUNIOR], "341": [JUNIOR, SENIOR],
         "345": [PRIMARY, JUNIOR, SENIOR]}
ABOVE = {PRIMARY: {"11", "14", "17", "21", "28", "31"}, JUNIOR: {"11", "14", "17", "21", "28"}}
SPORTS_ART = {"22", "23", "24", "25"}
COUNTY_AND_ABOVE = {"1", "2", "3", "4"}
INDICATORS = ["INDICATOR_TEACHERS_ABOVE_REQUIRED", "INDICATOR_BACKBONE_TEACHERS", "INDICATOR_SPORTS_ART_TEACHERS",
              "INDICATOR_TEACHING_AREA", "INDICATOR_SPORTS_AREA", "INDICATOR_EQUIPMENT_VALUE", "INDICATOR_MULTIMEDIA_ROOMS"]


class School:
    """What is on record of one school. What is not is None, and so is all that follows from it: it is never nought."""

    def __init__(self, row):
        self.row = row
        self.sections = KINDS[row["kind"]]
        # Pupils by grade by 任课学段, only of those with a row.
        self.grades, self.teachers, self.rooms, self.grounds, self.equipment = {}, [], [], [], []

    def enrol(self, stage, grade, count):
        self.grades.setdefault(stage, {})[grade] = count

    def reported(self, section):
        """None where no grade is on record, or where one is missing among those of a stage."""
        stages = [pupils for stage, pupils in self.grades.items() if SECTIONS[stage] == section]
        if not stages:
            return None
        for pupils in stages:
            needed = set(range(1, max(YEARS[section], *pupils) + 1))
            if needed - set(pupils):
                return None
        return sum(sum(pupils.values()) for pupils in stages)

    def total(self):
        counts = [self.reported(section) for section in self.sections]
        return None if None in counts else sum(counts)

    def share(self, section):
        """The part of the whole school's figures that falls to one section."""
        counts = {one: self.reported(one) for one in self.sections}
        if [one for one, count in counts.items() if count != 0] == [section]:
            return Fraction(1)
        if None in counts.values():
            return None
        return WEIGHTS[section] * counts[section] / sum(WEIGHTS[one] * count for one, count in counts.items())

    def amounts(self, stage):
        """Seven amounts of one stage; None where something that they need is not on record."""
        if self.reported(stage) is None:
            return [None] * 7
        share = self.share(stage)
        return self._staff(stage, share) + self._plant(share)

    def _staff(self, stage, share):
        total = self.total()
        small = self.row["urban_rural"].startswith("2") and total is not None and 50 <= total < 100
        tests = [lambda one: one["education"] in ABOVE[stage], lambda one: one["backbone_level"] in COUNTY_AND_ABOVE,
                 lambda one: one["subject"] in SPORTS_ART]
        own, divided = [], []
        for one in self.teachers:
            if one["staff_kind"] == "11" and one["post_state"] in ("11", "12"):
                if one["stage"] == "":
                    divided.append(one)
                elif SECTIONS[one["stage"]] == stage:
                    own.append(one)
        if all(one["shared"] == "true" for one in own + divided):
            return [None] * 3
        if divided and share is None:
            return [None] * 3

        def count(teachers, index):
            return sum(tests[index](one) and (one["shared"] != "true" or (index == 2 and small)) for one in teachers)

        return [Fraction(count(own, index)) + (share * count(divided, index) if divided else 0) for index in range(3)]

    def _plant(self, share):
        def area(rows):
            return sum((Fraction(row["area"]) for row in rows), Fraction(0))

        teaching = sports = equipment = multimedia = None
        if self.rooms:
            gyms = [room for room in self.rooms if room["use"] == "141"]
            taught_in = [room for room in self.rooms if room["use"].startswith("1") and room["use"] != "141"]
            teaching = area(taught_in) if taught_in else None
            if taught_in:
                multimedia = Fraction(sum(room["network_multimedia"] == "true" for room in taught_in))
            outdoor = [ground for ground in self.grounds if ground["kind"] in ("KIND_OUTDOOR", "室外场地")]
            if outdoor:
                counted = self.grounds if self.row["dense_centre"] == "true" else outdoor
                sports = area(counted) + area(gyms)
        if self.equipment:
            equipment = sum(Fraction(one["original_value"]) for one in self.equipment)
        return [None if amount is None or share is None else amount * share for amount in (teaching, sports, equipment, multimedia)]


def build(tables, year):
    """Schools by id from the CSV rows of one district."""
    schools = {row["school"]: School(row) for row in tables["schools"]}
    for row in tables["gradeEnrollments"]:
        if row["school_year"] == str(year):
            schools[row["school"]].enrol(row["stage"], int(row["grade"]), int(row["pupil_count"]))
    for row in tables["teachers"]:
        schools[row["school"].rsplit("/", 1)[-1]].teachers.append(row)
    for name, rows in (("rooms", "rooms"), ("sportsGrounds", "grounds"), ("equipmentHoldings", "equipment")):
        for row in tables[name]:
            getattr(schools[row["school"]], rows).append(row)
    return schools


def judge(values, stage):
    states, missing = [], 0
    for value, standard in zip(values, STANDARDS[stage], strict=True):
        if value is None:
            states.append("STATE_PENDING")
            missing += 1
        elif value >= Fraction(standard):
            states.append("STATE_MET")
        else:
            states.append("STATE_ABOVE_FLOOR" if value >= FLOOR * Fraction(standard) else "STATE_BELOW_FLOOR")
    below = states.count("STATE_BELOW_FLOOR")
    if below or states.count("STATE_ABOVE_FLOOR") > 1:
        return states, "VERDICT_FAILED"
    return states, "VERDICT_PENDING" if missing else "VERDICT_PASSED"


def coefficient(pairs):
    """Of (pupils, amount): pooled mean per pupil and the pupil-weighted coefficient of variation."""
    total = sum(pupils for pupils, _ in pairs)
    mean = sum(amount for _, amount in pairs) / total
    variance = sum(Fraction(pupils, total) * (amount / pupils - mean) ** 2 for pupils, amount in pairs)
    return mean, math.sqrt(variance) / mean


def evaluate(tables, year):
    """{"findings": {(school id, stage): ...}, "stages": {stage: ...}, "verdict": ..., "excluded": {school id}}"""
    findings, amounts, excluded = {}, {PRIMARY: [], JUNIOR: []}, set()
    for code, school in build(tables, year).items():
        for stage in school.sections:
            if stage == SENIOR:
                continue
            pupils = school.reported(stage)
            if pupils is not None and (pupils == 0 or (school.row["kind"] == "218" and pupils < 50)):
                excluded.add(code)
                continue
            raw = school.amounts(stage)
            values = [None if amount is None else amount / pupils * (100 if index in PER_HUNDRED else 1)
                      for index, amount in enumerate(raw)]
            states, verdict = judge(values, stage)
            findings[code, stage] = {"pupils": pupils, "values": values, "states": states, "verdict": verdict, "amounts": raw}
            amounts[stage].append((pupils, raw))
    stages = {stage: _stage(stage, amounts[stage], findings) for stage in STAGES}
    return {"findings": findings, "stages": stages, "excluded": excluded, "verdict": _worst(one["verdict"] for one in stages.values())}


def _worst(verdicts):
    verdicts = set(verdicts)
    return next(one for one in ("VERDICT_FAILED", "VERDICT_PENDING", "VERDICT_PASSED") if one in verdicts)


def _stage(stage, schools, findings):
    coefficients, verdicts = [], [found["verdict"] for (_, its), found in findings.items() if its == stage]
    for index in range(7):
        known = [(pupils, raw[index]) for pupils, raw in schools if raw[index] is not None]
        mean, value = coefficient(known)
        over = value > LIMITS[stage]
        state = "STATE_PENDING" if len(known) < len(schools) else "STATE_OVER" if over else "STATE_WITHIN"
        coefficients.append({"state": state, "value": value, "mean": mean * (100 if index in PER_HUNDRED else 1)})
        verdicts.append({"STATE_OVER": "VERDICT_FAILED", "STATE_PENDING": "VERDICT_PENDING"}.get(state, "VERDICT_PASSED"))
    return {"coefficients": coefficients, "verdict": _worst(verdicts), "schools": len(schools)}

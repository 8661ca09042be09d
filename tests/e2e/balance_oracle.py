"""教督〔2017〕6号 part one in exact fractions, from the registers' rows alone: the seven indicators, verdicts and coefficients.

Written from the published rules (thresholds, the 6-of-7 rule with the 85 % floor, pupil-weighted coefficient, 1 : 1.1 : 1.32 split).
"""

import math
from fractions import Fraction

PRIMARY, JUNIOR = "STAGE_PRIMARY", "STAGE_JUNIOR"
# 学段 of pupils and teachers, and the weight of a pupil in a through-train school.
STAGES = {PRIMARY: "2", JUNIOR: "3"}
WEIGHTS = {"2": Fraction(1), "3": Fraction(11, 10), "4": Fraction(132, 100)}
# Per 100 pupils: 1, 2, 3 and 7; per pupil: 4, 5 and 6.
STANDARDS = {PRIMARY: ["4.2", "1", "0.9", "4.5", "7.5", "2000", "2.3"],
             JUNIOR: ["5.3", "1", "0.9", "5.8", "10.2", "2500", "2.4"]}
LIMITS = {PRIMARY: Fraction(50, 100), JUNIOR: Fraction(45, 100)}
PER_HUNDRED = {0, 1, 2, 6}
FLOOR = Fraction(85, 100)
# 办学类型 -> stages that are evaluated.
KINDS = {"211": [PRIMARY], "218": [PRIMARY], "311": [JUNIOR], "312": [PRIMARY, JUNIOR], "341": [JUNIOR], "345": [PRIMARY, JUNIOR]}
ABOVE = {PRIMARY: {"11", "14", "17", "21", "28", "31"}, JUNIOR: {"11", "14", "17", "21", "28"}}
SPORTS_ART = {"22", "23", "24", "25"}
COUNTY_AND_ABOVE = {"1", "2", "3", "4"}
INDICATORS = ["INDICATOR_TEACHERS_ABOVE_REQUIRED", "INDICATOR_BACKBONE_TEACHERS", "INDICATOR_SPORTS_ART_TEACHERS",
              "INDICATOR_TEACHING_AREA", "INDICATOR_SPORTS_AREA", "INDICATOR_EQUIPMENT_VALUE", "INDICATOR_MULTIMEDIA_ROOMS"]


class School:
    def __init__(self, row):
        self.row = row
        self.pupils, self.teachers, self.rooms, self.grounds, self.equipment = {}, [], [], [], []

    def share(self, code):
        """The part of the whole school's figures that falls to one 学段."""
        total = sum(WEIGHTS[stage] * count for stage, count in self.pupils.items())
        return WEIGHTS[code] * self.pupils[code] / total

    def amounts(self, stage):
        """Seven amounts of one stage; None where nothing is on record."""
        code = STAGES[stage]
        share = self.share(code)
        return self._staff(stage, code, share) + self._plant(share)

    def _staff(self, stage, code, share):
        if not self.teachers:
            return [None, None, None]
        pupils = self.pupils[code]
        small = self.row["urban_rural"].startswith("2") and 50 <= pupils < 100
        tests = [lambda one: one["education"] in ABOVE[stage], lambda one: one["backbone_level"] in COUNTY_AND_ABOVE,
                 lambda one: one["subject"] in SPORTS_ART]
        sums = [Fraction(0)] * 3
        for one in self.teachers:
            part = {code: Fraction(1), "": share}.get(one["stage"])
            if part is None or one["staff_kind"] != "11" or one["post_state"] not in ("11", "12"):
                continue
            for index, test in enumerate(tests):
                borrowed = one["shared"] == "true"
                if test(one) and (not borrowed or (index == 2 and small)):
                    sums[index] += part
        return sums

    def _plant(self, share):
        def area(rows):
            return sum((Fraction(row["area"]) for row in rows), Fraction(0))

        teaching = sports = equipment = multimedia = None
        if self.rooms:
            gyms = [room for room in self.rooms if room["use"] == "141"]
            teaching = area(room for room in self.rooms if room["use"].startswith("1")) - area(gyms)
            multimedia = Fraction(sum(room["network_multimedia"] == "true" for room in self.rooms))
            outdoor = [ground for ground in self.grounds if ground["kind"] in ("KIND_OUTDOOR", "室外场地")]
            if outdoor:
                counted = self.grounds if self.row["dense_centre"] == "true" else outdoor
                sports = area(counted) + area(gyms)
        if self.equipment:
            equipment = sum(Fraction(one["original_value"]) for one in self.equipment)
        return [None if amount is None else amount * share for amount in (teaching, sports, equipment, multimedia)]


def build(tables, year):
    """Schools by id from the CSV rows of one district."""
    schools = {row["school"]: School(row) for row in tables["schools"]}
    for row in tables["gradeEnrollments"]:
        if row["school_year"] == str(year):
            pupils = schools[row["school"]].pupils
            pupils[row["stage"]] = pupils.get(row["stage"], 0) + int(row["pupil_count"])
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
        for stage in KINDS.get(school.row["kind"], []):
            pupils = school.pupils.get(STAGES[stage], 0)
            if pupils == 0 or (school.row["kind"] == "218" and pupils < 50):
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

"""Schools and their classes."""

from .codes import Dice, apportion, school_code, social_credit_code
from .specs import SCHOOL_YEAR

KIND_NAMES = {"211": "小学", "218": "教学点", "311": "初级中学", "312": "九年一贯制学校", "341": "完全中学",
              "345": "十二年一贯制学校"}
CATEGORY = {"211": "21", "218": "21", "311": "31", "312": "31", "341": "34", "345": "34"}
STAGES = {"211": "2", "218": "2", "311": "3", "312": "23", "341": "34", "345": "234"}
SCHOOL_HEADER = ("school", "display_name", "social_credit_code", "kind", "holder", "urban_rural", "town_code", "address",
                 "longitude", "latitude", "built_year", "dense_centre", "generated")
GRADE_HEADER = ("school", "grade_enrollment", "school_year", "stage", "grade", "class_count", "pupil_count",
                "boarder_count", "migrant_count", "left_behind_count", "special_needs_count", "classes_up_to_25",
                "classes_26_to_35", "classes_36_to_45", "classes_46_to_55", "classes_56_to_65", "classes_66_or_more")


class School:
    """One school and what the other registers need to know of it."""

    __slots__ = ("id", "name", "kind", "index", "private", "urban", "town", "town_name", "built", "dense", "lows",
                 "weight", "pupils", "classes", "boarders", "row")


def _urban(town, dice, point):
    if point:
        return "220"
    number = int(town[6:])
    if number < 100 or 400 <= number < 600:
        return dice.weighted((("111", 0.75), ("112", 1.0)))
    if number < 200:
        return dice.weighted((("121", 0.55), ("122", 0.75), ("112", 0.8), ("220", 1.0)))
    return dice.weighted((("210", 0.7), ("220", 1.0)))


def _generic_lows(dice):
    """What is wrong with a school of a district without a plan of its own: mostly nothing."""
    x = dice.u()
    if x < 0.84:
        return {}
    if x < 0.92:
        return {1 + dice.below(7): dice.between(0.88, 0.98)}
    if x < 0.955:
        first = 1 + dice.below(7)
        return {first: dice.between(0.88, 0.98), 1 + (first + dice.below(6)) % 7: dice.between(0.88, 0.98)}
    if x < 0.98:
        return {1 + dice.below(7): dice.between(0.60, 0.82)}
    if x < 0.992:
        return {"missing": 6}
    return {"missing": 5} if x < 0.996 else {}


def make_schools(spec, towns):
    dice = Dice(f"{spec.code}/schools/1")
    schools = []
    counts = (("211", spec.primary), ("218", spec.points), ("311", spec.junior), ("312", spec.nine_year),
              ("341", spec.complete), ("345", spec.twelve_year))
    for kind, count in counts:
        for index in range(1, count + 1):
            s = School()
            s.kind, s.index = kind, index
            number = len(schools) + 1
            s.id = school_code(CATEGORY[kind], spec.code[:2], spec.ordinal, number)
            s.name = f"{spec.short}生成第{index:03d}{KIND_NAMES[kind]}"
            s.town, s.town_name = towns[(number - 1 + dice.below(2)) % len(towns)]
            s.urban = _urban(s.town, dice, kind == "218")
            s.private = kind != "218" and dice.u() < (0.25 if kind in ("312", "345") else 0.06)
            s.built = 1952 + dice.below(70)
            if spec.lows:
                s.lows = dict(spec.lows.get((kind, index), {}))
            else:
                s.lows = {} if kind == "218" else _generic_lows(dice)
            s.dense = s.lows.pop("dense", False)
            if s.dense:
                s.urban = "111"
            s.weight = (0.55 + 0.5 * (dice.u() + dice.u()) + (0.8 if dice.u() < 0.1 else 0)) * (
                0.6 if s.urban in ("210", "220") else 1.0 if s.urban[:2] == "12" else 1.2)
            s.row = _row(spec, s, number, dice)
            schools.append(s)
    _place_pupils(spec, schools)
    return schools


def _row(spec, s, number, dice):
    prefix = "52" if s.private else "12"
    code = social_credit_code(prefix, spec.code, spec.ordinal * 1000 + number)
    address = f"{spec.full}{s.town_name}生成路{1 + dice.below(900)}号（生成地址）"
    return (s.id, s.name, code, s.kind, "999" if s.private else "831", s.urban, s.town, address,
            "%.6f" % (spec.longitude + dice.between(-0.09, 0.09)), "%.6f" % (spec.latitude + dice.between(-0.07, 0.07)),
            str(s.built), "true" if s.dense else "false", "true")


def _place_pupils(spec, schools):
    """Exact totals per stage. Teaching points have fixed small numbers, taken off the primary total."""
    for s in schools:
        s.pupils = {}
    left = spec.primary_pupils
    for s in schools:
        if s.kind == "218":
            s.pupils["2"] = (62, 38, 84, 27, 55)[(s.index - 1) % 5]
            left -= s.pupils["2"]
    for stage, total, part in (("2", left, 0.6), ("3", spec.junior_pupils, 0.55), ("4", spec.high_pupils, 1.0)):
        having = [s for s in schools if stage in STAGES[s.kind] and s.kind != "218"]
        if not having:
            continue
        shares = apportion(total, [s.weight * (part if len(STAGES[s.kind]) > 1 else 1.0) for s in having])
        for s, pupils in zip(having, shares):
            s.pupils[stage] = pupils


def make_grades(spec, schools):
    """Rows of gradeEnrollments; fills in the schools' classes and boarders."""
    dice = Dice(f"{spec.code}/grades/1")
    last_primary = spec.primary_grades
    grades = {"2": range(1, last_primary + 1), "3": range(last_primary + 1, 10), "4": range(10, 13)}
    rows = []
    for s in schools:
        s.classes, s.boarders = {}, 0
        crowded = dice.u()
        for stage in STAGES[s.kind]:
            size = dice.between(36, 43) if stage == "2" else dice.between(39, 47)
            if crowded > 0.95:
                size += 10 if crowded < 0.993 else 18
            numbers = list(grades[stage])
            parts = apportion(s.pupils[stage], [1 + 0.1 * (dice.u() - 0.5) for _ in numbers])
            boarding = {"2": 0.0, "3": 0.25 if s.urban in ("210", "220", "122") else 0.03, "4": 0.5}[stage]
            s.classes[stage] = 0
            for grade, pupils in zip(numbers, parts):
                classes = max(1, -int(-pupils // size))
                s.classes[stage] += classes
                boarders = int(pupils * boarding)
                s.boarders += boarders
                number = grade - numbers[0] + 1  # within the stage
                rows.append((s.id, f"{SCHOOL_YEAR}-{stage}-{number}", str(SCHOOL_YEAR), stage, str(number), str(classes),
                             str(pupils), str(boarders), str(int(pupils * spec.migrant_share * dice.between(0.5, 1.3))),
                             str(int(pupils * spec.left_behind_share * dice.between(0.2, 1.8))),
                             str(int(pupils * 0.004 * dice.u() * 2)), *_bands(pupils, classes)))
    return rows


def _bands(pupils, classes):
    bands = [0] * 6
    small, larger = divmod(pupils, classes)
    for size, count in ((small + 1, larger), (small, classes - larger)):
        band = 0 if size <= 25 else 1 if size <= 35 else 2 if size <= 45 else 3 if size <= 55 else 4 if size <= 65 else 5
        bands[band] += count
    return [str(n) for n in bands]

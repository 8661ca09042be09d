"""Teachers, other staff, and the posts of each school."""

from .codes import Dice, IdentityNumbers, apportion, certificate_number
from .schools import STAGES
from .specs import SCHOOL_YEAR

TEACHER_HEADER = ("teacher", "full_name", "identity_number", "gender", "phone", "school", "school_start_date", "staff_kind",
                  "post_state", "established", "education", "degree", "title", "backbone_level", "stage", "subject",
                  "certificate_number", "shared", "generated")
QUOTA_HEADER = ("school", "staffing_quota", "school_year", "post_count", "non_teaching_post_count", "borrowed_post_count")

_FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华文玉兰红建国志海燕晓云飞雪梅琳欣怡佳宇浩然子涵思远嘉诚雨桐俊峰晨曦若彤𬱖㛃"
_PRIMARY = ("13", "13", "13", "14", "14", "41", "15", "L1", "61", "60", "62")
_JUNIOR = ("13", "13", "14", "14", "41", "41", "16", "17", "18", "20", "21", "L1", "61", "62")
_ARTS = ("22", "22", "22", "24", "25", "24", "25", "22", "23")
_POSTS = {"2": 19, "3": 13.5, "4": 12.5}
_NON_TEACHING = {"2": 0.09, "3": 0.15, "4": 0.16}
_STANDARD_1 = {"2": 4.2, "3": 5.3, "4": 0}


def _ceil(x):
    return -int(-x // 1)


def _counts(spec, schools, dice):
    """(school, stage) -> number of full-time teachers in post. Units that shall fail indicator 1 get theirs first."""
    counts = {}
    for stage, total in (("2", spec.primary_teachers), ("3", spec.junior_teachers), ("4", round(spec.high_pupils / 12.3))):
        units = [s for s in schools if stage in STAGES[s.kind]]
        rest = []
        for s in units:
            if s.kind == "218":
                counts[s.id, stage] = 5 + s.pupils[stage] // 20
            elif 1 in s.lows and stage == STAGES[s.kind][0] and stage != "4":
                counts[s.id, stage] = int(s.lows[1] * _STANDARD_1[stage] * s.pupils[stage] / 100) + 1
            else:
                rest.append(s)
        left = total - sum(counts[s.id, stage] for s in units if (s.id, stage) in counts)
        if rest:
            shares = apportion(left, [(s.pupils[stage] + 40) * dice.between(0.95, 1.08) for s in rest])
            counts.update({(s.id, stage): n for s, n in zip(rest, shares)})
    return counts


class _Register:
    def __init__(self, spec, dice):
        self.spec, self.dice = spec, dice
        self.rows = []
        self.identity = IdentityNumbers(spec.code)

    def add(self, school, stage, education, backbone, subject, kind="11", state="11", shared=False):
        d = self.dice
        number = len(self.rows) + 1
        male = d.u() < {"2": 0.26, "3": 0.38}.get(stage, 0.45)
        born = 1967 + int((d.u() + d.u()) / 2 * 36)
        birth = "%04d%02d%02d" % (born, 1 + d.below(12), 1 + d.below(28))
        age = SCHOOL_YEAR - born
        earliest = born + 23
        start = earliest + d.below(max(1, SCHOOL_YEAR + 1 - earliest))
        name = d.pick(_FAMILY) + d.pick(_GIVEN) + (d.pick(_GIVEN) if d.u() < 0.8 else "")
        title = certificate = ""
        if kind == "11":
            title = "T4" if age < 32 else ("T3" if d.u() < 0.8 else "T4") if age < 42 else ("T2" if d.u() < 0.4 else "T3")
            if age > 47 and d.u() < 0.01:
                title = "T1"
            if age < 25 and d.u() < 0.3:
                title = "T0"
            if d.u() < 0.997:
                year = max(1996, born + 22 + d.below(2))
                certificate = certificate_number(min(year, SCHOOL_YEAR), 1 + d.below(80), {"2": 2, "3": 3}.get(stage, 4),
                                                 male, number)
        degree = {"11": "204", "14": "342", "21": "404" if subject in ("13", "14") else "4"}.get(education, "")
        self.rows.append((
            "t%07d" % number, name, self.identity.make(birth, male), "1" if male else "2", "141%08d" % d.below(100000000),
            f"districts/{self.spec.code}/schools/{school.id}", "%d-%s" % (start, "08-20" if d.u() < 0.8 else "02-15"), kind,
            state, "false" if school.private or d.u() < 0.03 else "true", education, degree, title, backbone, stage, subject,
            certificate, "true" if shared else "false", "true"))


def make_staff(spec, schools):
    dice = Dice(f"{spec.code}/staff/1")
    counts = _counts(spec, schools, dice)
    register = _Register(spec, dice)
    quotas = []
    for s in schools:
        for stage in STAGES[s.kind]:
            _unit(register, s, stage, counts[s.id, stage], dice)
        if s.kind == "218" and 50 <= s.pupils["2"] < 100:
            for subject in ("22", "24"):
                register.add(s, "2", "21", "0", subject, shared=True)
        posts = sum(_ceil(s.pupils[x] / _POSTS[x]) for x in s.pupils)
        others = sum(int(s.pupils[x] / _POSTS[x] * _NON_TEACHING[x]) for x in s.pupils)
        quotas.append((s.id, str(SCHOOL_YEAR), str(SCHOOL_YEAR), str(posts), str(others),
                       str(dice.below(4) if dice.u() < 0.1 else 0)))
    _others(spec, schools, register, dice)
    return register.rows, quotas


def _unit(register, s, stage, count, dice):
    first = stage == STAGES[s.kind][0]
    pupils = s.pupils[stage]
    low = s.lows if first else {}

    def wanted(indicator, standard, spread):
        if indicator in low:
            share = low[indicator] * standard * pupils / 100
            return _ceil(share) if low[indicator] >= 0.85 else int(share)
        return min(count, _ceil(dice.between(1.03, spread) * standard * pupils / 100))

    backbones = wanted(2, 1.0, 1.45) if stage in "23" else count // 6
    artists = wanted(3, 0.9, 1.35) if stage in "23" else count // 9
    if 1 in low:
        above = int(low[1] * _STANDARD_1[stage] * pupils / 100)
    else:
        above = count - int(count * dice.between(0.0, 0.03))
    backbone_at = [True] * backbones + [False] * (count - backbones)
    dice.shuffle(backbone_at)
    artist_at = [True] * artists + [False] * (count - artists)
    dice.shuffle(artist_at)
    unknown = s.lows.get("unknown_stage", 0) if first else 0
    for i in range(count):
        if i >= above:
            education = dice.pick(("41", "61")) if stage == "2" else "31"
        elif stage == "2":
            education = dice.weighted((("14", 0.06), ("21", 0.86), ("31", 1.0)))
        else:
            education = dice.weighted((("11", 0.002), ("14", 0.13), ("21", 1.0)))
        level = dice.weighted((("4", 0.70), ("3", 0.92), ("2", 0.99), ("1", 1.0))) if backbone_at[i] else "0"
        subject = dice.pick(_ARTS) if artist_at[i] else dice.pick(_PRIMARY if stage == "2" else _JUNIOR)
        state = "12" if dice.u() < 0.004 else "11"
        register.add(s, "" if i < unknown else stage, education, level, subject, state=state)


def _others(spec, schools, register, dice):
    """Administration, support, and teachers who are away; none of them counts as a full-time teacher in post."""
    teaching = len(register.rows)
    others = spec.staff - teaching if spec.staff else round(teaching * 0.045)
    shares = apportion(others, [sum(s.pupils.values()) + 30 for s in schools])
    for s, count in zip(schools, shares):
        for _ in range(count):
            if dice.u() < 0.12:
                register.add(s, STAGES[s.kind][0], "21", "0", "13", state=dice.weighted((("14", 0.8), ("17", 0.9), ("15", 1.0))))
            else:
                register.add(s, "", dice.weighted((("21", 0.5), ("31", 0.8), ("61", 1.0))), "0", "",
                             kind=dice.weighted((("12", 0.4), ("13", 0.7), ("14", 1.0))))

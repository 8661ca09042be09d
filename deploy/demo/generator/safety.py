"""Inspection points and one month of patrols, uploaded late and out of order as devices do."""

from datetime import datetime, timedelta

from .codes import Dice, apportion

POINT_HEADER = ("school", "inspection_point", "display_name", "area", "location", "monthly_patrols", "retired")
PATROL_HEADER = ("school", "patrol", "point", "patrol_time", "result", "device", "note")
PATROL_MONTH = (2026, 10)

_AREAS = (("AREA_GATE", "校门"), ("AREA_SURROUNDINGS", "校园周边"), ("AREA_TEACHING", "教学用房"), ("AREA_CANTEEN", "食堂"),
          ("AREA_LABORATORY", "实验室"), ("AREA_POWER", "配电与设备"), ("AREA_SPORTS", "运动场所"), ("AREA_TEACHING", "走廊楼梯"),
          ("AREA_TEACHING", "疏散通道"), ("AREA_DORMITORY", "宿舍"), ("AREA_OTHER", "围墙"))
_FAULTS = ("灭火器压力不足", "应急灯不亮", "通道堆放杂物", "护栏松动", "插座外壳破损", "门禁失灵")


def make_safety(spec, schools):
    dice = Dice(f"{spec.code}/safety/1")
    points, patrols = [], []
    shares = apportion(spec.inspection_points, [1 + sum(s.classes.values()) / 20 for s in schools])
    due = []
    for s, count in zip(schools, shares):
        for i in range(1, count + 1):
            area, label = _AREAS[(i - 1) % len(_AREAS)]
            monthly = dice.weighted(((2, 0.5), (3, 0.9), (4, 1.0)))
            point = f"p{i:03d}"
            points.append((s.id, point, f"{label}{i:03d}号点", area, f"{s.name}{label}", str(monthly), "false"))
            due.append((s, point, monthly))
    first = datetime(*PATROL_MONTH, 1)
    for s, point, monthly in due:
        x = dice.u()
        done = 0 if x < 0.02 else monthly - 1 if x < 0.07 else monthly if x < 0.8 else monthly + 1
        for _ in range(done):
            # 07:00 to 17:59 in Asia/Shanghai, eight hours ahead of UTC.
            at = first + timedelta(days=dice.below(31), hours=7 + dice.below(11), minutes=dice.below(60),
                                   seconds=dice.below(60)) - timedelta(hours=8)
            abnormal = dice.u() < 0.03
            patrols.append((s.id, dice.uuid4(), f"districts/{spec.code}/schools/{s.id}/inspectionPoints/{point}",
                            at.strftime("%Y-%m-%dT%H:%M:%SZ"), "RESULT_ABNORMAL" if abnormal else "RESULT_NORMAL",
                            f"pda-{int(s.id[-3:]) % 40 + 1:02d}", dice.pick(_FAULTS) if abnormal else ""))
    dice.shuffle(patrols)
    return points, patrols

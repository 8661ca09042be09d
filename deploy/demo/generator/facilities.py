"""Buildings, rooms, sports grounds and equipment, made so that indicators 4 to 7 come out as wanted."""

from .codes import Dice, apportion, hundredths
from .schools import STAGES

BUILDING_HEADER = ("school", "building", "display_name", "use", "condition", "structure", "seismic_standard", "ownership",
                   "built_year", "floor_count", "floor_area")
ROOM_HEADER = ("school", "building", "room", "display_name", "use", "area", "floor", "seat_count", "network_multimedia",
               "classroom_kind")
GROUND_HEADER = ("school", "sports_ground", "display_name", "kind", "area")
EQUIPMENT_HEADER = ("school", "equipment_holding", "display_name", "original_value", "item_count")

_PRIMARY = {4: 4.5, 5: 7.5, 6: 2000, 7: 2.3}
_JUNIOR = {4: 5.8, 5: 10.2, 6: 2500, 7: 2.4}
# use, name, 教室类型, weight of its area
_SPECIAL = (("121", "实验室", "3", 100), ("123", "计算机房", "4", 100), ("113", "活动室", "6", 90), ("132", "图书室", "6", 130),
            ("113", "音乐室", "6", 100), ("113", "美术室", "6", 95), ("124", "语音室", "2", 90), ("199", "专用教室", "6", 90))
_BUILDINGS = (("b1", "教学楼", "11"), ("b2", "综合楼", "12"), ("b3", "办公楼", "31"), ("b4", "食堂", "22"), ("b5", "体育馆", "15"),
              ("b6", "学生宿舍", "21"))


def _need(s, indicator):
    """What the school needs in all to meet the indicator in every stage (split 1 : 1.1 : 1.32; 1 : 1.2 without a primary part)."""
    a, b, c = (s.pupils.get(stage, 0) for stage in "234")
    if s.kind in ("211", "218"):
        return a * _PRIMARY[indicator]
    if s.kind == "311":
        return b * _JUNIOR[indicator]
    if s.kind == "341":
        return (b + 1.2 * c) * _JUNIOR[indicator]
    return (a + 1.1 * b + 1.32 * c) * max(_PRIMARY[indicator], _JUNIOR[indicator] / 1.1)


def _special_count(s):
    primary, rest = s.classes.get("2", 0), s.classes.get("3", 0) + s.classes.get("4", 0)
    return max(3, int(primary * 1.1 + rest * 1.5))


def _plain_rooms(s):
    """Rooms that count for no indicator: offices, toilets, canteen, health, dormitory."""
    classes = sum(s.classes.values())
    return {"offices": 2 + int(classes * 0.35), "toilets": 2 + classes // 5, "canteen": 2, "duty": 1,
            "beds": -(-s.boarders // 8)}


class Facilities:
    def __init__(self, spec, schools):
        self.buildings, self.rooms, self.grounds, self.equipment = [], [], [], []
        self._dice = Dice(f"{spec.code}/facilities/1")
        extra = [0] * len(schools)
        if spec.rooms:
            planned = [self._planned(s) for s in schools]
            extra = apportion(spec.rooms - sum(planned), [sum(s.classes.values()) for s in schools])
        for s, more in zip(schools, extra):
            self._school(s, more)

    def _has_gym(self, s):
        return sum(s.pupils.values()) >= 800 and s.index % 5 < 3 and s.lows.get("missing") != 5

    def _multimedia(self, s, factor):
        return -int(-factor * _need(s, 7) / 100 // 1)

    def _planned(self, s):
        """Rooms without the extra ones. The number of special rooms may not depend on dice where a total is asked for."""
        plain = _plain_rooms(s)
        return sum(s.classes.values()) + _special_count(s) + sum(plain.values()) + (1 if self._has_gym(s) else 0)

    def _school(self, s, more):
        d = self._dice
        factor = {i: s.lows.get(i) or d.between(1.04, 1.42) for i in (4, 5, 6, 7)}
        classes = sum(s.classes.values())
        special = _special_count(s) + more
        multimedia = min(int(s.lows[7] * _need(s, 7) / 100) if 7 in s.lows else self._multimedia(s, factor[7]),
                         classes + special)
        teaching = int(factor[4] * _need(s, 4) * 100) + (1 if 4 not in s.lows else 0)
        floors = 3 + d.below(3)
        areas = dict.fromkeys((b[0] for b in _BUILDINGS), 0)
        counter = [0]

        def room(building, name, use, area, seats=0, media=False, kind=""):
            counter[0] += 1
            areas[building] += area
            self.rooms.append((s.id, building, "r%04d" % counter[0], name, use, hundredths(area),
                               str(1 + counter[0] % floors), str(seats), "true" if media else "false", kind))

        each = min(7200, int(teaching * 0.6 / classes))
        if each < 4000:
            each = 4000
            teaching = max(teaching, classes * each + special * 2000)
        for i in range(classes):
            room("b1", f"教室{i + 1:03d}", "111", each, 45, i < multimedia, "1" if i < multimedia else "5")
        shares = apportion(teaching - classes * each,
                           [_SPECIAL[i % len(_SPECIAL)][3] * d.between(0.9, 1.1) for i in range(special)])
        for i, area in enumerate(shares):
            use, name, kind, _ = _SPECIAL[i % len(_SPECIAL)]
            room("b2", f"{name}{i + 1:03d}", use, area, 45 if kind != "6" else 30, classes + i < multimedia, kind)
        plain = _plain_rooms(s)
        for i in range(plain["offices"]):
            room("b3", f"办公室{i + 1:03d}", "211" if i % 4 else "299", 3600 + 100 * d.below(12))
        for i in range(plain["toilets"]):
            room("b1", f"卫生间{i + 1:03d}", "331", 2400)
        room("b4", "食堂", "321", 12000 + 60 * sum(s.pupils.values()))
        room("b4", "厨房", "324", 9000)
        room("b3", "值班室", "399", 1800)
        for i in range(plain["beds"]):
            room("b6", f"宿舍{i + 1:03d}", "311", 3200)
        self._sports(s, factor[5], room)
        self._equipment(s, factor[6])
        for building, name, use in _BUILDINGS:
            if not areas[building]:
                continue
            condition = d.weighted((("10", 0.96), ("21", 0.97), ("22", 0.99), ("23", 1.0)))
            built = min(2024, s.built + d.below(40))
            self.buildings.append((s.id, building, name, use, condition, "4" if built > 1990 else "3", "2" if built > 2008 else "3",
                                   "1", str(built), str(1 if building in ("b4", "b5") else floors),
                                   hundredths(areas[building] * 13 // 10)))

    def _sports(self, s, factor, room):
        if s.lows.get("missing") == 5:
            return
        wanted = int(factor * _need(s, 5) * 100) + (1 if 5 not in s.lows else 0)
        if s.dense:
            # Meets the standard only with its roof and the hall it rents, which count in a dense centre.
            needed = int(_need(s, 5) * 100)
            wanted = needed * 80 // 100
            self.grounds.append((s.id, "g8", "屋顶运动场", "KIND_ROOF_OR_UNDERGROUND", hundredths(needed * 15 // 100)))
            self.grounds.append((s.id, "g9", "租用体育馆", "KIND_RENTED", hundredths(needed * 9 // 100)))
        inside = 0
        if self._has_gym(s):
            inside = min(wanted // 4, 180000)
            room("b5", "体育馆", "141", inside)
        outside = wanted - inside
        parts = apportion(outside, (70, 30)) if outside > 300000 else [outside]
        for i, area in enumerate(parts):
            self.grounds.append((s.id, f"g{i + 1}", ("田径场", "球场")[i], "KIND_OUTDOOR", hundredths(area)))

    def _equipment(self, s, factor):
        if s.lows.get("missing") == 6:
            return
        wanted = int(factor * s.lows.get("rich", 1.0) * _need(s, 6) * 100) + (1 if 6 not in s.lows else 0)
        pupils = sum(s.pupils.values())
        for i, (name, area) in enumerate(zip(("信息化设备", "学科教学仪器", "音体美器材"), apportion(wanted, (45, 35, 20)))):
            self.equipment.append((s.id, f"e{i + 1}", name, hundredths(area), str(pupils // (2 + i) + 10)))
